"""How a case, its applicants and transfers, and a received message become rows, and come back."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy import Row

from transfer.domain.case import Case, Notice, Transfer
from transfer.domain.clocks import running, waits_for
from transfer.domain.duplicates import SameMatter
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.handling import UNHANDLED, Handling
from transfer.domain.lifecycle import PAST, Side, State
from transfer.domain.urgency import next_day
from transfer.domain.watch import look_on
from transfer.messages.case import Applicant, CaseBasics, Designation, Election, Material, StageReached, Tenure
from transfer.messages.codes import RecallReason, ReceiptOutcome, Stage
from transfer.messages.codes_urgency import place
from transfer.messages.eligibility import NO_ATTESTATIONS, Attestations
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.transfer import ApplicantTold, CompetenceDisputed, Designated, SupplementRequired
from transfer.messages.values import Frozen
from transfer.ports.work import InboxEntry

_SAME_MATTER: Final[TypeAdapter[tuple[SameMatter, ...]]] = TypeAdapter(tuple[SameMatter, ...])
_MATERIALS: Final[TypeAdapter[tuple[Material, ...]]] = TypeAdapter(tuple[Material, ...])


NO_DAY: Final = date.max
"""Stands in worklists for what nothing falls due of, so that it comes last."""


class TransferDetail(Frozen):
    """What of a transfer is not searched for, as one document."""

    letter: str
    reason: str
    despite: str | None
    notice: SupplementRequired | None
    dispute: CompetenceDisputed | None
    designations: tuple[tuple[str, Designated], ...]
    designation: Designation | None
    escalated: bool
    recall: RecallReason | None
    told: tuple[ApplicantTold, ...]
    supplied: frozenset[str]
    heard: str | None


_DETAIL_FIELDS: Final = tuple(TransferDetail.model_fields)


def case_row(case: Case) -> dict[str, Any]:
    """The columns of a case that may change with every decision."""
    return {
        "version": case.version,
        "holder": case.holder.institution,
        "holder_region": case.holder_region,
        "tenure": case.holder.number,
        "stage": case.stage.stage.value,
        "stage_tenure": case.stage.tenure,
        "stage_number": case.stage.number,
        "duplicate_of": case.duplicate_of,
        "followers": json.dumps(sorted(case.followers)),
        "same_matter": _SAME_MATTER.dump_json(case.same_matter).decode(),
        "notice": case.notice.model_dump_json() if case.notice else None,
        "handling": case.handling.model_dump_json(exclude_none=True) if case.handling != UNHANDLED else None,
        "election": case.election.model_dump_json() if case.election else None,
        "attestations": None if case.attestations == NO_ATTESTATIONS else case.attestations.model_dump_json(),
        "watch_on": look_on(case),
        **case_place(case),
    }


def case_place(case: Case) -> dict[str, Any]:
    """Where the case stands in worklists."""
    ongoing = case.stage.stage not in PAST
    return {
        "place": place(case.basics.urgency, open=ongoing),
        "act_by": next_day(case, open=ongoing) or NO_DAY,
    }


def content_row(case: Case) -> dict[str, Any]:
    """The columns of a case that hold what it is about; they change seldom."""
    basics = case.basics
    return {
        "matter": basics.matter.value,
        "urgency": basics.urgency.value,
        "first_received_at": basics.first_received_at,
        "first_received_by": basics.first_received_by,
        "limitation_on": basics.limitation_on,
        "due_on": min((clock.due_strict for clock in running(case) if clock.due_strict), default=None),
        "waits_for": waits_for(case),
        "opponent": basics.opponents[0].name if basics.opponents else None,
        "basics": basics.model_dump_json(exclude_none=True),
        "materials": _MATERIALS.dump_json(case.materials, exclude_none=True).decode(),
    }


def applicant_rows(case: Case) -> list[dict[str, Any]]:
    """One row per applicant."""
    return [
        {
            "case_id": case.id,
            "position": position,
            "id": applicant.id,
            "name": applicant.name,
            "identity_number": applicant.identity.number,
            "status": applicant.status.value,
            "detail": applicant.model_dump_json(exclude_none=True),
        }
        for position, applicant in enumerate(case.applicants)
    ]


def transfer_row(case: Case, transfer: Transfer) -> dict[str, Any]:
    """One transfer."""
    detail = TransferDetail(**{name: getattr(transfer, name) for name in _DETAIL_FIELDS})
    return {
        "id": transfer.id,
        "case_id": case.id,
        "position": case.transfers.index(transfer),
        "side": transfer.side.value,
        "state": transfer.state.value,
        "is_open": int(transfer.is_open),
        "sender": transfer.sender,
        "receiver": transfer.receiver,
        "attempt": transfer.attempt,
        "signed_by": transfer.signed_by,
        "due_on": transfer.notice.due_on if transfer.notice else None,
        "place": place(case.basics.urgency, open=transfer.is_open),
        "act_by": _transfer_day(case, transfer) or NO_DAY,
        "opened_at": transfer.opened_at,
        "changed_at": transfer.changed_at,
        "detail": detail.model_dump_json(exclude_none=False),
    }


def _transfer_day(case: Case, transfer: Transfer) -> date | None:
    if not transfer.is_open:
        return None
    days = [next_day(case, open=True)]
    if transfer.state is State.SUPPLEMENT_REQUIRED and transfer.notice is not None:
        days.append(transfer.notice.due_on)
    return min((day for day in days if day is not None), default=None)


def to_transfer(row: Row[Any]) -> Transfer:
    """The transfer in a row."""
    detail = TransferDetail.model_validate_json(row.detail)
    return Transfer(
        id=row.id,
        side=Side(row.side),
        state=State(row.state),
        sender=row.sender,
        receiver=row.receiver,
        attempt=row.attempt,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        signed_by=row.signed_by,
        **{name: getattr(detail, name) for name in _DETAIL_FIELDS},
    )


def request_row(case: Case, request: EvidenceRequest) -> dict[str, Any]:
    """One evidence request; what is searched for stands in columns of its own beside the whole."""
    urgent = [item.urgent.until for item in request.items if item.urgent is not None]
    return {
        "id": request.id,
        "case_id": case.id,
        "position": case.requests.index(request),
        "side": request.side.value,
        "state": request.state.value,
        "is_open": int(request.is_open),
        "peer": request.peer,
        "letter": request.letter,
        "lawyer": request.lawyer.name,
        "collector": request.collector,
        "due_on": request.due_on,
        "pressing": int(bool(urgent)),
        "place": place(case.basics.urgency, open=request.is_open, pressing=bool(urgent)),
        "act_by": min((day for day in (request.due_on, *urgent) if day and request.is_open), default=NO_DAY),
        "opened_at": request.opened_at,
        "changed_at": request.changed_at,
        "detail": request.model_dump_json(exclude_none=True),
    }


def to_case(
    row: Row[Any],
    applicants: Iterable[Row[Any]],
    tenures: Iterable[Row[Any]],
    transfers: Iterable[Row[Any]],
    requests: Iterable[Row[Any]],
) -> Case:
    """The case in a row, with the rows that belong to it, each in order."""
    return Case(
        id=row.id,
        version=row.version,
        basics=CaseBasics.model_validate_json(row.basics),
        materials=_MATERIALS.validate_json(row.materials) if row.materials != "[]" else (),
        applicants=tuple(Applicant.model_validate_json(a.detail) for a in applicants),
        tenures=tuple(Tenure(number=t.number, institution=t.institution, since=t.since) for t in tenures),
        stage=StageReached(stage=Stage(row.stage), tenure=row.stage_tenure, number=row.stage_number),
        followers=frozenset(json.loads(row.followers)),
        notice=Notice.model_validate_json(row.notice) if row.notice else None,
        handling=Handling.model_validate_json(row.handling) if row.handling else UNHANDLED,
        election=Election.model_validate_json(row.election) if row.election else None,
        attestations=Attestations.model_validate_json(row.attestations) if row.attestations else NO_ATTESTATIONS,
        transfers=tuple(to_transfer(t) for t in transfers),
        requests=tuple(EvidenceRequest.model_validate_json(r.detail) for r in requests),
        duplicate_of=row.duplicate_of,
        same_matter=_SAME_MATTER.validate_json(row.same_matter) if row.same_matter != "[]" else (),
    )


def to_entry(row: Row[Any]) -> InboxEntry:
    """The received message in a row."""
    return InboxEntry(
        source=row.source,
        message=row.message,
        conversation=row.conversation,
        sequence=row.sequence,
        type=row.type,
        digest=row.digest,
        body=row.body,
        outcome=ReceiptOutcome(row.outcome),
        received_at=row.received_at,
        refusal=Refusal.model_validate_json(row.refusal) if row.refusal else None,
        signature=row.signature,
    )


def entry_row(entry: InboxEntry) -> dict[str, Any]:
    """One received message."""
    return {
        "source": entry.source,
        "message": entry.message,
        "conversation": entry.conversation,
        "sequence": entry.sequence,
        "type": entry.type,
        "digest": entry.digest,
        "body": entry.body,
        "outcome": entry.outcome.value,
        "received_at": entry.received_at,
        "refusal": entry.refusal.model_dump_json() if entry.refusal else None,
        "signature": entry.signature,
    }


def to_receipt(row: Row[Any]) -> Receipt:
    """The verdict in a row."""
    return Receipt(
        message=row.message,
        digest=row.digest,
        outcome=ReceiptOutcome(row.outcome),
        at=row.at,
        refusal=Refusal.model_validate_json(row.refusal) if row.refusal else None,
    )


def receipt_row(receipt: Receipt) -> dict[str, Any]:
    """One verdict."""
    return {
        "message": receipt.message,
        "digest": receipt.digest,
        "outcome": receipt.outcome.value,
        "at": receipt.at,
        "refusal": receipt.refusal.model_dump_json() if receipt.refusal else None,
    }
