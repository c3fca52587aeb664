"""The report on pairs of regions as a paper: the figures as tables, with the chart; Chinese, English beneath."""

from collections.abc import Mapping, Sequence
from typing import Final

from transfer.domain.report_columns import OFFER_COLUMNS, REQUEST_COLUMNS, shown
from transfer.domain.report_columns import Column as Figure
from transfer.domain.reporting import PairReport
from transfer.paper.chart import chart, pair_name
from transfer.paper.letter import NOTHING, Block, Column, Heading, Letter, Level, Paragraph, Picture, Table
from transfer.paper.numerals import official_day

TITLE: Final = "地区间转交与协作统计"
PAIRS: Final = 3
"""How many stand beside each other on a page."""

_TABLES: Final = (("一、转交 Transfers", OFFER_COLUMNS), ("二、协作函 Evidence requests", REQUEST_COLUMNS))


def pairs_letter(report: PairReport, issuer: str, names: Mapping[str, str]) -> Letter:
    """Some pairs at a time: a row to each figure, a column to each pair, and the chart of them."""
    period = f"{official_day(report.since)}至{official_day(report.until)}"
    body: list[Block] = [
        Paragraph(text=f"本统计依据本地区记录，计入{period}发出的转交和协作函，状态截至{official_day(report.as_of)}。"),
        Paragraph(text=f"Sent from {report.since} to {report.until}, as it stood on {report.as_of}; own records."),
    ]
    for start in range(0, len(report.pairs), PAIRS):
        some = report.model_copy(update={"pairs": report.pairs[start : start + PAIRS]})
        for heading, columns in _TABLES:
            body += [Heading(level=Level.FIRST, text=heading), _table(some, columns, names)]
        body += [Heading(level=Level.FIRST, text="三、图示 Chart"), Picture(svg=chart(some, names), alt=TITLE)]
    return Letter(issuer=issuer, title=TITLE, body=tuple(body), signed_on=report.as_of, has_seal=False)


def _table(report: PairReport, figures: Sequence[Figure], names: Mapping[str, str]) -> Table:
    heads = (Column(head="项目", share=3), *(Column(head=pair_name(pair, names), share=2) for pair in report.pairs))
    rows = (
        (f"{figure.zh}\n{figure.en}", *(shown(figure, pair) or NOTHING for pair in report.pairs)) for figure in figures
    )
    return Table(columns=heads, rows=tuple(rows))
