"""The QR code of a printed letter, read by another program."""

import pytest

from tests.paper import reading
from tests.paper.builders import a_check_line, a_letter
from tests.paper.conftest import Printed
from tests.paper.samples import samples
from transfer.messages.check_line import CheckLine


def test_a_scanner_reads_the_line_that_is_printed_beside_the_code(printed: Printed) -> None:
    line = a_check_line()
    file = printed(a_letter(check=line))
    pages = reading.pages_of(file)
    read = reading.scanned(file, len(pages))
    assert [CheckLine.parse(one) for one in read] == [line]
    assert line.text in reading.text_of(file)


def test_the_code_is_at_least_25_millimetres_wide(printed: Printed) -> None:
    file = printed(a_letter(check=a_check_line(), body=()))
    # Left of the title and under the red rule the code comes first; its upper edge is dark at both of its corners.
    assert reading.width_of_first_dark_row(file, 1, left=0, top=80, right=85) >= 25


def test_without_a_check_line_there_is_no_code(printed: Printed) -> None:
    file = printed(a_letter())
    assert reading.scanned(file, 1) == []
    assert "核验" not in reading.text_of(file)


@pytest.mark.parametrize("name", [name for name, _ in samples()])
def test_every_sample_is_printed_and_its_code_is_read(name: str, printed: Printed) -> None:
    letter = dict(samples())[name]
    file = printed(letter)
    read = [line for page in range(1, len(reading.pages_of(file)) + 1) for line in reading.scanned(file, page)]
    assert letter.check is not None
    assert read == [letter.check.text]
