"""The report on pairs of regions as a table: a row to each pair, a column to each figure."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from transfer.domain.report_columns import OFFER_COLUMNS, REQUEST_COLUMNS
from transfer.domain.reporting import PairReport
from transfer.sheets.written import CsvTable, ExcelTable

_COLUMNS: Final = (*OFFER_COLUMNS, *REQUEST_COLUMNS)
_HEAD: Final = ("发出地区 sender", "接收地区 receiver", *(f"{column.zh} {column.en}" for column in _COLUMNS))
Make = Callable[[Path, Sequence[str]], CsvTable | ExcelTable]


def write_pairs(report: PairReport, file: Path, make: Make) -> None:
    """Written there."""
    with make(file, _HEAD) as rows:
        for pair in report.pairs:
            rows.add((pair.sender, pair.receiver, *(column.of(pair) for column in _COLUMNS)))


def pairs_file(report: PairReport, make: Make) -> bytes:
    """As the bytes of a file."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "pairs"
        write_pairs(report, file, make)
        return file.read_bytes()
