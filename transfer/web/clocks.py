"""The clocks of a case, explained."""

from datetime import date
from typing import Annotated

from pydantic import Field

from transfer.domain.clocks import ClockState, legal_day, state_of, sum_of
from transfer.law.book import RuleBook
from transfer.law.reckoning import CannotCount, Counted
from transfer.messages.case import Clock
from transfer.messages.codes_clocks import PauseReason
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, known_case
from transfer.web.route import Ask


class CountedDay(Body):
    """One day of a sum."""

    day: date
    what: Counted
    number: Annotated[int | None, Field(description="its place among the days that count")]
    why: tuple[PauseReason, ...]


class ExplainedClock(Body):
    """A clock, how it stands today, and how its last day came about."""

    clock: Clock
    state: ClockState
    days: tuple[CountedDay, ...]
    warning: Annotated[str | None, Field(description="what is not known, and so not counted")]


class Clocks(Body):
    """All clocks of a case, those begun first first."""

    today: date
    items: tuple[ExplainedClock, ...]


async def clocks(ask: Ask) -> Reply:
    """The clocks of one case."""
    known = await known_case(ask)
    context = ask.parts.context()
    today = legal_day(context.now)
    items = tuple(explained(clock, today, context.rules) for clock in known.case.basics.clocks)
    return reply(Clocks(today=today, items=items))


def explained(clock: Clock, today: date, rules: RuleBook) -> ExplainedClock:
    """Counted anew by the calendar as it is known now."""
    warning = None
    try:
        counted = sum_of(clock, rules)
    except CannotCount as error:
        return ExplainedClock(clock=clock, state=state_of(clock, today), days=(), warning=str(error))
    if counted.due_rolled is None:
        warning = f"which days of {counted.due_strict.year} are worked is not known yet; the last day may be later"
    days = tuple(CountedDay(day=d.day, what=d.what, number=d.number, why=d.why) for d in counted.lines)
    return ExplainedClock(clock=clock, state=state_of(clock, today), days=days, warning=warning)
