"""The commands of caseworkers: what each button needs to be told."""

from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, field_validator, model_validator

from transfer.domain.handling import Part
from transfer.law.regions import birthplace_fault, retired_fault
from transfer.messages.case import (
    MAX_PAPERS,
    MAX_PERSONS,
    Applicant,
    IdentityDocument,
    Material,
    Opponent,
    Places,
    persons_fault,
    urgency_fault,
)
from transfer.messages.codes import (
    AidForm,
    DisputeGround,
    IdentityKind,
    IntakeChannel,
    LegalBasis,
    Matter,
    RecallReason,
    Stage,
    Urgency,
)
from transfer.messages.codes_clocks import STAGE_EVENTS, CaseEvent
from transfer.messages.eligibility import Found
from transfer.messages.numbers import in_full, phone_fault
from transfer.messages.transfer import ApplicantLeft, SupplementAnswer, SupplementItem
from transfer.messages.values import (
    CaseId,
    Day,
    Frozen,
    InstitutionCode,
    Line,
    Moment,
    Name,
    RegionCode,
    Text,
)

_PART: Final = "what the table of duties asks for; it stays with this region"


class Command(Frozen):
    """Who acts, and for which institution."""

    by: Annotated[Name, Field(description="the person who takes the step", examples=["王芳"])]
    institution: Annotated[InstitutionCode, Field(description="the institution that the person acts for")]


TEST_REGION: Final = "99"
"""How the numbers of the never-assigned region 990000 begin."""


def birthplace_of(paper: IdentityDocument) -> str | None:
    """What is wrong with the region in a resident identity number, or None; numbers for tests are of none."""
    if paper.kind is not IdentityKind.RESIDENT_ID or paper.number.startswith(TEST_REGION):
        return None
    return birthplace_fault(paper.number)


class NewApplicant(Applicant):
    """An applicant as entered; the node gives the id when none is given."""

    id: UUID | None = None  # type: ignore[assignment]
    finding: Annotated[Found | None, Field(description="on the hardship condition, where it is found at once")] = None  # type: ignore[assignment]

    @field_validator("identity", "victim", mode="before")
    @classmethod
    def _in_full(cls, given: Any) -> Any:  # noqa: ANN401 - whatever was typed
        match given:
            case {"kind": IdentityKind.RESIDENT_ID.value, "number": str(number)}:
                return {**given, "number": in_full(number)}
            case _:
                return given

    @field_validator("identity", "victim")
    @classmethod
    def _of_a_region(cls, given: IdentityDocument | None) -> IdentityDocument | None:
        if given is not None and (fault := birthplace_of(given)):
            raise ValueError(f"the resident identity number {fault}")
        return given

    @field_validator("phone")
    @classmethod
    def _of_a_telephone(cls, given: str | None) -> str | None:
        if given is not None and (fault := phone_fault(given)):
            raise ValueError(f"the telephone number {fault}")
        return given

    @field_validator("household_region")
    @classmethod
    def _of_today(cls, given: str | None) -> str | None:
        if given is not None and (fault := retired_fault(given)):
            raise ValueError(f"the region code {fault}")
        return given

    @model_validator(mode="after")
    def _joins_by_its_own_step(self) -> Self:
        if self.received_on is not None:
            raise ValueError("the day of receipt of one applicant is entered when that one joins")
        return self


_OF_SOME: Final = frozenset({CaseEvent.OBJECTED, CaseEvent.MAINTAINED, CaseEvent.CORRECTION_ORDERED})
OWN_EVENTS: Final = frozenset(CaseEvent) - {*STAGE_EVENTS.values(), CaseEvent.FORMALITIES_COMPLETED} | _OF_SOME
"""Events that a person enters; an application's receipt and the stages of a case come by their own steps. Some who
were refused aid may object while the case goes on for the others, and then that is no stage of the case."""


def _is_entered(event: CaseEvent) -> CaseEvent:
    if event not in OWN_EVENTS:
        raise ValueError("this event comes with its own step")
    return event


class Occurred(Frozen):
    """An event from which terms run, or that meets one."""

    event: Annotated[CaseEvent, AfterValidator(_is_entered)]
    occurred_on: Day
    until: Annotated[Day | None, Field(description="last day, where the term has no length of its own")] = None


