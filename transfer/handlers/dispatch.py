"""Which handler takes which message: the one table that joins types to handlers."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from transfer.domain.decision import Decision, Unchanged
from transfer.handlers import (
    answers,
    attestations,
    checkpoints,
    designations,
    duplicates,
    erasure,
    evidence_answered,
    evidence_asked,
    groups,
    offers,
    progress,
    reconciling,
    recovery,
)
from transfer.handlers.arrival import Arrival
from transfer.messages import case_progress, eligibility, evidence, ledger, transfer
from transfer.messages.duplicates import MatterNoticed, SameMatterKnown
from transfer.messages.erasure import ErasureAnswered, ErasureOrdered
from transfer.messages.reconciling import ReconcileAnswered, ReconcileAsked
from transfer.messages.recovery import RecoveryAnswered, RecoveryAsked
from transfer.messages.values import Frozen
from transfer.ports.ledger import LedgerDecision

Handler = Callable[[Arrival, Any], Decision | LedgerDecision | Unchanged]
"""Decides what a message does to its case, or its ledger; raises a TransferError when it may not do it."""

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
        evidence.EvidenceRequested: evidence_asked.requested,
        evidence.EvidenceClarified: evidence_asked.clarified,
        evidence.EvidenceConfirmed: evidence_asked.confirmed,
        evidence.EvidenceReworkAsked: evidence_asked.rework_asked,
        evidence.EvidenceExtensionGranted: evidence_asked.extension_granted,
        evidence.EvidenceExtensionRefused: evidence_asked.extension_refused,
        evidence.EvidenceCancelled: evidence_asked.cancelled,
        evidence.EvidenceLawyerChanged: evidence_asked.lawyer_changed,
        evidence.EvidenceSignedFor: evidence_answered.signed_for,
        evidence.EvidenceClarificationAsked: evidence_answered.clarification_asked,
        evidence.EvidenceUndertaken: evidence_answered.undertaken,
        evidence.EvidenceSupplied: evidence_answered.supplied,
        evidence.EvidenceReturned: evidence_answered.returned,
        evidence.EvidenceDeclined: evidence_answered.declined,
        evidence.EvidenceExtensionAsked: evidence_answered.extension_asked,
        eligibility.AttestationIssued: attestations.issued,
        eligibility.AttestationRevoked: attestations.revoked,
        case_progress.StagePublished: progress.stage_published,
        case_progress.HolderChanged: progress.holder_changed,
        case_progress.TermOverdue: progress.term_overdue,
        MatterNoticed: duplicates.matter_noticed,
        SameMatterKnown: duplicates.same_matter_known,
        case_progress.CaseSplit: groups.case_split,
        ledger.CheckpointPublished: checkpoints.published,
        ledger.CheckpointAnswered: checkpoints.answered,
        ReconcileAsked: reconciling.kept,
        ReconcileAnswered: reconciling.kept,
        RecoveryAsked: recovery.asked,
        RecoveryAnswered: reconciling.kept,
        ErasureOrdered: erasure.ordered,
        ErasureAnswered: erasure.answered,
    }
)
