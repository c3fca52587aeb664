"""Working days by the State Council's notices; the worked dates of 2026."""

from datetime import date, timedelta

import pytest

from transfer.domain.workdays import CalendarUnknown, first_worked, working_days_after
from transfer.telemetry.calendar import is_worked


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        (date(2026, 2, 11), 10, date(2026, 3, 3)),
        (date(2026, 9, 28), 10, date(2026, 10, 16)),
        (date(2026, 4, 29), 5, date(2026, 5, 9)),
        (date(2026, 5, 11), 3, date(2026, 5, 14)),
        (date(2026, 5, 11), 10, date(2026, 5, 25)),
    ],
)
def test_so_many_working_days_after(start: date, count: int, last: date) -> None:
    assert working_days_after(start, count, is_worked) == last


@pytest.mark.parametrize(
    ("day", "rolled"),
    [
        (date(2026, 2, 18), date(2026, 2, 24)),
        (date(2026, 10, 1), date(2026, 10, 8)),
        (date(2026, 8, 15), date(2026, 8, 17)),
        (date(2026, 2, 14), date(2026, 2, 14)),
    ],
)
def test_a_term_that_ends_on_a_day_of_rest_ends_after_it(day: date, rolled: date) -> None:
    assert first_worked(day, is_worked) == rolled


def test_make_up_days_are_worked() -> None:
    worked = [date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9), date(2026, 9, 20)]
    assert all(is_worked(day) for day in [*worked, date(2026, 10, 10)])


def test_a_year_without_a_notice_is_said_and_not_guessed() -> None:
    beyond = date(2199, 12, 1)
    with pytest.raises(CalendarUnknown, match="2199-12-02"):
        working_days_after(beyond, 1, is_worked)
    with pytest.raises(LookupError):
        is_worked(beyond + timedelta(days=1))
