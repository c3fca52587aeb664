"""What another region attests of a person: whether it is about that person, still counts, and is recognised."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol, TypeVar
from uuid import UUID

from transfer.domain.case import Case
from transfer.domain.errors import (
    AttestationExpired,
    AttestationOfAnotherPerson,
    AttestationTakenBack,
    FoundNotInHardship,
    NoHomeFinding,
    NotRecognised,
    TransferError,
)
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide
from transfer.domain.lifecycle import Side
from transfer.law.book import NoSuchRule, RuleBook
from transfer.law.rules import Figure
from transfer.messages.case import Applicant, IdentityDocument
from transfer.messages.codes import HardshipGround
from transfer.messages.codes_evidence import EvidenceField
from transfer.messages.eligibility import Attestation, Attested, Revocation, Statement
from transfer.messages.evidence_items import POSITIVE
from transfer.messages.values import Digest, Name, region_of

Kind = TypeVar("Kind", bound=Statement)


class Reader(Protocol):
    """Reads what a region signed; raises ForgedAttestation, AlteredAttestation or AttestationOfAnotherRegion."""

    def __call__(self, token: str, kind: type[Kind]) -> Kind: ...


STANDARD: Final = "HARDSHIP_STANDARD"
"""The figure that holds a province's hardship standard, where its administrator has loaded one (Legal Aid Law 34)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forum:
    """Where and when it is judged: the region whose rules count, how it reads what others signed, and from whom it
    takes a finding without a check of its own."""

    region: str
    day: date
    rules: RuleBook
    read: Reader
    recognises: Callable[[str], bool]

    @property
    def standard(self) -> Figure | None:
        """The hardship standard of this province, when it is loaded."""
        try:
            return self.rules.figure(STANDARD, self.region, self.day)
        except NoSuchRule:
            return None


def digest_of_person(salt: UUID, name: Name, identity: IdentityDocument | None) -> Digest:
    """Binds an attestation to a person without showing who it is; without the salt nobody finds out by trying."""
    kind, number = (identity.kind.value, identity.number) if identity is not None else ("NONE", "")
    said = json.dumps([str(salt), name, kind, number], ensure_ascii=False, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(said.encode()).hexdigest()


def check_person(attested: Attested, said: Attestation, applicant: Applicant) -> None:
    """Raises AttestationOfAnotherPerson."""
    person = digest_of_person(attested.salt, applicant.name, applicant.identity)
    if {attested.applicant, said.applicant} != {applicant.id} or said.person != person:
        raise AttestationOfAnotherPerson(attestation=said.id, applicant=applicant.id)


def home_finding(case: Case, applicant: Applicant, forum: Forum) -> Attestation:
    """The attestation of another region on this person that is recognised; of several the one that counts longest.

    Raises NoHomeFinding, or what is wrong with the last that came.
    """
    good: list[Attestation] = []
    fault: TransferError = NoHomeFinding(applicant=applicant.id)
    for attested in case.attestations.issued:
        if attested.applicant == applicant.id:
            try:
                good.append(_checked(attested, case, applicant, forum))
            except TransferError as error:
                fault = error
    if not good:
        raise fault
    return max(good, key=lambda one: one.until)


def _checked(attested: Attested, case: Case, applicant: Applicant, forum: Forum) -> Attestation:
    said = forum.read(attested.token, Attestation)
    check_person(attested, said, applicant)
    if (revocation := revocation_of(said, case, forum.read)) is not None:
        raise AttestationTakenBack(attestation=said.id, on=revocation.revoked_on, reason=revocation.reason)
    if forum.day > said.until:
        raise AttestationExpired(attestation=said.id, until=said.until)
    region = region_of(said.by)
    if region == forum.region or not forum.recognises(region):
        raise NotRecognised(attestation=said.id, by=said.by)
    if not said.in_hardship:
        raise FoundNotInHardship(attestation=said.id, by=said.by)
    return said


def revocation_of(said: Attestation, case: Case, read: Reader) -> Revocation | None:
    """The word by which the region that attested has taken it back; that of another region counts for nothing."""
    for token in case.attestations.revoked:
        try:
            revocation = read(token, Revocation)
        except TransferError:
            continue
        if revocation.attestation == said.id and region_of(revocation.by) == region_of(said.by):
            return revocation
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundHere:
    """A person on whom an institution of this region found something; ``in_hardship`` is None where the answer to
    another region says it in words."""

    applicant: UUID
    name: Name
    identity: IdentityDocument | None
    by: str
    in_hardship: bool | None


def found_here(case: Case) -> Iterator[FoundHere]:
    """What may be attested: findings by a check, and answers that went to another region. That of the holder is among
    them for whoever holds a copy, so the caller looks at who found it."""
    for one in case.applicants:
        if one.finding is not None and one.finding.ground in {None, HardshipGround.INFO_SHARING}:
            hard = one.finding.ground is not None
            yield FoundHere(applicant=one.id, name=one.name, identity=one.identity, by=one.finding.by, in_hardship=hard)
    for request in case.requests:
        if request.side is RequestSide.REQUESTED:
            for person in request.persons:
                if _found_for(request, person.id):
                    yield FoundHere(
                        applicant=person.id,
                        name=person.name,
                        identity=person.identity,
                        by=request.requested,
                        in_hardship=None,
                    )


def _found_for(request: EvidenceRequest, person: UUID) -> bool:
    """Whether the answer that was sent says whether this person is in economic hardship."""
    obtained = {answer.item for answer in request.answers if answer.result in POSITIVE}
    asked = EvidenceField.HARDSHIP_FINDING
    return any(one.id in obtained and asked in one.fields and person in one.about for one in request.items)


def own_attestations(case: Case, region: str, read: Reader) -> Iterator[Attestation]:
    """What institutions of that region have attested on the case."""
    for attested in case.attestations.issued:
        with suppress(TransferError):
            said = read(attested.token, Attestation)
            if region_of(said.by) == region:
                yield said


def concerned(case: Case) -> set[str]:
    """The regions that decide now: the holder, and whoever is offered the case."""
    offered = {case.open_offer.receiver_region} if case.open_offer is not None else set()
    return {case.holder_region} | offered


def with_copies(case: Case) -> set[str]:
    """The regions that have a copy of the case, as far as is known here: who held it, who was offered it, and who asked
    this region about its persons."""
    held = {region_of(tenure.institution) for tenure in case.tenures}
    offered = {one.receiver_region for one in case.transfers if one.side is not Side.SUPERIOR}
    asked = {one.requester_region for one in case.requests}
    return held | offered | asked
