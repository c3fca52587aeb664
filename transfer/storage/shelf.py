"""What a node trusts, as its database has it; see ports.Shelf."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from transfer.ledger.entry import Entry, Kind
from transfer.messages.envelope import digest_of
from transfer.ports.ledger import Happened
from transfer.storage.engine import looking
from transfer.storage.ledger_tables import ledger_entries, of_kind
from transfer.storage.statements import inserting_once
from transfer.storage.store import Store
from transfer.storage.tables import directories

_NEWEST: Final = select(directories.c.note).order_by(directories.c.version.desc()).limit(1)
_NOTED: Final = select(ledger_entries.c.body).where(of_kind(Kind.KEYS)).order_by(ledger_entries.c.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlShelf:
    """One row for each version of the directory, and the entries that tell of keys."""

    store: Store

    async def newest(self) -> str | None:
        async with looking(self.store.engine) as connection:
            note: str | None = await connection.scalar(_NEWEST)
            return note

    async def keep(self, version: int, note: str) -> None:
        now = self.store.clock()
        row = {"version": version, "note": note, "kept_at": now}
        facts = {"version": version, "digest": digest_of(note.encode())}
        async with self.store.writing() as connection:
            kept = await connection.execute(inserting_once(connection.dialect.name, directories), row)
            if kept.rowcount:
                await self.store.note(connection, Happened(kind=Kind.DIRECTORY, at=now, facts=facts))

    async def hold(self, keys: Collection[str]) -> None:
        held, known = set(keys), set[str]()
        async with self.store.writing() as connection:
            for body in await connection.scalars(_NOTED):
                said = Entry.parse(body).facts
                known = (known | set(said["added"])) - set(said["removed"])
            if held != known:
                facts = {"added": sorted(held - known), "removed": sorted(known - held)}
                await self.store.note(connection, Happened(kind=Kind.KEYS, at=self.store.clock(), facts=facts))
