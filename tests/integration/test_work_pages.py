"""The caseworker's pages over HTTP: worklist, search, case, evidence requests, and what they keep from whom."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import pytest
from aiohttp import ClientPayloadError
from sqlalchemy import select
from structlog.testing import capture_logs

from tests.erasing import MARK, archived, gone, with_table
from tests.forms import in_one_voice, read_page
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, today
from tests.integration.test_api_evidence import asked, taken
from tests.noted import noted
from tests.staff import PLACE
from transfer.domain.rights import UNBOUND, Person, Role
from transfer.ledger.entry import Kind
from transfer.storage.engine import reading
from transfer.storage.migrate import migrate
from transfer.storage.tables import case_words
from transfer.web.gate import Asking
from transfer.web.pages import live
from transfer.web.pages.steps_shown import buttons
from transfer.web.steps import steps_open

NASTY: Final = "<script>alert('李')</script>&\""
EN: Final = {"Accept-Language": "en"}
ZH: Final = {"Accept-Language": "zh-CN"}


async def page(api: Api, path: str, **headers: str) -> str:
    async with api.session.get(path, headers=EN | headers) as answer:
        shown = await answer.text()
        assert answer.status == 200, shown
        assert answer.content_type == "text/html"
    return shown


async def searched(api: Api, q: str, **form: str) -> str:
    async with api.session.post("/cases", data={"q": q} | form, headers=EN) as answer:
        assert answer.status == 200
        return await answer.text()


def cases_in(shown: str) -> list[str]:
    """The cases of the list, in its order."""
    return re.findall(r'<th scope="row"><a id="case-[0-9a-f]{8}" href="/cases/([0-9a-f-]{36})"', shown)


def text_of(shown: str) -> str:
    """What a person reads, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", shown))


def person(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "identity": {"kind": "NONE"},
        "finding": {"ground": "COMMITMENT", "proof": "承诺书", "signed_on": "2025-01-02"},
    } | changes


async def test_an_empty_worklist_says_that_nothing_waits(here: Api) -> None:
    assert "Nothing waits for us." in await page(here, "/cases")
    assert "没有待我处理的案件。" in await page(here, "/cases", **ZH)
    assert "There are no such cases." in await page(here, "/cases?show=urgent")
    assert "No evidence request waits for us." in await page(here, "/requests")


async def test_what_waits_for_us_is_shown_first_by_urgency_and_then_by_its_day(here: Api, there: Api) -> None:
    plain = (await here.opened())["id"]
    soon = (await here.opened(limitation_on=today(days=20), received_at=f"{today(days=-6)}T04:00:00Z"))["id"]
    urgent = (await here.opened(limitation_on=today(days=3)))["id"]
    away = (await here.offered())["id"]
    await here.carry(there)
    assert cases_in(await page(here, "/cases")) == [urgent, soon, plain]
    assert cases_in(await page(here, "/cases?show=urgent")) == [urgent]
    assert cases_in(await page(here, "/cases?show=three")) == [urgent, soon]
    assert cases_in(await page(here, "/cases?show=waiting")) == [away]
    assert set(cases_in(await page(here, "/cases?show=held"))) == {plain, soon, urgent, away}
    assert cases_in(await page(there, "/cases")) == [away]
    assert cases_in(await page(there, "/cases?show=held")) == []
    line = text_of(await page(here, "/cases?show=waiting"))
    assert "Luxian" in line.partition("Holder")[2]
    assert "in 3 days" in text_of(await page(here, "/cases?show=urgent"))


async def test_a_supplement_and_a_question_about_evidence_come_back_to_us(here: Api, there: Api) -> None:
    case = await here.offered()
    await here.carry(there)
    await there.done(case, "sign-for", materials_counted=0)
    defect = {"defect": "FACTS_UNCLEAR", "explanation": "缺工资条"}
    await there.done(case, "require-supplement", items=[defect], due_on=today(days=10))
    await there.carry(here)
    assert cases_in(await page(here, "/cases")) == [case["id"]]
    assert cases_in(await page(there, "/cases")) == []
    letter = await asked(here, there)
    assert letter["id"] in cases_in(await page(there, "/cases"))
    await taken(there, letter, "sign-for")
    await taken(there, letter, "ask-clarification", question="哪个班组？")
    await there.carry(here)
    assert letter["id"] not in cases_in(await page(there, "/cases"))
    assert letter["id"] in cases_in(await page(here, "/cases"))


