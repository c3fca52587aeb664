"""Urgency over the API: found at intake, stated, marked for the other region, completed; and the order of the lists."""

from typing import Any, Final

from tests.integration.api_node import ZHONGSHAN, Api, application, today
from tests.integration.test_api_evidence import DRAFT, asked, known, names, taken
from tests.integration.test_api_steps import arrived

WHO: Final = {"by": "王芳", "institution": ZHONGSHAN}


def in_days(days: int) -> str:
    return today(days=days)


async def urgent(api: Api, days: int = 3) -> dict[str, Any]:
    return await api.opened(limitation_on=in_days(days))


async def test_a_limitation_makes_a_case_urgent_at_intake_and_the_history_says_so(here: Api) -> None:
    case = await here.opened(events=[{"event": "award_received", "occurred_on": in_days(-10)}])
    assert (case["basics"]["urgency"], case["basics"]["limitation_on"]) == ("LIMITATION_LT_7_DAYS", in_days(5))
    [line] = await here.items(f"/v1/cases/{case['id']}/history")
    assert line["detail"]["urgency"] == "LIMITATION_LT_7_DAYS"
    assert "urgency" not in names(case)


async def test_an_urgent_case_is_not_offered_to_be_suspended_and_may_not_be(here: Api) -> None:
    path = f"/v1/cases/{(await urgent(here))['id']}"
    case = (await here.post(f"{path}/stages", WHO | {"stage": "under_review", "occurred_on": today()})).body
    stages = next(step["stages"] for step in case["steps"] if step["step"] == "publish-stage")
    assert [one["stage"] for one in stages] == ["aid_first", "granted", "refused"]
    refused = await here.post(f"{path}/stages", WHO | {"stage": "suspended", "occurred_on": today()})
    assert (refused.status, refused.kind) == (409, "not-parked")
    assert "give aid first today" in refused.body["detail"]
    given = await here.post(f"{path}/stages", WHO | {"stage": "aid_first", "occurred_on": today()})
    assert (given.status, given.body["stage"]["stage"]) == (200, "aid_first")
    known_case = (await here.get(path)).body
    assert [one["basis"] for one in known_case["stages"]] == [None, "LAL_44_1"]


async def test_formalities_are_completed_over_the_api(here: Api) -> None:
    case = await urgent(here)
    path = f"/v1/cases/{case['id']}"
    await here.post(f"{path}/stages", WHO | {"stage": "aid_first", "occurred_on": today()})
    done = WHO | {"occurred_on": today(), "materials": [{"kind": "IDENTITY", "title": "身份证复印件"}]}
    assert (await here.post(f"{path}/completion", done)).kind == "nothing-runs"
    asked_for = WHO | {"event": "completion_asked", "occurred_on": today()}
    assert (await here.post(f"{path}/events", asked_for)).kind == "last-day-unclear"
    case = (await here.post(f"{path}/events", asked_for | {"until": in_days(10)})).body
    assert "completion" in names(case)
    over = WHO | {"stage": "terminated", "occurred_on": today(), "basis": "AID_FIRST_NOT_COMPLETED"}
    assert (await here.post(f"{path}/stages", over)).kind == "completion-not-overdue"
    case = (await here.post(f"{path}/completion", done)).body
    assert case["materials"][-1]["title"] == "身份证复印件"
    assert "completion" not in names(case)


async def test_a_person_states_what_cannot_wait_and_its_transfer_moves_up_with_it(here: Api) -> None:
    first, second = await here.offered(), await here.offered()
    assert [line["case"] for line in await here.items("/v1/transfers")] == [first["id"], second["id"]]
    said = WHO | {"urgency": "PRESERVATION", "reason": "转移设备"}
    assert (await here.post(f"/v1/cases/{second['id']}/urgency", said)).status == 200
    assert (await here.post(f"/v1/cases/{second['id']}/urgency", said)).kind == "urgency-stands"
    assert (await here.post(f"/v1/cases/{second['id']}/urgency", said | {"urgency": "NORMAL"})).status == 422
    assert [line["case"] for line in await here.items("/v1/transfers")] == [second["id"], first["id"]]
    assert [line["case"] for line in await here.items("/v1/transfers?order=age")] == [first["id"], second["id"]]
    assert [line["case"] for line in await here.items("/v1/transfers?urgency=PRESERVATION")] == [second["id"]]
    await here.done(second, "recall", reason="SENT_IN_ERROR")