class Application(Command, Places):
    """What is applied for, but for the persons."""

    matter: Matter
    aid_form: AidForm
    facts: Text
    claim: Text
    channel: IntakeChannel
    received_at: Annotated[Moment | None, Field(description="first receipt; now when absent")] = None
    opponents: Annotated[tuple[Opponent, ...], Field(max_length=50)] = ()
    materials: Annotated[tuple[Material, ...], Field(max_length=MAX_PAPERS)] = ()
    number: Line | None = None
    urgency: Urgency = Urgency.NORMAL
    urgency_reason: Text | None = None
    limitation_on: Day | None = None
    events: Annotated[
        tuple[Occurred, ...], Field(max_length=10, description="what happened before: a relation ended, an award came")
    ] = ()

    @model_validator(mode="after")
    def _urgency_is_explained(self) -> Self:
        if fault := urgency_fault(self.urgency, self.urgency_reason, self.limitation_on):
            raise ValueError(fault)
        return self


class OpenCase(Application):
    """Take in an application (LAL 13, 43)."""

    applicants: Annotated[tuple[NewApplicant, ...], Field(min_length=1, max_length=MAX_PERSONS)]

    @model_validator(mode="after")
    def _makes_a_case(self) -> Self:
        given = [applicant.id for applicant in self.applicants if applicant.id is not None]
        if fault := persons_fault(given, self.materials):
            raise ValueError(fault)
        return self


class Offer(Command):
    """Offer the case to an institution of another region (转交)."""

    receiver: InstitutionCode
    letter: Annotated[Line, Field(description="number of the official letter")]
    reason: Text
    despite: Annotated[
        Text | None, Field(description="why it goes where no connecting point leads; needed then, part of the letter")
    ] = None


class SignFor(Command):
    """Take charge of an offer (签收)."""

    materials_counted: Annotated[int, Field(ge=0, le=100_000)]


class RequireSupplement(Command):
    """Tell once everything that is missing (LAL 43(2))."""

    items: Annotated[tuple[SupplementItem, ...], Field(min_length=1, max_length=MAX_PAPERS)]
    due_on: Day


class Supplement(Command):
    """Answer the notice; who did not answer in time is deemed withdrawn, alone."""

    answers: Annotated[tuple[SupplementAnswer, ...], Field(max_length=MAX_PAPERS)] = ()
    materials: Annotated[tuple[Material, ...], Field(max_length=MAX_PAPERS)] = ()
    left: Annotated[tuple[ApplicantLeft, ...], Field(max_length=MAX_PERSONS)] = ()


class GiveNotice(RequireSupplement):
    """Tell the applicants of an own case once everything that is missing."""

    phoned: Annotated[bool, Field(description="whether they were told by telephone, too")]


class AnswerNotice(Supplement):
    """Enter what the applicants supplied."""


class Withdraw(Command):
    """Some applicants take their application back."""

    applicants: Annotated[tuple[UUID, ...], Field(min_length=1, max_length=MAX_PERSONS)]


class EnterEvent(Occurred, Command):
    """Enter an event from which terms run, or that meets one."""

    part: Annotated[Part | None, Field(description=_PART)] = None


class Accept(Command):
    """Accept the case: this institution is its holder from now on."""

    number: Annotated[Line | None, Field(description="the local case number")] = None


class Dispute(Command):
    """Say that another region is competent, which, and on what ground in law (LAL 38)."""

    ground: DisputeGround
    proposed_region: RegionCode
    explanation: Text


class Escalate(Command):
    """Ask the superior region, or both provinces, to name the competent region."""

    explanation: Text


class Designate(Command):
    """Name the competent region; given once and binding."""

    region: RegionCode
    decided_on: Day
    reason: Text


class Link(Command):
    """Link the offered case to the one here that was received earlier (first received accepts)."""

    surviving_case: CaseId


class Recall(Command):
    """Ask for the case back, or tell that applicants withdraw."""

    reason: RecallReason
    explanation: Text | None = None
    applicants: Annotated[tuple[UUID, ...], Field(max_length=MAX_PERSONS)] = ()


class PublishStage(Command):
    """Bring the case to its next stage and tell the followers."""

    stage: Stage
    occurred_on: Day
    basis: LegalBasis | None = None
    note: Annotated[Text | None, Field(description="what may be told to the applicant")] = None
    part: Annotated[Part | None, Field(description=_PART)] = None
