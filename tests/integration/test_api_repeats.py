"""Repeated and racing requests, on both databases: each is carried out once, and nobody's change is lost."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.api_node import OFFER, ZHONGSHAN, Api, application, serving, today

STAGE = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review", "occurred_on": today()}


@pytest.fixture
async def api(tmp_path: Path, url: str) -> AsyncIterator[Api]:
    async with serving(tmp_path, database_url=url) as api:
        yield api


async def cases(api: Api) -> int:
    return len(await api.items("/v1/cases"))


async def test_the_same_request_with_the_same_key_is_carried_out_once(api: Api) -> None:
    key, body = str(uuid4()), application()
    first = await api.post("/v1/cases", body, key=key)
    again = await api.post("/v1/cases", body, key=f'"{key}"')
    assert (again.status, again.text) == (first.status, first.text)
    assert (again.headers["Etag"], again.headers["Location"]) == (first.headers["Etag"], first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert await cases(api) == 1


async def test_a_repeated_change_gets_its_answer_though_the_case_has_moved_on(api: Api) -> None:
    case, key = await api.opened(), str(uuid4())
    path = f"/v1/cases/{case['id']}"
    first = await api.post(f"{path}/transfers", OFFER, key=key, etag='"1"')
    await api.post(f"{path}/stages", STAGE | {"stage": "aid_first", "basis": "LAL_44_1"})
    again = await api.post(f"{path}/transfers", OFFER, key=key, etag='"1"')
    assert (again.status, again.text, again.headers["Etag"]) == (201, first.text, '"2"')
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await api.get(path)).body["version"] == 3


async def test_a_key_belongs_to_one_request(api: Api) -> None:
    case, key = await api.opened(), str(uuid4())
    path = f"/v1/cases/{case['id']}"
    assert (await api.post(f"{path}/transfers", OFFER, key=key)).status == 201
    for other, body in ((f"{path}/transfers", OFFER | {"reason": "另"}), (f"{path}/stages", STAGE)):
        answer = await api.post(other, body, key=key)
        assert (answer.status, answer.kind) == (422, "key-reused")
    assert (await api.post("/v1/cases", application(), key=key)).kind == "key-reused"
    assert await cases(api) == 1


async def test_a_refused_request_leaves_its_key_free(api: Api) -> None:
    case, key = await api.opened(), str(uuid4())
    path = f"/v1/cases/{case['id']}/stages"
    assert (await api.post(path, STAGE, key=key, etag='"9"')).status == 412
    assert (await api.post(path, STAGE, key=key, etag='"1"')).status == 200


async def test_a_post_without_a_key_is_told_how_to_make_one(api: Api) -> None:
    case = await api.opened()
    for path in ("/v1/cases", f"/v1/cases/{case['id']}/stages", f"/v1/quarantine/{uuid4()}/replay"):
        answer = await api.ask("POST", path, data=b"{}", headers={"Content-Type": "application/json"})
        assert (answer.status, answer.kind) == (400, "key-missing")
        assert "uuidgen" in answer.body["detail"]


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 201, "钥匙钥匙钥匙钥匙", "two words", '"unclosed-key', "semi;colon;"]
)
async def test_a_key_that_is_none_is_refused(api: Api, key: str) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    answer = await api.ask("POST", "/v1/cases", data=b"{}", headers=headers)
    assert (answer.status, answer.kind) == (400, "key-invalid")


async def test_the_same_key_at_the_same_time_opens_one_case(api: Api) -> None:
    key, body = str(uuid4()), application()
    answers = await asyncio.gather(*(api.post("/v1/cases", body, key=key) for _ in range(8)))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert await cases(api) == 1


async def test_of_two_clerks_who_read_the_same_version_one_changes_the_case(api: Api) -> None:
    for _ in range(5):
        case = await api.opened()
        path = f"/v1/cases/{case['id']}"
        answers = await asyncio.gather(
            api.post(f"{path}/stages", STAGE, etag='"1"'), api.post(f"{path}/transfers", OFFER, etag='"1"')
        )
        assert max(answer.status for answer in answers) == 412
        [loser] = [answer for answer in answers if answer.status == 412]
        assert (loser.kind, loser.body["current_version"]) == ("stale-version", 2)
        assert (await api.get(path)).body["version"] == 2


async def test_two_processes_on_one_database_keep_the_same_promises(tmp_path: Path, url: str) -> None:
    async with serving(tmp_path, database_url=url) as one, serving(tmp_path, database_url=url) as other:
        for _ in range(5):
            key, body = str(uuid4()), application()
            answers = await asyncio.gather(*(api.post("/v1/cases", body, key=key) for api in (one, other) * 2))
            assert {answer.status for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1
            path = f"/v1/cases/{answers[0].body['id']}"
            raced = await asyncio.gather(
                one.post(f"{path}/stages", STAGE, etag='"1"'), other.post(f"{path}/transfers", OFFER, etag='"1"')
            )
            assert max(answer.status for answer in raced) == 412
        assert await cases(one) == await cases(other) == 5


async def test_many_clerks_at_once_each_get_their_own_answer(api: Api) -> None:
    names = [f"申请人{n}" for n in range(60)]
    answers = await asyncio.gather(
        *(
            api.post("/v1/cases", application(applicants=[{"name": name, "identity": {"kind": "NONE"}}]))
            for name in names
        )
    )
    assert [answer.body["applicants"][0]["name"] for answer in answers] == names
    read = await asyncio.gather(*(api.get(answer.headers["Location"]) for answer in answers))
    assert {answer.status for answer in read} == {200}


async def test_a_wrong_command_does_not_spoil_those_beside_it(api: Api) -> None:
    bodies = [application(received_at="2001-01-01T00:00:00Z") if n % 3 else application() for n in range(30)]
    answers = await asyncio.gather(*(api.post("/v1/cases", body) for body in bodies))
    assert [answer.status for answer in answers] == [422 if n % 3 else 201 for n in range(30)]


async def test_paging_neither_skips_nor_repeats_while_cases_are_taken_in(api: Api) -> None:
    before = {(await api.opened(urgency=urgency))["id"] for urgency in ("NORMAL", "GREEN_CHANNEL") for _ in range(6)}
    seen: list[str] = []
    page: str | None = "/v1/cases?limit=5"
    while page is not None:
        answer = await api.get(page)
        seen += [line["id"] for line in answer.body["items"]]
        page = answer.body["next"]
        if page is not None:
            assert answer.headers["Link"] == f'<{page}>; rel="next"'
            await api.opened(urgency="GREEN_CHANNEL")
            await api.opened(received_at=f"{today(days=-3)}T01:00:00Z")
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


async def test_every_list_can_be_walked_one_by_one(api: Api) -> None:
    for _ in range(3):
        await api.offered(limitation_on=today(days=5))
    case = (await api.items("/v1/cases"))[0]["id"]
    for path in ("/v1/cases", "/v1/transfers", "/v1/messages", f"/v1/cases/{case}/history"):
        whole, single = await api.items(f"{path}?limit=200"), await api.items(f"{path}?limit=1")
        assert whole == single
        assert len(whole) == (2 if path.endswith("history") else 3)


async def test_filters_mean_the_same_on_both_databases(api: Api) -> None:
    one = await api.opened(
        applicants=[{"name": "李𠮷·强", "identity": {"kind": "PASSPORT", "number": "E12345678"}}],
        number="中援〔2026〕第0127号",
        limitation_on=today(days=2),
        opponents=[{"name": "Acme 50% 厂"}],
    )
    await api.opened()
    for q in ("李𠮷", "E12345678", "中援〔2026〕第0127号", "Acme 50%"):
        answer = await api.ask("GET", "/v1/cases", params={"q": q})
        assert [line["id"] for line in answer.body["items"]] == [one["id"]], q
    for q in ("E1234567", "0127", "%", "_", "me"):
        answer = await api.ask("GET", "/v1/cases", params={"q": q})
        assert answer.body["items"] == [], q
    found = await api.get(
        f"/v1/cases?due_before={today(days=3)}&holder=mine&stage=received&urgency=LIMITATION_LT_7_DAYS"
    )
    assert [line["id"] for line in found.body["items"]] == [one["id"]]
    assert (await api.get("/v1/node")).body["traffic"]["outbox"]["waiting"] == 0
    assert (await api.get("/readyz")).status == 200
