"""``transfer doctor``: whether a node's records hold together, one line for each part, with what to do."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from transfer.cli.config import Check, Verdict, checks, tell
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import local
from transfer.crypto.errors import CryptoError
from transfer.files.intake import Room
from transfer.ledger.entry import Entry
from transfer.node import Node
from transfer.ports.files import FilesUnavailable, KeptFile
from transfer.ports.ledger import HeadsDisagree
from transfer.storage.engine import database_now, reading
from transfer.storage.files import kept_file
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.ledger_verifying import verify
from transfer.storage.recovery import SqlRecovery, torn_lanes
from transfer.storage.tables import files
from transfer.telemetry.clock import now

_APART: Final = timedelta(minutes=1)
"""Other regions refuse what is five minutes ahead; the operator hears of it before."""


@click.command()
@click.option("--quick", is_flag=True, help="Look only whether files are there, not whether they were altered.")
@json_option
@env_file_option
@click.pass_context
def doctor(ctx: click.Context, *, quick: bool, as_json: bool, env_file: Path | None) -> None:
    """Look at settings, clock, database, ledger, messages, files, keys and broker; exit with 1 if anything is wrong.

    After a restore, before the node is started, and whenever something seems odd. It changes nothing.
    """
    tell(ctx, run(_examined(env_file, quick=quick)), as_json=as_json)


async def _examined(env_file: Path | None, *, quick: bool) -> list[Check]:
    found = await checks(env_file)
    needed = {one.name: one.verdict is Verdict.OK for one in found}
    if not all(needed.get(name) for name in ("settings", "directory", "database")):
        return found
    async with opened(load_settings(env_file)) as node:
        return [*found, *[one async for one in _records(node, quick=quick)]]


async def _records(node: Node, *, quick: bool) -> AsyncIterator[Check]:
    yield await _recovery(node)
    yield await _clock(node)
    async with reading(node.store.engine) as connection:
        verified = await verify(connection, SignedHeads(region=node.settings.region, regions=node.book.latest.known))
        torn = await torn_lanes(connection)
        kept = (await connection.execute(files.select())).all()
    said = f"{verified.size} entries, {verified.signed} of them signed"
    first = [f"{one.where}: {one.said}" for one in verified.faults[:1]]
    cure = "`transfer audit verify` names all that is false; docs/ledger.md says what to do"
    yield _check("ledger", said, f"{len(verified.faults)} faults, first {first}" if first else "", cure)
    disagree = ""
    if node.keeper is not None:
        try:
            await node.keeper.check()
        except HeadsDisagree as error:
            disagree = str(error)
    cure = "is it an old copy? `transfer restore mark` says so; else docs/ledger.md, when a node refuses to start"
    yield _check("head", "file, checkpoints and entries agree", disagree, cure)
    cure = "was the database changed by hand, or put together from two copies? restore one whole copy"
    miscounted = f"{len(torn)} conversations miscounted: {torn[:3]}" if torn else ""
    yield _check("messages", "each has its place", miscounted, cure)
    if node.files is not None:
        wrong = [one async for one in _altered(node.files.room, [kept_file(row) for row in kept], quick=quick)]
        lacking = f"{len(wrong)} of {len(kept)} are not as they were kept: {wrong[:3]}" if wrong else ""
        good = f"{len(kept)} are there" + ("; --quick leaves their digests out" if quick else " and have their digests")
        yield _check("kept files", good, lacking, "bring these back from a backup of TRANSFER_FILES")


async def _altered(room: Room, kept: Sequence[KeptFile], *, quick: bool) -> AsyncIterator[str]:
    """Those that are not what their records say, and why; nothing is held in memory but a block."""
    for one in kept:
        try:
            if not await room.store.holds(one.place):
                yield f"{one.digest}: missing"
            elif not quick and await _digest(room.read(one, 0, one.size)) != one.digest:
                yield f"{one.digest}: of another digest"
        except (FilesUnavailable, CryptoError) as error:
            yield f"{one.digest}: {type(error).__name__} {error}"


async def _digest(content: AsyncIterator[bytes]) -> str:
    made = hashlib.sha256()
    async for block in content:
        await asyncio.to_thread(made.update, block)
    return f"sha256:{made.hexdigest()}"


async def _clock(node: Node) -> Check:
    """Against what the node has anyway: the clock of the database's server, and the time of its own last entry."""
    reading, here, faults = SqlLedgerReading(store=node.store), now(), list[str]()
    there = await database_now(node.store.engine)
    if there is not None and not here - _APART <= there <= now() + _APART:
        faults.append(f"the database's server has {local(there)}")
    last = await reading.at_place(await reading.size() - 1)
    if last is not None and (at := Entry.parse(last.body).at) > now() + _APART:
        faults.append(f"the last entry of the ledger is of {local(at)}")
    fault = f"here it is {local(here)}, but {', and '.join(faults)}" if faults else ""
    good = "agrees with the last entry" + (" and the database's server" if there is not None else "")
    return _check("clock", good, fault, "set the clocks of both machines by NTP (docs/install.md); `chronyc tracking`")


async def _recovery(node: Node) -> Check:
    records = SqlRecovery(store=node.store)
    restore = await records.open()
    if restore is None:
        return _check("recovery", "none is going on", "", "")
    talks = await records.talks(restore)
    silent = sorted(code for code in node.book.latest.by_code if code != node.settings.region)
    silent = [code for code in silent if code not in talks or not talks[code].complete]
    fault = f"restored to {local(restore.made_at)}; not told yet by {', '.join(silent) or 'nobody: see the log'}"
    cure = "start the node and let it ask; `transfer restore finish` goes on without those who will not answer"
    return _check("recovery", "", fault, cure)


def _check(name: str, good: str, fault: str, cure: str) -> Check:
    if fault:
        return Check(name=name, verdict=Verdict.FAULT, found=fault, cure=cure)
    return Check(name=name, verdict=Verdict.OK, found=good)
