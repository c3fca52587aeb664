"""The one notice of what is missing, and its answer (Legal Aid Law 43(2)); the same in a transfer and without one."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol

from transfer.domain.case import Case
from transfer.domain.eligibility import recognised
from transfer.domain.errors import (
    DefectAlreadyVisible,
    DefectUnanswered,
    DueDateAhead,
    DueDatePassed,
    UnknownApplicant,
)
from transfer.domain.least_data import check_missing
from transfer.domain.recognition import Forum
from transfer.messages.codes import ApplicantStatus
from transfer.messages.transfer import ApplicantLeft, SupplementAnswer, SupplementItem


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


def check_notice(told: Told, case: Case, forum: Forum, *, supplied: Collection[str] | None) -> None:
    """Whether this may be asked. All that is missing is told once: a second notice may only name a paper that came
    with the answer to the first (``supplied``, by title; None for the first).

    Raises DueDatePassed, UnknownApplicant, AlreadyInPackage, AlreadyRecognised, DefectAlreadyVisible.
    """
    if told.due_on <= forum.day:
        raise DueDatePassed(due_on=told.due_on)
    unknown = {item.applicant for item in told.items if item.applicant is not None} - {a.id for a in case.active}
    if unknown:
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
    check_missing(told.items, case, attested=recognised(case, forum))
    if supplied is not None and (old := [item.defect.value for item in told.items if item.paper not in supplied]):
        raise DefectAlreadyVisible(defects=old)


def check_answers(told: Told, came: Supplied, case: Case, *, today: date) -> None:
    """Whether each defect is answered, or its applicant has left; nobody is deemed withdrawn before the day is over.

    Raises DueDateAhead, DefectUnanswered.
    """
    if any(one.status is ApplicantStatus.DEEMED_WITHDRAWN for one in came.left) and today <= told.due_on:
        raise DueDateAhead(due_on=told.due_on)
    answered = {(answer.applicant, answer.defect) for answer in came.answers}
    gone = {one.applicant for one in came.left} | {a.id for a in case.applicants if a not in case.active}
    missing = [
        f"{item.defect.value} of {item.applicant or 'the case'}"
        for item in told.items
        if (item.applicant, item.defect) not in answered and item.applicant not in gone
    ]
    if missing:
        raise DefectUnanswered(missing=missing)
