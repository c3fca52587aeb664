"""``transfer rules``: the rules of the law and the work calendar, changed without a release."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
from pydantic_core import to_jsonable_python

from transfer.cli.exits import CommandFailed, NotThere, WrongUsage
from transfer.cli.known import case_here
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE_THERE
from transfer.cli.rules_said import change_line, place, rule_line, year_line
from transfer.domain.clocks import counted, legal_day
from transfer.law.book import RuleBook, built_in
from transfer.law.changes import changes, year_changes
from transfer.law.kept import KeptRules, NoSuchVersion, Origin, loaded, named, with_another
from transfer.law.overlay import laid_over
from transfer.law.rules import RuleSet, WorkYear
from transfer.messages.envelope import digest_of
from transfer.node import Node
from transfer.ports.work import StorageRefused
from transfer.settings import Settings
from transfer.telemetry.clock import now
from transfer.web.route import Shows

_PAGE: Final = 200
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedThen:
    """A clock of a case that has no last day yet, as it would be counted."""

    case: UUID
    rule: str
    due_strict: date | None
    due_rolled: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What loading a file would do to the rules and to the clocks of this node."""

    kept: int
    before: RuleBook
    after: RuleBook
    clocks: tuple[CountedThen, ...]


@click.group()
def rules() -> None:
    """Look at the rules of the law by which this node counts (规则), and lay others over those of the release.

    What is loaded is kept for ever, and holds in every process of the node without a restart.
    """


@rules.command("list")
@json_option
@env_file_option
def list_(*, as_json: bool, env_file: Path | None) -> None:
    """List the rule sets that were ever in force here, in the order in which they came."""
    found, _ = run(_book(load_settings(env_file)))
    if as_json:
        print_json([_entry(one) for one in found])
        return
    rows = [(one.version, one.origin.value, one.by, local(one.at), one.digest) for one in found]
    console().print(table(None, ("version", "from", "by", "at", "digest"), rows))


@rules.command()
@click.argument("version", required=False)
@click.option("--file", "as_file", is_flag=True, help="The file that was loaded last among them, byte for byte.")
@json_option
@env_file_option
def show(*, version: str | None, as_file: bool, as_json: bool, env_file: Path | None) -> None:
    """Show the rules in force, or those of a VERSION that a clock names, for instance 2026-11-22+2026-12-01."""
    kept, book = run(_book(load_settings(env_file)))
    try:
        found, newest = named(kept, version or book.version)
    except NoSuchVersion as error:
        raise NotThere(
            f"no rules of version {error} were ever in force here; `transfer rules list` names the sets, and the "
            "clock of another region carries its version"
        ) from error
    if as_file:
        click.echo(newest.content, nl=False)
    elif as_json:
        print_json(found.model_dump(mode="json", exclude_defaults=True))
    else:
        _show(found)


@rules.command()
@click.argument("file", type=FILE_THERE)
@json_option
@env_file_option
def check(*, file: Path, as_json: bool, env_file: Path | None) -> None:
    """Say what FILE would change, and which clocks could be counted then. Changes nothing."""
    plan = run(_planned(load_settings(env_file), file.read_bytes()))
    _tell(plan, as_json=as_json)


@rules.command()
@click.argument("file", type=FILE_THERE)
@click.option("--by", required=True, metavar="NAME", help="Who answers for it; kept beside it.")
@json_option
@env_file_option
def load(*, file: Path, by: str, as_json: bool, env_file: Path | None) -> None:
    """Lay FILE over the rules in force, and say what it changes."""
    if not by.strip():
        raise WrongUsage("--by names who answers for the rules")
    plan = run(_planned(load_settings(env_file), file.read_bytes(), by=by.strip()))
    _tell(plan, as_json=as_json)
    click.echo(f"loaded: {plan.after.version} is in force, in processes that run within seconds", err=as_json)


