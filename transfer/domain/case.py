"""A case and its transfers as one region knows them."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from transfer.domain.duplicates import SameMatter
from transfer.domain.errors import NotTheHolder, TransferOpen, UnknownApplicant, UnknownRequest, UnknownTransfer
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import UNHANDLED, Handling
from transfer.domain.lifecycle import CLOSED, Side, State, Step, after, open_steps
from transfer.messages.case import (
    Applicant,
    CaseBasics,
    CaseFile,
    CaseNumber,
    Designation,
    Election,
    Material,
    StageReached,
    Tenure,
)
from transfer.messages.codes import ApplicantStatus, RecallReason, Stage
from transfer.messages.eligibility import NO_ATTESTATIONS, Attestations
from transfer.messages.transfer import (
    ApplicantLeft,
    ApplicantTold,
    CompetenceDisputed,
    Designated,
    SupplementItem,
    SupplementRequired,
)
from transfer.messages.values import Digest, Frozen, region_of

JUST_RECEIVED: Final = StageReached(stage=Stage.RECEIVED, tenure=1, number=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One attempt to hand a case over, as the record of one side shows it."""

    id: UUID
    side: Side
    state: State
    sender: str
    receiver: str
    attempt: int
    letter: str
    reason: str
    despite: str | None = None
    opened_at: datetime
    changed_at: datetime
    signed_by: str | None = None
    notice: SupplementRequired | None = None
    dispute: CompetenceDisputed | None = None
    designations: tuple[tuple[str, Designated], ...] = ()
    designation: Designation | None = None
    escalated: bool = False
    recall: RecallReason | None = None
    told: tuple[ApplicantTold, ...] = ()
    supplied: frozenset[str] = frozenset()
    heard: Digest | None = None

    @property
    def sender_region(self) -> str:
        return region_of(self.sender)

    @property
    def receiver_region(self) -> str:
        return region_of(self.receiver)

    @property
    def is_open(self) -> bool:
        """Whether the receiver may still become holder through this transfer."""
        if self.state in CLOSED:
            return False
        if self.state is State.DESIGNATED and self.designation is not None:
            return self.designation.region == self.receiver_region
        return True

    @property
    def is_recallable(self) -> bool:
        """Whether the sender may still ask for the case back."""
        return self.is_open and Step.RECALL in open_steps(self.state, Side.SENDER)

    def take(self, step: Step, *, by: Side, at: datetime) -> "Transfer":
        """The transfer after a step; raises IllegalStep."""
        return replace(self, state=after(self.state, step, by=by, record=self.side), changed_at=at)


