"""Files for people: put once, kept encrypted, read whole or in part, and never half of one."""

import asyncio
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.api_node import application, serving
from tests.integration.file_nodes import PDF, FileNode, a_file_node, digest_of, until
from tests.samples import SAMPLES, a_pdf, a_png, a_zip, an_ofd
from transfer.crypto.errors import KeysUnusable
from transfer.files import kinds
from transfer.messages.codes import MediaType

PASS, REFUSE, STALL = "import sys; sys.stdin.buffer.read()", "raise SystemExit(1)", "import time; time.sleep(60)"
BIG = b"%PDF-1.7\n" + random.Random(3).randbytes(300_000) + b"\n%%EOF\n"  # noqa: S311 - the same content each time


def script(code: str) -> str:
    return f'{sys.executable} -c "{code}"'


@pytest.fixture
async def node(tmp_path: Path) -> AsyncIterator[FileNode]:
    async with a_file_node(tmp_path) as made:
        yield made


@pytest.mark.parametrize("kind", list(MediaType))
async def test_a_file_of_each_kind_is_taken_and_read_again(node: FileNode, kind: MediaType) -> None:
    content = SAMPLES[kind]()
    answer = await node.put(content, "证据 1", kind.value)
    assert answer.status == 201, answer
    assert answer.body == {
        "digest": digest_of(content),
        "size": len(content),
        "media_type": kind.value,
        "name": "证据 1",
    }
    status, headers, body = await node.read(answer.headers["Location"])
    assert (status, body) == (200, content)
    assert headers["Content-Type"] == kind.value
    assert headers["Etag"] == answer.headers["Etag"] == f'"{digest_of(content)}"'


async def test_what_is_kept_lies_encrypted_in_a_closed_folder(node: FileNode) -> None:
    await node.put(BIG)
    (kept,) = node.objects
    assert kept.name.startswith(digest_of(BIG)[7:])
    assert kept.parent.name == digest_of(BIG)[7:9]
    data = kept.read_bytes()
    assert BIG[20:60] not in data
    assert kept.stat().st_mode & 0o777 == 0o600
    assert node.folder.stat().st_mode & 0o777 == 0o700
    assert node.spooled == []


async def test_the_same_content_twice_is_one_file(node: FileNode) -> None:
    first, again = await node.put(BIG), await node.put(BIG, "另一个名字.pdf")
    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body | {"name": "另一个名字.pdf"}
    assert len(node.objects) == 1


