"""The hub and a region show one another certificates; whoever has none, or another's, gets nowhere and is told why."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import aio_pika
import pytest
from aio_pika.exceptions import ChannelPreconditionFailed
from aiormq.exceptions import AMQPConnectionError, ChannelAccessRefused

from tests.integration.hub import LUXIAN, OFFERED, SICHUAN, ZHONGSHAN, Hub, now, parcel, until
from tests.pki import HOST, Pki
from transfer.broker.address import Address
from transfer.broker.publisher import Publisher
from transfer.crypto.tls import ClientTls
from transfer.ports.traffic import Sent

pytestmark = pytest.mark.broker


@dataclass(frozen=True, slots=True, kw_only=True)
class Careless(ClientTls):
    """Checks nothing of its own files, as other software may; the hub alone is left to judge them."""

    newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    shown: bool = True

    def context(self, now: datetime) -> ssl.SSLContext:  # noqa: ARG002 - overrides
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.maximum_version = self.newest
        context.load_verify_locations(self.ca)
        if self.shown:
            context.load_cert_chain(self.cert, self.key)
        return context


def careless(files: ClientTls, **changes: object) -> Careless:
    kept = {"region": files.region, "ca": files.ca, "cert": files.cert, "key": files.key}
    return Careless(**{**kept, **changes})  # type: ignore[arg-type]


@asynccontextmanager
async def calling(hub: Hub, tls: ClientTls, *, address: Address | None = None) -> AsyncIterator[Publisher]:
    called = address or hub.address(tls.region, tls=tls)
    async with Publisher(called, region=tls.region, clock=now) as publisher:
        yield publisher


async def says(publisher: Publisher, part: str) -> str:
    """Returns what it says when that is part of it."""
    await until(lambda: part in (publisher.state.error or ""), seconds=60, what=f"it says: {part}")
    assert not publisher.connected
    return publisher.state.error or ""


async def test_a_region_calls_by_tls_1_3_and_its_certificate_is_its_login(hub: Hub) -> None:
    async with hub.publishing(LUXIAN) as publisher:
        assert await publisher.publish([parcel()]) == [Sent()]
        seen: list[dict[str, object]] = []

        async def listed() -> bool:
            seen[:] = [c for c in await connections(hub) if c.get("auth_mechanism")]
            return bool(seen)

        await until(listed, what="the connection is listed")
    [connection] = seen
    assert (connection["ssl_protocol"], connection["auth_mechanism"]) == ("tlsv1.3", "EXTERNAL")
    assert (connection["user"], connection["peer_cert_subject"]) == (LUXIAN, f"CN={LUXIAN}")


async def connections(hub: Hub) -> list[dict[str, object]]:
    found: list[dict[str, object]] = await asyncio.to_thread(
        hub.broker.manage, "GET", f"vhosts/{hub.vhost}/connections"
    )
    return found


async def test_who_shows_no_certificate_is_refused(hub: Hub) -> None:
    async with calling(hub, careless(hub.pki.region(LUXIAN), shown=False)) as publisher:
        assert "set TRANSFER_TLS_CERT" in await says(publisher, "was shown none")


async def test_a_certificate_of_another_authority_is_refused(hub: Hub, tmp_path: Path) -> None:
    stranger = Pki(tmp_path / "other").region(LUXIAN)
    async with calling(hub, replace(stranger, ca=hub.pki.server.ca)) as publisher:
        await says(publisher, "does not trust the authority of TRANSFER_TLS_CERT")


async def test_an_expired_certificate_is_refused_by_its_own_node_and_by_the_hub(hub: Hub) -> None:
    hub.pki.renew(LUXIAN, stem="expired", now=now() - timedelta(days=9), days=8)
    files = hub.pki.files(LUXIAN, stem="expired")
    async with calling(hub, files) as publisher:
        assert "put a renewed certificate in its place" in await says(publisher, f"{files.cert}: expired on")
    async with calling(hub, careless(files)) as publisher:
        await says(publisher, "to the hub TRANSFER_TLS_CERT has expired")


async def test_a_certificate_for_a_server_is_no_clients(hub: Hub) -> None:
    served = careless(hub.pki.region(LUXIAN), cert=hub.pki.server.cert, key=hub.pki.server.key)
    async with calling(hub, served) as publisher:
        await says(publisher, "TRANSFER_TLS_CERT must be one for clients")


async def test_the_certificate_of_another_region_is_refused_by_the_node_itself(hub: Hub) -> None:
    theirs = replace(hub.pki.region(SICHUAN), region=LUXIAN)
    async with calling(hub, theirs) as publisher:
        await says(publisher, f"is the certificate of {SICHUAN}, not of region {LUXIAN}")


async def test_who_uses_the_certificate_of_another_region_is_that_region_to_the_hub(hub: Hub) -> None:
    """What a node with false settings, or a thief of a key, could do: no more than the certificate's region may."""
    async with hub.channel(SICHUAN) as channel:
        with pytest.raises(ChannelAccessRefused, match=f"user '{SICHUAN}'"):
            await (await channel.get_exchange(f"out.{LUXIAN}", ensure=False)).publish(
                aio_pika.Message(b"{}", message_id="1", type=OFFERED, user_id=SICHUAN), ZHONGSHAN
            )
    async with hub.channel(SICHUAN) as channel:
        with pytest.raises(ChannelPreconditionFailed, match="user_id"):
            await (await channel.get_exchange(f"out.{SICHUAN}", ensure=False)).publish(
                aio_pika.Message(b"{}", message_id="1", type=OFFERED, user_id=LUXIAN), ZHONGSHAN
            )
    assert await hub.depth(f"inbox.{ZHONGSHAN}") == 0


