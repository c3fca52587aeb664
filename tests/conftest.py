"""Resources that tests share: one PostgreSQL server and one certificate authority for a run."""

import logging
import os
from collections.abc import Iterator

import pytest
import structlog

from deploy.local.postgres import Postgres
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


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """Brokers of this run listen with its certificate, and let in whom it issued one."""
    return Pki(tmp_path_factory.mktemp("pki"))
