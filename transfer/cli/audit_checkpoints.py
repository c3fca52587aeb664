"""``transfer audit checkpoints`` and ``accept``: what regions have signed of their ledgers."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

from transfer.cli.exits import NotThere, WrongUsage
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind
from transfer.messages.ledger import ledger_conversation
from transfer.ports.ledger import Happened, Judged, LedgerDecision, Verdict
from transfer.settings import Settings
from transfer.web.checkpoints import CheckpointList, WitnessBody, listed


@click.command()
@click.option("--sign", is_flag=True, help="First sign all entries that have a place, as the relay does now and then.")
@json_option
@env_file_option
def checkpoints(*, sign: bool, as_json: bool, env_file: Path | None) -> None:
    """List the checkpoints of this node's ledger, who cosigned them, and what is known of the others'."""
    found = run(_listed(load_settings(env_file), sign=sign))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    own = [(str(one.size), local(one.at), ", ".join(c.region for c in one.cosigned_by)) for one in found.items]
    console().print(table(f"checkpoints of {found.origin}", ("entries", "signed", "cosigned by"), own))
    rows = [(one.region, str(one.known or "nothing"), _said(one), _forked(one)) for one in found.regions]
    console().print(table("other regions", ("region", "known here", "says of this ledger", ""), rows))


@click.command()
@click.argument("region")
@click.option("--by", required=True, help="Who decides it.")
@click.option("--reason", required=True, help="Why the region may go on so; for the record.")
@env_file_option
def accept(*, region: str, by: str, reason: str, env_file: Path | None) -> None:
    """Take the checkpoint by which REGION forked its ledger as what is known of it from now on.

    Both notes are kept for ever. Do it when you know why the region's past has changed: it came back from an old
    backup, for instance.
    """
    size = run(_accept(load_settings(env_file), region, by, reason))
    click.echo(f"the ledger of {region} is known with {size} entries now; it is cosigned again from there on")


async def _listed(settings: Settings, *, sign: bool) -> CheckpointList:
    async with opened(settings) as node:
        if sign:
            if node.keeper is None:
                raise WrongUsage("these settings leave out the role relay, which signs")
            await replace(node.keeper, every=timedelta(0)).publish_once()
        return await listed(node.checkpoints, settings.region, node.book.latest)


async def _accept(settings: Settings, region: str, by: str, reason: str) -> int:
    async with opened(settings) as node, node.store.work() as work:
        await work.hold({ledger_conversation(region)})
        seen = (await work.load_seen({region})).get(region)
        if seen is None or not seen.fork:
            raise NotThere(f"no fork of {region} is known here; `transfer audit checkpoints` shows what is")
        taken, at = Checkpoint.of_note(seen.fork), node.context().now
        work.record_ledger(
            LedgerDecision(
                judged=Judged(region=region, checkpoint=taken, note=seen.fork, verdict=Verdict.ACCEPTED, at=at)
            )
        )
        facts = {"region": region, "size": taken.size, "root": taken.root.hex(), "known": seen.known.size}
        facts |= {"verdict": Verdict.ACCEPTED.value}
        texts = {"by": by, "reason": reason}
        work.note(Happened(kind=Kind.WITNESSED, at=at, facts=facts, texts=texts))
    return taken.size


def _said(one: WitnessBody) -> str:
    if one.refused is not None:
        return f"refused: {one.refused.en}"
    return f"cosigned at {one.cosigned} entries" if one.cosigned is not None else "nothing yet"


def _forked(one: WitnessBody) -> str:
    return "FORKED; --json shows both notes, `transfer audit accept` goes on" if one.forked else ""
