"""Numbers and dates of official papers."""

from datetime import UTC, date, datetime

import pytest

from transfer.paper.numerals import chinese_number, official_day, official_moment


@pytest.mark.parametrize(
    ("number", "written"),
    [(1, "一"), (9, "九"), (10, "十"), (11, "十一"), (20, "二十"), (21, "二十一"), (99, "九十九")],
)
def test_headings_are_counted_in_chinese_numerals(number: int, written: str) -> None:
    assert chinese_number(number) == written


@pytest.mark.parametrize("number", [0, -1, 100])
def test_beyond_ninety_nine_no_heading_is_counted(number: int) -> None:
    with pytest.raises(ValueError, match="99"):
        chinese_number(number)


def test_a_day_has_arabic_numerals_without_leading_zeros() -> None:
    assert official_day(date(2026, 2, 1)) == "2026年2月1日"


def test_a_moment_is_told_as_it_was_in_china() -> None:
    assert official_moment(datetime(2026, 2, 10, 16, 5, tzinfo=UTC)) == "2026年2月11日 00:05"


def test_a_moment_without_its_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        official_moment(datetime(2026, 2, 10, 16, 5))  # noqa: DTZ001 - that it lacks one is the point