async def test_the_worklist_is_filtered_and_paged(here: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.web.pages.worklist.LINES", 2)
    made = {(await here.opened())["id"] for _ in range(5)}
    seen: list[str] = []
    path: str | None = "/cases?show=held&stage=received&region=442000&institution="
    while path is not None:
        shown = await page(here, path)
        seen += cases_in(shown)
        found = re.search(r'rel="next" href="([^"]+)"', shown)
        path = found[1].replace("&amp;", "&") if found else None
    assert (set(seen), len(seen)) == (made, 5)
    assert cases_in(await page(here, "/cases?show=held&stage=granted")) == []
    assert cases_in(await page(here, f"/cases?show=all&institution={LUXIAN}")) == []
    first = await searched(here, "李")
    cursor = re.search(r'name="cursor" value="([^"]+)"', first)
    assert cursor
    assert len({*cases_in(first), *cases_in(await searched(here, "李", cursor=cursor[1]))}) == 4
    for path in ("/cases?show=nonsense", "/cases?q=李", "/cases?cursor=x"):
        async with here.session.get(path) as answer:
            assert answer.status == 422, path


async def test_a_search_finds_names_numbers_opponents_and_short_ids_and_stands_in_no_address(here: Api) -> None:
    case = await here.opened(
        applicants=[person("李大山"), person("王小川")],
        number="中援〔2026〕第0127号",
        opponents=[{"name": "宏达 建筑"}],
    )
    await here.opened(applicants=[person("赵一")])
    for q in ("李", "王小川", "中援（2026）第01", "宏达建", case["id"].replace("-", "")[-8:]):
        shown = await searched(here, q)
        assert cases_in(shown) == [case["id"]], q
        assert f'value="{q}"' in shown
    assert "No case here is found by that." in await searched(here, "0127")
    assert "Type a name" in await searched(here, " ")
    assert cases_in(await searched(here, "%")) == []
    reads = [one.facts for one in await noted(here.node.store.engine, Kind.READ)]
    assert [(one["what"], one["count"]) for one in reads[:2]] == [("cases", 1), ("cases", 1)]
    assert "李" not in json.dumps(reads, ensure_ascii=False)


async def test_a_name_that_is_markup_is_shown_as_it_is(here: Api) -> None:
    case = await here.opened(
        applicants=[person(NASTY)], facts=NASTY, opponents=[{"name": NASTY}], number=NASTY.replace("\n", "")
    )
    for shown in (
        await page(here, "/cases?show=all"),
        await page(here, f"/cases/{case['id']}"),
        await searched(here, NASTY),
    ):
        assert "<script>alert" not in shown
        assert "&lt;script&gt;alert(&#39;李&#39;)&lt;/script&gt;&amp;&#34;" in in_one_voice(shown)


async def test_a_case_says_who_must_act_what_can_be_done_and_how_messages_fared(here: Api, there: Api) -> None:
    case = await here.offered(
        applicants=[person("李大山"), person("王小川")],
        place_of_performance=LUXIAN,
        limitation_on=today(days=20),
    )
    await here.carry(there)
    ours, theirs = await page(here, f"/cases/{case['id']}"), await page(there, f"/cases/{case['id']}")
    for shown in (ours, theirs):
        assert "must act." in shown
        assert "Offered, to be signed for" in shown
        assert "中援转〔2026〕1号" in shown
    transfer = case["transfers"][0]["id"]
    assert f'href="/cases/{case["id"]}/transfers/{transfer}/steps/sign-for"' in theirs
    assert f'href="/cases/{case["id"]}/transfers/{transfer}/steps/recall"' in ours
    assert "Waits to be sent" in ours
    assert "Received and applied" in theirs
    assert "李大山 and 1 more" in in_one_voice(ours)
    assert re.search(r"The sum, day by day.*Day of the event, not counted", text_of(ours))
    await there.done(case, "sign-for", materials_counted=0)
    await there.done(case, "accept", number="泸援受〔2026〕9号")
    await there.carry(here)
    held = text_of(await page(here, f"/cases/{case['id']}"))
    assert re.search(r"1\. Zhongshan.*Held the case from.*2\. Luxian.*Holds the case since", held)
    assert "泸援受〔2026〕9号" in held


async def test_every_open_step_is_one_button_and_only_for_those_who_may_take_it(here: Api) -> None:
    case = await here.opened()
    shown = await page(here, f"/cases/{case['id']}")
    for step in case["steps"]:
        places = [f"?stage={stage['stage']}" for stage in step["stages"]] or ['"']
        assert all(f"/cases/{case['id']}/steps/{step['step']}{place}" in shown for place in places), step["step"]
    found = await here.node.web.views.case(UUID(case["id"]))
    assert found is not None
    steps = steps_open(found.case, here.node.context(), UNBOUND)

    def open_to(role: Role, **changes: Any) -> set[str]:
        someone = replace(Person(name="王芳", account=found.case.id, roles=frozenset({role})), **changes)
        return {one.step for one in buttons(found.case.id, steps, someone)}

    assert open_to(Role.INTAKE) >= {"applicants", "withdrawals"}
    assert "offer" in open_to(Role.LIAISON) - open_to(Role.INTAKE)
    assert "publish-stage" in open_to(Role.REVIEWER) - open_to(Role.ARCHIVIST)
    assert open_to(Role.LIAISON, confirmed=False) == set()


async def test_an_evidence_request_is_shown_item_by_item_with_its_answers_and_letters(here: Api, there: Api) -> None:
    case = await asked(here, there)
    request = case["requests"][0]
    path = f"/cases/{case['id']}/requests/{request['id']}"
    ours, theirs = await page(here, path), await page(there, path)
    assert "五月考勤表" in ours
    assert "Not answered yet" in ours
    assert f"/requests/{request['id']}/steps/sign-for" in theirs
    assert f"/requests/{request['id']}/papers/letter" in theirs
    assert f"/requests/{request['id']}/papers/receipt" not in theirs
    assert "grant-extension" not in ours
    assert request["letter"] in await page(there, "/requests")
    assert request["letter"] not in await page(here, "/requests")
    assert request["letter"] in await page(here, "/requests?show=sent")
    assert request["letter"] not in await page(here, "/requests?show=received")
    await taken(there, case, "sign-for")
    await taken(there, case, "undertake", collector="刘洋")
    lookup = request["items"][1]["id"]
    none = {"item": lookup, "result": "not_found", "statement": "查无此公司。"}
    await taken(there, case, "record", answers=[none])
    shown = text_of(await page(there, path))
    assert "查无此公司。" in shown
    assert "recorded here, not sent yet" in shown
    assert f"/requests/{request['id']}/papers/receipt" in await page(there, path)
    async with here.session.get(path.replace(request["id"], case["id"])) as answer:
        assert answer.status == 404


async def test_whoever_records_evidence_stands_in_its_chain_without_typing_the_own_name(
    here: Api, there: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await asked(here, there)
    path = f"/cases/{case['id']}/requests/{case['requests'][0]['id']}/steps"
    await taken(there, case, "sign-for")
    await taken(there, case, "undertake", collector="刘洋")
    added = {"answers.0.item": case["requests"][0]["items"][0]["id"], "form-add": "answers.0.pieces"}
    names = [f"answers.0.pieces.0.custody.0.{name}" for name in ("by", "institution")]

    async def chain() -> list[str | None]:
        async with there.session.post(f"{path}/record", data=added) as answer:
            form = read_page(await answer.text()).form(f"{path}/record")
        assert set(names) <= form.names
        return [form.value(name) for name in names]

    assert await chain() == ["", ""]

    async def is_liu(*_: Any) -> Asking:
        liu = Person(name="刘洋", account=UUID(int=1), institution=LUXIAN, roles=frozenset({Role.LIAISON}))
        return Asking(who=liu, came=PLACE)

    monkeypatch.setattr("transfer.web.server.who_asks", is_liu)
    assert await chain() == ["刘洋", LUXIAN]


async def test_a_recused_person_is_offered_no_step(here: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await here.opened()
    head = {"by": "王主任", "institution": ZHONGSHAN}
    recusal = head | {"person": "王芳", "reason": "IS_PARTY_OR_KIN", "since": today()}
    assert (await here.post(f"/v1/cases/{case['id']}/recusals", recusal)).status == 200
    assert "No step is open to you now." not in await page(here, f"/cases/{case['id']}")

    async def is_wang(*_: Any) -> Asking:
        return Asking(who=Person(name="王芳", unbound=True), came=PLACE)

    monkeypatch.setattr("transfer.web.server.who_asks", is_wang)
    shown = await page(here, f"/cases/{case['id']}")
    assert "You are recused from this case" in shown
    assert "/steps/" not in shown


async def test_of_an_erased_case_nothing_personal_is_shown_or_found(here: Api) -> None:
    await with_table(here.node)
    path = await archived(here)
    case = path.rpartition("/")[2]
    assert cases_in(await searched(here, MARK)) == [case]
    await gone(here, path)
    assert cases_in(await searched(here, MARK)) == []
    shown = await page(here, f"/cases/{case}")
    assert "The personal data of this case were destroyed" in shown
    assert MARK not in shown
    assert await _words(here) == {case.replace("-", "")[-8:]}


async def test_cases_of_an_older_database_are_found_once_it_was_migrated(here: Api) -> None:
    case = await here.opened(number="中援〔2026〕第0127号", opponents=[{"name": "宏达建筑"}])
    before = await _words(here)
    await migrate(here.node.store.engine, "0002")
    await migrate(here.node.store.engine)
    assert await _words(here) == before
    assert cases_in(await searched(here, "中援(2026)")) == cases_in(await searched(here, "宏达")) == [case["id"]]


async def _words(api: Api) -> set[str]:
    async with reading(api.node.store.engine) as connection:
        return set(await connection.scalars(select(case_words.c.word)))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.2)


async def lines(answer: Any) -> AsyncIterator[str]:
    async for line in answer.content:
        if text := line.decode().strip():
            yield text


async def test_an_open_page_hears_of_a_change_of_its_case_and_of_no_other(here: Api, quick: None) -> None:
    mine, other = await here.opened(), await here.opened()
    shown = await page(here, f"/cases/{mine['id']}")
    where = re.search(r'data-events="([^"]+)"', shown)
    assert where
    async with asyncio.timeout(20), here.session.get(where[1]) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        heard = lines(answer)
        assert await anext(heard) == "retry: 2000"
        assert await anext(heard) == ": still here"
        await published(here, other)
        assert await anext(heard) == ": still here"
        await published(here, mine)
        told = [line async for line in until(heard, "data:")]
        assert told[-2:] == ["event: changed", told[-1]]
        seen = told[-1].removeprefix("data: ")
        assert f"id: {seen}" in told
        assert mine["id"] not in "".join(told)
    async with asyncio.timeout(20), here.session.get(where[1], headers={"Last-Event-ID": seen}) as answer:
        assert [await anext(lines(answer)), await anext(lines(answer))] == ["retry: 2000", ": still here"]


async def published(api: Api, case: dict[str, Any]) -> None:
    said = {"by": "王芳", "institution": api.region, "stage": "under_review", "occurred_on": today()}
    answer = await api.post(f"/v1/cases/{case['id']}/stages", said)
    assert answer.status == 200, answer


async def until(heard: AsyncIterator[str], word: str) -> AsyncIterator[str]:
    async for line in heard:
        yield line
        if line.startswith(word):
            return


async def test_the_lists_hear_of_a_new_case(here: Api, quick: None) -> None:
    where = re.search(r'data-events="([^"]+)"', await page(here, "/cases"))
    assert where
    async with asyncio.timeout(20), here.session.get(where[1]) as answer:
        heard = lines(answer)
        assert await anext(heard) == "retry: 2000"
        await here.opened()
        assert [line async for line in until(heard, "event:")][-1] == "event: changed"


async def test_a_stream_ends_so_that_rights_are_looked_at_again_and_so_many_are_told(
    here: Api, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.5)
    async with asyncio.timeout(20), here.session.get("/cases/events?seen=1") as answer:
        assert (await answer.read()).endswith(b"\n\n")
    monkeypatch.setattr(live, "AT_MOST", 0)
    async with here.session.get("/cases/events?seen=1") as answer:
        assert answer.status == 204


async def test_a_browser_that_leaves_a_stream_is_no_event_in_the_log(here: Api, quick: None) -> None:
    with capture_logs() as logs:
        async with asyncio.timeout(20):
            async with here.session.get("/cases/events?seen=1") as answer:
                assert await anext(lines(answer)) == "retry: 2000"
                # Left in the middle of the answer, so that the connection is closed.
            while not (said := [one for one in logs if one["event"] == "stream_broken"]):  # noqa: ASYNC110 - a log tells nobody
                await asyncio.sleep(0.05)  # between two looks
    assert {one["log_level"] for one in said} == {"debug"}


async def test_a_stream_that_breaks_by_itself_is_a_warning(
    here: Api, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any) -> AsyncIterator[bytes]:
        yield b": begun\n\n"
        raise RuntimeError("of the source")

    monkeypatch.setattr(live.Live, "listen", broken)
    with capture_logs() as logs:
        async with here.session.get("/cases/events?seen=1") as answer:
            with pytest.raises(ClientPayloadError):
                await answer.read()
    said = [(one["log_level"], one["error"]) for one in logs if one["event"] == "stream_broken"]
    assert said == [("warning", "RuntimeError")]
