"""Rights by institution and by case: who acts as whom, who is recused, whose case it is, which steps stand open."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.api_node import OFFER, ZHONGSHAN, Answer, Api, application, serving, today
from tests.noted import noted
from tests.staff import Signed, a_token, an_account, signed_in
from transfer.actions.roll import UnknownAccount
from transfer.domain.rights import Role
from transfer.ledger.entry import Kind
from transfer.records import Show

ASSIGNED = {"kind": "assignment", "unit": "LAW_FIRM", "office": "某律师事务所", "person": "周律师", "licence": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """The staff of a centre, by role, and a case that has come to its lawyer."""

    api: Api
    staff: Mapping[Role, Signed]
    case: str

    def __getitem__(self, role: Role) -> Signed:
        return self.staff[role]

    async def opened(self) -> str:
        """Another case."""
        answer = await self[Role.INTAKE].post("/v1/cases", unsigned(application()))
        assert answer.status == 201, answer
        return str(answer.body["id"])

    async def reached(self, role: Role, stage: str, case: str | None = None, **said: Any) -> Answer:
        body = {"stage": stage, "occurred_on": today(), **said}
        return await self[role].post(f"/v1/cases/{case or self.case}/stages", body)


def unsigned(body: Mapping[str, Any]) -> dict[str, Any]:
    """Without who acts."""
    return {name: value for name, value in body.items() if name not in ("by", "institution")}


async def shown_to(who: Signed, path: str) -> str:
    """A page as that person sees it."""
    answer = await who.get(path)
    assert answer.status == 200, answer
    return answer.text


async def searched_by(who: Signed, q: str) -> str:
    """What that person finds."""
    answer = await who.api.ask("POST", "/cases", data={"q": q}, headers=who.headers)
    assert answer.status == 200, answer
    return answer.text


@pytest.fixture
async def centre(tmp_path: Path) -> AsyncIterator[Centre]:
    names = {Role.HANDLING_LAWYER: "周律师", Role.INTAKE: "王芳"}
    async with serving(tmp_path, sign_in="required") as api:
        staff = {role: await signed_in(api, role, name=names.get(role, role.zh)) for role in (*names, *_OTHERS)}
        made = Centre(api=api, staff=staff, case="")
        made = Centre(api=api, staff=staff, case=await made.opened())
        for role, stage, part in (
            (Role.REVIEWER, "under_review", None),
            (Role.APPROVER, "granted", None),
            (Role.ASSIGNER, "assigned", ASSIGNED),
        ):
            answer = await made.reached(role, stage, part=part)
            assert answer.status == 200, answer
        yield made


_OTHERS = (Role.REVIEWER, Role.APPROVER, Role.ASSIGNER, Role.LIAISON, Role.WORKSTATION)


async def test_whoever_is_signed_in_acts_in_the_own_name_for_the_own_institution(centre: Centre) -> None:
    clerk = centre[Role.INTAKE]
    for other, kind in (({"by": "张伟"}, "not-you"), ({"institution": "510521"}, "not-your-institution")):
        answer = await clerk.post("/v1/cases", unsigned(application()) | other)
        assert (answer.status, answer.kind) == (403, kind)
    entries = (await clerk.get(f"/v1/cases/{centre.case}")).body["handling"]["entries"]
    assert [(one["what"], one["by"], one["institution"]) for one in entries] == [
        ("under_review", "审查人", ZHONGSHAN),
        ("granted", "审批人", ZHONGSHAN),
        ("assigned", "指派人", ZHONGSHAN),
    ]
    said = {"by": clerk.account.name, "institution": ZHONGSHAN}
    assert (await clerk.post("/v1/cases", unsigned(application()) | said)).status == 201


async def test_nobody_gets_the_name_of_another_account_and_with_it_the_cases(centre: Centre) -> None:
    lawyer, roll = centre[Role.HANDLING_LAWYER].account, centre.api.node.web.roll
    admin = await signed_in(centre.api, Role.SECURITY_ADMINISTRATOR)
    form = {"login": "zhou-2", "institution": ZHONGSHAN, "role": Role.HANDLING_LAWYER.value}
    form |= {"name": f" {lawyer.name} ", "csrf": admin.headers["X-CSRF-Token"]}
    for disabled in (False, True):
        await roll.set_disabled(lawyer, disabled=disabled, by="test")
        async with centre.api.session.post("/accounts", data=form, headers=admin.headers) as answer:
            assert (answer.status, "姓名或者统一身份已被其他账号使用" in await answer.text()) == (422, True)
    with pytest.raises(UnknownAccount):
        await roll.find("zhou-2")


async def test_another_system_names_who_acts_at_its_institution_and_who_reads(centre: Centre) -> None:
    account = await an_account(centre.api, Role.INTAKE, name="综合业务系统", system=True)
    shown = {"Authorization": f"Bearer {await a_token(centre.api, account)}", "Idempotency-Key": "0f" * 18}
    answer = await centre.api.ask("POST", "/v1/cases", json=unsigned(application()), headers=shown)
    assert (answer.status, answer.kind) == (422, "invalid-body")
    named = unsigned(application()) | {"by": "陈晨"}
    answer = await centre.api.ask("POST", "/v1/cases", json=named, headers=shown | {"Idempotency-Key": "1f" * 18})
    assert answer.status == 201, answer
    await centre.api.get(f"/v1/cases/{centre.case}", **shown, Actor=quote("陈晨"))
    await centre[Role.INTAKE].get(f"/v1/cases/{centre.case}", Actor=quote("陈晨"))
    readings = await noted(centre.api.node.store.engine, Kind.READ)
    assert [one.texts["by"] for one in readings if one.texts][-2:] == ["陈晨", "王芳"]


async def test_whoever_is_recused_neither_reads_the_case_nor_acts_in_it_until_that_is_lifted(centre: Centre) -> None:
    clerk, head, path = centre[Role.INTAKE], centre[Role.APPROVER], f"/v1/cases/{centre.case}"
    recusal = {"person": "王芳", "reason": "IS_PARTY_OR_KIN", "since": today()}
    assert (await head.post(f"{path}/recusals", recusal)).status == 200
    for answer in (
        await clerk.get(path),
        await clerk.get(f"{path}/history"),
        await clerk.get(f"{path}/clocks"),
        await clerk.post(f"{path}/withdrawals", {"applicants": [], "on": today()}),
    ):
        assert (answer.status, answer.kind) == (403, "not-your-case")
    assert (await clerk.get("/v1/cases")).body["items"] == []
    assert len((await head.get("/v1/cases")).body["items"]) == 1
    for show in Show:
        assert centre.case not in await shown_to(clerk, f"/cases?show={show}")
    assert centre.case not in await searched_by(clerk, "李")
    assert centre.case in await shown_to(head, "/cases?show=all")
    assert centre.case in await searched_by(head, "李")
    lifted = await head.post(f"{path}/recusals/lift", {"person": "王芳", "because": "经查没有亲属关系。"})
    assert lifted.status == 200, lifted
    assert (await clerk.get(path)).status == 200


async def test_a_handling_lawyer_sees_the_cases_that_were_assigned_and_no_others(centre: Centre) -> None:
    other, lawyer = await centre.opened(), centre[Role.HANDLING_LAWYER]
    assert (await lawyer.get(f"/v1/cases/{centre.case}")).status == 200
    answer = await lawyer.get(f"/v1/cases/{other}")
    assert (answer.status, answer.kind) == (403, "not-your-case")
    assert [one["id"] for one in (await lawyer.get("/v1/cases")).body["items"]] == [centre.case]
    for show, seen in ((Show.ALL, True), (Show.HELD, True), (Show.URGENT, False)):
        listed = await shown_to(lawyer, f"/cases?show={show}")
        assert (centre.case in listed, other in listed) == (seen, False)
    found = await searched_by(lawyer, "李")
    assert (centre.case in found, other in found) == (True, False)
    assert (await centre[Role.LIAISON].post(f"/v1/cases/{other}/transfers", unsigned(OFFER))).status == 201
    assert (await lawyer.get("/v1/transfers")).body["items"] == []
    assert len((await centre[Role.LIAISON].get("/v1/transfers")).body["items"]) == 1


async def test_a_stage_belongs_to_whoever_has_its_duty_and_steps_are_shown_to_whom_they_are_open(
    centre: Centre,
) -> None:
    answer = await centre.reached(Role.INTAKE, "agreement_signed")
    assert (answer.status, answer.kind) == (403, "not-allowed")
    shown = {
        role: {step["step"] for step in (await who.get(f"/v1/cases/{centre.case}")).body["steps"]}
        for role, who in centre.staff.items()
    }
    assert shown[Role.HANDLING_LAWYER] == {"publish-stage", "draft-request", "events"}
    assert "publish-stage" not in shown[Role.INTAKE]
    assert "recusals" in shown[Role.APPROVER]
    assert "recusals" not in shown[Role.REVIEWER]
    [step] = [
        one
        for one in (await centre[Role.APPROVER].get(f"/v1/cases/{centre.case}")).body["steps"]
        if one["step"] == "publish-stage"
    ]
    assert [one["stage"] for one in step["stages"]] == ["terminated"]
    assert (await centre.reached(Role.HANDLING_LAWYER, "agreement_signed")).status == 200


async def test_a_file_is_shown_to_whoever_sees_a_case_that_names_it(centre: Centre) -> None:
    views, digest = centre.api.node.views, f"sha256:{'0' * 64}"
    lawyer, clerk = centre[Role.HANDLING_LAWYER].account.person().sight, centre[Role.INTAKE].account.person().sight
    assert lawyer
    assert clerk
    assert (await views.sees_file(lawyer, digest), await views.sees_file(clerk, digest)) == (False, True)
