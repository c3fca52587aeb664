"""Statements that are made once: building one, and finding it among those already compiled, takes longer than most
databases need to answer it."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Insert, Row, Select, Table, Update, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

CHUNK: Final = 512
"""How many values one statement names; SQLite and the drivers have limits on parameters."""


def among(statement: Select[Any], column: ColumnElement[Any]) -> Select[Any]:
    """The statement for the rows whose column has one of the values that rows_of() names."""
    return statement.where(column.in_(bindparam("wanted", expanding=True)))


async def rows_of(connection: AsyncConnection, statement: Select[Any], wanted: Sequence[Any]) -> list[Row[Any]]:
    """What a statement made by among() finds for these values."""
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), CHUNK):
        found += (await connection.execute(statement, {"wanted": padded(wanted[start : start + CHUNK])})).all()
    return found


@cache
def inserting(table: Table) -> Insert:
    """New rows."""
    return insert(table)


@cache
def inserting_once(dialect: str, table: Table) -> Insert:
    """New rows, less those that would stand twice."""
    insertion = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insertion.on_conflict_do_nothing()


@cache
def changing(table: Table) -> Update:
    """The row whose id is ``at_id`` gets the other values."""
    return update(table).where(table.c.id == bindparam("at_id"))


async def upsert(
    connection: AsyncConnection, table: Table, changes: Sequence[dict[str, Any]], key: tuple[str, ...]
) -> None:
    """Write these rows; one whose key is there already gets the other values."""
    if changes:
        await connection.execute(_upserting(connection.dialect.name, table, key, tuple(changes[0])), changes)


@cache
def _upserting(dialect: str, table: Table, key: tuple[str, ...], names: tuple[str, ...]) -> Insert:
    insertion: postgresql.Insert | sqlite.Insert
    insertion = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    changed = {name: insertion.excluded[name] for name in names if name not in key}
    return insertion.on_conflict_do_update(index_elements=key, set_=changed)


def padded(wanted: Sequence[Any]) -> list[Any]:
    """The values with the last one repeated up to a power of two: a few lengths make few statements, and each
    length is a statement of its own that the database has to prepare."""
    if not wanted:
        return []
    missing = (1 << (len(wanted) - 1).bit_length()) - len(wanted)
    return [*wanted, *[wanted[-1]] * missing]
