"""Faults of the broker: absent, restarted, killed, frozen, wiped, out of memory. Nothing is lost, nothing hangs."""

import asyncio
import time

import pytest

from tests.integration.hub import LUXIAN, ZHONGSHAN, Hub, now, parcel, publish_until_sent, until
from transfer.broker.consumer import Consumer
from transfer.broker.publisher import Publisher
from transfer.ports.traffic import NotSent, Sent, Unconfirmed

pytestmark = pytest.mark.broker


async def receive_set(
    consumer: Consumer, expected: set[int], *, seconds: float = 60, into: list[int] | None = None
) -> list[int]:
    """Receive and acknowledge until all of these have come."""
    seen = [] if into is None else into
    async with asyncio.timeout(seconds):
        while not expected <= set(seen):
            batch = await consumer.receive(50)
            seen += [int(delivery.body) for delivery in batch.deliveries]
            await batch.ack()
    return seen


def unconfirmed(outcomes: object) -> bool:
    assert isinstance(outcomes, list)
    return all(isinstance(o, NotSent) and isinstance(o.reason, Unconfirmed) for o in outcomes)


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_publisher_and_consumer_go_on_after_a_restart_and_nothing_is_lost(hub: Hub, ending: str) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 100)
        first = await consumer.receive(50)
        await asyncio.to_thread(getattr(hub.broker, ending))
        await until(lambda: not publisher.connected and not consumer.connected, what="the loss is noticed")
        started = time.monotonic()
        assert unconfirmed(await publisher.publish([parcel(n) for n in range(100, 200)]))
        assert time.monotonic() - started < 1
        assert publisher.state.error
        await first.ack()
        await asyncio.to_thread(hub.broker.start)
        await publish_until_sent(publisher, [parcel(n) for n in range(100, 200)])
        seen = await receive_set(consumer, set(range(200)))
        assert len(seen) <= 250
    assert await hub.depth("dead.442000") == 0


async def test_a_restart_under_load_loses_nothing(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:

        async def send() -> None:
            for start in range(0, 1000, 50):
                await publish_until_sent(publisher, [parcel(n) for n in range(start, start + 50)], seconds=90)
                await asyncio.sleep(0.02)

        sending = asyncio.create_task(send())
        seen: list[int] = []
        receiving = asyncio.create_task(receive_set(consumer, set(range(1000)), seconds=120, into=seen))
        await until(lambda: len(seen) > 200, what="it is under way")
        await asyncio.to_thread(hub.broker.kill)
        await asyncio.to_thread(hub.broker.start)
        assert not sending.done()
        await sending
        await receiving


async def test_a_node_that_starts_before_its_broker_waits_for_it(hub: Hub) -> None:
    await asyncio.to_thread(hub.broker.stop)
    async with hub.publisher() as publisher, hub.consumer() as consumer:
        await until(lambda: "Connect" in (publisher.state.error or ""), what="the absence is told")
        assert not publisher.connected
        assert not consumer.connected
        await asyncio.to_thread(hub.broker.start)
        await until(lambda: publisher.connected and consumer.connected, what="connected")
        assert publisher.state.error is None
        await hub.send(publisher, 3)
        await receive_set(consumer, {0, 1, 2})


async def test_a_node_can_end_while_its_broker_is_absent(hub: Hub) -> None:
    await asyncio.to_thread(hub.broker.stop)
    started = time.monotonic()
    async with hub.publisher() as publisher, hub.consumer():
        await until(lambda: "Connect" in (publisher.state.error or ""), what="the absence is told")
    assert time.monotonic() - started < 5
    assert hub.tasks_left() == []
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_a_frozen_broker_confirms_nothing_and_is_given_up_in_time(hub: Hub) -> None:
    async with hub.publishing(timeout_seconds=2) as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 10)
        await receive_set(consumer, set(range(10)))
        hub.broker.freeze()
        try:
            started = time.monotonic()
            assert unconfirmed(await publisher.publish([parcel(n) for n in range(10, 310)]))
            assert unconfirmed(await publisher.publish([parcel(n) for n in range(10, 310)]))
            assert time.monotonic() - started < 6
            attempt = asyncio.create_task(publisher.publish([parcel(n) for n in range(10)]))
            await asyncio.sleep(0.2)
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt
        finally:
            hub.broker.thaw()
        await publish_until_sent(publisher, [parcel(n) for n in range(10, 310)])
        await receive_set(consumer, set(range(10, 310)))


