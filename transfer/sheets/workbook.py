"""Lists in .xlsx: read without trust in what the file says of itself, and the template made."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time
from typing import Final
from xml.parsers import expat

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Font
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from transfer.ports.sheets import COLUMNS, RowFault, SheetRefusal, SheetRefused
from transfer.sheets.table import MAX_COLUMNS, MAX_ROWS, Line, fault_of, letter

MAX_UNPACKED: Final = 8 * 1024 * 1024
MAX_PARTS: Final = 200
_EXACT: Final = 10**15
"""Larger numbers lose digits in a spreadsheet (IEEE 754, 15 digits)."""
_DAMAGED: Final = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    expat.ExpatError,
    SyntaxError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    RuntimeError,
    StopIteration,
)
"""The library names what is wrong in a file by whatever fails first."""
_WIDTH: Final = 22
_ROOM: Final = 500


def read_workbook(content: bytes) -> list[Line]:
    """The rows of the first sheet; raises SheetRefused."""
    _check_container(content)
    try:
        book = load_workbook(io.BytesIO(content), keep_links=False)
        sheet = next(one for one in book.worksheets if one.sheet_state == "visible")
        if sheet.max_row > MAX_ROWS or sheet.max_column > MAX_COLUMNS:
            raise SheetRefused.of(SheetRefusal.TOO_LONG)
        return list(_lines(sheet))
    except _DAMAGED as error:
        raise SheetRefused.of(SheetRefusal.NOT_A_SHEET, type(error).__name__) from None


def _check_container(content: bytes) -> None:
    """Raises SheetRefused for what is packed too tightly, has macros, or declares entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = packed.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise SheetRefused.of(SheetRefusal.INFLATED)
            if any("vbaproject" in part.filename.lower() for part in parts):
                raise SheetRefused.of(SheetRefusal.MACROS)
            # Reading stops at the size that a part declares, and its checksum then fails.
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(packed.read(part))
            if b"macroEnabled" in packed.read("[Content_Types].xml"):
                raise SheetRefused.of(SheetRefusal.MACROS)
    except _DAMAGED as error:
        raise SheetRefused.of(SheetRefusal.NOT_A_SHEET, type(error).__name__) from None


def _check_part(content: bytes) -> None:
    """Raises SheetRefused for a document type, which could hold entities, and for a block of cells that would have the
    library make each of them."""

    def begin(name: str, given: dict[str, str]) -> None:
        if name.rpartition(":")[2] not in {"mergeCell", "hyperlink"} or ":" not in given.get("ref", ""):
            return
        _, _, last, bottom = range_boundaries(given["ref"])
        if last is None or bottom is None or last > MAX_COLUMNS or bottom > MAX_ROWS:
            raise SheetRefused.of(SheetRefusal.TOO_LONG, given["ref"])

    def refuse(*_: object) -> None:
        raise SheetRefused.of(SheetRefusal.NOT_A_SHEET, "DOCTYPE")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


def _lines(sheet: Worksheet) -> Iterator[Line]:
    merged = {row for block in sheet.merged_cells.ranges for row in range(block.min_row, block.max_row + 1)}
    for number, cells in enumerate(sheet.iter_rows(), 1):
        texts, faults = [], {}
        for place, cell in enumerate(cells):
            text, fault = _read(cell)
            texts.append(text)
            if fault is not None:
                faults[place] = fault
        whole = RowFault.MERGED if number in merged else None
        if sheet.row_dimensions[number].hidden and (any(texts) or faults):
            whole = RowFault.HIDDEN
        yield Line(number=number, texts=texts, faults=faults, whole=whole)


def _read(cell: Cell | MergedCell) -> tuple[str, RowFault | None]:
    if cell.data_type in ("f", "e"):
        return "", RowFault.FORMULA
    value = cell.value
    if isinstance(value, int | float) and abs(value) >= _EXACT:
        return "", RowFault.DIGITS_LOST
    text = _text_of(value)
    return text, fault_of(text)


def _text_of(value: object) -> str:
    match value:
        case None:
            return ""
        case datetime() if value.time() == time():
            return value.date().isoformat()
        case float() if value.is_integer():
            return str(int(value))
        case _:
            return str(value).strip()


def make_book() -> bytes:
    """The headings with one example, cells as text so that no digit is lost, and the codes on a second sheet."""
    book = Workbook()
    persons = book.worksheets[0]
    persons.title = "名单"
    choices = book.create_sheet("选项")
    persons.append([one.zh for one in COLUMNS])
    persons.append([one.example for one in COLUMNS])
    for place, column in enumerate(COLUMNS):
        persons.cell(1, place + 1).font = Font(bold=True)
        persons.column_dimensions[letter(place)].width = _WIDTH
        for row in range(2, _ROOM + 2):
            persons.cell(row, place + 1).number_format = "@"
        if column.codes is not None:
            for code in column.codes:
                choices.append([column.zh, code.value, code.zh, code.en])
    persons.freeze_panes = "A2"
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()
