"""Tries a message of the quarantine again, by the same door through which it came, or puts it away."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from transfer.domain.errors import TransferError
from transfer.handlers.opening import Arrived, open_delivery
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict, lying, receive
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.ports.traffic import Wire
from transfer.ports.work import Context, Delivery, Quarantined, QuarantineWork, Work
from transfer.records import Dismissal


class NotInQuarantine(TransferError):
    """The quarantine holds no such message."""


class WaitsNoMore(TransferError):
    """This message of the quarantine was applied since, or put away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What became of a message of the quarantine when it was tried again."""

    entry: Quarantined
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """Why a message of the quarantine needs nothing more, and who says so."""

    why: Dismissal
    by: str
    remark: str | None = None


async def replay(work: QuarantineWork, entry: UUID, context: Context, wire: Wire, *, by: str) -> Replayed:
    """Take the message in again within one transaction, also when its place in the conversation has passed.

    What is applied, or was applied before, is marked so; what is refused again stays, with the new reason, and its
    sender gets a new receipt in any case. The ledger says who did it. Raises NotInQuarantine.
    """
    held = await _held(work, entry)
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
    _note(work.work, entry, type(verdict).__name__.lower(), {"by": by}, context)
    return Replayed(entry=held, verdict=verdict)


async def dismiss(work: QuarantineWork, entry: UUID, away: Away, context: Context) -> None:
    """Say that the message needs nothing more; it stays, and can still be tried again. The ledger says who did it, why,
    and keeps the remark. Raises NotInQuarantine, WaitsNoMore."""
    held = await _held(work, entry)
    if held.applied_at is not None or held.dismissed_at is not None:
        raise WaitsNoMore(entry=entry)
    await work.mark_dismissed(held.id, away.why, at=context.now)
    _note(work.work, entry, "dismissed", {"by": away.by, "remark": away.remark}, context, reason=away.why.value)


async def _held(work: QuarantineWork, entry: UUID) -> Quarantined:
    held = await work.load(entry)
    if held is None:
        raise NotInQuarantine(entry=entry)
    return held


def _note(
    work: Work, entry: UUID, verdict: str, texts: Mapping[str, str | None], context: Context, **more: str
) -> None:
    told = {"quarantine": str(entry), "verdict": verdict, **more}
    work.note(Happened(kind=Kind.REPLAYED, at=context.now, facts=told, texts={k: v for k, v in texts.items() if v}))


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
