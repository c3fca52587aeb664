"""Keyed digests of rows, by which the ledger holds what a step wrote without telling it."""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from transfer.ledger.entry import canonical, moment

PREFIX: Final = "hmac:"
CONTENT: Final = "cases/content"
_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cases": "cases",
        CONTENT: CONTENT,
        "applicants": "applicants/{position}",
        "tenures": "tenures/{number}",
        "transfers": "transfers/{id}",
        "evidence_requests": "evidence_requests/{id}",
        "stages": "stages/{tenure}.{number}",
    }
)
"""How the rows of a case are named in the entries of its steps."""
_CONTENT: Final = frozenset(
    {
        "matter",
        "urgency",
        "first_received_at",
        "first_received_by",
        "limitation_on",
        "due_on",
        "waits_for",
        "opponent",
        "basics",
        "materials",
    }
)
"""The columns of a case that hold what it is about: they change seldom and stand by themselves."""
_UNCOVERED: Final = frozenset({"opened_at", "changed_at"})
"""When the row of a case was written, which its entries say themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRow:
    """A row, or those of its columns that are written together: its table, and its values by column."""

    table: str
    values: Mapping[str, Any]

    @property
    def name(self) -> str:
        """By which the entries of its case know it."""
        return _NAMES[self.table].format_map(self.values)

    @property
    def case(self) -> UUID:
        """To which case it belongs."""
        case: UUID = self.values.get("case_id") or self.values["id"]
        return case

    @property
    def subject(self) -> UUID:
        """Under whose key it stands: an applicant's own, else that of the case."""
        subject: UUID = self.values["id"] if self.table == "applicants" else self.case
        return subject

    def mac(self, key: bytes) -> str:
        """HMAC-SHA256 over the table and the values in their one form."""
        told = canonical([self.table, dict(_plain(self.values))])
        return PREFIX + hmac.digest(key, told, "sha256").hex()


def covered(table: str, row: Mapping[str, Any]) -> list[WrittenRow]:
    """What entries hold of a row, as it is read with all its columns."""
    if table != "cases":
        return [WrittenRow(table=table, values=row)]
    state = {name: value for name, value in row.items() if name not in _CONTENT | _UNCOVERED}
    content = {name: value for name, value in row.items() if name in _CONTENT | {"id"}}
    return [WrittenRow(table=table, values=state), WrittenRow(table=CONTENT, values=content)]


def written(table: str, rows: Iterable[Mapping[str, Any]]) -> list[WrittenRow]:
    """These rows of one table."""
    return [WrittenRow(table=table, values=values) for values in rows]


def _plain(values: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in values.items():
        match value:
            case datetime():
                yield name, moment(value)
            case date():
                yield name, value.isoformat()
            case UUID():
                yield name, str(value)
            case _:
                yield name, value
