"""``transfer audit verify``: the whole ledger of this node, and its records against it."""

from dataclasses import asdict
from pathlib import Path

import click

from transfer.cli.exits import FAULT, WrongUsage
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import print_json
from transfer.crypto.ledger_keys import origin, verifiers
from transfer.crypto.notes import verify as opened_note
from transfer.ledger.checkpoint import Checkpoint
from transfer.node import Node
from transfer.settings import Settings
from transfer.storage.engine import reading
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_verifying import Verified
from transfer.storage.ledger_verifying import verify as verify_all


@click.command()
@click.option("--from", "start", metavar="SIZE|FILE", help="Begin after so many entries, or those of a checkpoint.")
@json_option
@env_file_option
@click.pass_context
def verify(ctx: click.Context, start: str | None, as_json: bool, env_file: Path | None) -> None:  # noqa: FBT001 - click's flags
    """Verify the whole ledger: entries, order, checkpoints, and this node's records against them.

    With --from the entries before are taken for granted, as the checkpoint there was signed; the records are held
    against all of them nevertheless. Exits with 1 when anything is false.
    """
    verified = run(_verify(load_settings(env_file), start))
    if as_json:
        print_json({"sound": not verified.faults, **asdict(verified)})
    else:
        for fault in verified.faults:
            click.echo(f"FALSE  {fault.where}: {fault.said}")
        if not verified.faults:
            click.echo(f"sound: {verified.size} entries, {verified.signed} of them under signed checkpoints")
        for subject, why in verified.erased.items():
            click.echo(f"{subject}: {why}")
    if verified.faults:
        ctx.exit(FAULT)


async def _verify(settings: Settings, start: str | None) -> Verified:
    async with opened(settings) as node:
        heads = SignedHeads(region=settings.region, regions=node.book.latest.known)
        size = _beginning(start, node, heads) if start is not None else 0
        try:
            async with reading(node.store.engine) as connection:
                return await verify_all(connection, heads, start=size)
        except ValueError as error:
            raise WrongUsage(f"{error}; give the size of one that this node signed, or a file that holds one") from None


def _beginning(start: str, node: Node, heads: SignedHeads) -> int:
    """The size to begin with; what a file says of it is among what was signed. Raises WrongUsage, CryptoError."""
    if start.isdecimal():
        return int(start)
    try:
        note = Path(start).read_text()
    except OSError as error:
        raise WrongUsage(f"{start} is neither a number nor a file that can be read") from error
    region = node.settings.region
    checkpoint = Checkpoint.parse(opened_note(note, verifiers(node.book.latest.by_code[region])).text)
    if checkpoint.origin != origin(region):
        raise WrongUsage(f"{start} is a checkpoint of {checkpoint.origin}")
    heads.roots[checkpoint.size] = checkpoint.root
    return checkpoint.size
