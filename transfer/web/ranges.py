"""Which part of a file a request is for: Range, If-Range, If-Match and If-None-Match (RFC 9110, 13 and 14)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from transfer.web.conditions import is_known
from transfer.web.faults import NotThatFile, RangeNotThere

_RANGE: Final = re.compile(r"bytes=(?:([0-9]{1,19})-([0-9]{0,19})|-([0-9]{1,19}))", re.IGNORECASE)
_TAGS: Final = re.compile(r'(?:W/)?"[^"]*"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The bytes from ``start`` up to ``stop``; ``partial`` when they were asked for, so that the answer must say."""

    start: int
    stop: int
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The client has the file already."""


def part_of(headers: Mapping[str, str], etag: str, size: int) -> Part | Known:
    """What to answer with. Several ranges in one request, and units other than bytes, are answered with the whole file.

    Raises NotThatFile, RangeNotThere.
    """
    match = headers.get("If-Match")
    # Tags are compared strongly (13.1.1): a weak one names no bytes.
    if match is not None and match.strip() != "*" and etag not in _TAGS.findall(match):
        raise NotThatFile
    if is_known(headers.get("If-None-Match"), etag):
        return Known()
    whole = Part(start=0, stop=size, partial=False)
    found = _RANGE.fullmatch(headers.get("Range", "").strip())
    if found is None or headers.get("If-Range", etag).strip() != etag:
        return whole
    first, last, suffix = found.groups()
    if suffix is not None:
        start, stop = max(0, size - int(suffix)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return whole
    if start >= size:
        raise RangeNotThere(f"The file has {size} bytes.", headers={"Content-Range": f"bytes */{size}"})
    return Part(start=start, stop=stop, partial=True)
