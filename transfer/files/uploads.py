"""Takes a file in pieces, so that what broke off goes on where it was; what came is encrypted from its first byte."""

import asyncio
import os
from collections import OrderedDict
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from transfer.files.intake import PART, Room, finish, receive, translated
from transfer.files.kinds import LIMITS
from transfer.files.sealedstream import SealedWriter, resume
from transfer.messages.attachments import Attachment, FileName
from transfer.messages.codes import MediaType
from transfer.ports.files import FileEmpty, FileRefused, FileTooLarge, OffsetDiffers, SizeDiffers, UnknownUpload

ABOUT: Final = ".json"
MOST_OPEN: Final = 64
"""So many are held open; another one that goes on is read again from disk."""


class _About(BaseModel):
    """What was said of an upload when it began, and what became of it."""

    owner: str
    size: int
    media_type: MediaType
    name: FileName
    kept: Attachment | None = None


@dataclass(slots=True, kw_only=True)
class SpooledUploads:
    """See ports.Uploads. An upload lies in the spool as its content and a note beside it; the sweep removes both when
    nothing came for a day. What a process held open when it ended goes on after its last whole chunk."""

    room: Room
    _open: OrderedDict[UUID, SealedWriter] = field(default_factory=OrderedDict)
    _locks: dict[UUID, asyncio.Lock] = field(default_factory=dict)

    async def begin(self, *, owner: str, size: int, media_type: MediaType, name: str) -> UUID:
        if size < 1:
            raise FileEmpty
        if size > LIMITS[media_type]:
            raise FileTooLarge(most=LIMITS[media_type], kind=media_type)
        upload = self.room.new_id()
        about = _About(owner=owner, size=size, media_type=media_type, name=name)
        await self._hold(upload, await self.room.begin(self._path(upload, PART)))
        await self._note(upload, about)
        return upload

    async def progress(self, upload: UUID, owner: str) -> tuple[int, int]:
        about = await self._about(upload, owner)
        if about.kept is not None:
            return about.size, about.size
        async with self._lock(upload):
            return (await self._writer(upload)).size, about.size

    async def append(
        self, upload: UUID, owner: str, offset: int, content: AsyncIterable[bytes]
    ) -> tuple[int, Attachment | None]:
        async with self._lock(upload):
            about = await self._about(upload, owner)
            if about.kept is not None:
                return about.size, about.kept
            writer = await self._writer(upload)
            if writer.size != offset:
                raise OffsetDiffers(got=writer.size)
            try:
                with translated():
                    await receive(writer, _at_most(content, about.size - offset), about.media_type)
                await self._note(upload, about)
                if writer.size < about.size:
                    return writer.size, None
                return about.size, await self._whole(upload, about, writer)
            except FileRefused:
                await self._drop(upload)
                raise

    async def _whole(self, upload: UUID, about: _About, writer: SealedWriter) -> Attachment:
        """If we crash here, what came is there and its last piece comes again."""
        with translated():
            digest = await finish(writer)
        self._forget(upload)
        kept, _ = await self.room.settle(writer.path, digest, about.size, about.media_type)
        writer.discard()
        named = Attachment(digest=kept.digest, size=kept.size, media_type=kept.media_type, name=about.name)
        await self._note(upload, about.model_copy(update={"kept": named}))
        return named

    def close(self) -> None:
        """Leave all as they are, at the end of the node."""
        for writer in self._open.values():
            writer.close()
        self._open.clear()

    async def _writer(self, upload: UUID) -> SealedWriter:
        path = self._path(upload, PART)
        writer = self._open.get(upload)
        with translated():
            if writer is not None and await asyncio.to_thread(_is_at, writer, path):
                self._open.move_to_end(upload)
                return writer
            # Another process of this node has gone on with it, or this one began anew.
            if writer is not None:
                self._open.pop(upload).close()
            try:
                writer = await asyncio.to_thread(resume, path, self.room.key())
            except FileNotFoundError:
                raise UnknownUpload from None
        await self._hold(upload, writer)
        return writer

    async def _hold(self, upload: UUID, writer: SealedWriter) -> None:
        self._open[upload] = writer
        for other in list(self._open)[: max(0, len(self._open) - MOST_OPEN)]:
            if not self._lock(other).locked():
                self._open[other].close()
                self._forget(other)

    async def _about(self, upload: UUID, owner: str) -> _About:
        with translated():
            try:
                text = await asyncio.to_thread(self._path(upload, ABOUT).read_text, "utf-8")
            except FileNotFoundError:
                raise UnknownUpload from None
        about = _About.model_validate_json(text)
        if about.owner != owner:
            raise UnknownUpload
        return about

    async def _note(self, upload: UUID, about: _About) -> None:
        def write() -> None:
            path = self._path(upload, ABOUT)
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(about.model_dump_json(), "utf-8")
            fresh.rename(path)

        with translated():
            await asyncio.to_thread(write)

    async def _drop(self, upload: UUID) -> None:
        writer = self._forget(upload)
        if writer is not None:
            writer.discard()
        with translated():
            for ending in (PART, ABOUT):
                await asyncio.to_thread(self._path(upload, ending).unlink, missing_ok=True)

    def _forget(self, upload: UUID) -> SealedWriter | None:
        self._locks.pop(upload, None)
        return self._open.pop(upload, None)

    def _lock(self, upload: UUID) -> asyncio.Lock:
        return self._locks.setdefault(upload, asyncio.Lock())

    def _path(self, upload: UUID, ending: str) -> Path:
        return self.room.spool / f"{upload}{ending}"


def _is_at(writer: SealedWriter, path: Path) -> bool:
    return not writer.out.closed and path.exists() and os.fstat(writer.out.fileno()).st_ino == path.stat().st_ino


async def _at_most(content: AsyncIterable[bytes], left: int) -> AsyncIterator[bytes]:
    async for data in content:
        left -= len(data)
        if left < 0:
            raise SizeDiffers
        yield data
