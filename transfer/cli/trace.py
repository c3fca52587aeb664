"""``transfer trace``: the whole history of a case, as this node knows it or beside another region's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from rich.console import Console

from transfer.cli.exits import FAULT
from transfer.cli.facts import Comparison, compare
from transfer.cli.known import Trace, trace_here, trace_there
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.cli.remote import api_of, token_option
from transfer.messages.codes import Stage
from transfer.records import Direction, MessageLine
from transfer.settings import Settings


@click.command(short_help="Show the whole history of a case, or compare two regions.")
@click.argument("case", type=click.UUID)
@click.option("--with", "other", metavar="URL", help="Compare with what the node at this address knows.")
@token_option
@json_option
@env_file_option
@click.pass_context
def trace(  # noqa: PLR0913 - one argument per option
    ctx: click.Context,
    *,
    case: UUID,
    other: str | None,
    token_file: Path | None,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """Show who held a case when, its steps, its messages with their receipts, and its stages.

    With --with exits with 1 when the two regions do not agree. The token is then of the other node, with the scope
    read-cases.
    """
    here = run(_here(load_settings(env_file), case))
    if other is None:
        if as_json:
            print_json(as_data(here))
        else:
            print_trace(console(), here)
        return
    there = trace_there(api_of(other, token_file), case)
    compared = list(compare(here.facts, there.facts))
    agree = all(one.agree is not False for one in compared)
    if as_json:
        print_json({"agree": agree, "here": as_data(here), "there": as_data(there)})
    else:
        print_beside(console(), here, there, compared)
    if not agree:
        ctx.exit(FAULT)


async def _here(settings: Settings, case: UUID) -> Trace:
    async with opened(settings) as node:
        return await trace_here(node, case)


def as_data(one: Trace) -> dict[str, Any]:
    """A trace as JSON can say it, its keys the same for ever."""
    facts = one.facts
    return {
        "region": one.region,
        "holder": facts.holder,
        "stage": facts.stage,
        "tenures": [
            {"number": number, "institution": t.institution, "since": t.since.isoformat()}
            for number, t in facts.tenures.items()
        ],
        "transfers": [
            {"id": str(id_), "sender": t.sender, "receiver": t.receiver, "state": t.state}
            for id_, t in facts.transfers.items()
        ],
        "requests": [
            {"id": str(id_), "requester": r.sender, "requested": r.receiver, "state": r.state}
            for id_, r in facts.requests.items()
        ],
        "stages": [
            {"tenure": tenure, "number": number, "stage": s.stage, "occurred_on": s.occurred_on.isoformat()}
            for (tenure, number), s in facts.stages.items()
        ],
        "history": [line.model_dump(mode="json") for line in one.history],
        "messages": [line.model_dump(mode="json") for line in one.messages],
    }


def print_trace(out: Console, one: Trace) -> None:
    """One region's knowledge."""
    facts = one.facts
    out.print(f"[bold]the case as {one.region} knows it[/bold]: held by {facts.holder}, stage {_stage(facts.stage)}\n")
    tenures = [(str(number), t.institution, local(t.since)) for number, t in facts.tenures.items()]
    out.print(table("held by", ("tenure", "institution", "since"), tenures))
    out.print(table("what happened", ("at", "what", "by", "for"), _history(one)))
    out.print(table("messages", ("at", "from → to", "no.", "message", "state", "tries"), _messages(one)))
    stages = [
        (f"{tenure}.{number}", _stage(s.stage), s.occurred_on.isoformat())
        for (tenure, number), s in facts.stages.items()
    ]
    if stages:
        out.print(table("stages", ("no.", "stage", "on"), stages))


def print_beside(out: Console, here: Trace, there: Trace, compared: Sequence[Comparison]) -> None:
    """Two regions' knowledge side by side, and whether it agrees."""
    marks = {True: "=", False: "DIFFERS", None: "one side only"}
    rows = [(one.fact, one.here, one.there, marks[one.agree]) for one in compared]
    out.print(table(None, ("", here.region, there.region, ""), rows))
    differing = [one.fact for one in compared if one.agree is False]
    if not differing:
        out.print(f"{here.region} and {there.region} agree")
        return
    out.print(f"{here.region} and {there.region} differ in: {', '.join(differing)}")
    for one in (here, there):
        if open_ones := [line for line in one.messages if line.direction is Direction.OUT and line.settled_at is None]:
            out.print(f"{one.region} has {len(open_ones)} messages without final receipt; they may still be on the way")


def _history(one: Trace) -> list[tuple[str, str, str, str]]:
    return [(local(line.at), line.event, line.by, line.institution or "") for line in one.history]


def _messages(one: Trace) -> list[tuple[str, ...]]:
    return [
        (
            local(line.at),
            _way(one.region, line),
            f"#{line.sequence}",
            ".".join(line.type.split(".")[1:3]),
            line.state.value if line.refusal is None else f"{line.state.value}: {line.refusal.code}",
            "" if line.attempts is None else str(line.attempts),
        )
        for line in one.messages
    ]


def _way(region: str, line: MessageLine) -> str:
    return f"{region} → {line.peer}" if line.direction is Direction.OUT else f"{line.peer} → {region}"


def _stage(stage: str) -> str:
    return f"{stage} {Stage(stage).zh}"
