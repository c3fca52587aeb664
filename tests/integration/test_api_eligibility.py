"""The hardship condition over the API: findings, grounds that are open, attestations, and reading them offline."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, application, serving, today
from tests.trust import shared
from transfer.cli.main import main
from transfer.crypto.directory import Agreement
from transfer.handlers.receive import Applied

WHO = {"by": "王芳", "institution": ZHONGSHAN}
PERSON = {"name": "练某", "identity": {"kind": "NONE"}, "categories": ["MIGRANT_WORKER"]}


@pytest.fixture
async def agreed(tmp_path: Path) -> AsyncIterator[tuple[Api, Api]]:
    """Zhongshan and Luxian, which recognise each other's findings."""
    agreement = Agreement(
        between=(ZHONGSHAN, LUXIAN), answer_working_days=10, mutual_recognition=True, since=date(2026, 1, 1)
    )
    note = shared().file(shared().directory(agreements=(agreement,)))
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(serving(tmp_path, region, directory=note)) for region in (ZHONGSHAN, LUXIAN)
        ]
        yield here, there


async def judged(api: Api, case: dict[str, Any]) -> dict[str, Any]:
    answer = await api.get(f"/v1/cases/{case['id']}/eligibility")
    assert answer.status == 200, answer
    return dict(answer.body)


async def found(api: Api, case: dict[str, Any], **finding: Any) -> Any:
    person = case["applicants"][0]["id"]
    body = {"by": "王芳", "institution": api.region, "findings": [{"applicant": person, "proof": "证明", **finding}]}
    return await api.post(f"/v1/cases/{case['id']}/eligibility", body)


async def reached(api: Api, case: dict[str, Any], stage: str, **typed: Any) -> Any:
    by = "王主任" if stage == "granted" else "王芳"
    said = {"by": by, "institution": api.region, "stage": stage, "occurred_on": today(), **typed}
    return await api.post(f"/v1/cases/{case['id']}/stages", said)


async def test_a_ground_that_does_not_apply_is_refused_at_intake_with_what_is_open_instead(here: Api) -> None:
    person = PERSON | {"finding": {"ground": "ART42_3", "proof": "务工证明"}}
    refused = await here.post("/v1/cases", application(matter="TRAFFIC_ACCIDENT", applicants=[person]))
    assert (refused.status, refused.kind) == (422, "ground-not-open")
    about = refused.body["about"]
    assert (about["ground"], about["matter"]) == ("ART42_3", "TRAFFIC_ACCIDENT")
    assert "nothing else" in about["covers"]
    assert [one.partition(":")[0] for one in about["open"]] == ["INFO_SHARING", "COMMITMENT"]


async def test_a_finding_is_not_typed_with_what_only_an_institution_adds(here: Api) -> None:
    for extra in ({"by": ZHONGSHAN}, {"basis": "法"}, {"rules": "x"}):
        person = PERSON | {"finding": {"ground": "ART42_3", "proof": "务工证明", **extra}}
        assert (await here.post("/v1/cases", application(applicants=[person]))).status == 422


async def test_each_persons_grounds_are_explained_and_a_grant_waits_for_one_that_holds(here: Api) -> None:
    case = await here.opened(matter="TRAFFIC_ACCIDENT", applicants=[PERSON])
    body = await judged(here, case)
    assert (body["region"], body["day"], body["standard"]) == (ZHONGSHAN, today(), None)
    [person] = body["items"]
    assert (person["finding"], person["holds"], person["why_not"]) == (None, False, "NOTHING_FOUND")
    grounds = {one["ground"]: one for one in person["grounds"]}
    assert {name for name, one in grounds.items() if one["open"]} == {"INFO_SHARING", "COMMITMENT"}
    assert grounds["ART42_3"]["why_not"] == "OTHER_MATTER"
    assert grounds["ART42_3"]["basis"] == "中华人民共和国法律援助法第四十二条第三项"
    assert grounds["COMMITMENT"]["proof"] == "COMMITMENT"
    await reached(here, case, "under_review")
    refused = await reached(here, case, "granted")
    assert (refused.status, refused.kind) == (409, "no-ground-holds")
    assert refused.body["about"]["applicants"].keys() == {case["applicants"][0]["id"]}
    assert "练某" not in refused.text
    known = await found(here, case, ground="COMMITMENT", signed_on=today())
    assert known.status == 200, known
    assert known.body["applicants"][0]["finding"]["basis"] == "中华人民共和国法律援助法第四十一条"
    assert (await judged(here, case))["items"][0]["holds"] is True
    assert (await reached(here, case, "granted")).status == 200


async def test_the_step_is_open_to_the_holder_until_the_case_has_ended_and_never_while_it_is_offered(here: Api) -> None:
    case = await here.opened()
    assert "eligibility" in {one["step"] for one in case["steps"]}
    offered = await here.offered()
    assert "eligibility" not in {one["step"] for one in offered["steps"]}
    refused = await found(here, offered, ground="COMMITMENT", signed_on=today())
    assert (refused.status, refused.kind) == (409, "transfer-open")