async def test_a_broker_frozen_for_long_counts_as_lost(hub: Hub) -> None:
    async with hub.publishing(timeout_seconds=2) as publisher, hub.consuming() as consumer:
        hub.broker.freeze()
        try:
            await until(
                lambda: not publisher.connected and not consumer.connected, seconds=60, what="the loss is noticed"
            )
            started = time.monotonic()
            assert unconfirmed(await publisher.publish([parcel()]))
            assert time.monotonic() - started < 1
        finally:
            hub.broker.thaw()
        await publish_until_sent(publisher, [parcel(n) for n in range(10)])
        await receive_set(consumer, set(range(10)))


async def test_a_frozen_broker_does_not_keep_a_node_from_ending(hub: Hub) -> None:
    async with hub.publishing(timeout_seconds=2) as publisher, hub.consuming():
        await hub.send(publisher, 1)
        hub.broker.freeze()
        started = time.monotonic()
    try:
        assert time.monotonic() - started < 20
        assert hub.tasks_left() == []
    finally:
        hub.broker.thaw()


async def test_a_broker_without_memory_confirms_nothing_and_later_has_it_all(hub: Hub) -> None:
    async with hub.publishing(timeout_seconds=2) as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 1)
        await asyncio.to_thread(hub.broker.set_memory_alarm, True)
        try:
            assert unconfirmed(await publisher.publish([parcel(n) for n in range(20)]))
            assert unconfirmed(await publisher.publish([parcel(n) for n in range(20, 40)]))
        finally:
            await asyncio.to_thread(hub.broker.set_memory_alarm, False)
        await publish_until_sent(publisher, [parcel(n) for n in range(40)])
        await receive_set(consumer, set(range(40)))


async def test_a_wiped_broker_is_used_again_once_its_topology_is_back(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 1)
        await asyncio.to_thread(hub.broker.stop)
        hub.broker.wipe()
        await asyncio.to_thread(hub.broker.start)
        await until(lambda: "refused" in (publisher.state.error or ""), what="the refusal shows")
        hub.load()
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 3)
        await receive_set(consumer, {0, 1, 2})


async def test_a_short_loss_is_mended_without_a_word_from_the_caller(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        for _ in range(3):
            hub.cut()
            await publish_until_sent(publisher, [parcel(n) for n in range(20)])
            await receive_set(consumer, set(range(20)))


async def test_a_consumer_whose_queue_is_missing_says_so(hub: Hub) -> None:
    hub.broker.delete_queue(hub.vhost, "inbox.442000")
    async with Consumer(hub.address(ZHONGSHAN), region=ZHONGSHAN, clock=now) as consumer:
        await until(lambda: "NOT_FOUND" in (consumer.state.error or ""), what="the missing queue is named")
        assert not consumer.connected
        hub.load_topology()
        await until(lambda: consumer.connected, what="consuming")


async def test_a_vhost_that_does_not_exist_is_named(hub: Hub) -> None:
    hub.broker.delete_vhost(hub.vhost)
    async with Publisher(hub.address(LUXIAN), region=LUXIAN, clock=now) as publisher:
        await until(lambda: hub.vhost in (publisher.state.error or ""), what="the vhost is named")
        hub.load()
        await until(lambda: publisher.connected, what="connected")
        assert await publisher.publish([parcel()]) == [Sent()]
