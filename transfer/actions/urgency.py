"""What the holder does with a case that cannot wait: say so, and take what follows aid that was given first."""

from transfer.actions.situation import Situation
from transfer.actions.urgency_commands import CompleteFormalities, StateUrgency
from transfer.domain.clocks import happened, legal_day
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import CaseEnded, ImplausibleDate, NothingRuns, UrgencyStands
from transfer.domain.lifecycle import PAST
from transfer.domain.urgency import completions, raised
from transfer.messages.codes_clocks import CaseEvent


def state_urgency(at: Situation, command: StateUrgency) -> Decision:
    """Put the case under an urgency of Article 44; raises UrgencyStands, CaseEnded, NotTheHolder."""
    at.as_holder(command)
    case = at.case
    if case.stage.stage in PAST:
        raise CaseEnded(stage=case.stage.stage)
    urgent = raised(case, command.urgency, command.reason, legal_day(at.context.now), at.context.rules)
    if urgent is case:
        raise UrgencyStands(urgency=case.basics.urgency)
    return Decision(case=urgent, event=Event(name="urgency_stated", detail={"urgency": command.urgency.value}))


def complete_formalities(at: Situation, command: CompleteFormalities) -> Decision:
    """Meet the clock of the formalities, and add the papers to the package (Legal Aid Law 44).

    Raises NothingRuns when no day runs for them, ImplausibleDate for a day in the future, UnknownApplicant,
    TransferOpen while the case is offered (its package has gone), NotTheHolder.
    """
    at.as_holder(command)
    case, context = at.case, at.context
    case.check_not_offered()
    if not any(clock.started_on <= command.occurred_on for clock in completions(case)):
        raise NothingRuns(event=CaseEvent.FORMALITIES_COMPLETED)
    if command.occurred_on > legal_day(context.now):
        raise ImplausibleDate(occurred_on=command.occurred_on)
    case = case.with_materials(command.materials)
    case = happened(case, CaseEvent.FORMALITIES_COMPLETED, command.occurred_on, context.rules, at.region)
    detail = {"occurred_on": command.occurred_on.isoformat(), "papers": len(command.materials)}
    return Decision(case=case, event=Event(name="formalities_completed", detail=detail))
