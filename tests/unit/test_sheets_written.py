"""Tables as .csv and .xlsx, read again by other readers than made them."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from openpyxl import load_workbook

from transfer.sheets.written import Cell, CsvTable, ExcelTable

HEAD: Final = ("姓名", "日期", "时间", "件数", "份额")
MOMENT: Final = datetime(2026, 6, 15, 17, 30, tzinfo=UTC)
ROW: Final = ("李大山", date(2026, 6, 15), MOMENT, 3, 0.25)
DANGEROUS: Final = ("=1+1", "+86 138", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")')


def as_csv(folder: Path, *rows: Sequence[Cell], bom: bool = False) -> bytes:
    file = folder / "table.csv"
    with CsvTable(file, HEAD, bom=bom) as table:
        for row in rows:
            table.add(row)
    return file.read_bytes()


def as_excel(folder: Path, *rows: Sequence[Cell], **options: Any) -> Any:
    file = folder / "table.xlsx"
    with ExcelTable(file, HEAD, **options) as table:
        for row in rows:
            table.add(row)
    return load_workbook(file)


def test_a_csv_file_gives_days_and_moments_of_china(tmp_path: Path) -> None:
    read = list(csv.reader(io.StringIO(as_csv(tmp_path, ROW, ("甲,\n乙", None)).decode("utf-8"))))
    assert read == [
        list(HEAD),
        ["李大山", "2026-06-15", "2026-06-16T01:30:00+08:00", "3", "0.25"],
        ["甲,\n乙", ""],
    ]


def test_the_byte_order_mark_is_there_when_it_is_asked_for(tmp_path: Path) -> None:
    assert as_csv(tmp_path, bom=True).startswith(b"\xef\xbb\xbf\xe5\xa7\x93")
    assert as_csv(tmp_path).startswith("姓名".encode())


@pytest.mark.parametrize("text", DANGEROUS)
def test_no_text_of_a_csv_file_begins_a_formula(tmp_path: Path, text: str) -> None:
    [_, [cell]] = csv.reader(io.StringIO(as_csv(tmp_path, (text,)).decode(), newline=""))
    assert cell == f"'{text}"


@pytest.mark.parametrize("text", DANGEROUS[:4])
def test_no_text_of_a_workbook_is_a_formula_and_it_stays_as_it_was(tmp_path: Path, text: str) -> None:
    cell = as_excel(tmp_path, (text,)).worksheets[0]["A2"]
    assert (cell.value, cell.data_type, cell.quotePrefix) == (text, "s", True)


def test_a_negative_number_is_a_number(tmp_path: Path) -> None:
    assert as_csv(tmp_path, (-3,)).splitlines()[1] == b"-3"
    assert as_excel(tmp_path, (-3,)).worksheets[0]["A2"].data_type == "n"


def test_a_workbook_has_days_and_moments_as_such(tmp_path: Path) -> None:
    sheet = as_excel(tmp_path, ROW).worksheets[0]
    assert [cell.value for cell in sheet[1]] == list(HEAD)
    assert [cell.value for cell in sheet[2]] == [
        "李大山",
        datetime(2026, 6, 15),  # noqa: DTZ001 - a spreadsheet knows no time zones
        datetime(2026, 6, 16, 1, 30),  # noqa: DTZ001 - as above
        3,
        0.25,
    ]
    assert [cell.is_date for cell in sheet[2]] == [False, True, True, False, False]


def test_what_does_not_fit_on_a_sheet_goes_on_in_another_with_its_head(tmp_path: Path) -> None:
    book = as_excel(tmp_path, *((f"r{n}",) for n in range(5)), most=3)
    found = [[row[0].value for row in sheet] for sheet in book.worksheets]
    assert found == [["姓名", "r0", "r1"], ["姓名", "r2", "r3"], ["姓名", "r4"]]


def test_a_character_that_no_workbook_takes_is_shown_by_a_mark(tmp_path: Path) -> None:
    assert as_excel(tmp_path, ("a\x01b",)).worksheets[0]["A2"].value != "a\x01b"


def test_a_table_that_was_broken_off_leaves_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), ExcelTable(tmp_path / "x.xlsx", HEAD) as table:
        table.add((str(1 / 0),))
    assert not list(tmp_path.iterdir())
