"""The first look at a delivery: is it a message, from whom it says, for us, in a form known here?"""

from dataclasses import dataclass
from typing import Any

from transfer.messages.codes import Hop, RefusalCode
from transfer.messages.envelope import (
    MAX_BYTES,
    Attributes,
    SchemaViolated,
    UnknownType,
    Unreadable,
    decode,
    decode_attributes,
    digest_of,
)
from transfer.messages.receipts import ReceiptIssued, Refusal
from transfer.messages.values import Digest, Frozen
from transfer.ports.work import Context, Delivery

OUTGOING_PREFIX = "out."
DETAIL_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A delivery that is a message for this region, from the region that it names."""

    delivery: Delivery
    attributes: Attributes
    data: Frozen
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Unopened:
    """A delivery that cannot be taken as a message. ``attributes`` are given when their source can be trusted,
    so that a receipt can be sent; otherwise nobody can be told."""

    delivery: Delivery
    digest: Digest
    refusal: Refusal
    attributes: Attributes | None = None


def refusal(code: RefusalCode, detail: object, *, resend: bool = False) -> Refusal:
    """A refusal by this node; the detail is cut to one line."""
    line = " ".join(str(detail).split())[:DETAIL_LENGTH] or code.en
    return Refusal(code=code, hop=Hop.RECIPIENT, detail=line, resend=resend)


def open_delivery(delivery: Delivery, context: Context) -> Opened | Unopened:
    """Judge form and addresses of a delivery; nothing is stored yet.

    What this version does not understand is refused with ``resend``: after an upgrade it may be understood.
    """
    digest = digest_of(delivery.body)
    trusted: Attributes | None = None
    try:
        if len(delivery.body) > MAX_BYTES:
            raise _NotTaken(RefusalCode.TOO_LARGE, f"{len(delivery.body)} bytes; at most {MAX_BYTES} are taken")
        attributes, data = _decoded(delivery.body)
        _check_source(delivery, attributes, context)
        trusted = attributes
        if attributes.recipient != context.region:
            raise _NotTaken(RefusalCode.WRONG_RECIPIENT, f"recipient {attributes.recipient}")
        if isinstance(data, UnknownType):
            raise _NotTaken(RefusalCode.UNKNOWN_TYPE, data, resend=True)
        if isinstance(data, SchemaViolated):
            raise _NotTaken(RefusalCode.SCHEMA_VIOLATED, data, resend=True)
        if not isinstance(data, ReceiptIssued) and data.case != attributes.conversation:
            raise _NotTaken(RefusalCode.SCHEMA_VIOLATED, "the conversation is not the case's", resend=True)
    except _NotTaken as why:
        return Unopened(delivery=delivery, digest=digest, refusal=why.refusal, attributes=trusted)
    return Opened(delivery=delivery, attributes=attributes, data=data, digest=digest)


class _NotTaken(Exception):
    """The delivery is refused before anything is looked up."""

    def __init__(self, code: RefusalCode, detail: object, *, resend: bool = False) -> None:
        self.refusal = refusal(code, detail, resend=resend)
        super().__init__(self.refusal.detail)


def _decoded(body: bytes) -> tuple[Attributes, Any]:
    """The attributes, and the data or why it is not understood."""
    try:
        return decode(body)
    except Unreadable as error:
        raise _NotTaken(RefusalCode.UNREADABLE, error) from error
    except (UnknownType, SchemaViolated) as error:
        return decode_attributes(body), error


def _check_source(delivery: Delivery, attributes: Attributes, context: Context) -> None:
    """Exchange, broker user and source must name the same region, one that is on the exchange."""
    spoken_by = {delivery.exchange, f"{OUTGOING_PREFIX}{delivery.user_id}", f"{OUTGOING_PREFIX}{attributes.source}"}
    if len(spoken_by) != 1:
        claims = f"exchange {delivery.exchange}, user {delivery.user_id}, source {attributes.source}"
        raise _NotTaken(RefusalCode.SENDER_MISMATCH, claims)
    if attributes.source not in context.directory.by_code:
        raise _NotTaken(RefusalCode.UNKNOWN_REGION, f"source {attributes.source}")
