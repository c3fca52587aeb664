"""What the holder does with the case itself: bring it to its next stage."""

from transfer.actions.asking import without_requests
from transfer.actions.commands import EnterEvent, PublishStage
from transfer.actions.situation import Situation
from transfer.domain.clocks import happened, legal_day, reached
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.eligibility import check_granted
from transfer.domain.errors import BasisMissing, ImplausibleDate, NothingRuns
from transfer.domain.lifecycle import ENDED, REQUIRED_BASIS, check_stage
from transfer.messages.case import StageReached
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import Stage


def enter_event(at: Situation, command: EnterEvent) -> Decision:
    """Begin and meet the clocks of an event that is no stage.

    Raises NothingRuns when no term begins with it and none waits for it, ImplausibleDate for a day in the future,
    NotTheHolder.
    """
    at.as_holder(command)
    if command.occurred_on > legal_day(at.context.now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    case = happened(at.case, command.event, command.occurred_on, at.context.rules, at.region)
    if case is at.case:
        raise NothingRuns(event=command.event.value)
    detail = {"event": command.event.value, "occurred_on": command.occurred_on.isoformat()}
    return Decision(case=case, event=Event(name="event_entered", detail=detail))


def publish_stage(at: Situation, command: PublishStage) -> Decision:
    """Bring the case to a stage and tell all followers. While an offer is open only aid-first goes on (LAL 44).

    Raises IllegalStage, BasisMissing, ImplausibleDate for a day in the future or before the first receipt,
    NotTheHolder, NoGroundHolds for a grant while a person has no ground on the hardship condition (LAL 41). A stage
    that ends the case takes open evidence requests back, with notice.
    """
    institution = at.as_holder(command)
    case, now = at.case, at.context.now
    check_stage(case.stage.stage, command.stage, offered=case.open_offer is not None)
    grounds = REQUIRED_BASIS.get(command.stage)
    if grounds is not None and command.basis not in grounds:
        raise BasisMissing(stage=command.stage.value, grounds=sorted(g.value for g in grounds))
    if not legal_day(case.basics.first_received_at) <= command.occurred_on <= legal_day(now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    if command.stage is Stage.GRANTED:
        check_granted(case, at.context.forum(at.region))
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
    told = tuple(Outgoing(recipient=region, data=message) for region in sorted(case.followers))
    if command.stage in ENDED:
        case, notices = without_requests(case, at.context)
        told = (*notices, *told)
    case = reached(case.reached(here), command.stage, command.occurred_on, at.context.rules, at.region)
    return Decision(case=case, event=Event(name="stage_published", detail=detail), messages=told, stages=(message,))
