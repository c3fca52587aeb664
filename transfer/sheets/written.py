"""Tables that are written as .csv or .xlsx, row by row in flat memory.

No cell can become a formula where it is opened: a text that begins as one is marked as text (OWASP, CSV injection).
"""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Self

from transfer.domain.clocks import CHINA
from transfer.messages.values import showable

Cell = str | int | float | date | datetime | None

MOST_ROWS: Final = 1_048_576
"""Of one sheet of .xlsx; what is more goes on in another."""
_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r")


class CsvTable:
    """RFC 4180 in UTF-8. With a byte order mark Excel reads it as such; other programs may take the mark for a part of
    the first heading. Days and moments are those of China, in ISO 8601."""

    def __init__(self, file: Path, head: Sequence[str], *, bom: bool = False) -> None:
        self._file, self._head, self._charset = file, head, "utf-8-sig" if bom else "utf-8"

    def __enter__(self) -> Self:
        self._out = self._file.open("w", encoding=self._charset, newline="")
        self._rows = csv.writer(self._out)
        self.add(self._head)
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def add(self, row: Sequence[Cell]) -> None:
        """One more row."""
        self._rows.writerow([_plain(cell) for cell in row])


class ExcelTable:
    """An .xlsx file; days and moments, which are those of China, are cells of that kind. The file is whole when the
    block ends."""

    def __init__(self, file: Path, head: Sequence[str], *, most: int = MOST_ROWS) -> None:
        # The library is large, and what writes no such file does without it.
        from openpyxl import Workbook  # noqa: PLC0415 - as said

        self._file, self._head, self._most, self._book = file, head, most, Workbook(write_only=True)

    def __enter__(self) -> Self:
        self._begin()
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        if error is None:
            self._book.save(self._file)
            return
        for sheet in self._book.worksheets:
            sheet.close()

    def add(self, row: Sequence[Cell]) -> None:
        """One more row."""
        if self._count == self._most:
            self._begin()
        self._sheet.append([self._cell(value) for value in row])
        self._count += 1

    def _begin(self) -> None:
        self._sheet: Any = self._book.create_sheet()
        self._sheet.freeze_panes = "A2"
        self._count = 0
        self.add(self._head)

    def _cell(self, value: Cell) -> Any:  # noqa: ANN401 - the library's own types are known once it is loaded
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - as above

        match value:
            case str():
                made: Any = WriteOnlyCell(self._sheet, value=showable(value))
                made.data_type, made.quotePrefix = "s", value.startswith(_BEGINNINGS)
                return made
            case datetime():
                # A spreadsheet knows no time zones.
                return value.astimezone(CHINA).replace(tzinfo=None)
            case _:
                return value


def _plain(cell: Cell) -> str | int | float | None:
    match cell:
        case str():
            return f"'{cell}" if cell.startswith(_BEGINNINGS) else cell
        case datetime():
            return cell.astimezone(CHINA).isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case _:
            return cell
