"""The ground for a test with whole nodes: a vhost with the topology, a database per region, and the nodes on it."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.broker import Broker
from deploy.local.postgres import Postgres
from tests.federation.checks import Expected, View, differences, read
from tests.federation.node_process import Plan
from tests.federation.processes import NodeProcess, until
from tests.pki import HOST, Pki
from tests.trust import DRAFT, letter, shared
from transfer.broker.publisher import CONTENT_TYPE
from transfer.broker.topology import definitions, topology_of, vhost_definitions
from transfer.crypto.directory import Draft
from transfer.messages.sealed import SealedEvent
from transfer.ports.work import StorageUnavailable
from transfer.storage.engine import open_engine
from transfer.storage.migrate import migrate
from transfer.telemetry import clock

ZHONGSHAN, LUXIAN, SICHUAN = "442000", "510521", "510000"
OFFERED: Final = "legalaid.transfer.offered.v1"
STAGE: Final = "legalaid.case.stage_published.v1"

BRISK: Final[Mapping[str, Any]] = {
    "poll": 0.2,
    "publish_timeout": 3.0,
    "resend_first": 0.6,
    "resend_longest": 3.0,
    "resend_grace": 0.3,
    "silence": 1.5,
    "backoff_first": 0.2,
    "backoff_longest": 1.0,
    "lease": 1.0,
    "database_pool": 4,
    "port": 0,
}
"""Pauses of a node under test: as in life, a hundred times shorter."""

ON_BOTH: Final = pytest.mark.parametrize(
    "ground", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
ON_POSTGRES: Final = pytest.mark.parametrize(
    "ground", [pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


class Databases:
    """Fresh databases in the newest form, copied from one that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sqlite: Path | None = None
        self._template: str | None = None

    async def sqlite(self, path: Path) -> str:
        if self._sqlite is None:
            self._sqlite = self._folder / "template.db"
            await _migrated(f"sqlite:///{self._sqlite}")
        shutil.copyfile(self._sqlite, path)
        return f"sqlite:///{path}"

    async def postgres(self, server: Postgres, name: str) -> str:
        if self._template is None:
            template = f"template_{uuid4().hex[:8]}"
            await _migrated(await asyncio.to_thread(server.create_database, template))
            self._template = template
        return await asyncio.to_thread(server.create_database, name, template=self._template)


async def _migrated(url: str) -> None:
    engine = open_engine(url)
    await migrate(engine)
    await engine.dispose()


