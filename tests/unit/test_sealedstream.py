"""Files at rest as streams: written as they come, read from any place, resumed after a process was killed."""

import hashlib
import os
import random
from pathlib import Path

import pytest

from transfer.crypto.chunks import CHUNK, HEADER, SEALED_CHUNK, FileKey, sealed_size
from transfer.crypto.errors import CannotBeOpened
from transfer.files.sealedstream import BLOCK, SealedWriter, opened, read_content, resume

KEY = FileKey(id=b"12345678", secret=bytes(range(32)))
CONTENT = random.Random(1).randbytes(3 * CHUNK + 1234)  # noqa: S311 - the same content each time


def written(path: Path, content: bytes, *, piece: int = 10_000) -> str:
    writer = SealedWriter.create(path, KEY)
    for start in range(0, len(content), piece):
        writer.write(content[start : start + piece])
    return writer.finish()


@pytest.mark.parametrize("size", [1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, len(CONTENT)])
@pytest.mark.parametrize("piece", [10_000, CHUNK, 5 * CHUNK])
def test_what_is_written_in_pieces_is_read_as_it_was(tmp_path: Path, size: int, piece: int) -> None:
    digest = written(tmp_path / "x", CONTENT[:size], piece=piece)
    assert digest == "sha256:" + hashlib.sha256(CONTENT[:size]).hexdigest()
    assert (tmp_path / "x").stat().st_size == sealed_size(size)
    with opened(tmp_path / "x", KEY) as content:
        assert content.read() == CONTENT[:size]


def test_it_is_readable_by_its_owner_alone_and_holds_nothing_in_clear(tmp_path: Path) -> None:
    written(tmp_path / "x", CONTENT)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
    assert CONTENT[:32] not in (tmp_path / "x").read_bytes()


def test_the_reader_goes_to_any_place(tmp_path: Path) -> None:
    written(tmp_path / "x", CONTENT)
    with opened(tmp_path / "x", KEY) as content:
        for place in (CHUNK - 5, 0, 2 * CHUNK, len(CONTENT) - 3):
            content.seek(place)
            assert content.read(10) == CONTENT[place : place + 10]
        content.seek(-4, os.SEEK_END)
        assert (content.read(), content.read()) == (CONTENT[-4:], b"")


async def ranged(path: Path, start: int, stop: int) -> tuple[bytes, list[tuple[int, int]]]:
    """The content from one place to another, and what was read of the file at rest."""
    data, read = path.read_bytes(), []  # noqa: ASYNC240 - a test waits for its disk

    async def read_at(first: int, beyond: int) -> bytes:
        read.append((first, beyond))
        return data[first:beyond]

    parts = [part async for part in read_content(read_at, len(CONTENT), KEY, start, stop)]
    return b"".join(parts), read


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, len(CONTENT)), (0, 1), (CHUNK - 1, CHUNK + 1), (CHUNK, 2 * CHUNK), (len(CONTENT) - 1, len(CONTENT)), (7, 7)],
)
async def test_any_range_is_read(tmp_path: Path, start: int, stop: int) -> None:
    written(tmp_path / "x", CONTENT)
    assert (await ranged(tmp_path / "x", start, stop))[0] == CONTENT[start:stop]


async def test_a_range_touches_only_its_chunks(tmp_path: Path) -> None:
    written(tmp_path / "x", CONTENT)
    _, read = await ranged(tmp_path / "x", CHUNK + 10, CHUNK + 20)
    assert read == [(0, HEADER), (HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK)]


async def test_a_long_range_comes_in_blocks(tmp_path: Path) -> None:
    content = bytes(40 * CHUNK)
    written(tmp_path / "x", content)
    data = (tmp_path / "x").read_bytes()

    async def read_at(first: int, beyond: int) -> bytes:
        return data[first:beyond]

    sizes = [len(part) async for part in read_content(read_at, len(content), KEY, 5, len(content))]
    assert sum(sizes) == len(content) - 5
    assert max(sizes) <= BLOCK * CHUNK


async def test_an_altered_file_is_not_read_on(tmp_path: Path) -> None:
    written(tmp_path / "x", CONTENT)
    data = bytearray((tmp_path / "x").read_bytes())
    data[HEADER + SEALED_CHUNK + 5] ^= 1
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(CannotBeOpened, match="chunk 1"):
        await ranged(tmp_path / "x", 0, len(CONTENT))


@pytest.mark.parametrize("cut", [0, 10, HEADER, HEADER + 5, HEADER + SEALED_CHUNK, HEADER + 2 * SEALED_CHUNK + 9])
def test_a_file_that_a_killed_process_left_goes_on_at_its_last_whole_chunk(tmp_path: Path, cut: int) -> None:
    """Wherever the write was torn."""
    path = tmp_path / "x"
    writer = SealedWriter.create(path, KEY)
    writer.write(CONTENT)
    writer.close()
    os.truncate(path, cut)
    again = resume(path, KEY)
    assert again.size == max(0, cut - HEADER) // SEALED_CHUNK * CHUNK
    assert again.head == CONTENT[: min(CHUNK, again.size)]
    again.write(CONTENT[again.size :])
    assert again.finish() == "sha256:" + hashlib.sha256(CONTENT).hexdigest()
    with opened(path, KEY) as content:
        assert content.read() == CONTENT
    assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_what_goes_on_is_under_a_key_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "x"
    SealedWriter.create(path, KEY).close()
    before = path.read_bytes()[:HEADER]
    resume(path, KEY).close()
    assert path.read_bytes()[:HEADER] != before


def test_a_process_that_is_killed_while_it_resumes_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x"
    writer = SealedWriter.create(path, KEY)
    writer.write(CONTENT)
    writer.close()
    path.rename(tmp_path / "x.old")
    SealedWriter.create(path, KEY).close()
    again = resume(path, KEY)
    assert again.size == 3 * CHUNK
    again.close()


def test_a_spoilt_chunk_ends_what_is_resumed(tmp_path: Path) -> None:
    path = tmp_path / "x"
    writer = SealedWriter.create(path, KEY)
    writer.write(CONTENT)
    writer.close()
    data = bytearray(path.read_bytes())
    data[HEADER + SEALED_CHUNK + 5] ^= 1
    path.write_bytes(data)
    again = resume(path, KEY)
    assert again.size == CHUNK
    again.close()
