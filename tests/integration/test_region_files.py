"""Files between regions: fetched whole over links that break, given to nobody else, and never shown unless true."""

import asyncio
import gc
import json
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiohttp import web
from sqlalchemy import update

from deploy.local.ports import free_ports
from tests.integration.api_node import LUXIAN, OFFER, SICHUAN, ZHONGSHAN
from tests.integration.file_nodes import (
    PDF,
    FileNode,
    Pair,
    a_file_node,
    a_pair,
    a_stranger,
    digest_of,
    until,
    with_address,
)
from tests.noted import noted
from tests.pki import Pki
from tests.samples import a_pdf, a_png
from tests.trust import shared
from transfer.crypto.tickets import Tickets
from transfer.crypto.tls import TlsFilesInvalid
from transfer.crypto.tls import serving as serving_context
from transfer.domain.decision import Decision, Event
from transfer.ledger.entry import Kind
from transfer.messages.attachments import Attachment
from transfer.messages.case import Material
from transfer.messages.codes import MaterialKind, MediaType
from transfer.ports.work import Cause
from transfer.storage.tables import fetches, files
from transfer.telemetry import clock

BIG = b"%PDF-1.7\n" + random.Random(5).randbytes(2_000_000) + b"\n%%EOF\n"  # noqa: S311 - the same content each time


@pytest.fixture
async def pair(tmp_path: Path, pki: Pki) -> AsyncIterator[Pair]:
    async with a_pair(tmp_path, pki) as made:
        yield made


async def arrived(pair: Pair, content: bytes) -> None:
    status, _, body = await pair.target.read(f"/v1/files/{digest_of(content)}")
    assert (status, body) == (200, content)


def ticket(pair: Pair, digest: str, *, by: str = LUXIAN, source: str = ZHONGSHAN, later: float = 0) -> dict[str, str]:
    wire = replace(shared().wire(by), clock=lambda: clock.now() + timedelta(seconds=later))
    return {"Authorization": f"Bearer {Tickets(wire=wire).issue(source, digest)}"}


# Giving -----------------------------------------------------------------------------------------------------


async def test_the_region_that_a_message_named_a_file_to_may_fetch_it(pair: Pair, pki: Pki) -> None:
    digest = (await pair.named(BIG))["digest"]
    async with a_stranger(pki) as client:
        async with client.get(f"{pair.address}/v1/files/{digest}", headers=ticket(pair, digest)) as answer:
            assert (answer.status, answer.headers["ETag"], await answer.read()) == (200, f'"{digest}"', BIG)
        part = ticket(pair, digest) | {"Range": "bytes=5-9"}
        async with client.get(f"{pair.address}/v1/files/{digest}", headers=part) as answer:
            assert (answer.status, await answer.read()) == (206, BIG[5:10])


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({}, 401, "ticket-missing"),
        ({"Authorization": "Basic YTpi"}, 401, "ticket-missing"),
        ({"Authorization": "Bearer a.b.c"}, 401, "ticket-bad"),
        ({"later": -660}, 401, "ticket-expired"),
        ({"digest": digest_of(b"another")}, 403, "ticket-for-another-file"),
        ({"source": "510000"}, 403, "ticket-for-another-region"),
        ({"by": SICHUAN}, 403, "file-not-granted"),
    ],
)
async def test_nobody_else_is_let_in(pair: Pair, pki: Pki, headers: Any, status: int, kind: str) -> None:
    digest = (await pair.named(a_pdf()))["digest"]
    if headers.keys() & {"later", "digest", "source", "by"}:
        asked = {"digest": digest} | headers
        headers = ticket(pair, asked.pop("digest"), **asked)
    async with a_stranger(pki) as client, client.get(f"{pair.address}/v1/files/{digest}", headers=headers) as answer:
        body = json.loads(await answer.read())
        assert (answer.status, body["type"]) == (status, f"/docs#{kind}")
        assert ("WWW-Authenticate" in answer.headers) == (status == 401)


async def test_a_stranger_does_not_learn_whether_a_file_exists(pair: Pair, pki: Pki) -> None:
    there = (await pair.source.put(a_pdf())).body["digest"]
    said = []
    async with a_stranger(pki) as client:
        for digest in (there, digest_of(b"nothing")):
            async with client.get(f"{pair.address}/v1/files/{digest}", headers=ticket(pair, digest)) as answer:
                body = json.loads(await answer.read())
                said.append((answer.status, body["type"], body["detail"].replace(digest, "")))
    assert said[0] == said[1] == (403, "/docs#file-not-granted", said[0][2])


