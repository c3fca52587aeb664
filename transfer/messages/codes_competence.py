"""Codes of competence: the places that connect a case to a region, why a region is competent or not, and what to do
about a case that another region may have, too. They stand in rules and answers, and in no message."""

from transfer.messages.codes import Code


class CasePlace(Code):
    """A place that a case may name; the code is the field of the case that holds it."""

    ORGAN = "place_of_organ", "办案机关所在地", "Place of the organ that handles the case", "LAL 38"
    DISPUTE_ORGAN = (
        "place_of_dispute_organ",
        "争议处理机关所在地",
        "Place of the organ that handles the dispute",
        "LAL 38",
    )
    CAUSE = "place_of_cause", "事由发生地", "Place where the cause arose", "LAL 38"
    PERFORMANCE = "place_of_performance", "劳动合同履行地", "Place where the labour contract is performed"
    EMPLOYER = "place_of_employer", "用人单位所在地", "Place of the employer's seat"


class NotCompetent(Code):
    """Why a region that has to do with a case is not competent for it."""

    HOUSEHOLD_ONLY = "HOUSEHOLD_ONLY", "仅为申请人户籍地，户籍地本身不产生管辖", "Only an applicant's home", "LAL 38"
    PLACE_DOES_NOT_CONNECT = (
        "PLACE_DOES_NOT_CONNECT",
        "该地点对本类事项不产生管辖",
        "The place does not connect a matter of this kind",
        "LAL 38",
    )
    ORGAN_IS_KNOWN = (
        "ORGAN_IS_KNOWN",
        "已有机关受理，以该机关所在地为准",
        "An organ handles it already, and its place decides",
        "LAL 38",
    )
    DESIGNATED_ELSEWHERE = "DESIGNATED_ELSEWHERE", "上级已指定其他地区", "A superior named another region"
    NO_CONNECTION = "NO_CONNECTION", "现有事实没有管辖连接点", "No known fact connects it", "LAL 38"


class DuplicateAdvice(Code):
    """What may be done about a case that seems to be on the same matter; people decide."""

    OFFER_TO_EARLIER = (
        "OFFER_TO_EARLIER",
        "对方收到在先，核实后可将本案转交对方并入",
        "The other came first: once checked, offer this case there, to be linked",
        "O148",
    )
    AWAIT_THEIR_OFFER = (
        "AWAIT_THEIR_OFFER",
        "本案收到在先，核实后可由对方转交并入本案",
        "This one came first: once checked, the other is offered here, and linked to it",
        "O148",
    )
    HERE_TWICE = (
        "HERE_TWICE",
        "本地区有两件，核实后由先收到的继续办理",
        "Both are held here: once checked, go on with the one that came first",
        "O148",
    )
