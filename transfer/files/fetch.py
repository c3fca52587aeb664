"""Fetches the files that other regions' messages name: resumed after any break, kept when they are what was said."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type

from transfer.files.intake import PART, Room, finish, translated
from transfer.files.kinds import LIMITS
from transfer.files.sealedstream import SealedWriter, resume
from transfer.files.source import Source, SourceAway, SourceDiffers, SourceHasNone, SourceSaysNo
from transfer.ports.files import (
    ContentDiffers,
    Fetch,
    FileRecords,
    FileRefused,
    FilesUnavailable,
    FileTooLarge,
    Setback,
    SizeDiffers,
)
from transfer.ports.work import StorageUnavailable
from transfer.telemetry.metrics import FETCHES

log = structlog.get_logger(__name__)

LEASE: Final = timedelta(seconds=30)
NOTED_SECONDS: Final = 5.0
TRIES: Final = 4
"""How often in one round it is asked again when nothing came at all."""
_LONGEST: Final = 99
"""Attempts after which pauses grow no more."""


class _NoLongerMine(Exception):
    """The lease ran out, and somebody else fetches the file now."""


@dataclass(slots=True, kw_only=True)
class _Coming:
    """A file on its way: what is here of it, and how often in a row nothing more came."""

    fetch: Fetch
    writer: SealedWriter
    noted: float
    idle: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """Takes one file at a time; several may work beside each other, in one process or many."""

    records: FileRecords
    room: Room
    source: Source
    clock: Callable[[], datetime]
    pause: Callable[[int], timedelta]
    gone_after: timedelta
    first_wait: float = 0.5

    async def fetch_once(self) -> int:
        """Fetch the file that is due longest; gives how many came, 0 when none is due or this one did not come."""
        fetch = await self.records.claim(now=self.clock(), lease=LEASE)
        if fetch is None:
            return 0
        if await self._is_here(fetch):
            return 1
        if fetch.size > LIMITS[fetch.media_type]:
            await self._refuse(fetch, FileTooLarge(most=LIMITS[fetch.media_type], kind=fetch.media_type))
            return 0
        try:
            writer = await self._writer(fetch)
        except FilesUnavailable as error:
            await self._delay(fetch, fetch.got, Setback(code="not-kept", detail=str(error)))
            return 0
        coming = _Coming(fetch=fetch, writer=writer, noted=0.0)
        try:
            return await self._bring(coming)
        except asyncio.CancelledError:
            # What is here stays in the spool; without this, others would wait for the lease to end.
            coming.writer.close()
            await self.records.give_back(coming.fetch, coming.writer.size, now=self.clock())
            raise
        finally:
            coming.writer.close()

    async def _bring(self, coming: _Coming) -> int:
        try:
            await self._receive(coming)
            digest = await finish(coming.writer)
            if coming.writer.size != coming.fetch.size:
                raise SizeDiffers(said=coming.fetch.size, found=coming.writer.size)
            if digest != coming.fetch.digest:
                raise ContentDiffers(said=coming.fetch.digest, found=digest)
            fetch = coming.fetch
            await self.room.settle(coming.writer.path, digest, fetch.size, fetch.media_type, source=fetch.source)
        except (FileRefused, SourceDiffers) as error:
            coming.writer.discard()
            await self._refuse(coming.fetch, error)
        except SourceAway as error:
            await self._put_off(coming, error.why)
        except SourceSaysNo as error:
            await self._put_off(coming, error.why, longest=True)
        except SourceHasNone as error:
            await self._give_up(coming, error.why)
        except (FilesUnavailable, StorageUnavailable) as error:
            await self._put_off(coming, Setback(code="not-kept", detail=str(error)))
        except _NoLongerMine:
            log.warning("fetch_taken_over", file=coming.fetch.digest, source=coming.fetch.source)
        else:
            coming.writer.discard()
            self._tell("kept", coming.fetch)
            return 1
        return 0

    async def _is_here(self, fetch: Fetch) -> bool:
        """It may have come another way since it was wanted."""
        kept = await self.records.touch(fetch.digest)
        if kept is None:
            return False
        await self.records.keep(kept)
        return True

    async def _writer(self, fetch: Fetch) -> SealedWriter:
        """What an earlier process has left, or a new file; one that cannot be is no more than the source says."""
        path = self.path(fetch)

        def left() -> SealedWriter | None:
            if not path.exists() and not path.with_suffix(".old").exists():
                return None
            return resume(path, self.room.key())

        with translated():
            writer = await asyncio.to_thread(left)
        if writer is not None and writer.size > fetch.size:
            writer.discard()
            writer = None
        return writer or await self.room.begin(path)

    def path(self, fetch: Fetch) -> Path:
        """Where it lies until it is whole."""
        return self.room.spool / f"{fetch.id}{PART}"

    async def _receive(self, coming: _Coming) -> None:
        """All bytes that are missing, over as many connections as it takes while something comes over each."""

        def stop(_: RetryCallState) -> bool:
            return coming.idle >= TRIES

        def wait(_: RetryCallState) -> float:
            # A link that breaks but carries something is asked again almost at once; many who wait are spread.
            longest = self.first_wait * 2.0 ** (coming.idle - 1) if coming.idle else self.first_wait / 10
            return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter

        retrying = AsyncRetrying(
            stop=stop,
            wait=wait,
            retry=retry_if_exception_type(SourceAway),
            reraise=True,
        )
        async for attempt in retrying:
            with attempt:
                await self._ask(coming)

    async def _ask(self, coming: _Coming) -> None:
        before = coming.writer.size
        if before == coming.fetch.size:
            return
        try:
            async with aclosing(self.source.content(coming.fetch, before)) as pieces:
                await self._write(coming, pieces)
        finally:
            coming.idle = 0 if coming.writer.size > before else coming.idle + 1
        if coming.writer.size < coming.fetch.size:
            said = f"{coming.fetch.source} ended at byte {coming.writer.size} of {coming.fetch.size}"
            raise SourceAway(Setback(code="cut-short", detail=said))

    async def _write(self, coming: _Coming, pieces: AsyncIterator[bytes]) -> None:
        loop = asyncio.get_running_loop()
        async for piece in pieces:
            if coming.writer.size + len(piece) > coming.fetch.size:
                raise SizeDiffers(said=coming.fetch.size)
            with translated():
                await asyncio.to_thread(coming.writer.write, piece)
            if loop.time() - coming.noted >= NOTED_SECONDS:
                coming.noted = loop.time()
                renewed = await self.records.renew(coming.fetch, coming.writer.size, now=self.clock(), lease=LEASE)
                if renewed is None:
                    raise _NoLongerMine
                coming.fetch = renewed

    async def _put_off(self, coming: _Coming, why: Setback, *, longest: bool = False) -> None:
        """Try again later, unless the source has refused for so long that nobody waits for it any more."""
        fetch = coming.fetch
        if longest and self.clock() - fetch.wanted_at > self.gone_after:
            await self._give_up(coming, why)
            return
        if coming.writer.size > fetch.got:
            fetch = replace(fetch, attempts=0)
        await self._delay(fetch, coming.writer.size, why, longest=longest)

    async def _give_up(self, coming: _Coming, why: Setback) -> None:
        coming.writer.discard()
        await self.records.end(coming.fetch, why, gone=True, now=self.clock())
        self._tell("gone", coming.fetch, why)

    async def _delay(self, fetch: Fetch, got: int, why: Setback, *, longest: bool = False) -> None:
        now = self.clock()
        retry_at = now + self.pause(_LONGEST if longest else fetch.attempts)
        await self.records.put_off(fetch, got, why, now=now, retry_at=retry_at)
        self._tell("put_off", fetch, why)

    async def _refuse(self, fetch: Fetch, error: FileRefused | SourceDiffers) -> None:
        why = error.why if isinstance(error, SourceDiffers) else Setback(code=error.code, detail=error.message)
        await self.records.end(fetch, why, gone=False, now=self.clock())
        self._tell("refused", fetch, why)

    def _tell(self, end: str, fetch: Fetch, why: Setback | None = None) -> None:
        FETCHES.labels(end=end).inc()
        said = {} if why is None else {"code": why.code, "detail": why.detail}
        log.info("file_fetch", end=end, file=fetch.digest, source=fetch.source, size=fetch.size, **said)
