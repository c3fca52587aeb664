"""Codes of what is done on an accepted case: refusals, assignment, closing, holds, remedies, and who does what."""

from transfer.messages.codes import Code


class RefusalReason(Code):
    """Why aid is refused to a person (LAL 43); older local rules are named as such."""

    MATTER_OUT_OF_SCOPE = "MATTER_OUT_OF_SCOPE", "不属于法律援助事项范围", "The matter is out of scope", "LAL 31"
    NOT_IN_HARDSHIP = "NOT_IN_HARDSHIP", "不符合经济困难标准", "Not in hardship by the province's standard", "LAL 34"
    CONDITIONS_NOT_MET = "CONDITIONS_NOT_MET", "不符合法律援助条件", "The conditions are not met", "LAL 43(1)"
    ALREADY_CONCLUDED_SAME_MATTER = (
        "ALREADY_CONCLUDED_SAME_MATTER",
        "同一事项已经办结",
        "The same matter was concluded before",
        "local rule (Hangzhou)",
    )
    NO_PROOF_OF_INFRINGEMENT = (
        "NO_PROOF_OF_INFRINGEMENT",
        "没有证据证明合法权益受到侵害",
        "No proof that a right was infringed",
        "older local rule (Henan)",
    )
    HAS_OWN_AGENT = "HAS_OWN_AGENT", "已经委托代理人", "Has an agent already", "LAL 31"


class AidUnit(Code):
    """Where the person comes from who is assigned (O148 24)."""

    LAW_FIRM = "LAW_FIRM", "律师事务所", "Law firm", "O148 24"
    GRASSROOTS_OFFICE = "GRASSROOTS_OFFICE", "基层法律服务所", "Grassroots legal service office", "O148 24"
    OWN_STAFF = "OWN_STAFF", "本机构工作人员", "The institution's own staff", "O148 24"


class ReplacementReason(Code):
    """Why another person should handle the case."""

    NON_PERFORMANCE = "NON_PERFORMANCE", "不依法履行职责", "Duties are not performed", "LAL 55"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST", "存在利益冲突", "Conflict of interest"
    OBJECTIVE_INABILITY = "OBJECTIVE_INABILITY", "客观上不能继续承办", "Cannot go on for objective reasons"
    RECIPIENT_REQUEST = "RECIPIENT_REQUEST", "受援人申请", "The recipient asks for it", "LAL 55"


class RecusalReason(Code):
    """Why a person takes no part in a case; local rules of Henan and Hangzhou have reviewers stand back."""

    IS_PARTY_OR_KIN = "IS_PARTY_OR_KIN", "系当事人或者其近亲属", "Is a party, or close kin of one"
    INTEREST = "INTEREST", "与案件有利害关系", "Has an interest in the case"
    OTHER_RELATION = "OTHER_RELATION", "其他可能影响公正的关系", "Another relation that may hurt fairness"


class HoldReason(Code):
    """Why a case must be kept, whatever its age."""

    PROCEEDINGS = "PROCEEDINGS", "诉讼、仲裁或者复议尚未终结", "Proceedings are pending"
    INSPECTION = "INSPECTION", "监督检查、审计或者调查需要", "An inspection, an audit or an inquiry needs it"
    COMPLAINT = "COMPLAINT", "投诉、信访正在处理", "A complaint is being handled"
    OTHER = "OTHER", "其他依法应当保存的情形", "Another ground in law to keep it"


class Procedure(Code):
    """The procedure through which the matter went; the closing day follows from it."""

    LITIGATION = "LITIGATION", "诉讼", "Litigation"
    LABOUR_ARBITRATION = "LABOUR_ARBITRATION", "劳动争议仲裁", "Labour arbitration"
    NON_LITIGATION = "NON_LITIGATION", "其他非诉讼", "Other non-litigation"
    TERMINATION = "TERMINATION", "终止援助", "Aid was terminated"


class CaseResult(Code):
    """How the matter ended for those who were aided."""

    WON = "WON", "胜诉", "Won"
    PARTLY_WON = "PARTLY_WON", "部分胜诉", "Won in part"
    LOST = "LOST", "败诉", "Lost"
    SETTLED = "SETTLED", "调解或者和解", "Settled"
    OTHER = "OTHER", "其他", "Other"


class Remedy(Code):
    """What a person can do against a decision; it is told with the decision (LAL 49)."""

    OBJECTION = (
        "OBJECTION",
        "对决定有异议的，可以向设立该法律援助机构的司法行政部门提出",
        "An objection goes to the justice department that set up the institution",
        "LAL 49",
    )
    RECONSIDERATION_OR_SUIT = (
        "RECONSIDERATION_OR_SUIT",
        "对维持决定不服的，可以依法申请行政复议或者提起行政诉讼",
        "Administrative reconsideration, or a suit",
        "LAL 49",
    )


class Consequence(Code):
    """What else follows from a termination."""

    COST_AND_FINE = (
        "COST_AND_FINE",
        "司法行政部门责令支付已实施法律援助的费用，并处三千元以下罚款",
        "The justice department orders the cost of the aid to be paid, and a fine of up to 3,000 yuan",
        "LAL 64",
    )


class Duty(Code):
    """Who takes a step on an accepted case; how duties are parted is this project's choice unless a source says so."""

    INTAKE = "INTAKE", "窗口接待", "Intake clerk"
    REVIEWER = "REVIEWER", "审查人", "Reviewer"
    APPROVER = "APPROVER", "审批人", "Approver"
    ASSIGNER = "ASSIGNER", "指派人", "Assigner"
    HANDLING_LAWYER = "HANDLING_LAWYER", "承办人", "Handling lawyer"
    ARCHIVIST = "ARCHIVIST", "档案员", "Archivist"
    OBJECTION_REVIEWER = (
        "OBJECTION_REVIEWER",
        "异议审查人",
        "Reviewer of objections at the justice department",
        "LAL 49",
    )
