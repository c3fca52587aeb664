"""Cases over the API: taken in, read, listed, found."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from tests.builders import a_resident_id
from tests.integration.api_node import LUXIAN, OFFER, ZHONGSHAN, Api, application, serving, today


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


def person(name: str, **changes: Any) -> dict[str, Any]:
    return {"name": name, "identity": {"kind": "NONE"}} | changes


async def test_a_case_is_taken_in_and_can_be_read_where_its_location_says(api: Api) -> None:
    opened = await api.post("/v1/cases", application(number="中援〔2026〕1号"))
    assert opened.status == 201, opened
    assert opened.headers["Etag"] == '"1"'
    read = await api.get(opened.headers["Location"])
    assert read.status == 200
    assert read.headers["Etag"] == '"1"'
    assert read.body["holder"]["institution"] == ZHONGSHAN
    assert read.body["held_here"] is True
    assert read.body["basics"]["numbers"] == [{"institution": ZHONGSHAN, "number": "中援〔2026〕1号"}]
    assert {name: read.body[name] for name in opened.body} == opened.body


async def test_a_case_taken_in_at_a_workstation_is_held_by_its_parent(tmp_path: Path) -> None:
    async with serving(tmp_path, LUXIAN) as luxian:
        opened = await luxian.post("/v1/cases", application(institution="510521-ZS"))
        assert opened.body["holder"]["institution"] == LUXIAN


@pytest.mark.parametrize("name", ["李𠮷·强", "阿依古丽·买买提", "㛃䶮", "名" * 30, "O'Brien-Smith", "“引”%_\\"])
async def test_names_come_back_as_they_were_written_and_are_found_by_their_beginning(api: Api, name: str) -> None:
    opened = await api.post("/v1/cases", application(applicants=[person(name)]))
    assert f'"name":"{name[0]}' in opened.text.replace('\\"', '"').replace("\\\\", "\\")
    assert opened.body["applicants"][0]["name"] == name
    assert "\\u" not in opened.text
    found = await api.ask("GET", "/v1/cases", params={"q": name})
    assert [line["applicants"] for line in found.body["items"]] == [[name]]


async def test_times_are_in_utc(api: Api) -> None:
    received = f"{today(days=-1)}T09:30:00+08:00"
    opened = await api.post("/v1/cases", application(received_at=received))
    assert opened.body["basics"]["first_received_at"] == f"{today(days=-1)}T01:30:00Z"


async def test_a_case_that_is_known_is_not_sent_again(api: Api) -> None:
    case = await api.opened()
    path = f"/v1/cases/{case['id']}"
    for tag in ('"1"', 'W/"1"', '"7", "1"', "*"):
        known = await api.get(path, If_None_Match=tag)
        assert (known.status, known.text, known.headers["Etag"]) == (304, "", '"1"'), tag
    assert (await api.get(path, If_None_Match='"2"')).status == 200


async def test_the_head_of_a_case_can_be_asked(api: Api) -> None:
    case = await api.opened()
    head = await api.ask("HEAD", f"/v1/cases/{case['id']}")
    assert (head.status, head.text, head.headers["Etag"]) == (200, "", '"1"')


async def test_a_new_case_opens_all_that_its_holder_may_do(api: Api) -> None:
    case = await api.opened()
    path = f"/v1/cases/{case['id']}"
    steps = {step["step"]: step for step in case["steps"]}
    assert {name: step["href"] for name, step in steps.items()} == {
        "offer": f"{path}/transfers",
        "draft-request": f"{path}/requests",
        "notice": f"{path}/notice",
        "withdrawals": f"{path}/withdrawals",
        "applicants": f"{path}/applicants",
        "events": f"{path}/events",
        "recusals": f"{path}/recusals",
        "hold": f"{path}/hold",
        "urgency": f"{path}/urgency",
        "places": f"{path}/places",
        "eligibility": f"{path}/eligibility",
        "publish-stage": f"{path}/stages",
    }
    assert [one["stage"] for one in steps["publish-stage"]["stages"]] == ["under_review", "aid_first"]
    assert steps["publish-stage"]["stages"][1]["grounds"] == ["LAL_44_1", "LAL_44_2", "LAL_44_3"]


async def test_applicants_are_told_once_what_is_missing_and_who_does_not_answer_leaves_alone(api: Api) -> None:
    persons = [{"name": name, "identity": {"kind": "NONE"}} for name in ("李大山", "王小河")]
    case = await api.opened(applicants=persons)
    path, [first, second] = f"/v1/cases/{case['id']}", [one["id"] for one in case["applicants"]]
    who = {"by": "王芳", "institution": ZHONGSHAN}
    item = {"defect": "FORM_UNSIGNED", "explanation": "缺签名", "applicant": second}
    notice = who | {"items": [item], "due_on": today(days=5), "phoned": True}
    case = (await api.post(f"{path}/notice", notice)).body
    [told] = case["notice"]["told"]
    assert (case["notice"]["due_on"], told) == (
        today(days=5),
        {"applicant": second, "by": "王芳", "written_on": today(), "phoned_on": today()},
    )
    assert "notice-answer" in {step["step"] for step in case["steps"]}
    more = notice | {"items": [item | {"defect": "FACTS_UNCLEAR"}]}
    assert (await api.post(f"{path}/notice", more)).kind == "defect-already-visible"
    gone = who | {"left": [{"applicant": second, "status": "DEEMED_WITHDRAWN"}]}
    assert (await api.post(f"{path}/notice/answer", gone)).kind == "due-date-ahead"
    answers = [{"defect": "FORM_UNSIGNED", "applicant": second, "answer": "已补签"}]
    assert (await api.post(f"{path}/notice/answer", who | {"answers": answers})).body["notice"]["answered"] is True
    case = (await api.post(f"{path}/withdrawals", who | {"applicants": [first]})).body
    assert [one["status"] for one in case["applicants"]] == ["WITHDRAWN", "ACTIVE"]


async def test_stages_are_published_and_listed(api: Api) -> None:
    case = await api.opened()
    path = f"/v1/cases/{case['id']}"
    for by, stage in (("王芳", "under_review"), ("王主任", "granted")):
        said = {"by": by, "institution": ZHONGSHAN, "stage": stage, "occurred_on": today(), "note": "已通知"}
        answer = await api.post(f"{path}/stages", said)
        assert answer.status == 200, answer
    known = (await api.get(path)).body
    assert [one["stage"] for one in known["stages"]] == ["under_review", "granted"]
    assert known["stage"] == {"stage": "granted", "tenure": 1, "number": 2}
    assert known["version"] == 3
    assert "offer" not in {step["step"] for step in known["steps"]}


async def test_the_history_tells_what_was_done_by_whom(api: Api) -> None:
    case = await api.offered()
    history = await api.items(f"/v1/cases/{case['id']}/history?limit=1")
    assert [(line["event"], line["by"], line["institution"]) for line in history] == [
        ("case_opened", "王芳", ZHONGSHAN),
        ("offered", "王芳", ZHONGSHAN),
    ]
    assert history[1]["transfer"] == case["transfers"][0]["id"]


async def test_the_worklist_puts_art_44_first_then_the_green_channel_then_the_next_due_day_then_first_receipt(
    api: Api,
) -> None:
    wanted = [
        {"urgency": "LIMITATION_LT_7_DAYS", "urgency_reason": "时效", "limitation_on": today(days=3)},
        {"urgency": "PRESERVATION", "urgency_reason": "保全"},
        {"urgency": "GREEN_CHANNEL", "received_at": f"{today(days=-1)}T01:00:00Z"},
        {"urgency": "GREEN_CHANNEL"},
        {"received_at": f"{today(days=-9)}T01:00:00Z"},
        {"received_at": f"{today(days=-2)}T01:00:00Z"},
        {"limitation_on": today(days=20)},
        {},
        {"limitation_on": today(days=40)},
    ]
    made = {place: (await api.opened(**wanted[place]))["id"] for place in (6, 2, 4, 0, 7, 3, 1, 5, 8)}
    listed = [line["id"] for line in (await api.get("/v1/cases")).body["items"]]
    assert listed == [made[place] for place in range(len(wanted))]
    paged = [line["id"] for line in await api.items("/v1/cases?limit=1")]
    assert paged == listed
    by_age = [line["first_received_at"] for line in await api.items("/v1/cases?limit=1&order=age")]
    assert by_age == sorted(by_age)
    assert len(by_age) == len(wanted)


async def test_the_worklist_can_be_narrowed(api: Api) -> None:
    plain = (await api.opened())["id"]
    urgent = (await api.opened(urgency="GREEN_CHANNEL", matter="WORK_INJURY"))["id"]
    away = (await api.offered())["id"]
    ready = (await api.opened())["id"]
    said = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review", "occurred_on": today()}
    await api.post(f"/v1/cases/{ready}/stages", said)

    async def found(query: str) -> set[str]:
        return {line["id"] for line in await api.items(f"/v1/cases?{query}")}

    assert await found("") == {plain, urgent, away, ready}
    assert await found("holder=mine") == {plain, urgent, away, ready}
    assert await found(f"holder={ZHONGSHAN}&urgency=NORMAL") == {plain, away, ready}
    assert await found("holder=others") == set()
    assert await found(f"holder={LUXIAN}") == set()
    assert await found("matter=WORK_INJURY") == await found("urgency=GREEN_CHANNEL") == {urgent}
    assert await found("transfer_state=offered") == {away}
    assert await found("stage=under_review") == {ready}
    assert await found("stage=under_review&stage=received") == {plain, urgent, away, ready}


async def test_cases_are_found_by_name_identity_number_case_number_and_opponent(api: Api) -> None:
    number = a_resident_id()
    id_card = {"kind": "RESIDENT_ID", "number": number}
    li = (await api.opened(applicants=[person("李大山"), person("王小川", identity=id_card)]))["id"]
    he = (await api.opened(applicants=[person("何李")], number="中援〔2026〕第0127号"))["id"]
    factory = (await api.opened(applicants=[person("赵一")], opponents=[{"name": "李记家具厂"}]))["id"]

    async def found(q: str) -> set[str]:
        answer = await api.ask("GET", "/v1/cases", params={"q": q})
        return {line["id"] for line in answer.body["items"]}

    assert await found("李") == {li, factory}
    assert await found("王小") == {li}
    assert await found(number) == {li}
    assert await found(number[:-1]) == set()
    assert await found("中援〔2026〕第0127号") == {he}
    assert await found("0127") == set()
    assert await found("%") == set()
    assert await found("_大山") == set()
    assert await found('1","institution') == set()


async def test_what_falls_due_is_found_by_its_day(api: Api) -> None:
    limited = (await api.opened(limitation_on=today(days=2)))["id"]
    waiting = (await api.opened(received_at=f"{today(days=-6)}T04:00:00Z"))["id"]
    fresh = (await api.opened())["id"]

    async def due_before(days: int) -> set[str]:
        return {line["id"] for line in (await api.get(f"/v1/cases?due_before={today(days=days)}")).body["items"]}

    assert await due_before(1) == set()
    assert await due_before(2) == {waiting}, "the review ends on the seventh day after receipt"
    assert await due_before(3) == {waiting, limited}
    assert await due_before(30) == {waiting, limited, fresh}
    for absurd in ("1900-01-01", "2199-12-31"):
        assert (await api.get(f"/v1/cases?due_before={absurd}")).status == 200


async def test_a_line_of_the_worklist_names_three_applicants_and_counts_all(api: Api) -> None:
    await api.opened(applicants=[person(f"申请人{n}") for n in range(5)])
    [line] = (await api.get("/v1/cases")).body["items"]
    assert line["applicants"] == ["申请人0", "申请人1", "申请人2"]
    assert line["applicant_count"] == 5


async def test_a_line_of_the_worklist_shows_the_last_transfer(api: Api) -> None:
    case = await api.offered()
    [line] = (await api.get("/v1/cases")).body["items"]
    assert line["transfer"]["id"] == case["transfers"][0]["id"]
    assert (line["transfer"]["state"], line["transfer"]["open"], line["transfer"]["receiver"]) == (
        "offered",
        True,
        OFFER["receiver"],
    )


async def test_a_case_with_five_hundred_applicants_is_taken_in(api: Api) -> None:
    case = await api.opened(applicants=[person(f"申请人{n}") for n in range(500)])
    assert len((await api.get(f"/v1/cases/{case['id']}")).body["applicants"]) == 500


async def test_an_applicant_may_come_with_an_id(api: Api) -> None:
    given = str(uuid4())
    case = await api.opened(applicants=[person("李大山", id=given)], materials=[])
    assert case["applicants"][0]["id"] == given


async def test_the_directory_says_which_region_is_here(api: Api) -> None:
    regions = (await api.get("/v1/regions")).body["items"]
    assert {region["code"] for region in regions if region["here"]} == {ZHONGSHAN}
    station = next(i for r in regions for i in r["institutions"] if i["code"] == OFFER["receiver"])
    assert (station["kind"], station["parent"]) == ("workstation", LUXIAN)


async def test_a_page_of_the_worklist_takes_as_many_queries_as_a_line(api: Api) -> None:
    queries: list[str] = []

    def heard(*said: Any) -> None:
        queries.append(said[2])

    event.listen(api.node.store.engine.sync_engine, "before_cursor_execute", heard)
    taken = []
    for _ in range(2):
        for _ in range(10):
            await api.opened()
        queries.clear()
        await api.get("/v1/cases?limit=200")
        taken.append(len([query for query in queries if query.startswith("SELECT")]))
    assert taken[0] == taken[1] <= 6
