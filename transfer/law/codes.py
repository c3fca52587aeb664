"""Codes of the rules on eligibility: how a ground is proved, and why one is not open or a finding does not hold."""

from transfer.messages.codes import Code


class GroundProof(Code):
    """What proves that a ground is there (LAL 41, 42)."""

    PAPER = "PAPER", "所属群体或者情形的证明材料", "A paper that shows the group or the event", "LAL 42"
    CHECK = "CHECK", "信息共享查询或者异地核查结果", "The result of a query or of a check by another region", "LAL 41"
    COMMITMENT = "COMMITMENT", "本人签署的诚信承诺书", "A commitment that the person signed", "LAL 41"
    ATTESTATION = "ATTESTATION", "其他地区机构签发的核查证明", "An attestation of another region"


class WhyNot(Code):
    """Why a ground is not open to a person, or a finding does not hold."""

    NO_RULE_HERE = "NO_RULE_HERE", "此地现无此项规定", "No rule of this kind holds here"
    OTHER_MATTER = "OTHER_MATTER", "此项不适用于该类事项", "It does not cover this matter"
    NOT_OF_THE_GROUP = "NOT_OF_THE_GROUP", "申请人不属于该群体", "The person does not belong to the group"
    NO_HOME_FINDING = "NO_HOME_FINDING", "没有可以认可的核查证明", "No attestation that is recognised here"
    NOTHING_FOUND = "NOTHING_FOUND", "尚未认定", "Nothing has been found yet"
    NOT_IN_HARDSHIP = "NOT_IN_HARDSHIP", "经核查不符合经济困难标准", "Found not to be in economic hardship", "LAL 34"
    LAPSED = "LAPSED", "认定已过有效期", "The finding has lapsed"
    OTHER_STANDARD = (
        "OTHER_STANDARD",
        "系按其他省的标准认定，应当重新认定",
        "Found by the standard of another province; to be found anew",
        "LAL 34",
    )
