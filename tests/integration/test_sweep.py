"""The sweep removes what is nobody's, and never what somebody has, is about to name, or is still bringing."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.api_node import application
from tests.integration.file_nodes import PDF, FileNode, a_file_node, digest_of
from tests.samples import a_pdf
from transfer.files.sweep import Sweeper, Swept
from transfer.messages.attachments import Attachment
from transfer.messages.codes import MediaType
from transfer.telemetry import clock


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FileNode]:
    async with a_file_node(tmp_path) as made:
        yield made


def later(node: FileNode, **span: float) -> Sweeper:
    """The sweeper at another time."""
    now: datetime = clock.now() + timedelta(**span)
    return replace(node.parts.sweeper, clock=lambda: now)


def left(node: FileNode, name: str, *, days: float) -> Path:
    """Something in the spool that was last written so many days ago."""
    path = node.folder / "spool" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"half")
    at = (clock.now() - timedelta(days=days)).timestamp()
    os.utime(path, (at, at))
    return path


async def test_a_file_that_nothing_names_goes_after_a_week(node: FileNode) -> None:
    await node.put(a_pdf())
    assert await later(node, days=6).sweep() == Swept()
    assert await later(node, days=8).sweep() == Swept(files=1)
    assert node.objects == []
    assert (await node.read(f"/v1/files/{digest_of(a_pdf())}"))[0] == 404


async def test_a_file_that_a_case_names_stays(node: FileNode) -> None:
    file = (await node.put(a_pdf())).body
    paper = {"kind": "OTHER", "title": "欠条", "file": file}
    assert (await node.api.post("/v1/cases", application(materials=[paper]))).status == 201
    assert await later(node, days=800).sweep() == Swept()
    assert (await node.read(f"/v1/files/{file['digest']}"))[2] == a_pdf()


async def test_a_file_that_was_put_again_begins_its_week_anew(node: FileNode) -> None:
    await node.put(a_pdf())
    ahead = later(node, days=8)
    records = replace(node.parts.room.records, store=replace(node.api.node.store, clock=ahead.clock))  # type: ignore[type-var]
    assert await records.touch(digest_of(a_pdf())) is not None
    assert await ahead.sweep() == Swept()


async def test_an_object_that_no_record_names_goes_after_a_day(node: FileNode) -> None:
    """A process died between placing it and recording it."""
    await node.put(a_pdf())
    orphan = node.objects[0].with_name("0" * 64 + ".00000000")
    orphan.write_bytes(b"nobody's")
    assert await later(node, hours=23).sweep() == Swept()
    assert await later(node, hours=25).sweep() == Swept(objects=1)
    assert not orphan.exists()
    assert len(node.objects) == 1


async def test_many_objects_are_gone_through(node: FileNode) -> None:
    folder = node.folder / "objects" / "ab"
    folder.mkdir(parents=True)
    for number in range(450):
        (folder / f"{number}").write_bytes(b"x")
    assert await later(node, days=2).sweep() == Swept(objects=450)


async def test_what_a_broken_upload_left_goes_after_a_day(node: FileNode) -> None:
    old, fresh = left(node, f"{uuid4()}.part", days=2), left(node, f"{uuid4()}.part", days=0.5)
    # The node's own sweep may have been faster.
    await node.parts.sweeper.sweep()
    assert (old.exists(), fresh.exists()) == (False, True)


async def test_what_is_here_of_a_file_that_still_comes_stays(node: FileNode) -> None:
    file = Attachment(digest=digest_of(b"x"), size=10_000, media_type=MediaType(PDF), name="x")
    async with node.api.node.store.work() as work:
        work.record_wanted("510521", uuid4(), uuid4(), [file])
    (fetch,) = await node.fetches()
    spool = left(node, f"{fetch['id']}.part", days=20)
    assert await node.parts.sweeper.sweep() == Swept()
    assert spool.exists()


async def test_other_things_in_the_spool_are_let_alone(node: FileNode) -> None:
    mine = left(node, "readme.txt", days=200)
    assert await node.parts.sweeper.sweep() == Swept()
    assert mine.exists()


async def test_sweeps_beside_uploads_lose_nothing(node: FileNode) -> None:
    """Whoever puts the same content while a sweep takes it away has it in the end, or was told that it is new."""
    contents = [a_pdf(300 + number) for number in range(12)]
    for content in contents:
        await node.put(content)
    # Each file counts as unused at once; an object without a record is somebody's for a day, as in life.
    eager = replace(node.parts.sweeper, unused_after=timedelta(days=-1))

    async def again(content: bytes) -> None:
        assert (await node.put(content)).status in (200, 201)

    await asyncio.gather(eager.sweep(), *(again(content) for content in contents))
    for content in contents:
        status, _, body = await node.read(f"/v1/files/{digest_of(content)}")
        assert (status, body) in ((200, content), (404, body))
    kept = {path.name.split(".")[0] for path in node.objects}
    known = {line.file[7:] for line in await node.api.node.views.files(limit=100)}
    assert known == kept


async def test_a_sweep_of_an_empty_node_finds_nothing(tmp_path: Path) -> None:
    async with a_file_node(tmp_path) as node:
        assert await node.parts.sweeper.sweep_once() == 0
