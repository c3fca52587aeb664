"""What the ledger says of what cannot be looked at any more: that it was erased, when and by which institution.

What is gone without such an entry was not erased but taken away.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from transfer.ledger.entry import Entry, Kind

WHOLE: Final = "case"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """One entry that a key was destroyed."""

    at: datetime
    subject: str
    of: str
    institution: str
    basis: str

    def __str__(self) -> str:
        return f"erased on {self.at:%Y-%m-%d} by {self.institution} ({self.basis}), chain intact"


@dataclass(frozen=True, slots=True)
class Erasures:
    """All entries of erasures, by the subject and by the case."""

    by_subject: dict[str, Erased] = field(default_factory=dict)
    by_case: dict[UUID, Erased] = field(default_factory=dict)

    @classmethod
    def read(cls, entries: Iterable[Entry]) -> Self:
        """From these entries, of whatever kinds; the first of each counts, since later ones repeat it."""
        found = cls()
        for entry in entries:
            if entry.kind is not Kind.ERASED or entry.case is None:
                continue
            match entry.facts:
                case {"subject": str(subject), "of": str(of), "institution": str(by), "basis": str(basis)}:
                    one = Erased(at=entry.at, subject=subject, of=of, institution=by, basis=basis)
                case _:
                    continue
            found.by_subject.setdefault(one.subject, one)
            known = found.by_case.setdefault(entry.case, one)
            if known.of != WHOLE == one.of:
                found.by_case[entry.case] = one
        return found

    def key(self, subject: UUID) -> Erased | None:
        """Why the key of this one is gone, and with it texts and what the rows were held by."""
        return self.by_subject.get(str(subject))

    def body(self, case: UUID) -> Erased | None:
        """Why bodies of messages on this case may be empty."""
        return self.by_case.get(case)

    def row(self, case: UUID) -> Erased | None:
        """Why rows of this case may be gone; not when only some of its applicants were erased."""
        one = self.by_case.get(case)
        return one if one is not None and one.of == WHOLE else None
