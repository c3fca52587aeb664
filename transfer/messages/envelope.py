"""The envelope: a CloudEvents 1.0 event with its place in a conversation."""

import hashlib
from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError, create_model

from transfer.messages import (
    case_progress,
    duplicates,
    eligibility,
    erasure,
    evidence,
    ledger,
    receipts,
    reconciling,
    recovery,
    transfer,
)
from transfer.messages.values import MAX_INTEGER, BetweenRegions, CaseId, Digest, Frozen, Moment, RegionCode

MAX_BYTES: Final = 4 * 1024 * 1024

MESSAGE_TYPES: Final[Mapping[str, type[Frozen]]] = MappingProxyType(
    {
        "legalaid.transfer.offered.v1": transfer.Offered,
        "legalaid.transfer.signed_for.v1": transfer.SignedFor,
        "legalaid.transfer.supplement_required.v1": transfer.SupplementRequired,
        "legalaid.transfer.supplemented.v1": transfer.Supplemented,
        "legalaid.transfer.accepted.v1": transfer.Accepted,
        "legalaid.transfer.competence_disputed.v1": transfer.CompetenceDisputed,
        "legalaid.transfer.escalated.v1": transfer.Escalated,
        "legalaid.transfer.designated.v1": transfer.Designated,
        "legalaid.transfer.linked_as_duplicate.v1": transfer.LinkedAsDuplicate,
        "legalaid.transfer.recall_requested.v1": transfer.RecallRequested,
        "legalaid.transfer.released.v1": transfer.Released,
        "legalaid.case.stage_published.v1": case_progress.StagePublished,
        "legalaid.case.holder_changed.v1": case_progress.HolderChanged,
        "legalaid.case.term_overdue.v1": case_progress.TermOverdue,
        "legalaid.case.matter_noticed.v1": duplicates.MatterNoticed,
        "legalaid.case.same_matter_known.v1": duplicates.SameMatterKnown,
        "legalaid.case.split.v1": case_progress.CaseSplit,
        "legalaid.case.erasure_ordered.v1": erasure.ErasureOrdered,
        "legalaid.case.erasure_answered.v1": erasure.ErasureAnswered,
        "legalaid.attestation.issued.v1": eligibility.AttestationIssued,
        "legalaid.attestation.revoked.v1": eligibility.AttestationRevoked,
        "legalaid.evidence.requested.v1": evidence.EvidenceRequested,
        "legalaid.evidence.signed_for.v1": evidence.EvidenceSignedFor,
        "legalaid.evidence.clarification_asked.v1": evidence.EvidenceClarificationAsked,
        "legalaid.evidence.clarified.v1": evidence.EvidenceClarified,
        "legalaid.evidence.undertaken.v1": evidence.EvidenceUndertaken,
        "legalaid.evidence.supplied.v1": evidence.EvidenceSupplied,
        "legalaid.evidence.returned.v1": evidence.EvidenceReturned,
        "legalaid.evidence.confirmed.v1": evidence.EvidenceConfirmed,
        "legalaid.evidence.rework_asked.v1": evidence.EvidenceReworkAsked,
        "legalaid.evidence.declined.v1": evidence.EvidenceDeclined,
        "legalaid.evidence.extension_asked.v1": evidence.EvidenceExtensionAsked,
        "legalaid.evidence.extension_granted.v1": evidence.EvidenceExtensionGranted,
        "legalaid.evidence.extension_refused.v1": evidence.EvidenceExtensionRefused,
        "legalaid.evidence.cancelled.v1": evidence.EvidenceCancelled,
        "legalaid.evidence.lawyer_changed.v1": evidence.EvidenceLawyerChanged,
        "legalaid.ledger.checkpoint_published.v1": ledger.CheckpointPublished,
        "legalaid.ledger.checkpoint_answered.v1": ledger.CheckpointAnswered,
        "legalaid.reconcile.asked.v1": reconciling.ReconcileAsked,
        "legalaid.reconcile.answered.v1": reconciling.ReconcileAnswered,
        "legalaid.recovery.asked.v1": recovery.RecoveryAsked,
        "legalaid.recovery.answered.v1": recovery.RecoveryAnswered,
        "legalaid.receipt.issued.v1": receipts.ReceiptIssued,
    }
)
TYPE_NAMES: Final[Mapping[type[Frozen], str]] = MappingProxyType({model: name for name, model in MESSAGE_TYPES.items()})
RECEIPT_TYPE: Final = TYPE_NAMES[receipts.ReceiptIssued]
LEDGER_TYPES: Final = frozenset(name for name, one in MESSAGE_TYPES.items() if issubclass(one, ledger.LedgerMessage))
"""What is said of a ledger; each ledger is a conversation of its own."""
OF_NO_CASE: Final = frozenset(name for name, one in MESSAGE_TYPES.items() if issubclass(one, BetweenRegions))
"""What belongs to no case, and has its place in a conversation of its own if in any."""
OF_RECOVERY: Final = frozenset({TYPE_NAMES[recovery.RecoveryAsked], TYPE_NAMES[recovery.RecoveryAnswered]})
"""What a region that was restored asks and is told, before it takes in anything else."""
ANSWERS: Final[frozenset[type[Frozen]]] = frozenset(
    {
        transfer.SignedFor,
        transfer.SupplementRequired,
        transfer.Supplemented,
        transfer.Accepted,
        transfer.CompetenceDisputed,
        transfer.LinkedAsDuplicate,
        transfer.Released,
        duplicates.SameMatterKnown,
        evidence.EvidenceSignedFor,
        evidence.EvidenceClarificationAsked,
        evidence.EvidenceClarified,
        evidence.EvidenceUndertaken,
        evidence.EvidenceSupplied,
        evidence.EvidenceReturned,
        evidence.EvidenceConfirmed,
        evidence.EvidenceReworkAsked,
        evidence.EvidenceDeclined,
        evidence.EvidenceExtensionAsked,
        evidence.EvidenceExtensionGranted,
        evidence.EvidenceExtensionRefused,
        ledger.CheckpointAnswered,
        reconciling.ReconcileAnswered,
        recovery.RecoveryAnswered,
    }
)
"""Messages that must name the message that they answer."""


