"""Applicants are told by text message: by day, once, under one id, and never after they said stop."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update

from tests.erasing import archived, gone, with_table
from tests.fakes import MemoryGateway
from tests.integration.api_node import ZHONGSHAN, Api, serving, today
from tests.workers import PHONE, SECRET, Gateway, a_browser, a_gateway
from transfer.actions.texting import mark_of
from transfer.crypto.codes import signature
from transfer.ports.texts import GatewayRefused, GatewayUnavailable, SmsGateway, Text
from transfer.ports.work import Context
from transfer.sms.gateway import HttpGateway
from transfer.storage.mail_tables import mail, text_optouts, texts, worker_codes, worker_sessions
from transfer.telemetry import clock
from transfer.web.pages.visits import end_of
from transfer.workers.pauses import Pauses
from transfer.workers.texts import MOST_ATTEMPTS, Texter, is_quiet

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOON = datetime(2026, 6, 10, 4, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Told:
    """A node, its gateway, and who sends."""

    api: Api
    gateway: Gateway
    texter: Texter
    at: list[datetime] = field(default_factory=list)

    async def rows(self, table: Any) -> list[Any]:
        async with self.api.node.store.writing() as connection:
            return list((await connection.execute(select(table))).all())

    async def change(self, *statements: Any) -> None:
        async with self.api.node.store.writing() as connection:
            for one in statements:
                await connection.execute(one)

    @property
    def words(self) -> list[str]:
        return [one["text"] for one in self.gateway.taken]

    async def followed(self, **changes: Any) -> dict[str, Any]:
        """A case whose applicant was given a code."""
        person = {"name": "李大山", "identity": {"kind": "NONE"}, "phone": PHONE}
        case = await self.api.opened(applicants=[person], **changes)
        async with a_browser(self.api) as clerk:
            await clerk.post(f"/cases/{case['id']}/code", applicant=case["applicants"][0]["id"])
        return case

    async def reply(self, text: str, *, secret: str = SECRET, ago: float = 0) -> int:
        at = str(int(clock.now().timestamp() - ago))
        body = {
            "at": at,
            "phone": f"+86 {PHONE}",
            "text": text,
            "signature": signature(secret, at, f"+86 {PHONE}", text),
        }
        return (await self.api.ask("POST", "/v1/sms/replies", json=body)).status


def a_texter(api: Api, gateway: SmsGateway, context: Callable[[], Context]) -> Texter:
    pauses = Pauses(first=timedelta(seconds=30), longest=timedelta(hours=1))
    return Texter(texts=api.node.web.texts, views=api.node.views, gateway=gateway, context=context, pauses=pauses)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    folder: Path = tmp_path_factory.mktemp("texts")
    secret = folder / "secret"
    secret.write_text(SECRET + "\n")
    async with (
        a_gateway() as gateway,
        serving(folder, sms_url=gateway.url, sms_secret_file=secret) as api,
    ):
        http = HttpGateway(url=gateway.url, secret_file=secret, sign="中山法援", clock=clock.now)
        at = [NOON]
        texter = a_texter(api, http, lambda: replace(api.node.context(), now=at[0]))
        yield Told(api=api, gateway=gateway, texter=texter, at=at)


@pytest_asyncio.fixture(loop_scope="module")
async def told(one_told: Told) -> Told:
    """Nothing waits, nobody is followed, and it is noon."""
    await one_told.change(*(delete(one) for one in (worker_sessions, texts, mail, worker_codes, text_optouts)))
    one_told.at[:] = [NOON]
    one_told.gateway.taken.clear()
    one_told.gateway.statuses.clear()
    one_told.api.node.web.limits._full_at.clear()
    return one_told


async def test_who_applied_gets_the_code_and_number_and_words_are_forgotten(told: Told) -> None:
    async with a_browser(told.api) as worker:
        await worker.begun()
        await worker.answered()
        code = (await worker.post("/apply/check")).code
    assert await told.texter.send_once() == 1
    assert [one["phone"] for one in told.gateway.taken] == [PHONE]
    assert told.words == [f"【中山法援】中山市法律援助处已收到您的法律援助申请，查询码{code}，请妥善保存。回复TD退订"]
    assert [(row.outcome, row.phone, row.words) for row in await told.rows(texts)] == [("sent", "", "")]


async def test_what_changes_in_a_case_is_told_once_and_without_a_name(told: Told) -> None:
    case = await told.followed()
    assert await told.texter.notice_once() == 1
    assert await told.texter.notice_once() == 0
    stage = {"by": "王芳", "institution": ZHONGSHAN, "stage": "under_review", "occurred_on": today()}
    assert (await told.api.post(f"/v1/cases/{case['id']}/stages", stage)).status == 200
    assert await told.texter.notice_once() == 1
    await told.texter.send_once()
    assert len(told.words) == 1, "a new stage with the same plain words is no news"
    assert "申请已收到，正在审查" in told.words[0]
    assert "李大山" not in told.words[0]


async def test_a_notice_is_told_with_its_day_and_an_offer_with_where_it_goes(told: Told) -> None:
    case = await told.followed()
    due = today(days=10)
    item = {"defect": "FACTS_UNCLEAR", "explanation": "请说明入职时间"}
    notice = {"by": "王芳", "institution": ZHONGSHAN, "items": [item], "due_on": due, "phoned": True}
    assert (await told.api.post(f"/v1/cases/{case['id']}/notice", notice)).status == 200
    await told.texter.notice_once()
    answer = {"by": "王芳", "institution": ZHONGSHAN, "answers": [{"defect": "FACTS_UNCLEAR", "answer": "五月"}]}
    assert (await told.api.post(f"/v1/cases/{case['id']}/notice/answer", answer)).status == 200
    offer = {"by": "王芳", "institution": ZHONGSHAN, "receiver": "510521-ZS", "letter": "中援转〔2026〕1号"}
    offered = await told.api.post(f"/v1/cases/{case['id']}/transfers", offer | {"reason": "合同履行地在泸县"})
    assert offered.status == 201, offered
    await told.texter.notice_once()
    await told.texter.send_once()
    month, day = int(due[5:7]), int(due[8:])
    assert f"还缺材料，请按期补交，{month}月{day}日前" in told.words[0]
    assert "正在转往另一地区" in told.words[1]
    assert "入职" not in "".join(told.words)


@pytest.mark.parametrize(
    ("hour", "minute", "quiet"), [(20, 59, False), (21, 0, True), (3, 0, True), (7, 59, True), (8, 0, False)]
)
async def test_nobody_is_texted_between_nine_in_the_evening_and_eight(
    told: Told, hour: int, minute: int, *, quiet: bool
) -> None:
    await told.followed()
    await told.texter.notice_once()
    told.at[:] = [datetime(2026, 6, 10, hour, minute, tzinfo=UTC) - timedelta(hours=8)]
    assert is_quiet(told.at[0]) is quiet
    assert await told.texter.send_once() == (0 if quiet else 1)
    assert len(told.words) == (0 if quiet else 1)


async def test_who_answers_td_is_texted_no_more(told: Told) -> None:
    await told.followed()
    await told.texter.notice_once()
    assert await told.reply(" td ") == 200
    assert await told.texter.send_once() == 0
    assert [row.outcome for row in await told.rows(texts)] == ["opted_out"]
    assert PHONE not in str(await told.rows(text_optouts))


@pytest.mark.parametrize("wrong", [{"secret": "another"}, {"ago": 3600}])
async def test_a_reply_that_the_gateway_did_not_just_sign_changes_nothing(told: Told, wrong: dict[str, Any]) -> None:
    assert await told.reply("TD", **wrong) == 401
    assert await told.rows(text_optouts) == []


async def test_other_replies_stop_nothing(told: Told) -> None:
    assert await told.reply("谢谢") == 200
    assert await told.rows(text_optouts) == []


async def test_who_stopped_on_the_page_can_begin_again(told: Told) -> None:
    case = await told.followed()
    async with a_browser(told.api) as browser:
        slip = await browser.post(f"/cases/{case['id']}/code", applicant=case["applicants"][0]["id"])
        await browser.post("/status", code=slip.code, fact=PHONE[-4:])
        assert "重新接收短信" in (await browser.post("/status/texts", texts="stop")).words
        assert await told.api.node.web.texts.opted_out(await mark_of(PHONE))
        assert "不再接收短信" in (await browser.post("/status/texts", texts="send")).words
    assert not await told.api.node.web.texts.opted_out(await mark_of(PHONE))


async def test_a_busy_gateway_gets_the_same_text_again_after_a_pause(told: Told) -> None:
    await told.followed()
    await told.texter.notice_once()
    told.gateway.statuses[:] = [503]
    assert await told.texter.send_once() == 0
    row = (await told.rows(texts))[0]
    assert (row.attempts, row.outcome) == (1, None)
    assert NOON < row.due_at <= NOON + timedelta(seconds=30)
    await told.change(update(texts).values(due_at=clock.now()))
    assert await told.texter.send_once() == 1
    assert [one["id"] for one in told.gateway.taken] == [str(row.id)]


async def test_a_text_that_is_refused_or_tried_too_often_is_given_up(told: Told) -> None:
    for status, attempts, outcome in ((400, 0, "refused"), (503, MOST_ATTEMPTS - 1, "given_up")):
        await told.change(delete(texts), delete(worker_codes))
        await told.followed()
        await told.texter.notice_once()
        await told.change(update(texts).values(attempts=attempts))
        told.gateway.statuses[:] = [status]
        await told.texter.send_once()
        assert [(row.outcome, row.words) for row in await told.rows(texts)] == [(outcome, "")]
    assert told.words == []


A_TEXT = Text(id=clock.new_id(), phone=PHONE, mark="0" * 64, words="您好")


@pytest.mark.parametrize("kind", ["http", "fake"])
async def test_gateways_keep_the_same_promises(told: Told, kind: str) -> None:
    http = told.texter.gateway
    answers = told.gateway.statuses
    gateway: SmsGateway = http if kind == "http" else MemoryGateway(statuses=answers)
    await gateway.send(A_TEXT)
    answers[:] = [400]
    with pytest.raises(GatewayRefused):
        await gateway.send(A_TEXT)
    for status in (429, 500, 503, 302, 408):
        answers[:] = [status]
        with pytest.raises(GatewayUnavailable):
            await gateway.send(A_TEXT)


async def test_a_gateway_that_is_not_there_is_unavailable_and_names_nobody(told: Told, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    for changes in ({"url": "http://127.0.0.1:1/texts"}, {"secret_file": gone}):
        with pytest.raises(GatewayUnavailable) as raised:
            await replace(told.texter.gateway, **changes).send(A_TEXT)  # type: ignore[type-var]
        assert PHONE not in str(raised.value)


async def test_erasing_a_case_removes_codes_visits_letters_and_texts(told: Told) -> None:
    await with_table(told.api.node)
    path = await archived(told.api)
    applicant = (await told.api.get(path)).body["applicants"][0]
    async with a_browser(told.api) as browser:
        slip = await browser.post(f"{path.removeprefix('/v1')}/code", applicant=applicant["id"])
        entered = await browser.post("/status", code=slip.code, fact=end_of(applicant["phone"]))
        assert entered.path == "/status/mine", entered
        await browser.post("/status/supplement", note="补充", send="yes")
    await told.texter.notice_once()
    for table in (worker_codes, worker_sessions, mail, texts):
        assert await told.rows(table), table.name
    await gone(told.api, path)
    for table in (worker_codes, worker_sessions, mail, texts):
        assert await told.rows(table) == []
