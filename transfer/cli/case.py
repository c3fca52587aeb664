"""``transfer case``: the cases that this node knows."""

import json
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import click

from transfer.actions.situation import competence_of
from transfer.cli.case_table import write_cases
from transfer.cli.known import case_here, noted
from transfer.cli.leaving import Leaving, bom_option, let_out, table_of, taken_by
from transfer.cli.opening import (
    env_file_option,
    json_option,
    load_settings,
    opened,
    order_option,
    run,
    urgency_option,
)
from transfer.cli.output import console, local, print_json, table
from transfer.cli.paths import FILE_TO_WRITE
from transfer.domain.competence import Competence
from transfer.domain.lifecycle import State
from transfer.domain.rights import UNBOUND
from transfer.messages.codes import Stage, Urgency
from transfer.records import CaseFilter, CaseLine, KnownCase, Order
from transfer.settings import Settings
from transfer.web.answers import to_json
from transfer.web.case_body import CaseInFull, case_in_full
from transfer.web.route import Shows


@click.group()
def case() -> None:
    """Look at the cases that this node knows."""


@case.command("list")
@click.option("--held/--followed", default=None, help="Only those that this region holds, or only the others.")
@click.option("--stage", type=click.Choice([s.value for s in Stage]), help="Only those at this stage.")
@click.option("--state", type=click.Choice([s.value for s in State]), help="Only those with a transfer in this state.")
@click.option("--find", metavar="TEXT", help="Beginning of a name, an identity number or a case number.")
@urgency_option
@order_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most so many.")
@click.option(
    "--out", type=FILE_TO_WRITE, help="Write them all to this file instead, .csv or .xlsx, by age; needs --by."
)
@click.option("--by", metavar="NAME", help="Who takes the file out.")
@bom_option
@json_option
@env_file_option
def list_(  # noqa: PLR0913 - one argument per option
    *,
    held: bool | None,
    stage: str | None,
    state: str | None,
    find: str | None,
    urgency: str | None,
    order: str,
    limit: int,
    out: Path | None,
    by: str | None,
    bom: bool,
    as_json: bool,
    env_file: Path | None,
) -> None:
    """List cases, the urgent first."""
    settings = load_settings(env_file)
    chosen = CaseFilter(
        sight=None,
        holder_region=settings.region if held is True else None,
        not_holder_region=settings.region if held is False else None,
        stages=frozenset({Stage(stage)}) if stage else frozenset(),
        transfer_state=State(state) if state else None,
        q=find,
        urgency=Urgency(urgency) if urgency else None,
    )
    if out is not None:
        click.echo(f"{run(_write(settings, chosen, out, taken_by(by), bom=bom))} bytes written to {out}")
        return
    found = run(_list(settings, chosen, Order(order), limit))
    if as_json:
        print_json([line.model_dump(mode="json") for line in found])
    elif not found:
        click.echo("no such case is known here")
    else:
        head = ("case", "urgency", "due", "applicants", "holder", "stage", "transfer", "received")
        console().print(table(None, head, [_row(line) for line in found]))


