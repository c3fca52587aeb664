"""A case as the API shows it."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transfer.actions.situation import competence_of
from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.competence import Competence
from transfer.domain.duplicates import LinkedCase, advice, assisting
from transfer.domain.errors import UnknownCase
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import Handling
from transfer.domain.lifecycle import Side, State
from transfer.domain.rights import Person
from transfer.messages.case import Applicant, CaseBasics, Designation, Election, Material, StageReached, Tenure
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import RecallReason
from transfer.messages.codes_competence import DuplicateAdvice
from transfer.messages.eligibility import Attestations
from transfer.messages.transfer import ApplicantTold, CompetenceDisputed, Designated, SupplementRequired
from transfer.ports.work import Context
from transfer.records import KnownCase
from transfer.web.answers import Reply, reply
from transfer.web.route import Ask
from transfer.web.steps import StepOpen, steps_open


async def known_case(ask: Ask) -> KnownCase:
    """The case that the path names; raises UnknownCase."""
    known = await ask.parts.views.case(ask.id("case"))
    if known is None:
        raise UnknownCase(case=ask.id("case"))
    return known


class Body(BaseModel):
    """Something that the API shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Word(Body):
    """What one superior said about a transfer."""

    superior: str
    said: Designated


class TransferBody(Body):
    """One attempt to hand the case over, as this region's record shows it."""

    id: UUID
    side: Annotated[Side, Field(description="the part that this region plays")]
    state: State
    open: Annotated[bool, Field(description="the receiver may still become holder through it")]
    sender: str
    receiver: str
    attempt: int
    letter: str
    reason: str
    despite: Annotated[
        str | None, Field(description="why it goes where no connecting point leads; null where one does")
    ]
    opened_at: datetime
    changed_at: datetime
    signed_by: str | None
    notice: SupplementRequired | None
    told: Annotated[tuple[ApplicantTold, ...], Field(description="who was told of the notice")]
    dispute: CompetenceDisputed | None
    designations: tuple[Word, ...]
    designation: Designation | None
    escalated: bool
    recall: RecallReason | None


class PossibleDuplicate(Body):
    """Another case that seems to be on the same matter, and what may be done; people decide."""

    case: UUID
    institution: Annotated[str, Field(description="its holder, when it was found")]
    first_received_at: datetime
    first_received_by: str
    advice: DuplicateAdvice
    zh: str
    en: str


class CaseBody(Body):
    """A case after a change, as known here."""

    id: UUID
    version: Annotated[int, Field(description="rises with every change of this region's record; the ETag")]
    basics: CaseBasics
    applicants: tuple[Applicant, ...]
    materials: tuple[Material, ...]
    election: Election | None
    holder: Tenure
    held_here: bool
    tenures: tuple[Tenure, ...]
    stage: StageReached
    followers: tuple[str, ...]
    transfers: tuple[TransferBody, ...]
    notice: Annotated[Notice | None, Field(description="the one notice of its holder to the applicants")]
    handling: Annotated[
        Handling, Field(description="what was said with its stages and events here; it does not travel")
    ]
    requests: Annotated[tuple[EvidenceRequest, ...], Field(description="evidence requests, sent or received")]
    attestations: Annotated[Attestations, Field(description="what regions attested of its applicants")]
    duplicate_of: UUID | None
    possible_duplicates: tuple[PossibleDuplicate, ...]
    competence: Annotated[Competence, Field(description="who is competent by the places that are known")]
    steps: tuple[StepOpen, ...]


class CaseInFull(CaseBody):
    """A case with all stages that were published on it, and who works on it."""

    stages: tuple[StagePublished, ...]
    linked: Annotated[tuple[LinkedCase, ...], Field(description="cases linked to this one as its duplicates")]
    accepting: Annotated[
        str | None, Field(description="who accepts it: its holder; null while it only assists another")
    ]
    assisting: Annotated[tuple[str, ...], Field(description="who else works on it, once a case is linked to it")]
    opened_at: Annotated[datetime, Field(description="when the case became known to this node")]
    changed_at: datetime


def case_body(case: Case, context: Context, who: Person) -> CaseBody:
    """The case as an answer to a change by this person."""
    return CaseBody(**_fields(case, context, who))


def case_in_full(known: KnownCase, context: Context, who: Person) -> CaseInFull:
    """The case as an answer to a reading by this person."""
    case = known.case
    return CaseInFull(
        **_fields(case, context, who, linked=frozenset(one.case for one in known.linked)),
        stages=known.stages,
        linked=known.linked,
        accepting=case.holder.institution if case.duplicate_of is None else None,
        assisting=assisting(case.tenures, known.linked),
        opened_at=known.opened_at,
        changed_at=known.changed_at,
    )


async def competence(ask: Ask) -> Reply:
    """Who is competent for one case, and why."""
    known = await known_case(ask)
    return reply(competence_of(known.case, ask.parts.context()))


def _fields(case: Case, context: Context, who: Person, *, linked: frozenset[UUID] = frozenset()) -> dict[str, object]:
    return {
        "id": case.id,
        "version": case.version,
        "basics": case.basics,
        "applicants": case.applicants,
        "materials": case.materials,
        "election": case.election,
        "holder": case.holder,
        "held_here": case.holder_region == context.region,
        "tenures": case.tenures,
        "stage": case.stage,
        "followers": tuple(sorted(case.followers)),
        "transfers": tuple(_transfer(transfer) for transfer in case.transfers),
        "notice": case.notice,
        "handling": case.handling,
        "requests": case.requests,
        "attestations": case.attestations,
        "duplicate_of": case.duplicate_of,
        "possible_duplicates": tuple(_possible_duplicates(case, context, linked | {case.duplicate_of})),
        "competence": competence_of(case, context),
        "steps": steps_open(case, context, who),
    }


def _possible_duplicates(case: Case, context: Context, known: Collection[UUID | None]) -> Iterator[PossibleDuplicate]:
    for other in case.same_matter:
        if other.case not in known:
            said = advice(case.id, case.basics, other, context.region)
            yield PossibleDuplicate(**dict(other), advice=said, zh=said.zh, en=said.en)


def _transfer(transfer: Transfer) -> TransferBody:
    return TransferBody(
        id=transfer.id,
        side=transfer.side,
        state=transfer.state,
        open=transfer.is_open,
        sender=transfer.sender,
        receiver=transfer.receiver,
        attempt=transfer.attempt,
        letter=transfer.letter,
        reason=transfer.reason,
        despite=transfer.despite,
        opened_at=transfer.opened_at,
        changed_at=transfer.changed_at,
        signed_by=transfer.signed_by,
        notice=transfer.notice,
        told=transfer.told,
        dispute=transfer.dispute,
        designations=tuple(Word(superior=by, said=word) for by, word in transfer.designations),
        designation=transfer.designation,
        escalated=transfer.escalated,
        recall=transfer.recall,
    )
