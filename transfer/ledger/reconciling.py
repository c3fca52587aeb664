"""Whether two regions' records of the messages between them are alike: roots per range, and the differences. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from transfer.ledger.differences import Difference
from transfer.ledger.entry import canonical
from transfer.ledger.tree import Growing, leaf_hash
from transfer.messages.codes_reconciling import AT_SENDER, RecordState
from transfer.messages.reconciling import Line, RangeRoot

_TIME_BITS: Final = 80
"""Behind the milliseconds of a UUID version 7."""

_D: Final = Difference

# By the recipient's state, where it has a record; the columns are the sender's states in their order.
_TABLE: Final[Mapping[RecordState | None, tuple[Difference | None, ...]]] = MappingProxyType(
    {
        None: (_D.NOT_SENT, _D.NOT_RECEIVED, _D.RECORD_LOST, _D.NOT_ENTERED),
        RecordState.PARKED: (_D.PARKED, _D.PARKED, _D.VERDICT_DIFFERS, _D.PARKED),
        RecordState.HELD: (_D.HELD, _D.HELD, _D.VERDICT_DIFFERS, _D.HELD),
        RecordState.APPLIED: (_D.RECEIPT_LOST, _D.RECEIPT_LOST, None, _D.RECEIPT_LOST),
        RecordState.REFUSED: (_D.REFUSAL_LOST, _D.REFUSAL_LOST, _D.VERDICT_DIFFERS, None),
    }
)

HEALED_BY_SENDER: Final = frozenset({Difference.NOT_RECEIVED, Difference.RECEIPT_LOST, Difference.REFUSAL_LOST})
"""Its sender sends it again."""
HEALED_BY_RECIPIENT: Final = frozenset({Difference.RECEIPT_LOST, Difference.REFUSAL_LOST})
"""Its recipient gives the receipt again."""


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, and the record that shows it: the sender's where it has one."""

    difference: Difference
    line: Line


@dataclass(slots=True)
class Roots:
    """The roots per range of conversations, while lines are added by their message ids."""

    _trees: dict[int, Growing] = field(default_factory=dict)

    def add(self, lines: Iterable[Line]) -> None:
        for one in lines:
            for _ in self._trees.setdefault(one.conversation.bytes[-1], Growing()).append(leaf_hash(leaf(one))):
                pass

    @property
    def said(self) -> tuple[RangeRoot, ...]:
        """As they stand in a question."""
        return tuple(
            RangeRoot(range=number, count=tree.size, root=tree.root.hex())
            for number, tree in sorted(self._trees.items())
        )


def leaf(line: Line) -> bytes:
    """A line as it is hashed. What is not final has other states at its sender than at its recipient, so it always
    differs, and is named."""
    return canonical([str(line.message), str(line.conversation), line.sequence, line.digest, line.state.value])


def unlike(here: Sequence[RangeRoot], there: Sequence[RangeRoot]) -> tuple[int, ...]:
    """The ranges that are not the same in both."""
    return tuple(sorted({one.range for one in set(here) ^ set(there)}))


def differences(sent: Iterable[Line], received: Iterable[Line]) -> Iterator[Found]:
    """How what one region sent differs from what the other received, by message id."""
    at_sender = {one.message: one for one in sent}
    at_recipient = {one.message: one for one in received}
    for message in sorted(at_sender.keys() | at_recipient.keys()):
        mine, theirs = at_sender.get(message), at_recipient.get(message)
        if mine is None and theirs is not None:
            yield Found(Difference.NEVER_SENT, theirs)
        elif mine is not None and (found := _judged(mine, theirs)) is not None:
            yield Found(found, mine)


def _judged(sent: Line, received: Line | None) -> Difference | None:
    if received is not None and _content(sent) != _content(received):
        return Difference.OTHER_CONTENT
    return _TABLE[received.state if received else None][AT_SENDER.index(sent.state)]


def _content(line: Line) -> tuple[object, ...]:
    return line.conversation, line.sequence, line.digest


def first_id(moment: datetime) -> UUID:
    """What the ids of messages that were made at or after this moment do not come before (RFC 9562, section 5.7)."""
    return UUID(int=int(moment.astimezone(UTC).timestamp() * 1000) << _TIME_BITS)
