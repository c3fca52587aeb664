"""The one door to files of persons: which reader a file needs, off the event loop."""

import asyncio

from transfer.ports.sheets import MAX_SHEET, Sheet, SheetRefusal, SheetRefused
from transfer.sheets.separated import read_separated
from transfer.sheets.table import to_sheet
from transfer.sheets.workbook import OLE, ZIP, make_template, read_workbook


def read_sheet(content: bytes) -> Sheet:
    """The sheet in a file, which is known by its first bytes and not by its name; raises SheetRefused."""
    if len(content) > MAX_SHEET:
        raise SheetRefused.of(SheetRefusal.TOO_LARGE, f"at most {MAX_SHEET} bytes")
    if content.startswith(OLE):
        raise SheetRefused.of(SheetRefusal.OLD_OR_LOCKED)
    return to_sheet(read_workbook(content) if content.startswith(ZIP) else read_separated(content))


class SheetFiles:
    """See ports.Sheets."""

    async def read(self, content: bytes) -> Sheet:
        return await asyncio.to_thread(read_sheet, content)

    async def template(self) -> bytes:
        return await asyncio.to_thread(make_template)
