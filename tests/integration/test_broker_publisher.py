"""The publisher against a real broker: what it says of a message is what became of it."""

import asyncio
import time
from uuid import uuid4

import pytest
from aio_pika.abc import AbstractIncomingMessage

from tests.integration.hub import LUXIAN, OFFERED, SICHUAN, ZHONGSHAN, Hub, now, parcel, publish_until_sent, until
from transfer.broker.publisher import Publisher
from transfer.ports.traffic import BrokerRefused, NotSent, Parcel, Sent, Unconfirmed, Unroutable

pytestmark = pytest.mark.broker


def reason(outcome: object) -> type[object]:
    """Sent, or why it was not sent."""
    return type(outcome.reason) if isinstance(outcome, NotSent) else type(outcome)


async def test_a_sent_message_arrives_as_it_was_handed_over(hub: Hub) -> None:
    sent = Parcel(
        id=uuid4(), type=OFFERED, recipient=ZHONGSHAN, body=b'{"data":1}', headers={"traceparent": "00-1", "attempt": 2}
    )
    async with hub.publishing() as publisher:
        assert await publisher.publish([sent]) == [Sent()]
    async with hub.consuming() as consumer:
        [delivery] = (await consumer.receive(10)).deliveries
        assert (delivery.body, delivery.exchange, delivery.user_id) == (sent.body, "out.510521", LUXIAN)
        assert not delivery.redelivered


async def test_the_broker_sees_id_type_and_headers_and_keeps_the_message_on_disk(hub: Hub) -> None:
    sent = parcel()
    async with hub.publishing() as publisher:
        assert await publisher.publish([sent]) == [Sent()]
    async with hub.channel(ZHONGSHAN) as channel:
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        queue = await channel.get_queue("inbox.442000", ensure=False)
        await queue.consume(arrived.put)
        message = await asyncio.wait_for(arrived.get(), 10)
        info = message.info()
        assert info["message_id"] == str(sent.id)
        assert info["type"] == OFFERED
        assert info["content_type"] == "application/cloudevents+json"
        assert info["delivery_mode"] == 2


async def test_no_messages_have_no_outcomes(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        assert list(await publisher.publish([])) == []


async def test_an_unroutable_message_is_told_from_its_neighbours(hub: Hub) -> None:
    batch = [parcel(n, recipient="999999" if n % 7 == 3 else ZHONGSHAN) for n in range(50)]
    async with hub.publishing() as publisher:
        outcomes = await publisher.publish(batch)
    assert [reason(o) for o in outcomes] == [Unroutable if n % 7 == 3 else Sent for n in range(50)]
    await hub.holds("inbox.442000", 43)


async def test_the_same_id_twice_at_once_is_never_wrongly_sent(hub: Hub) -> None:
    shared = [uuid4() for _ in range(30)]
    batch = [parcel(id=i, recipient=r) for i in shared for r in ("999999", ZHONGSHAN, "999999", SICHUAN)]
    async with hub.publishing() as publisher:
        outcomes = await publisher.publish(batch)
        assert [reason(o) for o in outcomes] == [Unroutable, Sent, Unroutable, Sent] * 30
        crossing = await asyncio.gather(*(publisher.publish([p]) for p in batch))
        assert [reason(o) for [o] in crossing] == [Unroutable, Sent, Unroutable, Sent] * 30
    await hub.holds("inbox.442000", 60)


async def test_a_pair_that_is_revoked_is_unroutable_at_once(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        await hub.send(publisher, 1)
        hub.unbind(LUXIAN, ZHONGSHAN)
        outcomes = await publisher.publish([parcel(), parcel(recipient=SICHUAN)])
        assert [reason(o) for o in outcomes] == [Unroutable, Sent]
        hub.load_topology()
        assert await publisher.publish([parcel()]) == [Sent()]


@pytest.mark.parametrize("hub", [5], indirect=True)
async def test_a_full_inbox_refuses_and_takes_again_when_it_was_read(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        outcomes = [(await publisher.publish([parcel(n)]))[0] for n in range(20)]
        taken = [reason(o) for o in outcomes].count(Sent)
        assert {reason(o) for o in outcomes[taken:]} == {BrokerRefused}
        assert await hub.depth("inbox.442000") == taken
        assert reason((await publisher.publish([parcel(recipient=SICHUAN)]))[0]) is Sent
        async with hub.consuming() as consumer:
            batch = await consumer.receive(100)
            await batch.ack()
            await publish_until_sent(publisher, [parcel()])


async def test_messages_arrive_in_the_order_of_the_batch(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        for _ in range(3):
            await hub.send(publisher, 500)
    async with hub.consuming() as consumer:
        arrived: list[int] = []
        while len(arrived) < 1500:
            batch = await consumer.receive(200)
            arrived += [int(delivery.body) for delivery in batch.deliveries]
            await batch.ack()
    assert arrived == list(range(500)) * 3


async def test_a_message_that_cannot_be_written_fails_alone(hub: Hub) -> None:
    bad = Parcel(id=uuid4(), type="t" * 300, recipient=ZHONGSHAN, body=b"{}")
    long = Parcel(id=uuid4(), type=OFFERED, recipient="4" * 300, body=b"{}")
    async with hub.publishing() as publisher:
        outcomes = await publisher.publish([parcel(0), bad, parcel(1), long, parcel(2)])
        assert [reason(o) for o in outcomes] == [Sent, Unconfirmed, Sent, Unconfirmed, Sent]
    await hub.holds("inbox.442000", 3)


async def test_a_batch_that_broke_the_channel_does_not_spoil_the_next(hub: Hub) -> None:
    async with hub.publishing() as publisher:
        hub.broker.manage("DELETE", f"exchanges/{hub.vhost}/out.510521")
        outcomes = await publisher.publish([parcel(n) for n in range(100)])
        assert {reason(o) for o in outcomes} == {Unconfirmed}
        assert "out.510521" in str(next(o.reason for o in outcomes if isinstance(o, NotSent)))
        hub.load_topology()
        await publish_until_sent(publisher, [parcel(n) for n in range(100)])
    await hub.holds("inbox.442000", 100)


async def test_a_region_that_calls_itself_another_sends_nothing(hub: Hub) -> None:
    async with Publisher(hub.address(LUXIAN), region=SICHUAN, clock=now) as forger:
        await until(lambda: forger.connected)
        outcomes = await forger.publish([parcel(n) for n in range(10)])
    assert {reason(o) for o in outcomes} == {Unconfirmed}
    assert await hub.depth("inbox.442000") == 0


async def test_nothing_is_published_before_the_connection_is_there(hub: Hub) -> None:
    publisher = hub.publisher()
    started = time.monotonic()
    outcomes = await publisher.publish([parcel(n) for n in range(100)])
    assert {reason(o) for o in outcomes} == {Unconfirmed}
    assert time.monotonic() - started < 1


async def test_a_wrong_password_is_named_and_tried_again_slowly(hub: Hub) -> None:
    address = hub.plain_address(LUXIAN, "mistaken")
    async with Publisher(address, region=LUXIAN, clock=now) as publisher:
        await until(lambda: "refused" in (publisher.state.error or ""), what="the refusal shows")
        assert not publisher.connected
        assert "mistaken" not in str(publisher.state)
        assert {reason(o) for o in await publisher.publish([parcel()])} == {Unconfirmed}
    assert hub.tasks_left() == []
