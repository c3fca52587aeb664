"""What regions say to one another about their ledgers: a checkpoint, and whether it is cosigned (C2SP tlog-witness)."""

from typing import Annotated, Final, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import Field, model_validator

from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.values import BetweenRegions, Frozen, RegionCode

LARGEST_SIZE: Final = 2**53 - 1
"""What every reader of JSON reads exactly (RFC 8259, section 6)."""
MOST_HASHES: Final = 63
HASH: Final = r"^[A-Za-z0-9+/]{43}=$"
NOTE: Final = r"^[!-*,-~]+\n[0-9]+\n[A-Za-z0-9+/=]+\n\n(— [!-*,-~]+ [A-Za-z0-9+/=]+\n)+$"
COSIGNATURE: Final = r"^— [!-*,-~]+ [A-Za-z0-9+/=]+\n$"

Size = Annotated[int, Field(ge=0, le=LARGEST_SIZE, description="number of entries")]
Hash = Annotated[str, Field(pattern=HASH, description="base64 of 32 bytes")]
Note = Annotated[str, Field(pattern=NOTE, max_length=4096, description="signed checkpoint (C2SP tlog-checkpoint)")]


def ledger_conversation(region: str) -> UUID:
    """The conversation of all that is said about the ledger of a region, which belongs to no case."""
    return uuid5(NAMESPACE_URL, f"legalaid:ledger:{region}")


class LedgerMessage(BetweenRegions):
    """Something about the ledger of one of two regions."""

    region: Annotated[RegionCode, Field(description="whose ledger it is")]

    @property
    def conversation(self) -> UUID:
        """Where it has its place: the conversation of that ledger."""
        return ledger_conversation(self.region)


class CheckpointPublished(LedgerMessage):
    """A region's signed checkpoint of its own ledger, with the proof that it goes on from one that is known there."""

    old: Annotated[Size, Field(description="the size that the recipient cosigned last, as far as is known; 0 for none")]
    proof: Annotated[
        tuple[Hash, ...], Field(max_length=MOST_HASHES, description="consistency proof from there (RFC 9162, 2.1.4)")
    ]
    note: Note


class NotCosigned(Frozen):
    """Why a checkpoint is not cosigned."""

    code: CheckpointFault
    known: Annotated[Size, Field(description="the size that was cosigned last; 0 for none")]
    notes: Annotated[
        tuple[Note, ...], Field(max_length=2, description="for a fork the two that exclude each other, else none")
    ] = ()

    @model_validator(mode="after")
    def _shows_a_fork(self) -> Self:
        if len(self.notes) != (2 if self.code is CheckpointFault.FORK else 0):
            raise ValueError("two notes are given exactly for a fork")
        return self


class CheckpointAnswered(LedgerMessage):
    """What a region says to another's checkpoint: it cosigns it, or says why not."""

    size: Annotated[Size, Field(description="of the checkpoint")]
    cosignature: Annotated[
        str | None,
        Field(pattern=COSIGNATURE, max_length=400, description="line of a note (C2SP tlog-cosignature, Ed25519)"),
    ] = None
    refusal: Annotated[NotCosigned | None, Field(description="given exactly when there is no cosignature")] = None

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if (self.cosignature is None) == (self.refusal is None):
            raise ValueError("either a cosignature or a refusal is given")
        return self
