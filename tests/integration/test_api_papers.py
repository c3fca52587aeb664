"""The letters of an evidence request as PDF over the API, read again by another program."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api
from tests.integration.test_api_evidence import asked, drafted, known, taken
from transfer.actions.evidence_commands import Record
from transfer.web.examples_evidence import EVIDENCE_EXAMPLES


async def printed(api: Api, case: dict[str, Any], path: str, folder: Path) -> str:
    """The text of a paper, as a reader finds it."""
    request = case["requests"][0]["id"]
    async with api.session.get(f"/v1/cases/{case['id']}/requests/{request}/{path}") as response:
        content = await response.read()
        assert (response.status, response.content_type) == (200, "application/pdf"), content
    file = folder / "paper.pdf"
    file.write_bytes(content)
    reader = await asyncio.create_subprocess_exec("pdftotext", "-raw", str(file), "-", stdout=asyncio.subprocess.PIPE)
    said, _ = await reader.communicate()
    return "".join(said.decode().split())


async def test_a_draft_has_no_line_to_check_it_by_and_a_sent_letter_has(here: Api, there: Api, tmp_path: Path) -> None:
    case = await asked(here, there)
    [message] = [
        one for one in await here.items(f"/v1/cases/{case['id']}/messages") if one["type"].endswith("requested.v1")
    ]
    letter = await printed(here, case, "papers/letter", tmp_path)
    for part in (
        "法律援助协作函",
        "中援协〔2026〕第12号",
        "五月考勤表",
        "追索劳动报酬",
        "自收到本函次日起10个工作日内",
    ):
        assert part in letter
    assert f"legalaid:1:{ZHONGSHAN}:{message['id']}:" in letter
    assert message["digest"].removeprefix("sha256:") in letter
    assert await printed(there, case, "papers/letter", tmp_path) == letter


async def test_a_printed_letter_is_checked_by_its_line_at_both_ends(here: Api, there: Api) -> None:
    case = await asked(here, there)
    messages = await here.items(f"/v1/cases/{case['id']}/messages")
    message = next(one for one in messages if one["type"].endswith("requested.v1"))
    line = f"legalaid:1:{ZHONGSHAN}:{message['id']}:{message['digest'].removeprefix('sha256:')}"
    for api in (here, there):
        found = (await api.get(f"/v1/check?line={line}")).body
        assert (found["known"], found["same"], found["message"]["id"]) == (True, True, message["id"])
        altered = (await api.get(f"/v1/check?line={line[:-1]}{'0' if line[-1] != '0' else '1'}")).body
        assert (altered["known"], altered["same"]) == (True, False)
        elsewhere = (await api.get(f"/v1/check?line={line.replace(ZHONGSHAN, LUXIAN)}")).body
        assert (elsewhere["known"], elsewhere["message"]) == (False, None)
    assert (await here.get("/v1/check?line=legalaid:2:x")).status == 422


async def test_receipt_reply_and_chain_are_printed_at_both_ends(here: Api, there: Api, tmp_path: Path) -> None:
    case = await asked(here, there)
    await taken(there, case, "sign-for")
    await taken(there, case, "undertake", collector="刘洋")
    sheet, lookup = (item["id"] for item in case["requests"][0]["items"])
    piece = EVIDENCE_EXAMPLES[Record]["answers"][0]["pieces"][0]
    none = {"item": lookup, "result": "not_found", "statement": "查无此公司。"}
    await taken(there, case, "record", answers=[{"item": sheet, "result": "obtained", "pieces": [piece]}, none])
    await taken(there, case, "return", letter="泸援协复〔2026〕第5号")
    await there.carry(here)
    mine = await known(here, case)
    assert "签收回执" in await printed(here, mine, "papers/receipt", tmp_path)
    reply = await printed(here, mine, "papers/reply", tmp_path)
    for part in (
        "泸援协复〔2026〕第5号",
        "考勤表（2026年5月至9月）",
        "查无此公司",
        "未查到",
        "已取得",
        "人事部经理黄某",
    ):
        assert part in reply
    chain = await printed(here, mine, f"pieces/{piece['id']}/custody", tmp_path)
    for part in ("证据保管链记录", "收集", "发出", "收到", "张伟", "王主任"):
        assert part in chain


async def test_a_decline_is_printed_with_its_reason(here: Api, there: Api, tmp_path: Path) -> None:
    case = await taken(there, await asked(here, there), "sign-for")
    await taken(there, case, "decline", reason="HOLDER_NOT_HERE", explanation="公司已迁往外省。")
    said = await printed(there, case, "papers/decline", tmp_path)
    assert "不能协作说明" in said
    assert "公司已迁往外省" in said


@pytest.mark.parametrize("path", ["papers/reply", "papers/receipt", "papers/decline", f"pieces/{UUID(int=1)}/custody"])
async def test_a_paper_that_is_not_there_yet_is_said(here: Api, there: Api, path: str) -> None:
    case = await asked(here, there)
    request = case["requests"][0]["id"]
    answer = await there.get(f"/v1/cases/{case['id']}/requests/{request}/{path}")
    assert (answer.status, answer.kind) == (404, "no-such-paper")


async def test_an_unknown_paper_is_named_with_those_that_there_are(here: Api, there: Api) -> None:
    case = await asked(here, there)
    answer = await here.get(f"/v1/cases/{case['id']}/requests/{case['requests'][0]['id']}/papers/bill")
    assert answer.status == 404
    assert "letter, receipt, reply, decline" in answer.body["detail"]


async def test_a_letter_by_post_has_a_line_too_and_is_checked_by_it(here: Api, tmp_path: Path) -> None:
    office = {"requested": "652300", "requested_name": "昌吉州某法律援助中心", "by_post": True}
    case = dict((await drafted(here, **office)).body)
    assert "legalaid:1" not in await printed(here, case, "papers/letter", tmp_path)
    await taken(here, case, "approve")
    case = await taken(here, case, "send")
    [request] = case["requests"]
    assert {step["step"] for step in case["steps"]} >= {"enter-reply", "enter-decline", "cancel"}
    letter = await printed(here, case, "papers/letter", tmp_path)
    line = f"legalaid:1:{ZHONGSHAN}:{request['id']}:{request['posted'].removeprefix('sha256:')}"
    assert line in letter
    assert "昌吉州某法律援助中心" in letter
    found = (await here.get(f"/v1/check?line={line}")).body
    assert (found["known"], found["same"], found["message"]) == (True, True, None)
