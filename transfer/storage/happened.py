"""What the unit of work writes, as the ledger tells of it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row

from transfer.domain.case import Case
from transfer.domain.decision import Event
from transfer.ledger.entry import Kind
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import OF_NO_CASE, digest_of
from transfer.messages.receipts import Refusal
from transfer.ports.ledger import Happened
from transfer.ports.work import Cause, InboxEntry, Quarantined

_OF_MESSAGES: Final = ("type", "recipient", "sequence", "digest")


def stepped(case: Case, event: Event, detail: str, cause: Cause) -> Happened:
    """A step on a case; ``detail`` is that of its line in the history. Which rows it wrote is said when they are."""
    said: dict[str, Any] = json.loads(detail)
    facts = {
        "event": event.name,
        "transfer": _id(event.transfer),
        "request": _id(event.request),
        "detail": said,
        "institution": cause.institution,
        "source": cause.source,
        "message": _id(cause.message),
        "tenure": case.holder.number,
        "holder": case.holder.institution,
        "version": case.version,
        "rows": {},
    }
    # The name of a region, which decided by its message, is nobody's.
    texts = {} if cause.message else {"by": cause.by}
    return Happened(kind=Kind.STEP, at=cause.at, case=case.id, facts=facts, texts=texts, subject=_alone(said))


def _alone(detail: Mapping[str, Any]) -> UUID | None:
    """The applicant, where a step names exactly one."""
    match detail:
        case {"applicant": str(one)} | {"applicants": [str(one)]}:
            return UUID(one)
        case _:
            return None


def sent(row: Mapping[str, Any], answers: str | None) -> Happened:
    """A message that was written to be sent, by its row in the outbox. It belongs to the case of its conversation, of
    which it has its number, also where another case gave the answer."""
    facts = {name: row[name] for name in _OF_MESSAGES}
    facts |= {"message": str(row["message"]), "conversation": str(row["conversation"]), "answers": answers}
    case = _case(row["type"], row["conversation"])
    return Happened(kind=Kind.SENT, at=row["created_at"], case=case, facts=facts)


def received(entry: InboxEntry) -> Happened:
    """A message that came, and the verdict on it."""
    # A message without a place belongs to no conversation and stands under its own id.
    conversation = entry.conversation if entry.sequence else None
    facts = {
        "message": str(entry.message),
        "source": entry.source,
        "type": entry.type,
        "conversation": _id(conversation),
        "sequence": entry.sequence,
        "digest": entry.digest,
        "outcome": entry.outcome.value,
        "refusal": _refusal(entry.refusal),
    }
    case = _case(entry.type, conversation)
    return Happened(kind=Kind.RECEIVED, at=entry.received_at, case=case, facts=facts)


def settled(row: Row[Any], outcome: ReceiptOutcome, refusal: str | None, *, at: datetime) -> Happened:
    """What the recipient says became of a message, by its row in the outbox."""
    facts = {
        "message": str(row.message),
        "recipient": row.recipient,
        "digest": row.digest,
        "outcome": outcome.value,
        "refusal": json.loads(refusal) if refusal else None,
    }
    return Happened(kind=Kind.SETTLED, at=at, case=_case(row.type, row.conversation), facts=facts)


def set_aside(message: Quarantined) -> Happened:
    """Something that lies in quarantine; what a letter that was not opened says of itself is a claim."""
    opened = message.digest is not None
    facts = {
        "quarantine": str(message.id),
        "source": message.source,
        "message": _id(message.message),
        "type": message.type,
        "conversation": _id(message.conversation),
        "digest": message.digest,
        "code": message.refusal.code.value,
        "body": digest_of(message.body) if message.body is not None else None,
    }
    case = _case(message.type, message.conversation) if opened else None
    return Happened(kind=Kind.SET_ASIDE, at=message.at, case=case, facts=facts)


def _case(type_: str | None, conversation: UUID | None) -> UUID | None:
    """The case of a conversation; one between regions has none."""
    return None if type_ in OF_NO_CASE else conversation


def _id(given: UUID | None) -> str | None:
    return str(given) if given is not None else None


def _refusal(refusal: Refusal | None) -> dict[str, Any] | None:
    return refusal.model_dump(mode="json") if refusal is not None else None