@case.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def show(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show one case: who applies, who holds it, its transfers and stages.

    `transfer trace` shows what happened to it.
    """
    known, answer = run(_show(load_settings(env_file), case))
    if as_json:
        print_json(json.loads(to_json(answer)))
    else:
        _print(known)


@case.command()
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def competence(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show which regions are competent for a case and why, and which places would still decide."""
    who = run(_competence(load_settings(env_file), case))
    if as_json:
        print_json(who.model_dump(mode="json"))
        return
    out = console()
    rows = [
        (one.region, one.reached_by or "", f"{ground.zh}  {ground.basis}")
        for one in who.competent
        for ground in one.grounds
    ]
    out.print(table("competent", ("region", "on the exchange", "why"), rows))
    out.print(table("not competent", ("region", "why"), [(one.region, one.why.zh) for one in who.others]))
    out.print(table("not known yet", ("place", "basis"), [(one.place.zh, one.basis) for one in who.unknown]))
    if who.accepts:
        out.print(f"accepts: {who.accepts}")


async def _write(settings: Settings, chosen: CaseFilter, out: Path, by: str, *, bom: bool) -> int:
    make = table_of(out, bom=bom)
    async with opened(settings) as node:

        async def write(file: Path) -> None:
            await write_cases(node, file, chosen, make)

        return await let_out(node, out, Leaving(what="cases", range="", by=by), write)


async def _list(settings: Settings, chosen: CaseFilter, order: Order, limit: int) -> Sequence[CaseLine]:
    async with opened(settings) as node:
        found = await node.views.cases(chosen, order=order, after=None, limit=limit)
        await noted(node, Shows.CASES, count=len(found))
        return found


async def _show(settings: Settings, case: UUID) -> tuple[KnownCase, CaseInFull]:
    """The case, and as the API shows it."""
    async with opened(settings) as node:
        known = await case_here(node, case, Shows.CASE)
        return known, case_in_full(known, node.context(), UNBOUND)


async def _competence(settings: Settings, case: UUID) -> Competence:
    async with opened(settings) as node:
        return competence_of((await case_here(node, case, Shows.COMPETENCE)).case, node.context())


def _row(line: CaseLine) -> tuple[str, ...]:
    more = line.applicant_count - len(line.applicants)
    names = "、".join(line.applicants) + (f" +{more}" if more > 0 else "")
    moving = f"{line.transfer.receiver} {line.transfer.state}" if line.transfer else ""
    return (
        str(line.id),
        line.urgency.zh,
        line.act_by.isoformat() if line.act_by else "",
        names,
        line.holder,
        f"{line.stage} {line.stage.zh}",
        moving,
        local(line.first_received_at),
    )


def _print(known: KnownCase) -> None:
    one, out = known.case, console()
    basics = one.basics
    numbers = "、".join(f"{n.number} ({n.institution})" for n in basics.numbers)
    lines = {
        "case": str(one.id),
        "numbers": numbers,
        "matter": f"{basics.matter} {basics.matter.zh}",
        "urgency": f"{basics.urgency} {basics.urgency.zh}",
        "received": f"{local(basics.first_received_at)} by {basics.first_received_by}",
        "holder": f"{one.holder.institution} since {local(one.holder.since)}",
        "stage": f"{one.stage.stage} {one.stage.stage.zh}",
        "followers": ", ".join(sorted(one.followers)),
        "duplicate of": str(one.duplicate_of or ""),
    }
    for name, value in lines.items():
        if value:
            out.print(f"{name:12}  {value}", markup=False)
    persons = [(a.name, a.identity.kind.zh, a.status.zh) for a in one.applicants]
    out.print(table("applicants", ("name", "document", "status"), persons))
    same = [(str(s.case), s.institution, local(s.first_received_at)) for s in one.same_matter]
    if same:
        out.print(table("possible duplicates", ("case", "holder", "received"), same))
    attempts = [(str(t.id), f"{t.sender} → {t.receiver}", t.state, local(t.changed_at)) for t in one.transfers]
    if attempts:
        out.print(table("transfers", ("id", "from → to", "state", "since"), attempts))
    stages = [(s.stage, s.stage.zh, s.occurred_on.isoformat(), s.institution) for s in known.stages]
    if stages:
        out.print(table("stages", ("stage", "", "on", "by"), stages))
    said = [
        (e.occurred_on.isoformat(), e.what, e.hand, e.part.kind if e.part else "", e.remedy.zh if e.remedy else "")
        for e in one.handling.entries
    ]
    if said:
        out.print(table("entered here", ("on", "stage or event", "by", "said", "remedy"), said))
    away = [(r.person, r.reason.zh, r.since.isoformat(), str(r.lifted_on or "")) for r in one.handling.recusals]
    if away:
        out.print(table("recusals", ("person", "reason", "since", "lifted"), away))
