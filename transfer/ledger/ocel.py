"""The ledger as an object-centric event log (OCEL 2.0): which events touched which cases, transfers, messages, persons.

Facts alone go in, so that no name and no text does; a person is an id.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from transfer.ledger.entry import Entry, Kind, moment


@dataclass(frozen=True, slots=True)
class Thing:
    """An object of the log. Ids of regions and institutions bear their type, since a region and its centre have the
    same code."""

    type: str
    id: str


@dataclass(frozen=True, slots=True)
class Touched:
    """An object of an event, what it is to the event, and the object that it belongs to by what the event says."""

    thing: Thing
    qualifier: str
    of: Thing | None = None


CASE: Final = "case"
PERSON: Final = "applicant"
REGION: Final = "region"
INSTITUTION: Final = "institution"

_PARTS: Final = {"transfer": "transfer", "request": "evidence_request", "message": "message"}
"""Facts that name what belongs to the case."""
_REGIONS: Final = ("source", "recipient", "region")
_INSTITUTIONS: Final = ("institution", "holder")

OBJECT_TYPES: Final = (CASE, *_PARTS.values(), PERSON, INSTITUTION, REGION)

_TOLD: Final = (
    "type",
    "sequence",
    "outcome",
    "tenure",
    "version",
    "command",
    "code",
    "what",
    "unmasked",
    "count",
    "query",
    "of",
    "basis",
    "size",
    "verdict",
    "alike",
)
"""Facts that become attributes; digests and lists stay in the ledger."""
_TYPES: Final[Mapping[type, str]] = {str: "string", int: "integer", bool: "boolean"}


def event_type(entry: Entry) -> str:
    """The activity: of a step its own name, else the kind of entry."""
    return str(entry.facts["event"]) if entry.kind is Kind.STEP else entry.kind.value


def touched(entry: Entry) -> Iterator[Touched]:
    """The objects of the event, each once for what it is to it."""
    case = Thing(CASE, str(entry.case)) if entry.case is not None else None
    if case is not None:
        yield Touched(case, CASE)
    if entry.person is not None:
        yield Touched(Thing(PERSON, str(entry.person)), PERSON, case)
    for fact, type_ in _PARTS.items():
        if entry.facts.get(fact) is not None:
            yield Touched(Thing(type_, str(entry.facts[fact])), type_, case)
    for fact in _INSTITUTIONS:
        if (code := entry.facts.get(fact)) is not None:
            yield Touched(Thing(INSTITUTION, f"{INSTITUTION}:{code}"), fact, Thing(REGION, f"{REGION}:{code[:6]}"))
    for fact in _REGIONS:
        if entry.facts.get(fact) is not None:
            yield Touched(Thing(REGION, f"{REGION}:{entry.facts[fact]}"), fact)


def attributes(place: int, entry: Entry) -> Iterator[tuple[str, str, object]]:
    """Name, type and value of what else the event says; ``place`` is that of the entry in the ledger."""
    yield "place", "integer", place
    for fact in _TOLD:
        if (known := _TYPES.get(type(value := entry.facts.get(fact)))) is not None:
            yield fact, known, value
    if (refusal := entry.facts.get("refusal")) is not None:
        yield "refusal", "string", refusal["code"]
    details = entry.facts["detail"] if entry.kind is Kind.STEP else {}
    for name, value in sorted(details.items()):
        if isinstance(value, str | int):
            yield f"detail.{name}", "string", str(value)


@dataclass(slots=True)
class EventLog:
    """Makes events, and remembers the types that the document declares at its end; those are few."""

    _declared: defaultdict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def event(self, place: int, entry: Entry) -> dict[str, Any]:
        """The entry as an event of the JSON form."""
        type_, said = event_type(entry), list(attributes(place, entry))
        self._declared[type_] |= {name: kind for name, kind, _ in said}
        return {
            "id": str(entry.id),
            "type": type_,
            "time": moment(entry.at),
            "attributes": [{"name": name, "value": value} for name, _, value in said],
            "relationships": [{"objectId": one.thing.id, "qualifier": one.qualifier} for one in touched(entry)],
        }

    @property
    def event_types(self) -> list[dict[str, Any]]:
        """The types of the events so far, with their attributes."""
        return [
            {"name": name, "attributes": [{"name": one, "type": kind} for one, kind in sorted(declared.items())]}
            for name, declared in sorted(self._declared.items())
        ]

    @property
    def object_types(self) -> list[dict[str, Any]]:
        """All types of objects."""
        return [{"name": name, "attributes": []} for name in OBJECT_TYPES]


def object_of(thing: Thing, owners: Iterable[Thing]) -> dict[str, Any]:
    """An object of the JSON form, with what it belongs to."""
    belongs = [{"objectId": owner.id, "qualifier": f"of {owner.type}"} for owner in owners]
    return {"id": thing.id, "type": thing.type, "attributes": [], "relationships": belongs}
