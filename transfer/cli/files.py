"""``transfer files``: the files that this node keeps, and those that come from other regions."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from pydantic import TypeAdapter

from transfer.cli.exits import Misconfigured, NotThere, WrongUsage
from transfer.cli.known import noted
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE_THERE, FILE_TO_WRITE
from transfer.crypto.filekey import FILE, new_file_key, rotate_file_key
from transfer.crypto.passphrase import find_passphrase
from transfer.files.parts import FileParts
from transfer.files.sweep import Swept
from transfer.messages.attachments import Attachment
from transfer.messages.codes import MediaType
from transfer.messages.values import Digest
from transfer.node import Node
from transfer.ports.files import UnknownFile
from transfer.records import FetchFilter, FetchLine, FetchState, FileLine
from transfer.settings import Settings
from transfer.web.route import Shows

_BLOCK: Final = 2**20
_DIGEST: Final[TypeAdapter[str]] = TypeAdapter(Digest)
_KINDS: Final = {
    ".pdf": MediaType.PDF,
    ".ofd": MediaType.OFD,
    ".jpg": MediaType.JPEG,
    ".jpeg": MediaType.JPEG,
    ".png": MediaType.PNG,
    ".tif": MediaType.TIFF,
    ".tiff": MediaType.TIFF,
    ".mp3": MediaType.MP3,
    ".wav": MediaType.WAV,
    ".mp4": MediaType.MP4,
}


@click.group(short_help="Files that are kept here or come from other regions.")
def files() -> None:
    """Look after the files that papers name: those kept here, and those that come from other regions."""


@files.command()
@env_file_option
def init(*, env_file: Path | None) -> None:
    """Make the key that files are kept with, once.

    It lies in TRANSFER_KEYS, locked by the same passphrase as the other keys. Keep a copy of it: without it no file
    that is kept here can be read again.
    """
    settings = load_settings(env_file)
    key = new_file_key(settings.keys, find_passphrase(settings.passphrase_file, os.environ))
    click.echo(f"made the key {key.id.hex()} in {settings.keys / FILE}; keep a copy of it")


@files.command()
@env_file_option
def rotate(*, env_file: Path | None) -> None:
    """Make a new key for the files that come from now on; the one before it opens those that are there.

    A node that runs takes the new key up by itself. Keep copies of both: the older key is needed as long as a file is
    kept that came before.
    """
    settings = load_settings(env_file)
    key = rotate_file_key(settings.keys, find_passphrase(settings.passphrase_file, os.environ))
    held = ", ".join(one.id.hex() for one in key.older)
    click.echo(
        f"made the key {key.id.hex()} in {settings.keys / FILE}; keep a copy of it, and of those before it: {held}"
    )


@files.command()
@click.argument("file", type=FILE_THERE)
@click.option("--kind", type=click.Choice([kind.value for kind in MediaType]), help="Default by the file's ending.")
@click.option("--name", help="Name for others; default the file's own.")
@json_option
@env_file_option
def put(*, file: Path, kind: str | None, name: str | None, as_json: bool, env_file: Path | None) -> None:
    """Keep FILE here, so that papers can name it; prints how they do."""
    known = MediaType(kind) if kind else _KINDS.get(file.suffix.lower())
    if known is None:
        raise WrongUsage(f"what kind of file is {file.name}? Say so by --kind")
    made = run(_put(load_settings(env_file), file, known, name or file.name))
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        click.echo(f"{made.digest}  {made.size} bytes, {made.media_type.value}, {made.name}")


@files.command()
@click.argument("digest")
@click.option("--out", type=FILE_TO_WRITE, required=True, help="Where to write it; a dash writes to standard output.")
@env_file_option
def get(*, digest: str, out: Path, env_file: Path | None) -> None:
    """Write the file with that DIGEST to a place of yours, in clear."""
    try:
        wanted = _DIGEST.validate_python(digest)
    except ValueError as error:
        raise WrongUsage("DIGEST is sha256: and 64 hex digits, as `transfer files list` shows it") from error
    size = run(_get(load_settings(env_file), wanted, out))
    click.echo(f"{size} bytes written to {out}", err=str(out) == "-")


@files.command("list")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@json_option
@env_file_option
def list_(*, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the files that are kept here, newest first."""
    found = run(_list(load_settings(env_file), limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
    elif not found:
        click.echo("no files are kept here")
    else:
        rows = [(one.file, str(one.size), one.media_type.value, local(one.kept_at)) for one in found]
        console().print(table(None, ("file", "bytes", "kind", "kept"), rows))


@files.command()
@click.option("--state", type=click.Choice([state.value for state in FetchState]), help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@json_option
@env_file_option
def fetches(*, state: str | None, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the files that come from other regions, and how far they are, wanted last first."""
    found = run(_fetches(load_settings(env_file), FetchState(state) if state else None, limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
    elif not found:
        click.echo("no files come from other regions")
    else:
        rows = [
            (
                one.file[7:19],
                one.source,
                one.state,
                f"{100 * one.got // one.size} %",
                local(one.retry_at),
                one.detail or "",
            )
            for one in found
        ]
        console().print(table(None, ("file", "from", "state", "here", "next", "why"), rows))


@files.command()
@json_option
@env_file_option
def sweep(*, as_json: bool, env_file: Path | None) -> None:
    """Remove what is nobody's: files that nothing names, and what broken uploads left. A node does so each day."""
    swept = run(_sweep(load_settings(env_file)))
    if as_json:
        print_json(asdict(swept))
    else:
        click.echo(f"removed {swept.files} files, {swept.objects} objects without a record, {swept.spools} leftovers")


async def _put(settings: Settings, file: Path, kind: MediaType, name: str) -> Attachment:
    async with opened(settings) as node:
        made, _ = await _parts(node).room.take(_blocks(file), media_type=kind, name=name)
        return made


async def _blocks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while block := await asyncio.to_thread(content.read, _BLOCK):
            yield block


async def _get(settings: Settings, digest: str, out: Path) -> int:
    async with opened(settings) as node:
        room = _parts(node).room
        try:
            kept = await room.find(digest)
        except UnknownFile as error:
            raise NotThere(error.message) from error
        await noted(node, Shows.FILE, digest)
        standard = str(out) == "-"
        with nullcontext(sys.stdout.buffer) if standard else out.open("wb") as target:
            async for block in room.read(kept, 0, kept.size):
                await asyncio.to_thread(target.write, block)
        return kept.size


async def _list(settings: Settings, limit: int) -> list[FileLine]:
    async with opened(settings) as node:
        return list(await node.views.files(limit=limit))


async def _fetches(settings: Settings, state: FetchState | None, limit: int) -> list[FetchLine]:
    async with opened(settings) as node:
        return list(await node.views.fetches(FetchFilter(sight=None, state=state), after=None, limit=limit))


async def _sweep(settings: Settings) -> Swept:
    async with opened(settings) as node:
        return await _parts(node).sweeper.sweep()


def _parts(node: Node) -> FileParts:
    if node.files is None:
        raise Misconfigured("TRANSFER_FILES names no place for files; docs/files.md says how one is set up")
    return node.files
