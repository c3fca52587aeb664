"""Resources of the tests with whole nodes: a broker that is left in peace, and one that is not."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from deploy.local.broker import Broker
from tests.federation.ground import Databases, Ground, laid
from tests.pki import Pki


def _broker(pki: Pki) -> Broker:
    """BROKER=3 or 4 in the environment says which major version; otherwise the installed one."""
    return Broker(major=int(os.environ.get("BROKER") or 0) or None, tls=pki.server)


@pytest.fixture(scope="session")
def calm_broker(pki: Pki) -> Iterator[Broker]:
    """Nothing happens to it."""
    with _broker(pki) as node:
        yield node


@pytest.fixture(scope="session")
def chaos_broker(pki: Pki) -> Iterator[Broker]:
    """Tests stop, kill, freeze and wipe it; the next test finds it running."""
    with _broker(pki) as node:
        yield node


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    return Databases(tmp_path_factory.mktemp("databases"))


@pytest.fixture
async def ground(
    request: pytest.FixtureRequest, calm_broker: Broker, pki: Pki, databases: Databases, tmp_path: Path
) -> AsyncIterator[Ground]:
    """On SQLite, unless the parameter says postgresql; a dict has more words for ``laid``."""
    chosen = getattr(request, "param", "sqlite")
    more = chosen if isinstance(chosen, dict) else {}
    server = request.getfixturevalue("postgres") if chosen == "postgresql" else None
    async with laid(calm_broker, pki, databases, tmp_path, postgres=server, **more) as made:
        yield made


@pytest.fixture
async def chaos(chaos_broker: Broker, pki: Pki, databases: Databases, tmp_path: Path) -> AsyncIterator[Ground]:
    """On SQLite, with a broker that the test may harm."""
    async with laid(chaos_broker, pki, databases, tmp_path, postgres=None) as made:
        yield made