async def test_the_site_of_the_regions_offers_nothing_else(pair: Pair, pki: Pki) -> None:
    async with a_stranger(pki) as client:
        for path in ("/v1/cases", "/v1/files", "/docs", "/metrics", "/healthz"):
            async with client.get(f"{pair.address}{path}") as answer:
                assert answer.status == 404


async def test_files_are_given_over_tls_alone(pair: Pair) -> None:
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            await client.get(f"{pair.address.replace('https', 'http')}/v1/files/{digest_of(b'x')}")


def test_a_certificate_and_a_key_that_do_not_fit_are_refused(pki: Pki) -> None:
    pki.region(ZHONGSHAN)
    with pytest.raises(TlsFilesInvalid, match="not the key"):
        serving_context(pki.server.cert, pki.files(ZHONGSHAN).key)


# Fetching ---------------------------------------------------------------------------------------------------


async def test_a_file_that_a_message_names_arrives(pair: Pair) -> None:
    await pair.named(BIG)
    assert (await pair.last())["state"] == "waiting"
    assert await pair.fetch() == 1
    await arrived(pair, BIG)
    line = await pair.last()
    assert (line["state"], line["got"], line["source"]) == ("kept", len(BIG), ZHONGSHAN)
    assert pair.target.spooled == []
    assert await pair.fetch() == 0


async def test_nothing_of_a_file_is_shown_before_it_is_whole(pair: Pair) -> None:
    await pair.named(BIG)
    pair.link.reset_after(1_000_000, to_server=False)
    pair.link.bandwidth = 4_000_000
    fetching = asyncio.create_task(pair.fetch())
    await until(lambda: len(pair.target.spooled) == 1 and pair.target.spooled[0].stat().st_size > 100_000)
    assert (await pair.target.read(f"/v1/files/{digest_of(BIG)}"))[0] == 404
    assert pair.target.objects == []
    pair.link.bandwidth = None
    assert await fetching == 1
    await arrived(pair, BIG)


async def over_cuts(pair: Pair) -> None:
    """Fetch what is wanted over a link that is reset again and again."""

    async def cutting() -> None:
        while True:
            passed = pair.link.passed
            pair.link.reset_after(700_000, to_server=False)
            await until(lambda passed=passed: pair.link.passed - passed >= 700_000)  # type: ignore[misc]

    cuts = asyncio.create_task(cutting())
    async with asyncio.timeout(60):
        while not await pair.fetch():  # noqa: ASYNC110 - as its duty does
            await asyncio.sleep(0.05)
    cuts.cancel()


async def test_a_file_arrives_over_a_link_that_never_carries_all_of_it(pair: Pair) -> None:
    """Each connection is reset long before the end, so nothing but going on where it broke can bring the file."""
    await pair.named(BIG)
    await over_cuts(pair)
    await arrived(pair, BIG)


async def test_a_connection_that_was_cut_leaves_no_buffers_behind(pair: Pair) -> None:
    await pair.named(BIG)
    gc.collect()
    gc.disable()
    try:
        await over_cuts(pair)
        left = [one for one in gc.get_objects() if isinstance(one, aiohttp.ClientResponse)]
    finally:
        gc.enable()
    assert not left


async def test_a_file_goes_on_after_its_process_was_killed(tmp_path: Path, pki: Pki) -> None:
    """What a killed process leaves: a spool without an end, and a lease that nobody gives back."""
    async with a_pair(tmp_path, pki) as pair:
        await pair.named(BIG)
        target = pair.target
        claim = await target.fetcher.records.claim(now=clock.now(), lease=timedelta(seconds=-1))
        assert claim is not None
        writer = await target.parts.room.begin(target.fetcher.path(claim))
        writer.write(BIG[:1_500_000])
        writer.close()
        before = pair.link.passed
        assert await pair.fetch() == 1
        await arrived(pair, BIG)
        assert pair.link.passed - before < 700_000


async def test_a_node_that_stops_gives_the_fetch_back_with_what_it_has(pair: Pair) -> None:
    await pair.named(BIG)
    pair.link.bandwidth = 1_000_000
    fetching = asyncio.create_task(pair.fetch())
    await until(lambda: len(pair.target.spooled) == 1 and pair.target.spooled[0].stat().st_size > 200_000)
    fetching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await fetching
    line = await pair.last()
    assert (line["state"], line["attempts"]) == ("waiting", 0)
    assert line["got"] >= 200_000
    pair.link.bandwidth = None
    assert await pair.fetch() == 1
    await arrived(pair, BIG)


