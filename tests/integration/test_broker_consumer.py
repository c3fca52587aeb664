"""The consumer against a real broker: order, answers, and what stays in the queue."""

import asyncio

import pytest

from tests.integration.hub import LUXIAN, SICHUAN, ZHONGSHAN, Hub, parcel, until
from transfer.broker.batch import Batch
from transfer.broker.consumer import Consumer, ConsumerClosed
from transfer.messages.envelope import MAX_BYTES
from transfer.ports.traffic import Sent

pytestmark = pytest.mark.broker


def numbers(batch: Batch) -> list[int]:
    return [int(delivery.body) for delivery in batch.deliveries]


async def receive_all(consumer: Consumer, messages: int, *, limit: int = 50) -> list[int]:
    """Receive and acknowledge until this many have come; fails when they do not come."""
    seen: list[int] = []
    async with asyncio.timeout(30):
        while len(seen) < messages:
            batch = await consumer.receive(limit)
            seen += numbers(batch)
            await batch.ack()
    return seen


async def test_batches_keep_the_order_and_their_size(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer, asyncio.TaskGroup() as beside:
        seen: list[int] = []
        beside.create_task(hub.send(publisher, 2000))
        async for batch in consumer.batches(70):
            assert 1 <= len(batch.deliveries) <= 70
            seen += numbers(batch)
            await batch.ack()
            if len(seen) == 2000:
                break
    assert seen == list(range(2000))
    await hub.holds("inbox.442000", 0)


async def test_messages_of_several_senders_come_with_their_senders(hub: Hub) -> None:
    async with hub.publishing(LUXIAN) as luxian, hub.publishing(SICHUAN) as sichuan:
        await hub.send(luxian, 1)
        await hub.send(sichuan, 1)
    async with hub.consuming() as consumer:
        seen: list[tuple[str, str | None]] = []
        while len(seen) < 2:
            batch = await consumer.receive(10)
            seen += [(delivery.exchange, delivery.user_id) for delivery in batch.deliveries]
            await batch.ack()
    assert seen == [("out.510521", LUXIAN), ("out.510000", SICHUAN)]


async def test_no_more_comes_than_the_prefetch_allows(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        await hub.send(publisher, 100)
    async with hub.consuming(prefetch=30) as consumer:
        first = await consumer.receive(20)
        await hub.holds("inbox.442000", 70)
        await first.ack()
        await hub.holds("inbox.442000", 70 - len(first.deliveries))


async def test_batches_may_be_acknowledged_in_any_order(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        await hub.send(publisher, 30)
    async with hub.consuming() as consumer:
        batches = [await consumer.receive(1) for _ in range(30)]
        for batch in reversed(batches[1::2]):
            await batch.ack()
    await hub.holds("inbox.442000", 15)
    async with hub.consuming() as consumer:
        assert await receive_all(consumer, 15) == list(range(0, 30, 2))


async def test_a_batch_is_answered_only_once(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 5)
        assert await receive_all(consumer, 4, limit=1) == [0, 1, 2, 3]
        last = await consumer.receive(1)
        await last.ack()
        await last.ack()
        await last.give_back()
        await hub.send(publisher, 3)
        assert await receive_all(consumer, 3) == [0, 1, 2]
    await hub.holds("inbox.442000", 0)


async def test_what_is_given_back_comes_again(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 1)
        first = await consumer.receive(1)
        await first.give_back()
        again = await consumer.receive(1)
        assert again.deliveries[0].body == first.deliveries[0].body
        assert again.deliveries[0].redelivered
        await again.ack()


async def test_a_batch_left_without_an_answer_comes_again(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 1)
        with pytest.raises(LookupError):
            async with await consumer.receive(1):
                raise LookupError
        async with await consumer.receive(1) as again:
            await again.ack()
    await hub.holds("inbox.442000", 0)


async def test_an_unacknowledged_batch_comes_again_after_a_reconnect(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 10)
        held = await consumer.receive(4)
        hub.cut()
        await until(lambda: not consumer.connected, what="the loss is noticed")
        await held.ack()
        assert await receive_all(consumer, 10) == list(range(10))
        assert all(delivery.redelivered is False for delivery in held.deliveries)
    await hub.holds("inbox.442000", 0)


async def test_an_old_batch_acknowledges_nothing_on_a_new_channel(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 10)
        held = await consumer.receive(10)
        hub.cut()
        await until(lambda: not consumer.connected, what="the loss is noticed")
        await until(lambda: consumer.connected, what="consuming again")
        since = consumer.state.since
        await held.ack()
        await held.give_back()
        await asyncio.sleep(0.2)
        assert consumer.state.since == since
    await hub.holds("inbox.442000", 10)


async def test_a_queue_that_is_deleted_and_made_again_is_consumed_again(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 3)
        held = await consumer.receive(2)
        hub.broker.delete_queue(hub.vhost, "inbox.442000")
        await until(lambda: not consumer.connected, what="the deletion is noticed")
        await until(lambda: "inbox.442000" in (consumer.state.error or ""), what="the missing queue is named")
        await held.ack()
        hub.load_topology()
        await hub.send(publisher, 5)
        assert await receive_all(consumer, 5) == list(range(5))


async def test_what_was_acknowledged_just_before_closing_is_gone(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        for _ in range(20):
            async with hub.consuming() as consumer:
                await hub.send(publisher, 5)
                await receive_all(consumer, 5)
            await hub.holds("inbox.442000", 0)


async def test_closing_leaves_what_was_not_acknowledged_in_the_queue(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        await hub.send(publisher, 20)
    async with hub.consuming() as consumer:
        acknowledged = await consumer.receive(5)
        await acknowledged.ack()
        kept = await consumer.receive(5)
        assert kept.deliveries
    await hub.holds("inbox.442000", 20 - len(acknowledged.deliveries))
    assert await hub.depth("dead.442000") == 0
    assert hub.tasks_left() == []


async def test_cancelling_the_reader_leaves_its_messages_in_the_queue(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:

        async def read() -> None:
            async for _ in consumer.batches(5):
                await asyncio.sleep(3600)

        reader = asyncio.create_task(read())
        await hub.send(publisher, 20)
        await asyncio.sleep(0)
        reader.cancel()
        await asyncio.wait({reader})
    await hub.holds("inbox.442000", 20)
    assert await hub.depth("dead.442000") == 0


async def test_a_closed_consumer_gives_nothing(hub: Hub) -> None:
    async with hub.consuming() as consumer:
        waiting = asyncio.create_task(consumer.receive(1))
        await asyncio.sleep(0)
    with pytest.raises(ConsumerClosed):
        await waiting
    with pytest.raises(ConsumerClosed):
        await consumer.receive(1)
    assert [batch async for batch in consumer.batches(1)] == []


async def test_waiting_for_messages_can_be_given_up(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await consumer.receive(10)
        await hub.send(publisher, 3)
        assert await receive_all(consumer, 3) == [0, 1, 2]


async def test_a_body_that_is_too_large_is_handed_on(hub: Hub) -> None:
    body = b"x" * (MAX_BYTES + 1)
    async with hub.publishing(timeout_seconds=20) as publisher, hub.consuming() as consumer:
        assert await publisher.publish([parcel(body)]) == [Sent()]
        async with asyncio.timeout(20):
            [delivery] = (await consumer.receive(1)).deliveries
        assert delivery.body == body


async def test_of_two_consumers_one_works_and_the_other_takes_over(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as standby:
        async with hub.consuming() as _:
            pass
        await hub.send(publisher, 5)
        assert await receive_all(standby, 5) == list(range(5))
        async with hub.consuming(ZHONGSHAN) as second:
            await hub.send(publisher, 5)
            assert await receive_all(standby, 5) == list(range(5))
            await standby.__aexit__(None, None, None)
            await hub.send(publisher, 5)
            assert await receive_all(second, 5) == list(range(5))
