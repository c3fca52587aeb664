"""What became of messages, told to their sender in batches."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from transfer.messages.codes import Hop, ReceiptOutcome, RefusalCode
from transfer.messages.values import Digest, Frozen, Line, Moment


class Refusal(Frozen):
    """Why a message was not applied, where, and whether sending it again can help."""

    code: RefusalCode
    hop: Hop
    detail: Line
    resend: Annotated[bool, Field(description="true: send it again later; false: it will be refused again")]


class Receipt(Frozen):
    """The verdict on one message; the digest binds it to the exact bytes that were received."""

    message: UUID
    digest: Digest
    outcome: ReceiptOutcome
    at: Moment
    refusal: Refusal | None = None


class ReceiptIssued(Frozen):
    """Receipts of one region for another; a receipt is itself not receipted."""

    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1, max_length=1000)]
