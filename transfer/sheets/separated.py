"""Lists with separators: CSV in UTF-8 or GB18030."""

import csv
from typing import Final

from transfer.ports.sheets import SheetRefusal, SheetRefused
from transfer.sheets.table import MAX_COLUMNS, MAX_ROWS, Line, fault_of

_CHARSETS: Final = ("utf-8-sig", "gb18030")
_SEPARATORS: Final = ",;\t"


def read_separated(content: bytes) -> list[Line]:
    """The rows; raises SheetRefused."""
    text = _decoded(content)
    first = text.partition("\n")[0]
    reader = csv.reader(text.splitlines(keepends=True), delimiter=max(_SEPARATORS, key=first.count), strict=True)
    lines: list[Line] = []
    try:
        for cells in reader:
            if len(lines) == MAX_ROWS or len(cells) > MAX_COLUMNS:
                raise SheetRefused.of(SheetRefusal.TOO_LONG)
            texts = [cell.strip() for cell in cells]
            faults = {place: fault for place, one in enumerate(texts) if (fault := fault_of(one))}
            lines.append(Line(number=len(lines) + 1, texts=texts, faults=faults))
    except csv.Error as error:
        raise SheetRefused.of(SheetRefusal.NOT_A_SHEET, str(error)) from None
    return lines


def _decoded(content: bytes) -> str:
    for charset in _CHARSETS:
        try:
            text = content.decode(charset)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise SheetRefused.of(SheetRefusal.NOT_A_SHEET)