async def test_many_who_put_one_content_at_once_leave_one_file(node: FileNode) -> None:
    answers = await asyncio.gather(*(node.put(BIG) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 201]
    assert len(node.objects) == 1
    assert node.spooled == []


async def test_a_lost_object_is_healed_by_putting_the_content_again(node: FileNode) -> None:
    answer = await node.put(BIG)
    node.objects[0].unlink()
    status, _, _ = await node.read(answer.headers["Location"])
    assert status == 503
    assert (await node.put(BIG)).status == 201
    assert (await node.read(answer.headers["Location"]))[2] == BIG


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=65530-65545", 206, slice(65530, 65546)),
        ("bytes=131072-", 206, slice(131072, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=-999999999", 206, slice(0, None)),
        (f"bytes={len(BIG) - 1}-{len(BIG) + 50}", 206, slice(len(BIG) - 1, None)),
        ("bytes=5-2", 200, slice(0, None)),
        ("bytes=0-1,5-6", 200, slice(0, None)),
        ("lines=1-2", 200, slice(0, None)),
        ("bytes=-", 200, slice(0, None)),
    ],
)
async def test_a_part_is_read(node: FileNode, asked: str, status: int, part: slice) -> None:
    place = (await node.put(BIG)).headers["Location"]
    found, headers, body = await node.read(place, Range=asked)
    assert (found, body) == (status, BIG[part])
    assert int(headers["Content-Length"]) == len(body)
    if status == 206:
        start = len(BIG) - len(body) if part.start < 0 or part.stop is None else part.start
        assert headers["Content-Range"] == f"bytes {start}-{start + len(body) - 1}/{len(BIG)}"


@pytest.mark.parametrize("asked", [f"bytes={len(BIG)}-", "bytes=-0"])
async def test_a_part_behind_the_end_is_a_problem(node: FileNode, asked: str) -> None:
    place = (await node.put(BIG)).headers["Location"]
    answer = await node.api.get(place, Range=asked)
    assert (answer.status, answer.kind) == (416, "range-not-there")
    assert answer.headers["Content-Range"] == f"bytes */{len(BIG)}"


async def test_conditions_are_kept_to(node: FileNode) -> None:
    answer = await node.put(BIG)
    place, etag, other = answer.headers["Location"], answer.headers["Etag"], f'"{digest_of(b"x")}"'
    assert (await node.read(place, **{"If-None-Match": etag}))[0] == 304
    assert (await node.read(place, **{"If-None-Match": other}))[0] == 200
    assert (await node.read(place, **{"If-Match": f"{other}, {etag}"}))[0] == 200
    assert (await node.read(place, **{"If-Match": other}))[0] == 412
    assert (await node.read(place, **{"If-Match": f"W/{etag}"}))[0] == 412
    assert (await node.read(place, **{"Range": "bytes=0-3", "If-Range": etag}))[0] == 206
    assert (await node.read(place, **{"Range": "bytes=0-3", "If-Range": other}))[0] == 200


async def test_a_browser_saves_a_file_under_its_name_and_runs_nothing_of_it(node: FileNode) -> None:
    place = (await node.put(BIG)).headers["Location"]
    _, headers, _ = await node.read(f"{place}?name={quote('欠条 1.pdf')}")
    assert (
        headers["Content-Disposition"] == f"attachment; filename=\"__ 1.pdf\"; filename*=UTF-8''{quote('欠条 1.pdf')}"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    _, headers, _ = await node.read(place)
    assert f'filename="{digest_of(BIG)[7:19]}.pdf"' in headers["Content-Disposition"]


async def test_head_tells_of_a_file_without_it(node: FileNode) -> None:
    place = (await node.put(BIG)).headers["Location"]
    async with node.api.session.head(place) as answer:
        assert (answer.status, answer.headers["Content-Length"], await answer.read()) == (200, str(len(BIG)), b"")


@pytest.mark.parametrize(
    ("content", "kind", "status", "problem"),
    [
        (b"", PDF, 422, "file-empty"),
        (a_png(), PDF, 422, "kind-differs"),
        (b"<html>", PDF, 422, "kind-unknown"),
        (b"<html>" + bytes(500), PDF, 422, "kind-unknown"),
        (a_zip("word/document.xml"), "application/ofd", 422, "kind-unknown"),
        (a_pdf() + an_ofd(), PDF, 422, "kind-unknown"),
        (a_pdf(), "text/html", 415, "not-a-file-type"),
        (a_pdf(), "application/octet-stream", 415, "not-a-file-type"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    node: FileNode, content: bytes, kind: str, status: int, problem: str
) -> None:
    answer = await node.put(content, kind=kind)
    assert (answer.status, answer.kind) == (status, problem)
    assert (node.objects, node.spooled) == ([], [])
    assert (await node.read(f"/v1/files/{digest_of(content)}"))[0] == 404


async def test_a_file_that_is_too_large_is_refused_while_it_comes(
    node: FileNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("transfer.files.intake.LIMITS", {**kinds.LIMITS, MediaType.PDF: 100_000})
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b"%PDF-1.7\n"
        while True:
            sent += 10_000
            yield bytes(10_000)

    try:
        answer = await node.put(endless())
        assert (answer.status, answer.kind) == (413, "file-too-large")
    except OSError:
        # The node ends the connection while we still send; either is right.
        pass
    assert sent < 50_000_000
    assert (node.objects, node.spooled) == ([], [])


async def test_a_file_of_another_kind_is_refused_by_its_beginning(node: FileNode) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 150_000_000:
            sent += 10_000
            yield b"GIF89a" + bytes(9_994)

    try:
        answer = await node.put(endless())
        assert (answer.status, answer.kind) == (422, "kind-unknown")
    except OSError:
        # As above.
        pass
    assert sent < 50_000_000


async def test_an_upload_that_breaks_off_leaves_nothing(node: FileNode) -> None:
    """The connection is closed in the middle."""
    host, port = node.api.address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/files?name=x.pdf HTTP/1.1\r\nHost: {host}\r\nContent-Type: {PDF}\r\nContent-Length: 300000\r\n\r\n"
    )
    writer.write(head.encode() + BIG[:200_000])
    await writer.drain()
    await until(lambda: len(node.spooled) == 1)
    writer.transport.abort()
    await until(lambda: node.spooled == [])
    assert node.objects == []
    del reader


async def test_an_upload_that_stalls_is_ended(node: FileNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.web.files.STALLED_SECONDS", 0.2)

    async def stalling() -> AsyncIterator[bytes]:
        yield a_pdf()[:100]
        await asyncio.sleep(30)

    try:
        answer = await node.put(stalling())
        assert (answer.status, answer.kind) == (408, "stalled")
    except OSError:
        pass
    await until(lambda: node.spooled == [])


@pytest.mark.parametrize("name", ["", "a/b.pdf", "..", "a\nb", "x" * 201])
async def test_a_name_that_is_no_plain_one_is_refused(node: FileNode, name: str) -> None:
    answer = await node.put(a_pdf(), name)
    assert (answer.status, answer.kind) == (422, "invalid-query")


@pytest.mark.parametrize("digest", ["x", "sha256:" + "A" * 64, "sha256:" + "0" * 63])
async def test_what_is_no_digest_names_no_file(node: FileNode, digest: str) -> None:
    answer = await node.api.get(f"/v1/files/{digest}")
    assert (answer.status, answer.kind) == (404, "not-found")


async def test_an_altered_file_is_not_shown(node: FileNode) -> None:
    place = (await node.put(BIG)).headers["Location"]
    data = bytearray(node.objects[0].read_bytes())
    data[200] ^= 1
    node.objects[0].write_bytes(data)
    assert (await node.read(place))[0] == 500


async def test_an_altered_end_ends_the_answer_so_that_its_reader_sees_it(node: FileNode) -> None:
    content = a_pdf(3_000_000)
    place = (await node.put(content)).headers["Location"]
    data = bytearray(node.objects[0].read_bytes())
    data[-1] ^= 1
    node.objects[0].write_bytes(data)
    with pytest.raises(Exception, match=r"[Pp]ayload|[Cc]onnection|[Dd]isconnect"):
        await node.read(place)


@pytest.mark.parametrize(("code", "status"), [(PASS, 201), (REFUSE, 422), (STALL, 422)])
async def test_a_scan_decides_what_comes_in(tmp_path: Path, code: str, status: int) -> None:
    async with a_file_node(tmp_path, scan_command=script(code), scan_seconds=3) as node:
        answer = await node.put(BIG)
        assert answer.status == status, answer
        assert node.spooled == []
        assert len(node.objects) == (status == 201)


async def test_a_scan_sees_the_content(tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    code = f"import sys, shutil; shutil.copyfileobj(sys.stdin.buffer, open('{seen}', 'wb'))"
    async with a_file_node(tmp_path, scan_command=script(code)) as node:
        assert (await node.put(BIG)).status == 201
        assert seen.read_bytes() == BIG


async def test_a_scan_that_cannot_start_lets_nothing_in_and_blames_no_file(tmp_path: Path) -> None:
    async with a_file_node(tmp_path, scan_command="/no/such/scanner") as node:
        answer = await node.put(BIG)
        assert (answer.status, answer.kind) == (503, "files-unavailable")
        assert (node.objects, node.spooled) == ([], [])


async def test_a_paper_names_a_file_only_when_it_is_kept(node: FileNode) -> None:
    file = {"digest": digest_of(BIG), "size": len(BIG), "media_type": PDF, "name": "欠条.pdf"}
    body = application(materials=[{"kind": "OTHER", "title": "欠条", "file": file}])
    answer = await node.api.post("/v1/cases", body)
    assert (answer.status, answer.kind) == (409, "file-not-kept")
    await node.put(BIG)
    assert (await node.api.post("/v1/cases", body)).status == 201


async def test_a_node_without_a_place_for_files_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        content = {"data": a_pdf(), "headers": {"Content-Type": PDF}}
        answer = await api.ask("POST", "/v1/files?name=x.pdf", **content)
        assert (answer.status, answer.kind) == (503, "no-files")


async def test_a_node_with_files_and_no_key_for_them_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    with pytest.raises(KeysUnusable, match="transfer files init"):
        async with serving(tmp_path, files=str(tmp_path / "files"), keys=tmp_path / "keys"):
            pass
