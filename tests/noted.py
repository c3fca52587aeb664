"""Reads what a node has noted in its ledger."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from transfer.crypto.errors import CannotBeOpened
from transfer.crypto.texts import open_texts
from transfer.ledger.entry import Entry, Kind, texts_digest
from transfer.storage.engine import reading
from transfer.storage.ledger_tables import ledger_entries, ledger_keys

_WHOLE = (
    select(ledger_entries, ledger_keys.c.key)
    .outerjoin(ledger_keys, ledger_keys.c.subject == ledger_entries.c.subject)
    .order_by(ledger_entries.c.id)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """An entry with its texts, None where nobody can read them."""

    entry: Entry
    body: bytes
    texts: Mapping[str, Any] | None

    @property
    def kind(self) -> Kind:
        return self.entry.kind

    @property
    def facts(self) -> Mapping[str, Any]:
        return self.entry.facts


async def noted(engine: AsyncEngine, *kinds: Kind) -> list[Noted]:
    """The entries of these kinds, or all, in the order of their ids; what stands beside each belongs to it."""
    async with reading(engine) as connection:
        rows = (await connection.execute(_WHOLE)).all()
    found = []
    for row in rows:
        entry = Entry.parse(row.body)
        assert (entry.id, entry.kind.value, entry.case) == (row.id, row.kind, row.case_id)
        assert (row.sealed is not None) == (entry.texts is not None)
        texts = None
        if row.sealed is not None and row.key is not None:
            assert row.subject == entry.subject
            try:
                opened = open_texts(row.key, row.id, row.sealed)
            except CannotBeOpened:
                pass
            else:
                assert texts_digest(opened) == entry.texts
                texts = json.loads(opened)
                assert len(bytes.fromhex(texts.pop("salt"))) == 16
        if not kinds or entry.kind in kinds:
            found.append(Noted(entry=entry, body=row.body, texts=texts))
    return found
