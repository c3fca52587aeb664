"""How two regions compare their records of the messages between them: roots per range of conversations, and the lines
of the ranges that differ. A period is one of message ids, which begin with the time (RFC 9562, UUID version 7)."""

from itertools import pairwise
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import Field, model_validator

from transfer.messages.codes_reconciling import AT_RECIPIENT, AT_SENDER, RecordState
from transfer.messages.values import MAX_INTEGER, BetweenRegions, Digest, Frozen

RANGES: Final = 256
MOST_LINES: Final = 2000
"""In one answer, each way; some 250 bytes each."""

Range = Annotated[int, Field(ge=0, lt=RANGES, description="the last byte of the conversation's id")]


class Line(Frozen):
    """What one region's records say of one message."""

    message: UUID
    conversation: UUID
    sequence: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    digest: Digest
    state: RecordState


class RangeRoot(Frozen):
    """The messages of one range of conversations: how many, and the root over their lines."""

    range: Range
    count: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    root: Annotated[
        str,
        Field(
            pattern=r"^[0-9a-f]{64}$",
            description="of the Merkle tree (RFC 9162) whose leaves are the lines by message id, each as "
            '["message","conversation",sequence,"digest","state"] without spaces',
        ),
    ]


Roots = Annotated[
    tuple[RangeRoot, ...], Field(max_length=RANGES, description="of the ranges that have messages, in their order")
]


class ReconcileAsked(BetweenRegions):
    """A region asks another to compare the messages whose ids are in this period, with what it has of them itself."""

    start: Annotated[UUID, Field(description="the first message id of the period")]
    stop: Annotated[UUID, Field(description="the first behind it")]
    sent: Annotated[Roots, Field(description="what the asking region sent")]
    received: Annotated[Roots, Field(description="what it received")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.stop:
            raise ValueError("a period ends after its start")
        for roots in (self.sent, self.received):
            _rise([one.range for one in roots], "ranges")
        return self


class Differing(Frozen):
    """The ranges that are not alike, and all lines of them that the answering region has."""

    ranges: Annotated[tuple[Range, ...], Field(max_length=RANGES)]
    lines: Annotated[tuple[Line, ...], Field(max_length=MOST_LINES, description="by message id")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _rise(self.ranges, "ranges")
        _rise([one.message for one in self.lines], "lines")
        if any(one.conversation.bytes[-1] not in self.ranges for one in self.lines):
            raise ValueError("a line of a range that is not listed")
        return self


class ReconcileAnswered(BetweenRegions):
    """What of it differs. What one answer cannot hold is asked for again, from where this one ends."""

    through: Annotated[UUID, Field(description="the first message id that this answer does not tell of")]
    sent: Annotated[Differing, Field(description="of what the answering region sent")]
    received: Annotated[Differing, Field(description="of what it received")]

    @model_validator(mode="after")
    def _of_their_sides(self) -> Self:
        for lines, states in ((self.sent.lines, AT_SENDER), (self.received.lines, AT_RECIPIENT)):
            if any(one.state not in states for one in lines):
                raise ValueError("a state that a record of that side cannot have")
        return self


def _rise(found: "tuple[int, ...] | list[int] | list[UUID]", what: str) -> None:
    if any(one >= after for one, after in pairwise(found)):  # type: ignore[operator] # each list is of one kind
        raise ValueError(f"the {what} must be in their order, each once")
