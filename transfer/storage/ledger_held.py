"""What the ledger holds without telling it: texts under their digests, the rows of cases under keyed ones."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.errors import CannotBeOpened
from transfer.crypto.texts import open_texts
from transfer.ledger.entry import Entry, texts_digest
from transfer.ledger.erasures import Erased, Erasures
from transfer.ledger.verify import Fault
from transfer.storage.ledger_facts import Texts, version
from transfer.storage.ledger_tables import ledger_keys
from transfer.storage.row_macs import covered
from transfer.storage.statements import among, rows_of

_KEYS: Final = among(select(ledger_keys.c.subject, ledger_keys.c.key), ledger_keys.c.subject)
_NOT_KEPT: Final = "evidence_requests/"
"""Rows of a case that are deleted with it."""
_NO_KEY: Final = "its key is gone, and no entry says that it was erased"


@dataclass(slots=True)
class Held:
    """The keys of some subjects; ``erasures`` are what the entries say of those that were destroyed."""

    erasures: Erasures = field(default_factory=Erasures)
    erased: dict[UUID, Erased] = field(default_factory=dict)
    """Those that stood in the way of looking at something."""
    _keys: Mapping[UUID, bytes] = field(default_factory=dict)

    async def load(self, connection: AsyncConnection, subjects: Iterable[UUID]) -> None:
        """The keys of these in the place of those before."""
        rows = await rows_of(connection, _KEYS, sorted(set(subjects)))
        self._keys = {row.subject: row.key for row in rows if row.key is not None}

    def texts(self, row: Row[Any], entry: Entry) -> Texts | Fault:
        """The texts that stand in this row beside the entry, empty where it has none."""
        where = f"texts of entry {entry.id}"
        if (row.sealed is None, row.subject) != (entry.texts is None, entry.subject if entry.texts else None):
            return Fault(where, "they are gone, or stand where none should, or under another subject")
        if entry.texts is None or entry.subject is None:
            return {}
        key = self._keys.get(entry.subject)
        if key is None:
            return self._without(entry.subject, where)
        try:
            opened = open_texts(key, entry.id, row.sealed)
        except CannotBeOpened:
            return Fault(where, "they, or the key of their subject, were changed")
        if texts_digest(opened) != entry.texts:
            return Fault(where, "they are not those that the entry was made with")
        texts: Mapping[str, Any] = json.loads(opened)
        return texts

    def rows(self, steps: Iterable[Entry], rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[Fault]:
        """The rows of whole cases, by their tables, against the last step that wrote each."""
        macs: dict[tuple[UUID | None, str], str | None] = {}
        for step in sorted(steps, key=version):
            macs |= {(step.case, name): mac for name, mac in step.facts.get("rows", {}).items()}
        for table, values in rows:
            for part in covered(table, values):
                where = f"{part.name} of case {part.case}"
                if (part.case, part.name) not in macs:
                    yield Fault(where, "no entry tells of this row")
                    continue
                mac, key = macs.pop((part.case, part.name)), self._keys.get(part.subject)
                if mac is None or key is None:
                    if fault := self._without(part.subject, where):
                        yield fault
                elif part.mac(key) != mac:
                    yield Fault(where, "the row is not as the last step left it")
        for case, name in macs:
            if name.startswith(_NOT_KEPT) and case is not None and self.erasures.row(case):
                continue
            yield Fault(f"{name} of case {case}", "the row is gone")

    def _without(self, subject: UUID, where: str) -> Fault | None:
        erased = self.erasures.key(subject)
        if erased is None:
            return Fault(where, _NO_KEY)
        self.erased[subject] = erased
        return None


def subjects_of(entries: Iterable[Entry], rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Iterator[UUID]:
    """Whose keys are needed to look at these."""
    yield from (entry.subject for entry in entries if entry.subject is not None)
    yield from (part.subject for table, values in rows for part in covered(table, values))
