"""A case as the API shows it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.errors import UnknownCase
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.lifecycle import Side, State
from transfer.messages.case import Applicant, CaseBasics, Designation, Material, StageReached, Tenure
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import RecallReason
from transfer.messages.eligibility import Attestations
from transfer.messages.transfer import CompetenceDisputed, Designated, SupplementRequired
from transfer.ports.work import Context
from transfer.records import KnownCase
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
    opened_at: datetime
    changed_at: datetime
    signed_by: str | None
    notice: SupplementRequired | None
    dispute: CompetenceDisputed | None
    designations: tuple[Word, ...]
    designation: Designation | None
    escalated: bool
    recall: RecallReason | None


class CaseBody(Body):
    """A case after a change, as known here."""

    id: UUID
    version: Annotated[int, Field(description="rises with every change of this region's record; the ETag")]
    basics: CaseBasics
    applicants: tuple[Applicant, ...]
    materials: tuple[Material, ...]
    holder: Tenure
    held_here: bool
    tenures: tuple[Tenure, ...]
    stage: StageReached
    followers: tuple[str, ...]
    transfers: tuple[TransferBody, ...]
    notice: Annotated[Notice | None, Field(description="the one notice of its holder to the applicants")]
    requests: Annotated[tuple[EvidenceRequest, ...], Field(description="evidence requests, sent or received")]
    attestations: Annotated[Attestations, Field(description="what regions attested of its applicants")]
    duplicate_of: UUID | None
    steps: tuple[StepOpen, ...]


class CaseInFull(CaseBody):
    """A case with all stages that were published on it."""

    stages: tuple[StagePublished, ...]
    opened_at: Annotated[datetime, Field(description="when the case became known to this node")]
    changed_at: datetime


def case_body(case: Case, context: Context) -> CaseBody:
    """The case as an answer to a change."""
    return CaseBody(**_fields(case, context))


def case_in_full(known: KnownCase, context: Context) -> CaseInFull:
    """The case as an answer to a reading."""
    return CaseInFull(
        **_fields(known.case, context), stages=known.stages, opened_at=known.opened_at, changed_at=known.changed_at
    )


def _fields(case: Case, context: Context) -> dict[str, object]:
    return {
        "id": case.id,
        "version": case.version,
        "basics": case.basics,
        "applicants": case.applicants,
        "materials": case.materials,
        "holder": case.holder,
        "held_here": case.holder_region == context.region,
        "tenures": case.tenures,
        "stage": case.stage,
        "followers": tuple(sorted(case.followers)),
        "transfers": tuple(_transfer(transfer) for transfer in case.transfers),
        "notice": case.notice,
        "requests": case.requests,
        "attestations": case.attestations,
        "duplicate_of": case.duplicate_of,
        "steps": steps_open(case, context),
    }


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
        opened_at=transfer.opened_at,
        changed_at=transfer.changed_at,
        signed_by=transfer.signed_by,
        notice=transfer.notice,
        dispute=transfer.dispute,
        designations=tuple(Word(superior=by, said=word) for by, word in transfer.designations),
        designation=transfer.designation,
        escalated=transfer.escalated,
        recall=transfer.recall,
    )
