"""``transfer doctor``: whether a node's records hold together, one line for each part, with what to do."""

from collections.abc import AsyncIterator
from pathlib import Path

import click

from transfer.cli.config import Check, Verdict, checks, tell
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import local
from transfer.files.store import Store
from transfer.node import Node
from transfer.ports.files import FilesUnavailable
from transfer.ports.ledger import HeadsDisagree
from transfer.storage.engine import reading
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_verifying import verify
from transfer.storage.recovery import SqlRecovery, torn_lanes
from transfer.storage.tables import files


@click.command()
@json_option
@env_file_option
@click.pass_context
def doctor(ctx: click.Context, *, as_json: bool, env_file: Path | None) -> None:
    """Look at settings, database, ledger, messages, files, keys and broker; exit with 1 if anything is wrong.

    After a restore, before the node is started, and whenever something seems odd. It changes nothing.
    """
    tell(ctx, run(_examined(env_file)), as_json=as_json)


async def _examined(env_file: Path | None) -> list[Check]:
    found = await checks(env_file)
    needed = {one.name: one.verdict is Verdict.OK for one in found}
    if not all(needed.get(name) for name in ("settings", "directory", "database")):
        return found
    async with opened(load_settings(env_file)) as node:
        return [*found, *[one async for one in _records(node)]]


async def _records(node: Node) -> AsyncIterator[Check]:
    yield await _recovery(node)
    async with reading(node.store.engine) as connection:
        verified = await verify(connection, SignedHeads(region=node.settings.region, regions=node.book.latest.by_code))
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
    if node.settings.files is not None:
        lacking = ""
        try:
            store = Store.open(node.settings.files)
            missing = [row.digest for row in kept if not await store.holds(row.place)]
            lacking = f"{len(missing)} of {len(kept)} missing: {missing[:3]}" if missing else ""
        except FilesUnavailable as error:
            lacking = str(error)
        yield _check("kept files", f"{len(kept)} are there", lacking, "bring them back from a backup of TRANSFER_FILES")


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
