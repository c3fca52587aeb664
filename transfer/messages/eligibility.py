"""What is found of an applicant's hardship condition, and what a region attests of it for others."""

from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from transfer.messages.codes import HardshipGround
from transfer.messages.codes_eligibility import RevocationReason
from transfer.messages.values import ApplicantId, CaseId, Day, Digest, Frozen, InstitutionCode, Line, Moment


class Found(Frozen):
    """A finding as a person enters it."""

    ground: Annotated[HardshipGround | None, Field(description="absent: not in economic hardship")] = None
    found_on: Annotated[Day | None, Field(description="today when absent")] = None
    proof: Annotated[Line, Field(description="the paper, query or reply that it rests on")]
    signed_on: Annotated[Day | None, Field(description="given exactly for a commitment: when it was signed")] = None
    until: Annotated[Day | None, Field(description="its last day, where it has one")] = None

    @model_validator(mode="after")
    def _a_commitment_is_signed(self) -> Self:
        if (self.ground is HardshipGround.COMMITMENT) != (self.signed_on is not None):
            raise ValueError("a day of signing is given exactly for a commitment")
        return self


class Finding(Found):
    """What an institution found, with the rule as it stood."""

    found_on: Day
    by: InstitutionCode
    rules: Annotated[Line, Field(description="version of the rule set")]
    basis: Annotated[Line | None, Field(description="where the rule stands, as it may be printed")] = None
    attestation: Annotated[UUID | None, Field(description="the one that was recognised")] = None


Token = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$", max_length=4096, description="a compact JWS"),
]
AttestationId = Annotated[UUID, Field(description="Id of an attestation, global")]


class Statement(Frozen):
    """What an institution says in a token that others may read later."""

    model_config = ConfigDict(extra="forbid")

    by: InstitutionCode


class Attestation(Statement):
    """What a region attests of one person; nothing in it shows who the person is."""

    purpose: Literal["hardship"] = "hardship"
    id: AttestationId
    applicant: ApplicantId
    person: Annotated[Digest, Field(description="over the salt, the name, and kind and number of the document")]
    in_hardship: bool
    found_on: Day
    until: Annotated[Day, Field(description="last day on which it counts")]
    basis: Annotated[Line, Field(description="the standard, and how it was checked")]


class Revocation(Statement):
    """What a region says when it takes an attestation back."""

    purpose: Literal["revocation"] = "revocation"
    attestation: AttestationId
    revoked_on: Day
    reason: RevocationReason


class Attested(Frozen):
    """A signed attestation and the salt of its digest, which stays beside it: who has the token alone cannot find the
    person by trying identity numbers."""

    applicant: ApplicantId
    salt: UUID
    token: Annotated[Token, Field(description="a signed Attestation")]


class Attestations(Frozen):
    """All attestations on a case, and all revocations, in whatever order they came."""

    issued: Annotated[tuple[Attested, ...], Field(max_length=1000)] = ()
    revoked: Annotated[tuple[Token, ...], Field(max_length=1000, description="signed Revocations")] = ()

    def with_(self, other: "Attestations") -> "Attestations":
        """Both, each one once; itself where the other adds nothing."""
        issued = tuple(dict.fromkeys((*self.issued, *other.issued)))
        revoked = tuple(dict.fromkeys((*self.revoked, *other.revoked)))
        if (issued, revoked) == (self.issued, self.revoked):
            return self
        return Attestations(issued=issued, revoked=revoked)


NO_ATTESTATIONS: Final = Attestations()


class AttestationIssued(Frozen):
    """A region attests what it found of an applicant's economic situation."""

    case: CaseId
    attested: Attested
    at: Moment


class AttestationRevoked(Frozen):
    """A region takes an attestation back; every region that has a copy of the case is told."""

    case: CaseId
    revocation: Annotated[Token, Field(description="a signed Revocation")]
    at: Moment
