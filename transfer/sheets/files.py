"""The one door to files of persons: which reader a file needs, off the event loop."""

import asyncio
from functools import partial
from typing import Final

from transfer.domain.reporting import PairReport
from transfer.ports.sheets import MAX_SHEET, Sheet, SheetRefusal, SheetRefused
from transfer.sheets.pairs import pairs_file
from transfer.sheets.separated import read_separated
from transfer.sheets.table import to_sheet
from transfer.sheets.written import CsvTable, ExcelTable

OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How .xls files begin, and .xlsx files with a password."""
ZIP: Final = b"PK\x03\x04"


def read_sheet(content: bytes) -> Sheet:
    """The sheet in a file, which is known by its first bytes and not by its name; raises SheetRefused."""
    if len(content) > MAX_SHEET:
        raise SheetRefused.of(SheetRefusal.TOO_LARGE, f"at most {MAX_SHEET} bytes")
    if content.startswith(OLE):
        raise SheetRefused.of(SheetRefusal.OLD_OR_LOCKED)
    if not content.startswith(ZIP):
        return to_sheet(read_separated(content))
    # The library is large, and a node that reads no such file does without it.
    from transfer.sheets.workbook import read_workbook  # noqa: PLC0415 - as said

    return to_sheet(read_workbook(content))


def make_template() -> bytes:
    """An .xlsx file to fill in."""
    from transfer.sheets.workbook import make_book  # noqa: PLC0415 - as above

    return make_book()


class SheetFiles:
    """See ports.Sheets."""

    async def read(self, content: bytes) -> Sheet:
        return await asyncio.to_thread(read_sheet, content)

    async def template(self) -> bytes:
        return await asyncio.to_thread(make_template)

    async def pairs(self, report: PairReport, *, as_excel: bool) -> bytes:
        return await asyncio.to_thread(pairs_file, report, ExcelTable if as_excel else partial(CsvTable, bom=True))
