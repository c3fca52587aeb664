"""Who reads personal data is noted before it is shown; what cannot be noted is not shown."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID, uuid4

import aiohttp
import pytest
from sqlalchemy import event, text

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving
from tests.integration.file_nodes import FileNode, a_file_node, digest_of
from tests.integration.test_api_evidence import asked, taken
from tests.logbook import Log
from tests.noted import Noted, noted
from tests.samples import a_pdf
from transfer.actions.evidence_commands import Record
from transfer.domain.rights import Anyone
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Head
from transfer.storage.engine import writing
from transfer.telemetry import clock
from transfer.web.documents import docs
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES
from transfer.web.route import Route, Shows, Tag
from transfer.web.routes import ROUTES

NAMES: Final = ("李大山", "王芳", "张伟", "刘洋", "周律师", "王主任")
"""Of applicants and staff."""
READS: Final = [route for route in ROUTES if route.method == "GET" and route.shows is not Shows.AUDITED]
SHOWING: Final = [route for route in READS if route.shows is not Shows.NOTHING]
WHO: Final = {"Actor": quote("审计员 赵敏")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A node that has something to show at each of its routes, by the names in their paths."""

    node: FileNode
    named: Mapping[str, str]

    @property
    def api(self) -> Api:
        return self.node.api

    def path(self, route: Route) -> str:
        asked = {"/v1/check": f"?line=legalaid:1:442000:{uuid4()}:{'0' * 64}", "/v1/reports/pairs": "?since=2026-01-01"}
        return route.path.format_map(self.named) + asked.get(route.path, "")

    async def read(self, path: str, **headers: str) -> tuple[int, bytes]:
        async with self.api.session.get(path, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.read()

    async def readings(self) -> list[Noted]:
        return await noted(self.api.node.store.engine, Kind.READ)


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    """An evidence request that was answered with a piece, a file, and a message in quarantine."""
    async with serving(tmp_path, ZHONGSHAN) as here, a_file_node(tmp_path, LUXIAN) as node:
        there = node.api
        case = await asked(here, there)
        await taken(there, case, "sign-for")
        await taken(there, case, "undertake", collector="刘洋")
        [request] = case["requests"]
        piece = EVIDENCE_EXAMPLES[Record]["answers"][0]["pieces"][0]
        found = {"item": request["items"][0]["id"], "result": "obtained", "pieces": [piece]}
        none = {"item": request["items"][1]["id"], "result": "not_found", "statement": "查无此公司。"}
        await taken(there, case, "record", answers=[found, none])
        await taken(there, case, "return", letter="泸援协复〔2026〕第5号")
        assert (await node.put(a_pdf())).status == 201
        await there.take_in(b"not a message", source=ZHONGSHAN)
        log = Log.of(LUXIAN, 3)
        head = Head(checkpoint=log.checkpoint(3), note=log.note(3), at=clock.now())
        await there.node.checkpoints.keep(head)
        [aside] = (await there.get("/v1/quarantine")).body["items"]
        [message, *_] = (await there.get(f"/v1/cases/{case['id']}/messages")).body["items"]
        yield Ground(
            node=node,
            named={
                "case": case["id"],
                "request": request["id"],
                "piece": piece["id"],
                "paper": "letter",
                "digest": digest_of(a_pdf()),
                "entry": aside["id"],
                "message": message["id"],
            },
        )


async def test_each_route_that_shows_personal_data_notes_who_read_what(ground: Ground) -> None:
    for route in SHOWING:
        before = len(await ground.readings())
        status, body = await ground.read(ground.path(route), **WHO)
        assert status == 200, route.path
        [one] = (await ground.readings())[before:]
        ids = [ground.named[name] for name in route.names if name != "case"] or [ground.named["case"]]
        of_case = "case" in route.names
        lists = not route.names
        assert one.facts["what"] == route.shows
        assert one.facts["id"] == (None if lists else "/".join(ids)), route.path
        told = json.loads(body) if route.gives else {}
        shown = len(told["items"]) if "next" in told else 1
        assert (one.facts["unmasked"], one.facts["count"]) == (True, shown), route.path
        assert one.entry.case == (UUID(ground.named["case"]) if of_case else None)
        assert one.texts == {"by": "审计员 赵敏"}


async def test_a_route_that_is_free_of_personal_data_shows_none_and_notes_nothing(ground: Ground) -> None:
    before = await ground.readings()
    for route in READS:
        if route not in SHOWING:
            status, body = await ground.read(ground.path(route), **WHO)
            assert status in (200, 302), route.path
            if route.path not in ("/docs", "/openapi.json"):  # the examples there name somebody
                assert not [name for name in NAMES if name in body.decode(errors="replace")], route.path
    assert await ground.readings() == before


@pytest.mark.parametrize("names", [{"method": "GET"}, {"method": "POST", "shows": Shows.CASE}])
def test_a_route_that_does_not_say_what_it_shows_is_not_made(names: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="says what it shows"):
        Route(
            path="/v1/new", right=Anyone.EVERYBODY, handler=docs, zh="新", en="New", tag=Tag.NODE, gives=None, **names
        )


async def test_the_route_of_every_list_of_cases_is_marked() -> None:
    assert {route.path for route in SHOWING} == {
        "/v1/cases",
        "/v1/cases/{case}",
        "/v1/cases/{case}/clocks",
        "/v1/cases/{case}/competence",
        "/v1/cases/{case}/eligibility",
        "/v1/cases/{case}/history",
        "/v1/cases/{case}/requests/{request}/papers/{paper}",
        "/v1/cases/{case}/requests/{request}/pieces/{piece}/custody",
        "/v1/transfers",
        "/v1/requests",
        "/v1/quarantine",
        "/v1/quarantine/{entry}",
        "/v1/files/{digest}",
    }


async def test_who_does_not_say_who_they_are_is_unnamed_and_a_bad_name_is_refused(here: Api) -> None:
    case = await here.opened()
    path = f"/v1/cases/{case['id']}"
    await here.get(path)
    for wrong in ("%FF", "%0A", "", "%20", quote("赵" * 101)):
        answer = await here.get(path, Actor=wrong)
        assert (answer.status, answer.kind) == (400, "bad-request"), wrong
    readings = await noted(here.node.store.engine, Kind.READ)
    assert [one.texts for one in readings] == [{"by": "unnamed"}]


async def test_what_shows_nothing_is_no_reading(here: Api) -> None:
    case = await here.opened()
    path = f"/v1/cases/{case['id']}"
    assert (await here.get(f"/v1/cases/{uuid4()}")).status == 404
    assert (await here.get(path, If_None_Match='"1"')).status == 304
    assert await noted(here.node.store.engine, Kind.READ) == []


@pytest.fixture
async def busy(url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path, ZHONGSHAN, database_url=url) as api:
        yield api


async def test_readings_that_wait_share_a_transaction(busy: Api) -> None:
    case = await busy.opened()
    engine, commits = busy.node.store.engine.sync_engine, list[object]()
    before = len(await noted(busy.node.store.engine))
    event.listen(engine, "commit", commits.append)
    answers = await asyncio.gather(*(busy.get(f"/v1/cases/{case['id']}", Actor=f"n{n}") for n in range(60)))
    assert {answer.status for answer in answers} == {200}
    readings = (await noted(busy.node.store.engine))[before:]
    assert {one.texts["by"] for one in readings if one.texts} == {f"n{n}" for n in range(60)}
    # Each look at a case ends with a commit of its own, too.
    assert len(commits) < 60 + 30, len(commits)


FULL: Final = {
    "sqlite": ("CREATE TRIGGER full_ BEFORE INSERT ON ledger_entries BEGIN SELECT RAISE(ABORT, 'full'); END",),
    "postgresql": (
        """CREATE FUNCTION full_() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = 'disk_full'; END $$""",
        "CREATE TRIGGER full_ BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION full_()",
    ),
}


async def test_what_cannot_be_noted_is_not_shown(busy: Api) -> None:
    case = await busy.opened()
    paths = [f"/v1/cases/{case['id']}", "/v1/cases"]
    engine = busy.node.store.engine
    for path in paths:
        assert "李大山" in (await busy.get(path)).text
    async with writing(engine) as connection:
        for statement in FULL[engine.dialect.name]:
            await connection.execute(text(statement))
    for path in paths:
        answer = await busy.get(path)
        assert (answer.status, answer.kind) == (503, "storage-unavailable")
        assert "李大山" not in answer.text
    assert (await busy.get("/v1/duties")).status == 200, "what shows nobody is shown still"


async def test_a_file_is_noted_before_its_first_byte(ground: Ground) -> None:
    async with writing(ground.api.node.store.engine) as connection:
        for statement in FULL["sqlite"]:
            await connection.execute(text(statement))
    status, body = await ground.read(f"/v1/files/{ground.named['digest']}")
    assert (status, b"%PDF" in body) == (503, False)


async def test_a_client_that_goes_away_holds_up_nobody(here: Api) -> None:
    case = await here.opened()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await here.get(f"/v1/cases/{case['id']}", Actor="gone")
    async with aiohttp.ClientSession(here.address) as other, other.get(f"/v1/cases/{case['id']}") as answer:
        assert answer.status == 200
    readings = await noted(here.node.store.engine, Kind.READ)
    assert {"by": "unnamed"} in [reading.texts for reading in readings]
