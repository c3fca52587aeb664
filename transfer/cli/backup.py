"""``transfer backup`` and ``restore``: copies of what a node keeps, and the way back from one."""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import click
from pydantic import AwareDatetime, BaseModel, ConfigDict

from transfer.cli.exits import CommandFailed, WrongUsage
from transfer.cli.opening import env_file_option, load_settings, opened, run
from transfer.cli.output import local
from transfer.cli.paths import FOLDER_THERE
from transfer.ledger.tree import head, joined
from transfer.node import Node, build
from transfer.settings import Settings
from transfer.storage import migrate as migrations
from transfer.storage.backup import BackupFailed, bring_back, check_free, copy_database, part_of
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.recovery import SqlRecovery, mark_restored
from transfer.telemetry.clock import now
from transfer.telemetry.logs import set_up_logs
from transfer.workers.head_file import HeadFile

MANIFEST: Final = "manifest.json"
FILES: Final = "files"
_ACTING: Final = (
    click.option("--by", metavar="NAME", required=True, help="Who decides it."),
    click.option("--reason", required=True, help="Why; the other regions are told."),
)


class Part(BaseModel):
    """One file of a backup."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    size: int


class Manifest(BaseModel):
    """What a backup holds; it is written last."""

    model_config = ConfigDict(frozen=True)

    region: str
    made_at: AwareDatetime
    version: str
    entries: int
    root: str
    parts: Mapping[str, Part]


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The folder to make.")
@env_file_option
def backup(*, out: Path, env_file: Path | None) -> None:
    """Copy the database and the files of this node while it runs.

    The keys are never among it: back up their folder, and the passphrase elsewhere.
    """
    settings = load_settings(env_file)
    if out.exists():
        raise WrongUsage(f"{out} exists; a backup is a new folder")
    made = run(_backup(settings, out))
    click.echo(f"{out}: {len(made.parts)} parts, {made.entries} entries of the ledger, made {local(made.made_at)}")
    click.echo(f"the keys in {settings.keys} are not among them: copy them, and the passphrase, to other places")


async def _backup(settings: Settings, out: Path) -> Manifest:
    """In a folder beside it, which gets its name when all is there."""
    fresh = out.with_name(out.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700, parents=True)
    async with opened(settings) as node:
        made_at, reading = now(), SqlLedgerReading(store=node.store)
        version, entries = await migrations.current(node.store.engine), await reading.size()
        hashes = await reading.hashes(head(entries))
        try:
            await copy_database(settings.database_url, fresh / part_of(settings.database_url))
        except BackupFailed as error:
            raise CommandFailed(str(error)) from error
    # After the database: a file is kept before anything names it.
    if (kept := _folder(settings)) is not None and kept.is_dir():
        shutil.copytree(kept, fresh / FILES, copy_function=_link)
    made = Manifest(
        region=settings.region,
        made_at=made_at,
        version=version,
        entries=entries,
        root=joined([hashes[one] for one in head(entries)]).hex(),
        parts=dict(_parts(fresh)),
    )
    (fresh / MANIFEST).write_text(made.model_dump_json(indent=1))
    fresh.replace(out)
    return made


def _folder(settings: Settings) -> Path | None:
    """Where files are kept, when that is a folder; other stores are backed up by their own means."""
    return Path(settings.files) if settings.files and "://" not in settings.files else None


def _link(source: str, target: str) -> None:
    """Files in store never change; across file systems they are copied."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _parts(folder: Path) -> Iterator[tuple[str, Part]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != MANIFEST:
            with file.open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            yield str(file.relative_to(folder)), Part(sha256=digest, size=file.stat().st_size)


@click.group()
def restore() -> None:
    """Bring a node back from a backup (恢复).

    Its database has then forgotten what came since. The node takes no command until it has asked the other regions for
    what it sent them and they sent it, and goes on from there.
    """


@restore.command("from")
@click.argument("folder", type=FOLDER_THERE)
@click.option("--replace", is_flag=True, help="There is a database: put it aside, or drop its tables.")
@_ACTING[1]
@_ACTING[0]
@env_file_option
def from_(*, folder: Path, replace: bool, by: str, reason: str, env_file: Path | None) -> None:
    """Bring back what `transfer backup` wrote to FOLDER; stop all processes of the node first."""
    settings = load_settings(env_file)
    made = _checked(folder, settings)
    try:
        run(check_free(settings.database_url, replace=replace))
        run(bring_back(settings.database_url, folder / part_of(settings.database_url)))
    except BackupFailed as error:
        raise CommandFailed(str(error)) from error
    if (folder / FILES).is_dir() and (kept := _folder(settings)) is not None:
        shutil.copytree(folder / FILES, kept, dirs_exist_ok=True)
    run(_mark(settings, made.made_at, by, reason))


@restore.command()
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%dT%H:%M:%S%z"]), help="How old the copy is.")
@_ACTING[1]
@_ACTING[0]
@env_file_option
def mark(*, since: datetime, by: str, reason: str, env_file: Path | None) -> None:
    """Say that the database was brought back by other means, and to which time."""
    run(_mark(load_settings(env_file), since, by, reason))


@restore.command()
@env_file_option
def finish(*, env_file: Path | None) -> None:
    """End the recovery with what was told so far, whatever is missing; what is, stands in the ledger.

    For a region that will not answer, and for steps that no message can bring back.
    """
    left = run(_finish(load_settings(env_file)))
    for message in left:
        click.echo(f"not taken up: {message}")
    click.echo("the node decides again")


async def _finish(settings: Settings) -> list[str]:
    async with opened(settings) as node:
        if await SqlRecovery(store=node.store).open() is None:
            raise CommandFailed("no recovery is going on")
        return [str(one) for one in await node.recoverer.finish()]


def _checked(folder: Path, settings: Settings) -> Manifest:
    """What it holds, all of it there and unchanged."""
    try:
        made = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{folder} is no whole backup: its manifest cannot be read") from error
    if made.region != settings.region:
        raise CommandFailed(f"{folder} is of region {made.region}, this node is {settings.region}")
    if made.version not in migrations.versions():
        raise CommandFailed(f"{folder} is of version {made.version}, which this release does not know: upgrade first")
    found = dict(_parts(folder))
    if wrong := sorted(name for name in made.parts.keys() | found.keys() if made.parts.get(name) != found.get(name)):
        raise CommandFailed(f"{folder} is not as it was made: {', '.join(wrong[:5])}")
    if part_of(settings.database_url) not in made.parts:
        raise CommandFailed(f"{folder} is of another kind of database than the settings name")
    return made


async def _mark(settings: Settings, made_at: datetime, by: str, reason: str) -> None:
    """The file beside the database tells of entries that are lost now; it is kept, under another name."""
    set_up_logs(level="error", style="text")
    node: Node = build(settings)
    try:
        await migrations.migrate(node.store.engine)
        await mark_restored(node.store, made_at=made_at, by=by, reason=reason)
    finally:
        await node.store.engine.dispose()
    if (file := HeadFile(folder=settings.state).path).exists():
        file.replace(file.with_name(f"{file.name}.before-{now():%Y%m%dT%H%M%S}"))
    click.echo(f"restored to {local(made_at)}; when it is started, the node asks the other regions for what came since")
