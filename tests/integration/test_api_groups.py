"""Groups over the API and from the command line: a sheet is seen, is taken in whole or not, and stays one matter."""

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from tests.builders import a_resident_id
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, application, serving, today
from transfer.cli.exits import FAULT, OK, USAGE
from transfer.cli.main import main
from transfer.sheets.files import read_sheet
from transfer.storage.tables import answered, applicants, cases, history
from transfer.web.conditions import REPLAYED_HEADER

WHO: Final = {"by": "王芳", "institution": ZHONGSHAN}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(tmp_path) as api:
        yield api


def a_sheet(persons: int, *more: str) -> bytes:
    rows = [f"李大山,{a_resident_id(order=order + 1)},7500.50" for order in range(persons)]
    return "\n".join(["姓名,证件号码,请求金额（元）", *rows, *more]).encode()


def encoded(content: bytes) -> str:
    return b64encode(content).decode()


def a_group(content: bytes, **changes: Any) -> dict[str, Any]:
    given = application(sheet=encoded(content), **changes)
    del given["applicants"]
    return given


async def counted(api: Api) -> list[int]:
    async with api.node.store.writing() as connection:
        tables = (cases, applicants, history, answered)
        return [(await connection.execute(select(func.count()).select_from(one))).scalar_one() for one in tables]


BAD: Final = ("王小河,990000198504120011,1", "赵小燕,,x")


async def test_a_preview_names_every_bad_cell_and_keeps_nothing(api: Api) -> None:
    answer = await api.post("/v1/groups/preview", {"sheet": encoded(a_sheet(2, *BAD))})
    assert answer.status == 200, answer
    assert (answer.body["rows"], len(answer.body["persons"])) == (4, 2)
    assert [(one["cell"], one["fault"]) for one in answer.body["misfits"]] == [
        ("B4", "IDENTITY_WRONG"),
        ("C5", "AMOUNT_WRONG"),
    ]
    assert answer.body["persons"][0]["claimed"] == 750_050
    assert await counted(api) == [0, 0, 0, 0]


async def test_a_sheet_is_taken_in_whole_or_without_its_bad_rows_when_that_is_said(api: Api) -> None:
    content = a_sheet(2, *BAD)
    refused = await api.post("/v1/groups", a_group(content))
    assert (refused.status, refused.kind) == (422, "rows-bad")
    assert [one["row"] for one in refused.body["errors"]] == [4, 5]
    assert all(name not in refused.text for name in ("王小河", "赵小燕", "9900001985"))
    assert await counted(api) == [0, 0, 0, 0]
    opened = await api.post("/v1/groups", a_group(content, leave_out_bad_rows=True))
    assert (opened.status, len(opened.body["applicants"])) == (201, 2), opened
    assert await counted(api) == [1, 2, 1, 1]
    assert (await api.get(opened.headers["Location"])).body["applicants"] == opened.body["applicants"]


async def test_a_ground_that_is_not_open_is_a_bad_cell_as_soon_as_the_matter_is_known(api: Api) -> None:
    rows = [
        f"李大山,{a_resident_id(order=1)},进城务工人员,ART42_3,务工证明,",
        f"王小河,{a_resident_id(order=2)},,ART42_3,务工证明,",
        f"赵小燕,{a_resident_id(order=3)},,个人诚信承诺,承诺书,{today(days=1)}",
        f"钱小红,{a_resident_id(order=4)},,,,",
    ]
    content = "\n".join(["姓名,证件号码,人员类别,经济困难依据,依据材料,承诺书签署日期", *rows]).encode()
    wrong = [("D3", "GROUND_NOT_OPEN"), ("F4", "DATE_AHEAD")]

    async def seen(**matter: str) -> list[tuple[str, str]]:
        answer = await api.post("/v1/groups/preview", {"sheet": encoded(content), **matter})
        return [(one["cell"], one["fault"]) for one in answer.body["misfits"]]

    assert (await seen(), await seen(matter="REMUNERATION")) == ([], wrong)
    assert await seen(matter="TRAFFIC_ACCIDENT") == [("D2", "GROUND_NOT_OPEN"), *wrong]
    refused = await api.post("/v1/groups", a_group(content))
    assert (refused.kind, [(one["cell"], one["fault"]) for one in refused.body["errors"]]) == ("rows-bad", wrong)
    opened = await api.post("/v1/groups", a_group(content, leave_out_bad_rows=True))
    findings = [one.get("finding") for one in opened.body["applicants"]]
    assert [one and one["ground"] for one in findings] == ["ART42_3", None]


