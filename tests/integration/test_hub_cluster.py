"""The hub as a cluster of three, by the files of deploy/rabbitmq: any one of them may be lost."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Final

import pytest

from deploy.local.broker import Broker
from tests.integration.hub import LUXIAN, REGIONS, ZHONGSHAN, Hub, parcel, publish_until_sent, until
from tests.integration.test_broker_faults import receive_set
from tests.integration.test_deploy_files import DEPLOY, rabbitmq_settings
from tests.pki import Pki
from transfer.broker.publisher import Publisher
from transfer.broker.topology import Topology, all_pairs, definitions

pytestmark = [pytest.mark.broker, pytest.mark.timeout(500)]

NAMES: Final = ("hub1@localhost", "hub2@localhost", "hub3@localhost")
VHOST: Final = "exchange"
MESSAGES: Final = 1000
MAJOR: Final = int(os.environ.get("BROKER") or 0) or None


@pytest.fixture
def hubs(pki: Pki) -> Iterator[list[Hub]]:
    """Three nodes of one cluster, into which the exchange was loaded as its operator does it."""
    members = {f"cluster_formation.classic_config.nodes.{place}": name for place, name in enumerate(NAMES, 1)}
    settings = rabbitmq_settings() | {"auth_mechanisms.2": "PLAIN"}
    assert members.keys() <= settings.keys()
    topology = Topology(regions=REGIONS, allowed=all_pairs(REGIONS))
    made = partial(Broker, major=MAJOR, settings=settings | members, tls=pki.server)
    first = made(name=NAMES[0])
    brokers = [first, *(made(name=name, beside=first) for name in NAMES[1:])]
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        for one in brokers:
            stack.callback(one.close)
        list(pool.map(Broker.start, brokers))
        load(first, topology)
        first.add_vhost(VHOST)
        yield [Hub(broker=one, vhost=VHOST, topology=topology, pki=pki) for one in brokers]


def load(broker: Broker, topology: Topology) -> None:
    """As its operator does it, on the machine of the node."""
    shutil.copy(DEPLOY / "rabbitmq" / "load", broker.data)
    (broker.data / "exchange.json").write_text(json.dumps(definitions(topology, vhost=VHOST)))
    script = 'cd "$(dirname "$HOME")" && PATH=/usr/lib/rabbitmq/bin:$PATH exec ./load exchange.json "$@"'
    broker.run(["/bin/sh", "-c", script, "sh", *NAMES], seconds=300)


def _running(broker: Broker) -> set[str]:
    return {str(one["name"]) for one in broker.manage("GET", "nodes") if one["running"]}


async def _send(publisher: Publisher, recipient: str) -> None:
    for start in range(0, MESSAGES, 50):
        parcels = [parcel(number, recipient=recipient) for number in range(start, start + 50)]
        await publish_until_sent(publisher, parcels, seconds=180)
        await asyncio.sleep(0.05)


async def test_the_node_that_leads_an_inbox_is_killed_under_traffic_and_nothing_is_lost(hubs: list[Hub]) -> None:
    broker = hubs[0].broker
    assert _running(broker) == set(NAMES)
    queues = {queue["name"]: queue for queue in broker.manage("GET", "queues")}
    assert all(sorted(queue["members"]) == sorted(NAMES) for queue in queues.values())
    lost = hubs[NAMES.index(queues[f"inbox.{ZHONGSHAN}"]["leader"])]
    here, there = (hub for hub in hubs if hub is not lost)
    came: tuple[list[int], list[int]] = ([], [])
    async with (
        here.publishing(LUXIAN) as luxian,
        there.publishing(ZHONGSHAN) as zhongshan,
        there.consuming(LUXIAN) as to_luxian,
        here.consuming(ZHONGSHAN) as to_zhongshan,
        asyncio.TaskGroup() as traffic,
    ):
        sending = [traffic.create_task(_send(luxian, ZHONGSHAN)), traffic.create_task(_send(zhongshan, LUXIAN))]
        for consumer, into in zip((to_zhongshan, to_luxian), came, strict=True):
            traffic.create_task(receive_set(consumer, set(range(MESSAGES)), seconds=240, into=into))
        await until(lambda: all(len(some) > 100 for some in came), what="both ways are under way")
        await asyncio.to_thread(lost.broker.kill)
        assert not any(task.done() for task in sending)
    assert _running(here.broker) == set(NAMES) - {NAMES[hubs.index(lost)]}

    await asyncio.to_thread(lost.broker.start)
    await until(lambda: _running(lost.broker) == set(NAMES), seconds=120, what="the lost node is back")
    for region in (LUXIAN, ZHONGSHAN):
        await lost.holds(f"inbox.{region}", 0)
        await lost.holds(f"dead.{region}", 0)
