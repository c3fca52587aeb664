"""``transfer reconcile``: whether other regions have the same records of messages and of holders."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Final

import click

from transfer.cli.exits import FAULT, CommandFailed, NotThere, WrongUsage
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE_THERE
from transfer.domain.clocks import CHINA
from transfer.ledger.differences import CURES
from transfer.ledger.holders import Holding, HoldingMalformed, by_case, faults
from transfer.records import ReconciliationLine
from transfer.settings import Settings
from transfer.workers.reconcile import SETTLED

_MOMENT: Final = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.group(short_help="Compare the records of messages and holders with other regions.")
def reconcile() -> None:
    """Compare with other regions (核对) what was sent and received, as nodes do every day by themselves, and who held
    each case when.
    """


@reconcile.command("run")
@click.argument("region")
@click.option(
    "--since", type=_MOMENT, help="Messages made from then on, time of China; by default a day before the end."
)
@click.option("--until", type=_MOMENT, help="Messages made before; by default an hour ago.")
@env_file_option
def run_(*, region: str, since: datetime | None, until: datetime | None, env_file: Path | None) -> None:
    """Ask REGION to compare the records of a period now; both nodes must run for the answer to come."""
    begin, end = run(_ask(load_settings(env_file), region, since, until))
    click.echo(f"asked about {local(begin)} to {local(end)}; `transfer reconcile show {region}` shows the answer")


@reconcile.command("list")
@click.option("--region", help="Only with this region.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@json_option
@env_file_option
def list_(*, region: str | None, limit: int, as_json: bool, env_file: Path | None) -> None:
    """List the comparisons of records, the latest period first."""
    found = run(_found(load_settings(env_file), region, limit))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    rows = [(one.region, local(one.since), local(one.until), _said(one)) for one in found]
    console().print(table(None, ("region", "since", "until", "records"), rows))


@reconcile.command()
@click.argument("region")
@json_option
@env_file_option
@click.pass_context
def show(ctx: click.Context, *, region: str, as_json: bool, env_file: Path | None) -> None:
    """Show in what the records differed when they were last compared with REGION, and what is to be done.

    Exits with 1 when there is something that does not heal by itself.
    """
    found = run(_found(load_settings(env_file), region, 1))
    if not found:
        raise NotThere(f"nothing was compared with {region} yet; `transfer reconcile run {region}` asks")
    [line] = found
    if as_json:
        print_json(line.model_dump(mode="json"))
    else:
        click.echo(f"{region}, messages made from {local(line.since)} to {local(line.until)}: {_said(line)}")
        for one in line.differences:
            code, cure = one.difference, CURES[one.difference]
            click.echo(f"\n{one.direction} {one.message}, no. {one.sequence} of {one.conversation}")
            click.echo(f"  {code} {code.zh}: {code.en} (at: {cure.hop.zh}, {cure.hop})")
            click.echo(f"  {'heals by itself' if cure.heals else 'TO DO'}: {cure.en} ({cure.zh})")
    if not line.heals:
        ctx.exit(FAULT)


@reconcile.command()
@env_file_option
def holdings(*, env_file: Path | None) -> None:
    """Print who held each case when, as this region has it: one line of JSON for each tenure, without names."""
    run(_print_holdings(load_settings(env_file)))


@reconcile.command()
@click.argument("files", metavar="FILE FILE...", nargs=-1, required=True, type=FILE_THERE)
@json_option
@click.pass_context
def holders(ctx: click.Context, *, files: tuple[Path, ...], as_json: bool) -> None:
    """Check that every case had one holder at every moment, from what `reconcile holdings` printed in each region.

    Exits with 1 when one had not.
    """
    cases = by_case(chain.from_iterable(_read(file) for file in files))
    wrong = {case: list(faults(held)) for case, held in cases.items()}
    if as_json:
        print_json(
            {
                str(case): {
                    "holders": [one.as_json for one in held],
                    "faults": [
                        {"tenure": one.tenure, "fault": one.fault, "shown_by": [by.as_json for by in one.shown_by]}
                        for one in wrong[case]
                    ],
                }
                for case, held in cases.items()
            }
        )
    else:
        for case, held in cases.items():
            rows = [(str(h.tenure), h.institution, local(h.since), h.region, str(h.message or "")) for h in held]
            console().print(table(str(case), ("tenure", "held by", "since", "as known by", "told by"), rows))
            for one in wrong[case]:
                click.echo(f"WRONG at tenure {one.tenure}: {one.fault.value}: {one.fault.said}")
                for by in one.shown_by:
                    click.echo(f"  {by.region}: {by.tenure} {by.institution} since {local(by.since)}, {by.message}")
        click.echo(f"{len(cases)} cases, {sum(map(bool, wrong.values()))} without exactly one holder at every moment")
    if any(wrong.values()):
        ctx.exit(FAULT)


async def _ask(
    settings: Settings, region: str, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    async with opened(settings) as node:
        context = node.context()
        if region == settings.region or region not in context.directory.by_code:
            raise WrongUsage(f"{region} is no other region of the directory")
        end = min(until.replace(tzinfo=CHINA), context.now) if until else context.now - SETTLED
        begin = since.replace(tzinfo=CHINA) if since else end - node.reconciler.every
        if begin >= end:
            raise WrongUsage("--since lies before --until")
        await node.reconciler.ask(region, begin, end)
        return begin, end


async def _found(settings: Settings, region: str | None, limit: int) -> list[ReconciliationLine]:
    async with opened(settings) as node:
        return list(await node.views.reconciliations(region, limit=limit))


async def _print_holdings(settings: Settings) -> None:
    async with opened(settings) as node:
        async for page in node.views.holdings():
            for one in page:
                click.echo(one.text)


def _read(file: Path) -> Iterator[Holding]:
    with file.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Holding.parse(line)
            except HoldingMalformed as error:
                raise CommandFailed(f"{file}, line {number}: {error}") from error


def _said(line: ReconciliationLine) -> str:
    if line.alike is None:
        return f"asked {local(line.asked_at)}, not answered yet"
    return "alike" if line.alike else f"{line.found} messages differ"
