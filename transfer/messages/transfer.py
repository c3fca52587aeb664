"""The messages of a transfer: one model per type, named by what happened.

Who may say what, and when, stands in the lifecycle tables of ``transfer.domain``; here is only the form.
"""

from typing import Annotated, Self

from pydantic import Field, model_validator

from transfer.messages.case import (
    MAX_PAPERS,
    MAX_PERSONS,
    CaseBasics,
    CaseFile,
    Designation,
    Material,
    StageReached,
    Tenures,
)
from transfer.messages.codes import ApplicantStatus, Defect, DisputeGround, RecallReason
from transfer.messages.values import (
    ApplicantId,
    CaseId,
    Day,
    Frozen,
    InstitutionCode,
    Line,
    Moment,
    Name,
    RegionCode,
    Text,
    TransferId,
)


class TransferMessage(Frozen):
    """What every message of a transfer names."""

    transfer: TransferId
    case: CaseId
    at: Annotated[Moment, Field(description="when the step was taken, by the clock of the region that took it")]


class Offered(TransferMessage):
    """The holder offers the case to an institution, with its letter (转交申请公函) and the package."""

    sender: InstitutionCode
    receiver: InstitutionCode
    letter: Annotated[Line, Field(description="number of the official letter")]
    reason: Text
    despite: Annotated[Text | None, Field(description="why it comes here, though no connecting point does")] = None
    file: CaseFile
    stage: StageReached
    tenures: Tenures
    followers: Annotated[tuple[RegionCode, ...], Field(max_length=200)] = ()
    attempt: Annotated[int, Field(ge=1, le=100, description="how often this case was offered, this time included")]
    designation: Designation | None = None

    @model_validator(mode="after")
    def _offered_by_the_holder(self) -> Self:
        if self.tenures[-1].institution != self.sender:
            raise ValueError("the last tenure is not the sender's")
        return self


class SignedFor(TransferMessage):
    """A person at the receiver took charge of the offer (签收)."""

    signed_by: Name
    institution: InstitutionCode
    materials_counted: Annotated[int, Field(ge=0, le=100_000)]


class SupplementItem(Frozen):
    """One defect of one applicant, or of the case as a whole."""

    applicant: ApplicantId | None = None
    defect: Defect
    explanation: Text
    paper: Annotated[Line | None, Field(description="title of the paper that has the defect")] = None


class SupplementRequired(TransferMessage):
    """All that is missing, told once (LAL 43(2)), with the day by which it must come."""

    items: Annotated[tuple[SupplementItem, ...], Field(min_length=1, max_length=MAX_PAPERS)]
    due_on: Day


class SupplementAnswer(Frozen):
    """What was supplied for one defect."""

    applicant: ApplicantId | None = None
    defect: Defect
    answer: Text


class ApplicantLeft(Frozen):
    """An applicant who is no longer part of the case, and why."""

    applicant: ApplicantId
    status: ApplicantStatus

    @model_validator(mode="after")
    def _has_left(self) -> Self:
        if self.status not in {ApplicantStatus.WITHDRAWN, ApplicantStatus.DEEMED_WITHDRAWN}:
            raise ValueError("an applicant who left has withdrawn, or is deemed to have")
        return self


class ApplicantTold(Frozen):
    """That an applicant was told of the notice in writing, and on which day by telephone."""

    applicant: ApplicantId
    by: Name
    written_on: Day
    phoned_on: Annotated[Day | None, Field(description="absent when nobody was reached")] = None


class Supplemented(TransferMessage):
    """The answer to the one notice; who was told and did not answer in time is deemed withdrawn, alone (LAL 43(2))."""

    answers: Annotated[tuple[SupplementAnswer, ...], Field(max_length=MAX_PAPERS)] = ()
    materials: Annotated[tuple[Material, ...], Field(max_length=MAX_PAPERS)] = ()
    left: Annotated[tuple[ApplicantLeft, ...], Field(max_length=MAX_PERSONS)] = ()
    told: Annotated[
        tuple[ApplicantTold, ...], Field(max_length=MAX_PERSONS, description="who was told of the notice")
    ] = ()


class Accepted(TransferMessage):
    """The receiver is holder from this tenure on."""

    tenure: Annotated[int, Field(ge=2, le=1000)]
    institution: InstitutionCode
    number: Annotated[Line | None, Field(description="the case number that the new holder gave")] = None
    accepted_by: Name
    stage: Annotated[StageReached, Field(description="the stage at the hand-over, as number 0 of the new tenure")]
    applicants: Annotated[tuple[ApplicantId, ...], Field(min_length=1, max_length=MAX_PERSONS)]

    @model_validator(mode="after")
    def _stage_of_this_tenure(self) -> Self:
        if self.stage.tenure != self.tenure:
            raise ValueError("the stage is of another tenure")
        return self


class CompetenceDisputed(TransferMessage):
    """The receiver holds that another region is competent, and says which and on what ground in law."""

    ground: DisputeGround
    proposed_region: RegionCode
    explanation: Text


class Escalated(TransferMessage):
    """The holder asks the superior region, or both provinces, to name the competent region."""

    sender: InstitutionCode
    receiver: InstitutionCode
    ground: DisputeGround | None = None
    proposed_region: RegionCode | None = None
    explanation: Text
    attempts: Annotated[int, Field(ge=1, le=100)]
    stage: StageReached
    basics: CaseBasics
    tenures: Tenures

    @model_validator(mode="after")
    def _stage_of_a_tenure(self) -> Self:
        if self.stage.tenure > len(self.tenures):
            raise ValueError("the stage is of a tenure that is not listed")
        return self


class Designated(TransferMessage):
    """A superior names the competent region; two provinces must name the same."""

    region: RegionCode
    decided_by: Name
    decided_on: Day
    reason: Text


class LinkedAsDuplicate(TransferMessage):
    """The same matter of the same person was received earlier: the two cases are linked (O148, first received)."""

    surviving_case: CaseId
    first_received_at: Moment
    first_received_by: InstitutionCode


class RecallRequested(TransferMessage):
    """The sender asks for the case back, or for some of its applicants when they withdraw."""

    reason: RecallReason
    explanation: Text | None = None
    applicants: Annotated[
        tuple[ApplicantId, ...],
        Field(max_length=MAX_PERSONS, description="the applicants who withdraw; empty recalls the whole transfer"),
    ] = ()


class Released(TransferMessage):
    """The answer to a recall that came in time; the sender goes on as sole holder."""

    applicants: Annotated[
        tuple[ApplicantId, ...],
        Field(max_length=MAX_PERSONS, description="the applicants let go; empty releases the whole transfer"),
    ] = ()
