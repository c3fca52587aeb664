"""What is said of terms that nobody meets: before, after, to the superior, and each once whenever it is looked."""

from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.asking import Asking, defects_of
from transfer.actions.desk import Order
from transfer.actions.watching import NothingToSay, watch_case
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.watch import look_on
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import AlarmKind

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
