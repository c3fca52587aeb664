"""What of a case travels from region to region."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from transfer.messages.attachments import Attachment
from transfer.messages.codes import (
    AidForm,
    ApplicantCategory,
    ApplicantStatus,
    IdentityKind,
    IntakeChannel,
    MaterialKind,
    Matter,
    Stage,
    Urgency,
)
from transfer.messages.codes_clocks import AlarmKind, CaseEvent, PauseReason, TimeUnit
from transfer.messages.eligibility import NO_ATTESTATIONS, Attestations, Finding
from transfer.messages.numbers import credit_code_fault, number_fault
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

MAX_PERSONS: Final = 500
"""Applicants of one case."""
MAX_PAPERS: Final = 2000
"""Papers of one case, and defects of one notice: a few for each applicant."""
MAX_FEN: Final = 10**13


class IdentityDocument(Frozen):
    """The paper that says who a person is."""

    kind: IdentityKind
    number: Annotated[str, Field(pattern=r"^[0-9A-Z()-]{0,30}$")] = ""

    @model_validator(mode="after")
    def _number_fits_kind(self) -> Self:
        if (self.kind is IdentityKind.NONE) != (self.number == ""):
            raise ValueError("a number is given exactly when there is a document")
        if fault := number_fault(self.kind, self.number):
            what = "resident identity number" if self.kind is IdentityKind.RESIDENT_ID else "number"
            raise ValueError(f"the {what} {fault}")
        return self


class Agent(Frozen):
    """Who acts for an applicant who cannot (LAL 40)."""

    name: Name
    relation: Line
    phone: Annotated[str, Field(pattern=r"^[0-9+ -]{5,20}$")]


class Applicant(Frozen):
    """One person in a case; eligibility, supplement and withdrawal are decided per person."""

    id: ApplicantId
    name: Name
    identity: IdentityDocument
    phone: Annotated[str | None, Field(pattern=r"^[0-9+ -]{5,20}$")] = None
    household_region: RegionCode | None = None
    categories: Annotated[tuple[ApplicantCategory, ...], Field(max_length=50)] = ()
    finding: Annotated[Finding | None, Field(description="on the hardship condition, when there is one")] = None
    agent: Agent | None = None
    victim: Annotated[
        IdentityDocument | None, Field(description="the person who was hurt or killed, where kin claims")
    ] = None
    born_on: Annotated[Day | None, Field(description="where no document says it")] = None
    claimed: Annotated[int | None, Field(ge=0, le=MAX_FEN, description="what this person claims, in fen")] = None
    received_on: Annotated[Day | None, Field(description="day of receipt of who joined the case later")] = None
    status: ApplicantStatus = ApplicantStatus.ACTIVE


class Opponent(Frozen):
    """The other party, usually the employer."""

    name: Line
    credit_code: Annotated[str | None, Field(pattern=r"^[0-9A-Z]{18}$")] = None
    address: Line | None = None
    phone: Annotated[str | None, Field(pattern=r"^[0-9+ -]{5,20}$")] = None

    @model_validator(mode="after")
    def _credit_code_holds(self) -> Self:
        if self.credit_code is not None and (fault := credit_code_fault(self.credit_code)):
            raise ValueError(f"the unified social credit code {fault}")
        return self


class Material(Frozen):
    """A paper of the package; its file does not travel in messages."""

    kind: MaterialKind
    title: Line
    applicant: ApplicantId | None = None
    copies: Annotated[int, Field(ge=1, le=1000)] = 1
    original: bool = False
    file: Annotated[Attachment | None, Field(description="absent when there is only paper")] = None


RULE_CODE: Final = r"^[A-Z][A-Z0-9_]{2,39}$"
RuleCode = Annotated[str, Field(pattern=RULE_CODE, description="name of a rule in the rule set")]


class Pause(Frozen):
    """A time that does not count: from the day after something was asked to the day of its answer, that one included.
    While nobody has answered it lasts until the day that was set for the answer."""

    why: PauseReason
    of: Annotated[UUID, Field(description="the case, transfer or evidence request in which it was asked")]
    asked_on: Day
    until: Day
    answered: bool = False

    def holds(self, day: date) -> bool:
        """Whether this day does not count."""
        return self.asked_on < day <= self.until


class Clock(Frozen):
    """A term that runs or ran on a case, with the rule as it stood when it began; it travels with the case."""

    rule: RuleCode
    rules: Annotated[Line, Field(description="version of the rule set")]
    zh: Line
    en: Line
    basis: Annotated[Line, Field(description="where the rule stands, as it may be printed")]
    length: Annotated[int | None, Field(ge=1, le=3660, description="absent where its last day was set")] = None
    unit: TimeUnit
    set_for: Annotated[Day | None, Field(description="its last day, where that was set and is not counted")] = None
    met_by: Annotated[tuple[CaseEvent, ...], Field(max_length=10, description="events that end it")] = ()
    suspended_by: Annotated[tuple[PauseReason, ...], Field(max_length=5)] = ()
    remind_before: Annotated[int | None, Field(ge=0, le=365, description="days before its last day")] = None
    escalate_after: Annotated[int | None, Field(ge=0, le=365, description="days after it was overdue")] = None
    aid_first_below: Annotated[
        int | None,
        Field(ge=1, le=365, description="of a limitation: aid is given first when fewer days are left (LAL 44(1))"),
    ] = None
    region: Annotated[RegionCode, Field(description="whose term it is")]
    started_on: Annotated[Day, Field(description="day of the event, which is not counted")]
    pauses: Annotated[tuple[Pause, ...], Field(max_length=100)] = ()
    due_strict: Annotated[
        Day | None, Field(description="last day, as counted; absent while its working days are not announced")
    ] = None
    due_rolled: Annotated[
        Day | None, Field(description="the first worked day from then on; absent while that year is not announced")
    ] = None
    met_on: Day | None = None
    told: Annotated[tuple[AlarmKind, ...], Field(max_length=4, description="what was said of it")] = ()

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        if (self.length is None) == (self.set_for is None):
            raise ValueError("a term has a length, or its last day was set")
        return self


class CaseNumber(Frozen):
    """A number that an institution gave the case; free text, no national rule exists."""

    institution: InstitutionCode
    number: Line


class Designation(Frozen):
    """Which region is competent, as its superiors said; cannot be disputed again."""

    transfer: Annotated[TransferId, Field(description="The transfer that was disputed")]
    region: RegionCode
    by: Annotated[tuple[RegionCode, ...], Field(min_length=1, max_length=2)]
    decided_on: Day
    reason: Text


def urgency_fault(urgency: Urgency, reason: str | None, limitation_on: date | None) -> str | None:
    """What is missing beside an urgency, or None."""
    if urgency not in {Urgency.NORMAL, Urgency.GREEN_CHANNEL} and reason is None:
        return "an urgent case says why"
    if urgency is Urgency.LIMITATION_LT_7_DAYS and limitation_on is None:
        return "urgency by limitation names the last day of the limitation"
    return None


class Election(Frozen):
    """Whom the applicants elected to speak for them (Labour Dispute Mediation and Arbitration Law 7)."""

    representatives: Annotated[tuple[ApplicantId, ...], Field(min_length=1, max_length=50)]
    elected_on: Day
    proof: Annotated[Line, Field(description="title of the paper in the package that shows it")]


def persons_fault(ids: Sequence[UUID], materials: Iterable[Material]) -> str | None:
    """How the materials of a case and the ids of its applicants contradict each other, or None."""
    known = frozenset(ids)
    if len(known) != len(ids):
        return "two applicants have the same id"
    if any(material.applicant is not None and material.applicant not in known for material in materials):
        return "a material names an applicant who is not in the case"
    return None


class Places(Frozen):
    """The places of a case, as far as they are known; by them the law says which institution is competent (LAL 38)."""

    place_of_cause: Annotated[RegionCode | None, Field(description="where the cause arose")] = None
    place_of_performance: Annotated[
        RegionCode | None, Field(description="where the labour contract is carried out")
    ] = None
    place_of_employer: Annotated[RegionCode | None, Field(description="the employer's seat")] = None
    place_of_organ: Annotated[RegionCode | None, Field(description="of the court or organ that handles it")] = None
    place_of_dispute_organ: Annotated[
        RegionCode | None, Field(description="of the arbitration commission or other organ that handles the dispute")
    ] = None

    @property
    def named(self) -> dict[str, Any]:
        """The known places by the names of their fields."""
        known = {name: getattr(self, name) for name in Places.model_fields}
        return {name: code for name, code in known.items() if code is not None}


class CaseBasics(Places):
    """What a case is about, without the persons; all that a superior needs to name the competent region."""

    matter: Matter
    aid_form: AidForm
    facts: Text
    claim: Text
    channel: IntakeChannel
    opponents: Annotated[tuple[Opponent, ...], Field(max_length=50)] = ()
    numbers: Annotated[tuple[CaseNumber, ...], Field(max_length=20)] = ()
    first_received_at: Moment
    first_received_by: InstitutionCode
    urgency: Urgency = Urgency.NORMAL
    urgency_reason: Text | None = None
    limitation_on: Annotated[Day | None, Field(description="last day of the limitation or statutory period")] = None
    clocks: Annotated[tuple[Clock, ...], Field(max_length=200)] = ()
    split_from: Annotated[CaseId | None, Field(description="the case of which this one was a part")] = None
    split_into: Annotated[
        tuple[CaseId, ...], Field(max_length=MAX_PERSONS, description="cases that were parts of this one")
    ] = ()

    @model_validator(mode="after")
    def _urgency_is_explained(self) -> Self:
        if fault := urgency_fault(self.urgency, self.urgency_reason, self.limitation_on):
            raise ValueError(fault)
        return self


class CaseFile(Frozen):
    """The case as its holder hands it over."""

    basics: CaseBasics
    applicants: Annotated[tuple[Applicant, ...], Field(min_length=1, max_length=MAX_PERSONS)]
    materials: Annotated[tuple[Material, ...], Field(max_length=MAX_PAPERS)] = ()
    election: Election | None = None
    attestations: Attestations = NO_ATTESTATIONS

    @model_validator(mode="after")
    def _persons_agree(self) -> Self:
        ids = [applicant.id for applicant in self.applicants]
        if fault := persons_fault(ids, self.materials):
            raise ValueError(fault)
        if self.election is not None and not set(self.election.representatives) <= set(ids):
            raise ValueError("a representative is not in the case")
        return self


class Tenure(Frozen):
    """One stretch of time in which one institution held the case; numbers rise by one at each hand-over."""

    number: Annotated[int, Field(ge=1, le=1000)]
    institution: InstitutionCode
    since: Moment


def _rise_by_one(tenures: tuple[Tenure, ...]) -> tuple[Tenure, ...]:
    if [t.number for t in tenures] != list(range(1, len(tenures) + 1)):
        raise ValueError("tenures must be numbered 1, 2, 3 …")
    return tenures


Tenures = Annotated[tuple[Tenure, ...], Field(min_length=1, max_length=1000), AfterValidator(_rise_by_one)]


class StageReached(Frozen):
    """The stage of a case, and in which tenure it was reached; later tenures outrank earlier ones."""

    stage: Stage
    tenure: Annotated[int, Field(ge=1, le=1000)]
    number: Annotated[int, Field(ge=0, le=10_000)]
