"""Who held each case when, as several regions have it, and whether it had exactly one holder at every moment. Pure."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final, Self
from uuid import UUID

from transfer.ledger.entry import moment


class Fault(StrEnum):
    """What is wrong with the holders of a case."""

    said: str

    def __new__(cls, value: str, said: str) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.said = value, said
        return member

    TWO_HOLDERS = "two_holders", "different institutions, or times, under one number"
    OVERLAP = "overlap", "it began before the tenure ahead of it"
    GAP = "gap", "nobody is known to have held the case between those that are known"
    ONE_SIDED = "one_sided", "not every region that knows the case knows this tenure"


class HoldingMalformed(ValueError):
    """The line says of no tenure who held the case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One tenure of a case as one region has it; ``message`` is the one that told it, None for its own decision."""

    region: str
    case: UUID
    tenure: int
    institution: str
    since: datetime
    message: UUID | None = None

    @property
    def as_json(self) -> dict[str, Any]:
        return {
            "region": self.region,
            "case": str(self.case),
            "tenure": self.tenure,
            "institution": self.institution,
            "since": moment(self.since),
            "message": str(self.message) if self.message else None,
        }

    @property
    def text(self) -> str:
        """One line of JSON."""
        return json.dumps(self.as_json)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises HoldingMalformed, which names the field."""
        try:
            found = json.loads(text)
        except ValueError:
            raise HoldingMalformed("not JSON") from None
        if not isinstance(found, dict) or found.keys() != _READERS.keys():
            raise HoldingMalformed(f"a holding has the fields {', '.join(_READERS)}")
        given: dict[str, Any] = {}
        for name, read in _READERS.items():
            try:
                given[name] = read(found[name])
            except (TypeError, ValueError, AttributeError):
                raise HoldingMalformed(f"{name}: not in its form") from None
        return cls(**given)


def _text(given: object) -> str:
    if not isinstance(given, str) or not given:
        raise TypeError
    return given


def _number(given: object) -> int:
    if type(given) is not int or given < 1:
        raise TypeError
    return given


def _moment(given: str) -> datetime:
    at = datetime.fromisoformat(given)
    if at.tzinfo is None:
        raise ValueError
    return at


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "region": _text,
    "case": UUID,
    "tenure": _number,
    "institution": _text,
    "since": _moment,
    "message": lambda given: None if given is None else UUID(given),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderFault:
    """What is wrong at which tenure, and the holdings that show it, with the messages that caused them."""

    tenure: int
    fault: Fault
    shown_by: tuple[Holding, ...]


def by_case(holdings: Iterable[Holding]) -> Mapping[UUID, Sequence[Holding]]:
    """The holdings of each case, by tenure and region, each once."""
    found: defaultdict[UUID, list[Holding]] = defaultdict(list)
    for one in sorted(set(holdings), key=lambda one: (one.case, one.tenure, one.region, one.text)):
        found[one.case].append(one)
    return found


def faults(held: Iterable[Holding]) -> Iterator[HolderFault]:
    """What is wrong with the holders of one case, in the order of its tenures."""
    by_tenure: defaultdict[int, list[Holding]] = defaultdict(list)
    for one in held:
        by_tenure[one.tenure].append(one)
    regions = {one.region for known in by_tenure.values() for one in known}
    last, before = 0, tuple[Holding, ...]()
    for number, known in sorted(by_tenure.items()):
        if number > last + 1:
            yield HolderFault(tenure=last + 1, fault=Fault.GAP, shown_by=(*before, *known))
        if any((one.institution, one.since) != (other.institution, other.since) for one, other in pairwise(known)):
            yield HolderFault(tenure=number, fault=Fault.TWO_HOLDERS, shown_by=tuple(known))
        if {one.region for one in known} != regions:
            yield HolderFault(tenure=number, fault=Fault.ONE_SIDED, shown_by=tuple(known))
        if before and min(one.since for one in known) < max(one.since for one in before):
            yield HolderFault(tenure=number, fault=Fault.OVERLAP, shown_by=(*before, *known))
        last, before = number, tuple(known)
