"""New databases for tests, of each of the two kinds that a node runs on."""

from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from deploy.local.postgres import Postgres

BOTH: Final = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


def new_database(request: pytest.FixtureRequest, kind: str, folder: Path, name: str = "node") -> str:
    """The URL of an empty database, a file in the folder or on the server of this run."""
    if kind == "sqlite":
        return f"sqlite:///{folder}/{name}.db"
    server: Postgres = request.getfixturevalue("postgres")
    return server.create_database(f"{name}_{uuid4().hex}")
