"""Every clock of days against a slow oracle that walks from day to day over 2024 to 2026, with holidays of its own."""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.asking import Asking
from tests.builders import the_rules
from transfer.domain.clocks import begun, paused, resumed
from transfer.law.rules import Term
from transfer.messages.case import Pause
from transfer.messages.codes_clocks import PauseReason, TimeUnit
from transfer.telemetry.calendar import is_worked

REGION: Final = "442000"
CASE: Final = Asking().known()
DAY: Final = timedelta(days=1)

# The State Council's notices for 2024, 2025 and 2026: the first and last days off, and weekends that are worked.
OFF: Final = (
    ((2024, 1, 1), (2024, 1, 1)),
    ((2024, 2, 10), (2024, 2, 17)),
    ((2024, 4, 4), (2024, 4, 6)),
    ((2024, 5, 1), (2024, 5, 5)),
    ((2024, 6, 10), (2024, 6, 10)),
    ((2024, 9, 15), (2024, 9, 17)),
    ((2024, 10, 1), (2024, 10, 7)),
    ((2025, 1, 1), (2025, 1, 1)),
    ((2025, 1, 28), (2025, 2, 4)),
    ((2025, 4, 4), (2025, 4, 6)),
    ((2025, 5, 1), (2025, 5, 5)),
    ((2025, 5, 31), (2025, 6, 2)),
    ((2025, 10, 1), (2025, 10, 8)),
    ((2026, 1, 1), (2026, 1, 3)),
    ((2026, 2, 15), (2026, 2, 23)),
    ((2026, 4, 4), (2026, 4, 6)),
    ((2026, 5, 1), (2026, 5, 5)),
    ((2026, 6, 19), (2026, 6, 21)),
    ((2026, 9, 25), (2026, 9, 27)),
    ((2026, 10, 1), (2026, 10, 7)),
)
WORKED: Final = {
    date(*one)
    for one in (
        (2024, 2, 4),
        (2024, 2, 18),
        (2024, 4, 7),
        (2024, 4, 28),
        (2024, 5, 11),
        (2024, 9, 14),
        (2024, 9, 29),
        (2024, 10, 12),
        (2025, 1, 26),
        (2025, 2, 8),
        (2025, 4, 27),
        (2025, 9, 28),
        (2025, 10, 11),
        (2026, 1, 4),
        (2026, 2, 14),
        (2026, 2, 28),
        (2026, 5, 9),
        (2026, 9, 20),
        (2026, 10, 10),
    )
}


def days(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first += DAY


def notices() -> Mapping[date, bool]:
    """Of every day of the three years, whether it is worked."""
    off = {day for first, last in OFF for day in days(date(*first), date(*last))}
    return {
        day: day in WORKED or (day.weekday() < 5 and day not in off)
        for day in days(date(2024, 1, 1), date(2026, 12, 31))
    }


KNOWN: Final = notices()


def last_day(term: Term, started: date, skipped: set[date]) -> date | None:
    """Walk until so many days have counted; None where a day is needed that nobody has announced."""
    assert term.length is not None
    if term.unit in {TimeUnit.MONTH, TimeUnit.YEAR}:
        months = started.month + term.length * (12 if term.unit is TimeUnit.YEAR else 1)
        year, month = started.year + (months - 1) // 12, (months - 1) % 12 + 1
        return date(year, month, min(started.day, monthrange(year, month)[1]))
    day, left = started, term.length
    while left:
        day += DAY
        if day in skipped:
            continue
        if term.unit is TimeUnit.WORKING_DAY:
            if day not in KNOWN:
                return None
            left -= KNOWN[day]
        else:
            left -= 1
    return day


def rolled(day: date | None) -> date | None:
    """The first worked day from then on."""
    while day is not None and not KNOWN.get(day, day.year > 2026):
        day += DAY
    return None if day is None or day not in KNOWN else day


def test_the_two_calendars_say_the_same_of_every_day() -> None:
    assert [day for day, worked in KNOWN.items() if is_worked(day) is not worked] == []


TERMS: Final = [
    one
    for one in the_rules().rules.terms
    if one.unit is not TimeUnit.HOUR and one.length is not None and not one.regions
]
STARTS: Final = st.dates(date(2024, 1, 1), date(2026, 12, 20))
ASKED: Final = st.lists(
    st.tuples(
        st.sampled_from(list(PauseReason)),
        st.integers(0, 25),  # days after the start
        st.integers(1, 20),  # days until the answer is due
        st.none() | st.integers(0, 30),  # days until the answer came
    ),
    max_size=5,
)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: f"{term.code}-{term.valid_from}")
@given(started=STARTS, asked=ASKED)
def test_a_clock_ends_where_a_walk_from_day_to_day_ends(
    term: Term, started: date, asked: Sequence[tuple[PauseReason, int, int, int | None]]
) -> None:
    rules = the_rules()
    began = begun(term, started, rules, REGION)
    case = replace(CASE, basics=CASE.basics.model_copy(update={"clocks": (began,)}))
    skipped: set[date] = set()
    for number, (why, after, due, answer) in enumerate(asked, 1):
        since = started + after * DAY
        until = since + due * DAY
        of = UUID(int=number)
        case = paused(case, Pause(why=why, of=of, asked_on=since, until=until), rules)
        if answer is not None:
            case = resumed(case, of, since + answer * DAY, rules)
            until = min(until, since + answer * DAY)
        if why in term.suspended_by:
            skipped |= set(days(since + DAY, until))
    [clock] = case.basics.clocks
    strict = last_day(term, started, skipped)
    assert (clock.due_strict, clock.due_rolled) == (strict, rolled(strict))
