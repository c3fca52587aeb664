"""Codes of legal clocks: what begins and meets them, what pauses them, and in what they are counted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from transfer.messages.codes import Code, Stage


class TimeUnit(Code):
    """The unit in which a term is counted. Plain days of the law are calendar days; agreements count working days."""

    HOUR = "HOUR", "小时", "hours"
    CALENDAR_DAY = "CALENDAR_DAY", "日", "calendar days"
    WORKING_DAY = "WORKING_DAY", "个工作日", "working days"
    MONTH = "MONTH", "个月", "months"
    YEAR = "YEAR", "年", "years"


class PauseReason(Code):
    """Why days of a term are not counted."""

    SUPPLEMENT = "SUPPLEMENT", "补充材料期间", "Papers are being supplemented"
    REMOTE_CHECK = "REMOTE_CHECK", "异地核查期间", "Another region is checking"


class AlarmKind(Code):
    """What is said of a clock that nobody meets, each once."""

    REMINDED = "REMINDED", "临期提醒", "Due soon"
    AID_FIRST = "AID_FIRST", "应当先行提供援助", "Aid is to be given first", "LAL 44(1)"
    OVERDUE = "OVERDUE", "已逾期", "Overdue"
    ESCALATED = "ESCALATED", "已报上级", "The superior region was told"


class CaseEvent(Code):
    """What begins a term or meets it. Events that are stages of a case have the names of the stages."""

    RECEIVED = "received", "收到申请", "Application received"
    GRANTED = "granted", "决定给予援助", "Aid granted"
    REFUSED = "refused", "决定不予援助", "Aid refused"
    AID_FIRST = "aid_first", "先行提供援助", "Aid given first"
    ASSIGNED = "assigned", "指派", "Assigned"
    AGREEMENT_SIGNED = "agreement_signed", "签订委托协议", "Agreement signed"
    HANDLING = "handling", "承办中，已签委托协议或者客观上不能签订", "In handling, the agreement signed or prevented"
    CONCLUDED = "concluded", "办结", "Concluded"
    FILE_SUBMITTED = "file_submitted", "提交结案卷", "Closing file submitted"
    FILE_REVIEWED = "file_reviewed", "结案卷审核完毕", "Closing file reviewed"
    TERMINATED = "terminated", "终止援助", "Aid terminated"
    OBJECTED = "objected", "提出异议", "Objection raised"
    MAINTAINED = "maintained", "异议审查维持", "Decision maintained"
    CORRECTION_ORDERED = "correction_ordered", "责令改正", "Correction ordered"
    DECISION_SERVED = "decision_served", "收到决定", "Decision served"
    COMPLETION_ASKED = "completion_asked", "指定补办手续的期限", "Day set for the formalities"
    FORMALITIES_COMPLETED = "formalities_completed", "补办手续完毕", "Formalities completed"
    REPLACEMENT_REQUESTED = "replacement_requested", "申请更换人员", "Replacement of the person asked for"
    REPLACEMENT_DECIDED = "replacement_decided", "决定是否更换人员", "Replacement decided"
    RECONSIDERATION_APPLIED = "reconsideration_applied", "申请行政复议", "Reconsideration applied for"
    LETTER_RECEIVED = "letter_received", "收到协作函", "Cooperation letter received"
    LETTER_ANSWERED = "letter_answered", "函复协作函", "Cooperation letter answered"
    DESIGNATION_ASKED = "designation_asked", "报请指定管辖", "Designation asked for"
    DESIGNATED = "designated", "指定管辖", "Competent institution named"
    CUSTODY_REQUESTED = "custody_requested", "在押人员申请", "Application from custody"
    CUSTODY_FORWARDED = "custody_forwarded", "转交在押人员申请", "Application from custody forwarded"
    DEFENCE_MISSING = "defence_missing", "发现没有辩护人", "Found to have no defence counsel"
    CRIMINAL_NOTIFIED = "criminal_notified", "收到办案机关通知", "Notice of the organ received"
    RIGHT_KNOWN = "right_known", "知道或者应当知道权利被侵害", "Infringement known, or the labour relation ended"
    INJURED = "injured", "发生事故伤害", "Injured"
    LIMITATION_STATED = "limitation_stated", "载明时效届满日", "Last day of a limitation stated"
    ARBITRATION_FILED = "arbitration_filed", "申请仲裁", "Arbitration applied for"
    SUIT_FILED = "suit_filed", "起诉", "Suit filed"
    AWARD_RECEIVED = "award_received", "收到仲裁裁决书", "Award received"
    JUDGMENT_RECEIVED = "judgment_received", "收到判决书", "Judgment received"
    RULING_RECEIVED = "ruling_received", "收到裁定书", "Ruling received"
    MEDIATION_PAPER_RECEIVED = "mediation_paper_received", "收到调解书", "Mediation paper received"
    SETTLEMENT_AGREED = "settlement_agreed", "达成和解或者调解协议", "Settlement agreed"
    PERFORMANCE_BEGUN = "performance_begun", "义务人开始履行义务", "The obligor began to perform"
    TERMINATION_RECEIVED = "termination_received", "承办单位收到终止决定", "The unit received the termination"
    RECORD_MADE = "record_made", "形成记录", "Record made"


STAGE_EVENTS: Final[Mapping[Stage, CaseEvent]] = MappingProxyType(
    {stage: event for stage in Stage for event in CaseEvent if stage.value == event.value}
)
"""The events that are stages."""
