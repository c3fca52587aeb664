"""The one notice of what is missing, and its answer (Legal Aid Law 43(2)); the same in a transfer and without one."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.eligibility import recognised
from transfer.domain.errors import (
    DefectAlreadyVisible,
    DefectUnanswered,
    DueDateAhead,
    DueDatePassed,
    NotTold,
    UnknownApplicant,
)
from transfer.domain.least_data import check_missing
from transfer.domain.lifecycle import State
from transfer.domain.recognition import Forum
from transfer.messages.codes import ApplicantStatus
from transfer.messages.transfer import ApplicantLeft, ApplicantTold, SupplementAnswer, SupplementItem


class Told(Protocol):
    """What is missing, and by when it must come."""

    @property
    def items(self) -> Sequence[SupplementItem]: ...

    @property
    def due_on(self) -> date: ...


class Supplied(Protocol):
    """What came, and who left."""

    @property
    def answers(self) -> Sequence[SupplementAnswer]: ...

    @property
    def left(self) -> Sequence[ApplicantLeft]: ...


def check_notice(
    told: Told, case: Case, forum: Forum, *, supplied: Collection[str] | None, joined: Collection[UUID] = ()
) -> None:
    """Whether this may be asked. All that is missing is told once: a second notice may only name a paper that came
    with the answer to the first (``supplied``, by title; None for the first), or somebody who joined since.

    Raises DueDatePassed, UnknownApplicant, AlreadyInPackage, AlreadyRecognised, DefectAlreadyVisible.
    """
    if told.due_on <= forum.day:
        raise DueDatePassed(due_on=told.due_on)
    unknown = {item.applicant for item in told.items if item.applicant is not None} - {a.id for a in case.active}
    if unknown:
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
    check_missing(told.items, case, attested=recognised(case, forum))
    if supplied is None:
        return
    old = [item.defect for item in told.items if item.paper not in supplied and item.applicant not in joined]
    if old:
        raise DefectAlreadyVisible(defects=old)


def waiting(case: Case) -> Transfer | Notice | None:
    """The own notice, or the transfer with the receiver's one, that applicants of the holder still have to answer."""
    if (offer := case.open_offer) is not None:
        return offer if offer.state is State.SUPPLEMENT_REQUIRED else None
    return case.notice if case.notice is not None and not case.notice.answered else None


def concerned(told: Told, case: Case) -> frozenset[UUID]:
    """The active applicants whom the notice names; all of them where something of the case as a whole is missing."""
    active, named = frozenset(one.id for one in case.active), {item.applicant for item in told.items}
    return active if None in named else active & named


def check_deemed(told: Told, came: Supplied, informed: Iterable[ApplicantTold], *, today: date) -> None:
    """Whether everyone who is deemed withdrawn is named by the notice, was told of it, and let its day pass.

    Raises DueDateAhead, NotTold.
    """
    deemed = {one.applicant for one in came.left if one.status is ApplicantStatus.DEEMED_WITHDRAWN}
    if deemed and today <= told.due_on:
        raise DueDateAhead(due_on=told.due_on)
    named = {item.applicant for item in told.items}
    knew = {one.applicant for one in informed if None in named or one.applicant in named}
    if deemed - knew:
        raise NotTold(applicants=sorted(map(str, deemed - knew)))


def check_answers(told: Told, came: Supplied, case: Case, *, informed: Iterable[ApplicantTold], today: date) -> None:
    """Whether each defect is answered, or its applicant has left; ``informed`` are those who were told of the notice.

    Raises DueDateAhead, NotTold, DefectUnanswered.
    """
    check_deemed(told, came, informed, today=today)
    answered = {(answer.applicant, answer.defect) for answer in came.answers}
    gone = {one.applicant for one in came.left} | {a.id for a in case.applicants} - {a.id for a in case.active}
    missing = [
        (item.defect, item.applicant) if item.applicant else (item.defect,)
        for item in told.items
        if (item.applicant, item.defect) not in answered and item.applicant not in gone
    ]
    if missing:
        raise DefectUnanswered(missing=missing)