Place = Annotated[int, Field(ge=1, le=MAX_INTEGER, description="1, 2, 3 … per source, recipient and conversation")]


MessageType = Annotated[str, Field(pattern=r"^legalaid\.[a-z_]+\.[a-z_]+\.v[1-9][0-9]*$", max_length=100)]


class Attributes(Frozen):
    """The CloudEvents attributes of a content; a SealedEvent shows the broker all of them but ``answers``."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: MessageType
    source: RegionCode
    recipient: RegionCode
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    conversation: Annotated[UUID | None, Field(description="absent on receipts")] = None
    sequence: Annotated[Place | None, Field(description="absent on receipts")] = None
    answers: Annotated[Digest | None, Field(description="digest of the message that this one answers")] = None


class Unreadable(ValueError):
    """The body is not a message of the exchange."""


class UnknownType(ValueError):
    """No message of this type is known to this version."""


class SchemaViolated(ValueError):
    """The content does not fit the schema of its type."""


def digest_of(body: bytes) -> str:
    """The digest by which the exact bytes of a message are named in receipts and answers."""
    return "sha256:" + hashlib.sha256(body).hexdigest()


def encode(attributes: Attributes, data: Frozen) -> bytes:
    """The body of a message: one CloudEvents JSON object, UTF-8. These bytes are kept and sent again unchanged."""
    # Attributes that came from decode carry their data too.
    head = attributes.model_dump_json(exclude_none=True, exclude={"data"})
    return f'{head[:-1]},"data":{data.model_dump_json(exclude_none=True)}}}'.encode()


def _event(name: str, model: type[Frozen]) -> type[Attributes]:
    fields: dict[str, Any] = {"specversion": (Literal["1.0"], ...), "type": (Literal[name], ...), "data": (model, ...)}
    if issubclass(model, ledger.LedgerMessage):
        fields |= {"conversation": (UUID, Field(description="of the ledger of that region")), "sequence": (Place, ...)}
    elif model is not receipts.ReceiptIssued:
        fields |= {"conversation": (CaseId, ...), "sequence": (Place, ...)}
    if model in ANSWERS:
        fields |= {"answers": (Digest, Field(description="digest of the message that this one answers"))}
    return create_model(model.__name__ + "Event", __base__=Attributes, **fields)


EVENTS: Final[Mapping[str, type[Attributes]]] = MappingProxyType(
    {name: _event(name, model) for name, model in MESSAGE_TYPES.items()}
)
_ANY_EVENT: Final[TypeAdapter[Attributes]] = TypeAdapter(
    Annotated[reduce(or_, EVENTS.values()), Field(discriminator="type")]  # type: ignore[arg-type]
)


def decode(body: bytes) -> tuple[Attributes, Frozen]:
    """The attributes and the data of a body, in one pass.

    Raises Unreadable (no CloudEvents object), UnknownType or SchemaViolated, each saying where and why.
    """
    try:
        event = _ANY_EVENT.validate_json(body)
    except ValidationError as error:
        attributes = decode_attributes(body)
        if attributes.type not in MESSAGE_TYPES:
            raise UnknownType(attributes.type) from error
        raise SchemaViolated(explain(error)) from error
    data: Frozen = event.data  # type: ignore[attr-defined]
    return event, data


def decode_attributes(body: bytes) -> Attributes:
    """The attributes alone; raises Unreadable."""
    try:
        return Attributes.model_validate_json(body)
    except ValidationError as error:
        raise Unreadable(explain(error)) from error


_QUOTING: Final[Mapping[str, str]] = MappingProxyType({"uuid_parsing": "Input should be a valid UUID"})
"""What is said instead where pydantic's own text would quote the content."""


def explain(error: ValidationError) -> str:
    """The first faults of a validation in one line, by place and reason, without the offending content."""
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    said = [
        f"{'.'.join(str(part) for part in fault['loc']) or 'body'}: {_QUOTING.get(fault['type'], fault['msg'])}"
        for fault in faults[:3]
    ]
    if len(faults) > len(said):
        said.append(f"and {len(faults) - len(said)} more")
    return "; ".join(said)
