"""The hub as a cluster of three, with the settings of deploy/: any one of them may be lost."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from deploy.local.broker import Broker
from tests.integration.hub import REGIONS, ZHONGSHAN, Hub, parcel, publish_until_sent, until
from tests.integration.test_broker_faults import receive_set
from tests.pki import Pki
from transfer.broker.topology import Topology, all_pairs

# Not marked as one that is repeated with RabbitMQ 4: unpacked and in a name space of its own it forms no cluster here.
pytestmark = pytest.mark.timeout(400)

CONFIGURATION: Final = Path(__file__).parent.parent.parent / "deploy" / "rabbitmq" / "rabbitmq.conf"
NAMES: Final = ("hub1@localhost", "hub2@localhost", "hub3@localhost")


def _cluster_settings() -> dict[str, str]:
    lines = (line.partition(" = ") for line in CONFIGURATION.read_text(encoding="utf-8").splitlines())
    named = {name: value for name, _, value in lines if name.startswith("cluster_")}
    assert [value for name, value in named.items() if ".nodes." in name] == [
        "rabbit@hub1",
        "rabbit@hub2",
        "rabbit@hub3",
    ]
    members = {f"cluster_formation.classic_config.nodes.{place}": name for place, name in enumerate(NAMES, 1)}
    return named | members


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Hub]]:
    pki = Pki(tmp_path_factory.mktemp("pki"))
    topology = Topology(regions=REGIONS, allowed=all_pairs(REGIONS))
    with ExitStack() as stack:
        first: Broker | None = None
        brokers = []
        for name in NAMES:
            made = Broker(settings=_cluster_settings(), tls=pki.server, name=name, beside=first)
            brokers.append(stack.enter_context(made))
            first = first or made
        hubs = [Hub(broker=one, vhost="exchange", topology=topology, pki=pki) for one in brokers]
        hubs[0].load()
        hubs[0].load_topology()
        yield hubs


def _running(broker: Broker) -> set[str]:
    return {str(one["name"]) for one in broker.manage("GET", "nodes") if one["running"]}


async def test_three_nodes_become_one_cluster_and_any_one_may_lose_its_power(hubs: list[Hub]) -> None:
    assert _running(hubs[0].broker) == set(NAMES)
    [inbox] = [one for one in hubs[0].broker.manage("GET", "queues") if one["name"] == f"inbox.{ZHONGSHAN}"]
    assert sorted(inbox["members"]) == sorted(NAMES)
    # The one that leads the inbox is the hardest to lose.
    lost = hubs[NAMES.index(inbox["leader"])]
    here, there = (hub for hub in hubs if hub is not lost)
    async with here.publishing() as publisher, there.consuming() as consumer:
        await here.send(publisher, 50)
        await asyncio.to_thread(lost.broker.kill)
        await publish_until_sent(publisher, [parcel(n) for n in range(50, 100)], seconds=120)
        await receive_set(consumer, set(range(100)), seconds=120)
        await asyncio.to_thread(lost.broker.start)
        await until(lambda: _running(here.broker) == set(NAMES), seconds=120, what="the lost node is back")
    await here.holds(f"inbox.{ZHONGSHAN}", 0)
