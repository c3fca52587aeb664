"""Between the workers of a node and their ports: sends the process a signal when it comes to a chosen point."""

import os
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from transfer.messages.envelope import RECEIPT_TYPE
from transfer.node import Node
from transfer.ports.recovery import Again, Ending, OwnMessage, Restore
from transfer.ports.traffic import (
    Batch,
    Carrier,
    DueReceipts,
    Inlet,
    Outbox,
    OutMessage,
    Parcel,
    PublishOutcome,
    ReceiptsDue,
)
from transfer.ports.work import Delivery, Work, WorkRoom
from transfer.storage.recovery import SqlRecovery
from transfer.workers.inbound import Inbound
from transfer.workers.receipts import ReceiptTeller
from transfer.workers.recover import Recoverer


class Point(StrEnum):
    """Where a process can be on the way from a decision to its receipt."""

    DECIDED = "desk: decided, before the commit"
    COMMITTED = "desk: committed, before the answer and before anything is published"
    TO_PUBLISH = "relay: before the broker is given anything"
    PUBLISHED = "relay: the broker confirmed, before that is noted"
    NOTED = "relay: the confirm is noted"
    RECEIVED = "inbound: received, before anything is looked at"
    APPLIED = "inbound: applied, before the commit"
    STORED = "inbound: committed, before the acknowledgement"
    ACKED = "inbound: acknowledged"
    RECEIPTS_TO_SEND = "receipts: before they are sent"
    RECEIPTS_SENT = "receipts: the broker confirmed, before that is noted"
    RECEIPTS_NOTED = "receipts: that they were sent is noted"
    RETAKING = "recovery: taken up again, before the commit"
    RETAKEN = "recovery: taken up again, and committed"
    RECOVERED = "recovery: all is taken up, before that is committed"


@dataclass(slots=True, kw_only=True)
class Fate:
    """Sends the process a signal when it comes to its point for the n-th time."""

    point: Point | None
    times: int
    signal: int

    def comes_to(self, point: Point) -> None:
        if point is self.point:
            self.times -= 1
            if self.times == 0:
                os.kill(os.getpid(), self.signal)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedRoom:
    room: WorkRoom
    fate: Fate
    before: Point
    after: Point

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        async with self.room.work() as work:
            yield work
            self.fate.comes_to(self.before)
        self.fate.comes_to(self.after)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedCarrier:
    carrier: Carrier
    fate: Fate

    @property
    def connected(self) -> bool:
        return self.carrier.connected

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        receipts = parcels[0].type == RECEIPT_TYPE
        self.fate.comes_to(Point.RECEIPTS_TO_SEND if receipts else Point.TO_PUBLISH)
        outcomes = await self.carrier.publish(parcels)
        self.fate.comes_to(Point.RECEIPTS_SENT if receipts else Point.PUBLISHED)
        return outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedOutbox:
    outbox: Outbox
    fate: Fate

    async def claim(self, owner: str, *, now: datetime, lease: timedelta) -> Mapping[int, int]:
        return await self.outbox.claim(owner, now=now, lease=lease)

    async def release(self, owner: str, *, now: datetime) -> None:
        await self.outbox.release(owner, now=now)

    async def fresh(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        return await self.outbox.fresh(shards, now=now, limit=limit)

    async def overdue(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        return await self.outbox.overdue(shards, now=now, limit=limit)

    async def published(
        self, rows: Collection[int], epochs: Mapping[int, int], *, now: datetime, retry_at: datetime
    ) -> int:
        written = await self.outbox.published(rows, epochs, now=now, retry_at=retry_at)
        if rows:
            self.fate.comes_to(Point.NOTED)
        return written

    async def failed(self, recipient: str, reason: str, *, now: datetime, retry_at: datetime) -> None:
        await self.outbox.failed(recipient, reason, now=now, retry_at=retry_at)

    async def reachable(self, recipients: Collection[str]) -> None:
        await self.outbox.reachable(recipients)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedReceipts:
    receipts: ReceiptsDue
    fate: Fate

    async def due(self, *, limit: int, without: Collection[str]) -> Sequence[DueReceipts]:
        return await self.receipts.due(limit=limit, without=without)

    async def told(self, rows: Collection[int]) -> None:
        await self.receipts.told(rows)
        self.fate.comes_to(Point.RECEIPTS_NOTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedBatch:
    batch: Batch
    fate: Fate

    @property
    def deliveries(self) -> Sequence[Delivery]:
        return self.batch.deliveries

    async def ack(self) -> None:
        await self.batch.ack()
        self.fate.comes_to(Point.ACKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedInlet:
    inlet: Inlet
    fate: Fate

    @property
    def connected(self) -> bool:
        return self.inlet.connected

    async def receive(self, limit: int) -> Batch:
        batch = await self.inlet.receive(limit)
        self.fate.comes_to(Point.RECEIVED)
        return FatedBatch(batch=batch, fate=self.fate)


@dataclass(frozen=True, slots=True, kw_only=True)
class FatedRecovery:
    """What is asked of the records comes through, but for what is fated."""

    records: SqlRecovery
    fate: Fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self.records, name)

    @asynccontextmanager
    async def step(self, waiting: Sequence[OwnMessage]) -> AsyncIterator[Again]:
        async with self.records.step(waiting) as work:
            yield work
            self.fate.comes_to(Point.RETAKING)
        self.fate.comes_to(Point.RETAKEN)

    @asynccontextmanager
    async def finish(self, restore: Restore, facts: Mapping[str, object]) -> AsyncIterator[Ending | None]:
        async with self.records.finish(restore, facts) as ending:
            yield ending
            self.fate.comes_to(Point.RECOVERED)


def _part(node: Node, duty: str) -> object:
    """The worker that does the duty of that name, None when another process does it."""
    found = [each.once for each in node.duties if each.name == duty]
    return getattr(found[0], "__self__", None) if found else None


def seal(node: Node, fate: Fate) -> None:
    """Put the fate between the workers and their ports."""
    node.desk.room = FatedRoom(room=node.desk.room, fate=fate, before=Point.DECIDED, after=Point.COMMITTED)
    if node.relay is not None:
        node.relay.carrier = FatedCarrier(carrier=node.relay.carrier, fate=fate)
        node.relay.outbox = FatedOutbox(outbox=node.relay.outbox, fate=fate)
    teller = _part(node, "receipts")
    if isinstance(teller, ReceiptTeller):
        teller.carrier = FatedCarrier(carrier=teller.carrier, fate=fate)
        teller.receipts = FatedReceipts(receipts=teller.receipts, fate=fate)
    inbound = _part(node, "inbound")
    if isinstance(inbound, Inbound):
        inbound.inlet = FatedInlet(inlet=inbound.inlet, fate=fate)
        inbound.room = FatedRoom(room=inbound.room, fate=fate, before=Point.APPLIED, after=Point.STORED)
    recoverer = _part(node, "recovery")
    if isinstance(recoverer, Recoverer):
        object.__setattr__(recoverer, "records", FatedRecovery(records=recoverer.records, fate=fate))  # type: ignore[arg-type]
