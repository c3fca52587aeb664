"""A region cannot be reached, is full, or is away for a week: it alone is waited for, and nothing is lost."""

from typing import Any

import pytest

from tests.federation.checks import View
from tests.federation.ground import LUXIAN, SICHUAN, ZHONGSHAN, Ground
from tests.federation.processes import until
from tests.federation.sender import MINUTE, Sender

pytestmark = [pytest.mark.federation, pytest.mark.broker]

HOUR = 3600
WEEK = 7 * 24 * HOUR


def failures(view: View) -> int:
    """How often in a row Luxian could not be reached."""
    return view.destinations[LUXIAN].failures if LUXIAN in view.destinations else 0


async def test_a_region_without_a_road_backs_off_alone_and_heals(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN, backoff_first=0.2, backoff_longest=60.0)
    await ground.node(LUXIAN)
    await ground.node(SICHUAN)
    ground.unbind(ZHONGSHAN, LUXIAN)
    stranded = await zhongshan.do("open", count=30)
    await zhongshan.do("offer", cases=stranded, to=LUXIAN)
    view = await ground.shows(
        ZHONGSHAN,
        lambda view: failures(view) >= 4,
        what="backs off",
    )
    # One failure per attempt, not per message: the pause is that of four attempts, and not yet the longest.
    road = view.destinations[LUXIAN]
    assert road.failures == 4
    assert "NO_ROUTE" in road.last_error
    passing = await zhongshan.do("open", count=3)
    await zhongshan.do("offer", cases=passing, to=SICHUAN)
    await ground.knows(SICHUAN, passing, seconds=5)
    ground.bind(ZHONGSHAN, LUXIAN)
    await ground.knows(LUXIAN, stranded, seconds=15)
    views = await ground.agree()
    assert (views[ZHONGSHAN].destinations[LUXIAN].failures, views[ZHONGSHAN].destinations[LUXIAN].last_error) == (
        0,
        None,
    )


async def test_a_road_that_closes_under_sent_messages_is_not_tried_at_every_poll(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN, backoff_first=0.5, backoff_longest=60.0, poll=0.1)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: view.outbox[0].published_at is not None, what="sent once")
    ground.unbind(ZHONGSHAN, LUXIAN)
    # Nobody answers, so it is sent again after a pause, and has no road.
    view = await ground.shows(
        ZHONGSHAN,
        lambda view: failures(view) >= 3,
        what="backs off",
    )
    pause = view.destinations[LUXIAN].retry_at - view.outbox[0].published_at
    assert pause.total_seconds() > 0.5 + 0.75 * (0.5 + 1 + 2)
    ground.bind(ZHONGSHAN, LUXIAN)
    await ground.node(LUXIAN)
    await ground.agree()


async def test_a_failure_noted_by_a_relay_that_is_gone_is_cleared_by_its_successor(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN)
    await ground.node(LUXIAN)
    ground.unbind(ZHONGSHAN, LUXIAN)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: failures(view) > 0, what="the failure is noted")
    zhongshan.kill()
    ground.bind(ZHONGSHAN, LUXIAN)
    await ground.node(ZHONGSHAN)
    views = await ground.agree()
    assert views[ZHONGSHAN].destinations[LUXIAN].failures == 0


@pytest.mark.parametrize("ground", [{"inbox_limit": 5}], indirect=True, ids=["room_for_5"])
async def test_a_full_inbox_delays_its_own_region_alone_and_drains(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN)
    await ground.node(SICHUAN)
    # The broker overshoots its limit by what is in flight, so the inbox is filled first.
    filling = await zhongshan.do("open", count=20)
    await zhongshan.do("offer", cases=filling, to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: any(row.published_at for row in view.outbox), what="it fills")
    more = await zhongshan.do("open", count=20)
    await zhongshan.do("offer", cases=more, to=LUXIAN)
    view = await ground.shows(ZHONGSHAN, lambda view: failures(view) >= 2, what="backs off")
    assert view.destinations[LUXIAN].last_error.startswith("BrokerRefused")
    assert [row for row in view.outbox if row.published_at is None]
    passing = await zhongshan.do("open")
    await zhongshan.do("offer", cases=passing, to=SICHUAN)
    await ground.knows(SICHUAN, passing, seconds=5)
    await ground.node(LUXIAN)
    await ground.agree()


