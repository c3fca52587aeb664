"""``transfer group``: persons from a sheet, and a case of many in figures."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from transfer.actions.roster import read_roster
from transfer.cli.exits import FAULT, WrongUsage
from transfer.cli.known import case_here
from transfer.cli.opening import env_file_option, json_option, load_settings, opened, run
from transfer.cli.output import console, print_json, table
from transfer.cli.paths import FILE, FILE_THERE
from transfer.cli.remote import Refused, api_here, here_options
from transfer.domain.clocks import legal_day
from transfer.domain.group import GroupReport, report
from transfer.settings import Settings
from transfer.sheets.files import SheetFiles
from transfer.web.route import Shows


@click.group()
def group() -> None:
    """Take in many applicants from a sheet (群体性案件), and see their case in figures."""


@group.command()
@click.option("--out", type=FILE, required=True, help="Write the file here.")
def template(*, out: Path) -> None:
    """Write the sheet to fill in, as .xlsx."""
    out.write_bytes(run(SheetFiles().template()))
    click.echo(f"{out} holds the headings, one example, and the codes on its second sheet")


@group.command()
@click.argument("sheet", type=FILE_THERE)
@click.option("--test-identities", is_flag=True, help="Take numbers of the never-assigned region 990000.")
@json_option
@click.pass_context
def preview(ctx: click.Context, *, sheet: Path, test_identities: bool, as_json: bool) -> None:
    """Show who would be taken in, and every bad row and cell with how to mend it.

    Nothing is kept, and no node is needed. Exits with 1 when a row is bad.
    """
    read = run(SheetFiles().read(sheet.read_bytes()))
    roster = read_roster(read, test_identities=test_identities)
    misfits = [one.model_dump(mode="json") for one in roster.misfits]
    if as_json:
        print_json({"rows": roster.rows, "persons": len(roster.persons), "misfits": misfits, "ignored": read.ignored})
    else:
        click.echo(f"{len(roster.persons)} of {roster.rows} rows would be taken in")
        if read.ignored:
            click.echo(
                f"nothing is taken from the columns {', '.join(read.ignored)}: the template has no such headings"
            )
        _print_misfits(misfits)
    if roster.misfits:
        ctx.exit(FAULT)


@group.command("open")
@click.argument("sheet", type=FILE_THERE)
@click.argument("application", type=FILE_THERE)
@click.option("--leave-out-bad-rows", is_flag=True, help="Take in the persons of the other rows.")
@here_options
@click.option("--key", help="Idempotency key, to repeat the command without harm.")
@env_file_option
def open_(  # noqa: PLR0913 - one argument per option
    *,
    sheet: Path,
    application: Path,
    leave_out_bad_rows: bool,
    node: str | None,
    token_file: Path | None,
    key: str | None,
    env_file: Path | None,
) -> None:
    """Take in an application of all persons in SHEET.

    APPLICATION is a JSON file with what POST /v1/groups asks besides the sheet: who acts, matter, facts, claim.
    """
    api = api_here(node, token_file, env_file)
    try:
        body = dict(json.loads(application.read_text(encoding="utf-8")))
    except ValueError as error:
        raise WrongUsage(f"{application} is no JSON object: {error}") from None
    body |= {"sheet": b64encode(sheet.read_bytes()).decode(), "leave_out_bad_rows": leave_out_bad_rows}
    try:
        case = api.post("/v1/groups", body, key=key).body
    except Refused as refused:
        _print_misfits([one for one in refused.problem.get("errors", ()) if "row" in one])
        raise
    click.echo(f"case {case['id']} with {len(case['applicants'])} applicants")


@group.command("report")
@click.argument("case", type=click.UUID)
@json_option
@env_file_option
def report_(*, case: UUID, as_json: bool, env_file: Path | None) -> None:
    """Show a case in figures: regions, categories, grounds, amounts; no names."""
    found = run(_report(load_settings(env_file), case))
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for name, value in found:
        said = ", ".join(f"{key} {count}" for key, count in value.items()) if isinstance(value, dict) else value
        console().print(f"{name:15}  {said}", markup=False)


async def _report(settings: Settings, case: UUID) -> GroupReport:
    async with opened(settings) as node:
        known, context = await case_here(node, case, Shows.NOTHING), node.context()
        return report(known.case, context.region, legal_day(context.now), context.rules)


def _print_misfits(misfits: Sequence[Mapping[str, Any]]) -> None:
    if misfits:
        rows = [(one["row"], one["cell"] or "", one["fault"], one["zh"], one["en"]) for one in misfits]
        console().print(table(None, ("row", "cell", "fault", "", "how to mend it"), rows))
