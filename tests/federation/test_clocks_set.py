"""A region's clock is set back or ahead while cases are on their way: nothing is stuck, nothing is lost."""

import pytest

from tests.federation.ground import LUXIAN, ON_BOTH, ZHONGSHAN, Ground
from tests.federation.sender import MINUTE, Sender

pytestmark = [pytest.mark.federation, pytest.mark.broker]

JUMP = 240
"""Seconds: far more than any pause or lease of a node under test, and less than the skew that letters allow; what is
refused beyond that is shown in test_attacks.py."""


@ON_BOTH
@pytest.mark.parametrize("region", [ZHONGSHAN, LUXIAN])
async def test_traffic_goes_on_whichever_way_a_clock_jumps(ground: Ground, region: str) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    jumping = zhongshan if region == ZHONGSHAN else luxian
    for ahead in (JUMP, 0, -JUMP // 3, -JUMP, JUMP // 3, 0):
        cases = await zhongshan.do("open", count=3)
        await zhongshan.do("offer", cases=cases, to=LUXIAN)
        await jumping.do("set_clock", ahead=ahead)
        await ground.knows(LUXIAN, cases, state="offered", seconds=8)
        await luxian.do("sign_for", cases=cases)
        await ground.knows(ZHONGSHAN, cases, state="signed_for", seconds=8)
    await ground.agree(seconds=15)


@pytest.mark.parametrize("back", [JUMP, JUMP // 3, JUMP // 60])
async def test_a_relay_that_starts_after_the_clock_was_set_back_need_not_wait_for_an_old_lease(
    ground: Ground, back: int
) -> None:
    zhongshan, _ = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    await zhongshan.do("set_clock", ahead=back)
    cases = await zhongshan.do("open")
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.agree()
    zhongshan.kill()
    zhongshan = await ground.node(ZHONGSHAN)
    more = await zhongshan.do("open")
    await zhongshan.do("offer", cases=more, to=LUXIAN)
    await ground.knows(LUXIAN, more, seconds=8)
    await ground.agree(seconds=10)


@pytest.mark.parametrize("back", [JUMP, JUMP // 3])
async def test_pauses_that_began_before_the_clock_was_set_back_are_over(ground: Ground, back: int) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    for node in (zhongshan, luxian):
        await node.do("set_clock", ahead=back)
    # Zhongshan rests from a region that it cannot reach, and Luxian from one that it cannot tell.
    ground.unbind(LUXIAN, ZHONGSHAN)
    cases = await zhongshan.do("open", count=3)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await luxian.logs("receipts_not_sent")
    ground.unbind(ZHONGSHAN, LUXIAN)
    more = await zhongshan.do("open", count=3)
    await zhongshan.do("offer", cases=more, to=LUXIAN)
    await zhongshan.logs("not_sent")
    for node in (zhongshan, luxian):
        await node.do("set_clock", ahead=0)
    ground.bind(LUXIAN, ZHONGSHAN)
    ground.bind(ZHONGSHAN, LUXIAN)
    await ground.knows(LUXIAN, more, seconds=8)
    await ground.agree(seconds=10)


async def test_what_was_sent_before_the_clock_was_set_back_is_sent_again_without_waiting_for_it(ground: Ground) -> None:
    sender = await Sender.of(ground, grace=MINUTE / 10)
    [message, *_] = sender.messages
    await sender.sent(message, 30)
    assert await sender.due(30.5) == []
    assert [one.id for one in await sender.due(10)] == [message.id]
