"""The broker is stopped, killed, frozen, wiped or out of memory while cases are on their way: all arrive once."""

import asyncio

import pytest

from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess

pytestmark = [pytest.mark.federation, pytest.mark.broker]


async def traffic(zhongshan: NodeProcess, cases: list[str], *, until_set: asyncio.Event) -> int:
    """Stages of the cases, one round after another; gives how many rounds there were."""
    rounds = 0
    while not until_set.is_set():
        await zhongshan.do("stage", cases=cases, stage="suspended" if rounds % 2 else "under_review")
        rounds += 1
        await asyncio.sleep(0.05)
    return rounds


async def two_with_followed_cases(ground: Ground) -> tuple[NodeProcess, NodeProcess, list[str]]:
    """Both nodes, and cases that Luxian gave back, so that it follows what Zhongshan does with them."""
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    cases = await zhongshan.do("open", count=3)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.knows(LUXIAN, cases)
    await zhongshan.do("recall", cases=cases)
    await ground.knows(ZHONGSHAN, cases, state="released")
    return zhongshan, luxian, cases


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_a_broker_that_ends_and_starts_under_load_costs_nothing(chaos: Ground, ending: str) -> None:
    zhongshan, luxian, cases = await two_with_followed_cases(chaos)
    enough = asyncio.Event()
    sending = asyncio.create_task(traffic(zhongshan, cases, until_set=enough))
    await chaos.shows(LUXIAN, lambda view: len(view.inbox) > 20, what="traffic is under way")
    await asyncio.to_thread(getattr(chaos.broker, ending))
    before = len((await chaos.see(ZHONGSHAN)).outbox)
    await chaos.shows(ZHONGSHAN, lambda view: len(view.outbox) > before + 20, what="clerks go on without the broker")
    assert await zhongshan.logs("broker_unreachable")
    await asyncio.to_thread(chaos.broker.start)
    await luxian.ready()
    after = len((await chaos.see(LUXIAN)).inbox)
    await chaos.shows(LUXIAN, lambda view: len(view.inbox) > after, what="traffic goes on")
    enough.set()
    assert await sending
    await chaos.agree()
    assert await luxian.logs("broker_connected_again")


async def test_a_broker_frozen_for_long_is_left_and_found_again(chaos: Ground) -> None:
    zhongshan, _, cases = await two_with_followed_cases(chaos)
    enough = asyncio.Event()
    sending = asyncio.create_task(traffic(zhongshan, cases, until_set=enough))
    await chaos.shows(LUXIAN, lambda view: len(view.inbox) > 20, what="traffic is under way")
    chaos.broker.freeze()
    try:
        await zhongshan.logs("broker_unreachable", seconds=40)
    finally:
        chaos.broker.thaw()
    enough.set()
    await sending
    await chaos.agree()


async def test_a_broker_that_lost_its_data_loses_no_message_and_no_receipt(chaos: Ground) -> None:
    zhongshan, luxian, cases = await two_with_followed_cases(chaos)
    # Messages that only the broker has: published and confirmed, and nobody takes them.
    await luxian.stop()
    await zhongshan.do("stage", cases=cases)
    await chaos.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all is published")
    assert await chaos.depth(f"inbox.{LUXIAN}") >= 3
    # Receipts that only the broker has: sent, and nobody takes them.
    await zhongshan.stop()
    luxian = await chaos.node(LUXIAN)
    await chaos.shows(
        LUXIAN, lambda view: len(view.inbox) == 9 and not view.receipts_due, what="receipts are with the broker"
    )
    assert await chaos.depth(f"inbox.{ZHONGSHAN}") >= 1
    await luxian.stop()
    zhongshan = await chaos.node(ZHONGSHAN, roles="api")
    await zhongshan.do("stage", cases=cases, stage="suspended")
    await zhongshan.stop()
    await asyncio.to_thread(chaos.broker.stop)
    chaos.broker.wipe()
    await asyncio.to_thread(chaos.broker.start)
    chaos.load()
    await chaos.node(ZHONGSHAN)
    await chaos.node(LUXIAN)
    views = await chaos.agree()
    assert len(views[LUXIAN].got_from(ZHONGSHAN)) == 12


async def test_nodes_that_live_through_the_loss_of_the_data_send_it_all_again(chaos: Ground) -> None:
    zhongshan, luxian, cases = await two_with_followed_cases(chaos)
    luxian.freeze()
    await zhongshan.do("chat", case=cases[0], turns=40)
    await chaos.shows(ZHONGSHAN, lambda view: all(row.published_at for row in view.outbox), what="all is published")
    await asyncio.to_thread(chaos.broker.kill)
    chaos.broker.wipe()
    luxian.thaw()
    await asyncio.to_thread(chaos.broker.start)
    # Until the definitions are loaded the broker knows neither vhost nor user.
    await zhongshan.logs("broker_refused_login", seconds=60)
    chaos.load()
    views = await chaos.agree()
    assert len(views[LUXIAN].got_from(ZHONGSHAN)) == 46


async def test_a_broker_without_memory_delays_and_nothing_more(chaos: Ground) -> None:
    zhongshan, _, cases = await two_with_followed_cases(chaos)
    await asyncio.to_thread(chaos.broker.set_memory_alarm, True)
    try:
        await zhongshan.do("stage", cases=cases)
        said = await zhongshan.logs("not_sent")
        assert {line["reason"] for line in said} == {"Unconfirmed"}
        view = await chaos.see(ZHONGSHAN)
        assert [row.published_at for row in view.outbox][-3:] == [None] * 3
    finally:
        await asyncio.to_thread(chaos.broker.set_memory_alarm, False)
    await chaos.agree()