async def test_a_source_that_is_away_is_asked_again_later(pair: Pair) -> None:
    fetcher = replace(pair.target.fetcher, first_wait=0.01)
    await pair.named(BIG)
    pair.link.down()
    assert await fetcher.fetch_once() == 0
    line = await pair.last()
    assert (line["state"], line["code"], line["attempts"]) == ("waiting", "source-away", 1)
    assert ZHONGSHAN in line["detail"]
    pair.link.up()
    async with asyncio.timeout(20):
        while not await fetcher.fetch_once():  # noqa: ASYNC110 - as its duty does
            await asyncio.sleep(0.05)
    await arrived(pair, BIG)


async def test_a_source_whose_certificate_is_not_trusted_gets_no_ticket(tmp_path: Path, pki: Pki) -> None:
    other = Pki(tmp_path / "other")
    async with a_pair(tmp_path, pki, target={"tls_ca": other.server.ca}) as pair:
        await pair.named(a_pdf())
        assert await replace(pair.target.fetcher, first_wait=0.01).fetch_once() == 0
        assert (await pair.last())["code"] == "source-away"
        assert pair.target.objects == []


async def test_a_region_without_an_address_is_waited_for(tmp_path: Path, pki: Pki) -> None:
    note = shared().file(shared().directory(with_address(None)))
    async with a_pair(tmp_path, pki, target={"directory": note}) as pair:
        await pair.named(a_pdf())
        assert await replace(pair.target.fetcher, first_wait=0.01).fetch_once() == 0
        assert (await pair.last())["code"] == "no-address"


async def test_a_source_that_has_lost_the_file_is_asked_for_weeks_and_then_no_more(pair: Pair) -> None:
    await pair.named(a_pdf())
    records = pair.source.fetcher.records
    await records.forget_unused(before=clock.now(), limit=1)
    pair.source.objects[0].unlink()
    async with pair.source.api.node.store.writing() as connection:
        await connection.execute(files.delete())
    assert await pair.fetch() == 0
    line = await pair.last()
    assert (line["state"], line["code"]) == ("waiting", "unknown-file")
    async with pair.target.api.node.store.writing() as connection:
        long_ago = clock.now() - timedelta(days=31)
        await connection.execute(update(fetches).values(wanted_at=long_ago, retry_at=long_ago))
    assert await pair.fetch() == 0
    line = await pair.last()
    assert (line["state"], line["code"], line["retry_at"]) == ("gone", "unknown-file", None)


async def test_a_case_goes_on_without_a_file_that_never_came_and_the_next_region_learns_it_at_once(pair: Pair) -> None:
    """Luxian names it to Zhongshan, which names it to Luxian again; neither has it."""
    attachment = {"digest": digest_of(BIG), "size": len(BIG), "media_type": PDF, "name": "欠条.pdf"}
    file = Attachment.model_validate_json(json.dumps(attachment))
    case = await pair.source.api.opened()
    async with pair.source.api.node.store.work() as work:
        known = (await work.load_cases([UUID(case["id"])]))[UUID(case["id"])]
        paper = Material(kind=MaterialKind.OTHER, title="欠条", file=file)
        decision = Decision(case=known.with_materials((paper,)), event=Event(name="supplied"))
        work.record(decision, Cause(at=clock.now(), by="x"))
        work.record_wanted(LUXIAN, uuid4(), known.id, [file])
    offer = f"/v1/cases/{case['id']}/transfers"
    waiting = await pair.source.api.post(offer, OFFER)
    assert (waiting.status, waiting.kind) == (409, "file-on-its-way")
    assert "/v1/fetches" in waiting.body["title"]
    async with pair.source.api.node.store.writing() as connection:
        ended = {"state": "refused", "retry_at": None, "code": "scan-refused", "detail": "x"}
        await connection.execute(update(fetches).values(**ended))
    assert (await pair.source.api.post(offer, OFFER)).status == 201
    await pair.source.api.carry(pair.target.api)
    assert await pair.fetch() == 0
    line = await pair.last()
    assert (line["state"], line["code"], line["retry_at"]) == ("gone", "file-never-came", None)
    assert ZHONGSHAN in line["detail"]
    assert pair.target.spooled == []


async def test_a_file_that_came_another_way_is_not_asked_for(pair: Pair) -> None:
    await pair.named(a_pdf())
    await pair.target.put(a_pdf())
    pair.link.down()
    assert (await pair.last())["state"] == "kept"


