"""What monitoring asks: is the process alive, is the node ready, how does the exchange stand."""

import asyncio
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from typing import Annotated

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field

from transfer.crypto.book import NoExchange
from transfer.crypto.errors import CryptoError
from transfer.crypto.tls import TlsFilesInvalid, certificates
from transfer.domain.rights import Right
from transfer.ports.work import StorageUnavailable
from transfer.records import MessageState, Traffic
from transfer.telemetry.metrics import (
    CALENDAR,
    CERTIFICATE,
    CHECK_ADVISES,
    CHECK_OK,
    CONNECTED,
    DIRECTORY_EXPIRES,
    DUTY_FAILURES,
    KEY_EXPIRES,
    OLDEST,
    OUTBOX,
    PARKED,
    QUARANTINED,
    REGISTRY,
)
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.checks import Check, checks, days_known
from transfer.web.faults import NotReady
from transfer.web.parts import Parts
from transfer.web.route import Ask


class Alive(Body):
    """The process runs and its event loop turns."""

    alive: bool = True


class Readiness(Body):
    """Whether the node can do its work."""

    ready: bool
    checks: tuple[Check, ...]


class BrokerLink(Body):
    """The connection of one role to the broker."""

    role: str
    connected: bool
    since: datetime
    error: str | None


class DutyBody(Body):
    """A duty of this process."""

    name: str
    failures: Annotated[int, Field(description="failures in a row; 0 is well")]
    done_at: Annotated[datetime | None, Field(description="end of the last round without a failure")]


class NodeBody(Body):
    """The node, and how the exchange stands."""

    region: str
    name_zh: str
    name_en: str
    version: str
    roles: tuple[str, ...]
    broker: tuple[BrokerLink, ...]
    duties: tuple[DutyBody, ...]
    traffic: Traffic


async def healthz(_: Ask) -> Reply:
    """An answer at all is the proof: a stuck event loop gives none."""
    return reply(Alive())


async def readyz(ask: Ask) -> Reply:
    """Whether the node can do its work; raises NotReady, which lists all checks. Not everybody is told more than which
    of them fails."""
    found = tuple([check async for check in checks(ask.parts)])
    if not ask.who.may(Right.OPERATE):
        found = tuple(Check(name=check.name, ok=check.ok) for check in found)
    wrong = [check for check in found if not check.ok]
    if wrong:
        said = "; ".join(f"{check.name}: {check.found}" if check.found else check.name for check in wrong)
        raise NotReady(said, ready=False, checks=[check.model_dump() for check in found])
    return reply(Readiness(ready=True, checks=found))


async def node(ask: Ask) -> Reply:
    """The node, and how the exchange stands."""
    parts = ask.parts
    code = parts.settings.region
    listed = parts.directory.by_code.get(code)
    return reply(
        NodeBody(
            region=code,
            name_zh=listed.name_zh if listed else code,
            name_en=listed.name_en if listed else code,
            version=version("legalaid-transfer"),
            roles=tuple(sorted(parts.settings.roles)),
            broker=tuple(
                BrokerLink(role=role, connected=state.connected, since=state.since, error=state.error)
                for role, state in ((role, link.state) for role, link in sorted(parts.links.items()))
            ),
            duties=tuple(
                DutyBody(name=duty.name, failures=duty.failures, done_at=duty.done_at) for duty in parts.duties
            ),
            traffic=await parts.views.traffic(),
        )
    )


async def metrics(ask: Ask) -> Reply:
    """All counters, with what is found now; without the database what can be said without it."""
    parts = ask.parts
    async for check in checks(parts):
        CHECK_OK.labels(check=check.name).set(check.ok)
        CHECK_ADVISES.labels(check=check.name).set(check.ok and check.todo is not None)
    for duty in parts.duties:
        DUTY_FAILURES.labels(duty=duty.name).set(duty.failures)
    for role, link in parts.links.items():
        CONNECTED.labels(role=role).set(link.state.connected)
    with suppress(StorageUnavailable):
        _measure_traffic(await parts.views.traffic(), parts.clock())
    with suppress(StorageUnavailable):
        CALENDAR.set(days_known(parts.context()))
    DIRECTORY_EXPIRES.set(parts.book.latest.expires_at.timestamp())
    await asyncio.to_thread(_measure_keys, parts)
    return Reply(body=generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _measure_traffic(traffic: Traffic, now: datetime) -> None:
    for state in MessageState:
        OUTBOX.labels(state=state.value).set(traffic.outbox.get(state, 0))
    PARKED.set(traffic.parked)
    QUARANTINED.set(traffic.quarantined)
    oldest = traffic.oldest_waiting
    OLDEST.set((now - oldest.created_at).total_seconds() if oldest else 0)


def _measure_keys(parts: Parts) -> None:
    """What is wrong with keys and files stands in the checks; here it is left out."""
    if own := parts.book.latest.by_code.get(parts.settings.region):
        with suppress(CryptoError, NoExchange):
            listed = {key.kid: key for key in own.keys}
            for suite in own.suites:
                for key in (parts.wire.signing(suite), parts.wire.opening(suite)):
                    used = listed[key.kid]
                    KEY_EXPIRES.labels(suite=suite.value, use=used.use.value).set(used.not_after.timestamp())
    if file := parts.settings.tls_cert:
        with suppress(TlsFilesInvalid):
            CERTIFICATE.set((certificates(file)[0].not_valid_after_utc - parts.clock()).total_seconds())
