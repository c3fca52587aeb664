"""The history of a case from the entries of a ledger: what regions share of it, and what is one region's own.

Shared are the holders by the number of their tenure, and the messages between two regions, by which transfers, stages
and evidence requests take their steps: of these, both ledgers say the same once all receipts are in. Times, decisions
with who took them, readings and refusals are each region's own.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from transfer.ledger.entry import Entry, EntryMalformed, Kind, Opened, moment

_OF_THE_LEDGER: Final = {"rows"}
"""Facts by which records are verified; they tell people nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A message from one region to another, as one of them has it."""

    message: str
    source: str
    recipient: str
    sequence: int | None
    type: str
    digest: str
    outcome: str | None = None

    @property
    def between(self) -> frozenset[str]:
        """The two regions."""
        return frozenset((self.source, self.recipient))


@dataclass(frozen=True, slots=True)
class Difference:
    """In what two regions do not agree, and on what: a message, or the number of a tenure."""

    what: str
    about: str
    here: str | None
    there: str | None


@dataclass(slots=True, kw_only=True)
class Trace:
    """A case as the ledger of one region tells it; made by taking the entries in their order."""

    region: str
    case: UUID
    holders: dict[int, str] = field(default_factory=dict)
    messages: dict[tuple[str, str], Passed] = field(default_factory=dict)
    """By id and digest: the same id with another content is another message, which one of the regions does not have."""
    versions: set[int] = field(default_factory=set)
    told: list[Opened] = field(default_factory=list)

    def take(self, one: Opened) -> None:
        """Raises EntryMalformed for facts without which an entry of its kind tells nothing."""
        entry = one.entry
        match entry.kind:
            case Kind.SENT:
                self._passes(entry, source=self.region, recipient=_said(entry, "recipient"))
            case Kind.RECEIVED:
                outcome = _said(entry, "outcome")
                self._passes(entry, source=_said(entry, "source"), recipient=self.region, outcome=outcome)
            case Kind.SETTLED:
                outcome = _said(entry, "outcome")
                if (sent := self.messages.get((_said(entry, "message"), _said(entry, "digest")))) is not None:
                    self.messages[sent.message, sent.digest] = replace(sent, outcome=outcome)
            case Kind.STEP:
                self.holders[_counted(entry, "tenure")] = _said(entry, "holder")
                self.versions.add(_counted(entry, "version"))
            case _:
                pass
        self.told.append(one)

    def _passes(self, entry: Entry, *, source: str, recipient: str, outcome: str | None = None) -> None:
        passed = Passed(
            message=_said(entry, "message"),
            source=source,
            recipient=recipient,
            sequence=None if entry.facts.get("sequence") is None else _counted(entry, "sequence"),
            type=_said(entry, "type"),
            digest=_said(entry, "digest"),
            outcome=outcome,
        )
        self.messages[passed.message, passed.digest] = passed

    @property
    def gaps(self) -> Iterator[tuple[str, int]]:
        """The first number that is missing among those that this region gave itself: of the versions of its record,
        and of its messages to each region."""
        yield from (("", number) for number in _first_missing(self.versions))
        for recipient in sorted({one.recipient for one in self.messages.values() if one.source == self.region}):
            sent = {one.sequence for one in self.messages.values() if one.recipient == recipient and one.sequence}
            yield from ((recipient, number) for number in _first_missing(sent))

    def shared(self, regions: Collection[str] = ()) -> dict[str, Any]:
        """What these regions have to agree on, all of them where none are named; as JSON can say it, in one order."""
        messages = [one for one in self.messages.values() if not regions or one.between <= set(regions)]
        messages.sort(key=lambda one: (one.source, one.recipient, one.sequence or 0, one.message))
        return {
            "holders": [{"tenure": number, "institution": self.holders[number]} for number in sorted(self.holders)],
            "messages": [
                {
                    "message": one.message,
                    "from": one.source,
                    "to": one.recipient,
                    "sequence": one.sequence,
                    "type": one.type,
                    "digest": one.digest,
                    "outcome": one.outcome,
                }
                for one in messages
            ],
        }

    @property
    def data(self) -> dict[str, Any]:
        """All of it, as JSON can say it; its keys stay the same."""
        return {
            "region": self.region,
            "case": str(self.case),
            "shared": self.shared(),
            "entries": [_line(one) for one in self.told],
        }


def trace_of(region: str, case: UUID, entries: Iterable[Opened]) -> Trace:
    """The case as these entries tell it, given in their order; raises EntryMalformed."""
    made = Trace(region=region, case=case)
    for one in entries:
        made.take(one)
    return made


def differences(here: Trace, there: Trace) -> Iterator[Difference]:
    """In what two regions do not agree: a holder, a message that one of them does not have, its content, its outcome.
    A tenure between others that only one of them heard of is no disagreement."""
    both = here.holders.keys() & there.holders.keys()
    last = {max(one.holders) for one in (here, there) if one.holders}
    for number in sorted(both | last):
        held = here.holders.get(number), there.holders.get(number)
        if held[0] != held[1]:
            yield Difference("holder", str(number), *held)
    pair = {here.region, there.region}
    for key in dict.fromkeys((*here.messages, *there.messages)):
        mine, theirs = here.messages.get(key), there.messages.get(key)
        if all(one is None or one.between != pair for one in (mine, theirs)):
            continue
        if mine is None or theirs is None:
            yield Difference("message", key[0], here.region if mine else None, there.region if theirs else None)
        elif replace(mine, outcome=None) != replace(theirs, outcome=None):
            yield Difference("content", key[0], f"{mine.type} {mine.sequence}", f"{theirs.type} {theirs.sequence}")
        elif mine.outcome != theirs.outcome:
            yield Difference("outcome", key[0], mine.outcome, theirs.outcome)


def _line(one: Opened) -> dict[str, Any]:
    """``closed`` are texts that are not shown: masked, or erased."""
    entry = one.entry
    return {
        "place": one.place,
        "id": str(entry.id),
        "at": moment(entry.at),
        "kind": entry.kind.value,
        "facts": {name: said for name, said in entry.facts.items() if name not in _OF_THE_LEDGER},
        "texts": None if one.texts is None else {name: said for name, said in one.texts.items() if name != "salt"},
        "closed": entry.texts is not None and one.texts is None,
    }


def _first_missing(numbers: Collection[int]) -> Iterator[int]:
    """Nothing, where they are 1, 2, 3 … without a gap."""
    first = next(number for number in range(1, len(numbers) + 2) if number not in numbers)
    if first <= len(numbers):
        yield first


def _said(entry: Entry, name: str) -> str:
    said = entry.facts.get(name)
    if not isinstance(said, str):
        raise EntryMalformed(f"facts of {entry.kind}: {name} is due")
    return said


def _counted(entry: Entry, name: str) -> int:
    said = entry.facts.get(name)
    if type(said) is not int:
        raise EntryMalformed(f"facts of {entry.kind}: {name} is due, a number")
    return said
