"""The report on how regions work together: a table, drawings of the same figures, and files to take away."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final

from pydantic import Field, field_validator

from transfer.domain.clocks import legal_day
from transfer.domain.report_columns import OFFER_COLUMNS, PANELS, REQUEST_COLUMNS, Column, shown
from transfer.domain.reporting import PairFigures, PairReport
from transfer.ledger.entry import Kind
from transfer.messages.values import Day, RegionCode
from transfer.ports.ledger import Happened
from transfer.web.answers import Reply
from transfer.web.faults import NotFound
from transfer.web.pages.charts import Bar, Drawing, Group, bars
from transfer.web.pages.languages import said
from transfer.web.pages.places import region_name
from transfer.web.pages.rendering import language, page
from transfer.web.queries import PairsQuery, Query
from transfer.web.readings import actor
from transfer.web.reports import report_of
from transfer.web.route import Ask
from transfer.web.wording import Wording

_KINDS: Final[Mapping[str, str]] = {
    "pairs.csv": "text/csv; charset=utf-8",
    "pairs.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pairs.pdf": "application/pdf",
}
_PARTS: Final = (
    (Wording(zh="转交", en="Transfers"), OFFER_COLUMNS),
    (Wording(zh="协作函", en="Evidence requests"), REQUEST_COLUMNS),
)


class ReportQuery(Query):
    """Which period and which other region; this year and all, when absent."""

    since: Annotated[Day | None, Field(description="first day of the period")] = None
    until: Annotated[Day | None, Field(description="last day of the period")] = None
    peer: Annotated[RegionCode | None, Field(description="the other region")] = None

    @field_validator("*", mode="before")
    @classmethod
    def _left_empty(cls, given: Any) -> Any:  # noqa: ANN401 - as it came
        """A field of a form that was left empty is not there."""
        return given or None


async def report(ask: Ask) -> Reply:
    """The figures of the period."""
    found = await _found(ask)
    spoken, directory = language(ask), ask.parts.directory

    def place(code: str) -> str:
        return region_name(directory, code, spoken)

    def chart(columns: tuple[Column, ...]) -> Drawing:
        return bars([_group(pair, columns) for pair in found.pairs])

    def _group(pair: PairFigures, columns: tuple[Column, ...]) -> Group:
        most = max([1.0, *(_number(one, pair) for pair in found.pairs for one in columns if not one.is_share)])
        drawn = [
            Bar(
                caption=f"{said(one, spoken)}: {shown(one, pair) or '–'}",
                end=_number(one, pair) / (1 if one.is_share else most),
                kind="second" if number else "",
            )
            for number, one in enumerate(columns)
        ]
        return Group(heading=f"{place(pair.sender)} → {place(pair.receiver)}", bars=drawn)

    regions = [one for one in directory.regions if one.code != ask.parts.settings.region]
    return page(
        ask,
        "audit/report.html",
        found=found,
        parts=_PARTS,
        panels=PANELS,
        chart=chart,
        shown=shown,
        place=place,
        peer=ask.query.peer,
        regions=regions,
        files={name.rpartition(".")[2].upper(): name for name in _KINDS},
    )


async def report_file(ask: Ask) -> Reply:
    """The same as a file; that it left is in the ledger before anybody has it."""
    name = ask.named["file"]
    if name not in _KINDS:
        raise NotFound
    found, parts = await _found(ask), ask.parts
    if name.endswith(".pdf"):
        made = await parts.printer.pairs(found, parts.directory, region=parts.settings.region)
    else:
        made = await parts.sheets.pairs(found, as_excel=name.endswith(".xlsx"))
    facts = {
        "what": "pairs",
        "range": f"{found.since}/{found.until}",
        "digest": f"sha256:{hashlib.sha256(made).hexdigest()}",
        "size": len(made),
    }
    texts = {"by": actor(ask)}
    await parts.ledger.note(Happened(kind=Kind.EXPORT, at=parts.clock(), facts=facts, texts=texts))
    return Reply(
        body=made,
        media_type=_KINDS[name],
        headers={"Content-Disposition": f'attachment; filename="{found.since}-{found.until}-{name}"'},
    )


async def _found(ask: Ask) -> PairReport:
    query: ReportQuery = ask.query
    today = legal_day(ask.parts.clock())
    since = query.since or date((query.until or today).year, 1, 1)
    return await report_of(ask, PairsQuery(since=since, until=query.until, peer=query.peer))


def _number(column: Column, pair: PairFigures) -> float:
    value = column.of(pair)
    return float(value) if isinstance(value, int | float) else 0.0
