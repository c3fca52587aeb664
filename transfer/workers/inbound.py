"""Takes deliveries through the door: ordered lanes, one transaction a batch, acknowledged after the commit."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from transfer.crypto.book import DirectoryTooOld
from transfer.handlers.opening import Unopened, open_delivery, refusal
from transfer.handlers.receive import receive, set_aside
from transfer.messages.codes import RefusalCode
from transfer.ports.traffic import Batch, Inlet, Wire
from transfer.ports.work import Context, Delivery, StorageRefused, StorageUnavailable, WorkRoom
from transfer.telemetry.metrics import RECEIVED

log = structlog.get_logger(__name__)

BATCH: Final = 200


@dataclass(slots=True, kw_only=True)
class Inbound:
    """One consumer of the region's inbox. A batch is cut by the broker's order, so each conversation stays in
    order; while one batch is being written, the next ones gather at the broker's prefetch."""

    room: WorkRoom
    inlet: Inlet
    context: Callable[[], Context]
    wire: Wire
    operator: str
    take_directory: Callable[[bytes], Awaitable[None]]
    _held: Batch | None = None

    async def wait(self) -> None:
        """Until there are deliveries."""
        if self._held is None:
            self._held = await self.inlet.receive(BATCH)

    async def receive_once(self) -> int:
        """Take in what has come and acknowledge it; gives how many.

        If the node dies before the acknowledgement the broker delivers again, and the inbox knows which of them
        were committed. A batch that the database could not take is held and tried again, ahead of all others.
        """
        if (batch := self._held) is None:
            return 0
        context = self.context()
        for one in batch.deliveries:
            if one.exchange == self.operator:
                await self.take_directory(one.body)
        letters = [one for one in batch.deliveries if one.exchange != self.operator]
        try:
            await self._store(letters, context)
        except (StorageUnavailable, DirectoryTooOld):
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one message must not hold up all others
            for delivery in letters:
                await self._store_alone(delivery, context)
        await batch.ack()
        self._held = None
        return len(batch.deliveries)

    async def _store(self, deliveries: Sequence[Delivery], context: Context) -> None:
        # Opening letters takes longer than an event loop should stand still.
        arrived = await asyncio.to_thread(lambda: [open_delivery(one, context, self.wire) for one in deliveries])
        async with self.room.work() as work:
            verdicts = await receive(work, arrived, context)
        for verdict, count in Counter(type(verdict).__name__.lower() for verdict in verdicts).items():
            RECEIVED.labels(verdict=verdict).inc(count)

    async def _store_alone(self, delivery: Delivery, context: Context) -> None:
        try:
            await self._store([delivery], context)
        except (StorageUnavailable, DirectoryTooOld):
            raise
        except Exception as error:
            fault = str(error) if isinstance(error, StorageRefused) else type(error).__name__
            log.exception("delivery_set_aside", fault=fault)
            try:
                one = open_delivery(delivery, context, self.wire)
            except Exception:  # noqa: BLE001 - then it is the opening that fails
                one = Unopened(delivery=delivery, refusal=refusal(RefusalCode.NODE_FAULT, fault, resend=True))
            async with self.room.work() as work:
                await set_aside(work, one, context, fault)
