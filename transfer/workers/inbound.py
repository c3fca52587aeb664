"""Takes deliveries through the door: ordered lanes, one transaction a batch, acknowledged after the commit."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import structlog

from transfer.crypto.book import NoExchange
from transfer.handlers.opening import Unopened, open_delivery, refusal
from transfer.handlers.receive import receive, set_aside
from transfer.messages.codes import RefusalCode
from transfer.ports.traffic import Batch, Inlet, Wire
from transfer.ports.work import Context, Delivery, StorageRefused, StorageUnavailable, WorkRoom
from transfer.telemetry.metrics import RECEIVED

log = structlog.get_logger(__name__)

BATCH: Final = 200
LOOK_SECONDS: Final = 1.0


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
    prefetch: int
    _fresh: Batch | None = None
    _held: list[tuple[Batch, list[Delivery]]] = field(default_factory=list)

    async def wait(self) -> None:
        """Until there are deliveries."""
        if self._fresh is None and not self._held:
            self._fresh = await self.inlet.receive(BATCH)

    async def receive_once(self) -> int:
        """Take in what has come and acknowledge it; gives how many.

        If the node dies before the acknowledgement the broker delivers again, and the inbox knows which of them
        were committed. A batch that the database could not take is held and tried again, ahead of all others; so is
        one that came while no directory is in force.
        """
        await self._sort()
        if not self._held:
            return 0
        (batch, letters), context = self._held[0], self.context()
        try:
            await self._store(letters, context)
        except StorageUnavailable:
            raise
        except NoExchange:
            await self._look_further()
            raise
        except Exception:  # noqa: BLE001 - whatever is wrong with one message must not hold up all others
            for delivery in letters:
                await self._store_alone(delivery, context)
        await batch.ack()
        del self._held[0]
        return len(batch.deliveries)

    async def _sort(self) -> None:
        """Take directories out of what has just come; the rest waits its turn."""
        if (batch := self._fresh) is None:
            return
        for one in batch.deliveries:
            if one.exchange == self.operator:
                await self.take_directory(one.body)
        self._held.append((batch, [one for one in batch.deliveries if one.exchange != self.operator]))
        self._fresh = None
        while sum(len(held.deliveries) for held, _ in self._held) > self.prefetch:
            # More than the broker hands over at once: the first ones were lost with their connection and came again.
            del self._held[0]

    async def _look_further(self) -> None:
        """The directory that is waited for may stand in the inbox behind what is held."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                self._fresh = await self.inlet.receive(BATCH)

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
        except (StorageUnavailable, NoExchange):
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
