"""Every way in which a request can be wrong gets its problem document, and none repeats what it was sent."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.builders import a_resident_id
from tests.integration.api_node import OFFER, PROBLEM, ZHONGSHAN, Answer, Api, application, serving, today
from transfer.domain.decision import Decision, Event
from transfer.ports.work import Cause, StorageUnavailable
from transfer.telemetry import clock
from transfer.web.requests import MAX_BYTES

PERSONAL = "李大山"
ID = "01975a3e-6c01-7b02-8d13-44e0a1b2c305"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in application().items() if key != name}


def pointers(answer: Answer) -> list[str]:
    return [one["pointer"] for one in answer.body["errors"]]


async def raw(api: Api, request: bytes) -> tuple[bytes, bytes]:
    """Head and body of what the node answers to these bytes."""
    port = int(api.address.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


async def test_an_unknown_address_is_not_found(api: Api) -> None:
    for path in ("/nope", "/v1", "/v1/cases/", "/v2/cases", "/v1/cases/x/y/z", "/docs/x", "/%ff", "/..%2f..%2fetc"):
        answer = await api.get(path)
        assert (answer.status, answer.kind) == (404, "not-found"), path


async def test_a_method_that_is_not_taken_is_told_with_those_that_are(api: Api) -> None:
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = await api.ask(method, "/v1/cases")
        assert (answer.status, answer.kind) == (405, "method-not-allowed")
        assert answer.headers["Allow"] == "GET, HEAD, POST"


@pytest.mark.parametrize("path", ["/v1/cases/{}", "/v1/cases/{}/history", "/v1/cases/{}/messages"])
async def test_an_unknown_case_is_not_found(api: Api, path: str) -> None:
    answer = await api.get(path.format(uuid4()))
    assert (answer.status, answer.kind) == (404, "unknown-case")
    for nonsense in ("1", "x", str(uuid4())[:-1], "{" + str(uuid4()) + "}", uuid4().hex, PERSONAL):
        answer = await api.get(path.format(nonsense))
        assert (answer.status, answer.kind) == (404, "not-found")


async def test_unknown_cases_transfers_messages_and_entries_cannot_be_changed_or_read(api: Api) -> None:
    said = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review", "occurred_on": today()}
    assert (await api.post(f"/v1/cases/{uuid4()}/stages", said)).kind == "unknown-case"
    assert (await api.post(f"/v1/cases/{uuid4()}/transfers", OFFER)).kind == "unknown-case"
    recall = {"by": "王芳", "institution": ZHONGSHAN, "reason": "SENT_IN_ERROR"}
    assert (await api.post(f"/v1/cases/{uuid4()}/transfers/{uuid4()}/recall", recall)).kind == "unknown-case"
    case = await api.opened()
    assert (await api.post(f"/v1/cases/{case['id']}/transfers/{uuid4()}/recall", recall)).kind == "unknown-transfer"
    assert (await api.get(f"/v1/messages/{uuid4()}")).kind == "not-found"
    assert (await api.get(f"/v1/quarantine/{uuid4()}")).kind == "not-in-quarantine"
    assert (await api.post(f"/v1/quarantine/{uuid4()}/replay", {})).kind == "not-in-quarantine"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[1,",
        b'{"by":"\xff\xfe"}',
        b'{"by":"\xed\xa0\x80"}',
        b'{"by":"\\ud800"}',
        b"\xef\xbb\xbf{}",
        b"\x00",
        b'{"by":NaN',
        b"[" * 100_000,
        b"name=x",
    ],
)
async def test_a_body_that_is_no_json_in_utf_8_is_malformed(api: Api, body: bytes) -> None:
    answer = await api.post("/v1/cases", body)
    assert (answer.status, answer.kind) == (400, "malformed-json"), answer


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"', b"{}", b'{"by":NaN}', b"[[[[[[]]]]]]"])
async def test_json_of_another_form_is_invalid(api: Api, body: bytes) -> None:
    answer = await api.post("/v1/cases", body)
    assert (answer.status, answer.kind) == (422, "invalid-body"), answer


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"by": 1}, "/by"),
        ({"by": None}, "/by"),
        ({"by": ""}, "/by"),
        ({"by": "  "}, "/by"),
        ({"by": "王\n芳"}, "/by"),
        ({"by": "王\u202e芳"}, "/by"),
        ({"by": "王" * 101}, "/by"),
        ({"institution": "44200"}, "/institution"),
        ({"institution": 442000}, "/institution"),
        ({"matter": "ROBBERY"}, "/matter"),
        ({"matter": "remuneration"}, "/matter"),
        ({"channel": ["WINDOW"]}, "/channel"),
        ({"facts": "\x00"}, "/facts"),
        ({"facts": "x" * 4001}, "/facts"),
        ({"place_of_cause": "042000"}, "/place_of_cause"),
        ({"limitation_on": "2026-02-30"}, "/limitation_on"),
        ({"limitation_on": "1899-12-31"}, "/limitation_on"),
        ({"limitation_on": "9999-12-31"}, "/limitation_on"),
        ({"limitation_on": 20261122}, "/limitation_on"),
        ({"received_at": "2026-11-01T10:00:00"}, "/received_at"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "/received_at"),
        ({"received_at": 1}, "/received_at"),
        ({"applicants": []}, "/applicants"),
        ({"applicants": {}}, "/applicants"),
        ({"applicants": [{"name": PERSONAL}]}, "/applicants/0/identity"),
        ({"applicants": [{"name": PERSONAL, "identity": {"kind": "NONE"}, "id": "x"}]}, "/applicants/0/id"),
        (
            {"applicants": [{"name": PERSONAL, "identity": {"kind": "RESIDENT_ID", "number": "990000198504120019"}}]},
            "/applicants/0/identity",
        ),
        ({"recieved_at": None}, "/recieved_at"),
        ({"applicants": [{"name": PERSONAL, "identity": {"kind": "NONE", "nr": 1}}]}, "/applicants/0/identity/nr"),
        ({PERSONAL: 1}, ""),
        ({"urgency": "PRESERVATION"}, ""),
        ({"urgency": "LIMITATION_LT_7_DAYS", "urgency_reason": "时效"}, ""),
        ({"clocks": []}, "/clocks"),
        ({"applicants": [{"id": ID, "name": PERSONAL, "identity": {"kind": "NONE"}}] * 2}, ""),
        ({"materials": [{"kind": "IOU", "title": "欠条", "applicant": ID}]}, ""),
    ],
)
async def test_what_is_wrong_in_a_body_is_named_by_its_place(api: Api, changes: dict[str, Any], pointer: str) -> None:
    answer = await api.post("/v1/cases", application(**changes))
    assert (answer.status, answer.kind) == (422, "invalid-body"), answer
    assert pointer in pointers(answer)
    for secret in (PERSONAL, "990000198504120019", "ROBBERY"):
        assert secret not in answer.text


@pytest.mark.parametrize("name", ["by", "institution", "matter", "aid_form", "facts", "claim", "channel", "applicants"])
async def test_what_is_missing_is_named(api: Api, name: str) -> None:
    answer = await api.post("/v1/cases", without(name))
    assert answer.status == 422
    assert answer.body["errors"] == [{"pointer": f"/{name}", "message": "Field required"}]


async def test_a_wrong_receipt_or_day_is_implausible(api: Api) -> None:
    for received in (f"{today(days=2)}T00:00:00Z", f"{today(days=-400)}T00:00:00Z", "2199-12-31T00:00:00Z"):
        answer = await api.post("/v1/cases", application(received_at=received))
        assert (answer.status, answer.kind) == (422, "implausible-date")
    case = await api.opened()
    for day in (today(days=1), today(days=-1), "1900-01-01", "2199-12-31"):
        said = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review", "occurred_on": day}
        answer = await api.post(f"/v1/cases/{case['id']}/stages", said)
        assert (answer.status, answer.kind) == (422, "implausible-date")


async def test_a_stage_out_of_order_or_without_its_ground_is_refused(api: Api) -> None:
    case = await api.opened()
    said = {"by": "王芳", "institution": ZHONGSHAN, "stage": "archived", "occurred_on": today()}
    answer = await api.post(f"/v1/cases/{case['id']}/stages", said)
    assert (answer.status, answer.kind) == (409, "illegal-stage")
    assert answer.body["about"]["allowed"] == ["under_review", "aid_first"]
    answer = await api.post(f"/v1/cases/{case['id']}/stages", said | {"stage": "aid_first"})
    assert (answer.status, answer.kind) == (422, "basis-missing")


async def test_a_body_must_say_that_it_is_json(api: Api) -> None:
    headers = {"Idempotency-Key": str(uuid4())}
    content = json.dumps(application()).encode()
    for media in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=gbk", "x", ""):
        answer = await api.ask("POST", "/v1/cases", data=content, headers=headers | {"Content-Type": media})
        assert (answer.status, answer.kind) == (415, "wrong-content-type"), media
    answer = await api.ask(
        "POST", "/v1/cases", data=content, headers=headers | {"Content-Type": "application/json; charset=UTF-8"}
    )
    assert answer.status == 201


async def test_a_compressed_body_is_not_opened(api: Api) -> None:
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json", "Content-Encoding": "gzip"}
    answer = await api.ask("POST", "/v1/cases", data=b"\x1f\x8b", headers=headers)
    assert (answer.status, answer.kind) == (415, "wrong-content-type")


async def test_a_body_of_ten_megabytes_is_refused_and_the_node_goes_on(api: Api) -> None:
    for size in (MAX_BYTES + 1, 10_000_000):
        headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        answer = await api.ask("POST", "/v1/cases", data=io.BytesIO(b" " * size), headers=headers)
        assert (answer.status, answer.kind) == (413, "too-large")

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 100_000

    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    answer = await api.ask("POST", "/v1/cases", data=endless(), headers=headers)
    assert (answer.status, answer.kind) == (413, "too-large")
    assert (await api.get("/v1/cases")).status == 200


async def test_a_body_just_below_the_limit_is_read(api: Api) -> None:
    content = json.dumps(application()).encode()
    headers = {"Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
    whole = io.BytesIO(content + b" " * (MAX_BYTES - len(content)))
    answer = await api.ask("POST", "/v1/cases", data=whole, headers=headers)
    assert answer.status == 201


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=1.5",
        "limit=99999999999999999999999999",
        "limit=1&limit=2",
        "cursor=",
        "cursor=x",
        "cursor=%E6%9D%8E",
        "cursor=" + "A" * 500,
        "cursor=WzBd",
        "cursor=Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTldfQ",
        "holder=me",
        "holder=44200",
        "stage=gone",
        "stage=received&stage=gone",
        "urgency=HIGH",
        "matter=",
        "transfer_state=lost",
        "due_before=tomorrow",
        "due_before=0000-00-00",
        "due_before=2200-01-01",
        "q=",
        "q=%00",
        "q=a%0Ab",
        "q=" + "x" * 201,
        "Q=x",
        "x=1",
    ],
)
async def test_a_wrong_query_is_refused(api: Api, query: str) -> None:
    answer = await api.get(f"/v1/cases?{query}")
    assert (answer.status, answer.kind) == (422, "invalid-query"), answer
    assert all({"parameter", "message"} == error.keys() for error in answer.body["errors"])


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/messages", "/v1/quarantine", "/v1/cases/{case}/history"])
async def test_a_wrong_cursor_is_refused_by_every_list(api: Api, path: str) -> None:
    case = await api.opened()
    for cursor in ("x", "W10", "Wy0xXQ", "WzFlOTldXX0", "WzkwMDcxOTkyNTQ3NDA5OTNd", "bnVsbA", "eyJhIjoxfQ"):
        answer = await api.get(f"{path.format(case=case['id'])}?cursor={cursor}")
        assert (answer.status, answer.kind) == (422, "invalid-query"), answer


async def test_where_no_query_is_asked_none_is_taken(api: Api) -> None:
    case = await api.opened()
    for path in (f"/v1/cases/{case['id']}", "/v1/node", "/healthz", "/v1/regions"):
        assert (await api.get(f"{path}?x=1")).kind == "invalid-query"
    assert (await api.post("/v1/cases?x=1", application())).kind == "invalid-query"


async def test_a_change_needs_the_version_that_was_read(api: Api) -> None:
    case = await api.opened()
    path = f"/v1/cases/{case['id']}/transfers"
    absent = await api.post(path, OFFER, etag=None)
    assert (absent.status, absent.kind) == (428, "version-missing")
    assert "If-Match" in absent.body["detail"]
    for tag in ("1", 'W/"1"', '"1", "2"', '"x"', '""', '"-1"', "**", '"99999999999999999999"'):
        wrong = await api.post(path, OFFER, etag=tag)
        assert (wrong.status, wrong.kind) == (400, "version-invalid"), tag
    stale = await api.post(path, OFFER, etag='"7"')
    assert (stale.status, stale.kind, stale.body["current_version"]) == (412, "stale-version", 1)
    assert (await api.post(path, OFFER, etag='"1"')).status == 201


async def test_test_identities_are_taken_only_where_they_are_allowed(tmp_path: Path) -> None:
    number = a_resident_id()
    paper = {"kind": "RESIDENT_ID", "number": number}
    body = application(applicants=[{"name": PERSONAL, "identity": paper, "victim": paper}])
    async with serving(tmp_path, test_identities=False) as strict:
        answer = await strict.post("/v1/cases", body)
        assert (answer.status, answer.kind) == (422, "test-identity")
        assert pointers(answer) == ["/applicants/0/identity/number", "/applicants/0/victim/number"]
        assert number not in answer.text
    async with serving(tmp_path) as api:
        assert (await api.post("/v1/cases", body)).status == 201


@pytest.mark.parametrize("host", ["example.org", "127.0.0.1.example.org", "localhost.", "10.0.0.1:80", "", "[::2]"])
async def test_a_name_that_points_to_this_machine_is_not_answered(api: Api, host: str) -> None:
    answer = await api.get("/v1/cases", Host=host)
    assert (answer.status, answer.kind) == (421, "not-this-host")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8080", "LocalHost:80"])
async def test_the_loopback_address_is_answered_by_any_of_its_names(api: Api, host: str) -> None:
    assert (await api.get("/v1/cases", Host=host)).status == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET /v1/cases HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad header\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_what_is_no_http_gets_a_problem_too(api: Api, request_: bytes) -> None:
    head, body = await raw(api, request_)
    assert head.split()[1] == b"400", head
    assert PROBLEM.encode() in head
    assert json.loads(body)["type"] == "/docs#bad-request"
    assert b"xxxx" not in body


async def test_a_request_without_host_is_not_answered(api: Api) -> None:
    head, body = await raw(api, b"GET /v1/cases HTTP/1.0\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 421"), head
    assert json.loads(body)["type"] == "/docs#not-this-host"


async def test_an_expectation_that_is_not_met_gets_a_problem(api: Api) -> None:
    ask = (
        b"POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    )
    head, body = await raw(api, ask)
    assert head.startswith(b"HTTP/1.1 417"), head
    assert json.loads(body)["type"] == "/docs#expectation-failed"


async def test_a_case_that_no_message_could_carry_is_not_offered(api: Api) -> None:
    papers = [{"kind": "OTHER", "title": f"材料{n}"} for n in range(500)]
    case = await api.opened(materials=papers)
    known = (await api.node.views.case(UUID(case["id"]))).case  # type: ignore[union-attr] # it was just opened
    more = replace(known, materials=known.materials * 5)
    async with api.node.store.work() as work:
        await work.load_cases([known.id])
        work.record(Decision(case=more, event=Event(name="grown")), Cause(at=clock.now(), by="x"))
    answer = await api.post(f"/v1/cases/{case['id']}/transfers", OFFER)
    assert (answer.status, answer.kind) == (422, "beyond-exchange"), answer


async def test_a_broken_body_leaves_the_node_well(api: Api) -> None:
    ask = b"POST /v1/cases HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    head, _ = await raw(api, ask + b"Transfer-Encoding: chunked\r\nIdempotency-Key: 12345678\r\n\r\nZZ\r\nx")
    assert head.split()[1] == b"400", head
    assert (await api.get("/healthz")).status == 200


async def test_an_unforeseen_error_tells_only_an_id_that_the_log_knows(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise RuntimeError(PERSONAL)

    monkeypatch.setattr(type(api.node.views), "cases", broken)
    with capture_logs() as logs:
        answer = await api.get("/v1/cases")
    assert (answer.status, answer.kind) == (500, "unexpected")
    [line] = [line for line in logs if line["event"] == "request_failed"]
    assert line["error_id"] == answer.body["error_id"]
    assert line["error"] == "RuntimeError"
    assert any("test_api_problems" in place for place in line["where"])
    assert PERSONAL not in answer.text + str(line)


async def test_a_database_that_is_away_is_told_with_the_time_to_wait(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("database is locked")

    monkeypatch.setattr(type(api.node.views), "cases", away)
    answer = await api.get("/v1/cases")
    assert (answer.status, answer.kind, answer.headers["Retry-After"]) == (503, "storage-unavailable", "2")


async def test_a_change_that_the_database_refuses_is_a_conflict(api: Api) -> None:
    async with api.node.store.writing() as connection:
        await connection.execute(
            text("CREATE TRIGGER no_cases BEFORE INSERT ON cases BEGIN SELECT RAISE(ABORT, 'no'); END")
        )
    answer = await api.post("/v1/cases", application())
    assert (answer.status, answer.kind) == (409, "storage-refused")


async def test_requests_leave_no_personal_data_in_the_log(api: Api) -> None:
    with capture_logs() as logs:
        await api.post("/v1/cases", application(facts=1))
        await api.opened()
        await api.ask("GET", "/v1/cases", params={"q": PERSONAL})
        await api.get(f"/v1/cases/{PERSONAL}")
    assert PERSONAL not in str(logs)
