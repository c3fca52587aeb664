"""A batch of deliveries, acknowledged or given back as a whole."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Final, Self

import structlog
from aio_pika.exceptions import ChannelInvalidStateError
from aiormq.abc import AbstractChannel, DeliveredMessage

from transfer.ports import Delivery

_ANSWER_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class Batch:
    """Deliveries in their order. They stay the broker's until ack(): when the connection is lost they come again.

    As a context manager it gives itself back when the block is left without an answer; a batch that is merely
    forgotten comes again no sooner than the consumer reconnects.
    """

    def __init__(self, messages: Sequence[DeliveredMessage], *, start_over: Callable[[], None]) -> None:
        self.deliveries: tuple[Delivery, ...] = tuple(_delivery(message) for message in messages)
        self._messages = messages
        self._start_over = start_over

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.give_back()

    async def ack(self) -> None:
        """Take the messages off the queue; each by itself, as earlier batches may still be at work.

        Does nothing when the connection that brought them is gone, or when the batch has been answered.
        """
        await self._answer(lambda channel, tag: channel.basic_ack(tag, wait=False))

    async def give_back(self) -> None:
        """Put the messages back into the queue, from where they come again, perhaps in another order.

        Each return counts towards the delivery limit: through a passing fault of one's own, keep the batch and
        try again instead.
        """
        await self._answer(lambda channel, tag: channel.basic_nack(tag, requeue=True, wait=False))

    async def _answer(self, send: Callable[[AbstractChannel, int], Awaitable[None]]) -> None:
        messages, self._messages = self._messages, ()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                for message in messages:
                    if message.delivery_tag is not None:
                        # The channel that delivered, and no later one: tags start at 1 on each.
                        await send(message.channel, message.delivery_tag)
        except ChannelInvalidStateError:
            _log.info("batch_comes_again", messages=len(messages))
        except asyncio.CancelledError:
            self._start_over()
            raise
        except TimeoutError:
            # On a channel that lives, what is neither acknowledged nor returned would hold its place for ever.
            self._start_over()
            _log.warning("batch_not_answered_in_time", messages=len(messages))


def _delivery(message: DeliveredMessage) -> Delivery:
    return Delivery(
        body=message.body,
        exchange=message.exchange or "",
        user_id=message.header.properties.user_id,
        redelivered=bool(message.redelivered),
    )
