"""Resources that tests share: one PostgreSQL server for a run."""

import os
from collections.abc import Iterator

import pytest

from deploy.local.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this run's own; databases are made in it by the tests that need them."""
    with Postgres() as server:
        os.environ.setdefault("PGTZ", "UTC")
        yield server
