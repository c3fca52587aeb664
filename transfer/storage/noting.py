"""Writes what happened into the ledger, within the transaction in which it happens."""

import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.texts import seal_texts
from transfer.ledger.entry import SALT_SIZE, Entry, Kind, texts_digest, texts_of
from transfer.ports.ledger import Happened
from transfer.storage.ledger_keys import SubjectKeys
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.row_macs import WrittenRow
from transfer.storage.statements import inserting

STAFF: Final = "legalaid:staff:"
"""With a name behind it: whose texts belong to no case are kept under a key of who acted."""


@dataclass(slots=True, kw_only=True)
class Noting:
    """Inserts entries with their texts, and the keys that these need."""

    new_id: Callable[[], UUID]
    keys: SubjectKeys = field(default_factory=SubjectKeys)

    async def write(
        self,
        connection: AsyncConnection,
        happened: Sequence[Happened],
        *,
        now: datetime,
        rows: Iterable[WrittenRow] = (),
    ) -> None:
        """These, in their order. ``rows`` are what the transaction has written of cases: the last step on each case
        answers for them, since those before it left no trace in the database."""
        if not happened:
            return
        rows_of: defaultdict[UUID | None, list[WrittenRow]] = defaultdict(list)
        for row in rows:
            rows_of[row.case].append(row)
        subjects = {subject_of(one) for one in happened if one.texts}
        subjects |= {row.subject for some in rows_of.values() for row in some}
        keys = await self.keys.of(connection, subjects, now=now) if subjects else {}
        entries: list[dict[str, Any]] = []
        last = {one.case: place for place, one in enumerate(happened) if one.kind is Kind.STEP}
        for place, one in enumerate(happened):
            facts = one.facts
            if one.case in rows_of and last.get(one.case) == place:
                facts = {**facts, "rows": _macs(rows_of[one.case], keys)}
            entries.append(_row(*self._entry(one, facts, keys)))
        await connection.execute(inserting(ledger_entries), entries)

    def _entry(
        self, one: Happened, facts: Mapping[str, Any], keys: Mapping[UUID, bytes | None]
    ) -> tuple[Entry, bytes | None]:
        """The entry and its texts; what is about somebody whose key was destroyed is not kept any more."""
        made, subject = one.id or self.new_id(), subject_of(one) if one.texts else None
        key = keys[subject] if subject is not None else None
        texts = texts_of(one.texts, secrets.token_bytes(SALT_SIZE)) if key is not None else None
        entry = Entry(
            id=made,
            at=one.at,
            kind=one.kind,
            case=one.case,
            facts=facts,
            subject=subject,
            texts=texts_digest(texts) if texts is not None else None,
        )
        return entry, seal_texts(key, made, texts) if key is not None and texts is not None else None


def _row(entry: Entry, sealed: bytes | None) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind.value,
        "case_id": entry.case,
        "body": entry.body,
        "subject": entry.subject if sealed is not None else None,
        "sealed": sealed,
    }


def subject_of(one: Happened) -> UUID:
    """Under whose key its texts are kept: that of the person whom it is about, else of the case, else of who acted."""
    return one.subject or one.case or staff(str(one.texts.get("by", "")))


def staff(name: str) -> UUID:
    """The subject of who acted."""
    return uuid5(NAMESPACE_URL, f"{STAFF}{name}")


def _macs(rows: Iterable[WrittenRow], keys: Mapping[UUID, bytes | None]) -> dict[str, str | None]:
    """By their names; None where the key was destroyed: the row is not covered any more."""
    return {row.name: row.mac(key) if (key := keys[row.subject]) is not None else None for row in rows}
