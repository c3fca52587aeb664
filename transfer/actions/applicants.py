"""What the holder does with the applicants of its own case: ask them once for what is missing, let them go."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from transfer.actions.commands import AnswerNotice, Command, GiveNotice, Withdraw
from transfer.actions.handling_commands import TellApplicants
from transfer.actions.situation import Situation
from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.clocks import given_up, legal_day, paused, resumed, supplementing
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import (
    IllegalStage,
    ImplausibleDate,
    NoActiveApplicant,
    NoticeMissing,
    UnknownApplicant,
)
from transfer.domain.lifecycle import OFFERABLE, UNDECIDED
from transfer.domain.supplement import check_answers, check_notice, concerned, waiting
from transfer.messages.transfer import ApplicantTold, SupplementRequired


def give_notice(at: Situation, command: GiveNotice) -> Decision:
    """Tell the applicants once all that is missing, in writing and by telephone (Legal Aid Law 43(2)); who joined
    later is told once, too.

    Raises DefectAlreadyVisible, AlreadyInPackage, AlreadyRecognised, DueDatePassed, UnknownApplicant, NotTheHolder,
    TransferOpen while the case is offered (then the receiver asks), IllegalStage after a decision.
    """
    check_free(at, command)
    case, today = at.case, legal_day(at.context.now)
    told = [one.notice for one in case.transfers if one.notice is not None]
    supplied = frozenset().union(*(one.supplied for one in case.transfers), case.notice.supplied if case.notice else ())
    first = case.notice is None and not told
    named = frozenset(item.applicant for one in told for item in one.items if item.applicant is not None)
    joined: Collection[UUID] = ()
    if case.notice is not None:
        named |= case.notice.named
    if case.notice is None or case.notice.answered:
        joined = {one.id for one in case.active if one.received_on is not None} - named
    check_notice(command, case, at.context.forum(at.region), supplied=None if first else supplied, joined=joined)
    notice = Notice(
        items=command.items,
        due_on=command.due_on,
        given_by=command.by,
        given_at=at.context.now,
        told=tuple(
            ApplicantTold(applicant=one, by=command.by, written_on=today, phoned_on=today if command.phoned else None)
            for one in sorted(concerned(command, case))
        ),
        supplied=supplied,
        named=named | {item.applicant for item in command.items if item.applicant is not None},
    )
    detail = {"defects": [i.defect.value for i in command.items], "due_on": command.due_on.isoformat()}
    case = paused(case, supplementing(case.id, at.context.now, command.due_on), at.context.rules)
    return Decision(case=replace(case, notice=notice), event=Event(name="notice_given", detail=detail))


def tell_applicants(at: Situation, command: TellApplicants) -> Decision:
    """Enter that applicants were told, of the own notice or of the receiver's, whose applicants the sender tells.

    What is entered again replaces what was entered of that applicant. Raises NoticeMissing, UnknownApplicant for one
    whom the notice does not concern, ImplausibleDate for a day before the notice or in the future, NotTheHolder.
    """
    at.as_holder(command)
    case, notice = at.case, waiting(at.case)
    match notice:
        case Notice():
            asked, given_at = notice, notice.given_at
        case Transfer(notice=SupplementRequired() as asked):
            given_at = asked.at
        case _:
            raise NoticeMissing
    told = frozenset(command.applicants) or concerned(asked, case)
    if unknown := told - concerned(asked, case):
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
    today = legal_day(at.context.now)
    for day in (command.written_on, command.phoned_on):
        if day is not None and not legal_day(given_at) <= day <= today:
            raise ImplausibleDate(day=day)
    new = (
        ApplicantTold(applicant=one, by=command.by, written_on=command.written_on, phoned_on=command.phoned_on)
        for one in sorted(told)
    )
    informed = (*(one for one in notice.told if one.applicant not in told), *new)
    match notice:
        case Notice():
            case = replace(case, notice=notice.model_copy(update={"told": informed}))
        case Transfer():
            case = case.with_transfer(replace(notice, told=informed))
    detail = {"applicants": sorted(map(str, told))}
    return Decision(case=case, event=Event(name="applicants_told", detail=detail))


def answer_notice(at: Situation, command: AnswerNotice) -> Decision:
    """Enter what the applicants supplied. Who did not answer by the day is deemed withdrawn, alone.

    Raises NoticeMissing, DefectUnanswered, DueDateAhead, NotTold, NoActiveApplicant, UnknownApplicant, and as
    ``give_notice``.
    """
    check_free(at, command)
    notice = at.case.notice
    if notice is None or notice.answered:
        raise NoticeMissing
    today = legal_day(at.context.now)
    check_answers(notice, command, at.case, informed=notice.told, today=today)
    case = at.case.without_applicants(command.left).with_materials(command.materials)
    titles = frozenset(paper.title for paper in command.materials)
    answered = notice.model_copy(update={"answered": True, "supplied": notice.supplied | titles})
    detail = {"answers": len(command.answers), "left": [str(one.applicant) for one in command.left]}
    case = _left(at, resumed(case, case.id, today, at.context.rules))
    return Decision(case=replace(case, notice=answered), event=Event(name="notice_answered", detail=detail))


def withdraw(at: Situation, command: Withdraw) -> Decision:
    """Some applicants take their application back; the others go on. Where nobody is left before a decision, the
    application is only put away; after it, aid is terminated (LAL 48(7)).

    Raises NoActiveApplicant when nobody would be left after a decision, UnknownApplicant, and as ``give_notice``.
    """
    check_free(at, command)
    case = _left(at, at.case.withdrawn(command.applicants))
    detail = {"applicants": sorted(map(str, command.applicants))}
    return Decision(case=case, event=Event(name="applicants_withdrew", detail=detail))


def check_free(at: Situation, command: Command) -> None:
    """The case must be held here, offered to nobody, not decided; raises NotTheHolder, TransferOpen, IllegalStage."""
    at.as_holder(command)
    at.case.check_not_offered()
    if at.case.stage.stage not in OFFERABLE:
        raise IllegalStage(stage=at.case.stage.stage, allowed=sorted(OFFERABLE))


def _left(at: Situation, case: Case) -> Case:
    """The case after applicants left; nothing runs any more where nobody applies still.

    Raises NoActiveApplicant where that is so after a decision.
    """
    if case.active:
        return case
    if case.stage.stage not in UNDECIDED:
        raise NoActiveApplicant
    return given_up(case, legal_day(at.context.now))
