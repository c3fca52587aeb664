"""Rows and cells as texts, whatever file they came from, and where the headings are."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from transfer.ports.sheets import COLUMNS, RowFault, Sheet, SheetRefusal, SheetRefused, SheetRow

MAX_ROWS: Final = 2_000
MAX_COLUMNS: Final = 100
_LOOKED: Final = 10
"""Above the headings there may be a title and a note."""
_ASIDE: Final = re.compile(r"[*\s]")
_EXPONENT: Final = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One row of a file: its texts, and what is wrong with a cell, by place, or with the whole row."""

    number: int
    texts: Sequence[str]
    faults: Mapping[int, RowFault] = field(default_factory=dict)
    whole: RowFault | None = None

    @property
    def is_empty(self) -> bool:
        return not any(self.texts) and not self.faults


def fault_of(text: str) -> RowFault | None:
    """What a text betrays: a formula, or a number that was shortened."""
    if text.startswith("="):
        return RowFault.FORMULA
    return RowFault.DIGITS_LOST if _EXPONENT.fullmatch(text) else None


def to_sheet(lines: Sequence[Line]) -> Sheet:
    """The persons below the headings; raises SheetRefused."""
    for place, line in enumerate(lines[:_LOOKED]):
        known = {_plain(text): at for at, text in enumerate(line.texts)}
        if any(heading in known for heading in _HEADINGS if _HEADINGS[heading] == "name"):
            return _below(line, lines[place + 1 :])
    raise SheetRefused.of(SheetRefusal.HEADING_MISSING, COLUMNS[0].zh)


def letter(place: int) -> str:
    """The letter of a column: A, B … Z, AA."""
    before, last = divmod(place, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + last)


def _below(headings: Line, lines: Sequence[Line]) -> Sheet:
    places: dict[str, int] = {}
    ignored: list[str] = []
    for place, text in enumerate(headings.texts):
        name = _HEADINGS.get(_plain(text))
        if name is None:
            ignored += [text] if text else []
        elif name in places:
            raise SheetRefused.of(SheetRefusal.HEADING_TWICE, text)
        else:
            places[name] = place
    if missing := [one.zh for one in COLUMNS if one.needed and one.field not in places]:
        raise SheetRefused.of(SheetRefusal.HEADING_MISSING, "、".join(missing))
    filled = max((at for at, line in enumerate(lines) if not line.is_empty), default=-1)
    rows = tuple(_row(line, places) for line in lines[: filled + 1])
    return Sheet(rows=rows, places={name: letter(at) for name, at in places.items()}, ignored=tuple(ignored))


def _row(line: Line, places: Mapping[str, int]) -> SheetRow:
    texts = {name: line.texts[at] for name, at in places.items() if at < len(line.texts)}
    faults = {name: line.faults[at] for name, at in places.items() if at in line.faults}
    whole = line.whole or (None if any(texts.values()) or faults else RowFault.EMPTY)
    return SheetRow(number=line.number, texts=texts, faults=faults, whole=whole)


def _plain(text: str) -> str:
    return _ASIDE.sub("", unicodedata.normalize("NFKC", text)).casefold()


_HEADINGS: Final = {_plain(heading): one.field for one in COLUMNS for heading in (one.field, one.zh, one.en, *one.also)}
