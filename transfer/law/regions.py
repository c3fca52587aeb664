"""Region codes (GB/T 2260) and their lives: a code is given up when its region is merged, split or raised, and the
numbers that persons were given under it stay as they are."""

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

_CITY: Final = 4
"""Digits that name a city."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """The years, both included, in which a code stood for a region of that name; None for open ends."""

    name: str
    since: int | None
    until: int | None


@cache
def _lives() -> Mapping[str, Sequence[Life]]:
    found: defaultdict[str, list[Life]] = defaultdict(list)
    text = files("transfer.law").joinpath("regions.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        since, until = (int(year) if (year := row[name]) else None for name in ("since", "until"))
        found[row["code"]].append(Life(name=row["name"], since=since, until=until))
    return found


@cache
def _cities() -> frozenset[str]:
    return frozenset(code[:_CITY] for code in _lives())


@cache
def _present() -> Mapping[str, str]:
    """The codes of today by province and name; a name that two regions of a province have is left out."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for code, lives in _lives().items():
        if lives[-1].until is None:
            found[code[:2] + lives[-1].name].add(code)
    return {name: codes.pop() for name, codes in found.items() if len(codes) == 1}


def retired_fault(code: str) -> str | None:
    """Why a region's code is none of today, with the one that its region has now where that is known; None for a code
    of today, and for one that is newer than the list."""
    lives = _lives().get(code, ())
    if not lives or lives[-1].until is None:
        return None
    last = lives[-1]
    now = _present().get(code[:2] + last.name)
    return f"was retired in {last.until}" + (f": {last.name} has the code {now} now" if now else "")


def birthplace_fault(number: str) -> str | None:
    """Why a resident identity number cannot begin as it does, or None: it was given after the birth, under a code that
    stood for a region then or later. A code that is newer than the list passes where its city is known."""
    code, born = number[:6], int(number[6:10])
    lives = _lives().get(code)
    if lives is None:
        return None if code[:_CITY] in _cities() else f"begins with {code}, which no region has had as its code"
    last = lives[-1].until
    if last is not None and last < born:
        return f"begins with {code}, which was retired in {last}, before the birth"
    return None