async def test_a_region_away_for_a_week_is_probed_and_then_drains_with_few_repeats(ground: Ground) -> None:
    life: dict[str, Any] = {
        "resend_first": 60.0,
        "resend_longest": HOUR,
        "silence": 60.0,
        "resend_grace": 5.0,
        "poll": 0.1,
    }
    zhongshan = await ground.node(ZHONGSHAN, **life)
    backlog = 400
    cases = await zhongshan.do("open", count=backlog)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.shows(
        ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all are in the inbox"
    )
    ahead = probes = 0
    while ahead < WEEK:
        ahead, probes = ahead + 12 * HOUR, probes + 1
        await zhongshan.do("set_clock", ahead=ahead)
        await until_sent(ground, backlog + probes)
    assert await sent(ground) == backlog + probes  # one at a time, whatever is waiting
    await ground.node(LUXIAN, plan={"ahead": ahead}, **life)
    await ground.agree(seconds=60)
    assert await sent(ground) <= backlog + probes + backlog // 20


async def sent(ground: Ground) -> int:
    """How often the broker took a message from Zhongshan."""
    return sum(row.attempts for row in (await ground.see(ZHONGSHAN)).outbox)


async def until_sent(ground: Ground, times: int) -> None:
    async def enough() -> bool:
        return await sent(ground) >= times

    await until(enough, what=f"{times} sent")


async def test_after_a_loss_the_probe_brings_the_rest_after_it(ground: Ground) -> None:
    life: dict[str, Any] = {"resend_first": 1.0, "resend_longest": 60.0, "silence": 2.0, "resend_grace": 1.0}
    zhongshan = await ground.node(ZHONGSHAN, **life)
    cases = await zhongshan.do("open", count=200)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all are sent")
    ground.broker.manage("DELETE", f"queues/{ground.vhost}/inbox.{LUXIAN}/contents")
    await ground.node(LUXIAN, **life)
    await ground.agree(seconds=30)
    assert await sent(ground) <= 3 * len(cases)


async def test_what_fits_beside_a_message_that_is_held_is_not_held_up(ground: Ground) -> None:
    """A message that is refused again and again must not starve another that was lost."""
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    await luxian.do("break_handler", message_type="legalaid.transfer.offered.v1")
    [held] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[held], to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: view.outbox[0].outcome == "refused", what="the first is held")
    await luxian.do("mend_handlers")
    luxian.freeze()
    others = await zhongshan.do("open", count=5)
    await zhongshan.do("offer", cases=others, to=LUXIAN)
    await ground.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all are sent")
    ground.broker.manage("DELETE", f"queues/{ground.vhost}/inbox.{LUXIAN}/contents")
    luxian.thaw()
    await ground.knows(LUXIAN, others, seconds=20)


async def test_only_a_message_sent_once_shows_how_far_a_region_has_come(ground: Ground) -> None:
    """The receipt of one that was sent again may answer its first copy; then what was sent between still waits in
    the inbox, and sending it again would double the backlog of a region that has just come back."""
    sender = await Sender.of(ground, grace=MINUTE / 10)
    repeated, between, later = sender.messages
    for after, message in enumerate((repeated, between, later, repeated)):
        await sender.sent(message, after)
    await sender.receipted(repeated, 10)
    assert await sender.due(10) == []
    assert [one.id for one in await sender.due(10.2)] == [between.id, later.id], "no more receipts come"
    await sender.receipted(later, 11)
    assert [one.id for one in await sender.due(11)] == [between.id], "the inbox was read past it"


async def test_what_was_passed_over_waits_while_its_region_is_backed_off(ground: Ground) -> None:
    sender = await Sender.of(ground, grace=MINUTE / 10)
    passed, later, _ = sender.messages
    await sender.sent(passed, 0)
    await sender.sent(later, 1)
    await sender.receipted(later, 10)
    assert [one.id for one in await sender.due(10)] == [passed.id]
    await sender.outbox.failed(LUXIAN, "Unroutable", now=sender.at(10), retry_at=sender.at(15))
    assert await sender.due(14) == []
    assert [one.id for one in await sender.due(15)] == [passed.id]
