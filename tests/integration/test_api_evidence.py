"""The whole road of an evidence request over the APIs of two nodes, with messages carried by hand."""

from typing import Any, Final
from uuid import uuid4

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Answer, Api, today
from transfer.actions.buttons import EVIDENCE_BUTTONS
from transfer.actions.evidence_commands import Record
from transfer.handlers.receive import Applied
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES
from transfer.web.wording import kebab

Case = dict[str, Any]
DRAFT: Final[dict[str, Any]] = {
    "by": "王芳",
    "institution": ZHONGSHAN,
    "requested": LUXIAN,
    "letter": "中援协〔2026〕第12号",
    "purpose": "追索劳动报酬",
    "told": "工资未付。",
    "lawyer": {"name": "周律师"},
    "items": [
        {
            "kind": "DOCUMENT",
            "what": "五月考勤表",
            "fields": ["ATTENDANCE"],
            "period_from": "2026-05-01",
            "period_to": "2026-05-31",
        },
        {"kind": "EMPLOYER_LOOKUP", "what": "登记信息", "fields": ["EMPLOYER_REGISTRATION"]},
    ],
}
BY: Final = {"approve": "梁主任", "supply": "王主任", "return": "王主任"}


def names(case: Case) -> set[str]:
    return {step["step"] for step in case["steps"]}


async def known(api: Api, case: Case) -> Case:
    return dict((await api.get(f"/v1/cases/{case['id']}")).body)


async def drafted(api: Api, **changes: Any) -> Answer:
    case = await api.opened()
    return await api.post(f"/v1/cases/{case['id']}/requests", DRAFT | changes)


async def taken(api: Api, case: Case, step: str, **body: Any) -> Case:
    """The case after a step on its last request."""
    request = (await known(api, case))["requests"][-1]["id"]
    said = {"by": BY.get(step, "张伟"), "institution": api.region} | body
    answer = await api.post(f"/v1/cases/{case['id']}/requests/{request}/{step}", said)
    assert answer.status == 200, answer
    return dict(answer.body)


async def asked(here: Api, there: Api) -> Case:
    """A request that Zhongshan sent and that has come to Luxian, as Luxian knows it."""
    case = dict((await drafted(here)).body)
    assert names(case) >= {"amend", "approve", "cancel"}
    case = await taken(here, case, "approve")
    assert "send" in names(case)
    await taken(here, case, "send")
    assert await here.carry(there) == [Applied()]
    return await known(there, case)


async def test_a_request_is_drafted_approved_sent_undertaken_answered_and_confirmed(here: Api, there: Api) -> None:
    case = await asked(here, there)
    assert (case["applicants"], case["basics"]["facts"]) == ([], "工资未付。")
    assert names(case) == {"sign-for", "recusals", "hold"}
    case = await taken(there, case, "sign-for")
    assert names(case) == {"ask-clarification", "undertake", "decline", "ask-extension", "recusals", "hold"}
    await taken(there, case, "ask-clarification", question="哪个班组？")
    await there.carry(here)
    assert "clarify" in names(await known(here, case))
    await taken(here, case, "clarify", answer="钢筋班。")
    await here.carry(there)
    case = await taken(there, case, "undertake", collector="刘洋")
    sheet, lookup = (item["id"] for item in case["requests"][0]["items"])
    piece = EVIDENCE_EXAMPLES[Record]["answers"][0]["pieces"][0]
    found = {"item": sheet, "result": "obtained", "pieces": [piece]}
    await taken(there, case, "record", answers=[found])
    await taken(there, case, "supply")
    await there.carry(here)
    assert (await known(here, case))["requests"][0]["state"] == "partly_supplied"
    none = {"item": lookup, "result": "not_found", "statement": "查无此公司。"}
    await taken(there, case, "record", answers=[none])
    await taken(there, case, "return", letter="泸援协复〔2026〕第5号")
    await there.carry(here)
    mine = await known(here, case)
    assert names(mine) >= {"confirm", "ask-rework", "hand-on"}
    [request] = mine["requests"]
    assert [one["result"] for one in request["answers"]] == ["obtained", "not_found"]
    chain = request["answers"][0]["pieces"][0]["custody"]
    assert [hop["act"] for hop in chain] == ["COLLECTED", "SENT", "RECEIVED"]
    await taken(here, case, "hand-on", piece=piece["id"], to="中山市劳动人事争议仲裁委员会")
    await taken(here, case, "confirm", used="已提交仲裁委员会。")
    await here.carry(there)
    assert (await known(there, case))["requests"][0]["state"] == "confirmed"


