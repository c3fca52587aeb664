"""The whole road of a transfer over the APIs of two or three nodes, with messages carried by hand."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.integration.api_node import (
    GUANGDONG,
    LUXIAN,
    OFFER,
    SICHUAN,
    STATION,
    ZHONGSHAN,
    Api,
    application,
    serving,
    today,
)
from tests.trust import DRAFT, shared
from transfer.actions.buttons import BUTTONS
from transfer.crypto.directory import Draft, Institution, Region
from transfer.crypto.keys import SuiteName
from transfer.handlers.receive import Applied
from transfer.web.wording import kebab

Case = dict[str, Any]


async def arrived(here: Api, there: Api, **changes: Any) -> Case:
    """A case that Zhongshan offered and that has come to Luxian, as Luxian knows it."""
    case = await here.offered(**changes)
    assert await here.carry(there) == [Applied()]
    return dict((await there.get(f"/v1/cases/{case['id']}")).body)


def names(case: Case) -> set[str]:
    return {step["step"] for step in case["steps"]}


async def test_a_case_is_offered_signed_for_supplemented_and_accepted(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    assert case["transfers"][0] | {"opened_at": "", "changed_at": "", "id": ""} == {
        "id": "",
        "side": "receiver",
        "state": "offered",
        "open": True,
        "sender": ZHONGSHAN,
        "receiver": STATION,
        "attempt": 1,
        "letter": OFFER["letter"],
        "reason": OFFER["reason"],
        "despite": None,
        "opened_at": "",
        "changed_at": "",
        "signed_by": None,
        "notice": None,
        "told": [],
        "dispute": None,
        "designations": [],
        "designation": None,
        "escalated": False,
        "recall": None,
    }
    assert names(case) == {"sign-for", "recusals", "hold"}
    case = await there.done(case, "sign-for", materials_counted=0)
    assert names(case) == {"require-supplement", "accept", "dispute", "link", "recusals", "hold"}
    items = [{"defect": "ID_MISSING", "explanation": "缺身份证"}]
    case = await there.done(case, "require-supplement", items=items, due_on=today(days=10))
    assert names(case) == {"recusals", "hold"}
    await there.carry(here)
    mine = (await here.get(f"/v1/cases/{case['id']}")).body
    assert mine["transfers"][0]["notice"]["due_on"] == today(days=10)
    assert names(mine) == {
        "supplement",
        "notice-told",
        "recall",
        "publish-stage",
        "draft-request",
        "events",
        "recusals",
        "hold",
        "urgency",
    }
    answers = [{"defect": "ID_MISSING", "answer": "已补"}]
    await here.done(case, "supplement", answers=answers, materials=[{"kind": "IDENTITY", "title": "户口簿"}])
    await here.carry(there)
    case = await there.done(case, "accept", number="泸援〔2026〕3号")
    assert case["held_here"] is True
    assert case["holder"] | {"since": ""} == {"number": 2, "institution": LUXIAN, "since": ""}
    await there.carry(here)
    mine = (await here.get(f"/v1/cases/{case['id']}")).body
    assert mine["held_here"] is False
    assert mine["holder"]["institution"] == LUXIAN
    assert names(mine) == {"recusals", "hold"}
    assert [line["id"] for line in await here.items("/v1/cases?holder=others")] == [case["id"]]


async def test_each_button_has_its_path(here: Api) -> None:
    case = await here.offered()
    for step in BUTTONS:
        answer = await here.step(case, kebab(step), nonsense=1)
        assert answer.status == 422, (step, str(answer))
    for unknown in ("release", "offer", "sign_for", "x"):
        answer = await here.step(case, unknown)
        assert (answer.status, answer.kind) == (404, "not-found")


async def test_a_dispute_is_escalated_only_where_superiors_are_on_the_exchange(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    dispute = {"ground": "COMPETENCE_CAUSE_ELSEWHERE", "proposed_region": ZHONGSHAN, "explanation": "事由在中山"}
    disputed = await there.done(case, "dispute", **dispute)
    assert disputed["transfers"][0]["dispute"]["proposed_region"] == ZHONGSHAN
    assert names(disputed) == {"recusals", "hold"}
    await there.carry(here)
    known = (await here.get(f"/v1/cases/{case['id']}")).body
    assert names(known) == {"recall", "publish-stage", "draft-request", "events", "recusals", "hold", "urgency"}, (
        "Guangdong is not on the exchange"
    )
    refused = await here.step(case, "escalate", explanation="请指定")
    assert (refused.status, refused.kind) == (409, "no-superior")


async def test_the_superiors_name_the_competent_region_and_then_it_must_accept(tmp_path: Path) -> None:
    centre = Institution(code="440000", name_zh="广东省法律援助局", name_en="Guangdong Legal Aid")
    guangdong_region = Region(
        code="440000", name_zh="广东省", name_en="Guangdong", institutions=(centre,), suites=(SuiteName.JOSE,)
    )
    regions = (*Draft.load(DRAFT).regions, guangdong_region)
    wider = shared().file(shared().directory(regions))
    async with AsyncExitStack() as stack:
        here, there, sichuan, guangdong = [
            await stack.enter_async_context(serving(tmp_path, region, directory=wider))
            for region in (ZHONGSHAN, LUXIAN, SICHUAN, GUANGDONG)
        ]
        case = await arrived(here, there)
        await there.done(case, "sign-for", materials_counted=0)
        dispute = {"ground": "COMPETENCE_CAUSE_ELSEWHERE", "proposed_region": ZHONGSHAN, "explanation": "事由在中山"}
        await there.done(case, "dispute", **dispute)
        await there.carry(here)
        escalated = await here.done(case, "escalate", explanation="请指定")
        assert names(escalated) == {"recall", "publish-stage", "draft-request", "events", "recusals", "hold", "urgency"}
        word = {"region": LUXIAN, "decided_on": today(), "reason": "事由在泸县"}
        for superior in (sichuan, guangdong):
            await here.carry(superior)
            known = (await superior.get(f"/v1/cases/{case['id']}")).body
            assert names(known) == {"designate", "recusals", "hold"}
            assert (known["applicants"], known["held_here"]) == ([], False)
            assert names(await superior.done(case, "designate", **word)) == {"recusals", "hold"}
            again = await superior.step(case, "designate", **word)
            assert (again.status, again.kind) == (409, "designation-conflict")
            for other in (here, there, sichuan, guangdong):
                if other is not superior:
                    await superior.carry(other)
        known = (await there.get(f"/v1/cases/{case['id']}")).body
        assert names(known) == {"accept", "recusals", "hold"}
        assert [word["superior"] for word in known["transfers"][0]["designations"]] == [GUANGDONG, SICHUAN]
        assert (await there.done(case, "accept"))["held_here"] is True


async def test_a_recall_in_time_releases_the_case(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    recalled = await here.done(case, "recall", reason="SENT_IN_ERROR")
    assert recalled["transfers"][0]["state"] == "recall_requested"
    await here.carry(there)
    await there.carry(here)
    known = (await here.get(f"/v1/cases/{case['id']}")).body
    assert known["transfers"][0]["state"] == "released"
    assert known["held_here"] is True
    assert "offer" in names(known)


async def test_a_duplicate_is_linked_to_the_case_that_was_received_first(here: Api, there: Api) -> None:
    earlier = await there.opened(received_at=f"{today(days=-3)}T01:00:00Z")
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    linked = await there.done(case, "link", surviving_case=earlier["id"])
    assert linked["duplicate_of"] == earlier["id"]
    assert names(linked) == {"recusals", "hold"}
    surviving = (await there.get(f"/v1/cases/{earlier['id']}")).body
    assert surviving["linked"] == [{"case": case["id"], "institution": ZHONGSHAN}]
    assert (surviving["accepting"], surviving["assisting"]) == (LUXIAN, [ZHONGSHAN])
    await there.carry(here)
    mine = (await here.get(f"/v1/cases/{case['id']}")).body
    assert (mine["accepting"], mine["assisting"], mine["linked"]) == (None, [], [])


async def test_linking_to_a_case_that_is_not_here_is_refused(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    for other in (str(uuid4()), case["id"]):
        refused = await there.step(case, "link", surviving_case=other)
        assert (refused.status, refused.kind) == (404, "unknown-case")


async def test_a_step_by_the_other_side_is_a_conflict(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    refused = await here.step(case, "sign-for", materials_counted=0)
    assert (refused.status, refused.kind) == (409, "not-this-side")
    refused = await there.step(case, "recall", reason="SENT_IN_ERROR")
    assert (refused.status, refused.kind) == (409, "not-the-holder")


async def test_a_step_before_its_time_is_a_conflict(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    refused = await there.step(case, "accept")
    assert (refused.status, refused.kind) == (409, "illegal-step")
    assert refused.body["about"] == {"state": "offered", "step": "accept", "side": "receiver"}


async def test_an_institution_of_another_region_may_not_act_here(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    refused = await there.step(case, "sign-for", institution=ZHONGSHAN, materials_counted=0)
    assert (refused.status, refused.kind) == (403, "not-of-this-region")
    refused = await there.step(case, "sign-for", institution="510521-XX", materials_counted=0)
    assert (refused.status, refused.kind) == (422, "unknown-institution")


async def test_another_regions_stages_cannot_be_published(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    said = {"by": "张伟", "institution": LUXIAN, "stage": "under_review", "occurred_on": today()}
    refused = await there.post(f"/v1/cases/{case['id']}/stages", said)
    assert (refused.status, refused.kind) == (409, "not-the-holder")


async def test_the_transfer_of_another_case_is_not_found(here: Api) -> None:
    one, other = await here.offered(), await here.offered()
    path = f"/v1/cases/{one['id']}/transfers/{other['transfers'][0]['id']}/recall"
    refused = await here.post(path, {"by": "王芳", "institution": ZHONGSHAN, "reason": "SENT_IN_ERROR"})
    assert (refused.status, refused.kind) == (404, "unknown-transfer")


async def test_a_case_is_offered_to_one_region_at_a_time(here: Api) -> None:
    case = await here.offered()
    refused = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER)
    assert (refused.status, refused.kind) == (409, "transfer-open")


@pytest.mark.parametrize(
    ("receiver", "kind"),
    [(ZHONGSHAN, "same-region"), ("440000", "unknown-region"), ("510521-XX", "unknown-institution")],
)
async def test_an_offer_goes_to_an_institution_of_another_region_on_the_exchange(
    here: Api, receiver: str, kind: str
) -> None:
    case = await here.opened()
    refused = await here.post(f"/v1/cases/{case['id']}/transfers", OFFER | {"receiver": receiver})
    assert (refused.status, refused.kind) == (422, kind)


async def test_the_messages_of_a_case_tell_their_way_in_both_regions(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    [offered, signed] = await there.items(f"/v1/cases/{case['id']}/messages?limit=1")
    assert (offered["direction"], offered["peer"], offered["state"]) == ("in", ZHONGSHAN, "applied")
    assert (signed["direction"], signed["peer"], signed["state"]) == ("out", ZHONGSHAN, "waiting")
    assert (offered["type"], offered["sequence"]) == ("legalaid.transfer.offered.v1", 1)
    assert offered["received_at"]
    assert signed["attempts"] == 0
    [sent] = await here.items(f"/v1/cases/{case['id']}/messages")
    assert (sent["id"], sent["digest"]) == (offered["id"], offered["digest"])
    one = await there.get(f"/v1/messages/{offered['id']}")
    assert one.body == offered
    assert (await there.get(f"/v1/messages/{signed['id']}")).body == signed


async def test_messages_can_be_narrowed(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)

    async def found(query: str) -> list[str]:
        return [line["type"].split(".")[2] for line in await there.items(f"/v1/messages?{query}")]

    assert await found("") == ["signed_for", "offered"], "newest first"
    assert await found("limit=1") == ["signed_for", "offered"]
    assert await found("direction=in") == ["offered"]
    assert await found("direction=out") == ["signed_for"]
    assert await found("state=waiting") == ["signed_for"]
    assert await found("state=applied") == ["offered"]
    assert await found("state=published") == await found("state=parked") == await found("state=refused") == []
    assert await found(f"peer={ZHONGSHAN}") == ["signed_for", "offered"]
    assert await found(f"peer={SICHUAN}") == []
    assert await found(f"case={case['id']}&direction=in") == ["offered"]
    assert await found(f"case={uuid4()}") == []


async def test_transfers_can_be_narrowed(here: Api, there: Api) -> None:
    first, second = await arrived(here, there, urgency="GREEN_CHANNEL"), await arrived(here, there)
    await here.done(second, "recall", reason="SENT_IN_ERROR")
    await here.carry(there)

    async def found(query: str) -> list[str]:
        return [line["case"] for line in await there.items(f"/v1/transfers?{query}")]

    assert await found("") == await found("limit=1") == [first["id"], second["id"]]
    assert await found("side=receiver&state=offered") == await found("open=true") == [first["id"]]
    assert await found("open=false") == await found("state=released") == [second["id"]]
    assert await found("side=sender") == []
    assert await found(f"peer={ZHONGSHAN}") == [first["id"], second["id"]]
    assert await found(f"peer={SICHUAN}") == []
    assert (await there.items("/v1/transfers?open=true"))[0]["urgency"] == "GREEN_CHANNEL"


async def test_a_second_notice_of_what_was_visible_before_is_refused(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    items = [{"defect": "ID_MISSING", "explanation": "缺身份证"}]
    await there.done(case, "require-supplement", items=items, due_on=today(days=10))
    await there.carry(here)
    unanswered = await here.step(case, "supplement")
    assert (unanswered.status, unanswered.kind) == (422, "defect-unanswered")
    await here.done(case, "supplement", answers=[{"defect": "ID_MISSING", "answer": "已补"}])
    await here.carry(there)
    again = [{"defect": "FORM_UNSIGNED", "explanation": "未签名"}]
    refused = await there.step(case, "require-supplement", items=again, due_on=today(days=10))
    assert (refused.status, refused.kind) == (409, "defect-already-visible")


async def test_a_due_day_that_is_not_ahead_is_refused(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    await there.done(case, "sign-for", materials_counted=0)
    items = [{"defect": "ID_MISSING", "explanation": "缺身份证"}]
    refused = await there.step(case, "require-supplement", items=items, due_on=today())
    assert (refused.status, refused.kind) == (422, "due-date-passed")


async def test_a_person_of_another_institution_of_the_region_may_act_for_a_workstation(here: Api, there: Api) -> None:
    case = await arrived(here, there)
    assert (await there.step(case, "sign-for", institution=STATION, materials_counted=0)).status == 200


async def test_an_application_of_another_region_is_not_taken_in_here(here: Api) -> None:
    refused = await here.post("/v1/cases", application(institution=LUXIAN))
    assert (refused.status, refused.kind) == (403, "not-of-this-region")
