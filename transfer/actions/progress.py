"""What the holder does with the case itself: bring it to its next stage."""

from dataclasses import replace
from uuid import UUID

from transfer.actions.asking import ends_requests, with_lawyer, without_requests
from transfer.actions.commands import EnterEvent, Occurred, PublishStage
from transfer.actions.handling import lawyer_of, said
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.clocks import happened, legal_day, reached
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.eligibility import check_granted
from transfer.domain.errors import BasisMissing, ImplausibleDate, LastDayUnclear, NothingRuns
from transfer.domain.handling import Assignment, Conclusion, Decided, refused_by
from transfer.domain.lifecycle import REQUIRED_BASIS, check_stage
from transfer.domain.urgency import appraised, check_not_completed, check_not_parked
from transfer.messages.case import StageReached
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_urgency import LIMBS
from transfer.ports.work import Context


def enter_event(at: Situation, command: EnterEvent) -> Decision:
    """Begin and meet the clocks of an event that is no stage.

    A decision counts as served on the day on which the last applicant got it. Raises as ``occurred`` and
    ``handling.said``, and NotTheHolder.
    """
    at.as_holder(command)
    today = legal_day(at.context.now)
    if command.occurred_on > today:
        raise ImplausibleDate(occurred_on=command.occurred_on)
    case = replace(at.case, handling=said(at, command, command.event))
    served = case.handling.served(frozenset(one.id for one in case.active))
    if command.event is not CaseEvent.DECISION_SERVED:
        case = occurred(case, command, at.context)
    elif len(served) == len(case.active):
        last = command.model_copy(update={"occurred_on": max(served.values())})
        case = occurred(case, last, at.context)
    case = appraised(case, today, at.context.rules)
    detail = {"event": command.event.value, "occurred_on": command.occurred_on.isoformat()}
    if case.basics.urgency is not at.case.basics.urgency:
        detail["urgency"] = case.basics.urgency.value
    return Decision(case=case, event=Event(name="event_entered", detail=detail))


def occurred(case: Case, what: Occurred, context: Context) -> Case:
    """The case after an event that a person entered.

    Raises NothingRuns when no term begins with it and none waits for it, ImplausibleDate for a day in the future,
    LastDayUnclear.
    """
    today, day = legal_day(context.now), what.occurred_on
    if day > today:
        raise ImplausibleDate(occurred_on=day)
    begun = context.rules.terms(context.region, day, begins=what.event)
    if any(term.length is None for term in begun) != (what.until is not None) or (what.until or today) < today:
        raise LastDayUnclear(event=what.event, until=what.until)
    changed = happened(case, what.event, day, context.rules, context.region, until=what.until)
    if changed is case:
        raise NothingRuns(event=what.event)
    return changed


def publish_stage(at: Situation, command: PublishStage) -> Decision:
    """Bring the case to a stage and tell all followers. While an offer is open only aid-first goes on (LAL 44).

    Aid first rests on the limb under which the case is urgent, unless another one is named.

    Raises IllegalStage, BasisMissing, ImplausibleDate for a day in the future or before the first receipt,
    NotTheHolder, NotParked, CompletionNotOverdue, NoGroundHolds for a grant while a person who is not refused has no
    ground on the hardship condition (LAL 41), and as ``handling.said``. A stage that ends the case takes open evidence
    requests back, with notice; another person who is assigned gets them.
    """
    institution = at.as_holder(command)
    case, now = at.case, at.context.now
    offered = case.open_offer is not None
    check_stage(case.stage.stage, command.stage, offered=offered, withdrawn=not case.active)
    check_not_parked(case, command.stage)
    grounds, basis = REQUIRED_BASIS.get(command.stage), _basis(case, command)
    if grounds is not None and basis not in grounds:
        raise BasisMissing(stage=command.stage, grounds=sorted(grounds))
    if basis is LegalBasis.AID_FIRST_NOT_COMPLETED:
        check_not_completed(case, legal_day(now))
    if not legal_day(case.basics.first_received_at) <= command.occurred_on <= legal_day(now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    if command.stage is Stage.GRANTED:
        check_granted(case, at.context.forum(at.region), _refused(case, command))
    number = case.stage.number + 1 if case.stage.tenure == case.holder.number else 1
    here = StageReached(stage=command.stage, tenure=case.holder.number, number=number)
    message = StagePublished(
        case=case.id,
        tenure=here.tenure,
        number=here.number,
        stage=command.stage,
        occurred_on=command.occurred_on,
        basis=basis,
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


def _refused(case: Case, command: PublishStage) -> frozenset[UUID]:
    """Whom this decision refuses."""
    active = frozenset(one.id for one in case.active)
    return refused_by(command.part, active) if isinstance(command.part, Decided) else frozenset()


def _with_requests(at: Situation, command: PublishStage) -> tuple[Case, tuple[Outgoing, ...]]:
    """What the stage means for whoever is asked for evidence: to stop, or to answer another person."""
    if ends_requests(at.case, command.stage):
        return without_requests(at.case, at.context)
    if isinstance(command.part, Assignment) and command.part.handed_over is not None:
        return with_lawyer(at, lawyer_of(command.part))
    return at.case, ()


def _basis(case: Case, command: PublishStage) -> LegalBasis | None:
    if command.basis is None and command.stage is Stage.AID_FIRST:
        return LIMBS.get(case.basics.urgency)
    return command.basis
