"""Bars as SVG, in both languages, and in words for who cannot see them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from transfer.domain.report_columns import PANELS, Column, Panel, shown
from transfer.domain.reporting import PairFigures, PairReport

WIDTH: Final = 760
_LEFT: Final = 190
_RIGHT: Final = 80
_BAR: Final = 14
_GAP: Final = 10
_HEAD: Final = 46
_FONT: Final = "Noto Sans CJK SC, sans-serif"
_COLOURS: Final = ("#1f4e79", "#c55a11")


def chart(report: PairReport, names: Mapping[str, str]) -> str:
    """The pairs of the report, region by name; each bar has its figure beside it, so that no colour must be told."""
    title = f"地区协作统计 {report.since}—{report.until} / Regions working together"
    parts: list[str] = []
    top = 40
    for panel in PANELS:
        drawn = list(_panel(panel, report.pairs, names, top))
        parts += drawn
        top += _height(panel, report.pairs)
    said = "; ".join(_said(panel, pair, names) for panel in PANELS for pair in report.pairs)
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}"',
            f'role="img" aria-labelledby="title desc" font-family="{_FONT}" font-size="12">',
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="desc">{escape(said)}</desc>',
            f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
            f'<text x="10" y="24" font-size="16">{escape(title)}</text>',
            *parts,
            "</svg>",
            "",
        )
    )


def pair_name(pair: PairFigures, names: Mapping[str, str]) -> str:
    """Who asked whom."""
    return f"{names.get(pair.sender, pair.sender)} → {names.get(pair.receiver, pair.receiver)}"


def _panel(panel: Panel, pairs: Sequence[PairFigures], names: Mapping[str, str], top: int) -> Iterator[str]:
    yield f'<text x="10" y="{top + 16}" font-weight="bold">{escape(panel.zh)} / {escape(panel.en)}</text>'
    at = 10
    for column, colour in zip(panel.columns, _COLOURS, strict=False):
        label = f"{column.zh} / {column.en}"
        yield f'<rect x="{at}" y="{top + 25}" width="10" height="10" fill="{colour}"/>'
        yield f'<text x="{at + 15}" y="{top + 34}" font-size="11">{escape(label)}</text>'
        at += WIDTH // 2
    values = [_number(column, pair) for pair in pairs for column in panel.columns]
    most = 1 if panel.columns[0].is_share else max([1, *values])
    y = top + _HEAD
    for pair in pairs:
        yield f'<text x="10" y="{y + 11}">{escape(pair_name(pair, names))}</text>'
        for column, colour in zip(panel.columns, _COLOURS, strict=False):
            long = round((WIDTH - _LEFT - _RIGHT) * _number(column, pair) / most, 1)
            yield f'<rect x="{_LEFT}" y="{y}" width="{long}" height="{_BAR - 2}" fill="{colour}"/>'
            yield f'<text x="{_LEFT + long + 5}" y="{y + 10}" font-size="11">{shown(column, pair) or "—"}</text>'
            y += _BAR
        y += _GAP


def _height(panel: Panel, pairs: Sequence[PairFigures]) -> int:
    return _HEAD + len(pairs) * (len(panel.columns) * _BAR + _GAP) + _GAP


def _said(panel: Panel, pair: PairFigures, names: Mapping[str, str]) -> str:
    figures = ", ".join(f"{column.en} {shown(column, pair) or 'unknown'}" for column in panel.columns)
    return f"{panel.en}, {pair_name(pair, names)}: {figures}"


def _number(column: Column, pair: PairFigures) -> float:
    value = column.of(pair)
    return float(value) if isinstance(value, int | float) else 0.0
