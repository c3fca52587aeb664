"""Tries a message of the quarantine again, by the same door through which it came."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from transfer.domain.errors import TransferError
from transfer.handlers.opening import Arrived, open_delivery
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict, lying, receive
from transfer.ports.traffic import Wire
from transfer.ports.work import Context, Delivery, Quarantined, QuarantineWork, Work


class NotInQuarantine(TransferError):
    """The quarantine holds no such message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a message of the quarantine when it was tried again."""

    entry: Quarantined
    verdict: Verdict


async def replay(work: QuarantineWork, entry: UUID, context: Context, wire: Wire) -> Replayed:
    """Take the message in again within one transaction, also when its place in the conversation has passed.

    What is applied, or was applied before, is marked so; what is refused again stays, with the new reason, and its
    sender gets a new receipt in any case. Raises NotInQuarantine.
    """
    held = await work.load(entry)
    if held is None:
        raise NotInQuarantine(entry=entry)
    [verdict] = await receive(work.work, [await _arrived(work.work, held, context, wire)], context, replay=True)
    match verdict:
        case Applied() | Duplicate():
            await work.mark_applied(held.id, at=context.now)
        case Refused(refusal=refusal):
            await work.mark_refused(held.id, refusal)
        case Early():
            pass  # it waits in the inbox, and is applied there when its turn comes
        case _:
            assert_never(verdict)
    return Replayed(entry=held, verdict=verdict)


async def _arrived(work: Work, held: Quarantined, context: Context, wire: Wire) -> Arrived:
    """The message as it lies in the inbox, or as it is opened now; what was erased lies in neither."""
    if held.body:
        delivery = Delivery(body=held.body, exchange=held.exchange or "", user_id=held.user_id)
        return open_delivery(delivery, context, wire)
    if held.body is not None or held.source is None or held.message is None:
        raise NotInQuarantine(entry=held.id)
    key = (held.source, held.message)
    entry = (await work.load_inbox([key]))[key]
    if not entry.body:
        raise NotInQuarantine(entry=held.id)
    return lying(entry)
