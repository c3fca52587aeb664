"""Resources that tests share: one PostgreSQL server for a run."""

from collections.abc import Iterator

import pytest

from deploy.local.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A server of this run's own; databases are made in it by the tests that need them."""
    with Postgres(fsync=False) as server:
        yield server
