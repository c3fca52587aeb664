"""How urgent a case is: found from its limitations and from who claims what, stated by people, never lowered."""

from dataclasses import replace
from datetime import date

from transfer.domain.case import Case
from transfer.domain.clocks import ClockState, happened, running, state_of, unpaused
from transfer.domain.errors import CompletionNotOverdue, NotParked
from transfer.law.book import RuleBook
from transfer.law.reckoning import set_for
from transfer.messages.case import CaseBasics, Clock
from transfer.messages.codes import Stage, Urgency
from transfer.messages.codes_clocks import AlarmKind, CaseEvent
from transfer.messages.codes_urgency import GREEN_CATEGORY, GREEN_CLAIMS, LIMBS, PLACES


def limited(case: Case, day: date, rules: RuleBook, region: str) -> Case:
    """The case with a clock of the last day that was stated at its intake, unless it passed or has one."""
    last = case.basics.limitation_on
    if (
        last is None
        or set_for(day, last, rules.is_worked).breached_after < day
        or any(clock.aid_first_below is not None for clock in case.basics.clocks)
    ):
        return case
    return happened(case, CaseEvent.LIMITATION_STATED, day, rules, region, until=last)


def appraised(case: Case, today: date, rules: RuleBook) -> Case:
    """The case with the urgency that is found today, and the last day of the limitation that ends first.

    Urgent is a limitation of which fewer days are left than its clock says, while something can still be filed (Legal
    Aid Law 44(1)); green is what migrant workers claim of pay or for a work injury. What was stronger stays.
    """
    limits = [clock for clock in running(case) if clock.aid_first_below is not None]
    ends = [clock.due_strict for clock in limits if clock.due_strict is not None]
    if ends and min(ends) != case.basics.limitation_on:
        case = _with(case, limitation_on=min(ends))
    pressing = [clock for clock in limits if is_pressing(clock, today)]
    if pressing:
        case = _with(case, clocks=tuple(_said(c) if c in pressing else c for c in case.basics.clocks))
        reason = "；".join(f"{clock.zh}于{clock.due_strict}届满" for clock in pressing)
        return raised(case, Urgency.LIMITATION_LT_7_DAYS, reason, today, rules)
    if case.basics.matter in GREEN_CLAIMS and any(GREEN_CATEGORY in one.categories for one in case.active):
        return raised(case, Urgency.GREEN_CHANNEL, None, today, rules)
    return case


def raised(case: Case, urgency: Urgency, reason: str | None, day: date, rules: RuleBook) -> Case:
    """The case under this urgency, unless it is under one as strong; under Article 44 it waits for nothing any more."""
    if PLACES[urgency] >= PLACES[case.basics.urgency]:
        return case
    if urgency in LIMBS:
        case = unpaused(case, day, rules)
    return _with(case, urgency=urgency, urgency_reason=reason or case.basics.urgency_reason)


def urged(case: Case, told: CaseBasics, day: date, rules: RuleBook) -> Case:
    """The case of another region under the urgency that its holder tells, where that is stronger than was known."""
    urgent = raised(case, told.urgency, told.urgency_reason, day, rules)
    return urgent if urgent is case else _with(urgent, limitation_on=told.limitation_on)


def is_pressing(clock: Clock, today: date) -> bool:
    """Whether fewer days are left than the rule says; what can be filed on the next worked day is not too late."""
    if clock.aid_first_below is None or clock.due_strict is None:
        return False
    return (clock.due_strict - today).days < clock.aid_first_below and today <= (clock.due_rolled or clock.due_strict)


def check_not_parked(case: Case, to: Stage) -> None:
    """Raises NotParked, which names the limb, when a case under Article 44 is to be suspended."""
    if to is Stage.SUSPENDED and case.basics.urgency in LIMBS:
        raise NotParked(ground=LIMBS[case.basics.urgency])


def check_not_completed(case: Case, today: date) -> None:
    """Raises CompletionNotOverdue, unless the day for the formalities has passed, as rolled, and nobody met it."""
    if all(state_of(clock, today) is not ClockState.OVERDUE for clock in completions(case)):
        raise CompletionNotOverdue(due=[clock.due_rolled or clock.due_strict for clock in completions(case)])


def completions(case: Case) -> tuple[Clock, ...]:
    """The running clocks within which formalities are completed after aid was given first."""
    return tuple(clock for clock in running(case) if CaseEvent.FORMALITIES_COMPLETED in clock.met_by)


def next_day(case: Case, *, open: bool) -> date | None:  # noqa: A002 - as in ``place``
    """The next day on which something falls due; of a case that has ended, only what an institution owes."""
    days = [clock.due_strict for clock in running(case) if open or clock.escalate_after is not None]
    if open and all(clock.aid_first_below is None for clock in case.basics.clocks):
        days.append(case.basics.limitation_on)
    return min((day for day in days if day is not None), default=None)


def _said(clock: Clock) -> Clock:
    if AlarmKind.AID_FIRST in clock.told:
        return clock
    return clock.model_copy(update={"told": (*clock.told, AlarmKind.AID_FIRST)})


def _with(case: Case, **changes: object) -> Case:
    return replace(case, basics=case.basics.model_copy(update=changes))
