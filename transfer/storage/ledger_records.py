"""Holds the records of a node against its ledger: what was changed, deleted or inserted behind the service's back.

Entries and rows are read together, some cases at once, so that memory does not grow with the ledger. What finds no
partner there, since it belongs to no case or to several, waits for the end.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Row, Select, Table, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.ledger.entry import Entry, EntryMalformed, Kind
from transfer.ledger.erasures import Erasures
from transfer.ledger.verify import Fault
from transfer.storage.erasing import EMPTIED
from transfer.storage.ledger_facts import Key, Texts, differing, expect, is_whole, keyed
from transfer.storage.ledger_held import Held, subjects_of
from transfer.storage.ledger_tables import ledger_entries, of_kind
from transfer.storage.tables import (
    applicants,
    cases,
    directories,
    evidence_requests,
    history,
    inbox,
    outbox,
    quarantine,
    rule_sets,
    stages,
    tenures,
    transfers,
)

ENTRIES: Final = 1_000
"""So many entries are looked at together, or all of one case where it has more."""

_FROM, _UPTO, _MOST = bindparam("from", type_=Uuid), bindparam("upto", type_=Uuid), bindparam("most", type_=Integer)
_FIRST: Final = UUID(int=0)
_LAST: Final = UUID(int=2**128 - 1)
_ID, _CASE = ledger_entries.c.id, ledger_entries.c.case_id
_OF_CASES: Final = select(ledger_entries).where(_CASE > _FROM, _CASE <= _UPTO).order_by(_CASE, _ID)
_OF_NONE: Final = select(ledger_entries).where(_CASE.is_(None), _ID > _FROM).order_by(_ID).limit(_MOST)
_UNTIL: Final = select(_CASE).where(_CASE > _FROM).order_by(_CASE).offset(_MOST).limit(1)
_ERASED: Final = select(ledger_entries).where(of_kind(Kind.ERASED))


def _of(table: Table, case: ColumnElement[Any], *order: ColumnElement[Any]) -> Select[Any]:
    return select(table).where(case > _FROM, case <= _UPTO).order_by(case, *order)


_TOLD: Final = (
    (outbox, _of(outbox, outbox.c.conversation)),
    (inbox, _of(inbox, inbox.c.conversation)),
    (history, _of(history, history.c.case_id, history.c.row)),
)
"""By cases."""
_HELD: Final = (
    (cases, _of(cases, cases.c.id)),
    *((table, _of(table, table.c.case_id)) for table in (applicants, tenures, transfers, evidence_requests, stages)),
)
_LOOSE: Final = (quarantine, directories, rule_sets)
"""Small, and read as a whole."""


@dataclass(slots=True)
class Records:
    """One comparison of all records with all entries."""

    connection: AsyncConnection
    held: Held = field(default_factory=Held)
    _expected: dict[Key, dict[str, Any]] = field(default_factory=dict)
    _found: dict[Key, Mapping[str, Any]] = field(default_factory=dict)

    async def faults(self) -> AsyncIterator[Fault]:
        """All, case by case, and at the end what belongs to none."""
        erasures = _read(await self.connection.execute(_ERASED), [])
        self.held = Held(Erasures.read(entry for _, entry in erasures))
        after = _FIRST
        while after != _LAST:
            some = {"from": after, "most": ENTRIES}
            after = await self.connection.scalar(_UNTIL, some) or _LAST
            for fault in await self._of_cases({"from": some["from"], "upto": after}):
                yield fault
        after = _FIRST
        while rows := (await self.connection.execute(_OF_NONE, {"from": after, "most": ENTRIES})).all():
            after = rows[-1].id
            for fault in await self._of_none(rows):
                yield fault
        for table in _LOOSE:
            self._found |= keyed(table, await self._rows(select(table), {}))
        for fault in self._rest():
            yield fault

    async def _of_cases(self, some: Mapping[str, Any]) -> list[Fault]:
        faults: list[Fault] = []
        entries = list(_read((await self.connection.execute(_OF_CASES, some)).all(), faults))
        rows = [(table.name, row) for table, statement in _HELD for row in await self._rows(statement, some)]
        await self.held.load(self.connection, subjects_of((entry for _, entry in entries), rows))
        expected: dict[Key, dict[str, Any]] = {}
        expect(self._with_texts(entries, faults), expected)
        faults += self.held.rows((entry for _, entry in entries if entry.kind is Kind.STEP), rows)
        found = {key: row for table, statement in _TOLD for key, row in keyed(table, await self._rows(statement, some))}
        for key in expected.keys() & found.keys():
            if is_whole(key, expected[key]):
                faults += self._compared(key, expected.pop(key), found.pop(key))
        self._found |= found
        for key, told in expected.items():
            self._expect(key, told)
        return faults

    async def _of_none(self, rows: Iterable[Row[Any]]) -> list[Fault]:
        faults: list[Fault] = []
        entries = list(_read(rows, faults))
        await self.held.load(self.connection, subjects_of((entry for _, entry in entries), ()))
        expect(self._with_texts(entries, faults), self._expected)
        return faults

    def _expect(self, key: Key, told: Mapping[str, Any]) -> None:
        """What came first stands in the first entry, what became of it in others, which may be of another case."""
        known = self._expected.get(key, {})
        later, earlier = (known, told) if is_whole(key, told) else (told, known)
        self._expected[key] = {**earlier, **later}

    def _rest(self) -> Iterator[Fault]:
        for key, told in self._expected.items():
            row = self._found.pop(key, None)
            if row is None:
                yield Fault(_named(key), "the row is gone")
            elif is_whole(key, told):
                yield from self._compared(key, told, row)
            else:
                yield Fault(_named(key), "the entry by which it came is gone")
        for key in self._found:
            yield Fault(_named(key), "no entry tells of this row")

    def _compared(self, key: Key, told: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[Fault]:
        if names := [name for name in differing(told, row) if not (name == "body" and self._is_emptied(row))]:
            yield Fault(_named(key), f"not as its entries tell it: {', '.join(names)}")

    def _is_emptied(self, message: Mapping[str, Any]) -> bool:
        """Whether its body is gone because its case was erased, or a person whom it names."""
        return message["body"] == EMPTIED and self.held.erasures.body(message["conversation"]) is not None

    def _with_texts(
        self, entries: Iterable[tuple[Row[Any], Entry]], faults: list[Fault]
    ) -> Iterator[tuple[Entry, Texts]]:
        for row, entry in entries:
            texts = self.held.texts(row, entry)
            if isinstance(texts, Fault):
                faults.append(texts)
            yield entry, None if isinstance(texts, Fault) else texts

    async def _rows(self, statement: Select[Any], some: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        return [dict(row) for row in (await self.connection.execute(statement, some)).mappings()]


def _read(rows: Iterable[Row[Any]], faults: list[Fault]) -> Iterator[tuple[Row[Any], Entry]]:
    for row in rows:
        where = f"entry {row.id}"
        try:
            entry = Entry.parse(row.body)
        except EntryMalformed as error:
            faults.append(Fault(where, str(error)))
            continue
        if (entry.id, entry.kind.value, entry.case) != (row.id, row.kind, row.case_id):
            faults.append(Fault(where, "its id, its kind or its case is not what its body says"))
        yield row, entry


def _named(key: Key) -> str:
    return " ".join(key)
