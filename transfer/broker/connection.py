"""One connection to the broker: opened when the broker is there, opened again when it was lost, and its state."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Final, Self

import aio_pika
import structlog
import tenacity
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import InvalidFrameError
from aiormq import TransportFactory

from transfer.broker.address import Address
from transfer.broker.dialling import TlsDialling, refusal

# A dead peer is noticed after three heartbeats and three seconds.
_HEARTBEAT: Final = 12
_CLOSING_SECONDS: Final = 5.0
_PAUSE: Final = (0.5, 5.0)
_PAUSE_AFTER_REFUSAL: Final = (8.0, 15.0)

_log = structlog.get_logger(__name__)


class NotConnected(Exception):
    """The broker cannot be reached now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Whether something works, since when, and what was last wrong when it does not."""

    connected: bool
    since: datetime
    error: str | None = None


class _Connection(aio_pika.RobustConnection):
    def dial(self, dialling: TransportFactory) -> None:
        """Every attempt goes this way."""
        self.kwargs["transport_factory"] = dialling

    async def connect(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - overrides
        """As the library's, but an attempt that fails or is cancelled does not go on in the background."""
        try:
            await super().connect(timeout=timeout)
        except BaseException:
            await self.close()
            raise


class Link:
    """A connection that is kept for as long as the block lasts, from the first attempt on in the background.

    Neither an absent broker nor a refused login ends it; both stand in ``state`` and in the log.
    """

    def __init__(
        self, address: Address, *, name: str, clock: Callable[[], datetime], timeout_seconds: float = 10.0
    ) -> None:
        """The name is how the broker's operator sees the connection."""
        self.state = State(connected=False, since=clock(), error="not connected yet")
        self._address = address
        self._name = name
        self._clock = clock
        self._timeout = timeout_seconds
        self._connection: AbstractConnection | None = None
        self._up = asyncio.Event()
        self._opening: asyncio.Task[None] | None = None
        self._dialling = TlsDialling(address.tls, clock=clock) if address.tls else None
        self._log = _log.bind(connection=name, broker=str(address))

    async def __aenter__(self) -> Self:
        self._opening = asyncio.create_task(self._open(), name=f"{self._name}: open")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait({self._opening})
        connection, self._connection = self._connection, None
        self._up.clear()
        self.state = State(connected=False, since=self._clock(), error="closed")
        if connection is not None:
            connection.close_callbacks.clear()
            # A frozen broker does not answer; the socket closes with the process.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING_SECONDS):
                    await connection.close()

    async def up(self) -> None:
        """Returns when the connection is there."""
        await self._up.wait()

    async def channel(self, *, confirms: bool = False) -> aio_pika.Channel:
        """A new channel that lives as long as the present connection; raises NotConnected.

        With confirms an unroutable message raises, too. The caller bounds the time.
        """
        connection = self._connection
        if connection is None or not self._up.is_set():
            raise NotConnected(self.state.error)
        # Not the library's robust channel, which restores itself unasked and stays dead when that fails once.
        channel = aio_pika.Channel(connection, publisher_confirms=confirms, on_return_raises=confirms)
        await channel.initialize()
        return channel

    async def unblocked(self) -> None:
        """Returns when the broker takes messages, which it does not while it lacks memory or disk space."""
        transport = self._connection.transport if self._connection else None
        if transport is None:
            raise NotConnected(self.state.error)
        await transport.ready()

    async def _open(self) -> None:
        attempts = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(is_fault),
            wait=lambda attempt: _pause_after(_error_of(attempt)),
            before_sleep=lambda attempt: self._failed(_error_of(attempt)),
        )
        connection: _Connection = await attempts(self._connect)
        connection.close_callbacks.add(self._lost)
        connection.reconnect_callbacks.add(self._restored)
        self._connection = connection
        self._came_up("broker_connected")

    async def _connect(self) -> _Connection:
        address = self._address
        url = aio_pika.connection.make_url(
            host=address.host,
            port=address.port,
            login=address.username,
            password=address.password or "",
            virtualhost=address.vhost,
            ssl=address.tls is not None,
            auth="EXTERNAL" if address.tls else "PLAIN",
            heartbeat=_HEARTBEAT,
        )
        connection = _Connection(url, reconnect_interval=_PAUSE[0], client_properties={"connection_name": self._name})
        if self._dialling is not None:
            connection.dial(self._dialling)
        async with asyncio.timeout(self._timeout):
            await connection.connect(timeout=self._timeout)
        return connection

    def _lost(self, connection: AbstractConnection | None, error: BaseException | None) -> None:
        """Called when the connection is lost, and again for every attempt to restore it that fails."""
        self._up.clear()
        if isinstance(connection, _Connection):
            connection.reconnect_interval = _pause_after(error)
        self._failed(error)

    def _restored(self, connection: AbstractConnection | None) -> None:
        if isinstance(connection, _Connection):
            # The library waits this long after a success, too, before it notices the next loss.
            connection.reconnect_interval = _PAUSE[0]
        self._came_up("broker_connected_again")

    def _came_up(self, event: str) -> None:
        self.state = State(connected=True, since=self._clock())
        self._up.set()
        if self._dialling is not None:
            self._dialling.in_doubt = False
        self._log.info(event)

    def _failed(self, error: BaseException | None) -> None:
        said = describe(error)
        if isinstance(error, InvalidFrameError):
            # The library hides the broker's words when it closes instead of opening.
            where = f"no vhost {self._address.vhost} for {self._address.username}"
            said = f"{where}, or too many connections, or no RabbitMQ: {said}"
        elif self._address.tls is not None and (meaning := refusal(said) or self._broken_off(said)):
            said = f"{meaning} ({said})"
        if self.state.connected:
            self.state = State(connected=False, since=self._clock(), error=said)
        else:
            self.state = replace(self.state, error=said)
        event = "broker_refused_login" if _is_refusal(error) else "broker_unreachable"
        self._log.warning(event, error=said)

    def _broken_off(self, said: str) -> str | None:
        # In TLS 1.3 a hub refuses a certificate after the client's handshake; its alert can be lost to what follows.
        if self.state.connected or "connection reset" not in said:
            return None
        return "the hub broke off the login; it is ending, or it refuses TRANSFER_TLS_CERT and its log says why"


def is_fault(error: BaseException) -> bool:
    """Whether an error is the connection's, and not this task's own cancellation: the library also cancels what
    waits on a connection that it gives up."""
    task = asyncio.current_task()
    lost = isinstance(error, asyncio.CancelledError) and task is not None and not task.cancelling()
    return lost or isinstance(error, Exception)


def describe(error: BaseException | None) -> str:
    """An error in one line."""
    if error is None or isinstance(error, asyncio.CancelledError):
        return "the connection was lost"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return " ".join(f"{type(error).__name__}: {error}".split())


def _error_of(attempt: tenacity.RetryCallState) -> BaseException | None:
    return attempt.outcome.exception() if attempt.outcome else None


def _is_refusal(error: BaseException | None) -> bool:
    return error is not None and refusal(describe(error)) is not None


def _pause_after(error: BaseException | None) -> float:
    # Drawn anew each time, so that a hub that comes back is not met by all regions at once.
    low, high = _PAUSE_AFTER_REFUSAL if _is_refusal(error) else _PAUSE
    return random.uniform(low, high)  # noqa: S311 - a pause is no secret
