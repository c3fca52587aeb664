"""The first look at a delivery: is it a letter from whom it says, for us, in a form known here?"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from transfer.crypto.letters import Letter, NotOpened
from transfer.messages.codes import Hop, RefusalCode
from transfer.messages.envelope import (
    Attributes,
    SchemaViolated,
    UnknownType,
    decode,
    decode_attributes,
    digest_of,
)
from transfer.messages.ledger import LedgerMessage
from transfer.messages.receipts import Refusal
from transfer.messages.sealed import SealedEvent
from transfer.messages.values import BetweenRegions, Digest, Frozen, showable
from transfer.ports.traffic import Wire
from transfer.ports.work import Context, Delivery

OUTGOING_PREFIX = "out."
DETAIL_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A message for this region, signed by the region that it names; without a delivery it lay in the inbox."""

    letter: Letter
    attributes: Attributes
    data: Frozen
    digest: Digest
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotUnderstood:
    """A letter that was opened and is the source's, and that this node cannot take as a message."""

    letter: Letter
    attributes: Attributes
    digest: Digest
    refusal: Refusal
    delivery: Delivery | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A delivery of which nobody vouches for anything. ``claims`` is what it says of itself, when that can be
    read and the region that it names is on the exchange; then that region is told."""

    delivery: Delivery
    refusal: Refusal
    claims: SealedEvent | None = None


Arrived = Opened | NotUnderstood | Unopened


def refusal(code: RefusalCode, detail: object, *, resend: bool = False) -> Refusal:
    """A refusal by this node; the detail is cut to one line, and may quote what a stranger wrote."""
    line = showable(" ".join(str(detail).split()))[:DETAIL_LENGTH] or code.en
    return Refusal(code=code, hop=Hop.RECIPIENT, detail=line, resend=resend)


def open_delivery(delivery: Delivery, context: Context, wire: Wire) -> Arrived:
    """Judge letter, form and addresses of a delivery; nothing is stored yet.

    What cannot be opened or is not understood is refused with ``resend``: with the right key, or after an upgrade,
    it may be. If it was a forgery, the true message comes again all the same.
    """
    try:
        letter = wire.open(delivery.body)
        _check_road(delivery, letter)
    except NotOpened as why:
        known = why.claims is not None and why.claims.source in context.directory.by_code
        said = refusal(why.code, why, resend=True)
        return Unopened(delivery=delivery, refusal=said, claims=why.claims if known else None)
    return judge(letter, delivery)


def judge(letter: Letter, delivery: Delivery | None = None) -> Opened | NotUnderstood:
    """Whether a letter holds a message that is understood here."""
    data: Any
    try:
        attributes, data = decode(letter.content)
    except (UnknownType, SchemaViolated) as error:
        attributes, data = decode_attributes(letter.content), error
    seen: dict[str, Any] = {"letter": letter, "delivery": delivery, "attributes": attributes}
    seen["digest"] = digest_of(letter.content)
    if isinstance(data, UnknownType):
        return NotUnderstood(**seen, refusal=refusal(RefusalCode.UNKNOWN_TYPE, data, resend=True))
    if isinstance(data, SchemaViolated):
        return NotUnderstood(**seen, refusal=refusal(RefusalCode.SCHEMA_VIOLATED, data, resend=True))
    if not _belongs(data, attributes.conversation):
        fault = "the conversation is not that of its case or ledger"
        return NotUnderstood(**seen, refusal=refusal(RefusalCode.SCHEMA_VIOLATED, fault, resend=True))
    return Opened(**seen, data=data)


def _belongs(data: Any, conversation: UUID | None) -> bool:  # noqa: ANN401 - any message
    """Whether a message is in the conversation that follows from what it is about."""
    match data:
        case LedgerMessage():
            return data.conversation == conversation
        case BetweenRegions():
            return True
        case _:
            return bool(data.case == conversation)


def _check_road(delivery: Delivery, letter: Letter) -> None:
    """Exchange and broker user must be the source's; a letter that came by another road is a copy of one."""
    spoken_by = {delivery.exchange, f"{OUTGOING_PREFIX}{delivery.user_id}", f"{OUTGOING_PREFIX}{letter.source}"}
    if len(spoken_by) != 1:
        claims = f"exchange {delivery.exchange}, user {delivery.user_id}, source {letter.source}"
        raise NotOpened(RefusalCode.SENDER_MISMATCH, claims)
