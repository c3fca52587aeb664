"""Which handler takes which message: the one table that joins types to handlers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from transfer.domain.decision import Decision
from transfer.handlers import answers, designations, offers, progress
from transfer.handlers.arrival import Arrival
from transfer.messages import case_progress, transfer
from transfer.messages.values import Frozen


@dataclass(frozen=True, slots=True)
class Handler:
    """A handler, and whether its message must name the message that it answers."""

    apply: Callable[[Arrival, Any], Decision]
    is_answer: bool = False


HANDLERS: Final[Mapping[type[Frozen], Handler]] = MappingProxyType(
    {
        transfer.Offered: Handler(offers.offered),
        transfer.Supplemented: Handler(offers.supplemented, is_answer=True),
        transfer.RecallRequested: Handler(offers.recall_requested),
        transfer.SignedFor: Handler(answers.signed_for, is_answer=True),
        transfer.SupplementRequired: Handler(answers.supplement_required, is_answer=True),
        transfer.Accepted: Handler(answers.accepted, is_answer=True),
        transfer.CompetenceDisputed: Handler(answers.competence_disputed, is_answer=True),
        transfer.LinkedAsDuplicate: Handler(answers.linked_as_duplicate, is_answer=True),
        transfer.Released: Handler(answers.released, is_answer=True),
        transfer.Escalated: Handler(designations.escalated),
        transfer.Designated: Handler(designations.designated),
        case_progress.StagePublished: Handler(progress.stage_published),
        case_progress.HolderChanged: Handler(progress.holder_changed),
    }
)
