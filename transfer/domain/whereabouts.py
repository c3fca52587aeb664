"""Where a case stands, in the words of the person whose case it is: the one table from stages to plain words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from uuid import UUID

from transfer.domain.case import Case, Transfer
from transfer.domain.supplement import waiting
from transfer.domain.urgency import next_day
from transfer.messages.codes import ApplicantStatus, Code, Stage
from transfer.messages.transfer import SupplementItem


class Standing(Code):
    """What an applicant is told of a case, on the page and by text message."""

    CHECKING = "checking", "申请已收到，正在审查", "Your application has come in and is being checked", "LAL 43"
    MISSING = "missing", "还缺材料，请按期补交", "Something is missing; hand it in by the day named", "LAL 43(2)"
    ON_THE_WAY = (
        "on_the_way",
        "正在转往另一地区的法律援助机构",
        "It is on its way to the legal aid of another region",
        "LAL 39",
    )
    GRANTED = "granted", "已决定给予法律援助，将为您安排律师", "You get legal aid; a lawyer will be named", "LAL 43"
    REFUSED = "refused", "未获批准，您可以提出异议", "You do not get legal aid; you may object", "LAL 49"
    AID_FIRST = (
        "aid_first",
        "情况紧急，先行提供援助，请补办手续",
        "It is urgent: you get help at once, papers follow",
        "LAL 44",
    )
    LAWYER = "lawyer", "已为您安排律师", "A lawyer has been named for you", "LAL 43"
    AGREED = "agreed", "已签订委托协议", "You and your lawyer have signed the agreement"
    IN_HAND = "in_hand", "律师正在办理", "Your lawyer is working on it", "LAL 46"
    FINISHED = "finished", "案件已办结", "The case is finished", "LAL 50"
    ENDED = "ended", "法律援助已终止，您可以提出异议", "Legal aid has ended; you may object", "LAL 48, 49"
    OBJECTED = "objected", "异议正在审查", "Your objection is being looked at", "LAL 49"
    MAINTAINED = "maintained", "异议审查维持原决定", "The decision stays after your objection", "LAL 49"
    TO_CORRECT = "to_correct", "原决定须改正", "The decision must be corrected", "LAL 49"
    WITHDRAWN = "withdrawn", "您已撤回申请", "You have withdrawn", "O148"
    APART = "apart", "已另案办理，请致电询问", "It goes on as a case of its own; please ring"
    ERASED = "erased", "保管期限已满，信息已删除", "The time for keeping it is over; the data is deleted", "PIPL 47"


STANDINGS: Final[Mapping[Stage, Standing]] = MappingProxyType(
    {
        Stage.RECEIVED: Standing.CHECKING,
        Stage.UNDER_REVIEW: Standing.CHECKING,
        Stage.SUSPENDED: Standing.CHECKING,
        Stage.GRANTED: Standing.GRANTED,
        Stage.REFUSED: Standing.REFUSED,
        Stage.AID_FIRST: Standing.AID_FIRST,
        Stage.ASSIGNED: Standing.LAWYER,
        Stage.AGREEMENT_SIGNED: Standing.AGREED,
        Stage.HANDLING: Standing.IN_HAND,
        Stage.CONCLUDED: Standing.FINISHED,
        Stage.FILE_SUBMITTED: Standing.FINISHED,
        Stage.FILE_REVIEWED: Standing.FINISHED,
        Stage.ARCHIVED: Standing.FINISHED,
        Stage.TERMINATED: Standing.ENDED,
        Stage.OBJECTED: Standing.OBJECTED,
        Stage.MAINTAINED: Standing.MAINTAINED,
        Stage.CORRECTION_ORDERED: Standing.TO_CORRECT,
    }
)
_LEFT: Final[Mapping[ApplicantStatus, Standing]] = MappingProxyType(
    {
        ApplicantStatus.WITHDRAWN: Standing.WITHDRAWN,
        ApplicantStatus.DEEMED_WITHDRAWN: Standing.WITHDRAWN,
        ApplicantStatus.SPLIT_OFF: Standing.APART,
    }
)
_DONE: Final = frozenset({Standing.FINISHED, Standing.REFUSED, Standing.ENDED, Standing.MAINTAINED, *_LEFT.values()})
"""Where nobody has to act next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Who has the case, who must act next (None: nobody), whether that is the applicant, by when as far as a day is
    known, and what the applicant still owes."""

    standing: Standing
    holder: str
    acts: str | None
    mine: bool = False
    due_on: date | None = None
    owed: tuple[SupplementItem, ...] = ()

    @property
    def told(self) -> str:
        """What has to change before something new is to be said."""
        return f"{self.standing.value} {self.holder}"


def where_is(case: Case, applicant: UUID | None) -> Where:
    """The case as this applicant should know it; without one, as any of them."""
    holder = case.holder.institution
    if case.handling.erased:
        return Where(standing=Standing.ERASED, holder=holder, acts=None)
    status = next((one.status for one in case.applicants if one.id == applicant), ApplicantStatus.ACTIVE)
    if status in _LEFT:
        return Where(standing=_LEFT[status], holder=holder, acts=None)
    asked = waiting(case)
    notice = asked.notice if isinstance(asked, Transfer) else asked
    owed = tuple(one for one in notice.items if one.applicant in (None, applicant)) if notice else ()
    if notice and owed:
        return Where(standing=Standing.MISSING, holder=holder, acts=holder, mine=True, due_on=notice.due_on, owed=owed)
    due_on = next_day(case, open=True)
    if (offer := case.open_offer) is not None:
        return Where(standing=Standing.ON_THE_WAY, holder=holder, acts=offer.receiver, due_on=due_on)
    standing = STANDINGS[case.stage.stage]
    acts = None if standing in _DONE else holder
    return Where(standing=standing, holder=holder, acts=acts, due_on=due_on if acts else None)
