"""Resources of the integration tests: one private RabbitMQ node for the session, a fresh vhost for each test."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.local.broker import Broker
from deploy.local.errors import ManagementRefused
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving
from tests.integration.hub import REGIONS, Hub
from tests.integration.looked_at import Browser, browser
from tests.pki import Pki
from tests.trust import shared
from transfer.broker.topology import Topology, all_pairs

_numbers = count(1)


@pytest.fixture(scope="session")
def broker_node(pki: Pki) -> Iterator[Broker]:
    """A node that tests may stop, kill, freeze or wipe; the next test finds it running."""
    with Broker(major=int(os.environ.get("BROKER") or 0) or None, tls=pki.server) as node:
        yield node


@pytest.fixture
def hub(broker_node: Broker, pki: Pki, request: pytest.FixtureRequest) -> Iterator[Hub]:
    """A fresh vhost with the topology of three regions that may all write to one another; the parameter is
    how many messages an inbox takes."""
    if not broker_node.running:
        broker_node.start()
    made = Hub(
        broker=broker_node,
        pki=pki,
        vhost=f"test{next(_numbers)}",
        topology=Topology(regions=REGIONS, allowed=all_pairs(REGIONS), inbox_limit=getattr(request, "param", 20_000)),
    )
    try:
        made.load()
    except ManagementRefused:
        _renew(broker_node)
        made.load()
    yield made
    if broker_node.running:
        broker_node.thaw()
        try:
            broker_node.delete_vhost(made.vhost)
        except ManagementRefused:
            _renew(broker_node)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Api]:
    """The API of Zhongshan's node, without a broker."""
    async with serving(tmp_path, ZHONGSHAN) as api:
        yield api


@pytest.fixture
async def there(tmp_path: Path) -> AsyncIterator[Api]:
    """The API of Luxian's node, without a broker."""
    async with serving(tmp_path, LUXIAN) as api:
        yield api


def _renew(node: Broker) -> None:
    """RabbitMQ now and then comes back from a restart unable to make queues (3.10) or to delete a vhost (4.0). That
    is for neither the test before nor the one after to bear."""
    node.stop()
    node.wipe()
    node.start()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """A node with files that the tests of a module share."""
    folder = tmp_path_factory.mktemp("web")
    shared().file_key(ZHONGSHAN)
    async with serving(folder, files=str(folder / "files")) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(api: Api) -> AsyncIterator[Browser]:
    """A fresh browser there."""
    one = browser(api.address)
    async with one.session:
        yield one
