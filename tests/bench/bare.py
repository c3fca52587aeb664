"""The limit: an outbox, a broker and an inbox in Python with nothing around them, one hop and no receipt."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final
from uuid import UUID

import aio_pika
import asyncpg
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage, DeliveryMode

from tests.bench.bodies import TYPE, body, message_id
from tests.bench.role import Load, Place, main, running
from tests.bench.times import Mark, Times
from tests.bench.topology import EXCHANGE, INBOX

BATCH: Final = 200
# Two batches, so that the broker fills the next one while this one is written.
PREFETCH: Final = 2 * BATCH
POLL_SECONDS: Final = 1.0
PUBLISH_SECONDS: Final = 30.0

_OUTBOX: Final = """
CREATE TABLE IF NOT EXISTS outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id uuid NOT NULL,
    body bytea NOT NULL,
    published_at timestamptz
);
CREATE INDEX IF NOT EXISTS outbox_due ON outbox (id) WHERE published_at IS NULL;
"""
_INBOX: Final = "CREATE TABLE IF NOT EXISTS inbox (message_id uuid PRIMARY KEY, body bytea NOT NULL)"

_WRITE: Final = "INSERT INTO outbox (message_id, body) SELECT * FROM unnest($1::uuid[], $2::bytea[])"
_DUE: Final = f"SELECT id, message_id, body FROM outbox WHERE published_at IS NULL ORDER BY id LIMIT {BATCH}"  # noqa: S608 - a constant
_PUBLISHED: Final = "UPDATE outbox SET published_at = now() WHERE id = ANY($1::bigint[])"
_RECEIVE: Final = """
INSERT INTO inbox (message_id, body) SELECT * FROM unnest($1::uuid[], $2::bytea[])
ON CONFLICT DO NOTHING RETURNING message_id
"""


class BareSender:
    """Writes rows on one connection and relays them on another."""

    def __init__(
        self, writing: asyncpg.Connection, relaying: asyncpg.Connection, exchange: AbstractExchange, times: Times
    ) -> None:
        self._writing = writing
        self._relaying = relaying
        self._exchange = exchange
        self._times = times
        self._due = asyncio.Event()

    async def prepare(self, load: Load) -> None:
        pass

    async def send(self, load: Load) -> None:
        if load.rate is None:
            for indexes in load.batches(BATCH):
                await self._commit(indexes)
        else:
            async for index in load.paced():
                await self._commit([index])

    async def relay(self) -> None:
        """Publishes what is due, in order, for ever."""
        while True:
            self._due.clear()
            rows = await self._relaying.fetch(_DUE)
            if rows:
                await asyncio.gather(*(self._publish(row) for row in rows))
                await self._relaying.execute(_PUBLISHED, [row["id"] for row in rows])
                self._times.note(Mark.PUBLISHED, (row["message_id"] for row in rows))
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), POLL_SECONDS)

    async def _commit(self, indexes: Sequence[int]) -> None:
        ids = [message_id(index) for index in indexes]
        # One statement is one transaction: it is committed when it returns.
        await self._writing.execute(_WRITE, ids, [body(index) for index in indexes])
        self._times.note(Mark.COMMITTED, ids)
        self._due.set()

    async def _publish(self, row: Any) -> None:
        message = aio_pika.Message(
            row["body"],
            message_id=str(row["message_id"]),
            type=TYPE,
            content_type="application/cloudevents+json",
            delivery_mode=DeliveryMode.PERSISTENT,
        )
        # Returns with the broker's confirmation, raises when the message is returned or refused.
        await self._exchange.publish(message, INBOX, mandatory=True, timeout=PUBLISH_SECONDS)


class BareReceiver:
    """Collects what has arrived, writes it in one transaction, acknowledges it after the commit."""

    def __init__(self, connection: asyncpg.Connection, times: Times) -> None:
        self._connection = connection
        self._times = times
        self._arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()

    async def arrive(self, message: AbstractIncomingMessage) -> None:
        self._arrived.put_nowait(message)

    async def work(self) -> None:
        while True:
            batch = [await self._arrived.get()]
            while len(batch) < BATCH and not self._arrived.empty():
                batch.append(self._arrived.get_nowait())
            ids = [UUID(message.message_id) for message in batch]
            fresh = await self._connection.fetch(_RECEIVE, ids, [message.body for message in batch])
            self._times.note(Mark.APPLIED, (row["message_id"] for row in fresh))
            # The queue keeps the order of delivery, so this covers the batch and nothing after it.
            await batch[-1].ack(multiple=True)


@contextlib.asynccontextmanager
async def sends(place: Place, times: Times) -> AsyncIterator[BareSender]:
    async with contextlib.AsyncExitStack() as stack:
        writing, relaying = [await _database(stack, place) for _ in range(2)]
        await writing.execute(_OUTBOX)
        channel = await _channel(stack, place)
        exchange = await channel.get_exchange(EXCHANGE, ensure=False)
        sender = BareSender(writing, relaying, exchange, times)
        await stack.enter_async_context(running(sender.relay()))
        yield sender


@contextlib.asynccontextmanager
async def receives(place: Place, times: Times) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        connection = await _database(stack, place)
        await connection.execute(_INBOX)
        channel = await _channel(stack, place)
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(INBOX, ensure=False)
        receiver = BareReceiver(connection, times)
        await stack.enter_async_context(running(receiver.work()))
        await queue.consume(receiver.arrive)
        yield


async def _database(stack: contextlib.AsyncExitStack, place: Place) -> asyncpg.Connection:
    connection = await asyncpg.connect(place.database)
    stack.push_async_callback(connection.close)
    return connection


async def _channel(stack: contextlib.AsyncExitStack, place: Place) -> AbstractChannel:
    connection = await stack.enter_async_context(await aio_pika.connect_robust(place.amqp))
    return await connection.channel(publisher_confirms=True, on_return_raises=True)


if __name__ == "__main__":
    main(sends=sends, receives=receives, last=Mark.PUBLISHED)
