"""Tries a message of the quarantine again, by the same door through which it came."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from transfer.domain.errors import TransferError
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict, receive
from transfer.ports.work import Context, Delivery, Quarantined, QuarantineWork


class NotInQuarantine(TransferError):
    """The quarantine holds no such message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a message of the quarantine when it was tried again."""

    entry: Quarantined
    verdict: Verdict


async def replay(work: QuarantineWork, entry: UUID, context: Context) -> Replayed:
    """Take the message in again within one transaction, also when its place in the conversation has passed.

    What is applied, or was applied before, is marked so; what is refused again stays, with the new reason, and its
    sender gets a new receipt in any case. Raises NotInQuarantine.
    """
    held = await work.load(entry)
    if held is None:
        raise NotInQuarantine(entry=entry)
    delivery = Delivery(body=held.body, exchange=held.exchange, user_id=held.user_id)
    [verdict] = await receive(work.work, [delivery], context, replay=True)
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
