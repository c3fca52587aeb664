"""What regions say to each other when personal data are destroyed; ids and codes alone."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.eligibility import Statement, Token
from transfer.messages.values import ApplicantId, CaseId, Frozen, Moment, RegionCode

Applicant = Annotated[ApplicantId | None, Field(description="whose data; absent for the whole case")]
Receipt = Annotated[Token, Field(description="a signed DestructionReceipt")]


class DestructionReceipt(Statement):
    """What a region signs when it has destroyed what it held of a case or of one applicant, and the keys."""

    purpose: Literal["destruction"] = "destruction"
    id: Annotated[UUID, Field(description="Id of the receipt, global")]
    case: CaseId
    applicant: Applicant = None
    basis: ErasureBasis
    at: Moment


class ErasureOrdered(Frozen):
    """The holder destroyed what it had; whoever has a copy does the same, and tells the regions that it gave one."""

    case: CaseId
    applicant: Applicant = None
    basis: ErasureBasis
    receipt: Annotated[Receipt, Field(description="the holder's own")]
    told: Annotated[tuple[RegionCode, ...], Field(max_length=200, description="who is told, or was before")] = ()
    at: Moment


class ErasureAnswered(Frozen):
    """The copy is destroyed, or held by law there and destroyed when that ends."""

    case: CaseId
    applicant: Applicant = None
    receipt: Annotated[Receipt | None, Field(description="absent while a hold stands there")] = None
    at: Moment


OF_ERASURE: Final = (ErasureOrdered, ErasureAnswered)
"""What is still said of a case that was erased."""
