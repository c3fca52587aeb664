"""Counts calendar and working days; the starting day is never counted (Civil Code 201; CPL 85)."""

from collections.abc import Callable
from datetime import date, timedelta

from transfer.domain.errors import TransferError

WorkCalendar = Callable[[date], bool]
"""Whether a day is worked in China, make-up days included; raises LookupError where that is not known yet."""


class CalendarUnknown(TransferError):
    """Which days of that year are worked is not known here yet; the State Council's notice of it is missing."""


def working_days_after(start: date, count: int, is_worked: WorkCalendar) -> date:
    """The last day of so many working days; raises CalendarUnknown."""
    day = start
    for _ in range(count):
        day = first_worked(day + timedelta(days=1), is_worked)
    return day


def first_worked(day: date, is_worked: WorkCalendar) -> date:
    """The day itself, or the next that is worked: a term that ends on a day of rest ends after it (Civil Code 203).

    Raises CalendarUnknown.
    """
    try:
        while not is_worked(day):
            day += timedelta(days=1)
    except LookupError:
        raise CalendarUnknown(day=day) from None
    return day
