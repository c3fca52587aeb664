"""Which rows the entries tell of column by column, and what a row must hold for what they tell."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table

from transfer.ledger.entry import Entry, Kind
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import digest_of
from transfer.storage.tables import directories, history, inbox, outbox, quarantine, rule_sets

Key = tuple[str, ...]
"""The name of a table, and what tells its rows apart."""
Texts = Mapping[str, Any] | None
"""The texts of an entry; None where they were erased."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a kind of entry tells of a row: which one, by these of its facts; its columns, by theirs; and what of that
    holds also where an earlier entry told otherwise. One that tells of no column of the key only adds to others."""

    table: Table
    key: tuple[str, ...]
    columns: Mapping[str, str]
    anew: frozenset[str] = frozenset()


def _named(*alike: str, **columns: str) -> Mapping[str, str]:
    return MappingProxyType({name: name for name in alike} | columns)


_VERDICT: Final = frozenset({"outcome", "refusal", "settled_at"})
TOLD: Final[Mapping[Kind, Told]] = MappingProxyType(
    {
        Kind.SENT: Told(
            table=outbox,
            key=("message",),
            columns=_named(
                *("message", "conversation", "recipient", "sequence", "type", "digest", "outcome", "refusal"),
                body="digest",
                created_at="at",
                settled_at="settled_at",
            ),
        ),
        Kind.SETTLED: Told(
            table=outbox, key=("message",), columns=_named("outcome", "refusal", "settled_at"), anew=_VERDICT
        ),
        Kind.RECEIVED: Told(
            table=inbox,
            key=("message", "source"),
            columns=_named(
                *("message", "source", "conversation", "sequence", "type", "digest", "outcome", "refusal"),
                body="digest",
                received_at="at",
            ),
            anew=_VERDICT,
        ),
        Kind.SET_ASIDE: Told(
            table=quarantine,
            key=("quarantine",),
            columns=_named("source", "message", "type", "conversation", "digest", "body", "at", id="quarantine"),
        ),
        Kind.STEP: Told(
            table=history,
            key=("case", "line"),
            columns=_named(
                *("at", "event", "by", "institution", "source", "message", "tenure", "detail"),
                case_id="case",
                transfer_id="transfer",
                request_id="request",
            ),
        ),
        Kind.DIRECTORY: Told(table=directories, key=("version",), columns=_named("version", note="digest")),
        Kind.RULES: Told(
            table=rule_sets, key=("origin", "version"), columns=_named("origin", "version", "digest", content="digest")
        ),
    }
)
KEYS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        outbox.name: ("message",),
        inbox.name: ("message", "source"),
        quarantine.name: ("id",),
        directories.name: ("version",),
        rule_sets.name: ("origin", "version"),
    }
)
"""What tells rows apart. A line of the history is known by its place in that of its case."""
_ERASED: Final = object()
"""Stands for what nobody can tell any more."""
_DOCUMENTS: Final = frozenset({"refusal", "detail"})
_HASHED: Final[Mapping[str, Callable[[Any], bytes]]] = MappingProxyType(
    {"body": bytes, "content": bytes, "note": str.encode}
)


def version(entry: Entry) -> int:
    """By which the steps of a case are ordered, whatever the clocks said that made their ids."""
    return int(entry.facts["version"]) if entry.kind is Kind.STEP else 0


def expect(entries: Iterable[tuple[Entry, Texts]], expected: dict[Key, dict[str, Any]]) -> None:
    """Add what these entries tell; the steps of a case must be there at once."""
    lines: defaultdict[UUID | None, int] = defaultdict(int)
    for entry, texts in sorted(entries, key=lambda one: version(one[0])):
        told = TOLD.get(entry.kind)
        if told is None:
            continue
        if entry.kind is Kind.STEP:
            lines[entry.case] += 1
        facts = _facts(entry, texts, lines[entry.case])
        row = expected.setdefault((told.table.name, *(str(facts.get(name)) for name in told.key)), {})
        row |= {
            column: facts.get(fact) for column, fact in told.columns.items() if column not in row or column in told.anew
        }


def keyed(table: Table, rows: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    """Rows by their keys; those of the history in its order."""
    lines: defaultdict[UUID, int] = defaultdict(int)
    for row in rows:
        if table is history:
            lines[row["case_id"]] += 1
            yield (table.name, str(row["case_id"]), str(lines[row["case_id"]])), row
        else:
            yield (table.name, *(str(row[name]) for name in KEYS[table.name])), row


def is_whole(key: Key, expected: Mapping[str, Any]) -> bool:
    """Whether the entry is among those that told of this row by which it came."""
    return KEYS.get(key[0], ("case_id",))[0] in expected


def differing(expected: Mapping[str, Any], row: Mapping[str, Any]) -> list[str]:
    """The columns that are not as they were told."""
    return [name for name, told in expected.items() if told is not _ERASED and told != _plain(name, row[name], told)]


def _facts(entry: Entry, texts: Texts, line: int) -> Mapping[str, Any]:
    """The facts of an entry, and what follows from them."""
    facts = {**entry.facts, "case": str(entry.case), "at": entry.at, "line": line}
    match entry:
        case Entry(kind=Kind.SETTLED, facts={"outcome": outcome, "refusal": refusal}):
            again = outcome == ReceiptOutcome.PARKED or (refusal is not None and refusal["resend"])
            facts["settled_at"] = None if again else entry.at
        case Entry(kind=Kind.RECEIVED):
            # What belongs to no conversation stands under its own id.
            facts["conversation"] = facts["conversation"] or facts["message"]
        case Entry(kind=Kind.STEP):
            facts["by"] = _ERASED if texts is None else texts.get("by", facts["source"])
        case _:
            pass
    return facts


def _plain(name: str, value: Any, told: Any) -> Any:  # noqa: ANN401 - whatever a column or a fact holds
    """The value of a column in the form in which facts have it."""
    if value is None:
        return None
    if name in _HASHED:
        return digest_of(_HASHED[name](value))
    if name in _DOCUMENTS and not isinstance(told, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return str(value) if isinstance(value, UUID) else value
