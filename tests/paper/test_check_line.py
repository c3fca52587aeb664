"""The line by which a letter is checked: its grammar, held to strictly."""

from uuid import UUID

import pytest

from tests.paper.builders import a_check_line
from transfer.messages.check_line import CheckLine, NotACheckLine
from transfer.paper.qr import modules, picture

MESSAGE = "0199a3c2-7f10-7abc-8def-0123456789ab"
DIGEST = "0123456789abcdef" * 4
LINE = f"legalaid:1:442000:{MESSAGE}:{DIGEST}"


def test_a_line_says_region_message_and_digest() -> None:
    line = CheckLine(region="442000", message=UUID(MESSAGE), digest=DIGEST)
    assert line.text == LINE
    assert CheckLine.parse(LINE) == line


@pytest.mark.parametrize(
    "other",
    [
        "",
        LINE.upper(),
        f" {LINE}",
        f"{LINE}\n",
        f"{LINE}0",
        LINE[:-1],
        LINE.replace(":1:", ":2:"),
        LINE.replace("442000", "042000"),
        LINE.replace("442000", "44200"),
        LINE.replace("442000", "４42000"),
        LINE.replace("legalaid", "legal-aid"),
        LINE.replace(MESSAGE, MESSAGE.replace("-", "")),
        LINE.replace(MESSAGE, f"{{{MESSAGE}}}"),
        LINE.replace(DIGEST, f"sha256:{DIGEST}"),
        LINE.replace(DIGEST, DIGEST.replace("a", "g")),
        LINE.replace(":", "："),
        f"https://example.org/{LINE}",
    ],
)
def test_whatever_is_not_exactly_a_line_is_refused(other: str) -> None:
    with pytest.raises(NotACheckLine):
        CheckLine.parse(other)


@pytest.mark.parametrize("changes", [{"region": "12345"}, {"digest": "sha256:" + DIGEST}, {"digest": DIGEST.upper()}])
def test_no_line_is_made_that_could_not_be_read(changes: dict[str, str]) -> None:
    with pytest.raises(NotACheckLine):
        a_check_line(**changes)


def test_a_line_copied_from_the_paper_with_its_spaces_is_read() -> None:
    line = CheckLine.parse(LINE)
    head, digest = line.grouped
    assert digest.split(" ") == ["01234567", "89abcdef"] * 4
    assert CheckLine.parse_typed(f"{head} \r\n{digest}\n") == line
    with pytest.raises(NotACheckLine):
        CheckLine.parse_typed(f"{head}\t{digest}")


def test_the_code_bears_fifteen_per_cent_of_damage_and_keeps_its_quiet_zone() -> None:
    # Version 7 with level M holds 122 bytes; level L would need version 6, level Q version 9 (ISO/IEC 18004).
    assert modules(CheckLine.parse(LINE)) == 17 + 4 * 7
    assert 'viewBox="0 0 53 53"' in picture(CheckLine.parse(LINE))
