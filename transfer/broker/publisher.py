"""The carrier: takes messages to the broker and tells of each what became of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from types import TracebackType
from typing import Final, Self
from uuid import UUID

import aio_pika
from aio_pika.abc import AbstractExchange
from aio_pika.exceptions import DeliveryError, PublishError

from transfer.broker.address import Address
from transfer.broker.connection import Link, NotConnected, State, describe, is_fault
from transfer.broker.topology import outgoing
from transfer.ports.traffic import BrokerRefused, NotSent, Parcel, PublishOutcome, Sent, Unconfirmed, Unroutable

CONTENT_TYPE: Final = "application/cloudevents+json"


class Publisher:
    """Publishes as one region over a connection of its own: persistent, mandatory, confirmed.

    Use as a context manager: it connects in the background and publishes nothing until it is connected.
    """

    def __init__(
        self, address: Address, *, region: str, clock: Callable[[], datetime], timeout_seconds: float = 10.0
    ) -> None:
        """A batch whose confirms are not all in after ``timeout_seconds`` is given up as unconfirmed."""
        self._region = region
        self._timeout = timeout_seconds
        self._link = Link(address, name=f"{region} publisher", clock=clock, timeout_seconds=timeout_seconds)
        self._channel: aio_pika.Channel | None = None
        self._opening = asyncio.Lock()
        self._in_flight: dict[UUID, asyncio.Event] = {}

    async def __aenter__(self) -> Self:
        await self._link.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._link.__aexit__(kind, error, trace)

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached now."""
        return self._link.state.connected

    @property
    def state(self) -> State:
        """Whether the broker can be reached, since when, and why not."""
        return self._link.state

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """One outcome per parcel, in order; all are in flight at once, and the broker gets them in this order.

        Never raises for the fate of a message; cancellation passes.
        """
        deadline = asyncio.get_running_loop().time() + self._timeout
        try:
            async with asyncio.timeout_at(deadline):
                exchange = await self._ready_exchange()
        except (Exception, asyncio.CancelledError) as error:
            if not is_fault(error):
                raise
            return [_unconfirmed(error) for _ in parcels]
        return await asyncio.gather(*(self._publish(parcel, exchange, deadline) for parcel in parcels))

    async def _ready_exchange(self) -> AbstractExchange:
        """The region's exchange, on a new channel when an error closed the last one."""
        if not self.connected:
            raise NotConnected(self._link.state.error)
        await self._link.unblocked()
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.channel(confirms=True)
            return await self._channel.get_exchange(outgoing(self._region), ensure=False)

    async def _publish(self, parcel: Parcel, exchange: AbstractExchange, deadline: float) -> PublishOutcome:
        try:
            async with asyncio.timeout_at(deadline), self._alone(parcel.id):
                await exchange.publish(self._message(parcel), parcel.recipient, mandatory=True)
        except PublishError as error:
            return NotSent(reason=Unroutable(f"{outgoing(self._region)} to {parcel.recipient}: {error.args[0]}"))
        except DeliveryError:
            return NotSent(reason=BrokerRefused(parcel.recipient))
        except (Exception, asyncio.CancelledError) as error:
            if not is_fault(error):
                raise
            # No other error says that the broker does not have the message.
            return _unconfirmed(error)
        return Sent()

    @asynccontextmanager
    async def _alone(self, message: UUID) -> AsyncIterator[None]:
        """No other publish of this id meanwhile: a message that comes back is told from the others by its id,
        so of two in flight the wrong one would count as confirmed."""
        while (earlier := self._in_flight.get(message)) is not None:
            await earlier.wait()
        over = self._in_flight[message] = asyncio.Event()
        try:
            yield
        finally:
            del self._in_flight[message]
            over.set()

    def _message(self, parcel: Parcel) -> aio_pika.Message:
        return aio_pika.Message(
            parcel.body,
            headers=dict(parcel.headers),
            content_type=CONTENT_TYPE,
            delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            message_id=str(parcel.id),
            type=parcel.type,
            user_id=self._region,
        )


def _unconfirmed(error: BaseException) -> NotSent:
    return NotSent(reason=Unconfirmed(describe(error)))
