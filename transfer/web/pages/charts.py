"""Drawings made here: places of bars, lines and texts in an SVG of 400 units across, for the templates to write out.

Each says in texts what it shows in lengths, and a table with the same figures stands beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

WIDTH: Final = 400
_LINE: Final = 16
_BAR: Final = 10
_GAP: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar beneath its caption; begin and end are shares of the whole width."""

    caption: str
    begin: float = 0.0
    end: float
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Bars under one heading."""

    heading: str
    bars: Sequence[Bar]


@dataclass(slots=True)
class Drawing:
    """What is to be written out: ``texts`` are x, y, text and class; ``bars`` x, y, width and class; ``lines`` x1, y1,
    x2, y2 and class."""

    height: int = 0
    texts: list[tuple[float, float, str, str]] = field(default_factory=list)
    bars: list[tuple[float, float, float, str]] = field(default_factory=list)
    lines: list[tuple[float, float, float, float, str]] = field(default_factory=list)


def bars(groups: Sequence[Group]) -> Drawing:
    """The groups, one below the other."""
    made, y = Drawing(), 0
    for group in groups:
        if group.heading:
            y += _LINE
            made.texts.append((0, y - 4, group.heading, "heading"))
        for bar in group.bars:
            y += _LINE
            made.texts.append((0, y - 3, bar.caption, ""))
            made.bars.append((round(bar.begin * WIDTH, 1), y, round((bar.end - bar.begin) * WIDTH, 1), bar.kind))
            y += _BAR
        y += _GAP
    made.height = y
    return made


def star(here: str, others: Sequence[tuple[str, str, str]]) -> Drawing:
    """This region on the left with a line to each other one: its name, the state of the link in words, its class."""
    step, from_x, to_x = 44, 125.0, 205.0
    made = Drawing(height=max(step, step * len(others)))
    middle = made.height / 2
    made.texts.append((0, middle + 4, here, "heading"))
    for number, (name, said, kind) in enumerate(others):
        y = step * number + step / 2
        made.lines.append((from_x, middle, to_x, y, kind))
        made.texts += [(to_x + 6, y - 1, name, "heading"), (to_x + 6, y + 13, said, "")]
    return made
