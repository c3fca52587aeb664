"""A fresh vhost and two fresh databases for one contender, gone again afterwards."""

import contextlib
import secrets
import urllib.parse
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Self

import asyncpg

from deploy.local.external import AMQP_URL, AMQPS_URL, MANAGEMENT_URL, ExternalBroker
from deploy.local.management import quoted
from tests.bench.contenders import Contender
from tests.bench.product import PKI
from tests.bench.role import SIDES, Place, Side

POSTGRES_URL = "POSTGRES_URL"


class NoServers(Exception):
    """The bench needs AMQP_URL, AMQPS_URL, RABBITMQ_MANAGEMENT_URL and POSTGRES_URL of servers that it may fill, and
    in BENCH_PKI the folder of the authority that the broker trusts; `make bench` sets them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """One broker and one database server; the user of each must be an administrator."""

    broker: ExternalBroker
    postgres: str

    @classmethod
    def named_by(cls, environment: Mapping[str, str]) -> Self:
        """Raises NoServers."""
        if not all(environment.get(name) for name in (AMQP_URL, AMQPS_URL, POSTGRES_URL, PKI)):
            raise NoServers(NoServers.__doc__)
        broker = ExternalBroker(environment[AMQP_URL], environment.get(MANAGEMENT_URL))
        return cls(broker=broker, postgres=environment[POSTGRES_URL])

    async def query(self, statement: str) -> str:
        """The first column of the first row, as text."""
        async with _connected(self.postgres) as connection:
            return str(await connection.fetchval(statement))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where a contender runs."""

    servers: Servers
    vhost: str
    places: Mapping[Side, Place]

    def queued(self) -> int:
        """How many messages the queues of the vhost hold; the broker counts anew every few seconds."""
        queues = self.servers.broker.manage("GET", f"queues/{quoted(self.vhost)}")
        return sum(queue.get("messages", 0) for queue in queues)


@contextlib.asynccontextmanager
async def fresh_ground(servers: Servers, contender: Contender) -> AsyncIterator[Ground]:
    """The topology is the contender's; the databases are empty, each side makes its own tables."""
    run = f"bench_{contender.name}_{secrets.token_hex(4)}"
    databases = {side: f"{run}_{side}" for side in SIDES}
    try:
        servers.broker.add_vhost(run)
        amqp = contender.lay_out(servers.broker, run)
        async with _connected(servers.postgres) as connection:
            for database in databases.values():
                await connection.execute(f'CREATE DATABASE "{database}"')
        places = {side: Place(database=_renamed(servers.postgres, databases[side]), amqp=amqp[side]) for side in SIDES}
        yield Ground(servers=servers, vhost=run, places=places)
    finally:
        async with _connected(servers.postgres) as connection:
            for database in databases.values():
                await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        servers.broker.delete_vhost(run)


@contextlib.asynccontextmanager
async def fresh_database(servers: Servers) -> AsyncIterator[str]:
    """The address of an empty database."""
    name = f"bench_{secrets.token_hex(4)}"
    async with _connected(servers.postgres) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield _renamed(servers.postgres, name)
    finally:
        async with _connected(servers.postgres) as connection:
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def _renamed(url: str, database: str) -> str:
    return urllib.parse.urlsplit(url)._replace(path=f"/{database}").geturl()
