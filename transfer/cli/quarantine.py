"""``transfer quarantine``: messages that could not be applied, to look at, to try again or to put away."""

from pathlib import Path
from typing import assert_never
from uuid import UUID

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from transfer.cli.exits import FAULT, NotThere, WrongUsage
from transfer.cli.known import noted, operator
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.handlers.receive import Applied, Duplicate, Early, Refused
from transfer.handlers.replay import Away, Replayed, dismiss, replay
from transfer.node import Node
from transfer.records import Dismissal, QuarantineLine, TimeKey
from transfer.settings import Settings
from transfer.web.route import Shows

_PAGE = 500


@click.group(short_help="Messages that could not be applied: look, try again, put away.")
def quarantine() -> None:
    """Look at messages that could not be applied, try them again, or put them away."""


@quarantine.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were applied since, or put away.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@json_option
@env_file_option
def list_(*, everything: bool, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the messages in quarantine, newest first."""
    found = run(_list(load_settings(env_file), everything=everything, limit=limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
    elif not found:
        click.echo("the quarantine is empty")
    else:
        rows = [
            (str(one.id), local(one.at), one.source or "?", one.type or "?", one.refusal.code, one.refusal.detail)
            for one in found
        ]
        console().print(table(None, ("id", "at", "from", "type", "code", "why"), rows))


@quarantine.command()
@click.argument("entry", type=click.UUID)
@click.option("--body", is_flag=True, help="The message itself; it may hold personal data.")
@json_option
@env_file_option
def show(*, entry: UUID, body: bool, as_json: bool, env_file: Path | None) -> None:
    """Show one message of the quarantine."""
    line, content = run(_show(load_settings(env_file), entry))
    shown = line.model_dump(mode="json")
    if body:
        shown["body"] = content.decode(errors="replace")
    if as_json:
        print_json(shown)
        return
    refusal = line.refusal
    shown["refusal"] = f"{refusal.code} ({refusal.code.zh}): {refusal.detail}"
    for name, value in shown.items():
        click.echo(f"{name:12} {'' if value is None else value}")
    if line.applied_at is None and line.dismissed_at is None:
        click.echo(f"\n`transfer quarantine replay {line.id}` tries it again, `… dismiss` puts it away")


@quarantine.command("replay")
@click.argument("entry", type=click.UUID, required=False)
@click.option("--all", "everything", is_flag=True, help="Try all that were not applied, oldest first.")
@json_option
@env_file_option
@click.pass_context
def replay_(ctx: click.Context, *, entry: UUID | None, everything: bool, as_json: bool, env_file: Path | None) -> None:
    """Try a message of the quarantine again, as if it had just come in; its sender gets a new receipt.

    Exits with 1 when something is refused again.
    """
    if everything == (entry is not None):
        raise WrongUsage("name one message, or give --all")
    done = run(_replay(load_settings(env_file), entry, quiet=as_json))
    told = [{"id": str(one.entry.id), **_verdict(one)} for one in done]
    if as_json:
        print_json(told)
    elif not told:
        click.echo("the quarantine is empty")
    else:
        for one in told:
            click.echo(f"{one['id']} {one['verdict']}{': ' + one['why'] if one['why'] else ''}")
    if any(isinstance(one.verdict, Refused) for one in done):
        ctx.exit(FAULT)


@quarantine.command("dismiss")
@click.argument("entry", type=click.UUID)
@click.option("--reason", type=click.Choice([*Dismissal]), required=True, help="Why it needs nothing more.")
@click.option("--remark", help="What else there is to say; the ledger keeps it.")
@env_file_option
def dismiss_(*, entry: UUID, reason: str, remark: str | None, env_file: Path | None) -> None:
    """Put a message away that needs nothing more.

    It stays, and can still be tried again. The ledger says who put it away, and why.
    """
    run(_dismiss(load_settings(env_file), entry, Dismissal(reason), remark))
    click.echo(f"{entry} put away: {Dismissal(reason).en}")


async def _dismiss(settings: Settings, entry: UUID, reason: Dismissal, remark: str | None) -> None:
    async with opened(settings) as node, node.quarantine.handling() as work:
        await dismiss(work, entry, Away(why=reason, by=operator(), remark=remark), node.context())


async def _list(settings: Settings, *, everything: bool, limit: int) -> list[QuarantineLine]:
    async with opened(settings) as node:
        applied = None if everything else False
        found = list(await node.views.quarantine(applied=applied, after=None, limit=limit))
        await noted(node, Shows.QUARANTINE, count=len(found))
        return found


async def _show(settings: Settings, entry: UUID) -> tuple[QuarantineLine, bytes]:
    async with opened(settings) as node:
        found = await node.views.quarantined(entry)
        if found is None:
            raise NotThere(f"the quarantine holds no message {entry}")
        await noted(node, Shows.QUARANTINE, str(entry))
        return found


async def _replay(settings: Settings, entry: UUID | None, *, quiet: bool) -> list[Replayed]:
    async with opened(settings) as node:
        # Oldest first: a later message may need what an earlier one brings.
        entries = [entry] if entry is not None else [line.id for line in reversed(await _waiting(node))]
        room = node.quarantine
        done = []
        columns = (TextColumn("replay"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console(), disable=quiet or len(entries) == 1) as progress:
            for one in progress.track(entries):
                async with room.handling() as work:
                    done.append(await replay(work, one, node.context(), node.wire, by=operator()))
        return done


async def _waiting(node: Node) -> list[QuarantineLine]:
    views, found, after = node.views, list[QuarantineLine](), None
    while page := await views.quarantine(applied=False, after=after, limit=_PAGE):
        found += page
        after = TimeKey(at=page[-1].at, id=page[-1].id)
    return found


def _verdict(done: Replayed) -> dict[str, str]:
    match done.verdict:
        case Applied():
            return {"verdict": "applied", "why": ""}
        case Duplicate():
            return {"verdict": "known already", "why": ""}
        case Early():
            return {"verdict": "parked", "why": "waits for earlier messages"}
        case Refused(refusal=refusal):
            return {"verdict": "refused", "why": f"{refusal.code} {refusal.detail}"}
        case _ as never:
            assert_never(never)
