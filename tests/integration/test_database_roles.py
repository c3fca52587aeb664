"""Under the roles of deploy/postgres/roles.sql the service works, and cannot change what the ledger holds."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.postgres import Postgres
from tests.integration.api_node import LUXIAN, ZHONGSHAN, today
from tests.tampering import played
from transfer.storage.backup import copy_database
from transfer.storage.engine import open_engine
from transfer.storage.ledger_tables import ledger_entries, ledger_keys
from transfer.storage.migrate import current, head, migrate
from transfer.storage.tables import metadata

pytestmark = pytest.mark.postgres

ROLES: Final = (Path(__file__).parents[2] / "deploy" / "postgres" / "roles.sql").read_text()
LEDGER: Final = sorted(name for name in metadata.tables if name.startswith("ledger_"))
PASSWORD: Final = "of the tests"


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A migrated database, and who may sign in to it."""

    server: Postgres
    name: str

    def url(self, role: str) -> str:
        url = make_url(self.server.database_url(self.name)).set(username=role, password=PASSWORD)
        return url.render_as_string(hide_password=False)


@pytest.fixture
async def database(postgres: Postgres) -> Database:
    name = f"roles_{uuid4().hex[:8]}"
    postgres.create_database(name)
    postgres.execute(ROLES, database=name)
    for role in ("transfer_owner", "transfer", "transfer_auditor"):
        postgres.execute(f"ALTER ROLE {role} PASSWORD '{PASSWORD}'")
    made = Database(server=postgres, name=name)
    async for engine in opened(made, "transfer_owner"):
        await migrate(engine)
    postgres.execute(ROLES, database=name)
    postgres.execute(ROLES, database=name)
    return made


async def opened(database: Database, role: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.url(role))
    yield engine
    await engine.dispose()


@pytest.fixture
async def service(database: Database) -> AsyncIterator[AsyncEngine]:
    async for engine in opened(database, "transfer"):
        yield engine


@pytest.fixture
async def auditor(database: Database) -> AsyncIterator[AsyncEngine]:
    async for engine in opened(database, "transfer_auditor"):
        yield engine


async def refused(engine: AsyncEngine, *statements: str) -> None:
    for statement in statements:
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with engine.begin() as connection:
                await connection.execute(text(statement))


async def test_the_service_works_as_a_role_that_can_only_add_to_the_ledger(database: Database, tmp_path: Path) -> None:
    async with played(tmp_path, {ZHONGSHAN: database.url("transfer"), LUXIAN: None}) as play:
        case = await play.here.offered(limitation_on=today(days=200))
        assert (await play.here.get(f"/v1/cases/{case['id']}/history")).status == 200
        assert await play.here.node.store.note_cured() == 0
        assert await play.here.node.store.forget_answered() == 0
        assert (await play.verified_as_it_is()).faults == []


async def test_the_service_can_copy_all_of_its_database(database: Database, tmp_path: Path) -> None:
    await copy_database(database.url("transfer"), tmp_path / "database.dump")
    assert (tmp_path / "database.dump").stat().st_size


async def test_nobody_but_the_owner_changes_or_deletes_what_the_ledger_holds(
    database: Database, service: AsyncEngine, auditor: AsyncEngine
) -> None:
    assert len(LEDGER) == 7
    for name in LEDGER:
        column = metadata.tables[name].columns.values()[0].name
        kept = [f"DELETE FROM {name}", f"UPDATE {name} SET {column} = {column}"]  # noqa: S608 - the project's own names
        kept += [
            f"TRUNCATE {name} CASCADE",
            f"DROP TABLE {name} CASCADE",
            f"ALTER TABLE {name} ADD COLUMN more integer",
        ]
        await refused(service, *kept)
        await refused(auditor, *kept, f"INSERT INTO {name} DEFAULT VALUES")
    await refused(service, "UPDATE ledger_keys SET made_at = made_at", "UPDATE alembic_version SET version_num = '0'")
    await refused(service, "CREATE TABLE more (one integer)")


async def test_the_service_may_destroy_a_key_and_the_auditor_not_even_see_one(
    service: AsyncEngine, auditor: AsyncEngine
) -> None:
    async with service.begin() as connection:
        await connection.execute(ledger_keys.update().values(key=None))
    async with auditor.begin() as connection:
        assert (await connection.execute(select(ledger_entries))).all() == []
    await refused(auditor, "SELECT * FROM ledger_keys")
    await refused(auditor, "UPDATE cases SET version = 2", "DELETE FROM history", "INSERT INTO answered DEFAULT VALUES")


async def test_both_can_see_that_the_database_has_the_right_version(service: AsyncEngine, auditor: AsyncEngine) -> None:
    assert (await current(service), await current(auditor)) == (head(), head())
