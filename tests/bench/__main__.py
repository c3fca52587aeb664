"""Measures the contenders side by side: python -m tests.bench, with the servers named by the environment."""

import asyncio
import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from deploy.local.errors import NotInstalled
from tests.bench.contenders import CONTENDERS, Contender
from tests.bench.endurance import backlog, cost_with_stock, idle
from tests.bench.figures import Figures, Rounds, medians, ratio_lines, ratios, table
from tests.bench.files import FILES, play_files
from tests.bench.ground import NoServers, Servers
from tests.bench.groups import GROUP, play_groups
from tests.bench.ledger import ENTRIES, LEDGER, play_ledger
from tests.bench.machine import described
from tests.bench.product import PKI
from tests.bench.rounds import Plan, play
from tests.bench.trace import TRACE, play_traces
from tests.bench.worklist import WORKLIST, play_worklists

ALONE: Final = (FILES, GROUP, LEDGER, TRACE, WORKLIST)
QUICK: Final = Plan(count=1_000, warm_up=200, rate_seconds=5.0, settle=1.0)


@click.command()
@click.option("--rounds", default=3, show_default=True, help="Times that each contender is measured.")
@click.option("--count", type=int, help="Messages of the throughput measure. [default: 5000]")
@click.option(
    "--only", help="Names of contenders, files, group, ledger, trace or worklist, parted by commas. [default: all]"
)
@click.option("--quick", is_flag=True, help="One round of few messages: to see that it works.")
@click.option("--short", is_flag=True, help="Leave out the full store, the backlog and the idle node.")
@click.option("--json", "output", type=click.Path(path_type=Path), default="bench.json", show_default=True)
def main(  # noqa: PLR0913 - one per option
    *, rounds: int, count: int | None, only: str | None, quick: bool, short: bool, output: Path
) -> None:
    """Throughput, latency, CPU and memory of the contenders, taking turns, over the servers that AMQP_URL, AMQPS_URL,
    RABBITMQ_MANAGEMENT_URL and POSTGRES_URL name; BENCH_PKI names the folder of the authority that the broker trusts.
    Vhosts and databases are made for it and removed. First it measures a file, fetched
    from one node by another and by curl, a group of 500 persons, a ledger of 1,000,000 entries, the history
    of a case in it, and the worklist page among 100,000 cases."""
    console = Console()
    rounds = 1 if quick else rounds
    plan = QUICK if quick else Plan()
    if count is not None:
        plan = replace(plan, count=count, warm_up=max(1, count // 10))
    chosen = _chosen(only)
    contenders = [CONTENDERS[name] for name in chosen if name not in ALONE]
    played: dict[str, list[Figures]] = {}
    try:
        servers = Servers.named_by(os.environ)
        if FILES in chosen:
            played |= asyncio.run(play_files(Path(os.environ[PKI]), rounds, partial(console.print, highlight=False)))
            _show(played, console)
        if LEDGER in chosen:
            said = partial(console.print, highlight=False)
            ledgers = asyncio.run(play_ledger(servers, rounds, said, count=20_000 if quick else ENTRIES))
            _show(ledgers, console)
            played |= ledgers
        if GROUP in chosen:
            groups = asyncio.run(play_groups(rounds, partial(console.print, highlight=False)))
            _show(groups, console)
            played |= groups
        if TRACE in chosen:
            traces = asyncio.run(play_traces(rounds, partial(console.print, highlight=False)))
            _show(traces, console)
            played |= traces
        if WORKLIST in chosen:
            lists = asyncio.run(play_worklists(servers, rounds, partial(console.print, highlight=False)))
            _show(lists, console)
            played |= lists
    except (NoServers, NotInstalled) as error:
        raise click.UsageError(str(error)) from error
    if contenders:
        messages = asyncio.run(_play_all(servers, contenders, plan, rounds, console))
        _show(messages, console)
        played |= messages
    long_use = {} if quick or short else asyncio.run(_long_use(servers, contenders, console))
    content = {
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "command": shlex.join(["python", "-m", "tests.bench", *sys.argv[1:]]),
        "plan": asdict(plan) | {"rounds": rounds},
        **asyncio.run(described(servers)),
        "contenders": {name: {"median": medians(figures), "rounds": figures} for name, figures in played.items()},
        "ratios": ratios(played),
        "long_use": long_use,
    }
    output.write_text(json.dumps(content, indent=2) + "\n")


def _show(played: Rounds, console: Console) -> None:
    console.print(table(played))
    for line in ratio_lines(played):
        console.print(line, highlight=False)


async def _long_use(servers: Servers, contenders: Sequence[Contender], console: Console) -> dict[str, dict[str, float]]:
    """A full store, a backlog and idling, for the contenders that can be stocked."""
    measured: dict[str, dict[str, float]] = {}
    for contender in contenders:
        if contender.stock is None:
            continue
        figures: dict[str, float] = {}
        for measure in (idle, backlog, cost_with_stock):
            found = await measure(servers, contender)
            figures |= found
            console.print(f"{contender.name}, {measure.__name__}: {_in_words(found)}", highlight=False)
        measured[contender.name] = figures
    return measured


def _in_words(figures: dict[str, float]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value:,.3g}" for name, value in figures.items())


def _chosen(only: str | None) -> Sequence[str]:
    known = [*ALONE, *CONTENDERS]
    names = only.split(",") if only else known
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"{', '.join(unknown)}; there are {', '.join(known)}", param_hint="--only")
    return names


async def _play_all(
    servers: Servers, contenders: Sequence[Contender], plan: Plan, rounds: int, console: Console
) -> dict[str, list[Figures]]:
    """The contenders take turns, so that a slow minute of the machine falls on all of them."""
    played: dict[str, list[Figures]] = {contender.name: [] for contender in contenders}
    for number in range(1, rounds + 1):
        for contender in contenders:
            figures = await play(servers, contender, plan)
            played[contender.name].append(figures)
            speed = figures["throughput_per_second"]
            console.print(f"round {number}: {contender.name} {speed:.0f} messages/s", highlight=False)
            await asyncio.sleep(plan.settle)
    return played


if __name__ == "__main__":
    main()
