"""True letters to begin with, from Zhongshan to Luxian, made with real keys at a time that stands still."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Final

from tests.fuzz.target import examples
from tests.trust import shared
from transfer.crypto.directory import Directory
from transfer.crypto.wire import Wire

SOURCE: Final = "442000"
RECIPIENT: Final = "510521"
NOW: Final = datetime(2026, 6, 1, 8, tzinfo=UTC)


@cache
def directory() -> Directory:
    """The regions of the local stack, with the keys of these tests."""
    return shared().directory()


@cache
def wire(region: str) -> Wire:
    """Seals and opens as the region does, at NOW."""
    return replace(shared().wire(region, directory()), clock=lambda: NOW)


def contents() -> list[bytes]:
    """Each example of a message, as one of these two regions to the other."""
    addressed = {"source": SOURCE, "recipient": RECIPIENT}
    return [json.dumps({**event, **addressed}, ensure_ascii=False).encode() for _, _, event in examples()]


def sealed_examples() -> list[bytes]:
    """The first few of them, sealed."""
    return [wire(SOURCE).close(content) for content in contents()[:4]]
