"""What the holder tells the followers of a case."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from transfer.messages.case import MAX_PERSONS, CaseBasics, RuleCode, StageReached, Tenures
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.values import ApplicantId, CaseId, Day, Frozen, InstitutionCode, Moment, Text


class StagePublished(Frozen):
    """The case reached a stage; what may be told to the applicant is in ``note``."""

    case: CaseId
    tenure: Annotated[int, Field(ge=1, le=1000, description="the tenure in which the stage was reached")]
    number: Annotated[int, Field(ge=1, le=10_000, description="rises by one with each stage of a tenure")]
    stage: Stage
    occurred_on: Day
    basis: LegalBasis | None = None
    note: Text | None = None
    institution: InstitutionCode
    at: Moment


class TermOverdue(Frozen):
    """Terms of a case have been overdue for long; its holder's superior region is told, and follows the case."""

    case: CaseId
    at: Moment
    rules: Annotated[tuple[RuleCode, ...], Field(min_length=1, max_length=200, description="the rules of these clocks")]
    basics: Annotated[CaseBasics, Field(description="with the clocks themselves")]
    stage: StageReached
    tenures: Tenures

    @model_validator(mode="after")
    def _speaks_of_what_it_shows(self) -> Self:
        if self.stage.tenure > len(self.tenures):
            raise ValueError("the stage is of a tenure that is not listed")
        if missing := set(self.rules) - {clock.rule for clock in self.basics.clocks}:
            raise ValueError(f"no clock runs by {min(missing)}")
        return self


class CaseSplit(Frozen):
    """Some applicants of a case became a case of their own; said of both cases, each in its own conversation."""

    case: CaseId
    at: Moment
    origin: Annotated[CaseId, Field(description="the case in which they were")]
    part: Annotated[CaseId, Field(description="the case in which they are now")]
    applicants: Annotated[tuple[ApplicantId, ...], Field(min_length=1, max_length=MAX_PERSONS)]
    basics: Annotated[CaseBasics, Field(description="of the case of which it is said, as they are after the split")]
    stage: StageReached
    tenures: Tenures

    @model_validator(mode="after")
    def _speaks_of_both_cases(self) -> Self:
        if self.origin == self.part or self.case not in {self.origin, self.part}:
            raise ValueError("the case is neither of the two")
        if self.stage.tenure > len(self.tenures):
            raise ValueError("the stage is of a tenure that is not listed")
        names_other = (
            self.part in self.basics.split_into if self.case == self.origin else self.origin == self.basics.split_from
        )
        if not names_other:
            raise ValueError("the basics do not name the other case")
        return self


class HolderChanged(Frozen):
    """A new holder took the case over; for followers that were not part of that transfer."""

    case: CaseId
    tenures: Tenures
    stage: Annotated[StageReached, Field(description="the stage at the hand-over, as number 0 of the new tenure")]
    at: Moment

    @model_validator(mode="after")
    def _stage_of_the_last_tenure(self) -> Self:
        if self.stage.tenure != len(self.tenures):
            raise ValueError("the stage is of another tenure than the last")
        return self
