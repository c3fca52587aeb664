"""From the decision to the archive over the API: what is said, shown and refused, and the table of duties."""

from typing import Any

from tests.integration.api_node import ZHONGSHAN, Api, today
from transfer.domain.duties import DUTIES

CLERK = {"by": "王芳", "institution": ZHONGSHAN}
HEAD = {"by": "王主任", "institution": ZHONGSHAN}
LAWYER = {"kind": "assignment", "unit": "LAW_FIRM", "office": "某律师事务所", "person": "周律师", "licence": "1"}


async def reached(here: Api, case: dict[str, Any], stage: str, who: dict[str, str] = CLERK, **typed: Any) -> Any:
    said = {**who, "stage": stage, "occurred_on": today(), **typed}
    return await here.post(f"/v1/cases/{case['id']}/stages", said)


async def granted(here: Api) -> dict[str, Any]:
    case = await here.opened()
    await reached(here, case, "under_review")
    answer = await reached(here, case, "granted", HEAD)
    assert answer.status == 200, answer
    return dict(answer.body)


async def test_the_table_of_duties_is_shown_whole(here: Api) -> None:
    items = (await here.get("/v1/duties")).body["items"]
    assert [one["what"] for one in items] == [row.what.value for row in DUTIES]
    [refused] = [one for one in items if one["what"] == "refused"]
    assert refused == {
        "what": "refused",
        "zh": "决定不予援助",
        "en": "Refused",
        "duty": "APPROVER",
        "duty_zh": "审批人",
        "duty_en": "Approver",
        "part": "decision",
        "needed": True,
        "after": None,
        "not_by": ["under_review", "suspended"],
        "remedy": "OBJECTION",
    }


async def test_each_stage_that_is_open_says_whose_it_is_and_what_is_said_with_it(here: Api) -> None:
    case = await granted(here)
    assigned = (await reached(here, case, "assigned", part=LAWYER)).body
    [step] = [step for step in assigned["steps"] if step["step"] == "publish-stage"]
    assert {one["stage"]: (one["duty"], one["part"]) for one in step["stages"]} == {
        "agreement_signed": ("HANDLING_LAWYER", None),
        "handling": ("HANDLING_LAWYER", "no_agreement"),
        "assigned": ("ASSIGNER", "assignment"),
        "terminated": ("APPROVER", "termination"),
    }


async def test_what_was_said_is_kept_with_the_case_and_not_in_its_history(here: Api) -> None:
    case = await granted(here)
    await reached(here, case, "assigned", part=LAWYER)
    path = f"/v1/cases/{case['id']}"
    entries = (await here.get(path)).body["handling"]["entries"]
    assert [(one["what"], one["by"]) for one in entries] == [
        ("under_review", "王芳"),
        ("granted", "王主任"),
        ("assigned", "王芳"),
    ]
    assert (entries[2]["part"]["person"], entries[2]["part"]["office"]) == ("周律师", "某律师事务所")
    history = await here.items(f"{path}/history")
    assert "周律师" not in str([line["detail"] for line in history])


async def test_what_a_stage_asks_for_is_named_when_it_is_missing(here: Api) -> None:
    case = await granted(here)
    answer = await reached(here, case, "assigned")
    assert (answer.status, answer.kind) == (422, "part-needed")
    assert answer.body["about"] == {"at": "assigned", "part": "assignment"}
    answer = await reached(here, case, "assigned", part=LAWYER | {"kind": "lawyer"})
    assert (answer.status, answer.kind) == (422, "invalid-body")


async def test_who_reviewed_does_not_approve(here: Api) -> None:
    case = await here.opened()
    await reached(here, case, "under_review")
    answer = await reached(here, case, "granted")
    assert (answer.status, answer.kind) == (409, "same-person")


async def test_a_recused_person_is_refused_until_the_recusal_is_lifted(here: Api) -> None:
    case = await here.opened()
    path = f"/v1/cases/{case['id']}"
    recusal = HEAD | {"person": "王芳", "reason": "IS_PARTY_OR_KIN", "since": today()}
    recused = (await here.post(f"{path}/recusals", recusal)).body
    assert "recusals-lift" in {step["step"] for step in recused["steps"]}
    answer = await reached(here, case, "under_review")
    assert (answer.status, answer.kind) == (409, "recused")
    assert "about" not in answer.body
    lifted = await here.post(f"{path}/recusals/lift", HEAD | {"person": "王芳", "because": "经查没有亲属关系。"})
    assert lifted.body["handling"]["recusals"][0]["lifted_by"] == "王主任"
    assert (await reached(here, case, "under_review")).status == 200