async def sent(here: Api, case: dict[str, Any], **changes: Any) -> None:
    await here.post(f"/v1/cases/{case['id']}/requests", DRAFT | changes)
    await taken(here, case, "approve")
    await taken(here, case, "send")


async def test_requests_of_an_urgent_case_come_first_in_the_other_regions_worklist(here: Api, there: Api) -> None:
    plain = await asked(here, there)
    pressing = [DRAFT["items"][0] | {"urgent": {"reason": "HEARING", "until": in_days(2)}}, DRAFT["items"][1]]
    hearing, late = await here.opened(), await urgent(here)
    await sent(here, hearing, items=pressing)
    await sent(here, late)
    await here.carry(there)
    lines = await there.items("/v1/requests")
    assert [line["case"] for line in lines] == [hearing["id"], late["id"], plain["id"]]
    assert [line["urgency"] for line in lines] == ["NORMAL", "LIMITATION_LT_7_DAYS", "NORMAL"]
    assert [line["pressing"] for line in lines] == [True, False, False]
    assert [line["act_by"] for line in lines] == [in_days(2), lines[1]["due_on"], lines[2]["due_on"]]
    by_age = [line["case"] for line in await there.items("/v1/requests?order=age&limit=1")]
    assert by_age == [plain["id"], hearing["id"], late["id"]]
    assert [one["case"] for one in await there.items("/v1/requests?urgency=LIMITATION_LT_7_DAYS")] == [late["id"]]


async def test_what_is_done_makes_way_in_the_worklists(here: Api, there: Api) -> None:
    late = await urgent(here)
    await sent(here, late)
    await here.carry(there)
    open_one = await asked(here, there)
    assert [line["case"] for line in await there.items("/v1/requests")] == [late["id"], open_one["id"]]
    declined = {"reason": "HOLDER_NOT_HERE", "explanation": "该厂不在本地。"}
    await taken(there, await known(there, late), "sign-for")
    await taken(there, await known(there, late), "decline", **declined)
    lines = await there.items("/v1/requests")
    assert [(line["case"], line["act_by"] is None) for line in lines] == [(open_one["id"], False), (late["id"], True)]


async def test_a_transfer_moves_up_by_the_day_of_its_notice_and_down_when_it_has_ended(here: Api, there: Api) -> None:
    first, second = await arrived(here, there), await arrived(here, there)
    await there.done(second, "sign-for", materials_counted=0)
    missing = [{"defect": "ID_MISSING", "explanation": "缺身份证"}]
    await there.done(second, "require-supplement", items=missing, due_on=in_days(2))
    await there.carry(here)
    lines = await here.items("/v1/transfers")
    assert [(line["case"], line["act_by"]) for line in lines] == [(second["id"], in_days(2)), (first["id"], in_days(7))]
    await here.done(second, "recall", reason="SENT_IN_ERROR")
    await here.carry(there)
    assert [(line["case"], line["act_by"]) for line in await there.items("/v1/transfers")] == [
        (first["id"], in_days(7)),
        (second["id"], None),
    ]


async def test_a_case_that_has_ended_makes_way_in_the_worklist(here: Api) -> None:
    late, plain = await urgent(here), await here.opened()
    assert [line["id"] for line in await here.items("/v1/cases")] == [late["id"], plain["id"]]
    refusal = {"reason": "MATTER_OUT_OF_SCOPE", "explanation": "不属于法律援助范围。"}
    decided = {"by": "王主任", "basis": "LAL_43_1", "part": {"kind": "decision", "refusals": [refusal]}}
    for stage, typed in (("under_review", {}), ("refused", decided)):
        said = WHO | {"stage": stage, "occurred_on": today(), **typed}
        assert (await here.post(f"/v1/cases/{late['id']}/stages", said)).status == 200
    lines = await here.items("/v1/cases")
    assert [(line["id"], line["act_by"]) for line in lines] == [(plain["id"], in_days(7)), (late["id"], None)]


async def test_events_of_the_past_that_begin_nothing_are_refused_at_intake(here: Api) -> None:
    for entered, kind in (
        ({"event": "suit_filed", "occurred_on": in_days(-1)}, "nothing-runs"),
        ({"event": "right_known", "occurred_on": in_days(1)}, "implausible-date"),
        ({"event": "limitation_stated", "occurred_on": in_days(-1)}, "last-day-unclear"),
        ({"event": "granted", "occurred_on": in_days(-1)}, "invalid-body"),
    ):
        assert (await here.post("/v1/cases", application(events=[entered]))).kind == kind