async def test_the_same_request_twice_opens_one_case(api: Api) -> None:
    body = a_group(a_sheet(3))
    first, again = [await api.post("/v1/groups", body, key="one-sheet-once") for _ in range(2)]
    assert (first.text, again.headers[REPLAYED_HEADER]) == (again.text, "true")
    assert (await counted(api))[0] == 1


async def test_a_file_that_is_no_sheet_or_leaves_nobody_is_refused_with_its_reason(api: Api) -> None:
    for content, code in ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "OLD_OR_LOCKED"), (a_sheet(0), "NO_PERSONS")):
        answer = await api.post("/v1/groups", a_group(content))
        assert (answer.status, answer.kind, answer.body["about"]["code"]) == (422, "sheet-refused", code), answer
    assert (await api.post("/v1/groups/preview", {"sheet": "a"})).kind == "invalid-body"


async def test_numbers_for_tests_are_bad_rows_where_they_are_not_taken(tmp_path: Path) -> None:
    async with serving(tmp_path, test_identities=False) as strict:
        answer = await strict.post("/v1/groups", a_group(a_sheet(1)))
        assert [one["fault"] for one in answer.body["errors"]] == ["TEST_IDENTITY"]
        person = {"name": "李", "identity": {"kind": "RESIDENT_ID", "number": a_resident_id()}}
        case = await strict.opened()
        joined = await strict.post(f"/v1/cases/{case['id']}/applicants", WHO | {"applicants": [person]})
        assert joined.kind == "test-identity"


async def test_the_template_can_be_downloaded(api: Api) -> None:
    async with api.session.get("/v1/groups/template") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment; ")
        assert len(read_sheet(await answer.read()).rows) == 1


async def test_five_hundred_stay_one_matter_on_both_sides(tmp_path: Path) -> None:
    async with serving(tmp_path) as here, serving(tmp_path, LUXIAN) as there:
        opened = await here.post("/v1/groups", a_group(a_sheet(500)))
        assert opened.status == 201, opened
        case = opened.body
        offer = WHO | {"receiver": "510521-ZS", "letter": "中援转〔2026〕1号", "reason": "由"}
        assert (await here.post(f"/v1/cases/{case['id']}/transfers", offer)).status == 201
        await here.carry(there)
        await there.done(case, "sign-for", materials_counted=1)
        await there.done(case, "accept")
        await there.carry(here)
        known = [(await api.get(f"/v1/cases/{case['id']}")).body for api in (here, there)]
        assert known[0]["applicants"] == known[1]["applicants"] == case["applicants"]
        assert [one["holder"]["institution"] for one in known] == [LUXIAN, LUXIAN]
        assert [await counted(api) for api in (here, there)] == [[1, 500, 4, 2], [1, 500, 3, 2]]


async def test_one_notice_tells_five_hundred_persons_two_things_each(api: Api) -> None:
    case = (await api.post("/v1/groups", a_group(a_sheet(500)))).body
    path = f"/v1/cases/{case['id']}"
    items = [
        {"defect": defect, "explanation": "申请表缺少签名，请本人到场补签。", "applicant": one["id"]}
        for one in case["applicants"]
        for defect in ("FORM_UNSIGNED", "ID_MISSING")
    ]
    told = await api.post(f"{path}/notice", WHO | {"items": items, "due_on": today(days=9), "phoned": True})
    assert (told.status, len(told.body["notice"]["items"])) == (200, 1000), told
    answers = [{"defect": one["defect"], "applicant": one["applicant"], "answer": "已补"} for one in items]
    papers = [{"kind": "IDENTITY", "title": "身份证", "applicant": one["id"]} for one in case["applicants"]]
    done = await api.post(f"{path}/notice/answer", WHO | {"answers": answers, "materials": papers})
    assert done.status == 200, done
    assert len(done.body["materials"]) == 500


