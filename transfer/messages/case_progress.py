"""What the holder tells the followers of a case."""

from typing import Annotated

from pydantic import Field

from transfer.messages.case import Tenures
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
    at: Moment