async def test_a_file_that_came_while_its_message_was_written_is_not_asked_for(pair: Pair) -> None:
    """The message did not see it yet, and who kept it did not see the message."""
    await pair.named(a_pdf())
    await pair.target.put(a_pdf())
    async with pair.target.api.node.store.writing() as connection:
        await connection.execute(update(fetches).values(state="waiting", retry_at=clock.now()))
    pair.link.down()
    assert await pair.fetch() == 1
    assert (await pair.last())["state"] == "kept"


async def test_a_spool_that_cannot_be_written_puts_the_fetch_off(pair: Pair) -> None:
    await pair.named(a_pdf())
    spool = pair.target.folder / "spool"
    if spool.exists():
        spool.rmdir()
    spool.touch()
    assert await pair.fetch() == 0
    line = await pair.last()
    assert (line["state"], line["code"], line["attempts"]) == ("waiting", "not-kept", 1)
    spool.unlink()
    async with asyncio.timeout(20):
        while not await pair.fetch():  # noqa: ASYNC110 - as its duty does
            await asyncio.sleep(0.05)
    await arrived(pair, a_pdf())


async def test_a_file_that_is_kept_already_is_not_wanted(pair: Pair) -> None:
    await pair.target.put(a_pdf())
    await pair.named(a_pdf())
    assert await pair.target.fetches() == []


async def test_a_scan_decides_what_comes_from_others_too(tmp_path: Path, pki: Pki) -> None:
    refuse = {"scan_command": f'{sys.executable} -c "raise SystemExit(1)"'}
    async with a_pair(tmp_path, pki, target=refuse) as pair:
        await pair.named(a_pdf())
        assert await pair.fetch() == 0
        line = await pair.last()
        assert (line["state"], line["code"], pair.target.objects, pair.target.spooled) == (
            "refused",
            "scan-refused",
            [],
            [],
        )


async def test_the_list_of_fetches_is_chosen_and_paged(pair: Pair) -> None:
    for size in (200, 300, 400):
        await pair.named(a_pdf(size))
    assert await pair.fetch() == 1
    api = pair.target.api
    assert [one["size"] for one in await pair.target.fetches()] == [400, 300, 200]
    assert [one["size"] for one in (await api.get("/v1/fetches?state=kept")).body["items"]] == [200]
    assert (await api.get("/v1/fetches?source=510000")).body["items"] == []
    page = (await api.get("/v1/fetches?limit=2")).body
    assert [one["size"] for one in (await api.get(page["next"])).body["items"]] == [200]
    case = page["items"][0]["case"]
    assert [one["size"] for one in (await api.get(f"/v1/fetches?case={case}")).body["items"]] == [400]


# A source that lies ----------------------------------------------------------------------------------------


@asynccontextmanager
async def a_liar(tmp_path: Path, pki: Pki, answer: Any) -> AsyncIterator[FileNode]:
    """Luxian, and a source that answers as it is told."""
    (port,) = free_ports(1)
    application = web.Application()
    application.router.add_get("/v1/files/{digest}", answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=serving_context(pki.server.cert, pki.server.key)).start()
    note = shared().file(shared().directory(with_address(f"https://127.0.0.1:{port}/")))
    settings = {"tls_ca": pki.server.ca, "directory": note, "fetch_first": 0.1, "fetch_longest": 0.1}
    try:
        async with a_file_node(tmp_path, LUXIAN, **settings) as node:
            yield node
    finally:
        await runner.cleanup()


async def wanted(node: FileNode, content: bytes, *, size: int | None = None, kind: str = PDF) -> dict[str, Any]:
    """A message named that content; gives the fetch after one round."""
    file = Attachment(digest=digest_of(content), size=size or len(content), media_type=MediaType(kind), name="x")
    async with node.api.node.store.work() as work:
        work.record_wanted(ZHONGSHAN, uuid4(), uuid4(), [file])
    assert await replace(node.fetcher, first_wait=0.01).fetch_once() == 0
    line = (await node.fetches())[0]
    shown, _, _ = await node.read(f"/v1/files/{file.digest}")
    assert (node.objects, shown) == ([], 404 if line["state"] == "waiting" else 410)
    return line


def giving(content: bytes, **headers: str) -> Any:
    async def answer(request: web.Request) -> web.Response:
        tag = {"ETag": f'"{request.match_info["digest"]}"'}
        return web.Response(body=content, headers=tag | headers)

    return answer