async def test_a_region_that_the_hub_does_not_know_is_told_so(hub: Hub) -> None:
    async with calling(hub, hub.pki.region("110000")) as publisher:
        await says(publisher, "the hub has no such user; its operator loads the output of `transfer topology`")


async def test_tls_1_2_is_refused(hub: Hub) -> None:
    older = careless(hub.pki.region(LUXIAN), newest=ssl.TLSVersion.TLSv1_2)
    async with calling(hub, older) as publisher:
        await says(publisher, "both must speak TLS 1.3")


async def test_a_hub_under_another_name_is_refused(hub: Hub) -> None:
    tls = hub.pki.region(LUXIAN)
    address = replace(hub.address(LUXIAN), host="localhost")
    async with calling(hub, tls, address=address) as publisher:
        await says(publisher, "the hub's certificate is for another host")


async def test_a_hub_that_another_authority_vouches_for_is_refused(hub: Hub, tmp_path: Path) -> None:
    elsewhere = replace(hub.pki.region(LUXIAN), ca=Pki(tmp_path / "other").server.ca)
    async with calling(hub, elsewhere) as publisher:
        await says(publisher, "not from an authority in TRANSFER_TLS_CA")


async def test_a_port_without_tls_is_named(hub: Hub) -> None:
    address = replace(hub.address(LUXIAN), port=hub.broker.ports.amqp)
    async with calling(hub, hub.pki.region(LUXIAN), address=address) as publisher:
        await says(publisher, "there is no TLS at this port")


@pytest.mark.parametrize("password", ["", "guest", LUXIAN])
async def test_a_region_cannot_log_in_with_a_password(hub: Hub, password: str) -> None:
    with pytest.raises(ConnectionError):
        async with hub.channel_as(LUXIAN, password):
            pass
    url = f"amqps://{LUXIAN}:{password}@{HOST}:{hub.broker.ports.amqps}/{hub.vhost}?auth=PLAIN"
    with pytest.raises(AMQPConnectionError):
        await aio_pika.connect(url, ssl_context=hub.pki.region(LUXIAN).context(now()))


async def test_a_renewed_certificate_is_used_by_the_next_connection_of_a_running_node(hub: Hub) -> None:
    files = hub.pki.files(LUXIAN, stem="renewed")
    hub.pki.renew(LUXIAN, stem="renewed", days=2)
    async with calling(hub, files) as publisher:
        await until(lambda: publisher.connected, what="connected")
        hub.pki.renew(LUXIAN, stem="renewed", now=now() - timedelta(days=9), days=8)
        assert publisher.connected, "a connection outlives the certificate that it began with"
        hub.cut()
        await says(publisher, f"{files.cert}: expired on")
        hub.pki.renew(LUXIAN, stem="renewed")
        await until(lambda: publisher.connected, seconds=30, what="connected with the new certificate")
        assert await publisher.publish([parcel()]) == [Sent()]


async def test_a_node_that_starts_with_a_refused_certificate_goes_on_when_it_has_another(
    hub: Hub, tmp_path: Path
) -> None:
    files = hub.pki.files(LUXIAN, stem="mended")
    stranger = Pki(tmp_path / "other").region(LUXIAN)
    files.cert.write_bytes(stranger.cert.read_bytes())
    files.key.write_bytes(stranger.key.read_bytes())
    async with calling(hub, files) as publisher:
        await says(publisher, "does not trust the authority")
        hub.pki.renew(LUXIAN, stem="mended")
        await until(lambda: publisher.connected, seconds=40, what="connected")


async def test_a_region_has_no_more_connections_than_its_limit(hub: Hub) -> None:
    hub.broker.manage("PUT", f"user-limits/{LUXIAN}/max-connections", {"value": 0})
    try:
        async with calling(hub, hub.pki.region(LUXIAN)) as publisher:
            await says(publisher, "too many connections")
    finally:
        hub.load()
    async with hub.publishing(LUXIAN):
        pass
