"""Files in a bucket: the same promises, held to a server on this machine that speaks S3."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Final

import aiohttp
import pytest

from deploy.local.ports import free_ports
from tests.integration.api_node import serving
from tests.integration.file_nodes import FileNode, digest_of
from tests.samples import a_pdf
from tests.trust import shared
from transfer.files.store import Store, StoreInvalid
from transfer.ports.files import FilesUnavailable
from transfer.telemetry import clock

REGION: Final = "442000"
BIG = b"%PDF-1.7\n" + random.Random(9).randbytes(12_000_000) + b"\n%%EOF\n"  # noqa: S311 - the same content each time


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that speaks S3."""
    pytest.importorskip("moto")
    (port,) = free_ports(1)
    process = Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=DEVNULL, stderr=DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
async def bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, as the environment names it."""
    for name, value in (
        ("AWS_ENDPOINT_URL", server),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ("AWS_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        while True:
            try:
                async with session.put(f"{server}/files") as answer:
                    assert answer.status == 200
                    break
            except aiohttp.ClientError:
                await asyncio.sleep(0.2)
        async with session.post(f"{server}/moto-api/reset"):
            pass
        async with session.put(f"{server}/files"):
            return "s3://files/of/442000"


@pytest.fixture
async def node(bucket: str, tmp_path: Path) -> AsyncIterator[FileNode]:
    shared().file_key(REGION)
    async with serving(tmp_path, REGION, files=bucket, files_spool=tmp_path / "files" / "spool") as api:
        yield FileNode(api=api, folder=tmp_path / "files")


async def objects(node: FileNode) -> list[str]:
    return [name async for name, _ in node.parts.room.store.everything()]


async def test_a_file_is_kept_in_the_bucket_and_read_in_parts(node: FileNode) -> None:
    answer = await node.put(BIG)
    assert answer.status == 201, answer
    assert node.spooled == []
    (name,) = await objects(node)
    assert name.startswith(f"objects/{digest_of(BIG)[7:9]}/{digest_of(BIG)[7:]}.")
    place = answer.headers["Location"]
    assert (await node.read(place))[2] == BIG
    assert (await node.read(place, Range="bytes=6000000-6000009"))[2] == BIG[6_000_000:6_000_010]
    assert (await node.put(BIG)).status == 200
    assert len(await objects(node)) == 1


async def test_what_lies_in_the_bucket_is_encrypted(node: FileNode) -> None:
    await node.put(a_pdf())
    (name,) = await objects(node)
    kept = await node.parts.room.store.read(name, 0, 10_000)
    assert kept.startswith(b"LAF1")
    assert b"%PDF" not in kept


async def test_a_sweep_removes_from_the_bucket_what_is_nobodys(node: FileNode) -> None:
    await node.put(a_pdf())
    ahead = replace(node.parts.sweeper, clock=lambda: clock.now() + timedelta(days=8))
    assert (await ahead.sweep()).files == 1
    assert await objects(node) == []


async def test_a_bucket_that_is_away_is_a_problem_and_no_loss(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    away = Store.open(bucket)
    file = tmp_path / "x"
    file.write_bytes(b"x")
    with pytest.raises(FilesUnavailable):
        await away.place(file, digest_of(b"x"))
    assert file.exists()


def test_a_place_that_is_no_bucket_and_no_folder_is_refused(tmp_path: Path) -> None:
    for where in ("ftp://somewhere", "s3://", "gs://bucket"):
        with pytest.raises(StoreInvalid):
            Store.open(where)
    with pytest.raises(FilesUnavailable):
        (tmp_path / "file").touch()
        Store.open(str(tmp_path / "file" / "below"))
