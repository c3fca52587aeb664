"""A vhost with the topology of an exchange, and what tests ask of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import AbstractChannel

from deploy.local.broker import Broker
from tests.pki import HOST, Pki
from transfer.broker.address import Address
from transfer.broker.consumer import Consumer
from transfer.broker.publisher import Publisher
from transfer.broker.topology import Topology, definitions, vhost_definitions
from transfer.crypto.tls import ClientTls
from transfer.ports.traffic import Parcel, Sent

LUXIAN, ZHONGSHAN, SICHUAN = "510521", "442000", "510000"
REGIONS = (LUXIAN, ZHONGSHAN, SICHUAN)
OFFERED = "legalaid.transfer.offered.v1"


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def parcel(
    body: bytes | int = b"{}",
    *,
    recipient: str = ZHONGSHAN,
    id: UUID | None = None,  # noqa: A002 - the field's name
) -> Parcel:
    content = body if isinstance(body, bytes) else str(body).encode()
    return Parcel(id=id or uuid4(), type=OFFERED, recipient=recipient, body=content)


async def until(true: Callable[[], bool | Awaitable[bool]], *, seconds: float = 60.0, what: str = "this") -> None:
    """Returns as soon as it is true; fails when it is not by the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        answer = true()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"
        await asyncio.sleep(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    broker: Broker
    vhost: str
    topology: Topology
    pki: Pki

    def load(self) -> None:
        """The users, the vhost and its topology; what is there already stays."""
        self.broker.load_definitions(definitions(self.topology, vhost=self.vhost))
        self.broker.add_vhost(self.vhost)

    def load_topology(self) -> None:
        self.broker.load_definitions(vhost_definitions(self.topology), self.vhost)

    def address(self, region: str, *, tls: ClientTls | None = None) -> Address:
        url = f"amqps://{region}@{HOST}:{self.broker.ports.amqps}/{self.vhost}"
        return Address.parse(url, tls=tls or self.pki.region(region))

    def plain_address(self, region: str, password: str) -> Address:
        """The listener without TLS."""
        return Address(host=HOST, port=self.broker.ports.amqp, vhost=self.vhost, username=region, password=password)

    def publisher(self, region: str = LUXIAN, *, timeout_seconds: float = 60.0) -> Publisher:
        return Publisher(self.address(region), region=region, clock=now, timeout_seconds=timeout_seconds)

    def consumer(self, region: str = ZHONGSHAN, *, prefetch: int = 200) -> Consumer:
        return Consumer(self.address(region), region=region, clock=now, prefetch=prefetch)

    @asynccontextmanager
    async def publishing(self, region: str = LUXIAN, *, timeout_seconds: float = 60.0) -> AsyncIterator[Publisher]:
        async with self.publisher(region, timeout_seconds=timeout_seconds) as publisher:
            await until(lambda: publisher.connected, what="the publisher is connected")
            yield publisher

    @asynccontextmanager
    async def consuming(self, region: str = ZHONGSHAN, *, prefetch: int = 200) -> AsyncIterator[Consumer]:
        async with self.consumer(region, prefetch=prefetch) as consumer:
            await until(lambda: consumer.connected, what="the consumer is connected")
            yield consumer

    @asynccontextmanager
    async def channel_as(self, user: str, password: str) -> AsyncIterator[AbstractChannel]:
        """A bare channel of a user with a password, without TLS."""
        connection = await aio_pika.connect(
            host=HOST, port=self.broker.ports.amqp, login=user, password=password, virtualhost=self.vhost
        )
        async with connection, connection.channel(on_return_raises=True) as channel:
            yield channel

    @asynccontextmanager
    async def channel(self, region: str | None = None) -> AsyncIterator[AbstractChannel]:
        """A bare channel of the region, of the administrator without one."""
        if region is None:
            async with self.channel_as(self.broker.username, self.broker.password) as channel:
                yield channel
            return
        url = f"amqps://{HOST}:{self.broker.ports.amqps}/{self.vhost}?auth=EXTERNAL"
        connection = await aio_pika.connect(url, ssl_context=self.pki.region(region).context(now()))
        async with connection, connection.channel(on_return_raises=True) as channel:
            yield channel

    async def send(self, publisher: Publisher, messages: int, *, recipient: str = ZHONGSHAN) -> None:
        """Publish this many messages, whose bodies are their numbers from 0."""
        outcomes = await publisher.publish([parcel(number, recipient=recipient) for number in range(messages)])
        assert outcomes == [Sent()] * messages

    async def depth(self, queue: str) -> int:
        """How many messages are ready in the queue."""
        async with self.channel() as channel:
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0

    async def holds(self, queue: str, messages: int, *, seconds: float = 60.0) -> None:
        """Returns when the queue has this many messages ready."""

        async def ready() -> bool:
            return await self.depth(queue) == messages

        await until(ready, seconds=seconds, what=f"{queue} holds {messages}")

    def unbind(self, sender: str, recipient: str) -> None:
        self.broker.manage("DELETE", f"bindings/{self.vhost}/e/out.{sender}/q/inbox.{recipient}/{recipient}")

    def cut(self) -> None:
        """Close all connections from the broker's side."""
        self.broker.control("close_all_connections", "--vhost", self.vhost, "cut")

    def tasks_left(self) -> list[str]:
        """Named tasks of publishers and consumers that still run."""
        names = [task.get_name() for task in asyncio.all_tasks()]
        return [name for name in names if name.endswith((": open", ": consume"))]


async def publish_until_sent(publisher: Publisher, parcels: list[Parcel], *, seconds: float = 60.0) -> None:
    """As the relay does: again and again what was not confirmed, in its order."""
    left = list(parcels)

    async def all_sent() -> bool:
        outcomes = await publisher.publish(left)
        left[:] = [p for p, outcome in zip(left, outcomes, strict=True) if outcome != Sent()]
        return not left

    await until(all_sent, seconds=seconds, what="all are sent")
