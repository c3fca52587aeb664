"""Resources that tests share: one PostgreSQL server and one certificate authority for a run."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from deploy.local.postgres import Postgres
from tests.builders import LUXIAN, ZHONGSHAN
from tests.databases import BOTH, new_database
from tests.pki import Pki

# pm4py brings lxml along, which openpyxl would take where it finds it; the product has none.
os.environ["OPENPYXL_LXML"] = "False"


@pytest.fixture(autouse=True)
def _commands_set_up_no_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A command that runs in this process would direct its logs to a stream that ends with the command, for good. It
    prints nothing but its answer."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    for module in ("opening", "config", "serve", "directory"):
        monkeypatch.setattr(f"transfer.cli.{module}.set_up_logs", lambda **_: structlog.configure(wrapper_class=quiet))
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this run's own; databases are made in it by the tests that need them."""
    with Postgres(fsync=False) as server:
        yield server


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of an empty database: each test that asks for it runs once with either kind."""
    return new_database(request, request.param, tmp_path)


@pytest.fixture(params=BOTH)
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The same for two regions."""
    return {region: new_database(request, request.param, tmp_path, f"of_{region}") for region in (ZHONGSHAN, LUXIAN)}


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Brokers of this run listen with its certificate, and let in whom it issued one."""
    return Pki(tmp_path_factory.mktemp("pki"))
