"""What states, events and messages are called in both languages; codes of the exchange bring their own words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from transfer.domain.clocks import ClockState
from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.domain.lifecycle import State
from transfer.law.reckoning import Counted
from transfer.records import Direction, FetchState, MessageLine, MessageState, Show
from transfer.web.wording import Wording

Words = Mapping[str, Wording]


def _words(given: Mapping[str, tuple[str, str]]) -> Words:
    return MappingProxyType({code: Wording(zh=zh, en=en) for code, (zh, en) in given.items()})


TRANSFERS: Final = _words(
    {
        State.OFFERED: ("已转交，待签收", "Offered, to be signed for"),
        State.SIGNED_FOR: ("已签收，审查中", "Signed for, under examination"),
        State.SUPPLEMENT_REQUIRED: ("已告知补正，待补正", "Supplement required"),
        State.SUPPLEMENTED: ("已补正，审查中", "Supplemented, under examination"),
        State.COMPETENCE_DISPUTED: ("管辖有争议", "Competence disputed"),
        State.DESIGNATED: ("已指定管辖", "Competence designated"),
        State.RECALL_REQUESTED: ("已请求撤回", "Recall asked for"),
        State.ACCEPTED: ("已受理", "Accepted"),
        State.LINKED_AS_DUPLICATE: ("已并入先收到的案件", "Linked as a duplicate"),
        State.RELEASED: ("已撤回", "Recalled"),
    }
)
REQUESTS: Final = _words(
    {
        RequestState.DRAFTED: ("起草中", "Drafted"),
        RequestState.APPROVED: ("已审批，待发出", "Approved, to be sent"),
        RequestState.REQUESTED: ("已发出，待签收", "Sent, to be signed for"),
        RequestState.SIGNED_FOR: ("已签收", "Signed for"),
        RequestState.CLARIFICATION_ASKED: ("待说明协作事项", "Clarification asked"),
        RequestState.CLARIFIED: ("已说明协作事项", "Clarified"),
        RequestState.UNDERTAKEN: ("办理中", "Being collected"),
        RequestState.PARTLY_SUPPLIED: ("已提供部分结果", "Partly supplied"),
        RequestState.RETURNED: ("已回函，待确认", "Replied, to be confirmed"),
        RequestState.REWORK_ASKED: ("要求补办", "Better answers asked"),
        RequestState.CONFIRMED: ("已确认结果", "Confirmed"),
        RequestState.DECLINED: ("不能协作", "Declined"),
        RequestState.CANCELLED: ("已撤回", "Taken back"),
    }
)
SIDES: Final = _words({RequestSide.REQUESTER: ("发出", "Sent"), RequestSide.REQUESTED: ("收到", "Received")})
CLOCKS: Final = _words(
    {
        ClockState.RUNNING: ("计算中", "Running"),
        ClockState.DUE: ("届满日顺延中", "Due, carried over to a working day"),
        ClockState.OVERDUE: ("已逾期", "Overdue"),
        ClockState.MET: ("按期完成", "Met in time"),
        ClockState.MET_LATE: ("逾期完成", "Met late"),
        ClockState.UNKNOWN: ("待公布工作日历", "Waits for the work calendar"),
    }
)
DAYS: Final = _words(
    {
        Counted.START: ("起算日，不计入", "Day of the event, not counted"),
        Counted.COUNTED: ("计入", "Counted"),
        Counted.SUSPENDED: ("暂停，不计入", "Paused, not counted"),
        Counted.REST: ("非工作日，不计入", "No working day, not counted"),
    }
)
FETCHES: Final = _words(
    {
        FetchState.WAITING: ("待取件", "Waits to be fetched"),
        FetchState.FETCHING: ("正在取件", "Being fetched"),
        FetchState.KEPT: ("已取得", "Here"),
        FetchState.REFUSED: ("被拒绝", "Refused"),
        FetchState.GONE: ("未能取得", "Never came"),
    }
)
_DELIVERY: Final = _words(
    {
        "waiting": ("待发出", "Waits to be sent"),
        "published": ("已发出，待对方回执", "Sent, waits for the other region's receipt"),
        "parked": ("对方已收到，待前一消息", "There, waits for an earlier message"),
        "applied": ("对方已确认办理", "Confirmed by the other region"),
        "refused": ("对方未接受", "Refused by the other region"),
        "in parked": ("已收到，待前一消息", "Received, waits for an earlier message"),
        "in applied": ("已收到并办理", "Received and applied"),
        "in refused": ("未接受", "Not accepted here"),
    }
)
SHOWS: Final = _words(
    {
        Show.OURS: ("待我处理", "Needs us"),
        Show.URGENT: ("紧急", "Urgent"),
        Show.THREE: ("3天内到期", "Due in 3 days"),
        Show.SEVEN: ("7天内到期", "Due in 7 days"),
        Show.WAITING: ("等待其他地区", "Waits for another region"),
        Show.HELD: ("本地承办", "Held here"),
        Show.ALL: ("全部", "All"),
    }
)
_EVENTS: Final = _words(
    {
        "case_opened": ("收案登记", "Application taken in"),
        "offered": ("转交", "Offered"),
        "signed_for": ("签收", "Signed for"),
        "supplement_required": ("一次性告知补正", "Supplement required"),
        "supplemented": ("补正", "Supplemented"),
        "accepted": ("受理", "Accepted"),
        "competence_disputed": ("提出管辖异议", "Competence disputed"),
        "escalated": ("报请指定管辖", "Superior asked"),
        "designated": ("指定管辖", "Competent region named"),
        "linked_as_duplicate": ("并入先收到的案件", "Linked as a duplicate"),
        "recall_requested": ("请求撤回转交", "Recall asked for"),
        "released": ("同意撤回", "Released"),
        "holder_changed": ("承办机构变更", "Holder changed"),
        "stage_published": ("公布办理阶段", "Stage published"),
        "term_overdue": ("期限逾期报告", "Overdue term reported"),
        "matter_noticed": ("同一事项比对", "Matter compared"),
        "same_matter_known": ("同一事项答复", "Same matter known"),
        "same_matter_found": ("发现同一事项", "Same matter found"),
        "event_entered": ("登记事由", "Event entered"),
        "case_split": ("分案", "Case split"),
        "split": ("分案", "Case split"),
        "applicants_withdrew": ("申请人撤回申请", "Applicants withdrew"),
        "applicants_joined": ("增加申请人", "Applicants joined"),
        "applicants_told": ("已告知申请人", "Applicants told"),
        "notice_given": ("告知申请人补正", "Applicants given notice"),
        "notice_answered": ("申请人补正", "Notice answered"),
        "representatives_elected": ("推选代表人", "Representatives elected"),
        "formalities_completed": ("补办手续完毕", "Formalities completed"),
        "places_named": ("登记地点", "Places named"),
        "eligibility_found": ("认定经济困难状况", "Eligibility found"),
        "attestation_issued": ("出具核查证明", "Attestation issued"),
        "attestation_revoked": ("撤销核查证明", "Attestation revoked"),
        "issued": ("出具核查证明", "Attestation issued"),
        "revoked": ("撤销核查证明", "Attestation revoked"),
        "urgency_stated": ("认定紧急情形", "Urgency stated"),
        "clocks_counted": ("重新计算期限", "Clocks counted anew"),
        "clocks_watched": ("期限提醒", "Clocks watched"),
        "held": ("暂缓删除", "Put on hold"),
        "hold_lifted": ("解除暂缓删除", "Hold lifted"),
        "erasure_proposed": ("提议删除个人信息", "Erasure proposed"),
        "erasure_ordered": ("要求删除个人信息", "Erasure ordered"),
        "erasure_answered": ("答复删除个人信息", "Erasure answered"),
        "erased": ("删除个人信息", "Erased"),
        "recused": ("回避", "Recused"),
        "recusal_lifted": ("解除回避", "Recusal lifted"),
        "evidence_drafted": ("起草协作函", "Evidence request drafted"),
        "evidence_amended": ("修改协作函", "Evidence request amended"),
        "evidence_approved": ("审批协作函", "Evidence request approved"),
        "evidence_requested": ("发出协作函", "Evidence requested"),
        "evidence_signed_for": ("签收协作函", "Letter signed for"),
        "evidence_clarification_asked": ("询问协作事项", "Clarification asked"),
        "evidence_clarified": ("说明协作事项", "Clarified"),
        "evidence_undertaken": ("同意协作", "Undertaken"),
        "evidence_assigned": ("更换收集人", "Collector assigned"),
        "evidence_recorded": ("登记结果", "Answers recorded"),
        "evidence_supplied": ("发出部分结果", "Part of the answer sent"),
        "evidence_returned": ("回函", "Replied"),
        "evidence_rework_asked": ("要求补办", "Better answers asked"),
        "evidence_confirmed": ("确认结果", "Answers confirmed"),
        "evidence_declined": ("说明不能协作", "Declined"),
        "evidence_extension_asked": ("申请延期", "More time asked"),
        "evidence_extension_granted": ("同意延期", "More time granted"),
        "evidence_extension_refused": ("不同意延期", "More time refused"),
        "evidence_cancelled": ("撤回协作函", "Request taken back"),
        "evidence_lawyer_changed": ("更换承办人", "Handling lawyer changed"),
        "evidence_handed_on": ("登记证据移交", "Evidence handed on"),
        "evidence_entered": ("登记邮寄的答复", "Answer on paper entered"),
    }
)


def event(name: str) -> Wording:
    """An event of the history; one without words is said by its code."""
    return _EVENTS.get(name) or Wording(zh=name, en=name)


def message(type_: str) -> Wording:
    """A message by its type, ``legalaid.<area>.<what>.v1``."""
    _, area, what, _ = type_.split(".")
    return _EVENTS.get(f"{area}_{what}") or event(what)


def delivery(line: MessageLine) -> Wording:
    """How far a message has come."""
    received = line.direction is Direction.IN
    return _DELIVERY[f"in {line.state.value}" if received else line.state.value]


def is_late(line: MessageLine) -> bool:
    """Whether somebody should look why it was not taken."""
    return line.state is MessageState.REFUSED
