"""What a region that came back from a backup asks of the others: what it said to them since, and they to it."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from transfer.messages.codes import ReceiptOutcome
from transfer.messages.receipts import Refusal
from transfer.messages.values import MAX_INTEGER, BetweenRegions, Frozen, Line, Moment

MOST_KEPT: Final = 500
"""Messages in one answer, each way."""
CONTENT_CHARACTERS: Final = 1_000_000
"""Of one message; an answer holds no more than this of all together, but for a first one that is longer."""
NOTE_CHARACTERS: Final = 20_000

Note = Annotated[str, Field(max_length=NOTE_CHARACTERS)]


class Kept(Frozen):
    """A message between both regions as the answering one has it. There is no content where it was erased, and where it
    is ``withheld``; its place is taken all the same."""

    message: UUID
    conversation: UUID
    sequence: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
    content: Annotated[str | None, Field(max_length=CONTENT_CHARACTERS, description="the bytes that were signed")] = (
        None
    )
    withheld: Annotated[
        bool, Field(description="the content is longer than an answer may hold; a person has to ask for it")
    ] = False
    signature: Annotated[
        str | None, Field(max_length=4000, description="of the asking region; a JWS without its payload")
    ] = None
    outcome: ReceiptOutcome
    refusal: Refusal | None = None


class RecoveryAsked(BetweenRegions):
    """This region was restored from a backup and declares so; it asks for what it has forgotten."""

    since: Annotated[Moment, Field(description="some time before the backup was made")]
    after: Annotated[UUID | None, Field(description="the message id at which the last answer ended")] = None
    reason: Annotated[Line, Field(description="why it was restored")]
    note: Annotated[
        Note | None,
        Field(description="the last checkpoint of its ledger with the recipient's cosignature that it has left"),
    ] = None


class RecoveryAnswered(BetweenRegions):
    """What was exchanged since, by message id. What one answer cannot hold is asked for again."""

    through: Annotated[UUID | None, Field(description="the last message id told of; absent when that was all")] = None
    known: Annotated[Note | None, Field(description="the asking region's last checkpoint that is known here")] = None
    sent: Annotated[tuple[Kept, ...], Field(max_length=MOST_KEPT, description="by the answering region")] = ()
    received: Annotated[tuple[Kept, ...], Field(max_length=MOST_KEPT, description="by the answering region")] = ()
