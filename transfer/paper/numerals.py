"""Numbers and dates as official papers write them (GB/T 9704-2012; GB/T 15835-2011)."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

_DIGITS: Final = "零一二三四五六七八九"
_MOST: Final = 99

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""One time zone in the whole country, without summer time since 1992."""


def chinese_number(number: int) -> str:
    """1 to 99 in Chinese numerals, as headings are counted. Raises ValueError beyond them."""
    if not 1 <= number <= _MOST:
        raise ValueError(f"a heading is counted from 1 to {_MOST}")
    tens, ones = divmod(number, 10)
    ten = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return ten + (_DIGITS[ones] if ones else "")


def official_day(day: date) -> str:
    """The date of an official paper: Arabic numerals, no leading zeros, as in 2026年2月11日."""
    return f"{day.year}年{day.month}月{day.day}日"


def official_moment(moment: datetime) -> str:
    """Day, hour and minute in China. Raises ValueError for a moment without its offset."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs its offset from UTC")
    local = moment.astimezone(CHINA)
    return f"{official_day(local)} {local:%H:%M}"
