"""The table of stage and duty: who enters a stage or an event of an accepted case, and what must be said with it.

The API, docs/lifecycle.md and later the accounts read it. How duties are parted is this project's choice, but for the
review of an objection (Legal Aid Law 49).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from transfer.domain.errors import PartNeeded, SamePerson
from transfer.domain.handling import (
    DECISIONS,
    REVIEWS,
    Archived,
    Assignment,
    ClosingFile,
    Conclusion,
    Decided,
    Handling,
    NoAgreement,
    Objection,
    ReplacementAsked,
    ReplacementDecided,
    Review,
    Service,
    Termination,
)
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import Duty, Remedy
from transfer.messages.values import Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyRow:
    """What is entered, whose duty it is, what is said with it, and who may not do it: whoever entered ``not_by``.

    A part that is not ``needed`` may be left out. ``after`` is the one stage after which the part is needed; after
    any other none is taken.
    """

    what: Stage | CaseEvent
    duty: Duty
    part: type[Frozen] | None = None
    needed: bool = True
    after: Stage | None = None
    not_by: tuple[Stage, ...] = ()
    remedy: Remedy | None = None

    @property
    def kind(self) -> str | None:
        """The name of its part."""
        return None if self.part is None else str(self.part.model_fields["kind"].default)


_REVIEWED: Final = tuple(stage for stage in Stage if stage in REVIEWS)
_DECIDED: Final = tuple(stage for stage in Stage if stage in REVIEWS | DECISIONS)
_OBJECTION, _SUIT = Remedy.OBJECTION, Remedy.RECONSIDERATION_OR_SUIT

DUTIES: Final[tuple[DutyRow, ...]] = (
    DutyRow(what=Stage.UNDER_REVIEW, duty=Duty.REVIEWER),
    DutyRow(what=Stage.SUSPENDED, duty=Duty.REVIEWER),
    DutyRow(what=Stage.AID_FIRST, duty=Duty.APPROVER),
    DutyRow(what=Stage.GRANTED, duty=Duty.APPROVER, part=Decided, needed=False, not_by=_REVIEWED),
    DutyRow(what=Stage.REFUSED, duty=Duty.APPROVER, part=Decided, not_by=_REVIEWED, remedy=_OBJECTION),
    DutyRow(what=Stage.ASSIGNED, duty=Duty.ASSIGNER, part=Assignment),
    DutyRow(what=Stage.AGREEMENT_SIGNED, duty=Duty.HANDLING_LAWYER),
    DutyRow(what=Stage.HANDLING, duty=Duty.HANDLING_LAWYER, part=NoAgreement, after=Stage.ASSIGNED),
    DutyRow(what=Stage.TERMINATED, duty=Duty.APPROVER, part=Termination, remedy=_OBJECTION),
    DutyRow(what=Stage.OBJECTED, duty=Duty.INTAKE, part=Objection),
    DutyRow(what=Stage.MAINTAINED, duty=Duty.OBJECTION_REVIEWER, part=Review, not_by=_DECIDED, remedy=_SUIT),
    DutyRow(what=Stage.CORRECTION_ORDERED, duty=Duty.OBJECTION_REVIEWER, part=Review, not_by=_DECIDED),
    DutyRow(what=Stage.CONCLUDED, duty=Duty.HANDLING_LAWYER, part=Conclusion),
    DutyRow(what=Stage.FILE_SUBMITTED, duty=Duty.HANDLING_LAWYER, part=ClosingFile),
    DutyRow(what=Stage.FILE_REVIEWED, duty=Duty.APPROVER, not_by=(Stage.FILE_SUBMITTED,)),
    DutyRow(what=Stage.ARCHIVED, duty=Duty.ARCHIVIST, part=Archived),
    DutyRow(what=CaseEvent.DECISION_SERVED, duty=Duty.INTAKE, part=Service),
    DutyRow(what=CaseEvent.REPLACEMENT_REQUESTED, duty=Duty.INTAKE, part=ReplacementAsked),
    DutyRow(what=CaseEvent.REPLACEMENT_DECIDED, duty=Duty.APPROVER, part=ReplacementDecided),
)
"""Stages and events; any other event says nothing but its day, and anyone may enter it."""

DUTY_OF: Final[Mapping[str, DutyRow]] = MappingProxyType({row.what: row for row in DUTIES})


def check_duty(row: DutyRow, part: Frozen | None, hand: str, handling: Handling, *, came_from: Stage) -> None:
    """Whether what is said fits, and the hand is another than those that the row bars.

    Raises PartNeeded, SamePerson.
    """
    wanted = row.part if row.after in {None, came_from} else None
    missing = part is None and wanted is not None and row.needed
    if missing or (part is not None and (wanted is None or not isinstance(part, wanted))):
        raise PartNeeded(at=row.what, part=row.kind if wanted else "none")
    if row.not_by and hand in handling.hands(*row.not_by):
        raise SamePerson(at=row.what, duty=row.duty)
