"""What is to be said of clocks that nobody meets: before their last day, after it, and to the superior region.

Each is said once: the clock remembers it. Who looks late says what is true then: no reminder of what is overdue.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from transfer.domain.case import Case
from transfer.domain.clocks import running
from transfer.messages.case import Clock
from transfer.messages.codes_clocks import AlarmKind

_BEFORE: Final = frozenset({AlarmKind.REMINDED, AlarmKind.AID_FIRST})
"""What is said of a term that can still be met."""


def owed(clock: Clock, today: date) -> tuple[AlarmKind, ...]:
    """What is to be said of a running clock today, and has not been said."""
    return tuple(kind for kind, since in _days(clock) if since <= today and _is_true(kind, clock, today))


def look_on(case: Case) -> date | None:
    """The next day on which something is to be said of the clocks that its holder has to meet."""
    return min((day for clock in _watched(case) for _, day in _days(clock)), default=None)


def told(case: Case, today: date) -> tuple[Case, dict[str, tuple[AlarmKind, ...]]]:
    """The case after all has been said that is owed today, and what that is, by rule."""
    watched, said = _watched(case), dict[str, tuple[AlarmKind, ...]]()
    clocks = []
    for clock in case.basics.clocks:
        kinds = owed(clock, today) if clock in watched else ()
        clocks.append(clock.model_copy(update={"told": (*clock.told, *kinds)}) if kinds else clock)
        if kinds:
            said[clock.rule] = (*said.get(clock.rule, ()), *kinds)
    return (replace(case, basics=case.basics.model_copy(update={"clocks": tuple(clocks)})) if said else case), said


def _watched(case: Case) -> tuple[Clock, ...]:
    """What the holder has to meet, and the limitations of the applicants, in whichever region they began; nothing of a
    case that assists another, in which they are met."""
    if case.duplicate_of is not None:
        return ()
    return tuple(
        clock for clock in running(case) if clock.region == case.holder_region or clock.aid_first_below is not None
    )


def _days(clock: Clock) -> Iterator[tuple[AlarmKind, date]]:
    """What has not been said, and from which day on it is owed."""
    if clock.due_strict is None:
        return
    last = clock.due_rolled or clock.due_strict
    if clock.remind_before is not None and not clock.told:
        yield AlarmKind.REMINDED, clock.due_strict - timedelta(days=clock.remind_before)
    if AlarmKind.OVERDUE not in clock.told:
        if clock.aid_first_below is not None and AlarmKind.AID_FIRST not in clock.told:
            yield AlarmKind.AID_FIRST, clock.due_strict - timedelta(days=clock.aid_first_below - 1)
        yield AlarmKind.OVERDUE, last + timedelta(days=1)
    if clock.escalate_after is not None and AlarmKind.ESCALATED not in clock.told:
        yield AlarmKind.ESCALATED, last + timedelta(days=1 + clock.escalate_after)


def _is_true(kind: AlarmKind, clock: Clock, today: date) -> bool:
    last = clock.due_rolled or clock.due_strict
    return kind not in _BEFORE or (last is not None and today <= last)
