"""The directories that were in force; see ports.Shelf."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from transfer.storage.engine import looking
from transfer.storage.statements import inserting_once
from transfer.storage.store import Store
from transfer.storage.tables import directories

_NEWEST: Final = select(directories.c.note).order_by(directories.c.version.desc()).limit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlShelf:
    """One row for each version."""

    store: Store

    async def newest(self) -> str | None:
        async with looking(self.store.engine) as connection:
            note: str | None = await connection.scalar(_NEWEST)
            return note

    async def keep(self, version: int, note: str) -> None:
        row = {"version": version, "note": note, "kept_at": self.store.clock()}
        async with self.store.writing() as connection:
            await connection.execute(inserting_once(connection.dialect.name, directories), row)
