"""``transfer audit ocel``, ``log`` and ``history``: the ledger for other tools, and a case as a paper.

What they give was held against the tree on its way out; where that fails, there is no file.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from uuid import UUID

import click

from transfer.actions.proven import LedgerAltered, of_case, whole
from transfer.cli.exits import WrongUsage
from transfer.cli.known import case_here
from transfer.cli.leaving import Leaving, bom_option, let_out, table_of, who_options
from transfer.cli.ocel_file import OcelFile
from transfer.cli.opening import env_file_option, load_settings, opened, run
from transfer.cli.paths import FILE_TO_WRITE
from transfer.domain.clocks import legal_day
from transfer.ledger.entry import Entry
from transfer.ledger.rows import HEAD, row_of
from transfer.node import Node
from transfer.storage.engine import reading
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.web.route import Shows

_DAY: Final = click.DateTime(["%Y-%m-%d"])
_Run = TypeVar("_Run", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """Which entries: those of a case, of some days in China, or all."""

    case: UUID | None
    since: date | None
    until: date | None

    @classmethod
    def of(cls, case: UUID | None, since: datetime | None, until: datetime | None) -> Self:
        """Raises WrongUsage."""
        if case is not None and (since or until):
            raise WrongUsage("give --case, or --from and --to")
        return cls(case=case, since=since.date() if since else None, until=until.date() if until else None)

    def leaving(self, what: str, by: str, reason: str | None) -> Leaving:
        """What leaves, as the ledger tells of it."""
        said = str(self.case) if self.case else f"{self.since or ''}/{self.until or ''}"
        return Leaving(what=what, range=said, by=by, reason=reason, case=self.case)

    async def entries(self, node: Node) -> AsyncIterator[tuple[int, Entry]]:
        """Raises LedgerAltered, for days only when the ledger was read to its end."""
        ledger, signed = SqlLedgerReading(store=node.store), await _signed(node)
        if self.case is not None:
            for one in (await of_case(ledger, self.case, region=node.settings.region, signed=signed)).entries:
                yield one.place or 0, one.entry
            return
        async for place, entry in whole(ledger, signed):
            day = legal_day(entry.at)
            if (self.since is None or self.since <= day) and (self.until is None or day <= self.until):
                yield place, entry


def _chosen_options(command: _Run) -> _Run:
    for option in (
        click.option("--to", "until", type=_DAY, help="Last day."),
        click.option("--from", "since", type=_DAY, help="First day."),
        click.option("--case", type=click.UUID, help="Only the entries of this case."),
        click.option("--out", type=FILE_TO_WRITE, required=True, help="The file to write."),
    ):
        command = option(command)
    return command


@click.command()
@_chosen_options
@who_options
@env_file_option
def ocel(  # noqa: PLR0913 - one argument per option
    *,
    out: Path,
    case: UUID | None,
    since: datetime | None,
    until: datetime | None,
    by: str,
    reason: str | None,
    env_file: Path | None,
) -> None:
    """Write the ledger as an object-centric event log (OCEL 2.0, JSON), for process mining.

    It holds codes, ids and times; no names and no texts. What it is made of is verified on the way.
    """
    some = _Chosen.of(case, since, until)

    async def write(node: Node, file: Path) -> None:
        with file.open("w", encoding="utf-8") as target, OcelFile(target) as events:
            async for place, entry in some.entries(node):
                events.add(place, entry)

    _let_out(env_file, out, some.leaving("ocel", by, reason), write)


@click.command()
@_chosen_options
@bom_option
@who_options
@env_file_option
def log(  # noqa: PLR0913 - one argument per option
    *,
    out: Path,
    case: UUID | None,
    since: datetime | None,
    until: datetime | None,
    bom: bool,
    by: str,
    reason: str | None,
    env_file: Path | None,
) -> None:
    """Write the ledger as a table, .csv or .xlsx by the ending of the file.

    It holds codes, ids and times; no names and no texts. What it is made of is verified on the way.
    """
    some, make = _Chosen.of(case, since, until), table_of(out, bom=bom)

    async def write(node: Node, file: Path) -> None:
        with make(file, HEAD) as table:
            async for place, entry in some.entries(node):
                table.add(row_of(place, entry))

    _let_out(env_file, out, some.leaving("log", by, reason), write)


@click.command()
@click.argument("case", type=click.UUID)
@click.option("--out", type=FILE_TO_WRITE, required=True, help="The PDF file to write.")
@click.option("--unmask", is_flag=True, help="With the names of who acted; needs --reason.")
@who_options
@env_file_option
def history(  # noqa: PLR0913 - one argument per option
    *, case: UUID, out: Path, unmask: bool, by: str, reason: str | None, env_file: Path | None
) -> None:
    """Print the history of a CASE: holders, steps, messages, readings, clocks, with the root of the ledger."""
    if unmask and reason is None:
        raise WrongUsage("--unmask needs --reason")

    async def write(node: Node, file: Path) -> None:
        known = (await case_here(node, case, Shows.NOTHING)).case
        ledger, region = SqlLedgerReading(store=node.store), node.settings.region
        found = await of_case(ledger, case, region=region, signed=await _signed(node), named=unmask)
        printed = await node.web.printer.history(found, known.basics.clocks, node.book.latest)
        await asyncio.to_thread(file.write_bytes, printed)

    _let_out(env_file, out, Leaving(what="history", range=str(case), by=by, reason=reason, case=case), write)


async def _signed(node: Node) -> Mapping[int, bytes]:
    """The roots that this node signed, by their size; raises LedgerAltered when a note that is kept is not sound."""
    heads = SignedHeads(region=node.settings.region, regions=node.book.latest.known)
    async with reading(node.store.engine) as connection:
        faults = [fault async for fault in heads.faults(connection)]
    if faults:
        raise LedgerAltered(place=faults[0].where, said=faults[0].said)
    return heads.roots


def _let_out(
    env_file: Path | None, out: Path, leaving: Leaving, write: Callable[[Node, Path], Awaitable[None]]
) -> None:
    async def work() -> int:
        async with opened(load_settings(env_file)) as node:
            return await let_out(node, out, leaving, partial(write, node))

    click.echo(f"{run(work())} bytes written to {out}")
