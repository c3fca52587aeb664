"""The messages of an evidence request (法律援助协作函): one model per type, named by what happened.

Who may say what, and when, stands in the table of ``transfer.domain.evidence_table``; here is only the form.
"""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from transfer.messages.case import CaseBasics, StageReached, Tenures
from transfer.messages.codes_evidence import CancelReason, DeclineReason
from transfer.messages.evidence_items import Asked, ItemAnswer, ItemId, Lawyer, Person, persons_asked_fault
from transfer.messages.values import CaseId, Day, Frozen, InstitutionCode, Line, Moment, Name, Text

RequestId = Annotated[UUID, Field(description="Id of one evidence request")]
WorkingDays = Annotated[int, Field(ge=1, le=60, description="working days from the receipt of the letter")]


class EvidenceMessage(Frozen):
    """What every message of an evidence request names."""

    request: RequestId
    case: CaseId
    at: Annotated[Moment, Field(description="when the step was taken, by the clock of the region that took it")]


class EvidenceRequested(EvidenceMessage):
    """The holder asks an institution of another region for help: case basics, purpose, items and time limit."""

    requester: InstitutionCode
    requested: InstitutionCode
    letter: Annotated[Line, Field(description="number of the cooperation letter")]
    purpose: Text
    basics: CaseBasics
    tenures: Tenures
    stage: StageReached
    lawyer: Lawyer
    persons: Annotated[tuple[Person, ...], Field(max_length=500)] = ()
    items: Annotated[tuple[Asked, ...], Field(min_length=1, max_length=200)]
    working_days: WorkingDays
    approved_by: Name

    @model_validator(mode="after")
    def _asked_by_the_holder(self) -> Self:
        if self.tenures[-1].institution != self.requester:
            raise ValueError("the last tenure is not the requester's")
        if fault := persons_asked_fault(self.persons, self.items):
            raise ValueError(fault)
        return self


class EvidenceSignedFor(EvidenceMessage):
    """A person at the requested region took charge of the letter (签收回执)."""

    signed_by: Name
    institution: InstitutionCode
    received_on: Annotated[Day, Field(description="the day on which the letter came")]
    due_on: Annotated[Day | None, Field(description="absent while the work calendar of that year is not known")] = None


class EvidenceClarificationAsked(EvidenceMessage):
    """The requested region asks what exactly is meant; no decline."""

    items: Annotated[tuple[ItemId, ...], Field(max_length=200, description="empty when it is about all")] = ()
    question: Text


class EvidenceClarified(EvidenceMessage):
    """The answer to the question."""

    answer: Text


class EvidenceUndertaken(EvidenceMessage):
    """The requested region does it, and says who."""

    approved_by: Name
    institution: InstitutionCode
    collector: Annotated[Name, Field(description="who collects it")]
    contact: Line | None = None


class EvidenceSupplied(EvidenceMessage):
    """A part of the answer; a later answer to the same item takes the place of the earlier one."""

    approved_by: Name
    answers: Annotated[tuple[ItemAnswer, ...], Field(min_length=1, max_length=200)]


class EvidenceReturned(EvidenceMessage):
    """The reply letter (协作回函): every item is answered now."""

    letter: Annotated[Line, Field(description="number of the reply letter")]
    approved_by: Name
    answers: Annotated[tuple[ItemAnswer, ...], Field(max_length=200, description="those not supplied before")] = ()


class EvidenceConfirmed(EvidenceMessage):
    """The requester has checked the answers and is content; the request is done."""

    used: Annotated[Text | None, Field(description="what became of the evidence, as far as it may be told")] = None


class Rework(Frozen):
    """What is wrong with the answer to one item."""

    item: ItemId
    defect: Text


class EvidenceReworkAsked(EvidenceMessage):
    """Some answers are not what was asked."""

    items: Annotated[tuple[Rework, ...], Field(min_length=1, max_length=200)]
    working_days: WorkingDays


class EvidenceDeclined(EvidenceMessage):
    """The requested region cannot help, and says why in writing (不能协作说明)."""

    reason: DeclineReason
    explanation: Text
    declined_by: Name


class EvidenceExtensionAsked(EvidenceMessage):
    """The requested region needs more time."""

    until: Day
    reason: Text


class EvidenceExtensionGranted(EvidenceMessage):
    """The answer is due on another day."""

    due_on: Day


class EvidenceExtensionRefused(EvidenceMessage):
    """The answer is due on the day on which it was."""

    reason: Text


class EvidenceCancelled(EvidenceMessage):
    """The requester needs it no longer; collection stops."""

    reason: CancelReason
    explanation: Text | None = None


class EvidenceLawyerChanged(EvidenceMessage):
    """Another person handles the case now; answers go to that person."""

    lawyer: Lawyer
