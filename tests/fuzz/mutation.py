"""Alters what has a structure within its structure: members of JSON, segments of a letter."""

import base64
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from random import Random
from typing import Any, Final

from tests.fuzz.target import LARGEST

HOSTILE: Final[tuple[Any, ...]] = (
    None,
    True,
    False,
    0,
    -1,
    2**31,
    2**63,
    10**400,
    0.5,
    1e300,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "x",
    "\x00",
    "\x1b[2J",
    "\n",
    "\u2028",
    "\u202e",
    "\ud800",
    "\U000e0041",
    "\U0010ffff",
    "x" * 5000,
    [],
    [[]],
    {},
    {"": None},
    "9999-12-31T23:59:59+00:00",
    "0001-01-01T00:00:00+23:59",
    "2026-06-01",
    "1e5",
    "AAAA",
    "A" * 43,
    "_" * 43,
    "990000",
    "442000",
    "510521",
    "442000.sign.00000000",
    "legalaid.transfer.offered.v9",
    "../../etc/passwd",
)
"""Values that are wrong somewhere, and some that are right elsewhere."""

DEEPEST: Final = 40
"""Below this only whole branches are altered."""

Place = tuple[Any, Any]
"""A list or an object, and an index or a name in it."""


def altered(data: bytes, plain: Callable[[bytes], bytes], random: Random) -> bytes:
    """The input, altered within its structure where it has one; ``plain`` alters bytes as bytes."""
    if random.random() < 0.3:
        return plain(data)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return _segments(data, plain, random)
    try:
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            if len(repr(value)) <= LARGEST:
                value = _changed(value, random)
        text = json.dumps(value, ensure_ascii=random.random() < 0.5)
    except (ValueError, RecursionError):  # too deep, or a number too long to be written
        return plain(data)
    if random.random() < 0.02:
        depth = random.choice((50, 127, 128, 200, 255, 1000))
        text = "[" * depth + text + "]" * depth
    return text.encode("utf-8", "surrogatepass")


def _changed(value: Any, random: Random) -> Any:
    places = list(_places(value))
    if not places:
        return deepcopy(random.choice(HOSTILE))
    inside, at = random.choice(places)
    match random.randrange(6):
        case 0:
            del inside[at]
        case 1:
            other, where = random.choice(places)
            inside[at] = deepcopy(other[where])
        case 2 if isinstance(inside, dict):
            inside[random.choice(("data", "kid", "crit", "zip", "b64", "jku", "x5c", "é", "\ud800"))] = inside[at]
        case 3 if isinstance(inside, list):
            room = LARGEST // (len(repr(inside[at])) + 1)
            inside.extend([inside[at]] * min(random.choice((1, 50, 600)), room))
        case 4 if isinstance(inside[at], str):
            inside[at] = _text(inside[at], random)
        case _:
            inside[at] = deepcopy(random.choice(HOSTILE))
    return value


def _places(value: Any, depth: int = 0) -> Iterator[Place]:
    if isinstance(value, dict | list) and depth < DEEPEST:
        for at in value if isinstance(value, dict) else range(len(value)):
            yield value, at
            yield from _places(value[at], depth + 1)


def _text(text: str, random: Random) -> str:
    if text.count(".") in (2, 4) and random.random() < 0.8:
        return _segments(text.encode("utf-8", "replace"), lambda data: data[::-1], random).decode("latin-1")
    put = str(random.choice([one for one in HOSTILE if isinstance(one, str)]))
    at = random.randrange(len(text) + 1)
    return text[:at] + put + text[at + random.randrange(3) :]


def _segments(data: bytes, plain: Callable[[bytes], bytes], random: Random) -> bytes:
    parts = data.split(b".")
    at = random.randrange(len(parts))
    if len(parts) == 1:
        return plain(data)
    match random.randrange(5):
        case 0:
            parts[at] = b""
        case 1:
            parts[at] = random.choice(parts)
        case 2:
            parts.insert(at, b"AAAA")
        case _:
            try:
                inner = base64.urlsafe_b64decode(parts[at] + b"=" * (-len(parts[at]) % 4))
            except ValueError:
                return plain(data)
            inner = altered(inner, plain, random) if b"." in inner or b"{" in inner else plain(inner)
            parts[at] = base64.urlsafe_b64encode(inner).rstrip(b"=")
    return b".".join(parts)
