"""When each message reached each mark, noted in 24 bytes so that taking notes does not look like a leak."""

import asyncio
import time
from array import array
from collections.abc import Iterable, Iterator
from enum import StrEnum
from uuid import UUID

_ID = 16


class Mark(StrEnum):
    """The points on a message's way; each is noted after the commit that makes it true."""

    COMMITTED = "committed"
    PUBLISHED = "published"
    APPLIED = "applied"
    RECEIPTED = "receipted"


class Times:
    """The marks of one process, in nanoseconds of CLOCK_MONOTONIC, which all processes of a machine share."""

    def __init__(self) -> None:
        self._ids = {mark: bytearray() for mark in Mark}
        self._at = {mark: array("q") for mark in Mark}
        self._counts = dict.fromkeys(Mark, 0)
        self._awaited: list[tuple[Mark, int, asyncio.Event]] = []

    def note(self, mark: Mark, ids: Iterable[UUID]) -> None:
        """These messages reached the mark now; each may be noted once only, a duplicate delivery not at all."""
        now = time.monotonic_ns()
        noted, at = self._ids[mark], self._at[mark]
        before = len(at)
        for identity in ids:
            noted += identity.bytes
            at.append(now)
        self._counts[mark] += len(at) - before
        for awaited, count, event in self._awaited:
            if awaited is mark and self._counts[mark] >= count:
                event.set()

    def count(self, mark: Mark) -> int:
        """How many messages have reached the mark since the process began."""
        return self._counts[mark]

    async def reached(self, mark: Mark, count: int) -> None:
        """Returns when so many messages have reached the mark since the process began."""
        if self._counts[mark] >= count:
            return
        event = asyncio.Event()
        self._awaited.append((mark, count, event))
        await event.wait()
        self._awaited = [entry for entry in self._awaited if entry[2] is not event]

    def forget(self) -> None:
        """Drops the notes and keeps the counts."""
        for mark in Mark:
            self._ids[mark].clear()
            del self._at[mark][:]

    def notes(self, mark: Mark, *, chunk: int = 60) -> Iterator[tuple[str, list[int]]]:
        """The notes in pieces: the ids as one run of hexadecimal digits, 32 each, and their times.

        A piece fits into 4 KiB as JSON, which a pipe takes whole or not at all.
        """
        ids, at = self._ids[mark], self._at[mark]
        for start in range(0, len(at), chunk):
            piece = ids[start * _ID : (start + chunk) * _ID]
            yield piece.hex(), at[start : start + chunk].tolist()


def read_notes(ids: str, at: list[int]) -> dict[str, int]:
    """What notes() wrote, by id."""
    return {ids[place * 32 : place * 32 + 32]: moment for place, moment in enumerate(at)}
