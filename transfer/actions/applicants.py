"""What the holder does with the applicants of its own case: ask them once for what is missing, let them go."""

from dataclasses import replace

from transfer.actions.commands import AnswerNotice, GiveNotice, Withdraw
from transfer.actions.situation import Situation
from transfer.domain.case import Notice
from transfer.domain.clocks import legal_day, paused, resumed, supplementing
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import IllegalStage, NoActiveApplicant, NoticeMissing, TransferOpen
from transfer.domain.lifecycle import OFFERABLE
from transfer.domain.supplement import check_answers, check_notice


def give_notice(at: Situation, command: GiveNotice) -> Decision:
    """Tell the applicants once all that is missing, in writing and by telephone (Legal Aid Law 43(2)).

    Raises DefectAlreadyVisible, AlreadyInPackage, AlreadyRecognised, DueDatePassed, UnknownApplicant, NotTheHolder,
    TransferOpen while the case is offered (then the receiver asks), IllegalStage after a decision.
    """
    _free(at, command)
    case = at.case
    told = [one.notice for one in case.transfers if one.notice is not None]
    supplied = frozenset().union(*(one.supplied for one in case.transfers), case.notice.supplied if case.notice else ())
    first = case.notice is None and not told
    check_notice(command, case, at.context.forum(at.region), supplied=None if first else supplied)
    notice = Notice(
        items=command.items,
        due_on=command.due_on,
        given_by=command.by,
        given_at=at.context.now,
        phoned=command.phoned,
        supplied=supplied,
    )
    detail = {"defects": [i.defect.value for i in command.items], "due_on": command.due_on.isoformat()}
    case = paused(case, supplementing(case.id, at.context.now, command.due_on), at.context.rules)
    return Decision(case=replace(case, notice=notice), event=Event(name="notice_given", detail=detail))


def answer_notice(at: Situation, command: AnswerNotice) -> Decision:
    """Enter what the applicants supplied. Who did not answer by the day is deemed withdrawn, alone.

    Raises NoticeMissing, DefectUnanswered, DueDateAhead, NoActiveApplicant, UnknownApplicant, and as ``give_notice``.
    """
    _free(at, command)
    notice = at.case.notice
    if notice is None or notice.answered:
        raise NoticeMissing
    today = legal_day(at.context.now)
    check_answers(notice, command, at.case, today=today)
    case = at.case.without_applicants(command.left).with_materials(command.materials)
    if not case.active:
        raise NoActiveApplicant
    titles = frozenset(paper.title for paper in command.materials)
    answered = notice.model_copy(update={"answered": True, "supplied": notice.supplied | titles})
    detail = {"answers": len(command.answers), "left": [str(one.applicant) for one in command.left]}
    case = resumed(case, case.id, today, at.context.rules)
    return Decision(case=replace(case, notice=answered), event=Event(name="notice_answered", detail=detail))


def withdraw(at: Situation, command: Withdraw) -> Decision:
    """Some applicants take their application back; the others go on.

    Raises NoActiveApplicant when nobody would be left, UnknownApplicant, and as ``give_notice``.
    """
    _free(at, command)
    case = at.case.withdrawn(command.applicants)
    if not case.active:
        raise NoActiveApplicant
    detail = {"applicants": sorted(map(str, command.applicants))}
    return Decision(case=case, event=Event(name="applicants_withdrew", detail=detail))


def _free(at: Situation, command: GiveNotice | AnswerNotice | Withdraw) -> None:
    """The case is held here, offered to nobody, and not decided."""
    at.as_holder(command)
    if at.case.open_offer is not None:
        raise TransferOpen(transfer=at.case.open_offer.id, state=at.case.open_offer.state.value)
    if at.case.stage.stage not in OFFERABLE:
        raise IllegalStage(stage=at.case.stage.stage.value, allowed=sorted(s.value for s in OFFERABLE))
