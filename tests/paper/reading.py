"""Printed letters, read by other programs than made them: poppler and zbar."""

import re
import subprocess
from pathlib import Path
from typing import Final

from tests.scanning import read_codes

RESOLUTION: Final = 200
"""Dots per inch, as an office scanner has them."""
MILLIMETRES: Final = 25.4
"""To an inch."""
DARK: Final = 128


def pages_of(pdf: Path) -> list[list[str]]:
    """The lines of each page from top to bottom, without spaces, without empty ones."""
    done = _run("pdftotext", "-layout", str(pdf), "-")
    pages = done.decode().removesuffix("\f").split("\f")
    return [[tight for line in page.splitlines() if (tight := re.sub(r"\s", "", line))] for page in pages]


def text_of(pdf: Path) -> str:
    """All text in reading order, without spaces and line ends."""
    return re.sub(r"\s", "", copied_from(pdf))


def copied_from(pdf: Path) -> str:
    """All text in reading order, as who selects and copies it gets it."""
    return _run("pdftotext", str(pdf), "-").decode()


def signs_on(pdf: Path, page: int) -> int:
    """How many signs are drawn on the page; a ligature is one."""
    return _run("pdftocairo", "-f", str(page), "-l", str(page), "-svg", str(pdf), "-").count(b"<use ")


def facts_of(pdf: Path) -> dict[str, str]:
    """What pdfinfo says of the file."""
    lines = _run("pdfinfo", str(pdf)).decode().splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


def fonts_of(pdf: Path) -> list[dict[str, str]]:
    """Name, and whether it is embedded, a subset, and mapped to Unicode."""
    rows = [line.split() for line in _run("pdffonts", str(pdf)).decode().splitlines()[2:]]
    return [{"name": row[0], "embedded": row[-5], "subset": row[-4], "unicode": row[-3]} for row in rows]


def scanned(pdf: Path, page: int) -> list[str]:
    """What a decoder finds on the page, printed and scanned in grey."""
    return read_codes(_run("pdftoppm", *_grey(page), "-png", "-singlefile", str(pdf)))


def width_of_first_dark_row(pdf: Path, page: int, *, left: float, top: float, right: float) -> float:
    """Of the part of the page between these edges, looked through downwards; all in millimetres."""
    edges = {"-x": left, "-y": top, "-W": right - left, "-H": 200.0}
    window = [str(word) for name, at in edges.items() for word in (name, round(at / MILLIMETRES * RESOLUTION))]
    image = _run("pdftoppm", *_grey(page), *window, str(pdf))
    _, size, _, dots = image.split(b"\n", 3)
    wide = int(size.split()[0])
    rows = (dots[start : start + wide] for start in range(0, len(dots), wide))
    dark = next(places for row in rows if (places := [at for at, dot in enumerate(row) if dot < DARK]))
    return (dark[-1] - dark[0] + 1) / RESOLUTION * MILLIMETRES


def _grey(page: int) -> list[str]:
    return ["-r", str(RESOLUTION), "-gray", "-f", str(page), "-l", str(page)]


def _run(*command: str) -> bytes:
    return subprocess.run(command, capture_output=True, check=True).stdout
