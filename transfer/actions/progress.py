"""What the holder does with the case itself: bring it to its next stage."""

from dataclasses import replace

from transfer.actions.asking import with_lawyer, without_requests
from transfer.actions.commands import EnterEvent, PublishStage
from transfer.actions.handling import lawyer_of, said
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.clocks import happened, legal_day, reached
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.errors import BasisMissing, ImplausibleDate, NothingRuns
from transfer.domain.handling import Assignment, Conclusion
from transfer.domain.lifecycle import ENDED, REQUIRED_BASIS, check_stage
from transfer.messages.case import StageReached
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes_clocks import CaseEvent


def enter_event(at: Situation, command: EnterEvent) -> Decision:
    """Begin and meet the clocks of an event that is no stage.

    A decision counts as served on the day on which the last applicant got it. Raises NothingRuns when no term begins
    with the event and none waits for it, ImplausibleDate for a day in the future, NotTheHolder, and as
    ``handling.said``.
    """
    at.as_holder(command)
    if command.occurred_on > legal_day(at.context.now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    case, day = replace(at.case, handling=said(at, command, command.event)), command.occurred_on
    served = case.handling.served(frozenset(one.id for one in case.active))
    if command.event is CaseEvent.DECISION_SERVED:
        day = max(served.values(), default=day)
    if command.event is not CaseEvent.DECISION_SERVED or len(served) == len(case.active):
        case = happened(entered := case, command.event, day, at.context.rules, at.region)
        if case is entered:
            raise NothingRuns(event=command.event.value)
    detail = {"event": command.event.value, "occurred_on": command.occurred_on.isoformat()}
    return Decision(case=case, event=Event(name="event_entered", detail=detail))


def publish_stage(at: Situation, command: PublishStage) -> Decision:
    """Bring the case to a stage and tell all followers. While an offer is open only aid-first goes on (LAL 44).

    Raises IllegalStage, BasisMissing, ImplausibleDate for a day in the future or before the first receipt,
    NotTheHolder, and as ``handling.said``. A stage that ends the case takes open evidence requests back, with notice;
    another person who is assigned gets them.
    """
    institution = at.as_holder(command)
    case, now = at.case, at.context.now
    check_stage(case.stage.stage, command.stage, offered=case.open_offer is not None)
    grounds = REQUIRED_BASIS.get(command.stage)
    if grounds is not None and command.basis not in grounds:
        raise BasisMissing(stage=command.stage.value, grounds=sorted(g.value for g in grounds))
    if not legal_day(case.basics.first_received_at) <= command.occurred_on <= legal_day(now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    number = case.stage.number + 1 if case.stage.tenure == case.holder.number else 1
    here = StageReached(stage=command.stage, tenure=case.holder.number, number=number)
    message = StagePublished(
        case=case.id,
        tenure=here.tenure,
        number=here.number,
        stage=command.stage,
        occurred_on=command.occurred_on,
        basis=command.basis,
        note=command.note,
        institution=institution,
        at=now,
    )
    detail = {"stage": command.stage.value, "occurred_on": command.occurred_on.isoformat()}
    handling = said(at, command, command.stage)
    changed, notices = _with_requests(at, command)
    changed = replace(changed.reached(here), handling=handling)
    if isinstance(command.part, Conclusion):
        for one in command.part.days:
            changed = happened(changed, one.event, one.on, at.context.rules, at.region)
    told = (Outgoing(recipient=region, data=message) for region in sorted(case.followers))
    return Decision(
        case=reached(changed, command.stage, command.occurred_on, at.context.rules, at.region),
        event=Event(name="stage_published", detail=detail),
        messages=(*notices, *told),
        stages=(message,),
    )


def _with_requests(at: Situation, command: PublishStage) -> tuple[Case, tuple[Outgoing, ...]]:
    """What the stage means for whoever is asked for evidence: to stop, or to answer another person."""
    if command.stage in ENDED:
        return without_requests(at.case, at.context)
    if isinstance(command.part, Assignment) and command.part.handed_over is not None:
        return with_lawyer(at, lawyer_of(command.part))
    return at.case, ()
