"""The only place that knows which days are worked in China: weekends, holidays and make-up days."""

from datetime import date

import chinese_calendar


def is_worked(day: date) -> bool:
    """Whether a day is worked, by the State Council's notice of its year; raises LookupError for a year without."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise LookupError(day.year) from error
