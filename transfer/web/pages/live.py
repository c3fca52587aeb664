"""Tells open pages that what they show has changed. Nothing of a case is told: a page that hears it is read again, by
whoever may read it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from transfer.ports.views import Views
from transfer.ports.work import StorageUnavailable

LOOK_SECONDS: Final = 2.0
BEAT_SECONDS: Final = 15.0
STREAM_SECONDS: Final = 60.0
"""How long one answer goes on. The browser then asks anew, and its rights are looked at anew: whoever was signed out
hears nothing after that."""
AT_MOST: Final = 400
_RETRY: Final = b"retry: 2000\n\n"
_BEAT: Final = b": still here\n\n"


class TooManyWatch(Exception):
    """So many pages are open that this one is not told of changes; it shows them when it is read again."""


@dataclass(slots=True)
class Live:
    """Looks every two seconds for what changed, once for all pages of this process that are open, and not while there
    are none. Changes by other processes on the same database are seen as well."""

    _listeners: Counter[UUID | None] = field(default_factory=Counter)
    _marks: Mapping[UUID | None, str] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _looking: asyncio.Task[None] | None = None
    _stopped: bool = False

    def listen(self, views: Views, case: UUID | None, seen: str) -> AsyncIterator[bytes]:
        """What is sent to a page that shows this case, or with None a list, as it was at that mark.

        Raises TooManyWatch.
        """
        if self._listeners.total() >= AT_MOST:
            raise TooManyWatch
        return self._told(views, case, seen)

    def stop(self) -> None:
        """Every stream ends; at the end of the site."""
        self._stopped = True
        self._news.set()

    async def _told(self, views: Views, case: UUID | None, seen: str) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.time() + STREAM_SECONDS
        self._listeners[case] += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(views), name="live")
        try:
            yield _RETRY
            while not self._stopped and (left := end - loop.time()) > 0:
                news, mark = self._news, self._marks.get(case, seen)
                if mark != seen:
                    seen = mark
                    yield f"id: {mark}\nevent: changed\ndata: {mark}\n\n".encode()
                    continue
                try:
                    async with asyncio.timeout(min(BEAT_SECONDS, left)):
                        await news.wait()
                except TimeoutError:
                    yield _BEAT
        finally:
            self._listeners[case] -= 1
            if not self._listeners[case]:
                del self._listeners[case]

    async def _look(self, views: Views) -> None:
        while self._listeners and not self._stopped:
            try:
                marks = await views.marks([case for case in self._listeners if case is not None])
            except StorageUnavailable:
                marks = self._marks
            if marks != self._marks:
                self._marks = marks
                self._news.set()
                self._news = asyncio.Event()
            await asyncio.sleep(LOOK_SECONDS)
        self._marks = {}
