"""Where files are kept: a folder, or a bucket that speaks S3. Objects are written once and never changed."""

import asyncio
import errno
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from transfer.messages.values import Digest
from transfer.ports.files import FilesUnavailable

ROOM: Final = "objects"
_TRIED: Final = b"tried"
_S3: Final = "s3://"
_RETRIES: Final = 3
_PATIENCE: Final = timedelta(seconds=20)
"""Whoever waits for an answer is told soon that the bucket is away; fetches are tried again by themselves."""


class StoreInvalid(ValueError):
    """The setting files names no place that is supported: give a folder, or s3://BUCKET/PREFIX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Objects by name. A name is made for each object anew, so that nothing is ever written over, and an object that no
    record names is no file of anybody."""

    objects: LocalStore | S3Store
    folder: Path | None

    @classmethod
    def open(cls, where: str) -> "Store":
        """The folder is made when it is missing; a bucket is first asked when something is read or written.

        Raises StoreInvalid or FilesUnavailable.
        """
        if where.startswith(_S3):
            try:
                retries: Any = {"max_retries": _RETRIES, "retry_timeout": _PATIENCE}
                return cls(objects=S3Store.from_url(where, retry_config=retries), folder=None)
            except BaseError as error:
                raise StoreInvalid(f"{StoreInvalid.__doc__} ({type(error).__name__})") from error
        if "://" in where:
            raise StoreInvalid(StoreInvalid.__doc__)
        folder = Path(where)
        with _translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(objects=LocalStore(folder), folder=folder)

    async def ready(self) -> None:
        """Raises FilesUnavailable when nothing can be written or read now, as far as can be seen without writing."""
        if self.folder is not None and not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            raise FilesUnavailable("the store of files: its folder is missing, or cannot be read and written")
        await self.holds(f"{ROOM}/none")

    async def try_out(self) -> None:
        """Write, read and remove a small object; raises FilesUnavailable."""
        name = f"{ROOM}/tried.{secrets.token_hex(4)}"
        with _translated():
            await self.objects.put_async(name, _TRIED)
        if await self.read(name, 0, len(_TRIED)) != _TRIED:
            raise FilesUnavailable("the store of files: gives something else than was written")
        await self.remove(name)

    async def place(self, file: Path, digest: Digest) -> str:
        """Keep a finished file that lies on disk, which is there no more; gives the name of its object.

        If we crash here, an object is left that no record names; a sweep removes it. Raises FilesUnavailable.
        """
        digits = digest.partition(":")[2]
        name = f"{ROOM}/{digits[:2]}/{digits}.{secrets.token_hex(4)}"
        with _translated():
            if self.folder is None:
                await self._send(file, name)
            else:
                await asyncio.to_thread(_move, file, self.folder / name)
        return name

    async def _send(self, file: Path, name: str) -> None:
        # In parts, which appear as one object when the last one is there.
        await self.objects.put_async(name, file, max_concurrency=2)
        await asyncio.to_thread(file.unlink)

    async def read(self, name: str, start: int, stop: int) -> bytes:
        """Bytes of an object; raises FilesUnavailable, also when it is not there."""
        with _translated():
            if self.folder is not None:
                # The library would copy each part once more, in threads of its own with memory of their own.
                return await asyncio.to_thread(_part, self.folder / name, start, stop)
            return bytes(await self.objects.get_range_async(name, start=start, end=stop))

    async def holds(self, name: str) -> bool:
        """Whether the object is there; raises FilesUnavailable."""
        with _translated():
            try:
                await self.objects.head_async(name)
            except FileNotFoundError:
                return False
            return True

    async def remove(self, name: str) -> None:
        """Remove an object, if it is there; raises FilesUnavailable."""
        with _translated():
            try:
                await self.objects.delete_async(name)
            except FileNotFoundError:
                return

    async def everything(self) -> AsyncIterator[tuple[str, datetime]]:
        """The names of all objects, and when each was written; raises FilesUnavailable."""
        with _translated():
            async for some in self.objects.list(ROOM, chunk_size=500):
                for one in some:
                    yield one["path"], one["last_modified"]


def _part(file: Path, start: int, stop: int) -> bytes:
    with file.open("rb", buffering=0) as content:
        return os.pread(content.fileno(), stop - start, start)


def _move(file: Path, target: Path) -> None:
    """Within one file system the file appears in one step; from another one it is written beside its place first."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        file.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        LocalStore(target.parent).put(target.name, file)
        _sync(target)
        file.unlink()
    # A record of it may be committed next: the folders must know it before.
    for folder in (target.parent, target.parent.parent):
        _sync(folder)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        # The library's text may quote addresses and answers of the bucket.
        said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise FilesUnavailable(f"the store of files: {said}") from error
