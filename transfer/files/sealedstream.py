"""Files at rest as streams: written chunk by chunk as they come, read from any place in them."""

import hashlib
import io
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final, Self

from transfer.crypto.chunks import CHUNK, HEADER, SEALED_CHUNK, FileKey, Opening, Sealing, content_size, place
from transfer.crypto.errors import CryptoError

BLOCK: Final = 8
"""Chunks that are read from the store at once: 512 KiB."""

OLD: Final = ".old"

ReadAt = Callable[[int, int], Awaitable[bytes]]
"""The bytes of an object from one place up to another."""


@dataclass(slots=True, kw_only=True)
class SealedWriter:
    """A new file at rest. A chunk of content at most is held in memory, since only the end tells which is the last."""

    path: Path
    out: IO[bytes]
    sealing: Sealing
    size: int = 0
    head: bytes = b""
    _waiting: bytearray = field(default_factory=bytearray)
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @classmethod
    def create(cls, path: Path, key: FileKey) -> Self:
        """Raises OSError, FileExistsError when it is there."""
        out = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
        sealing = Sealing(key)
        out.write(sealing.header)
        return cls(path=path, out=out, sealing=sealing)

    def write(self, data: bytes) -> None:
        """More of the content; raises OSError."""
        self.size += len(data)
        self._hash.update(data)
        if len(self.head) < CHUNK:
            self.head += data[: CHUNK - len(self.head)]
        coming, sealed = memoryview(data), []
        while len(self._waiting) + len(coming) > CHUNK:
            missing = CHUNK - len(self._waiting)
            chunk, coming = coming[:missing], coming[missing:]
            if self._waiting:
                self._waiting += chunk
                chunk = memoryview(bytes(self._waiting))
                self._waiting.clear()
            sealed.append(self.sealing.seal(chunk, last=False))
        self._waiting += coming
        self._put(b"".join(sealed))

    def finish(self) -> str:
        """The content is whole and on disk; gives its digest. Raises OSError, and ValueError when it is empty."""
        self._put(self.sealing.seal(bytes(self._waiting), last=True))
        self._waiting.clear()
        os.fsync(self.out.fileno())
        self.out.close()
        return f"sha256:{self._hash.hexdigest()}"

    def close(self) -> None:
        """Leave it as it is."""
        self.out.close()

    def discard(self) -> None:
        """Remove it."""
        self.out.close()
        self.path.unlink(missing_ok=True)

    def _put(self, sealed: bytes) -> None:
        left = memoryview(sealed)
        while left:
            left = left[self.out.write(left) :]


def resume(path: Path, key: FileKey) -> SealedWriter:
    """What was written of a file when its process ended, up to the last whole chunk, under a key of its own: what comes
    now may differ from what came then, and two contents under one nonce would lay both open.

    If we crash here, both are there, and the next time begins with the old one again. Raises OSError."""
    was = path.with_suffix(OLD)
    if was.exists():
        path.unlink(missing_ok=True)
    else:
        path.rename(was)
    writer = SealedWriter.create(path, key)
    try:
        with was.open("rb") as kept:
            opening = Opening.of(kept.read(HEADER), key)
            index = 0
            while len(chunk := kept.read(SEALED_CHUNK)) == SEALED_CHUNK:
                writer.write(opening.open(index, chunk, last=False))
                index += 1
    except CryptoError:
        # Torn by a power cut, or of another key: what stands before it is good.
        pass
    except BaseException:
        writer.close()
        raise
    was.unlink()
    return writer


class SealedReader(io.RawIOBase):
    """What ``opened`` reads from, at most to the end of a chunk at once."""

    def __init__(self, path: Path, key: FileKey) -> None:
        self._file = path.open("rb", buffering=0)
        try:
            self._opening = Opening.of(self._file.read(HEADER), key)
            self.size: Final = content_size(os.fstat(self._file.fileno()).st_size)
        except BaseException:
            self._file.close()
            raise
        self._at = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - whatever can be written to
        """Raises CannotBeOpened for what was altered."""
        wanted = memoryview(buffer).cast("B")
        if self._at >= self.size or not len(wanted):
            return 0
        index, offset = divmod(self._at, CHUNK)
        part = self._chunk(index)[offset : offset + len(wanted)]
        wanted[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _chunk(self, index: int) -> bytes:
        if self._held[0] != index:
            self._file.seek(place(index))
            sealed = self._file.read(SEALED_CHUNK)
            self._held = index, self._opening.open(index, sealed, last=index == (self.size - 1) // CHUNK)
        return self._held[1]

    def close(self) -> None:
        self._file.close()
        super().close()


def opened(path: Path, key: FileKey) -> io.BufferedReader:
    """The content of a whole file at rest in a local folder, to be read from any place. Raises OSError, Malformed,
    UnknownKey, CannotBeOpened."""
    return io.BufferedReader(SealedReader(path, key), buffer_size=CHUNK)


async def read_content(read: ReadAt, size: int, key: FileKey, start: int, stop: int) -> AsyncIterator[bytes]:
    """The content from ``start`` up to ``stop`` of a file of ``size`` bytes, in blocks of at most BLOCK chunks; of the
    object only those chunks are read. Raises CryptoError for what was altered, and what ``read`` raises."""
    if start >= stop:
        return
    opening = Opening.of(await read(0, HEADER), key)
    last, end = (size - 1) // CHUNK, (stop - 1) // CHUNK
    for first in range(start // CHUNK, end + 1, BLOCK):
        beyond = min(first + BLOCK, end + 1)
        sealed = await read(place(first), place(beyond))
        content = b"".join(
            opening.open(first + n, sealed[n * SEALED_CHUNK : (n + 1) * SEALED_CHUNK], last=first + n == last)
            for n in range(beyond - first)
        )
        yield content[max(0, start - first * CHUNK) : stop - first * CHUNK]