async def test_a_finding_is_attested_recognised_and_taken_back_and_each_step_is_shown_where_it_is_open(
    agreed: tuple[Api, Api],
) -> None:
    here, there = agreed
    case = await here.opened(matter="TRAFFIC_ACCIDENT", applicants=[PERSON])
    path, person = f"/v1/cases/{case['id']}", case["applicants"][0]["id"]
    days = {"found_on": today(), "until": today(days=100)}
    said = WHO | {"applicant": person, "in_hardship": True, "basis": "广东省标准", **days}
    assert (await here.post(f"{path}/attestations", said)).kind == "nothing-to-attest"
    case = (await found(here, case, ground="INFO_SHARING")).body
    assert "attestations" in {one["step"] for one in case["steps"]}
    case = (await here.post(f"{path}/attestations", said)).body
    assert "attestations-revoke" in {one["step"] for one in case["steps"]}
    offer = WHO | {"receiver": LUXIAN, "letter": "函", "reason": "由"}
    assert (await here.post(f"{path}/transfers", offer)).status == 201
    assert await here.carry(there) == [Applied()]
    await there.done(case, "sign-for", materials_counted=0)
    await there.done(case, "accept")
    taken = await found(there, case, ground="HOME_FINDING_RECOGNISED")
    assert taken.status == 200, taken
    finding = taken.body["applicants"][0]["finding"]
    assert (finding["until"], finding["by"]) == (today(days=100), LUXIAN)
    [shown] = (await judged(there, case))["items"]
    [ground] = [one for one in shown["grounds"] if one["ground"] == "HOME_FINDING_RECOGNISED"]
    assert (ground["open"], ground["attestation"]["by"]) == (True, ZHONGSHAN)
    for stage in ("under_review", "granted"):
        assert (await reached(there, case, stage)).status == 200
    await there.carry(here)
    revoke = WHO | {"attestation": finding["attestation"], "reason": "FINANCES_CHANGED"}
    assert (await here.post(f"{path}/attestations/revoke", revoke)).status == 200
    assert (await here.post(f"{path}/attestations/revoke", revoke)).kind == "attestation-taken-back"
    assert await here.carry(there) == [Applied()]
    [shown] = (await judged(there, case))["items"]
    assert (shown["holds"], shown["look_again"]) == (False, "LAL_48_4")
    assert (await there.get(path)).body["stage"]["stage"] == "granted"
    assert (await found(there, case, ground="HOME_FINDING_RECOGNISED")).kind == "attestation-taken-back"


async def test_attestations_are_verified_offline_with_the_directory_alone(here: Api, tmp_path: Path) -> None:
    case = await here.opened(matter="TRAFFIC_ACCIDENT", applicants=[PERSON])
    await found(here, case, ground="INFO_SHARING")
    days = {"found_on": today(), "until": today(days=100)}
    said = WHO | {"applicant": case["applicants"][0]["id"], "in_hardship": True, "basis": "广东省标准", **days}
    held = (await here.post(f"/v1/cases/{case['id']}/attestations", said)).body["attestations"]

    def verified(attestations: Any) -> Any:
        file = tmp_path / "attestations.json"
        file.write_text(json.dumps(attestations), encoding="utf-8")
        trust = ["--directory", str(shared().default_file), "--trust", shared().operator.verifier.text]
        return CliRunner().invoke(main, ["eligibility", "verify", str(file), *trust])

    good = verified(held)
    assert (good.exit_code, "counts" in good.output, ZHONGSHAN in good.output) == (0, True, True)
    assert "练某" not in good.output
    head, payload, signature = held["issued"][0]["token"].split(".")
    altered = held["issued"][0] | {"token": f"{head}.{payload}.{signature[:-8]}AAAAAAAA"}
    bad = verified(held | {"issued": [altered]})
    assert (bad.exit_code, "signature" in bad.output) == (1, True)
    stranger = held["issued"][0] | {"applicant": "01975a3e-6c02-7f43-9e24-55f1b2c3d406"}
    assert verified(held | {"issued": [stranger]}).exit_code == 1
    assert verified({"issued": [{}]}).exit_code == 2
    token = json.loads(base64.urlsafe_b64decode(payload + "=="))["id"]
    answer = await here.post(
        f"/v1/cases/{case['id']}/attestations/revoke", WHO | {"attestation": token, "reason": "FOUND_WRONG"}
    )
    revoked = verified(answer.body["attestations"])
    assert (revoked.exit_code, "revoked" in revoked.output) == (1, True)


def test_the_grounds_of_a_region_are_listed() -> None:
    shown = CliRunner().invoke(main, ["eligibility", "list", "--region", "330106", "--json"])
    assert shown.exit_code == 0
    assert {one["ground"] for one in json.loads(shown.output)} >= {"ART42_3", "ART42_4", "COMMITMENT"}
    assert "ART42_4" not in CliRunner().invoke(main, ["eligibility", "list"]).output
