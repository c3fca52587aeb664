"""Which handler takes which message: the one table that joins types to handlers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from transfer.domain.decision import Decision
from transfer.handlers import answers, designations, offers, progress
from transfer.handlers.arrival import Arrival
from transfer.messages import case_progress, transfer
from transfer.messages.values import Frozen

Handler = Callable[[Arrival, Any], Decision]
"""Decides what a message does to its case; raises a TransferError when it may not do it."""

HANDLERS: Final[Mapping[type[Frozen], Handler]] = MappingProxyType(
    {
        transfer.Offered: offers.offered,
        transfer.Supplemented: offers.supplemented,
        transfer.RecallRequested: offers.recall_requested,
        transfer.SignedFor: answers.signed_for,
        transfer.SupplementRequired: answers.supplement_required,
        transfer.Accepted: answers.accepted,
        transfer.CompetenceDisputed: answers.competence_disputed,
        transfer.LinkedAsDuplicate: answers.linked_as_duplicate,
        transfer.Released: answers.released,
        transfer.Escalated: designations.escalated,
        transfer.Designated: designations.designated,
        case_progress.StagePublished: progress.stage_published,
        case_progress.HolderChanged: progress.holder_changed,
    }
)
