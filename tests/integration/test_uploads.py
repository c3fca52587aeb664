"""Uploads in pieces: broken off, gone on with, and at their end the same file as any other."""

import asyncio
import json
import random
from base64 import b64encode
from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import pytest
import pytest_asyncio

from tests.forms import Browser
from tests.integration.file_nodes import PDF, FileNode, a_file_node, digest_of, until
from transfer.files.uploads import MOST_OPEN

TUS = {"Tus-Resumable": "1.0.0"}
BIG = b"%PDF-1.7\n" + random.Random(5).randbytes(700_000) + b"\n%%EOF\n"  # noqa: S311 - the same content each time


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FileNode]:
    async with a_file_node(tmp_path_factory.mktemp("uploads")) as made:
        yield made


def about(size: int, name: str = "欠条.pdf", kind: str = PDF) -> dict[str, str]:
    named, typed = (b64encode(one.encode()).decode() for one in (name, kind))
    return {**TUS, "Upload-Length": str(size), "Upload-Metadata": f"filename {named},filetype {typed}"}


async def begun(node: FileNode, size: int = len(BIG)) -> str:
    async with node.api.session.post("/uploads", headers=about(size)) as answer:
        assert answer.status == 201, await answer.text()
        return answer.headers["Location"]


async def piece(node: FileNode, place: str, offset: int, content: object) -> tuple[int, dict[str, str], str]:
    headers = {**TUS, "Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)}
    async with node.api.session.patch(place, data=content, headers=headers) as answer:
        return answer.status, {k.title(): v for k, v in answer.headers.items()}, await answer.text()


async def here(node: FileNode, place: str) -> int:
    async with node.api.session.head(place, headers=TUS) as answer:
        assert answer.status == 200
        return int(answer.headers["Upload-Offset"])


def spooled_bytes(node: FileNode, place: str) -> int:
    upload = place.rpartition("/")[2]
    return sum(one.stat().st_size for one in node.spooled if one.name == f"{upload}.part")


async def test_a_file_in_pieces_is_the_file(node: FileNode) -> None:
    place = await begun(node)
    status, body = 0, ""
    for start in range(0, len(BIG), 300_000):
        status, headers, body = await piece(node, place, start, BIG[start : start + 300_000])
        assert headers["Upload-Offset"] == str(min(len(BIG), start + 300_000))
    assert status == 200
    kept = json.loads(body)
    assert kept == {"digest": digest_of(BIG), "size": len(BIG), "media_type": PDF, "name": "欠条.pdf"}
    assert (await node.read(f"/v1/files/{kept['digest']}"))[2] == BIG
    again = await piece(node, place, len(BIG), b"")
    assert (again[0], json.loads(again[2])) == (200, kept), "the answer may have been lost"
    assert await here(node, place) == len(BIG)


async def test_what_broke_off_goes_on_where_it_was(node: FileNode) -> None:
    place = await begun(node)
    cut = asyncio.Event()

    async def half() -> AsyncIterator[bytes]:
        yield BIG[:400_000]
        await cut.wait()
        raise ConnectionResetError

    sending = asyncio.create_task(piece(node, place, 0, half()))
    await until(lambda: spooled_bytes(node, place) > 300_000)
    cut.set()
    with pytest.raises((ConnectionResetError, aiohttp.ClientError)):
        await sending
    got = await here(node, place)
    assert 300_000 < got <= 400_000
    status, _, body = await piece(node, place, got, BIG[got:])
    assert (status, json.loads(body)["digest"]) == (200, digest_of(BIG))


async def test_a_process_that_began_anew_goes_on_after_the_last_whole_chunk(node: FileNode) -> None:
    place = await begun(node)
    await piece(node, place, 0, BIG[:200_000])
    node.parts.uploads.close()
    got = await here(node, place)
    assert got == 200_000 // 65_536 * 65_536
    status, _, body = await piece(node, place, got, BIG[got:])
    assert (status, json.loads(body)["digest"]) == (200, digest_of(BIG))


async def test_two_processes_of_a_node_do_not_mix_what_they_were_sent(node: FileNode) -> None:
    place = await begun(node)
    await piece(node, place, 0, BIG[:100_000])
    other = type(node.parts.uploads)(room=node.parts.room)
    upload = UUID(place.rpartition("/")[2])
    got, _ = await other.progress(upload, "")

    async def rest() -> AsyncIterator[bytes]:
        yield BIG[got:300_000]

    await other.append(upload, "", got, rest())
    other.close()
    got = await here(node, place)
    assert got == 300_000 // 65_536 * 65_536
    status, _, body = await piece(node, place, got, BIG[got:])
    assert (status, json.loads(body)["digest"]) == (200, digest_of(BIG))


async def test_a_piece_for_another_place_changes_nothing(node: FileNode) -> None:
    place = await begun(node)
    await piece(node, place, 0, BIG[:1000])
    assert (await piece(node, place, 0, BIG[:1000]))[0] == 409
    assert await here(node, place) == 1000


@pytest.mark.parametrize(
    ("size", "content", "status"), [(len(BIG), b"\x89PNG" + BIG[4:], 422), (1000, BIG[:2000], 422), (0, b"", 422)]
)
async def test_what_is_no_such_file_is_refused_and_leaves_nothing(
    node: FileNode, size: int, content: bytes, status: int
) -> None:
    before = node.spooled
    async with node.api.session.post("/uploads", headers=about(size)) as answer:
        place = answer.headers.get("Location")
        found = answer.status
    if place is not None:
        found, _, text = await piece(node, place, 0, content)
        assert "\n" not in text
    assert found == status
    assert node.spooled == before


async def test_nobody_goes_on_with_what_is_not_there(node: FileNode) -> None:
    place = "/uploads/01975a3e-6c02-7f43-9e24-55f1b2c3d406"
    assert (await piece(node, place, 0, b"x"))[0] == 404
    async with node.api.session.post("/uploads", headers=about(5, kind="text/html")) as answer:
        assert answer.status == 415
    async with node.api.session.post("/uploads", headers=about(5) | {"Upload-Length": "many"}) as answer:
        assert answer.status == 400


async def test_no_more_than_some_are_held_open(node: FileNode) -> None:
    first = await begun(node)
    await piece(node, first, 0, BIG[:70_000])
    for _ in range(MOST_OPEN):
        await begun(node)
    assert await here(node, first) == 65_536


async def test_a_file_goes_along_with_its_form_where_no_script_is(node: FileNode) -> None:
    browser = Browser(api=node.api)
    posted = await browser.post("/intake", [])
    path = f"{posted.where.rpartition('/')[0]}/papers"
    form = await browser.form(path)
    assert form.buttons.count(("form-add", "materials")) == 1
    added = (await browser.post(path, [*form.sent(), ("form-add", "materials")])).page.form(path)
    assert "materials.0.file" in added.files
    pairs = added.sent({"materials.0.kind": "IOU", "materials.0.title": "欠条"})
    assert (await browser.post(path, pairs, files={"materials.0.file": (BIG, "欠条.pdf", PDF)})).status == 303
    kept = json.loads((await browser.form(path)).value("materials.0.file") or "")
    assert kept["digest"] == digest_of(BIG)
    assert (await node.read(f"/v1/files/{kept['digest']}"))[2] == BIG


async def test_a_file_that_is_not_taken_is_said_at_its_field_and_nothing_typed_is_lost(node: FileNode) -> None:
    browser = Browser(api=node.api)
    case = await node.api.opened()
    path = f"/cases/{case['id']}/steps/applicants"
    form = await browser.form(path)
    added = (await browser.post(path, [*form.sent(), ("form-add", "materials")])).page.form(path)
    pairs = added.sent({"materials.0.kind": "IOU", "materials.0.title": "欠条"})
    posted = await browser.post(path, pairs, files={"materials.0.file": (b"MZ\x90", "a.exe", "application/x-dosexec")})
    assert posted.status == 422
    assert "f-materials-0-file-error" in posted.page.ids
    assert posted.page.form(path).value("materials.0.title") == "欠条"
