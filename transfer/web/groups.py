"""Groups: persons from a sheet, and a case of many in figures."""

from typing import Annotated, Final

from pydantic import Field

from transfer.actions.commands import NewApplicant, OpenCase
from transfer.actions.group_commands import OpenGroup, PreviewGroup
from transfer.actions.roster import Misfit, Roster, read_roster
from transfer.domain.clocks import legal_day
from transfer.domain.group import report
from transfer.messages.codes import Matter
from transfer.ports.sheets import Sheet, SheetRefusal, SheetRefused
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, known_case
from transfer.web.commanding import take_in
from transfer.web.faults import RowsBad
from transfer.web.files import disposition
from transfer.web.route import Ask

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_NAMED: Final = 50


class GroupPreview(Body):
    """What would be taken from a sheet, and what is wrong in it; nothing is kept."""

    rows: int
    persons: tuple[NewApplicant, ...]
    misfits: Annotated[tuple[Misfit, ...], Field(description="every bad row and cell, and how to mend it")]
    ignored: Annotated[tuple[str, ...], Field(description="headings of columns that nothing is taken from")]


async def preview(ask: Ask) -> Reply:
    """Who is in a sheet."""
    asked: PreviewGroup = ask.body
    sheet = await ask.parts.sheets.read(asked.sheet)
    roster = _roster(ask, sheet, asked.matter)
    return reply(GroupPreview(rows=roster.rows, persons=roster.persons, misfits=roster.misfits, ignored=sheet.ignored))


async def open_group(ask: Ask) -> Reply:
    """One case for all persons of a sheet; raises SheetRefused, RowsBad."""
    asked: OpenGroup = ask.body
    sheet = await ask.parts.sheets.read(asked.sheet)
    roster = _roster(ask, sheet, asked.matter)
    persons = _taken(roster, leave_out=asked.leave_out_bad_rows)
    fields = {name: getattr(asked, name) for name in OpenCase.model_fields if name != "applicants"}
    return await take_in(ask, OpenCase(**fields, applicants=persons))


def _roster(ask: Ask, sheet: Sheet, matter: Matter | None) -> Roster:
    context, tests = ask.parts.context(), ask.parts.settings.test_identities
    return read_roster(sheet, test_identities=tests, matter=matter, forum=context.forum(context.region))


def _taken(roster: Roster, *, leave_out: bool) -> tuple[NewApplicant, ...]:
    if roster.misfits and not leave_out:
        named = [one.model_dump(mode="json") for one in roster.misfits[:MAX_NAMED]]
        raise RowsBad(f"{len({one.row for one in roster.misfits})} of {roster.rows} rows are wrong.", errors=named)
    if not roster.persons:
        raise SheetRefused.of(SheetRefusal.NO_PERSONS)
    return roster.persons


async def template(ask: Ask) -> Reply:
    """The file to fill in."""
    made = await ask.parts.sheets.template()
    return Reply(body=made, media_type=XLSX, headers={"Content-Disposition": disposition("申请人名单.xlsx")})


async def group_report(ask: Ask) -> Reply:
    """The case in figures."""
    case, context = (await known_case(ask)).case, ask.parts.context()
    return reply(report(case, context.region, legal_day(context.now), context.rules))
