"""What is said of terms that nobody meets: before, after, to the superior, and each once whenever it is looked."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.asking import Asking, defects_of
from tests.builders import the_rules
from transfer.actions.desk import Order
from transfer.actions.watching import NothingToSay, count_case, watch_case
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA, begun, counted, waits_for
from transfer.domain.watch import look_on
from transfer.law.book import RuleBook, built_in
from transfer.law.rules import WorkYear
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import AlarmKind, TimeUnit
from transfer.telemetry.calendar import is_worked

CITY, PREFECTURE, ELSEWHERE = "440106", "440100", "510521"
BEGAN = datetime(2026, 2, 11, 9, 0, tzinfo=CHINA)
"""The review ends on 18 February, in the Spring Festival, and so on the 24th."""
REMINDED, OVERDUE, ESCALATED = AlarmKind.REMINDED, AlarmKind.OVERDUE, AlarmKind.ESCALATED


def a_story(*regions: str) -> Asking:
    return Asking(regions=regions or (CITY, PREFECTURE, ELSEWHERE), requester=CITY, requested=ELSEWHERE, began=BEGAN)


def watch(story: Asking, *, region: str = CITY) -> Case:
    order = Order(by=region, institution=region, case=story.case, decide=watch_case)
    case = story.exchange.order(region, order)
    story.exchange.drain()
    return case


def told(story: Asking, *, region: str = CITY) -> tuple[AlarmKind, ...]:
    return story.known(region).basics.clocks[0].told


def looked(story: Asking, month: int, day: int) -> tuple[AlarmKind, ...]:
    """What has been said by the end of that day."""
    story.on(2026, month, day)
    with suppress(NothingToSay):
        watch(story)
    return told(story)


def test_a_case_that_assists_another_is_not_looked_at() -> None:
    assisting = replace(a_story().known(), duplicate_of=UUID(int=1))
    assert look_on(assisting) is None


def test_a_reminder_comes_two_days_before_and_a_mark_only_after_the_rolled_day() -> None:
    story = a_story()
    assert [looked(story, 2, day) for day in (15, 16, 18, 24, 25)] == [
        (),
        (REMINDED,),
        (REMINDED,),
        (REMINDED,),
        (REMINDED, OVERDUE),
    ]


def test_nothing_is_said_twice() -> None:
    story = a_story().on(2026, 2, 16)
    watch(story)
    with pytest.raises(NothingToSay):
        watch(story)
    [event] = [line for line in story.exchange.rooms[CITY].content.history if line.event.name == "clocks_watched"]
    assert event.event.detail == {"REVIEW": ["REMINDED"]}


def test_who_looks_late_says_what_is_true_then() -> None:
    assert looked(a_story(), 2, 20) == (REMINDED,)
    assert looked(a_story(), 2, 26) == (OVERDUE,)
    assert looked(a_story(), 3, 20) == (OVERDUE, ESCALATED)


def test_the_superior_is_told_three_days_after_and_follows_the_case_from_then_on() -> None:
    story = a_story()
    assert looked(story, 2, 27) == (OVERDUE,)
    assert story.case not in story.exchange.rooms[PREFECTURE].content.cases
    assert looked(story, 2, 28) == (OVERDUE, ESCALATED)
    seen = story.known(PREFECTURE)
    assert (seen.applicants, seen.holder_region, seen.basics.clocks[0].told) == ((), CITY, (OVERDUE, ESCALATED))
    story.reach(Stage.UNDER_REVIEW)
    assert story.known(PREFECTURE).stage.stage is Stage.UNDER_REVIEW


def test_without_a_superior_on_the_exchange_it_is_said_here_alone() -> None:
    story = a_story(CITY, ELSEWHERE)
    assert looked(story, 3, 20) == (OVERDUE, ESCALATED)
    assert story.exchange.rooms[CITY].content.outbox == {}


def test_what_was_met_is_not_watched() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW).on(2026, 2, 12).reach(Stage.GRANTED, Stage.ASSIGNED)
    assert look_on(story.known()) == date(2026, 2, 16)
    story.reach(Stage.AGREEMENT_SIGNED)
    assert look_on(story.known()) is None


def test_only_the_holder_is_reminded() -> None:
    story = a_story().ask()
    with pytest.raises(NothingToSay):
        story.on(2026, 3, 20)
        watch(story, region=ELSEWHERE)


def test_another_last_day_is_reminded_of_anew() -> None:
    story = a_story()
    assert looked(story, 2, 16) == (REMINDED,)
    story.own("notice", items=defects_of(story.applicants[0]), due_on=date(2026, 2, 26), phoned=True)
    assert (told(story), look_on(story.known())) == ((), date(2026, 2, 26))


@settings(max_examples=60, deadline=None)
@given(gaps=st.lists(st.integers(1, 12), min_size=1, max_size=12))
def test_however_seldom_it_is_looked_each_is_said_once_and_in_its_order(gaps: list[int]) -> None:
    story, day = a_story(CITY, ELSEWHERE), BEGAN
    seen: list[tuple[AlarmKind, ...]] = [()]
    for gap in gaps:
        day += timedelta(days=gap)
        seen.append(looked(story, day.month, day.day))
    assert all(later[: len(before)] == before for before, later in pairwise(seen))
    assert len(set(seen[-1])) == len(seen[-1])
    assert (OVERDUE in seen[-1]) == (day.date() > date(2026, 2, 24))
    assert (ESCALATED in seen[-1]) == (day.date() > date(2026, 2, 27))


# A year that becomes known ----------------------------------------------------------------------------------


NEW_YEAR = datetime(2026, 12, 24, 9, 0, tzinfo=CHINA)
"""A Thursday: five working days end in the next year, seven calendar days on New Year's Eve."""