@rules.command()
@json_option
@env_file_option
def years(*, as_json: bool, env_file: Path | None) -> None:
    """Show of which years it is known which days are worked, and where that is from."""
    kept, book = run(_book(load_settings(env_file)))
    today, told = legal_day(now()), {year.year for year in book.rules.years if not year.regions}
    known = [*book.rules.years, *(_of_release(year, book) for year in book.years() if year not in told)]
    shown = sorted((year for year in known if year.year >= today.year - 1), key=lambda year: (year.year, year.regions))
    sets = {year.key: one.version for one in [built_in(), *loaded(kept)] for year in one.years}
    missing = book.missing_years(today)
    if as_json:
        found = [one.model_dump(mode="json") | {"set": sets.get(one.key)} for one in shown]
        print_json({"years": found, "known_until": book.known_until(today), "missing": missing})
        return
    rows = [
        (str(y.year), place(y.regions), sets.get(y.key, "release"), y.notice, str(len(y.off)), str(len(y.worked)))
        for y in shown
    ]
    console().print(table(None, ("year", "where", "from", "notice", "weekdays off", "weekends worked"), rows))
    for number in missing:
        click.echo(f"warning: which days of {number} are worked is not known; load it as soon as it is announced")


def _of_release(number: int, book: RuleBook) -> WorkYear:
    """A year that no set names, as the calendar of the release has it."""
    plain = WorkYear(year=number, off=(), worked=(), notice="chinesecalendar")
    turned = {day: worked for day, worked in book.days(number).items() if worked != plain.is_worked(day)}
    off, worked = (tuple(day for day, worked in turned.items() if worked is one) for one in (False, True))
    return plain.model_copy(update={"off": off, "worked": worked})


def _tell(plan: Plan, *, as_json: bool) -> None:
    rules_, years_ = list(changes(plan.before, plan.after)), list(year_changes(plan.before, plan.after))
    if as_json:
        told = {"changes": rules_, "years": years_, "clocks": plan.clocks}
        versions = {"before": plan.before.version, "version": plan.after.version}
        print_json(versions | to_jsonable_python(told, serialize_as_any=True))
        return
    click.echo(f"{plan.after.version}, in place of {plan.before.version}")
    for line in (*map(change_line, rules_), *map(year_line, years_)):
        click.echo(f"  {line}")
    if not rules_ and not years_:
        click.echo("  changes nothing")
    click.echo(f"{len(plan.clocks)} running clocks that have no last day would be counted")
    for one in plan.clocks[:_SHOWN]:
        click.echo(f"  {one.case} {one.rule}: {one.due_strict}, rolled to {one.due_rolled or 'a day not known yet'}")
    if len(plan.clocks) > _SHOWN:
        click.echo(f"  and {len(plan.clocks) - _SHOWN} more; --json names all")


def _show(found: RuleSet) -> None:
    click.echo(f"version {found.version}")
    for name, held in found.lists.items():
        click.echo(f"{name}:")
        for rule in held:
            click.echo(f"  {rule_line(rule)}")


def _entry(kept: KeptRules) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in ("origin", "version", "digest", "by", "at")}


async def _book(settings: Settings) -> tuple[list[KeptRules], RuleBook]:
    async with opened(settings) as node:
        return list(await node.rules.sets.all()), node.rules.book


async def _planned(settings: Settings, content: bytes, *, by: str | None = None) -> Plan:
    """Loads it when somebody answers for it."""
    async with opened(settings) as node:
        plan = await _plan(node, content)
        if by is not None:
            version = plan.after.version.rpartition("+")[2]
            fresh = KeptRules(
                origin=Origin.LOADED, version=version, digest=digest_of(content), content=content, by=by, at=now()
            )
            try:
                await node.rules.sets.keep(fresh, after=plan.kept)
            except StorageRefused as error:
                raise CommandFailed(
                    "another set came meanwhile; `transfer rules check` says what changes now"
                ) from error
        return plan


async def _plan(node: Node, content: bytes) -> Plan:
    kept, known_years = await node.rules.sets.all(), node.rules.known_years
    before = RuleBook(rules=laid_over(built_in(), loaded(kept)), known_years=known_years)
    after = RuleBook(rules=with_another(kept, content, built_in()), known_years=known_years)
    return Plan(kept=len(kept), before=before, after=after, clocks=await _would_count(node, after))


async def _would_count(node: Node, after: RuleBook) -> tuple[CountedThen, ...]:
    found: list[CountedThen] = []
    last: UUID | None = None
    while page := await node.views.to_count(node.settings.region, after.years(), after=last, limit=_PAGE):
        for last in page:
            before = (await case_here(node, last, Shows.NOTHING)).case
            clocks = zip(before.basics.clocks, counted(before, after).basics.clocks, strict=True)
            found += [
                CountedThen(case=last, rule=then.rule, due_strict=then.due_strict, due_rolled=then.due_rolled)
                for was, then in clocks
                if then != was
            ]
    return tuple(found)