@dataclass(slots=True, kw_only=True)
class Ground:
    """Regions on one exchange. ``node`` starts a process, ``agree`` is what every scenario ends with."""

    broker: Broker
    pki: Pki
    vhost: str
    folder: Path
    urls: Mapping[str, str]
    engines: Mapping[str, AsyncEngine]
    inbox_limit: int = 20_000
    nodes: list[NodeProcess] = field(default_factory=list)

    def load(self) -> None:
        """Users, vhost and topology; what is there already stays."""
        topology = topology_of(Draft.load(DRAFT), inbox_limit=self.inbox_limit)
        self.broker.load_definitions(definitions(topology, vhost=self.vhost))
        self.broker.add_vhost(self.vhost)

    def load_topology(self) -> None:
        topology = topology_of(Draft.load(DRAFT), inbox_limit=self.inbox_limit)
        self.broker.load_definitions(vhost_definitions(topology), self.vhost)

    def amqp_url(self, region: str, port: int | None = None) -> str:
        through = port or self.broker.ports.amqps
        return f"amqps://{region}@{HOST}:{through}/{self.vhost}"

    async def node(
        self,
        region: str,
        *,
        connect: bool = True,
        broker_port: int | None = None,
        database: str | None = None,
        plan: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> NodeProcess:
        """A new process of the region, connected unless that is not wanted."""
        given = {
            "region": region,
            "database_url": database or self.urls[region],
            "amqp_url": self.amqp_url(region, broker_port),
            **self.pki.settings(region),
            **shared().settings(region),
            **BRISK,
            **settings,
        }
        name = f"{region}-{len(self.nodes)}"
        started = NodeProcess(name, Plan(settings=given, log=self.folder / f"{name}.log", **(plan or {})))
        self.nodes.append(started)
        return await started.ready() if connect else started

    async def see(self, region: str) -> View:
        """What stands in the region's database."""
        return await read(self.engines[region])

    async def shows(
        self,
        region: str,
        true: Any,
        *,
        seconds: float = 60.0,
        what: str = "what was waited for",
    ) -> View:
        """The region's record once it is as wanted."""
        seen: list[View] = []

        async def as_wanted() -> bool:
            try:
                seen[:] = [await self.see(region)]
            except StorageUnavailable:
                return False
            return bool(true(seen[0]))

        await until(as_wanted, seconds=seconds, what=f"{region}: {what}")
        return seen[0]

    async def knows(
        self,
        region: str,
        cases: list[str],
        *,
        state: str | None = None,
        asked: str | None = None,
        seconds: float = 60.0,
    ) -> View:
        """Returns when the region has these cases, their last transfers in that state, their last evidence requests in
        the other."""

        def known(view: View) -> bool:
            return all(
                case in view.cases
                and (state is None or view.transfers[case][-1].state == state)
                and (asked is None or [row.state for row in view.requests[case]][-1:] == [asked])
                for case in cases
            )

        what = f"has {len(cases)} cases, {state or asked or 'any state'}"
        return await self.shows(region, known, seconds=seconds, what=what)

    async def agree(self, *, seconds: float = 40.0, expected: Expected | None = None) -> Mapping[str, View]:
        """Returns the records of all regions when nothing is under way any more and they agree; fails with the
        differences otherwise."""
        wanted = expected or Expected()
        deadline = time.monotonic() + seconds
        while True:
            try:
                views = {region: await self.see(region) for region in self.urls}
                queued = await self._queued()
            except (StorageUnavailable, aio_pika.exceptions.AMQPError, OSError) as error:
                found, views = [f"cannot look: {error!r}"], {}
            else:
                found = differences(views, queued, wanted)
            if not found:
                return views
            assert time.monotonic() < deadline, f"after {seconds:g} s:\n" + "\n".join(found)
            await asyncio.sleep(0.1)

    async def _queued(self) -> Mapping[str, int]:
        async with self.channel() as channel:
            depths: dict[str, int] = {}
            for region in self.urls:
                for name in (f"inbox.{region}", f"dead.{region}"):
                    found = await channel.declare_queue(name, passive=True)
                    depths[name] = found.declaration_result.message_count or 0
            return depths

    async def depth(self, queue: str) -> int:
        """How many messages are ready in the queue."""
        async with self.channel() as channel:
            found = await channel.declare_queue(queue, passive=True)
            return found.declaration_result.message_count or 0

    @asynccontextmanager
    async def channel(self, region: str | None = None) -> AsyncIterator[AbstractChannel]:
        """A bare channel of the region, of the administrator without one."""
        if region:
            context = self.pki.region(region).context(clock.now())
            calling = aio_pika.connect(f"{self.amqp_url(region)}?auth=EXTERNAL", ssl_context=context)
        else:
            calling = aio_pika.connect(self.broker.vhost_url(self.vhost))
        async with await calling as connection, connection.channel(on_return_raises=True) as channel:
            yield channel

    async def inject(self, source: str, recipient: str, *contents: bytes) -> None:
        """Send these contents by the source region's road, signed by whom each names as its source."""
        await self.inject_raw(source, recipient, *(letter(content) for content in contents))

    async def inject_raw(self, source: str, recipient: str, *bodies: bytes) -> None:
        """Give the broker these bytes as the source region does, whatever they are."""
        async with self.channel(source) as channel:
            exchange = await channel.get_exchange(f"out.{source}", ensure=False)
            for body in bodies:
                message = aio_pika.Message(
                    body,
                    content_type=CONTENT_TYPE,
                    delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
                    user_id=source,
                    message_id=str(uuid4()),
                )
                await exchange.publish(message, recipient, mandatory=True)

    async def tap(self, source: str, recipient: str, *, instead: bool = False) -> "Tap":
        """From now on keep a copy of all that one region sends another; ``instead`` keeps it from the inbox."""
        name = f"tap.{source}.{recipient}"
        async with self.channel() as channel:
            queue = await channel.declare_queue(name, durable=True)
            await queue.bind(f"out.{source}", recipient)
        if instead:
            self.unbind(source, recipient)
        return Tap(ground=self, name=name, recipient=recipient)

    def unbind(self, source: str, recipient: str) -> None:
        """Take the pair from the list of those that may write."""
        self.broker.manage("DELETE", f"bindings/{self.vhost}/e/out.{source}/q/inbox.{recipient}/{recipient}")

    def bind(self, source: str, recipient: str) -> None:
        path = f"bindings/{self.vhost}/e/out.{source}/q/inbox.{recipient}"
        self.broker.manage("POST", path, {"routing_key": recipient, "arguments": {}})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """A queue that hears what one region sends another."""

    ground: Ground
    name: str
    recipient: str

    async def bodies(self) -> list[bytes]:
        """Take what it heard, in its order."""
        heard: list[bytes] = []
        async with self.ground.channel() as channel:
            queue = await channel.get_queue(self.name, ensure=False)
            while (message := await queue.get(fail=False)) is not None:
                heard.append(message.body)
                await message.ack()
        return heard

    async def messages(self, count: int, *, seconds: float = 60.0) -> list[bytes]:
        """The contents of the first ``count`` different messages that it heard, receipts aside."""
        heard: dict[bytes, None] = {}
        wire = shared().wire(self.recipient)

        async def enough() -> bool:
            for body in await self.bodies():
                if SealedEvent.decode(body).conversation is not None:
                    heard[wire.open(body).content] = None
            return len(heard) >= count

        await until(enough, seconds=seconds, what=f"{self.name} hears {count} messages")
        return list(heard)[:count]

    async def close(self) -> None:
        self.ground.broker.delete_queue(self.ground.vhost, self.name)


@asynccontextmanager
async def laid(  # noqa: PLR0913 - one argument for each thing it stands on
    broker: Broker,
    pki: Pki,
    databases: Databases,
    folder: Path,
    *,
    postgres: Postgres | None,
    inbox_limit: int = 20_000,
) -> AsyncIterator[Ground]:
    """A ground of its own, on PostgreSQL when a server is given, with everything on it ended afterwards; databases
    stay until their server goes."""
    run = f"g{uuid4().hex[:8]}"
    # Two of three regions are enough for most, and a database of PostgreSQL takes a second to make.
    regions = [ZHONGSHAN, LUXIAN] if postgres else [ZHONGSHAN, LUXIAN, SICHUAN]
    urls = {
        region: await databases.postgres(postgres, f"{run}_{region}")
        if postgres
        else await databases.sqlite(folder / f"{region}.db")
        for region in regions
    }
    engines = {region: open_engine(url, pool_size=2) for region, url in urls.items()}
    ground = Ground(
        broker=broker, pki=pki, vhost=run, folder=folder, urls=urls, engines=engines, inbox_limit=inbox_limit
    )
    if not broker.running:
        await asyncio.to_thread(broker.start)
    ground.load()
    try:
        yield ground
    finally:
        for node in ground.nodes:
            node.end()
        for engine in engines.values():
            await engine.dispose()
        if broker.running:
            broker.thaw()
            broker.delete_vhost(run)
