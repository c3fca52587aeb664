"""What monitoring asks: is the process alive, is the node ready, how does the exchange stand."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Final

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field

from transfer.crypto.book import DirectoryTooOld, NoExchange
from transfer.crypto.errors import CryptoError
from transfer.crypto.keystore import expiring
from transfer.crypto.tls import RENEWAL, TlsFilesInvalid, certificates, moment, shown_until
from transfer.domain.clocks import legal_day
from transfer.ports.files import Files, FilesUnavailable
from transfer.ports.views import Linked
from transfer.ports.work import Context, StorageUnavailable
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
from transfer.web.faults import NotReady
from transfer.web.parts import Parts
from transfer.web.route import Ask

DATABASE_SECONDS: Final = 5.0
STORE_SECONDS: Final = 5.0
COSIGNED_WITHIN: Final = timedelta(days=1)
"""A checkpoint that nobody has cosigned so long after it was signed is said to a person."""
ANSWER_DUE: Final = timedelta(days=2)
LATEST: Final = 500
FAILURES_IN_A_ROW: Final = 3
"""A duty that failed so often in a row is failing; a lost connection costs one or two rounds."""


class Alive(Body):
    """The process runs and its event loop turns."""

    alive: bool = True


class Check(Body):
    """One thing that must be right, and what to do when it is not."""

    name: str
    ok: bool
    found: str
    todo: str | None = None


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
    """Whether the node can do its work; raises NotReady, which lists all checks."""
    checks = tuple([check async for check in _checks(ask.parts)])
    wrong = [check for check in checks if not check.ok]
    if wrong:
        said = "; ".join(f"{check.name}: {check.found}" for check in wrong)
        raise NotReady(said, ready=False, checks=[check.model_dump() for check in checks])
    return reply(Readiness(ready=True, checks=checks))


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
            duties=tuple(DutyBody(name=duty.name, failures=duty.failures) for duty in parts.duties),
            traffic=await parts.views.traffic(),
        )
    )


async def metrics(ask: Ask) -> Reply:
    """All counters, with what is found now; without the database what can be said without it."""
    parts = ask.parts
    async for check in _checks(parts):
        CHECK_OK.labels(check=check.name).set(check.ok)
        CHECK_ADVISES.labels(check=check.name).set(check.ok and check.todo is not None)
    for duty in parts.duties:
        DUTY_FAILURES.labels(duty=duty.name).set(duty.failures)
    for role, link in parts.links.items():
        CONNECTED.labels(role=role).set(link.state.connected)
    with suppress(StorageUnavailable):
        _measure_traffic(await parts.views.traffic(), parts.clock())
    with suppress(StorageUnavailable):
        CALENDAR.set(_days_known(parts.context()))
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


async def _checks(parts: Parts) -> AsyncIterator[Check]:
    database = await _database(parts)
    yield database
    if database.ok:
        yield await _records(parts)
    yield await asyncio.to_thread(_directory, parts)
    yield await asyncio.to_thread(_signing, parts)
    yield _calendar(parts)
    yield await _ledger(parts)
    if parts.files is not None:
        yield await _files(parts.files)
        if (cert := parts.settings.files_cert) and (key := parts.settings.files_key):
            yield await asyncio.to_thread(_site, cert, key, parts.clock())
    now = parts.clock()
    for role, link in sorted(parts.links.items()):
        yield _broker(role, link, abs((now - link.state.since).total_seconds()), parts.settings.broker_lost_after)
    for duty in parts.duties:
        ok = duty.failures < FAILURES_IN_A_ROW
        yield Check(
            name=f"duty:{duty.name}",
            ok=ok,
            found="well" if ok else f"failed {duty.failures} times in a row",
            todo=None if ok else f"Look for duty_failed with duty={duty.name} in the log: it names the fault.",
        )


async def _database(parts: Parts) -> Check:
    name = "database"
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            form = await parts.views.form()
    except (StorageUnavailable, TimeoutError) as error:
        found = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        return Check(name=name, ok=False, found=found, todo="Start the database, or correct TRANSFER_DATABASE_URL.")
    if form.found != form.needed:
        found = f"version {form.found}, this release needs {form.needed}"
        return Check(name=name, ok=False, found=found, todo="Run `transfer migrate`.")
    return Check(name=name, ok=True, found=f"version {form.found}")


async def _records(parts: Parts) -> Check:
    """Tells of other regions; this node can do its work all the same."""
    name, limit = "records", parts.clock() - ANSWER_DUE
    lines = await parts.views.reconciliations(None, limit=LATEST)
    differ = sorted({one.region for one in lines if not one.heals})
    silent = sorted({one.region for one in lines if one.alike is None and one.asked_at < limit})
    if not differ and not silent:
        return Check(name=name, ok=True, found=f"compared with {len({one.region for one in lines})} other regions")
    said = [f"{what} {', '.join(of)}" for what, of in (("differ from", differ), ("no answer from", silent)) if of]
    todo = "`transfer reconcile list` and `transfer reconcile show REGION` say more."
    return Check(name=name, ok=True, found="; ".join(said), todo=todo)


async def _files(files: Files) -> Check:
    name = "files"
    try:
        async with asyncio.timeout(STORE_SECONDS):
            await files.ready()
    except (FilesUnavailable, TimeoutError) as error:
        found = "no answer in time" if isinstance(error, TimeoutError) else str(error)
        todo = "Make the place that TRANSFER_FILES names, and the spool, reachable and writable; files wait meanwhile."
        return Check(name=name, ok=False, found=found, todo=todo)
    return Check(name=name, ok=True, found="the store answers")


def _site(cert: Path, key: Path, now: datetime) -> Check:
    name = "files:site"
    todo = "Put a renewed certificate and its key in the place of TRANSFER_FILES_CERT and TRANSFER_FILES_KEY."
    try:
        until = shown_until(cert, key, now)
    except TlsFilesInvalid as error:
        return Check(name=name, ok=False, found=str(error), todo=todo)
    due = until - now < RENEWAL
    return Check(name=name, ok=True, found=f"certificate valid until {moment(until)}", todo=todo if due else None)


def _directory(parts: Parts) -> Check:
    name = "directory"
    listed, region = parts.book.latest, parts.settings.region
    if region not in listed.by_code:
        todo = "Nothing is exchanged. Ask the operator of the exchange why; `transfer directory verify` shows the list."
        return Check(name=name, ok=False, found=f"version {listed.version} does not list region {region}", todo=todo)
    found = f"version {listed.version}, until {listed.expires_at:%Y-%m-%dT%H:%M:%SZ}"
    if not listed.expired(parts.clock()):
        return Check(name=name, ok=True, found=found)
    todo = "Have the operator of the exchange sign and publish a new one."
    try:
        _ = parts.book.current
    except DirectoryTooOld:
        return Check(name=name, ok=False, found=f"{found}; too old, nothing is exchanged", todo=todo)
    return Check(name=name, ok=True, found=f"{found}; expired, still used", todo=todo)


def _signing(parts: Parts) -> Check:
    name, now = "keys", parts.clock()
    region = parts.settings.region
    own = parts.book.latest.by_code.get(region)
    try:
        used = [(parts.wire.signing(one).kid, parts.wire.opening(one).kid) for one in own.suites] if own else []
    except (CryptoError, NoExchange) as error:
        todo = f"`transfer keys list` shows this node's keys, `transfer directory verify` those listed for {region}."
        return Check(name=name, ok=False, found=str(error), todo=todo)
    found = ", ".join(kid for pair in used for kid in pair)
    due = expiring(own.keys, now) if own else ()
    if due:
        ends = ", ".join(f"{key.kid} in {(key.not_after - now).days} days" for key in due)
        todo = "Rotate them: `transfer keys rotate`, and have the operator sign the directory anew."
        return Check(name=name, ok=True, found=f"uses {found}; expires: {ends}", todo=todo)
    return Check(name=name, ok=True, found=f"uses {found}")


def _calendar(parts: Parts) -> Check:
    name = "calendar"
    try:
        context = parts.context()
    except StorageUnavailable as error:
        return Check(name=name, ok=False, found=str(error), todo="They are read as soon as the database answers.")
    found = f"known for {_days_known(context)} days"
    missing = context.rules.missing_years(legal_day(context.now))
    todo = f"Load {missing[0]} as the State Council has announced it, by `transfer rules load`." if missing else None
    return Check(name=name, ok=True, found=found, todo=todo)


async def _ledger(parts: Parts) -> Check:
    """A node works on without witnesses, so this is never red; but nobody could show that its past stands."""
    name, todo = "ledger", "`transfer audit checkpoints` shows who cosigned what, and who refused why."
    region = parts.settings.region
    peers = [one.code for one in parts.directory.regions if one.code != region]
    try:
        since, seen = await parts.checkpoints.waiting_since(), await parts.checkpoints.seen(peers)
    except StorageUnavailable as error:
        return Check(name=name, ok=False, found=str(error), todo="It is read as soon as the database answers.")
    if forked := [code for code, one in seen.items() if one.fork]:
        return Check(name=name, ok=True, found=f"forked by {', '.join(forked)}", todo=todo)
    if since is not None and peers and parts.clock() - since > COSIGNED_WITHIN:
        return Check(name=name, ok=True, found=f"nothing cosigned since {since:%Y-%m-%dT%H:%M:%SZ}", todo=todo)
    return Check(name=name, ok=True, found="nothing waits" if since is None else "a checkpoint waits to be cosigned")


def _days_known(context: Context) -> int:
    today = legal_day(context.now)
    return (context.rules.known_until(today) - today).days + 1


def _broker(role: str, link: Linked, seconds: float, lost_after: float) -> Check:
    name = f"broker:{role}"
    state = link.state
    if state.connected:
        return Check(name=name, ok=True, found=f"connected since {state.since:%Y-%m-%dT%H:%M:%SZ}")
    return Check(
        name=name,
        ok=seconds < lost_after,
        found=f"not connected for {max(0.0, seconds):.0f} s: {state.error or 'no reason given'}",
        todo="Start the broker, or correct TRANSFER_AMQP_URL; messages wait in the database meanwhile.",
    )
