"""Runs a duty again and again: the only place that knows waiting, stopping and faults."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from transfer.crypto.errors import CryptoError
from transfer.law.book import RulesInvalid
from transfer.ports.ledger import HeadsDisagree
from transfer.ports.work import StorageUnavailable
from transfer.telemetry.clock import now

log = structlog.get_logger(__name__)

FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 10.0
LAST_ROUND: Final = 3.0


@dataclass(slots=True, kw_only=True)
class Duty:
    """Something to do whenever there is something to do.

    ``once`` gives how much it did; while that is more than nothing it is called again at once. Then the duty
    waits for ``woken``, at most ``poll`` seconds. ``failures`` counts faults in a row, for readiness, and
    ``done_at`` is the end of the last round without one.

    ``wait`` comes before each round and may take for ever; it, and a pause, may be broken off at any time. A round
    itself is let finish when the node ends, since a transaction is better committed than torn.
    """

    name: str
    once: Callable[[], Awaitable[int]]
    poll: float
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    wait: Callable[[], Awaitable[None]] | None = None
    failures: int = 0
    done_at: datetime | None = None
    _between_rounds: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._between_rounds.set()

    async def end(self, task: asyncio.Task[None]) -> None:
        """End the task that runs this duty, after the round that it is in, which has ``LAST_ROUND`` seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_ROUND):
                await self._between_rounds.wait()
        task.cancel()
        await asyncio.wait({task})

    async def run(self) -> None:
        """Until cancelled. A fault is logged and tried again after a growing pause; it never ends the duty."""
        while True:
            self.woken.clear()
            try:
                if self.wait is not None:
                    await self.wait()
                done = await self._round()
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # A broken broker connection surfaces as cancellation that nobody asked for.
                await self._pause(ConnectionError("a call was cancelled from within"))
            except Exception as error:  # noqa: BLE001 - a duty outlives every fault of one round
                await self._pause(error)
            else:
                self.failures, self.done_at = 0, now()
                if done == 0:
                    await self._idle()

    async def _round(self) -> int:
        self._between_rounds.clear()
        try:
            return await self.once()
        finally:
            self._between_rounds.set()

    async def _idle(self) -> None:
        try:
            async with asyncio.timeout(self.poll * random.uniform(0.9, 1.1)):  # noqa: S311 - spreads polls, no secret
                await self.woken.wait()
        except TimeoutError:
            pass

    async def _pause(self, error: Exception) -> None:
        self.failures += 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 10)) * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        expected = isinstance(error, (StorageUnavailable, ConnectionError, CryptoError, RulesInvalid, HeadsDisagree))
        log.warning(
            "duty_failed",
            duty=self.name,
            failures=self.failures,
            # The text of any other error may quote what it was about.
            error=f"{type(error).__name__}: {error}" if expected else type(error).__name__,
            retry_in=round(pause, 1),
            exc_info=None if expected else error,
        )
        await asyncio.sleep(pause)