async def test_a_group_elects_is_joined_is_split_and_reported(api: Api) -> None:
    case = (await api.post("/v1/groups", a_group(a_sheet(10)))).body
    path = f"/v1/cases/{case['id']}"
    steps = {step["step"] for step in case["steps"]}
    assert {"representatives", "applicants", "split"} <= steps
    ids = [one["id"] for one in case["applicants"]]
    election = {"representatives": ids[:2], "elected_on": today(), "proof": {"kind": "OTHER", "title": "推举书"}}
    elected = await api.post(f"{path}/representatives", WHO | election)
    assert elected.body["election"] == {"representatives": ids[:2], "elected_on": today(), "proof": "推举书"}
    joined = await api.post(f"{path}/applicants", WHO | {"applicants": [{"name": "赵", "identity": {"kind": "NONE"}}]})
    assert joined.body["applicants"][-1]["received_on"] == today()
    split = await api.post(f"{path}/split", WHO | {"applicants": ids[:1]})
    assert split.status == 200, split
    [part] = split.body["basics"]["split_into"]
    assert "representatives" in {step["step"] for step in split.body["steps"]}
    own = (await api.get(f"/v1/cases/{part}")).body
    assert (own["version"], own["basics"]["split_from"], own["election"]["representatives"]) == (1, case["id"], ids[:1])
    assert {"representatives", "split"}.isdisjoint(step["step"] for step in own["steps"])
    said = (await api.get(f"{path}/group")).body
    assert (said["status"], said["claimed"]) == ({"ACTIVE": 10, "SPLIT_OFF": 1}, 9 * 750_050)
    events = [line["event"] for line in await api.items(f"/v1/cases/{part}/history")]
    assert events == ["case_split"]
    few = await api.post(f"/v1/cases/{part}/representatives", WHO | election | {"representatives": ids[:1]})
    assert (few.status, few.kind) == (409, "too-few-to-elect")
    twice = {"name": "李大山", "identity": {"kind": "RESIDENT_ID", "number": a_resident_id(order=5)}}
    again = await api.post(f"{path}/applicants", WHO | {"applicants": [twice]})
    assert (again.status, again.kind) == (422, "person-twice")


# The command line -------------------------------------------------------------------------------------------


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["group", *arguments])


def written(folder: Path, **files: bytes) -> Sequence[str]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in files]


def test_a_preview_at_the_command_line_needs_no_node(tmp_path: Path) -> None:
    good, bad = written(tmp_path, good=a_sheet(2), bad=a_sheet(2, *BAD))
    seen = command("preview", good, "--test-identities")
    assert (seen.exit_code, seen.output) == (OK, "2 of 2 rows would be taken in\n")
    seen = command("preview", bad, "--test-identities", "--json")
    said = json.loads(seen.output)
    assert (seen.exit_code, said["persons"], [one["cell"] for one in said["misfits"]]) == (FAULT, 2, ["B4", "C5"])
    assert "B4" in command("preview", bad, "--test-identities").output
    assert "TEST_IDENTITY" in command("preview", good).output


def test_a_preview_at_the_command_line_names_columns_that_nothing_is_taken_from(tmp_path: Path) -> None:
    [sheet] = written(tmp_path, odd="姓名,证件类型,证件号码,代表人\n李小山,暂无证件,,是\n".encode())
    said = command("preview", sheet).output
    assert said.startswith("1 of 1 rows would be taken in\nnothing is taken from the columns 代表人: ")
    assert json.loads(command("preview", sheet, "--json").output)["ignored"] == ["代表人"]


def test_the_template_is_written(tmp_path: Path) -> None:
    assert command("template", "--out", str(tmp_path / "list.xlsx")).exit_code == OK
    assert command("preview", str(tmp_path / "list.xlsx"), "--test-identities").exit_code == OK


async def test_a_group_is_opened_at_the_command_line(api: Api, tmp_path: Path) -> None:
    given = a_group(b"")
    del given["sheet"]
    files = {"good": a_sheet(2), "bad": a_sheet(2, *BAD), "case": json.dumps(given).encode(), "odd": b"["}
    good, bad, case, odd = written(tmp_path, **files)
    opened = await asyncio.to_thread(command, "open", good, case, "--node", api.address)
    assert (opened.exit_code, opened.output.endswith("with 2 applicants\n")) == (OK, True), opened.output
    refused = await asyncio.to_thread(command, "open", bad, case, "--node", api.address)
    assert (refused.exit_code, "IDENTITY_WRONG" in refused.output) == (FAULT, True), refused.output
    taken = await asyncio.to_thread(command, "open", bad, case, "--leave-out-bad-rows", "--node", api.address)
    assert taken.exit_code == OK, taken.output
    assert (await counted(api))[0] == 2
    assert (await asyncio.to_thread(command, "open", good, odd, "--node", api.address)).exit_code == USAGE
