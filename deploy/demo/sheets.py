"""Invented attendance sheets as PDF files, a month each."""

import calendar
import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import typst

from transfer.paper.fonts import find_fonts

_LAYOUT: Final = """
#let given = json(bytes(sys.inputs.sheet))
#set page(margin: 2cm)
#set text(font: given.fonts, size: 9pt, lang: "zh")
#align(center, text(15pt, given.title))
#table(columns: (1fr, 2fr, 2fr), [日], [班次], [签到], ..given.cells)
"""
_SHIFTS: Final = ("白班", "夜班")


def attendance_sheets(folder: Path, worker: str, months: Sequence[date]) -> list[Path]:
    """Writes one file for each month, given by its first day; raises FontMissing."""
    fonts = find_fonts()
    written = []
    for month in months:
        days = calendar.monthrange(month.year, month.month)[1]
        cells = [text for day in range(1, days + 1) for text in (str(day), _SHIFTS[day // 7 % 2], worker)]
        sheet = {"title": f"{month:%Y}年{month.month}月考勤表（示例）", "fonts": fonts.families.body, "cells": cells}
        compiler = typst.Compiler(
            _LAYOUT.encode(), font_paths=fonts.found, ignore_system_fonts=True, sys_inputs={"sheet": json.dumps(sheet)}
        )
        path = folder / f"{month.month}月考勤表.pdf"
        compiler.compile(output=str(path), format="pdf")
        written.append(path)
    return written
