"""The commands on the hardship condition: what is found of each applicant, and what is attested of it to others."""

from typing import Annotated

from pydantic import Field

from transfer.actions.commands import Command
from transfer.domain.eligibility import NewFinding
from transfer.messages.codes_eligibility import RevocationReason
from transfer.messages.eligibility import AttestationId
from transfer.messages.values import ApplicantId, Day, Line


class FindEligibility(Command):
    """Enter what was found of applicants of an own case, each on a ground of their own."""

    findings: Annotated[tuple[NewFinding, ...], Field(min_length=1, max_length=500)]


class Attest(Command):
    """Attest to other regions what this institution found of a person's economic situation."""

    applicant: ApplicantId
    in_hardship: bool
    found_on: Day
    until: Annotated[Day, Field(description="last day on which it counts")]
    basis: Annotated[Line, Field(description="the standard, and how it was checked")]


class Revoke(Command):
    """Take an own attestation back."""

    attestation: AttestationId
    reason: RevocationReason
