"""Takes files in: encrypted while they come, looked at when they are whole, and then there for others in one step."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final
from uuid import UUID

import structlog
from pydantic import TypeAdapter

from transfer.crypto.chunks import FileKey
from transfer.files.kinds import HEAD, LIMITS, kind_of, likely
from transfer.files.scanning import Scanner
from transfer.files.sealedstream import SealedWriter, opened, read_content
from transfer.files.store import Store
from transfer.messages.attachments import Attachment, FileName
from transfer.messages.codes import MediaType
from transfer.messages.values import Digest
from transfer.ports.files import (
    FileEmpty,
    FileNeverCame,
    FileRecords,
    FilesUnavailable,
    FileTooLarge,
    KeptFile,
    KindDiffers,
    UnknownFile,
)
from transfer.telemetry.metrics import FILES_KEPT

log = structlog.get_logger(__name__)

PART: Final = ".part"
_BLOCK: Final = 2**20
_NAME: Final[TypeAdapter[str]] = TypeAdapter(FileName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """See ports.Files. What comes lies in ``spool`` until it is whole; a file that is refused leaves nothing."""

    store: Store
    spool: Path
    records: FileRecords
    key: Callable[[], FileKey]
    scanner: Scanner | None
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]

    async def take(self, content: AsyncIterable[bytes], *, media_type: MediaType, name: str) -> tuple[Attachment, bool]:
        plain = _NAME.validate_python(name)
        writer = await self.begin(self.spool / f"{self.new_id()}{PART}")
        try:
            with translated():
                await receive(writer, content, media_type)
                digest = await finish(writer)
            kept, new = await self.settle(writer.path, digest, writer.size, media_type)
        finally:
            # Also when the one who sends it goes away in the middle.
            writer.discard()
        return Attachment(digest=kept.digest, size=kept.size, media_type=kept.media_type, name=plain), new

    async def begin(self, path: Path) -> SealedWriter:
        """A new file in the spool; raises FilesUnavailable, and CryptoError for the key."""

        def create() -> SealedWriter:
            self.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
            return SealedWriter.create(path, self.key())

        with translated():
            return await asyncio.to_thread(create)

    async def settle(
        self, path: Path, digest: Digest, size: int, media_type: MediaType, *, source: str | None = None
    ) -> tuple[KeptFile, bool]:
        """Look at a whole file of the spool, and keep it; gives the record, and whether the file is new here.

        Raises KindUnknown, KindDiffers, ScanRefused, FilesUnavailable, StorageUnavailable.
        """
        known = await self.records.touch(digest)
        if known is not None and await self.store.holds(known.place):
            if known.media_type is not media_type:
                raise KindDiffers(said=media_type.value, found=known.media_type.value)
            return known, False
        await self._look_at(path, size, media_type)
        place = await self.store.place(path, digest)
        fresh = KeptFile(digest=digest, size=size, media_type=media_type, place=place, kept_at=self.clock())
        # If we crash here, an object is left that no record names.
        kept = await self.records.keep(fresh, source=source, instead_of=known.place if known else None)
        if kept.place != place:
            await self.store.remove(place)
            return kept, False
        FILES_KEPT.inc()
        log.info("file_kept", digest=digest, size=size, media_type=media_type.value)
        return kept, True

    async def _look_at(self, path: Path, size: int, media_type: MediaType) -> None:
        def look() -> MediaType:
            with opened(path, self.key()) as content:
                return kind_of(content, size)

        with translated():
            found = await asyncio.to_thread(look)
            if found is not media_type:
                raise KindDiffers(said=media_type.value, found=found.value)
            if self.scanner is not None:
                with opened(path, self.key()) as content:
                    await self.scanner.scan(_blocks(content))

    async def ready(self) -> None:
        # First, since the spool would bring a lost folder of the store back empty.
        await self.store.ready()
        with translated():
            await asyncio.to_thread(self.spool.mkdir, mode=0o700, parents=True, exist_ok=True)

    async def find(self, digest: Digest) -> KeptFile:
        kept = await self.records.kept(digest)
        if kept is None:
            never = await self.records.never_came(digest)
            raise (FileNeverCame if never else UnknownFile)(file=digest)
        return kept

    async def granted(self, digest: Digest, recipient: str) -> bool:
        return await self.records.granted(digest, recipient)

    def read(self, file: KeptFile, start: int, stop: int) -> AsyncIterator[bytes]:
        async def read(first: int, beyond: int) -> bytes:
            return await self.store.read(file.place, first, beyond)

        return read_content(read, file.size, self.key(), start, stop)


async def receive(writer: SealedWriter, content: AsyncIterable[bytes], media_type: MediaType) -> None:
    """Write what comes; what cannot become a file of that kind is refused before the rest has come."""
    looked = False
    async for data in content:
        if writer.size + len(data) > LIMITS[media_type]:
            raise FileTooLarge(most=LIMITS[media_type], kind=media_type)
        await asyncio.to_thread(writer.write, data)
        if not looked and writer.size >= HEAD:
            looked = True
            if (found := likely(writer.head[:HEAD])) is not media_type:
                raise KindDiffers(said=media_type.value, found=found.value)


async def finish(writer: SealedWriter) -> Digest:
    """The digest of a file that is whole now; raises FileEmpty."""
    if not writer.size:
        raise FileEmpty
    return await asyncio.to_thread(writer.finish)


def _blocks(content: IO[bytes]) -> Iterator[bytes]:
    while block := content.read(_BLOCK):
        yield block


@contextmanager
def translated() -> Iterator[None]:
    """The disk's errors as what they mean to whoever sends a file."""
    try:
        yield
    except OSError as error:
        raise FilesUnavailable(f"the spool of files: {error.strerror or type(error).__name__}") from error
