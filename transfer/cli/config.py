"""``transfer config check``: whether the settings work, one line for each part, with what to do."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import click
from dotenv import dotenv_values

from transfer.broker.address import AddressInvalid
from transfer.cli.broker import Fault, Found, look_at
from transfer.cli.exits import FAULT
from transfer.cli.opening import env_file_option, json_option, load_settings, run
from transfer.cli.output import local, print_json
from transfer.crypto.book import read_directory
from transfer.crypto.directory import Directory, DirectoryInvalid
from transfer.crypto.errors import CryptoError
from transfer.crypto.filekey import load_file_key
from transfer.crypto.keystore import Keystore
from transfer.crypto.notes import Verifier
from transfer.crypto.passphrase import find_passphrase
from transfer.crypto.tls import RENEWAL, TlsFilesInvalid, certificates, moment, shown_until
from transfer.crypto.wire import Wire
from transfer.files.store import Store, StoreInvalid
from transfer.node import hub_address
from transfer.ports.files import FilesUnavailable
from transfer.ports.work import StorageUnavailable
from transfer.settings import PREFIX, Settings, SettingsInvalid
from transfer.storage import migrate as migrations
from transfer.storage.engine import DatabaseUrlInvalid, database_url, open_engine
from transfer.telemetry.clock import now
from transfer.telemetry.logs import set_up_logs


class Verdict(StrEnum):
    """What a check found."""

    OK = "ok"
    FAULT = "fault"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at; ``cure`` says what to do about a fault."""

    name: str
    verdict: Verdict
    found: str
    cure: str = ""


@click.group()
def config() -> None:
    """Look at the settings of this node."""


@config.command()
@json_option
@env_file_option
@click.pass_context
def check(ctx: click.Context, *, as_json: bool, env_file: Path | None) -> None:
    """Try the settings, the directory, the database, the files and the broker; exit with 1 if anything is wrong."""
    set_up_logs(level="error", style="text")
    tell(ctx, run(checks(env_file)), as_json=as_json)


def tell(ctx: click.Context, done: Sequence[Check], *, as_json: bool) -> None:
    """Print what was found; exit with 1 if anything is wrong."""
    if as_json:
        print_json({"ok": all(one.verdict is Verdict.OK for one in done), "checks": [asdict(one) for one in done]})
    else:
        for one in done:
            click.echo(f"{one.verdict.upper():8} {one.name:10} {one.found}")
            if one.cure:
                click.echo(f"{'':19} {one.cure}")
    if any(one.verdict is Verdict.FAULT for one in done):
        ctx.exit(FAULT)


async def checks(env_file: Path | None) -> list[Check]:
    """What can be seen of the settings, and of what they name."""
    strangers = _strangers(env_file)
    try:
        settings = load_settings(env_file)
    except SettingsInvalid as error:
        faults = "; ".join(str(error).splitlines())
        cure = "docs/settings.md lists what each variable may hold"
        bad = Check(name="settings", verdict=Verdict.FAULT, found=faults, cure=cure)
        later = ("directory", "keys", "database", "broker", "queues")
        return [bad, *strangers, *(_skipped(name, "the settings") for name in later)]
    roles = ", ".join(sorted(settings.roles))
    directory, listed = _directory(settings)
    good = Check(name="settings", verdict=Verdict.OK, found=f"region {settings.region}; parts {roles}")
    return [
        good,
        *strangers,
        directory,
        _keys(settings, listed),
        await _database(settings),
        *await _files(settings),
        *await _broker(settings),
    ]


def _skipped(name: str, first: str) -> Check:
    return Check(name=name, verdict=Verdict.SKIPPED, found=f"needs {first} to be right first")


