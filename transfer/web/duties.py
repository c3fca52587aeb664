"""The table of stage and duty, as the API shows it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from transfer.domain.duties import DUTIES, DutyRow
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import Duty, Remedy
from transfer.web.answers import Reply, reply
from transfer.web.route import Ask


class DutyShown(BaseModel):
    """One stage or event: whose duty it is, what is said with it, and who may not do it."""

    model_config = ConfigDict(frozen=True)

    what: Stage | CaseEvent
    zh: str
    en: str
    duty: Duty
    duty_zh: str
    duty_en: str
    part: str | None
    needed: Annotated[bool, Field(description="whether the part may not be left out")]
    after: Annotated[Stage | None, Field(description="the part is taken after this stage only")]
    not_by: Annotated[tuple[Stage, ...], Field(description="whoever entered one of these may not do it")]
    remedy: Remedy | None


class Duties(BaseModel):
    """The whole table."""

    model_config = ConfigDict(frozen=True)

    items: tuple[DutyShown, ...]


async def duties(ask: Ask) -> Reply:  # noqa: ARG001 - it is the same for everybody
    """The table of stage and duty."""
    return reply(Duties(items=tuple(_shown(row) for row in DUTIES)))


def _shown(row: DutyRow) -> DutyShown:
    return DutyShown(
        what=row.what,
        zh=row.what.zh,
        en=row.what.en,
        duty=row.duty,
        duty_zh=row.duty.zh,
        duty_en=row.duty.en,
        part=row.kind,
        needed=row.part is not None and row.needed,
        after=row.after,
        not_by=row.not_by,
        remedy=row.remedy,
    )
