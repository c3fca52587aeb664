"""Terms counted day by day, against the worked dates of the law's users (the calendar of 2026)."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.law.book import built_in
from transfer.law.reckoning import (
    CannotCount,
    Counted,
    hours_after,
    months_after,
    reckon,
    set_for,
    working_days_after,
)
from transfer.law.rules import Source, Term
from transfer.messages.case import Pause
from transfer.messages.codes_clocks import CaseEvent, PauseReason, TimeUnit
from transfer.telemetry.calendar import is_worked

SUPPLEMENT, REMOTE = PauseReason.SUPPLEMENT, PauseReason.REMOTE_CHECK


def a_term(length: int, unit: TimeUnit = TimeUnit.CALENDAR_DAY, *, suspended_by: Sequence[PauseReason] = ()) -> Term:
    return Term(
        code="A_TERM",
        zh="期限",
        en="A term",
        source=Source(law="法", confirmed=True),
        valid_from=date(2022, 1, 1),
        length=length,
        unit=unit,
        begins=CaseEvent.RECEIVED,
        suspended_by=tuple(suspended_by),
    )


def a_span(asked_on: date, until: date, why: PauseReason = REMOTE, *, answered: bool = True) -> Pause:
    return Pause(why=why, of=UUID(int=asked_on.toordinal()), asked_on=asked_on, until=until, answered=answered)


def day(month: int, number: int, year: int = 2026) -> date:
    return date(year, month, number)


@pytest.mark.parametrize(
    ("started", "length", "strict", "rolled"),
    [
        (day(2, 11), 7, day(2, 18), day(2, 24)),
        (day(9, 28), 3, day(10, 1), day(10, 8)),
        (day(5, 11), 7, day(5, 18), day(5, 18)),
        (day(8, 3), 15, day(8, 18), day(8, 18)),
        (day(8, 10), 5, day(8, 15), day(8, 17)),
        (day(6, 15), 30, day(7, 15), day(7, 15)),
        (day(6, 10), 30, day(7, 10), day(7, 10)),
    ],
)
def test_calendar_days_are_kept_as_they_are_and_as_they_roll(
    started: date, length: int, strict: date, rolled: date
) -> None:
    counted = reckon(a_term(length), started, (), is_worked)
    assert (counted.due_strict, counted.due_rolled, counted.breached_after) == (strict, rolled, rolled)


@pytest.mark.parametrize(
    ("started", "length", "due"),
    [
        (day(2, 11), 10, day(3, 3)),
        (day(9, 28), 10, day(10, 16)),
        (day(4, 29), 5, day(5, 9)),
        (day(5, 11), 3, day(5, 14)),
    ],
)
def test_working_days_leave_holidays_out_and_count_worked_weekends(started: date, length: int, due: date) -> None:
    counted = reckon(a_term(length, TimeUnit.WORKING_DAY), started, (), is_worked)
    assert working_days_after(started, length, is_worked) == due
    assert (counted.due_strict, counted.due_rolled) == (due, due)


def test_the_day_of_the_event_is_not_counted_and_every_day_is_shown() -> None:
    lines = reckon(a_term(2, TimeUnit.WORKING_DAY), day(2, 13), (), is_worked).lines
    shown = [(line.day, line.what, line.number) for line in lines if line.day in {day(2, 13), day(2, 14), day(2, 15)}]
    assert shown == [
        (day(2, 13), Counted.START, None),
        (day(2, 14), Counted.COUNTED, 1),
        (day(2, 15), Counted.REST, None),
    ]
    assert (lines[-1].day, lines[-1].number) == (day(2, 24), 2)


def test_a_remote_check_of_three_days_moves_the_decision_by_three_days() -> None:
    term = a_term(7, suspended_by=[REMOTE])
    counted = reckon(term, day(3, 9), [a_span(day(3, 10), day(3, 13))], is_worked)
    assert counted.due_strict == day(3, 19)
    left_out = [line for line in counted.lines if line.what is Counted.SUSPENDED]
    assert [line.day for line in left_out] == [day(3, 11), day(3, 12), day(3, 13)]
    assert {line.why for line in left_out} == {(REMOTE,)}


def test_suspensions_that_overlap_are_left_out_once() -> None:
    term = a_term(7, suspended_by=[REMOTE, SUPPLEMENT])
    spans = [a_span(day(3, 10), day(3, 13)), a_span(day(3, 11), day(3, 14), SUPPLEMENT)]
    counted = reckon(term, day(3, 9), spans, is_worked)
    assert counted.due_strict == day(3, 20)
    assert [line.why for line in counted.lines if line.day == day(3, 12)] == [(REMOTE, SUPPLEMENT)]


def test_a_term_that_nothing_suspends_runs_on() -> None:
    assert reckon(a_term(7), day(3, 9), [a_span(day(3, 10), day(3, 13))], is_worked).due_strict == day(3, 16)


def test_a_suspension_after_the_last_day_comes_too_late() -> None:
    term = a_term(7, suspended_by=[REMOTE])
    assert reckon(term, day(3, 9), [a_span(day(3, 16), day(3, 20))], is_worked).due_strict == day(3, 16)


@pytest.mark.parametrize(
    ("started", "months", "due"),
    [
        (day(5, 15, 2025), 12, day(5, 15)),
        (day(1, 31), 1, day(2, 28)),
        (day(8, 31), 6, day(2, 28, 2027)),
        (day(2, 29, 2028), 12, day(2, 28, 2029)),
        (day(12, 15), 1, day(1, 15, 2027)),
    ],
)
def test_months_end_on_the_same_day_or_the_last_one(started: date, months: int, due: date) -> None:
    assert months_after(started, months) == due
    assert reckon(a_term(months, TimeUnit.MONTH), started, (), is_worked).due_strict == due


def test_a_year_into_a_calendar_that_nobody_knows_has_no_rolled_day() -> None:
    counted = reckon(a_term(1, TimeUnit.YEAR), day(6, 10, 2098), (), is_worked)
    assert (counted.due_strict, counted.due_rolled) == (day(6, 10, 2099), None)
    assert counted.breached_after == day(6, 10, 2099)


def test_working_days_of_a_year_that_nobody_knows_cannot_be_counted() -> None:
    with pytest.raises(CannotCount, match="2099"):
        reckon(a_term(3, TimeUnit.WORKING_DAY), day(6, 10, 2099), (), is_worked)


def test_hours_run_through_nights_and_holidays() -> None:
    term = built_in().terms[0]
    assert (term.code, term.unit) == ("FORWARD_CUSTODY", TimeUnit.HOUR)
    assert hours_after(term, datetime(2026, 2, 14, 10, 30, tzinfo=UTC)) == datetime(2026, 2, 15, 10, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="hours_after"):
        reckon(term, day(2, 14), (), is_worked)


def test_a_last_day_that_was_set_is_rolled_and_not_counted() -> None:
    found = set_for(day(2, 2), day(2, 16), is_worked)
    assert (found.due_strict, found.due_rolled) == (day(2, 16), day(2, 24))
    assert [(line.day, line.number) for line in found.lines] == [(day(2, 2), None), (day(2, 16), None)]
    [term] = [one for one in built_in().terms if one.code == "STATED_LIMITATION"]
    with pytest.raises(ValueError, match="its last day is set"):
        reckon(term, day(2, 2), (), is_worked)


DAYS = st.dates(day(1, 1), day(6, 30))
SPANS = st.lists(st.tuples(DAYS, st.integers(0, 20), st.sampled_from(list(PauseReason))), max_size=4)


@given(
    started=DAYS,
    length=st.integers(1, 30),
    spans=SPANS,
    unit=st.sampled_from([TimeUnit.CALENDAR_DAY, TimeUnit.WORKING_DAY]),
)
def test_every_sum_has_each_day_once_and_as_many_that_count_as_the_term_is_long(
    started: date, length: int, spans: list[tuple[date, int, PauseReason]], unit: TimeUnit
) -> None:
    made = [a_span(since, date.fromordinal(since.toordinal() + days), why) for since, days, why in spans]
    counted = reckon(a_term(length, unit, suspended_by=list(PauseReason)), started, made, is_worked)
    days = [line.day.toordinal() for line in counted.lines]
    assert days == list(range(started.toordinal(), counted.due_strict.toordinal() + 1))
    assert [line.number for line in counted.lines if line.number] == list(range(1, length + 1))
    assert not any(span.holds(line.day) for line in counted.lines for span in made if line.what is Counted.COUNTED)
