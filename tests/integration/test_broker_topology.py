"""The topology in a real broker: it is what the data says, and it lets a region do no more than it may."""

import json

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage
from aio_pika.exceptions import ChannelPreconditionFailed, PublishError
from aiormq.exceptions import ChannelAccessRefused, ChannelLockedResource

from tests.integration.hub import LUXIAN, OFFERED, SICHUAN, ZHONGSHAN, Hub
from transfer.broker.topology import DIRECTORY, definitions, vhost_definitions

pytestmark = pytest.mark.broker


def in_order(entries: list[dict[str, object]]) -> list[str]:
    return sorted(json.dumps(entry, sort_keys=True) for entry in entries)


async def never(_: AbstractIncomingMessage) -> None:
    raise AssertionError


def message(user: str = LUXIAN) -> aio_pika.Message:
    return aio_pika.Message(b"{}", message_id="1", type=OFFERED, user_id=user)


async def test_the_broker_reports_exactly_what_the_data_says(hub: Hub) -> None:
    reported = hub.broker.manage("GET", f"definitions/{hub.vhost}")
    for kind, entries in vhost_definitions(hub.topology).items():
        assert in_order(reported[kind]) == in_order(entries), kind


async def test_users_and_rights_are_as_generated(hub: Hub) -> None:
    rendered = definitions(hub.topology, vhost=hub.vhost)
    *regions, operator = rendered["permissions"]
    assert hub.broker.manage("GET", f"permissions/{hub.vhost}/{DIRECTORY}") == operator
    assert (operator["configure"], operator["write"], operator["read"]) == ("^$", f"^{DIRECTORY}$", "^$")
    for permission in regions:
        region = permission["user"]
        assert hub.broker.manage("GET", f"permissions/{hub.vhost}/{region}") == permission
        assert permission == {
            "user": region,
            "vhost": hub.vhost,
            "configure": "^$",
            "write": rf"^out\.{region}$",
            "read": rf"^(inbox|dead)\.{region}$",
        }
    for user in rendered["users"]:
        there = hub.broker.manage("GET", f"users/{user['name']}")
        assert (there["tags"], there["password_hash"], there["limits"]) == ([], "", user["limits"])


async def test_loading_the_topology_again_changes_nothing(hub: Hub) -> None:
    before = hub.broker.manage("GET", f"definitions/{hub.vhost}")
    hub.load()
    hub.load_topology()
    assert hub.broker.manage("GET", f"definitions/{hub.vhost}") == before


async def test_a_user_without_a_password_cannot_log_in_with_one(hub: Hub) -> None:
    hub.broker.load_definitions(definitions(hub.topology, vhost=hub.vhost, passwords={LUXIAN: "secret"}))
    async with hub.channel_as(LUXIAN, "secret"):
        pass
    hub.load()
    for password in ("", "guest", "secret"):
        with pytest.raises(ConnectionError):
            async with hub.channel_as(LUXIAN, password):
                pass


async def test_a_forged_user_is_refused(hub: Hub) -> None:
    async with hub.channel(LUXIAN) as channel:
        own = await channel.get_exchange("out.510521", ensure=False)
        with pytest.raises(ChannelPreconditionFailed, match="user_id"):
            await own.publish(message(user=SICHUAN), ZHONGSHAN)
    assert await hub.depth("inbox.442000") == 0


@pytest.mark.parametrize("exchange", ["out.510000", "dlx", ""])
async def test_a_region_cannot_write_elsewhere(hub: Hub, exchange: str) -> None:
    async with hub.channel(LUXIAN) as channel:
        other = await channel.get_exchange(exchange, ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await other.publish(message(), ZHONGSHAN if exchange else "inbox.442000")
    assert await hub.depth("inbox.442000") == 0


@pytest.mark.parametrize("queue", ["inbox.442000", "dead.442000"])
async def test_a_region_cannot_read_what_is_anothers(hub: Hub, queue: str) -> None:
    async with hub.channel(LUXIAN) as channel:
        foreign = await channel.get_queue(queue, ensure=False)
        with pytest.raises(ChannelAccessRefused):
            await foreign.consume(never)


async def test_a_region_cannot_empty_or_rebind_or_declare(hub: Hub) -> None:
    async with hub.channel(LUXIAN) as channel:
        with pytest.raises(ChannelAccessRefused):
            await (await channel.get_queue("inbox.442000", ensure=False)).purge()
    async with hub.channel(LUXIAN) as channel:
        with pytest.raises(ChannelAccessRefused):
            await (await channel.get_queue("inbox.510521", ensure=False)).bind("out.510000", ZHONGSHAN)
    async with hub.channel(LUXIAN) as channel:
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("mine")


async def test_copies_reach_no_one_whom_the_pairs_do_not_allow(hub: Hub) -> None:
    hub.unbind(LUXIAN, SICHUAN)
    async with hub.channel(LUXIAN) as channel:
        own = await channel.get_exchange("out.510521", ensure=False)
        copied = message()
        copied.headers = {"CC": [SICHUAN, "inbox.510000"], "BCC": [SICHUAN]}
        await own.publish(copied, ZHONGSHAN)
    await hub.holds("inbox.442000", 1)
    assert await hub.depth("inbox.510000") == 0


async def test_a_pair_that_is_not_allowed_is_unroutable(hub: Hub) -> None:
    hub.unbind(LUXIAN, SICHUAN)
    async with hub.channel(LUXIAN) as channel:
        own = await channel.get_exchange("out.510521", ensure=False)
        with pytest.raises(PublishError):
            await own.publish(message(), SICHUAN)
        await own.publish(message(), ZHONGSHAN)


async def test_an_inbox_cannot_be_read_past_its_consumer(hub: Hub) -> None:
    async with hub.channel(ZHONGSHAN) as channel:
        own = await channel.get_queue("inbox.442000", ensure=False)
        with pytest.raises(ChannelLockedResource):
            await own.get(fail=False)


async def test_what_comes_back_too_often_lies_in_the_dead_queue(hub: Hub) -> None:
    async with hub.publishing() as publisher, hub.consuming() as consumer:
        await hub.send(publisher, 1)
        for _ in range(11):
            batch = await consumer.receive(1)
            await batch.give_back()
        await hub.holds("dead.442000", 1)
    assert await hub.depth("inbox.442000") == 0
    async with hub.channel(ZHONGSHAN) as channel:
        found = await (await channel.get_queue("dead.442000", ensure=False)).get()
        assert found is not None
        assert found.body == b"0"