def a_year(number: int, *off: str, regions: tuple[str, ...] = ()) -> WorkYear:
    told = {"year": number, "regions": regions, "off": off, "worked": [], "notice": f"{number}号"}
    return WorkYear.model_validate_json(json.dumps(told))


def announced(story: Asking, *years: WorkYear, region: str = CITY) -> RuleBook:
    """Its rules name these years from now on."""
    book = RuleBook(rules=built_in().model_copy(update={"years": years}), known_years=is_worked)
    context = story.exchange.contexts[region]
    story.exchange.contexts[region] = lambda: replace(context(), rules=book)
    return book


def count(story: Asking, *, region: str = CITY) -> Case:
    return story.exchange.order(region, Order(by=region, institution=region, case=story.case, decide=count_case))


def waiting(*, working_days: int, region: str = CITY) -> Asking:
    """The case as that region knows it has one clock, of so many working days, that began on 24 December."""
    story = a_story().ask()
    term = (
        built_in()
        .terms[1]
        .model_copy(update={"code": "LOCAL", "length": working_days, "unit": TimeUnit.WORKING_DAY, "remind_before": 1})
    )
    case = story.known(region)
    basics = case.basics.model_copy(update={"clocks": (begun(term, NEW_YEAR.date(), the_rules(), CITY),)})
    content = story.exchange.rooms[region].content.copy()
    content.cases[case.id] = replace(case, basics=basics)
    story.exchange.rooms[region].content = content
    return story


def test_a_clock_that_waited_for_a_year_is_counted_by_its_own_rule_once() -> None:
    story = waiting(working_days=7)
    [clock] = story.known().basics.clocks
    assert (clock.due_strict, clock.due_rolled, waits_for(story.known())) == (None, None, 2026)
    with pytest.raises(NothingToSay):
        count(story)
    announced(story, a_year(2027, "2027-01-01"))
    [clock] = count(story).basics.clocks
    assert (clock.length, clock.due_strict, clock.due_rolled) == (7, date(2027, 1, 5), date(2027, 1, 5))
    assert (waits_for(story.known()), look_on(story.known())) == (None, date(2027, 1, 4))
    with pytest.raises(NothingToSay):
        count(story)
    [line] = [one for one in story.exchange.rooms[CITY].content.history if one.event.name == "clocks_counted"]
    assert line.event.detail == {"clocks": ["LOCAL"], "rules": built_in().version}


def test_a_clock_whose_last_day_alone_rolls_waits_for_the_year_of_that_day() -> None:
    story = Asking(regions=(CITY, ELSEWHERE), requester=CITY, requested=ELSEWHERE, began=NEW_YEAR.replace(day=28))
    [clock] = story.known().basics.clocks
    assert (clock.due_strict, clock.due_rolled, waits_for(story.known())) == (date(2027, 1, 4), None, 2027)


def test_a_clock_that_reaches_into_yet_another_year_waits_on() -> None:
    story = waiting(working_days=270)
    announced(story, a_year(2027))
    with pytest.raises(NothingToSay):
        count(story)
    announced(story, a_year(2027), a_year(2028))
    assert count(story).basics.clocks[0].due_strict is not None


def test_a_local_holiday_counts_for_clocks_of_its_region() -> None:
    story = waiting(working_days=7)
    announced(story, a_year(2027, "2027-01-01"), a_year(2027, "2027-01-04", regions=(CITY[:2],)))
    assert count(story).basics.clocks[0].due_strict == date(2027, 1, 6)


def test_only_the_holder_counts_what_waited() -> None:
    story = waiting(working_days=7, region=ELSEWHERE)
    announced(story, a_year(2027), region=ELSEWHERE)
    with pytest.raises(NothingToSay):
        count(story, region=ELSEWHERE)


def test_what_was_met_is_not_counted_any_more() -> None:
    story = waiting(working_days=7)
    case = story.known()
    met = tuple(one.model_copy(update={"met_on": NEW_YEAR.date()}) for one in case.basics.clocks)
    done = replace(case, basics=case.basics.model_copy(update={"clocks": met}))
    book = announced(story, a_year(2027))
    assert (waits_for(done), counted(done, book) is done) == (None, True)
