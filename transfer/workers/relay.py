"""Carries the outbox to the broker: what is new at once, what got no receipt again, never under another id."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from transfer.crypto.letters import CannotSeal
from transfer.ports.traffic import (
    BrokerRefused,
    Carrier,
    NotSent,
    Outbox,
    OutMessage,
    Parcel,
    Sent,
    Unroutable,
)
from transfer.telemetry import traces
from transfer.telemetry.metrics import NOT_SENT, PUBLISHED
from transfer.workers.pauses import Pauses

log = structlog.get_logger(__name__)

BATCH: Final = 500


@dataclass(slots=True, kw_only=True)
class Relay:
    """Sends the messages of the shards whose leases it holds."""

    outbox: Outbox
    carrier: Carrier
    clock: Callable[[], datetime]
    owner: str
    lease: timedelta
    resend: Pauses
    backoff: Pauses
    _epochs: Mapping[int, int] = field(default_factory=dict)
    _renew_at: datetime | None = None
    _failing: dict[str, int] = field(default_factory=dict)
    _reached: set[str] = field(default_factory=set)

    async def relay_once(self) -> int:
        """Publish what was never published; gives how many messages the broker took."""
        return await self._relay(self.outbox.fresh)

    async def resend_once(self) -> int:
        """Publish again what the recipient should have receipted; gives how many messages the broker took."""
        return await self._relay(self.outbox.overdue)

    async def hand_over(self) -> None:
        """Give the leases back at the end."""
        await self.outbox.release(self.owner, now=self.clock())

    async def _relay(self, due: Callable[..., object]) -> int:
        if not self.carrier.connected:
            return 0
        epochs = await self._leases()
        if not epochs:
            return 0
        messages: Sequence[OutMessage] = await due(epochs.keys(), now=self.clock(), limit=BATCH)  # type: ignore[misc]
        if not messages:
            return 0
        spans = [_sending(message) for message in messages]
        parcels = [_parcel(message, span.traceparent) for message, span in zip(messages, spans, strict=True)]
        outcomes = await self.carrier.publish(parcels)
        for span, outcome in zip(spans, outcomes, strict=True):
            span.end(type(outcome.reason).__name__ if isinstance(outcome, NotSent) else None)
        taken = [m for m, outcome in zip(messages, outcomes, strict=True) if isinstance(outcome, Sent)]
        await self._note_taken(taken, epochs)
        left: dict[tuple[str, type[Exception]], list[tuple[OutMessage, NotSent]]] = {}
        for message, outcome in zip(messages, outcomes, strict=True):
            if isinstance(outcome, NotSent):
                left.setdefault((message.recipient, type(outcome.reason)), []).append((message, outcome))
        for alike in left.values():
            await self._note_failed(alike)
        return len(taken)

    async def _leases(self) -> Mapping[int, int]:
        now = self.clock()
        if self._renew_at is None or not self._renew_at - self.lease <= now < self._renew_at:
            self._epochs = await self.outbox.claim(self.owner, now=now, lease=self.lease)
            self._renew_at = now + self.lease / 3
        return self._epochs

    async def _note_taken(self, taken: Sequence[OutMessage], epochs: Mapping[int, int]) -> None:
        """If the node dies before this is written, the messages are published once more under the same ids."""
        now = self.clock()
        by_pause: dict[int, list[int]] = {}
        for message in taken:
            by_pause.setdefault(message.attempts, []).append(message.row)
        for attempts, rows in by_pause.items():
            await self.outbox.published(rows, epochs, now=now, retry_at=now + self.resend.after(attempts))
        PUBLISHED.inc(len(taken))
        # Also what an earlier process noted; so each region once, until it fails.
        recovered = {message.recipient for message in taken} - self._reached
        if recovered:
            await self.outbox.reachable(recovered)
            self._reached |= recovered
            for region in recovered:
                self._failing.pop(region, None)

    async def _note_failed(self, alike: Sequence[tuple[OutMessage, NotSent]]) -> None:
        """One attempt that failed for these messages, all of one region and for one kind of reason."""
        message, outcome = alike[0]
        kind = type(outcome.reason).__name__
        NOT_SENT.labels(reason=kind).inc(len(alike))
        log.warning(
            "not_sent",
            message=str(message.id),
            messages=len(alike),
            region=message.recipient,
            reason=kind,
            detail=str(outcome.reason),
        )
        if not isinstance(outcome.reason, (Unroutable, BrokerRefused, CannotSeal)):
            return  # the connection's fault, not the region's: it may have been taken, and is sent again
        failures = self._failing.get(message.recipient, 0)
        self._failing[message.recipient] = failures + 1
        self._reached.discard(message.recipient)
        now = self.clock()
        reason = f"{kind}: {outcome.reason}"
        await self.outbox.failed(message.recipient, reason, now=now, retry_at=now + self.backoff.after(failures))


def _sending(message: OutMessage) -> traces.Sending:
    return traces.sending(
        f"publish {message.type}",
        message.traceparent,
        messaging__system="rabbitmq",
        messaging__operation__type="send",
        messaging__destination__name=message.recipient,
        messaging__message__id=str(message.id),
        messaging__message__conversation_id=str(message.conversation),
    )


def _parcel(message: OutMessage, traceparent: str | None = None) -> Parcel:
    return Parcel(
        id=message.id,
        type=message.type,
        recipient=message.recipient,
        body=message.body,
        headers={"conversation": str(message.conversation), "sequence": message.sequence},
        traceparent=traceparent,
    )