def _strangers(env_file: Path | None) -> Iterable[Check]:
    """A misspelt variable would otherwise be passed over in silence."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    given = {*os.environ, *(dotenv_values(env_file) if env_file else ())}
    unknown = sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in known)
    if unknown:
        cure = "correct the spelling, or remove them; docs/settings.md lists all settings"
        yield Check(name="spelling", verdict=Verdict.FAULT, found=f"no settings: {', '.join(unknown)}", cure=cure)


def _directory(settings: Settings) -> tuple[Check, Directory | None]:
    """And what it lists, when that includes this region."""
    cure = f"{PREFIX}DIRECTORY must name a signed directory, {PREFIX}DIRECTORY_KEYS the key of its operator"
    try:
        listed = read_directory(settings.directory, [Verifier.parse(key) for key in settings.directory_keys])
    except (DirectoryInvalid, CryptoError) as error:
        return Check(name="directory", verdict=Verdict.FAULT, found=str(error), cure=cure), None
    if settings.region not in listed.by_code:
        cure = f"have the operator add the region, or correct {PREFIX}REGION"
        found = f"{settings.directory} does not list region {settings.region}"
        return Check(name="directory", verdict=Verdict.FAULT, found=found, cure=cure), None
    if listed.expired(now()):
        cure = "have the operator sign and publish a new one"
        found = f"{settings.directory} expired at {local(listed.expires_at)}"
        return Check(name="directory", verdict=Verdict.FAULT, found=found, cure=cure), listed
    own = listed.by_code[settings.region]
    found = f"version {listed.version}, {len(listed.regions)} regions; this one is {own.name_zh}"
    return Check(name="directory", verdict=Verdict.OK, found=found), listed


def _keys(settings: Settings, listed: Directory | None) -> Check:
    cure = f"`transfer keys list` shows what is in {PREFIX}KEYS; the passphrase must open it"
    try:
        held = Keystore.load(settings.keys, find_passphrase(settings.passphrase_file, os.environ))
    except CryptoError as error:
        return Check(name="keys", verdict=Verdict.FAULT, found=f"{type(error).__name__}: {error}", cure=cure)
    if not held.public:
        cure = "make some by `transfer keys new`, and have the operator list them"
        return Check(name="keys", verdict=Verdict.FAULT, found=f"{settings.keys} holds no keys", cure=cure)
    if listed is None:
        return Check(name="keys", verdict=Verdict.OK, found=", ".join(key.kid for key in held.public))
    wire = Wire(region=settings.region, directory=lambda: listed, keys=lambda: held, clock=now)
    try:
        suites = listed.by_code[settings.region].suites
        used = [key.kid for suite in suites for key in (wire.signing(suite), wire.opening(suite))]
    except CryptoError as error:
        cure = "`transfer keys list` shows those held here, `transfer directory verify` those listed; make them agree"
        return Check(name="keys", verdict=Verdict.FAULT, found=f"{type(error).__name__}: {error}", cure=cure)
    return Check(name="keys", verdict=Verdict.OK, found=f"uses {', '.join(used)}")


async def _database(settings: Settings) -> Check:
    cure = f"start it, or correct {PREFIX}DATABASE_URL"
    try:
        url = database_url(settings.database_url)
        if url.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(url.database or "").is_file):
            found = f"the file {url.database} does not exist"
            return Check(name="database", verdict=Verdict.FAULT, found=found, cure="`transfer migrate` makes it")
        engine = open_engine(settings.database_url)
        try:
            form = await migrations.form(engine)
        finally:
            await engine.dispose()
    except (DatabaseUrlInvalid, StorageUnavailable) as error:
        return Check(name="database", verdict=Verdict.FAULT, found=str(error), cure=cure)
    if not form.fits:
        return Check(name="database", verdict=Verdict.FAULT, found=str(form), cure=form.cure)
    backend = url.get_backend_name()
    return Check(name="database", verdict=Verdict.OK, found=f"{backend}, version {form.found}")


async def _files(settings: Settings) -> list[Check]:
    """Nothing where the node takes no files."""
    if settings.files is None:
        return []
    found = [await _store(settings.files), _file_key(settings)]
    if settings.files_cert and settings.files_key:
        found.append(_site(settings.files_cert, settings.files_key))
    return found


async def _store(where: str) -> Check:
    cure = f"make the place that {PREFIX}FILES names reachable and writable, or correct it"
    try:
        await Store.open(where).try_out()
    except (StoreInvalid, FilesUnavailable) as error:
        return Check(name="files", verdict=Verdict.FAULT, found=f"{where}: {error}", cure=cure)
    return Check(name="files", verdict=Verdict.OK, found=f"{where} can be written and read")


def _file_key(settings: Settings) -> Check:
    cure = f"`transfer files init` makes it; {PREFIX}KEYS must hold it, and the passphrase must open it"
    try:
        key = load_file_key(settings.keys, find_passphrase(settings.passphrase_file, os.environ))
    except CryptoError as error:
        return Check(name="files key", verdict=Verdict.FAULT, found=f"{type(error).__name__}: {error}", cure=cure)
    older = f", opens those of {len(key.older)} before it" if key.older else ""
    return Check(name="files key", verdict=Verdict.OK, found=f"keeps files with {key.id.hex()}{older}")


def _site(cert: Path, key: Path) -> Check:
    cure = f"put a certificate and its key in the place of {PREFIX}FILES_CERT and {PREFIX}FILES_KEY"
    try:
        until = shown_until(cert, key, now())
    except TlsFilesInvalid as error:
        return Check(name="files site", verdict=Verdict.FAULT, found=str(error), cure=cure)
    due = until - now() < RENEWAL
    found = f"certificate valid until {moment(until)}"
    return Check(name="files site", verdict=Verdict.OK, found=found, cure=cure if due else "")


async def _broker(settings: Settings) -> list[Check]:
    try:
        address = hub_address(settings)
    except AddressInvalid as error:
        bad = Check(name="broker", verdict=Verdict.FAULT, found=f"{PREFIX}AMQP_URL {error}", cure="correct it")
        return [bad, _skipped("queues", "the broker")]
    seen = await look_at(address, settings.region)
    where = f"{address}, virtual host {address.vhost}, user {address.username}"
    if isinstance(seen, Fault):
        bad = Check(name="broker", verdict=Verdict.FAULT, found=f"{where}: {seen.found}", cure=seen.cure)
        return [bad, _skipped("queues", "the broker")]
    if address.tls is not None:
        where += f", certificate valid until {moment(certificates(address.tls.cert)[0].not_valid_after_utc)}"
    return [Check(name="broker", verdict=Verdict.OK, found=where), _queues(seen)]


def _queues(seen: Found) -> Check:
    if seen.missing:
        cure = "the operator of the hub loads the definitions that `transfer topology` prints"
        found = f"not on the broker: {', '.join(seen.missing)}"
        return Check(name="queues", verdict=Verdict.FAULT, found=found, cure=cure)
    waiting = ", ".join(f"{queue} holds {count}" for queue, count in seen.waiting.items())
    return Check(name="queues", verdict=Verdict.OK, found=waiting)
