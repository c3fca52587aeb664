"""Resources of the tests with whole nodes: a broker that is left in peace, and one that is not."""

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.local.broker import Broker
from tests.asking import Asking, Tell
from tests.federation.dated import dated_nodes
from tests.federation.exchange import Exchange
from tests.federation.ground import Databases, Ground, laid
from tests.pki import Pki
from transfer.crypto.directory import Agreement


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


@pytest.fixture(params=["memory", pytest.param("nodes", marks=pytest.mark.broker)])
def tell(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[Tell]:
    """Begins a story between two regions."""
    with ExitStack() as stack:

        def begin(
            regions: Sequence[str], began: datetime, agreements: Sequence[Agreement] = (), **fields: Any
        ) -> Asking:
            requester, requested, *_ = regions
            if request.param == "memory":
                place: Any = Exchange.of(*regions)
                place.directory = place.directory.model_copy(update={"agreements": tuple(agreements)})
            else:
                broker = request.getfixturevalue("calm_broker")
                place = stack.enter_context(
                    dated_nodes(broker, pki, tmp_path, regions=regions, began=began, agreements=agreements)
                )
            who = {"requester": requester, "requested": requested}
            return Asking(place=place, regions=tuple(regions), began=began, **(who | fields))

        yield begin
