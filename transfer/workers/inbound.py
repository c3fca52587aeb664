"""Takes deliveries through the door: ordered lanes, one transaction a batch, acknowledged after the commit."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from transfer.handlers.receive import receive, set_aside
from transfer.ports.traffic import Batch, Inlet
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
        try:
            await self._store(batch.deliveries)
        except StorageUnavailable:
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one message must not hold up all others
            for delivery in batch.deliveries:
                await self._store_alone(delivery)
        await batch.ack()
        self._held = None
        return len(batch.deliveries)

    async def _store(self, deliveries: Sequence[Delivery]) -> None:
        async with self.room.work() as work:
            verdicts = await receive(work, deliveries, self.context())
        for verdict, count in Counter(type(verdict).__name__.lower() for verdict in verdicts).items():
            RECEIVED.labels(verdict=verdict).inc(count)

    async def _store_alone(self, delivery: Delivery) -> None:
        try:
            await self._store([delivery])
        except StorageUnavailable:
            raise
        except Exception as error:
            fault = str(error) if isinstance(error, StorageRefused) else type(error).__name__
            log.exception("delivery_set_aside", fault=fault)
            async with self.room.work() as work:
                await set_aside(work, delivery, self.context(), fault)
