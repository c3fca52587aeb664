"""Batches of deliveries, and the channel that brought them, on which alone they can be answered."""

import asyncio
from collections.abc import Iterator, Sequence
from enum import Enum
from types import TracebackType
from typing import Final, Self

import structlog
from aiormq.abc import AbstractChannel, DeliveredMessage

from transfer.broker.connection import describe, is_fault
from transfer.ports.work import Delivery

_ANSWER_SECONDS: Final = 5.0

_log = structlog.get_logger(__name__)


class _Answer(Enum):
    TAKEN = "taken"
    RETURNED = "returned"


class Source:
    """A channel that delivers. ``over`` is set when it is to be given up; what it delivered then comes again."""

    def __init__(self, channel: AbstractChannel) -> None:
        self.channel = channel
        self.over = asyncio.Event()
        self._answering = asyncio.Lock()
        self._answered_up_to = 0
        self._answered_beyond: set[int] = set()

    async def answer(self, tags: range, answer: _Answer) -> None:
        """Answer these delivery tags, which are numbered from 1 on each channel; returns when that is written."""
        async with self._answering, asyncio.timeout(_ANSWER_SECONDS):
            for tag, all_before in self._frames(tags):
                # When the last one is written, all are.
                wait = tag == tags[-1]
                match answer:
                    case _Answer.TAKEN:
                        await self.channel.basic_ack(tag, multiple=all_before, wait=wait)
                    case _Answer.RETURNED:
                        await self.channel.basic_nack(tag, multiple=all_before, requeue=True, wait=wait)

    def _frames(self, tags: range) -> Iterator[tuple[int, bool]]:
        """One answer for all when nothing before them is open, as a broker forgets answers that it has not yet
        worked off when the channel closes; else one for each."""
        if tags[0] != self._answered_up_to + 1:
            self._answered_beyond.update(tags)
            yield from ((tag, False) for tag in tags)
            return
        self._answered_up_to = tags[-1]
        while self._answered_up_to + 1 in self._answered_beyond:
            self._answered_up_to += 1
            self._answered_beyond.remove(self._answered_up_to)
        yield tags[-1], True


class Batch:
    """Deliveries in their order. They stay the broker's until ack(): when the connection is lost they come again.

    As a context manager it gives itself back when the block is left without an answer; a batch that is merely
    forgotten comes again no sooner than the consumer reconnects.
    """

    def __init__(self, source: Source, messages: Sequence[DeliveredMessage]) -> None:
        """The messages follow one another on the channel of the source."""
        self.deliveries: tuple[Delivery, ...] = tuple(_delivery(message) for message in messages)
        first, last = messages[0].delivery_tag or 0, messages[-1].delivery_tag or 0
        self._tags = range(first, last + 1)
        self._source = source

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.give_back()

    async def ack(self) -> None:
        """Take the messages off the queue, and none of an earlier batch that may still be at work.

        Does nothing when the channel that brought them is gone, or when the batch has been answered.
        """
        await self._answer(_Answer.TAKEN)

    async def give_back(self) -> None:
        """Put the messages back into the queue, from where they come again, perhaps in another order.

        Each return counts towards the delivery limit: through a passing fault of one's own, keep the batch and
        try again instead.
        """
        await self._answer(_Answer.RETURNED)

    async def _answer(self, answer: _Answer) -> None:
        tags, self._tags = self._tags, range(0)
        if not tags:
            return
        try:
            await self._source.answer(tags, answer)
        except (Exception, asyncio.CancelledError) as error:
            # What is not answered would hold its place for as long as the channel lives.
            self._source.over.set()
            if not is_fault(error):
                raise
            _log.info("batch_comes_again", messages=len(tags), error=describe(error))


def _delivery(message: DeliveredMessage) -> Delivery:
    return Delivery(
        body=message.body,
        exchange=message.exchange or "",
        user_id=message.header.properties.user_id,
        redelivered=bool(message.redelivered),
    )
