"""Entries as the rows of one flat table, for spreadsheets: facts alone, without names and texts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from transfer.ledger.entry import Entry, canonical

_ALONE: Final = ("event", "transfer", "request", "message", "source", "recipient", "region", "institution", "holder")
"""Facts that have a column."""
HEAD: Final = ("place", "id", "at", "kind", "case", "person", *_ALONE, "facts")


def row_of(place: int, entry: Entry) -> tuple[str | int | datetime | None, ...]:
    """The entry below HEAD; what has no column stands together in the last one, as JSON."""
    rest: Mapping[str, Any] = {name: fact for name, fact in entry.facts.items() if name not in (*_ALONE, "rows")}
    return (
        place,
        str(entry.id),
        entry.at,
        entry.kind.value,
        str(entry.case) if entry.case else None,
        str(entry.person) if entry.person else None,
        *(entry.facts.get(name) for name in _ALONE),
        canonical(rest).decode(),
    )
