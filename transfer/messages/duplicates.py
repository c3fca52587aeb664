"""What regions tell one another to find the same matter, without naming anyone (Order 148, first received accepts)."""

from typing import Annotated, Final

from pydantic import Field

from transfer.messages.values import CaseId, Frozen, InstitutionCode, Moment

MOST_FINGERPRINTS: Final = 400
FINGERPRINT: Final = r"^[1-9][0-9]{0,3}:[0-9a-f]{64}$"
Fingerprint = Annotated[
    str,
    Field(
        pattern=FINGERPRINT,
        description="HMAC-SM3 of person, opponent and matter, after the version of the shared key",
    ),
]


class MatterNoticed(Frozen):
    """A case was received here. Whoever has the same matter answers; what it is about is said by fingerprints alone."""

    case: CaseId
    at: Moment
    institution: Annotated[InstitutionCode, Field(description="its holder")]
    first_received_at: Moment
    first_received_by: InstitutionCode
    fingerprints: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=MOST_FINGERPRINTS)]


class SameMatterKnown(Frozen):
    """The answer of a region that knows a case with one of these fingerprints; nothing is decided by it."""

    case: CaseId
    at: Moment
    known_case: Annotated[CaseId, Field(description="the case that is known there")]
    institution: Annotated[InstitutionCode, Field(description="its holder")]
    first_received_at: Moment
    first_received_by: InstitutionCode