class Notice(Frozen):
    """The one notice of the holder to the applicants of its case; ``supplied`` are the papers that came with answers,
    by title; ``named`` are the persons whom this one and earlier ones named."""

    items: tuple[SupplementItem, ...]
    due_on: date
    given_by: str
    given_at: datetime
    told: tuple[ApplicantTold, ...] = ()
    answered: bool = False
    supplied: frozenset[str] = frozenset()
    named: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One matter with its applicants, its holders so far, and the transfers that this region took part in.

    ``version`` counts the changes of this region's record, for If-Match; 0 is not stored yet.
    """

    id: UUID
    basics: CaseBasics
    applicants: tuple[Applicant, ...] = ()
    materials: tuple[Material, ...] = ()
    election: Election | None = None
    tenures: tuple[Tenure, ...]
    stage: StageReached = JUST_RECEIVED
    followers: frozenset[str] = frozenset()
    transfers: tuple[Transfer, ...] = ()
    requests: tuple[EvidenceRequest, ...] = ()
    notice: Notice | None = None
    handling: Handling = UNHANDLED
    attestations: Attestations = NO_ATTESTATIONS
    duplicate_of: UUID | None = None
    same_matter: tuple[SameMatter, ...] = ()
    version: int = 0

    @property
    def holder(self) -> Tenure:
        return self.tenures[-1]

    @property
    def holder_region(self) -> str:
        return region_of(self.holder.institution)

    @property
    def open_offer(self) -> Transfer | None:
        """The outgoing transfer that is still open, if any; a case has at most one."""
        return next((t for t in self.transfers if t.side is Side.SENDER and t.is_open), None)

    @property
    def active(self) -> tuple[Applicant, ...]:
        return tuple(a for a in self.applicants if a.status is ApplicantStatus.ACTIVE)

    @property
    def file(self) -> CaseFile:
        """The case as it is handed over."""
        return CaseFile(
            basics=self.basics,
            applicants=self.applicants,
            materials=self.materials,
            election=self.election,
            attestations=self.attestations,
        )

    def applicant(self, applicant_id: UUID) -> Applicant:
        """Raises UnknownApplicant."""
        for applicant in self.applicants:
            if applicant.id == applicant_id:
                return applicant
        raise UnknownApplicant(applicants=[str(applicant_id)])

    def transfer(self, transfer_id: UUID) -> Transfer:
        """Raises UnknownTransfer."""
        for transfer in self.transfers:
            if transfer.id == transfer_id:
                return transfer
        raise UnknownTransfer(transfer=transfer_id, case=self.id)

    def held_by(self, region: str) -> "Case":
        """The case itself; raises NotTheHolder when another region holds it."""
        if self.holder_region != region:
            raise NotTheHolder(holder=self.holder.institution, asked_by=region)
        return self

    def check_not_offered(self) -> None:
        """Raises TransferOpen while an offer of the case is open."""
        if self.open_offer is not None:
            raise TransferOpen(transfer=self.open_offer.id, state=self.open_offer.state)

    def with_transfer(self, changed: Transfer) -> "Case":
        """The case with that transfer replaced, or added when it is new."""
        others = tuple(t for t in self.transfers if t.id != changed.id)
        if len(others) == len(self.transfers):
            return replace(self, transfers=(*self.transfers, changed))
        return replace(self, transfers=tuple(changed if t.id == changed.id else t for t in self.transfers))

    def held_since(self, tenures: tuple[Tenure, ...]) -> "Case":
        """The case with these holders."""
        return self if tenures == self.tenures else replace(self, tenures=tenures)

    def following(self, region: str) -> "Case":
        """The case with one more region that hears of its progress."""
        return self if region in self.followers else replace(self, followers=self.followers | {region})

    def request(self, request_id: UUID) -> EvidenceRequest:
        """Raises UnknownRequest."""
        for request in self.requests:
            if request.id == request_id:
                return request
        raise UnknownRequest(request=request_id, case=self.id)

    def with_request(self, changed: EvidenceRequest) -> "Case":
        """The case with that evidence request replaced, or added when it is new."""
        if all(one.id != changed.id for one in self.requests):
            return replace(self, requests=(*self.requests, changed))
        return replace(self, requests=tuple(changed if one.id == changed.id else one for one in self.requests))

    def without_applicants(self, left: tuple[ApplicantLeft, ...]) -> "Case":
        """The case after some applicants left; raises UnknownApplicant.

        Who withdrew by their own will stays so: being deemed withdrawn may cross it, and both records end alike. Who is
        in another case now does not leave this one again.
        """
        status = {one.applicant: one.status for one in left}
        if unknown := status.keys() - {a.id for a in self.applicants}:
            raise UnknownApplicant(applicants=sorted(map(str, unknown)))
        return replace(
            self,
            applicants=tuple(
                a.model_copy(update={"status": status[a.id]})
                if a.id in status and a.status not in {ApplicantStatus.WITHDRAWN, ApplicantStatus.SPLIT_OFF}
                else a
                for a in self.applicants
            ),
        )

    def withdrawn(self, applicants: Collection[UUID]) -> "Case":
        """The case after these applicants withdrew by their own will; raises UnknownApplicant."""
        status = ApplicantStatus.WITHDRAWN
        return self.without_applicants(tuple(ApplicantLeft(applicant=a, status=status) for a in applicants))

    def with_materials(self, materials: tuple[Material, ...]) -> "Case":
        """The case with more papers; raises UnknownApplicant when one is of nobody in the case."""
        named = {paper.applicant for paper in materials if paper.applicant is not None}
        if unknown := named - {a.id for a in self.applicants}:
            raise UnknownApplicant(applicants=sorted(map(str, unknown)))
        return replace(self, materials=(*self.materials, *materials))

    @property
    def as_same_matter(self) -> SameMatter:
        """As another case on the same matter shows it."""
        return SameMatter(
            case=self.id,
            institution=self.holder.institution,
            first_received_at=self.basics.first_received_at,
            first_received_by=self.basics.first_received_by,
        )

    def beside(self, other: SameMatter) -> "Case":
        """The case with a possible duplicate, each named once."""
        rest = (one for one in self.same_matter if one.case != other.case)
        return replace(self, same_matter=(*rest, other))

    def attested(self, new: Attestations) -> "Case":
        """The case with what is new of these; itself when nothing is."""
        held = self.attestations.with_(new)
        return self if held is self.attestations else replace(self, attestations=held)

    def numbered(self, institution: str, number: str | None) -> "Case":
        """The case with the number that the institution gave it, each number once."""
        numbers = self.basics.numbers
        if number is None or (given := CaseNumber(institution=institution, number=number)) in numbers:
            return self
        return replace(self, basics=self.basics.model_copy(update={"numbers": (*numbers, given)}))

    def reached(self, stage: StageReached) -> "Case":
        """The case at that stage, unless a later one is known; so every order of arrival ends alike."""
        if (stage.tenure, stage.number) <= (self.stage.tenure, self.stage.number):
            return self
        return replace(self, stage=stage)
