"""Removes what is nobody's: files that nothing names, objects that no record names, what broken uploads left behind."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import structlog

from transfer.files.intake import translated
from transfer.files.store import Store
from transfer.ports.files import FileRecords

log = structlog.get_logger(__name__)

GRACE: Final = timedelta(days=1)
"""What is younger may be somebody's who has not written its record yet; that takes seconds."""
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How much was removed."""

    files: int = 0
    objects: int = 0
    spools: int = 0

    @property
    def total(self) -> int:
        return self.files + self.objects + self.spools


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeper:
    """Safe beside uploads, fetches and other sweeps: a file that is about to be named has been touched, an object has a
    name of its own that nobody takes up again, and a spool is in use as long as its fetch has not ended."""

    store: Store
    spool: Path
    records: FileRecords
    clock: Callable[[], datetime]
    unused_after: timedelta

    async def sweep_once(self) -> int:
        """Gives how much was removed; raises FilesUnavailable, StorageUnavailable."""
        return (await self.sweep()).total

    async def sweep(self) -> Swept:
        """Raises as ``sweep_once``."""
        swept = Swept(files=await self._files(), objects=await self._objects(), spools=await self._spools())
        if swept.total:
            log.info("files_swept", files=swept.files, objects=swept.objects, spools=swept.spools)
        return swept

    async def _files(self) -> int:
        count, before = 0, self.clock() - self.unused_after
        while places := await self.records.forget_unused(before=before, limit=_AT_ONCE):
            for place in places:
                # If we crash here, an object is left that no record names, for the next sweep.
                await self.store.remove(place)
            count += len(places)
        return count

    async def _objects(self) -> int:
        count, before = 0, self.clock() - GRACE
        some: list[str] = []
        async for name, written in self.store.everything():
            if written < before:
                some.append(name)
            if len(some) == _AT_ONCE:
                count += await self._unrecorded(some)
                some = []
        return count + await self._unrecorded(some)

    async def _unrecorded(self, names: list[str]) -> int:
        left = set(names) - set(await self.records.recorded(names)) if names else set()
        for name in left:
            await self.store.remove(name)
        return len(left)

    async def _spools(self) -> int:
        before = (self.clock() - GRACE).astimezone(UTC).timestamp()
        with translated():
            old = await asyncio.to_thread(lambda: list(_left(self.spool, before)))
        used = set(await self.records.in_use([fetch for fetch, _ in old])) if old else set()
        gone = [path for fetch, path in old if fetch not in used]
        with translated():
            for path in gone:
                await asyncio.to_thread(path.unlink, missing_ok=True)
        return len(gone)


def _left(spool: Path, before: float) -> Iterator[tuple[UUID, Path]]:
    """What lies in the spool and was last written before then; other things in the folder are not ours."""
    if not spool.is_dir():
        return
    for path in spool.iterdir():
        with suppress(ValueError, FileNotFoundError):
            if path.stat().st_mtime < before:
                yield UUID(path.stem), path
