"""Fonts that letters of the tests are printed with; without the packages the tests say what to install."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.local.papers import READERS, reader_programs
from transfer.paper.fonts import Fonts, find_fonts
from transfer.paper.letter import Letter
from transfer.paper.render import render

Printed = Callable[[Letter], Path]


@pytest.fixture(scope="session")
def fonts() -> Fonts:
    return find_fonts()


@pytest.fixture
def printed(fonts: Fonts, tmp_path: Path) -> Printed:
    """Prints a letter into a file of its own."""
    for package in READERS:
        reader_programs(package)

    def to_file(letter: Letter) -> Path:
        file = tmp_path / f"{len(list(tmp_path.glob('*.pdf')))}.pdf"
        file.write_bytes(render(letter, fonts))
        return file

    return to_file
