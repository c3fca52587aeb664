"""Provisions of law as they are cited in each language. What binds is the Chinese text; a law of one place has no
English name, and is cited as it stands."""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from transfer.web.pages.languages import Language

_FILE: Final = Path(__file__).parent.parent / "languages" / "both" / "laws.csv"
_STATE: Final = "中华人民共和国"
_OPEN: Final = "（条文待核）"
_NUMBER: Final = "([零一二三四五六七八九十百]+)"
_PLACE: Final = re.compile(f"第{_NUMBER}条(?:第{_NUMBER}款)?(?:第{_NUMBER}项)?")
_DIGITS: Final = "零一二三四五六七八九"


def cited(text: str, language: Language) -> str:
    """A law with its articles, as ``Source.printed`` gives it; as it is where not all of it is known here."""
    if language is Language.ZH:
        return text
    plain = text.removeprefix(_STATE)
    for zh, en in _laws().items():
        rest = plain.removeprefix(zh)
        if rest == plain:
            continue
        if rest in {"", _OPEN}:
            return f"{en} (article to be confirmed)" if rest else en
        places = [_PLACE.fullmatch(one) for one in rest.split("、")]
        if None not in places:
            return f"{en}, art. {', '.join(_place(one) for one in places if one)}"
    return text


def together(provisions: Iterable[str], language: Language) -> str:
    """Provisions as each is cited in this language, in one line; a law that follows itself is named once."""
    mark, between = (", art. ", ", ") if language is Language.EN else ("第", "、第")
    said: list[str] = []
    for one in provisions:
        law, _, place = one.partition(mark)
        if place and said and said[-1].startswith(law + mark):
            said[-1] += between + place
        else:
            said.append(one)
    return language.semicolon.join(said)


@cache
def _laws() -> Mapping[str, str]:
    """The English names of the laws of the whole country, by the Chinese ones."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["zh"]: row["en"] for row in csv.DictReader(file)})


def _place(found: re.Match[str]) -> str:
    article, *parts = (_number(one) for one in found.groups() if one)
    return f"{article}{''.join(f'({one})' for one in parts)}"


def _number(zh: str) -> int:
    total = digit = 0
    for sign in zh:
        if sign in _DIGITS:
            digit = _DIGITS.index(sign)
        else:
            total, digit = total + (digit or 1) * {"十": 10, "百": 100}[sign], 0
    return total + digit