@pytest.mark.parametrize(
    ("given", "said", "code"),
    [
        (a_pdf(400), (a_pdf(500), 400), "content-differs"),
        (a_pdf(400), (a_pdf(400), 300), "size-differs"),
        (a_pdf(400), (a_pdf(400), 500), "size-differs"),
        (a_png(), (a_png(), None), "kind-differs"),
        (b"#!/bin/sh\n" * 50, (b"#!/bin/sh\n" * 50, None), "kind-unknown"),
    ],
    ids=["altered", "longer", "shorter", "another kind", "no kind"],
)
async def test_a_file_that_is_not_what_the_message_said_is_never_shown(
    tmp_path: Path, pki: Pki, given: bytes, said: tuple[bytes, int | None], code: str
) -> None:
    async with a_liar(tmp_path, pki, giving(given)) as node:
        line = await wanted(node, said[0], size=said[1])
        assert (line["state"], line["code"]) == ("refused", code)
        assert line["detail"]
        assert node.spooled == []


async def test_a_file_that_does_not_end_is_not_taken_beyond_what_was_said(tmp_path: Path, pki: Pki) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"ETag": f'"{request.match_info["digest"]}"'})
        answer.enable_chunked_encoding()
        await answer.prepare(request)
        while True:
            await answer.write(bytes(65536))

    async with a_liar(tmp_path, pki, endless) as node:
        line = await wanted(node, a_pdf(100_000))
        assert (line["state"], line["code"]) == ("refused", "size-differs")


async def test_a_file_beyond_the_limit_of_its_kind_is_not_asked_for(tmp_path: Path, pki: Pki) -> None:
    async def never(_: web.Request) -> web.Response:
        raise AssertionError("was asked")

    async with a_liar(tmp_path, pki, never) as node:
        line = await wanted(node, a_pdf(), size=300 * 2**20)
        assert (line["state"], line["code"]) == ("refused", "file-too-large")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (giving(a_pdf(), ETag='"another"'), "source-fault"),
        (giving(a_pdf(), **{"Content-Encoding": "gzip"}), "source-fault"),
    ],
)
async def test_an_answer_that_is_about_something_else_is_tried_again(
    tmp_path: Path, pki: Pki, answer: Any, code: str
) -> None:
    async with a_liar(tmp_path, pki, answer) as node:
        line = await wanted(node, a_pdf())
        assert (line["state"], line["code"]) == ("waiting", code)


@pytest.mark.parametrize("status", [500, 302, 503])
async def test_a_fault_of_the_source_is_tried_again(tmp_path: Path, pki: Pki, status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "https://127.0.0.1:1/"} if status == 302 else {})

    async with a_liar(tmp_path, pki, answer) as node:
        line = await wanted(node, a_pdf())
        assert (line["state"], line["code"], line["attempts"]) == ("waiting", "source-fault", 1)


# What the ledger says ---------------------------------------------------------------------------------------


async def told(node: FileNode) -> list[tuple[str, str | None, str | None, str | None]]:
    entries = await noted(node.api.node.store.engine, Kind.FILE)
    return [tuple(one.facts[name] for name in ("what", "digest", "region", "code")) for one in entries]


async def test_a_file_that_is_put_is_noted_once_and_one_that_is_refused_with_its_reason(pair: Pair) -> None:
    digest = (await pair.source.put(a_pdf())).body["digest"]
    assert (await pair.source.put(a_pdf())).status == 200
    assert (await pair.source.put(a_png())).status == 422
    assert await told(pair.source) == [("came", digest, None, None), ("refused", None, None, "kind-differs")]


async def test_a_file_that_goes_from_region_to_region_is_noted_at_both_ends(pair: Pair, pki: Pki) -> None:
    digest = (await pair.named(a_pdf()))["digest"]
    assert await pair.fetch() == 1
    assert await told(pair.target) == [("came", digest, ZHONGSHAN, None)]
    given = [("came", digest, None, None), ("handed_out", digest, LUXIAN, None)]
    assert await told(pair.source) == given
    async with a_stranger(pki) as client:
        await client.get(f"{pair.address}/v1/files/{digest}", headers=ticket(pair, digest, by=SICHUAN))
    assert await told(pair.source) == [*given, ("refused", digest, SICHUAN, "file-not-granted")]


async def test_a_file_of_another_region_that_is_refused_is_noted_with_its_reason(tmp_path: Path, pki: Pki) -> None:
    refuse = {"scan_command": f'{sys.executable} -c "raise SystemExit(1)"'}
    async with a_pair(tmp_path, pki, target=refuse) as pair:
        digest = (await pair.named(a_pdf()))["digest"]
        await pair.fetch()
        assert await told(pair.target) == [("refused", digest, ZHONGSHAN, "scan-refused")]
