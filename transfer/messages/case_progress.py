"""What the holder tells the followers of a case."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from transfer.messages.case import StageReached, Tenures
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.values import CaseId, Day, Frozen, InstitutionCode, Moment, Text


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
