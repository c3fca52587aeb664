"""What became of messages, told to their sender in batches."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from transfer.messages.codes import Hop, ReceiptOutcome, RefusalCode
from transfer.messages.values import BetweenRegions, Digest, Frozen, Line, Moment


class Refusal(Frozen):
    """Why a message was not applied, where, and whether sending it again can help."""

    code: RefusalCode
    hop: Hop
    detail: Line
    resend: Annotated[bool, Field(description="true: send it again later; false: it will be refused again")]


class Receipt(Frozen):
    """The verdict on one message; the digest binds it to the exact content that was received."""

    message: UUID
    digest: Annotated[
        Digest | None, Field(description="absent when the letter could not be opened; then it is to be sent again")
    ] = None
    outcome: ReceiptOutcome
    at: Moment
    refusal: Annotated[Refusal | None, Field(description="given exactly when the outcome is refused")] = None

    @model_validator(mode="after")
    def _refusal_fits_outcome(self) -> Self:
        if (self.outcome is ReceiptOutcome.REFUSED) != (self.refusal is not None):
            raise ValueError("a refusal is given exactly when the outcome is refused")
        if self.digest is None and (self.refusal is None or not self.refusal.resend):
            raise ValueError("a verdict without the digest of the content can only ask for the message again")
        return self


class ReceiptIssued(BetweenRegions):
    """Receipts of one region for another; a receipt is itself not receipted."""

    receipts: Annotated[tuple[Receipt, ...], Field(min_length=1, max_length=1000)]
