"""Which releases may run on a database, as its migrations say, and that none says so of what it takes away."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Column, Connection, Integer, MetaData, String, Text, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.api_node import Api, serving
from transfer.node import NotMigrated, check_ready
from transfer.storage.engine import open_engine, reading, writing
from transfer.storage.migrate import SCRIPTS, NewerDatabase, form, head, migrate, versions

SINCE: Final = "0010"
"""The first version that says whom it serves."""
SERVES: Final[Mapping[str, str]] = {
    script.revision: script.module.serves
    for script in ScriptDirectory(SCRIPTS).walk_revisions()
    if script.revision >= SINCE
}


class Promise(NamedTuple):
    """One thing that a release may count on, or that is asked of what it writes."""

    table: str
    kind: str
    what: str


OPTIONAL: Final = ("column that may be left out", "index")
"""What may come to a table without harm to a release that does not know it."""


def promises(connection: Connection) -> Iterator[Promise]:
    found = MetaData()
    found.reflect(connection)
    look = inspect(connection)
    for name, table in found.tables.items():
        yield Promise(name, "table", "")
        for column in table.columns:
            is_free = column.nullable or column.server_default is not None
            yield Promise(name, OPTIONAL[0] if is_free else "column", f"{column.name} {column.type!r}")
        for index in look.get_indexes(name):
            yield Promise(
                name, "unique index" if index["unique"] else "index", f"{index['name']} {index['column_names']}"
            )
        yield Promise(name, "primary key", str(look.get_pk_constraint(name)["constrained_columns"]))
        for unique in look.get_unique_constraints(name):
            yield Promise(name, "unique", str(unique["column_names"]))
        for check in look.get_check_constraints(name):
            yield Promise(name, "check", f"{check['name']} {check['sqltext']}")
        for key in look.get_foreign_keys(name):
            yield Promise(name, "reference", f"{key['constrained_columns']} {key['referred_table']}")


def broken(old: set[Promise], new: set[Promise]) -> list[Promise]:
    """What a release that was made for ``old`` misses in ``new``, or is refused for there."""
    known = {one.table for one in old}
    return sorted(
        {one for one in old - new if one.kind != "index"}
        | {one for one in new - old if one.table in known and one.kind not in OPTIONAL}
    )


@pytest_asyncio.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(f"sqlite:///{tmp_path}/node.db")
    yield opened
    await opened.dispose()


async def promised(engine: AsyncEngine, version: str) -> set[Promise]:
    await migrate(engine, version)
    async with reading(engine) as connection:
        return await connection.run_sync(lambda c: set(promises(c)))


async def test_every_version_keeps_what_the_oldest_that_it_serves_counts_on(engine: AsyncEngine) -> None:
    for version, serves in SERVES.items():
        assert broken(await promised(engine, serves), await promised(engine, version)) == [], version


async def test_whom_a_version_serves_is_known_and_never_goes_back() -> None:
    assert SERVES.keys() == {version for version in versions() if version >= SINCE}
    assert all(SINCE <= serves <= version for version, serves in SERVES.items())
    assert all(SERVES[one] <= SERVES[other] for one, other in pairwise(sorted(SERVES)))


def _add(operations: Operations, *columns: Column[str]) -> None:
    for column in columns:
        operations.add_column("drafts", column)


def _check(operations: Operations) -> None:
    with operations.batch_alter_table("drafts", table_args=(CheckConstraint("kind <> ''", name="said"),)) as batch:
        batch.alter_column("kind", existing_nullable=False)


def _alter(operations: Operations, column: str, **changes: object) -> None:
    with operations.batch_alter_table("drafts", recreate="always") as batch:
        batch.alter_column(column, **changes)  # type: ignore[arg-type]


def _drop(operations: Operations) -> None:
    with operations.batch_alter_table("drafts") as batch:
        batch.drop_column("content")


def _alter_add(operations: Operations) -> None:
    with operations.batch_alter_table("drafts", recreate="always") as batch:
        batch.add_column(Column("note", Text, nullable=False))


EXPANDING: Final[Mapping[str, Callable[[Operations], object]]] = {
    "an optional column": lambda op: _add(op, Column("note", Text, nullable=True)),
    "a column with a default": lambda op: _add(op, Column("rank", String(8), nullable=False, server_default="1")),
    "a table": lambda op: op.create_table("notes", Column("id", Integer, primary_key=True)),
    "an index": lambda op: op.create_index("ix_drafts_kind", "drafts", ["kind"]),
    "no index": lambda op: op.drop_index("ix_drafts_account", "drafts"),
}
CONTRACTING: Final[Mapping[str, Callable[[Operations], object]]] = {
    "a table dropped": lambda op: op.drop_table("drafts"),
    "a table renamed": lambda op: op.rename_table("drafts", "sketches"),
    "a column dropped": _drop,
    "a column renamed": lambda op: _alter(op, "content", new_column_name="body"),
    "a column of another type": lambda op: _alter(op, "kind", type_=String(10)),
    "an optional column that is asked for": lambda op: _alter(op, "account", nullable=False),
    "a column that is asked for": _alter_add,
    "a unique index": lambda op: op.create_index("ix_drafts_kind", "drafts", ["kind"], unique=True),
    "a check": _check,
}


@pytest.mark.parametrize("change", [*EXPANDING, *CONTRACTING])
async def test_what_an_older_release_would_miss_is_seen(engine: AsyncEngine, change: str) -> None:
    old = await promised(engine, head())
    async with writing(engine) as connection:
        alter = {**EXPANDING, **CONTRACTING}[change]
        await connection.run_sync(lambda c: alter(Operations(MigrationContext.configure(c))))
    async with reading(engine) as connection:
        new = await connection.run_sync(lambda c: set(promises(c)))
    assert bool(broken(old, new)) == (change in CONTRACTING), broken(old, new)


async def test_the_database_says_whom_it_serves_up_and_down(engine: AsyncEngine) -> None:
    for version in [*versions(), *reversed(versions())]:
        await migrate(engine, version)
        found = await form(engine)
        assert (found.found, found.serves) == (version, SERVES.get(version, version))
        assert found.fits == (version == head())


async def migrated_by_a_newer_release(engine: AsyncEngine, *, serves: str) -> None:
    async with writing(engine) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9000'"))
        await connection.execute(text("UPDATE oldest_served SET version = :it"), {"it": serves})


@pytest_asyncio.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as node:
        yield node


async def test_a_node_runs_on_a_newer_database_that_serves_it_and_leaves_its_form_alone(api: Api) -> None:
    await migrated_by_a_newer_release(api.node.store.engine, serves=head())
    await check_ready(api.node)
    assert (await api.get("/readyz")).status == 200
    await migrate(api.node.store.engine)
    assert (await form(api.node.store.engine)).found == "9000"
    with pytest.raises(NewerDatabase, match="9000"):
        await migrate(api.node.store.engine, "0009")


async def test_a_node_refuses_a_newer_database_that_serves_it_no_more_and_says_what_to_do(api: Api) -> None:
    await migrated_by_a_newer_release(api.node.store.engine, serves="9000")
    with pytest.raises(
        NotMigrated, match=f"has version 9000, .* needs {head()}: run the newer release .*--to {head()}"
    ):
        await check_ready(api.node)
    answer = await api.get("/readyz")
    [found] = [one for one in answer.body["checks"] if one["name"] == "database"]
    assert (answer.status, found["ok"]) == (503, False)
    assert f"`transfer migrate --to {head()}`" in found["todo"]
    assert f"`transfer migrate --to {head()}`" in found["todo_zh"]