async def test_each_step_has_its_path(here: Api) -> None:
    case = (await drafted(here)).body
    [request] = case["requests"]
    for step in EVIDENCE_BUTTONS:
        answer = await here.post(f"/v1/cases/{case['id']}/requests/{request['id']}/{kebab(step)}", {"nonsense": 1})
        assert answer.status == 422, (step, str(answer))
    answer = await here.post(
        f"/v1/cases/{case['id']}/requests/{uuid4()}/approve", {"by": "x", "institution": ZHONGSHAN}
    )
    assert (answer.status, answer.kind) == (404, "unknown-request")


async def test_a_request_beyond_least_data_says_what_would_be_allowed(here: Api) -> None:
    item = {"kind": "ECON_CHECK", "what": "全家全部银行流水", "fields": ["BANK_FLOWS"]}
    answer = await drafted(here, items=[item])
    assert (answer.status, answer.kind) == (422, "beyond-least-data")
    assert "HARDSHIP_FINDING" in answer.body["detail"]


async def test_a_paper_of_the_package_is_not_asked_again(here: Api) -> None:
    case = await here.opened(materials=[{"kind": "LABOUR_CONTRACT", "title": "劳动合同"}])
    item = {
        "kind": "DOCUMENT",
        "what": "劳动合同",
        "fields": ["LABOUR_CONTRACT"],
        "about": [case["applicants"][0]["id"]],
    }
    answer = await here.post(f"/v1/cases/{case['id']}/requests", DRAFT | {"items": [item]})
    assert (answer.status, answer.kind) == (409, "already-in-package")


async def test_a_forbidden_reason_is_refused_with_what_to_do(here: Api, there: Api) -> None:
    case = await taken(there, await asked(here, there), "sign-for")
    path = f"/v1/cases/{case['id']}/requests/{case['requests'][0]['id']}/decline"
    said = {"by": "张伟", "institution": LUXIAN, "reason": "RECIPIENT_NOT_ELIGIBLE", "explanation": "x"}
    answer = await there.post(path, said)
    assert answer.status == 422
    assert "eligibility" in answer.text


async def test_requests_are_listed_by_side_state_lawyer_collector_and_due_day(here: Api, there: Api) -> None:
    case = await asked(here, there)
    [line] = await here.items("/v1/requests?side=requester&open=true")
    assert (line["case"], line["peer"], line["lawyer"], line["state"]) == (case["id"], LUXIAN, "周律师", "requested")
    for found, query in (
        (1, "state=requested"),
        (0, "state=confirmed"),
        (1, f"peer={LUXIAN}"),
        (0, "peer=510000"),
        (0, "collector=刘洋"),
        # Late in a year the calendar of the next one may not be known yet; then no day is.
        (int(line["due_on"] is not None), f"due_before={today(days=40)}"),
        (0, f"due_before={today()}"),
    ):
        assert len(await here.items(f"/v1/requests?{query}")) == found, query
    await taken(here, case, "change-lawyer", lawyer={"name": "吴律师"})
    assert await here.items("/v1/requests?lawyer=周律师") == []
    assert len(await here.items("/v1/requests?lawyer=吴律师")) == 1


async def test_the_list_of_requests_goes_on_over_pages(here: Api) -> None:
    for _ in range(3):
        await drafted(here)
    assert len(await here.items("/v1/requests?limit=1")) == 3


async def test_the_history_names_the_request(here: Api) -> None:
    case = (await drafted(here)).body
    lines = await here.items(f"/v1/cases/{case['id']}/history")
    assert [(line["event"], line["request"]) for line in lines][-1] == ("evidence_drafted", case["requests"][0]["id"])


async def test_where_the_case_ends_the_other_region_is_told_to_stop(here: Api, there: Api) -> None:
    case = await asked(here, there)
    ended = {"kind": "termination", "facts": "已自行委托律师。"}
    for stage, basis, part in (("aid_first", "LAL_44_1", None), ("terminated", "LAL_48_6", ended)):
        said = {"by": "王芳", "institution": ZHONGSHAN, "stage": stage, "occurred_on": today(), "basis": basis}
        assert (await here.post(f"/v1/cases/{case['id']}/stages", said | {"part": part})).status == 200
    assert set(await here.carry(there)) == {Applied()}
    assert (await known(there, case))["requests"][0]["cancelled"] == "CASE_ENDED"
