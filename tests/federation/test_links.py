"""The link of a region to the hub is cut, half open, slow, or resets in the middle of a frame: nothing is lost."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.faults.proxy import Proxy
from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess, until
from transfer.workers.loop import Duty

pytestmark = [pytest.mark.federation, pytest.mark.broker]


@pytest.fixture
async def link(ground: Ground) -> AsyncIterator[Proxy]:
    async with Proxy(port=ground.broker.ports.amqps) as proxy:
        yield proxy


async def offered(ground: Ground, zhongshan: NodeProcess, count: int = 3) -> list[str]:
    cases: list[str] = await zhongshan.do("open", count=count)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    return cases


async def test_a_cut_link_delays_and_nothing_more(ground: Ground, link: Proxy) -> None:
    zhongshan = await ground.node(ZHONGSHAN, broker_port=link.own_port)
    luxian = await ground.node(LUXIAN, broker_port=link.own_port)
    link.down()
    cases = await offered(ground, zhongshan)
    assert await zhongshan.logs("broker_unreachable")
    assert (await ground.see(LUXIAN)).cases == {}
    link.up()
    await ground.knows(LUXIAN, cases)
    for step in ("sign_for", "accept", "stage"):
        link.cut()
        await luxian.do(step, cases=cases)
        await luxian.ready()
    await ground.knows(ZHONGSHAN, cases, state="accepted")
    await ground.agree()


@pytest.mark.parametrize("half_open", ["sender", "receiver"])
async def test_packets_that_vanish_without_a_word_are_noticed_and_sent_again(
    ground: Ground, link: Proxy, half_open: str
) -> None:
    through, straight = link.own_port, None
    zhongshan = await ground.node(ZHONGSHAN, broker_port=through if half_open == "sender" else straight)
    luxian = await ground.node(LUXIAN, broker_port=through if half_open == "receiver" else straight)
    link.swallowing = True
    cases = await offered(ground, zhongshan)
    silent = zhongshan if half_open == "sender" else luxian
    await silent.logs("broker_unreachable", seconds=40)
    assert (await ground.see(LUXIAN)).cases == {}
    link.up()
    await ground.knows(LUXIAN, cases)
    await ground.agree()


async def test_a_slow_and_narrow_link_carries_everything(ground: Ground, link: Proxy) -> None:
    zhongshan = await ground.node(ZHONGSHAN, broker_port=link.own_port)
    await ground.node(LUXIAN, broker_port=link.own_port)
    link.latency, link.bandwidth = 0.3, 20_000
    await offered(ground, zhongshan, count=20)
    await ground.agree()


@pytest.mark.parametrize("side", ["sender", "receiver"])
@pytest.mark.parametrize("way", ["to the broker", "from the broker"])
async def test_a_reset_in_the_middle_of_a_frame_loses_and_doubles_nothing(
    ground: Ground, link: Proxy, side: str, way: str
) -> None:
    """Of the sender: in a publish, or in its confirm. Of the receiver: in an acknowledgement, or in a delivery."""
    broken: dict[str, Any] = {"broker_port": link.own_port}
    zhongshan = await ground.node(ZHONGSHAN, **(broken if side == "sender" else {}))
    luxian = await ground.node(LUXIAN, **(broken if side == "receiver" else {}))
    [case] = await offered(ground, zhongshan, count=1)
    await ground.knows(LUXIAN, [case])
    await luxian.do("sign_for", cases=[case])
    await luxian.do("accept", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="accepted")
    for count in (1, 9, 30, 200, 1500, 2500):
        link.reset_after(count, to_server=way == "to the broker")
        cases = await offered(ground, zhongshan, count=4)
        await ground.knows(LUXIAN, cases)
        await luxian.do("sign_for", cases=cases)
    link.up()
    await asyncio.gather(zhongshan.ready(), luxian.ready())
    await ground.agree()


async def test_a_call_that_a_lost_connection_cancels_does_not_end_its_duty() -> None:
    calls: list[int] = []

    async def once() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise asyncio.CancelledError
        return 0

    duty = Duty(name="relay", once=once, poll=0.01)
    running = asyncio.create_task(duty.run())
    await until(lambda: len(calls) > 1, what="it is called again")
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
