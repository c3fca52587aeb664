"""``transfer clock``: the terms of the law, counted for a case or for any day."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
from rich.table import Table

from transfer.cli.exits import NotThere, WrongUsage
from transfer.cli.known import case_here
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, print_json, table
from transfer.domain.clocks import begun, legal_day
from transfer.law.book import NoSuchRule, RuleBook
from transfer.law.rules import Term
from transfer.messages.case import Clock, Pause
from transfer.messages.codes_clocks import PauseReason, TimeUnit
from transfer.node import rule_book
from transfer.settings import Settings
from transfer.telemetry.clock import now
from transfer.web.clocks import CountedDay, ExplainedClock, explained
from transfer.web.route import Shows

_DAY = click.DateTime(["%Y-%m-%d"])
_NOWHERE = UUID(int=0)
_WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
COUNTRY = "100000"
"""The code of the whole country (GB/T 2260)."""
here_option = click.option("--here", is_flag=True, help="By the rules in force on this node, not the release's.")


@click.group()
def clock() -> None:
    """Count the terms of the law (期限), for a case or for any day."""


@clock.command("list")
@click.option("--region", default=COUNTRY, help="Rules as they hold in this region, by its code.")
@here_option
@json_option
@env_file_option
def list_(*, region: str, here: bool, as_json: bool, env_file: Path | None) -> None:
    """List the terms that hold today."""
    terms = rules_asked(env_file, here=here).terms(region, legal_day(now()))
    if as_json:
        print_json([term.model_dump(mode="json", exclude_defaults=True) for term in terms])
        return
    rows = [(t.code, t.zh, _long(t), t.begins.zh, t.source.printed) for t in terms]
    console().print(table(None, ("rule", "what", "how long", "from", "source"), rows))


@clock.command()
@click.argument("rule")
@click.option("--from", "started", type=_DAY, required=True, help="Day of the event; it is not counted.")
@click.option("--region", default=COUNTRY, help="The rule as it holds in this region, by its code.")
@click.option("--supplement", type=(_DAY, _DAY), multiple=True, help="Papers were asked for and came on these days.")
@click.option("--remote-check", type=(_DAY, _DAY), multiple=True, help="Another region was asked, and answered.")
@here_option
@json_option
@env_file_option
def count(  # noqa: PLR0913 - one argument per option
    *,
    rule: str,
    started: datetime,
    region: str,
    supplement: Sequence[tuple[datetime, datetime]],
    remote_check: Sequence[tuple[datetime, datetime]],
    here: bool,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """Count a term from a day on, and show the sum day by day."""
    book, day = rules_asked(env_file, here=here), started.date()
    try:
        term = book.term(rule.upper(), region, day)
    except NoSuchRule as error:
        raise NotThere(f"no rule {error}; `transfer clock list` shows those that hold") from error
    if term.unit is TimeUnit.HOUR:
        raise WrongUsage(f"{term.code} runs {term.length} hours from the moment of its event, without a break")
    if term.length is None:
        raise WrongUsage(f"the last day of {term.code} is set when it begins; there is nothing to count")
    pauses = tuple(
        Pause(why=why, of=_NOWHERE, asked_on=asked.date(), until=answered.date(), answered=True)
        for why, spans in ((PauseReason.SUPPLEMENT, supplement), (PauseReason.REMOTE_CHECK, remote_check))
        for asked, answered in spans
    )
    _show([begun(term, day, book, region, pauses=pauses)], book, as_json=as_json)


@clock.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def explain(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show the clocks of a case, each with its sum day by day."""
    clocks, book = run(_clocks(load_settings(env_file), case))
    if not clocks and not as_json:
        raise NotThere(f"no clock runs or ran on case {case}")
    _show(clocks, book, as_json=as_json)


def rules_asked(env_file: Path | None, *, here: bool) -> RuleBook:
    return run(_in_force(load_settings(env_file))) if here else rule_book()


async def _in_force(settings: Settings) -> RuleBook:
    async with opened(settings) as node:
        return node.rules.book


async def _clocks(settings: Settings, case: UUID) -> tuple[Sequence[Clock], RuleBook]:
    async with opened(settings) as node:
        return (await case_here(node, case, Shows.CLOCKS)).case.basics.clocks, node.rules.book


def _show(clocks: Sequence[Clock], book: RuleBook, *, as_json: bool) -> None:
    today = legal_day(now())
    found = [explained(one, today, book) for one in clocks]
    if as_json:
        print_json([one.model_dump(mode="json", exclude_none=True) for one in found])
        return
    out = console()
    for one in found:
        for part in _parts(one):
            out.print(part)


def _parts(one: ExplainedClock) -> Iterator[str | Table]:
    clock = one.clock
    yield f"{clock.rule} {clock.zh}  {_long(clock)}  {clock.basis}"
    yield f"from {clock.started_on} in {clock.region}: {_due(clock)}, {one.state.value}{_met(clock)}"
    rows = [(d.day.isoformat(), _WEEK[d.day.weekday()], d.what.value, str(d.number or ""), _why(d)) for d in one.days]
    yield table(None, ("day", "", "", "no.", "why"), rows)
    if one.warning:
        yield f"note: {one.warning}"


def _long(term: Term | Clock) -> str:
    return "as set" if term.length is None else f"{term.length} {term.unit.zh}"


def _due(clock: Clock) -> str:
    if clock.due_strict is None:
        return "its last day is not known yet"
    rolled = f", rolled to {clock.due_rolled}" if clock.due_rolled not in {None, clock.due_strict} else ""
    return f"due on {clock.due_strict}{rolled}"


def _met(clock: Clock) -> str:
    return f" on {clock.met_on}" if clock.met_on else ""


def _why(day: CountedDay) -> str:
    return ", ".join(why.zh for why in day.why)
