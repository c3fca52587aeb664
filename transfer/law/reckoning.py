"""Counts a term day by day.

The day of the event is not counted (Civil Code 201; Civil Procedure Law 85). A term that ends on a day of rest ends on
the first worked day after it (Civil Code 203). The Legal Aid Law has no clause of its own on this, so both days are
kept: warn by ``due_strict``, call it a breach by ``due_rolled``.
"""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol

from transfer.law.book import WorkCalendar
from transfer.messages.case import Pause
from transfer.messages.codes_clocks import PauseReason, TimeUnit

_DAY: Final = timedelta(days=1)
_YEAR: Final = 12
_LONGEST: Final = 20 * 366


class Term(Protocol):
    """What is counted: a rule, or a clock that was begun by one."""

    @property
    def length(self) -> int | None: ...

    @property
    def unit(self) -> TimeUnit: ...

    @property
    def suspended_by(self) -> Sequence[PauseReason]: ...


class Counted(StrEnum):
    """What a day does to the sum."""

    START = "start"
    COUNTED = "counted"
    SUSPENDED = "suspended"
    REST = "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One day of the sum; ``number`` is its place among those that count."""

    day: date
    what: Counted
    number: int | None = None
    why: tuple[PauseReason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A term as it was counted. ``due_rolled`` is None where nobody knows yet which days of that year are worked."""

    lines: tuple[Line, ...]
    due_strict: date
    due_rolled: date | None

    @property
    def breached_after(self) -> date:
        """The last day on which it is met in time, as far as is known."""
        return self.due_rolled or self.due_strict


class CannotCount(LookupError):
    """Working days of a year are to be counted that nobody has announced yet."""


def reckon(term: Term, started: date, pauses: Sequence[Pause], is_worked: WorkCalendar) -> Sum:
    """The sum of a term of days, months or years; raises CannotCount, and ValueError for hours (``hours_after``) and
    where the last day is set (``set_for``)."""
    length = _length(term)
    counted = tuple(pause for pause in pauses if pause.why in term.suspended_by)
    start = Line(day=started, what=Counted.START)
    if term.unit in {TimeUnit.MONTH, TimeUnit.YEAR}:
        months = length * (_YEAR if term.unit is TimeUnit.YEAR else 1)
        due = months_after(started, months)
        lines: tuple[Line, ...] = (start, Line(day=due, what=Counted.COUNTED, number=length))
    elif term.unit is TimeUnit.HOUR:
        raise ValueError("hours are counted by hours_after")
    else:
        lines = (start, *_days(term, length, started, counted, is_worked))
        due = lines[-1].day
    return Sum(lines=lines, due_strict=due, due_rolled=_rolled(due, is_worked))


def _length(term: Term) -> int:
    if term.length is None:
        raise ValueError("its last day is set, and not counted")
    return term.length


def set_for(started: date, last: date, is_worked: WorkCalendar) -> Sum:
    """The sum of a term whose last day somebody set or stated; it is rolled as others are."""
    lines = (Line(day=started, what=Counted.START), Line(day=last, what=Counted.COUNTED))
    return Sum(lines=lines, due_strict=last, due_rolled=_rolled(last, is_worked))


def _days(term: Term, length: int, started: date, pauses: Sequence[Pause], is_worked: WorkCalendar) -> Iterator[Line]:
    day, number = started, 0
    while number < length:
        day += _DAY
        if (day - started).days > _LONGEST:
            raise CannotCount("the term does not end within twenty years")
        if why := tuple(dict.fromkeys(pause.why for pause in pauses if pause.holds(day))):
            yield Line(day=day, what=Counted.SUSPENDED, why=why)
        elif term.unit is TimeUnit.WORKING_DAY and not _is_worked(day, is_worked):
            yield Line(day=day, what=Counted.REST)
        else:
            number += 1
            yield Line(day=day, what=Counted.COUNTED, number=number)


def _is_worked(day: date, is_worked: WorkCalendar) -> bool:
    try:
        return is_worked(day)
    except LookupError:
        raise CannotCount(f"which days of {day.year} are worked is not known yet") from None


def _rolled(due: date, is_worked: WorkCalendar) -> date | None:
    try:
        while not is_worked(due):
            due += _DAY
    except LookupError:
        return None
    return due


def working_days_after(start: date, count: int, is_worked: WorkCalendar) -> date:
    """The last day of so many working days; raises CannotCount."""
    day = start
    while count:
        day += _DAY
        count -= _is_worked(day, is_worked)
    return day


def months_after(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has none such (Civil Code 202)."""
    year, month = divmod(day.month - 1 + months, _YEAR)
    year, month = day.year + year, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def hours_after(term: Term, started: datetime) -> datetime:
    """The end of a term of hours, which run through nights, weekends and holidays."""
    return started + timedelta(hours=_length(term))
