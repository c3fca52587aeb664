"""What monitoring asks of a node, well and unwell, and the page for readers."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from sqlalchemy import text, update

from tests.integration.api_node import DOCUMENT, LUXIAN, ZHONGSHAN, Answer, Api, application, serving
from tests.integration.file_nodes import a_file_node
from tests.pki import HOST, Pki
from tests.trust import shared
from transfer.crypto.pki import SERVER, save
from transfer.domain.clocks import legal_day
from transfer.law.kept import KeptRules, Origin
from transfer.node import build
from transfer.ports.work import StorageUnavailable
from transfer.settings import Settings
from transfer.storage.tables import outbox
from transfer.telemetry import clock


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


def check(answer: Answer, name: str) -> dict[str, object]:
    return next(dict(one) for one in answer.body["checks"] if one["name"] == name)


def measure(text_: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", text_, re.MULTILINE)
    assert found is not None, name
    return float(found[1])


async def test_a_node_that_runs_is_alive_and_ready(api: Api) -> None:
    assert (await api.get("/healthz")).body == {"alive": True}
    ready = await api.get("/readyz")
    assert (ready.status, ready.body["ready"]) == (200, True)
    named = ("trust", "rules", "forgetting", "drafts", "sessions", "curing", "mailbox")
    duties = [f"duty:{one}" for one in named]
    assert [one["name"] for one in ready.body["checks"]] == [
        "database",
        "records",
        "directory",
        "keys",
        "calendar",
        "ledger",
        *duties,
    ]


async def test_a_database_of_another_version_makes_it_unready_and_says_what_to_do(api: Api) -> None:
    async with api.node.store.writing() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    answer = await api.get("/readyz")
    assert (answer.status, answer.kind, answer.body["ready"]) == (503, "not-ready", False)
    assert check(answer, "database")["todo"] == "Run `transfer migrate`."
    assert (await api.get("/healthz")).status == 200


async def test_a_node_below_what_the_directory_asks_for_is_unready_and_told_to_upgrade(api: Api) -> None:
    asking = shared().directory().model_copy(update={"version": 9, "least": 2})
    api.node.book.offer(shared().note(asking))
    found = check(await api.get("/readyz"), "directory")
    assert (found["ok"], found["found"]) == (
        False,
        "region 442000 understands version 1 of messages, the exchange asks for 2",
    )
    assert "Upgrade this node" in str(found["todo"])


async def test_a_store_of_files_that_is_lost_makes_it_unready(tmp_path: Path) -> None:
    async with a_file_node(tmp_path) as node:
        assert check(await node.api.get("/readyz"), "files")["ok"]
        shutil.rmtree(node.folder)
        answer = await node.api.get("/readyz")
        assert (answer.status, check(answer, "files")["ok"]) == (503, False)
        assert "TRANSFER_FILES" in str(check(answer, "files")["todo"])
        assert not node.folder.exists()


@pytest.mark.parametrize(("days", "said"), [(300, (True, False)), (5, (True, True)), (-1, (False, True))])
async def test_the_certificate_of_the_site_of_files_is_watched(
    tmp_path: Path, pki: Pki, days: int, said: tuple[bool, bool]
) -> None:
    """Whether it is in order, and whether there is something to do."""
    since = clock.now() - timedelta(days=10)
    save(pki.authority.server([HOST], now=since, days=10 + days), tmp_path, SERVER)
    site: dict[str, Any] = {
        "files_port": 0,
        "files_cert": tmp_path / "server.pem",
        "files_key": tmp_path / "server.key",
    }
    async with a_file_node(tmp_path, **site) as node:
        found = check(await node.api.get("/readyz"), "files:site")
    assert (found["ok"], found["todo"] is not None) == said


async def test_a_database_that_is_away_makes_it_unready(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(_: object) -> None:
        raise StorageUnavailable("ConnectionRefusedError: no")

    monkeypatch.setattr(type(api.node.views), "form", away)
    answer = await api.get("/readyz")
    assert answer.status == 503
    assert "TRANSFER_DATABASE_URL" in str(check(answer, "database")["todo"])


@pytest.mark.parametrize(("lost_after", "status"), [(0.0, 503), (600.0, 200)])
async def test_a_broker_may_be_away_for_a_while(tmp_path: Path, lost_after: float, status: int) -> None:
    roles = "api,relay,inbound"
    async with serving(tmp_path, roles=roles, broker_lost_after=lost_after) as api:
        answer = await api.get("/readyz")
        assert answer.status == status
        for role in ("relay", "inbound"):
            said = check(answer, f"broker:{role}")
            assert said["ok"] is (status == 200)
            assert "TRANSFER_AMQP_URL" in str(said["todo"])
        node = (await api.get("/v1/node")).body
        assert [(link["role"], link["connected"]) for link in node["broker"]] == [("inbound", False), ("relay", False)]
        assert measure((await api.get("/metrics")).text, 'transfer_broker_connected{role="relay"}') == 0
        assert (await api.post("/v1/cases", application())).status == 201, "the desk needs no broker"


async def test_a_duty_that_fails_in_a_row_makes_it_unready(tmp_path: Path) -> None:
    async with serving(tmp_path, roles="api,relay", broker_lost_after=600) as api:
        relay = next(duty for duty in api.node.duties if duty.name == "relay")
        relay.failures = 2
        assert (await api.get("/readyz")).status == 200
        relay.failures = 3
        answer = await api.get("/readyz")
        assert answer.status == 503
        assert "failed 3 times" in str(check(answer, "duty:relay")["found"])
        assert {duty["name"]: duty["failures"] for duty in (await api.get("/v1/node")).body["duties"]}["relay"] == 3


async def test_the_node_says_how_the_exchange_stands(api: Api) -> None:
    first, second = await api.offered(), await api.offered()
    node = (await api.get("/v1/node")).body
    assert (node["region"], node["name_zh"], node["roles"]) == (ZHONGSHAN, "中山市", ["api"])
    assert node["traffic"]["outbox"] == {"waiting": 2, "published": 0, "parked": 0, "applied": 0, "refused": 0}
    assert node["traffic"]["oldest_waiting"]["peer"] == LUXIAN
    async with api.node.store.writing() as connection:
        at, of_first = clock.now(), outbox.c.conversation == UUID(first["id"])
        await connection.execute(update(outbox).values(published_at=at))
        await connection.execute(update(outbox).where(of_first).values(outcome="applied", settled_at=at))
    node = (await api.get("/v1/node")).body
    assert [(one["region"], one["failures"]) for one in node["traffic"]["destinations"]] == [(LUXIAN, 0)]
    assert node["traffic"]["outbox"] == {"waiting": 0, "published": 1, "parked": 0, "applied": 1, "refused": 0}
    [line] = await api.items("/v1/messages?state=published")
    assert line["case"] == second["id"]
    assert node["traffic"]["oldest_waiting"]["id"] == line["id"]


async def test_measures_are_taken_when_they_are_asked(api: Api) -> None:
    before = (await api.get("/metrics")).text
    await api.offered()
    answer = await api.get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert measure(before, 'transfer_outbox_messages{state="waiting"}') == 0
    assert measure(answer.text, 'transfer_outbox_messages{state="waiting"}') == 1
    assert measure(answer.text, "transfer_oldest_waiting_seconds") > 0
    assert measure(answer.text, "transfer_parked_messages") == 0
    assert measure(answer.text, "transfer_quarantined_messages") == 0
    assert 'transfer_request_seconds_count{route="/v1/cases/{case}/transfers",status="201"}' in answer.text
    assert 'transfer_commands_total{result="done"}' in answer.text


async def test_monitoring_can_tell_when_the_certificate_for_the_hub_ends(tmp_path: Path, pki: Pki) -> None:
    pki.renew(ZHONGSHAN, days=20)
    address = f"amqps://{ZHONGSHAN}@127.0.0.1:1/none"
    async with serving(tmp_path, amqp_url=address, **pki.settings(ZHONGSHAN)) as api:
        left = measure((await api.get("/metrics")).text, "transfer_tls_certificate_valid_seconds")
    assert 19.9 < left / 86400 < 20


async def test_the_description_is_served_as_it_is_made(api: Api) -> None:
    assert (await api.get("/openapi.json")).body == DOCUMENT


async def test_the_page_for_readers_loads_nothing_and_says_how_to_sign_in(api: Api) -> None:
    page = await api.get("/docs")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Authorization: Bearer" in page.text
    assert "登录会话" in page.text
    assert "<script" not in page.text
    assert not re.search(r'(src|href)="(?!#|/openapi\.json"|/static/)', page.text)
    assert "style-src 'self'" in page.headers["Content-Security-Policy"]
    for path in DOCUMENT["paths"]:
        assert f"<code>{path}</code>" in page.text


async def test_every_problem_type_leads_to_its_place_on_the_page(api: Api) -> None:
    page = (await api.get("/docs")).text
    for path in ("/nope", "/v1/cases?x=1"):
        kind = (await api.get(path)).kind
        assert f'id="{kind}"' in page


async def test_requests_in_hand_are_answered_before_the_node_stops(tmp_path: Path) -> None:
    async with serving(tmp_path) as api:
        asked = [asyncio.create_task(api.post("/v1/cases", application())) for _ in range(20)]
        await asyncio.sleep(0.05)
        address = api.address
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, aiohttp.ClientError) or one.status == 201 for one in answers)  # type: ignore[union-attr] # as said
    async with aiohttp.ClientSession(address) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("/healthz")


async def test_a_node_without_the_role_serves_no_api(tmp_path: Path) -> None:
    settings = {"region": ZHONGSHAN, "amqp_url": "amqp://nobody:x@127.0.0.1:1/none", **shared().settings(ZHONGSHAN)}
    node = build(Settings.load(roles="relay", database_url=f"sqlite:///{tmp_path}/x.db", **settings))
    async with node.running() as address:
        assert address is None


async def test_a_port_that_is_taken_is_an_error_at_the_start(tmp_path: Path, api: Api) -> None:
    port = int(api.address.rpartition(":")[2])
    (tmp_path / "second").mkdir()
    with pytest.raises(OSError, match="address already in use"):
        async with serving(tmp_path / "second", port=port):
            pass


@pytest.mark.parametrize("known", [0, 2])
async def test_it_is_told_for_how_many_days_the_calendar_is_known_and_which_year_to_load(api: Api, known: int) -> None:
    """Of the years from this one on, so many."""
    rules, today = api.node.rules, legal_day(clock.now())
    rules.known_years = nothing_known
    years = [{"year": today.year + n, "off": [], "worked": [], "notice": "0号"} for n in range(known)]
    content = json.dumps({"version": "2099-01-01", "note": "试", "years": years}).encode()
    fresh = KeptRules(origin=Origin.LOADED, version="2099-01-01", digest="x", content=content, by="x", at=clock.now())
    await rules.sets.keep(fresh, after=1)
    await rules.look_once()
    days = (date(today.year + known, 1, 1) - today).days
    assert measure((await api.get("/metrics")).text, "transfer_calendar_days") == days
    answer = await api.get("/readyz")
    said = check(answer, "calendar")
    assert (answer.status, said["ok"], said["found"]) == (200, True, f"known for {days} days")
    assert said["todo"] is None if known else f"Load {today.year} as" in str(said["todo"])


def nothing_known(day: date) -> bool:
    raise LookupError(day.year)


async def test_a_node_that_has_not_read_its_rules_is_not_ready(api: Api) -> None:
    api.node.rules._book = None
    answer = await api.get("/readyz")
    assert (answer.status, "not been read" in str(check(answer, "calendar")["found"])) == (503, True)
    assert (await api.post("/v1/cases", application())).status == 503
    await api.node.rules.look_once()
    assert (await api.post("/v1/cases", application())).status == 201


async def test_the_rules_in_force_are_given_with_their_sources(api: Api) -> None:
    given = (await api.get("/v1/rules")).body
    assert (given["version"], given["region"]) == (api.node.rules.book.version, ZHONGSHAN)
    held = {one["code"]: one for one in given["items"]}
    review, objection = held["REVIEW"], held["OBJECTION"]
    assert (review["kind"], review["source"]) == ("terms", "中华人民共和国法律援助法第四十三条第一款")
    assert (review["says"]["length"], review["says"]["unit"]) == (7, "CALENDAR_DAY")
    assert (objection["confirmed"], "第二十二条" in json.dumps(objection, ensure_ascii=False)) == (False, False)
    assert held["AID_FIRST_BELOW_DAYS"]["says"] == {"value": 7}
    assert 2026 in given["years"]


async def test_the_rules_are_given_as_they_hold_in_another_region_on_another_day(api: Api) -> None:
    async def units(query: str) -> list[str]:
        items = (await api.get(f"/v1/rules?{query}")).body["items"]
        return [one["says"]["unit"] for one in items if one["code"] == "REPLACEMENT"]

    found = [await units(f"region=330106&on={day}") for day in ("2016-12-31", "2017-01-01")]
    assert (found, await units("region=442000")) == ([[], ["WORKING_DAY"]], ["CALENDAR_DAY"])
    assert (await api.get("/v1/rules?region=x")).status == 422
