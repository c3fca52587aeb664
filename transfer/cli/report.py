"""``transfer report``: how regions work together, in figures."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Final

import click

from transfer.cli.exits import WrongUsage
from transfer.cli.leaving import Leaving, bom_option, let_out, table_of, taken_by
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, print_json, table
from transfer.cli.paths import FILE_TO_WRITE
from transfer.domain.clocks import legal_day
from transfer.domain.report_columns import OFFER_COLUMNS, REQUEST_COLUMNS, shown
from transfer.domain.reporting import PairReport, pair_report
from transfer.node import Node
from transfer.paper.chart import chart, pair_name
from transfer.sheets.pairs import Make, write_pairs
from transfer.telemetry.clock import now

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_COLUMNS: Final = (*OFFER_COLUMNS, *REQUEST_COLUMNS)


@click.group()
def report() -> None:
    """See how regions work together, in figures."""


@report.command()
@click.option("--from", "since", type=_DAY, required=True, help="First day of the period, by day of sending.")
@click.option("--to", "until", type=_DAY, help="Last day; today when absent.")
@click.option("--peer", metavar="REGION", help="Only with this region.")
@click.option("--out", type=FILE_TO_WRITE, help="Write a file instead: .json, .csv, .xlsx, .svg or .pdf by its ending.")
@click.option("--by", metavar="NAME", help="Who takes the file out; due with --out.")
@bom_option
@json_option
@env_file_option
def pairs(  # noqa: PLR0913 - one argument per option
    *,
    since: datetime,
    until: datetime | None,
    peer: str | None,
    out: Path | None,
    by: str | None,
    bom: bool,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """Show for each pair of regions what was sent, accepted, answered in time, recovered and sent back.

    The figures are those of this region's own records.
    """
    last = until.date() if until else legal_day(now())
    if last < since.date():
        raise WrongUsage("the period ends before it begins")
    file = (out, taken_by(by), _writer(out, bom=bom)) if out is not None else None

    async def work() -> tuple[PairReport, Mapping[str, str]]:
        async with opened(load_settings(env_file)) as node:
            found = await _found(node, since.date(), last, peer)
            if file is not None:
                target, who, write = file
                leaving = Leaving(what="pairs", range=f"{found.since}/{found.until}", by=who)
                await let_out(node, target, leaving, partial(write, node, found))
            return found, _names(node)

    found, names = run(work())
    if out is not None:
        click.echo(f"written to {out}")
    elif as_json:
        print_json(found.model_dump(mode="json"))
    else:
        heads = [pair_name(pair, names) for pair in found.pairs]
        rows = [(f"{one.zh} {one.en}", *(shown(one, pair) for pair in found.pairs)) for one in _COLUMNS]
        console().print(table(f"{found.since} – {found.until}", ("", *heads), rows))


async def _found(node: Node, since: date, until: date, peer: str | None) -> PairReport:
    offers = await node.views.offered(since, until, peer)
    requests = await node.views.asked(since, until, peer)
    return pair_report(offers, requests, since=since, until=until, as_of=legal_day(now()))


def _names(node: Node) -> Mapping[str, str]:
    return {code: known.name_zh for code, known in node.book.latest.known.items()}


_Write = Callable[[Node, PairReport, Path], Awaitable[None]]


def _writer(out: Path, *, bom: bool) -> _Write:
    """What the ending asks for; raises WrongUsage."""
    writers: Mapping[str, _Write] = {".json": _json, ".svg": _svg, ".pdf": _pdf}
    return writers.get(out.suffix.lower()) or partial(_table, make=table_of(out, bom=bom))


async def _json(_: Node, found: PairReport, file: Path) -> None:
    await _put(file, f"{found.model_dump_json(indent=2)}\n".encode())


async def _svg(node: Node, found: PairReport, file: Path) -> None:
    await _put(file, chart(found, _names(node)).encode())


async def _pdf(node: Node, found: PairReport, file: Path) -> None:
    await _put(file, await node.web.printer.pairs(found, node.book.latest, region=node.settings.region))


async def _put(file: Path, content: bytes) -> None:
    await asyncio.to_thread(file.write_bytes, content)


async def _table(_: Node, found: PairReport, file: Path, *, make: Make) -> None:
    write_pairs(found, file, make)
