"""The consumer: hands the messages of a region's inbox to the application in batches, in their order."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import aio_pika
import structlog
from aiormq.abc import DeliveredMessage

from transfer.broker.address import Address
from transfer.broker.batch import Batch, Source
from transfer.broker.connection import Link, State, describe, is_fault
from transfer.broker.topology import inbox

_CLOSING_SECONDS: Final = 2.0
_PAUSE: Final = (0.5, 3.0)

_log = structlog.get_logger(__name__)


class ConsumerClosed(Exception):
    """The consumer was closed; no more messages come from it."""


class Consumer:
    """Consumes one region's inbox over a connection of its own.

    Use as a context manager: it connects in the background, and consumes again after whatever ended it. What was
    not acknowledged when it is closed stays in the inbox.
    """

    def __init__(
        self,
        address: Address,
        *,
        region: str,
        clock: Callable[[], datetime],
        prefetch: int = 200,
        timeout_seconds: float = 10.0,
    ) -> None:
        """The broker hands over at most ``prefetch`` messages that are not acknowledged."""
        self._queue = inbox(region)
        self._clock = clock
        self._prefetch = prefetch
        self._timeout = timeout_seconds
        self._link = Link(address, name=f"{region} consumer", clock=clock, timeout_seconds=timeout_seconds)
        self._state = State(connected=False, since=clock(), error="not consuming yet")
        self._source: Source | None = None
        self._waiting: deque[DeliveredMessage] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self._consuming: asyncio.Task[None] | None = None
        self._log = _log.bind(queue=self._queue, broker=str(address))

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        self._consuming = asyncio.create_task(self._keep_consuming(), name=f"{self._queue}: consume")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed = True
        self._news.set()
        if self._consuming is not None:
            self._consuming.cancel()
            await asyncio.wait({self._consuming})
        await self._link.__aexit__(kind, error, trace)

    @property
    def connected(self) -> bool:
        """Whether messages of the inbox come in."""
        return self.state.connected

    @property
    def state(self) -> State:
        """Whether messages of the inbox come in, since when, and why not."""
        return self._state if self._link.state.connected else self._link.state

    async def receive(self, limit: int) -> Batch:
        """The next messages, at least one and at most ``limit``, waiting until there is one; may be cancelled.

        Raises ConsumerClosed.
        """
        while (source := self._source) is None or not self._waiting:
            if self._closed:
                raise ConsumerClosed
            self._news.clear()
            await self._news.wait()
        return Batch(source, [self._waiting.popleft() for _ in range(min(limit, len(self._waiting)))])

    async def batches(self, limit: int) -> AsyncIterator[Batch]:
        """Batches as receive() gives them, until the consumer is closed."""
        with suppress(ConsumerClosed):
            while True:
                yield await self.receive(limit)

    async def _keep_consuming(self) -> None:
        while True:
            await self._link.up()
            try:
                error = await self._consume()
            except (Exception, asyncio.CancelledError) as failed:
                if not is_fault(failed):
                    raise
                error = describe(failed)
            self._ended(error)
            await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 - a pause is no secret

    async def _consume(self) -> str:
        """Consume on a new channel until it ends; gives the reason."""
        async with asyncio.timeout(self._timeout):
            channel = await self._link.channel()
        source = self._source = Source(await channel.get_underlay_channel())
        reason = "a batch could not be answered"

        def closed(_: object, error: BaseException | None) -> None:
            nonlocal reason
            reason = describe(error)
            source.over.set()

        def cancelled(_: object) -> None:
            nonlocal reason
            reason = f"the broker cancelled the consumer of {self._queue}"
            source.over.set()

        channel.close_callbacks.add(closed)
        source.channel.on_consumer_cancel_callbacks.add(cancelled)
        try:
            async with asyncio.timeout(self._timeout):
                await source.channel.basic_qos(prefetch_count=self._prefetch)
                await source.channel.basic_consume(self._queue, self._take)
            self._began()
            await source.over.wait()
        finally:
            # What the closed channel delivered belongs to the broker again and comes once more.
            self._source = None
            self._waiting.clear()
            await _close(channel)
        return reason

    async def _take(self, message: DeliveredMessage) -> None:
        if self._source is not None and message.channel is self._source.channel:
            self._waiting.append(message)
            self._news.set()

    def _began(self) -> None:
        self._state = State(connected=True, since=self._clock())
        self._log.info("consuming")

    def _ended(self, error: str) -> None:
        if self._state.connected:
            self._state = State(connected=False, since=self._clock(), error=error)
        else:
            self._state = replace(self._state, error=error)
        self._log.warning("not_consuming", error=error)


async def _close(channel: aio_pika.Channel) -> None:
    # A frozen broker does not answer; then the connection is given up soon, and its channels with it.
    with suppress(TimeoutError):
        async with asyncio.timeout(_CLOSING_SECONDS):
            await channel.close()
