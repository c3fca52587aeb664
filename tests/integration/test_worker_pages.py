"""A worker applies without an account, and follows the case by a code and a second fact."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import aiohttp
import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update

from deploy.local.postgres import Postgres
from tests.fakes import MemoryGateway
from tests.integration.api_node import ZHONGSHAN, today
from tests.integration.file_nodes import FileNode, a_file_node
from tests.samples import a_jpeg, an_mp3
from tests.workers import IDENTITY, PHONE, SECRET, Browser, Gateway, Page, a_browser, a_gateway
from transfer.crypto.codes import ALPHABET, Code, hash_of, read_code
from transfer.ledger.entry import Entry
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.mail_erasing import forget_case
from transfer.storage.mail_tables import mail, text_optouts, texts, worker_codes, worker_sessions
from transfer.storage.tables import file_uses
from transfer.telemetry import clock
from transfer.web.cookies import WORKER
from transfer.web.pages.worker_routes import WORKER_PAGES
from transfer.web.server import Site, serve
from transfer.workers.pauses import Pauses
from transfer.workers.texts import Texter

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOON: Final = datetime(2026, 6, 10, 4, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Centre:
    """A node with files and a gateway, and the browsers of a worker and of a clerk."""

    files: FileNode
    gateway: Gateway
    worker: Browser
    clerk: Browser

    @property
    def api(self) -> Any:
        return self.files.api

    async def rows(self, table: Any) -> list[Any]:
        async with self.api.node.store.writing() as connection:
            return list((await connection.execute(select(table))).all())

    async def change(self, *statements: Any) -> None:
        async with self.api.node.store.writing() as connection:
            for one in statements:
                await connection.execute(one)

    async def letter(self) -> str:
        """The path of the newest letter in the box."""
        found = re.findall(r'href="(/mailbox/[0-9a-f-]{36})"', (await self.clerk.get("/mailbox")).text)
        assert found
        return str(found[-1])

    async def take(self, letter: str, **fields: str) -> Page:
        return await self.clerk.post(f"{letter}/take", **({"by": "王芳"} | fields))

    async def taken(self, letter: str) -> str:
        """The case that the application became."""
        page = await self.clerk.take_in(letter, by="王芳")
        return page.path.rpartition("/")[2]

    async def entries(self, kind: str) -> list[Entry]:
        found = [Entry.parse(row.body) for row in await self.rows(ledger_entries)]
        return [one for one in found if one.kind.value == kind]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def one_centre(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Centre]:
    folder: Path = tmp_path_factory.mktemp("workers")
    secret = folder / "secret"
    secret.write_text(SECRET)
    async with (
        a_gateway() as gateway,
        a_file_node(folder, sms_url=gateway.url, sms_secret_file=secret) as files,
        a_browser(files.api) as worker,
        a_browser(files.api) as clerk,
    ):
        yield Centre(files=files, gateway=gateway, worker=worker, clerk=clerk)


@pytest_asyncio.fixture(loop_scope="module")
async def centre(one_centre: Centre) -> Centre:
    """With nothing in the box, and nobody's visit."""
    await one_centre.change(*(delete(one) for one in (worker_sessions, texts, mail, worker_codes, text_optouts)))
    for browser in (one_centre.worker, one_centre.clerk):
        browser.session.cookie_jar.clear()
        browser.language = "zh-CN"
    one_centre.api.node.web.limits._full_at.clear()
    one_centre.gateway.taken.clear()
    return one_centre


async def test_an_application_becomes_a_case_that_its_writer_follows(centre: Centre) -> None:
    worker = centre.worker
    code = await worker.applied()
    assert "信箱" not in (await worker.get("/status/mine")).words
    letter = await centre.letter()
    read = await centre.clerk.get(letter)
    for shown in ("李大山", PHONE, IDENTITY, "泸县", "中山某家具公司", "18000"):
        assert shown in read.words
    case = await centre.taken(letter)
    known = (await centre.api.get(f"/v1/cases/{case}")).body
    assert known["basics"]["channel"] == "ONLINE"
    assert known["applicants"][0]["claimed"] == 1_800_000
    assert known["materials"][0]["kind"] == "IOU"
    assert known["materials"][0]["file"]["media_type"] == "image/jpeg"
    mine = await worker.get("/status/mine")
    assert "申请已收到，正在审查" in mine.words
    assert "中山市法律援助处" in mine.words
    assert [row.answers for row in await centre.rows(mail)] == ["{}"]
    assert read_code(code)


async def test_what_the_worker_wrote_stands_in_the_pages_of_taking_in(centre: Centre) -> None:
    await centre.worker.applied()
    letter = await centre.letter()
    before = len(await centre.api.items("/v1/cases"))
    who = await centre.clerk.post(f"{letter}/take")
    for shown in ("李大山", PHONE, IDENTITY, "18000"):
        assert f'value="{shown}' in who.text, shown
    what = await centre.clerk.fill(who, by="王芳")
    for shown in ("中山某家具公司", "从五月到十月没有发工资。", "请求支付工资"):
        assert shown in what.text, shown
    assert "网上提交1" in (await centre.clerk.get(what.path.replace("/what", "/papers"))).text
    assert len(await centre.api.items("/v1/cases")) == before
    assert [row.state for row in await centre.rows(mail)] == ["sent"]
    again = await centre.clerk.post(f"{letter}/take")
    assert (again.path, "王芳" in again.text) == (who.path, True)


async def test_an_application_that_was_taken_in_says_by_whom_and_where_it_is(centre: Centre) -> None:
    await centre.worker.applied()
    letter = await centre.letter()
    before = len(await centre.api.items("/v1/cases"))
    case = await centre.taken(letter)
    for again in (await centre.take(letter), await centre.clerk.post(f"{letter}/back", by="王芳", remark="缺欠条")):
        assert again.status == 409, again
        assert "王芳已收案" in again.words
        assert f'href="/cases/{case}"' in again.text
    assert len(await centre.api.items("/v1/cases")) == before + 1


async def test_a_code_is_of_its_writer_alone_whoever_stands_first_in_the_case(centre: Centre) -> None:
    await centre.worker.applied()
    letter = await centre.letter()
    who = await centre.clerk.fill(await centre.clerk.get(letter), f"{letter}/take")
    both = await centre.clerk.fill(who, **{"form-add": "applicants"})
    other = {"applicants.1.name": "王小河", "applicants.1.identity.kind": "NONE", "applicants.1.claimed": "1"}
    page = await centre.clerk.fill(both, **other, **{"form-remove": "applicants.0"})
    for fields in ({"by": "王芳"}, {"aid_form": "LABOUR_ARBITRATION"}, {}, {}, {}, {}):
        page = await centre.clerk.fill(page, **fields)
    case = (await centre.api.get(f"/v1{page.path}")).body
    assert [one["name"] for one in case["applicants"]] == ["王小河"]
    assert [row.applicant for row in await centre.rows(worker_codes)] == [None]


@pytest.mark.parametrize("ends", ["back", "withdrawn"])
async def test_what_its_writer_has_again_is_no_longer_taken_in(centre: Centre, ends: str) -> None:
    await centre.worker.applied()
    letter = await centre.letter()
    who = await centre.clerk.post(f"{letter}/take")
    if ends == "back":
        await centre.clerk.post(f"{letter}/back", by="王芳", remark="缺欠条")
    else:
        await centre.worker.post("/status/withdraw", sure="yes")
    assert (await centre.clerk.get(who.path)).status == 404


async def test_who_saves_comes_back_on_another_phone(centre: Centre) -> None:
    await centre.worker.begun()
    await centre.worker.post("/apply/name", name="李大山")
    saved = await centre.worker.post("/apply/phone", phone=PHONE, save="yes")
    assert saved.path == "/apply/saved"
    async with a_browser(centre.api) as other:
        entered = await other.post("/status", code=saved.code.lower().replace("-", " "), fact=PHONE[-4:])
        assert entered.path == "/status/mine", entered
        assert PHONE in (await other.get("/apply/phone")).text
        assert (await other.get("/apply/saved")).code == saved.code


async def test_a_wrong_answer_is_said_and_kept(centre: Centre) -> None:
    await centre.worker.begun()
    for question, fields, said in (
        ("name", {"name": ""}, "请填写"),
        ("phone", {"phone": "12345678901"}, "不是"),
        ("identity", {"identity": "440101198001010011"}, "18位"),
        ("trouble", {"matter": "X"}, "选择"),
        ("claim", {"claim": "工资", "amount": "很多"}, "数字"),
    ):
        page = await centre.worker.post(f"/apply/{question}", **fields)
        assert page.status == 422, page
        assert said in page.words, page
        assert all(value in page.text for value in fields.values() if value != "X")


async def test_nothing_is_sent_while_an_answer_is_missing(centre: Centre) -> None:
    await centre.worker.begun()
    assert (await centre.worker.post("/apply/check")).path == "/apply/name"
    assert [row.state for row in await centre.rows(mail)] == ["draft"]


async def test_nothing_begins_before_the_notice_is_acknowledged(centre: Centre) -> None:
    page = await centre.worker.post("/apply")
    assert page.status == 422
    assert "泸县法律援助中心驻中山工作站" in page.words
    assert await centre.rows(worker_codes) == []


async def test_the_ledger_says_which_notice_was_acknowledged(centre: Centre) -> None:
    await centre.worker.applied()
    said = (await centre.entries("mail"))[-1].facts
    assert (said["what"], said["kind"], said["notice"], said["sensitive"]) == ("sent", "application", "2026-11", False)


async def test_photos_of_other_kinds_are_refused_and_what_was_typed_stays(centre: Centre) -> None:
    await centre.worker.begun()
    for content, said in ((b"<html><script>alert(1)</script>", "image/jpeg"), (an_mp3(), "audio/mpeg")):
        page = await centre.worker.photo("/apply/papers", content, media_type=said, kind="IOU", add="yes")
        assert page.status == 422, page
        assert "照片" in page.words


async def test_nothing_of_a_file_is_read_from_whoever_has_not_shown_a_code_nor_where_no_form_has_one(
    centre: Centre,
) -> None:
    before, worker = centre.files.objects, centre.worker
    boundary = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": str(2**30)}
    for path, status in (("/apply/papers", 303), ("/status/supplement", 303), ("/status", 413), ("/language", 413)):
        # The rest of the body never comes: whoever waits for it does not answer.
        async with asyncio.timeout(5):
            assert await answered_at_once(centre.api.address, path, boundary) == status, path
    page = await worker.photo("/apply/papers", a_jpeg(), kind="IOU", add="yes")
    assert page.path == "/status", page
    page = await worker.photo("/apply", a_jpeg(), read="yes")
    assert page.status == 415, page
    await worker.begun()
    cookie = "; ".join(f"{one.key}={one.value}" for one in worker.session.cookie_jar)
    async with asyncio.timeout(5):
        assert await answered_at_once(centre.api.address, "/apply/papers", boundary | {"Cookie": cookie}) == 413
    assert centre.files.objects == before


async def test_a_form_that_does_not_say_how_long_it_is_ends_at_its_bound_too(centre: Centre) -> None:
    before, worker = centre.files.objects, centre.worker
    await worker.begun()
    token = {one.key: one.value for one in worker.session.cookie_jar}
    head = b'--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'

    async def pieces() -> AsyncIterator[bytes]:
        yield head + a_jpeg() + b"\r\n--x--\r\n"

    routes = [replace(one, takes_files=one.takes_files and 100) for one in WORKER_PAGES]
    async with (
        serve(centre.api.node.web, routes=routes, site=Site(host="127.0.0.1", port=0)) as address,
        aiohttp.ClientSession(address, cookies=token) as session,
        session.post(
            "/apply/papers", data=pieces(), headers={"Content-Type": "multipart/form-data; boundary=x"}
        ) as answer,
    ):
        assert answer.status == 413
    assert centre.files.objects == before


async def answered_at_once(address: str, path: str, headers: dict[str, str]) -> int:
    """The status of the answer to the beginning of a form with a file that is said to be long."""
    host, _, port = address.rpartition("/")[2].partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = "".join(f"{name}: {value}\r\n" for name, value in ({"Host": f"{host}:{port}"} | headers).items())
    part = '--x\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n\r\n'
    writer.write(f"POST {path} HTTP/1.1\r\n{head}\r\n{part}".encode())
    await writer.drain()
    line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def test_papers_on_health_need_a_consent_of_their_own(centre: Centre) -> None:
    await centre.worker.begun()
    refused = await centre.worker.photo("/apply/papers", a_jpeg(), kind="MEDICAL_RECORD", add="yes")
    assert refused.status == 422
    centre.worker.session.cookie_jar.clear()
    await centre.worker.begun(sensitive="yes")
    taken = await centre.worker.photo("/apply/papers", a_jpeg(), kind="MEDICAL_RECORD", add="yes")
    assert taken.status == 200, taken


async def test_a_photo_can_be_removed(centre: Centre) -> None:
    await centre.worker.begun()
    page = await centre.worker.photo("/apply/papers", a_jpeg(), kind="IOU", add="yes")
    digest = re.findall(r'value="(sha256:[0-9a-f]{64})"', page.text)[0]
    assert digest in {row.digest for row in await centre.rows(file_uses)}
    left = await centre.worker.post("/apply/papers", remove=digest)
    assert digest not in left.text
    letter = (await centre.rows(mail))[0]
    assert letter.id not in {row.case_id for row in await centre.rows(file_uses)}


async def test_what_is_sent_back_is_mended_and_sent_again(centre: Centre) -> None:
    await centre.worker.applied()
    letter = await centre.letter()
    back = await centre.clerk.post(f"{letter}/back", by="王芳", remark="请写明入职时间")
    assert back.path == "/mailbox", back
    assert "请写明入职时间" in (await centre.worker.get("/status/mine")).words
    assert (await centre.worker.get("/apply/story")).status == 200
    await centre.worker.post("/apply/story", story="五月一日入职。")
    assert (await centre.worker.post("/apply/check")).path == "/apply/receipt"
    assert "五月一日入职" in (await centre.clerk.get(await centre.letter())).words


async def test_code_and_fact_are_refused_alike_whichever_is_wrong(centre: Centre) -> None:
    code = await centre.worker.applied()
    centre.worker.session.cookie_jar.clear()
    wrong_fact = await centre.worker.post("/status", code=code, fact="0000")
    wrong_code = await centre.worker.post("/status", code="33333-33333", fact=PHONE[-4:])
    assert (wrong_fact.status, wrong_code.status) == (422, 422)
    assert wrong_fact.words == wrong_code.words
    assert (await centre.worker.post("/status", code=code, fact=IDENTITY[-4:])).path == "/status/mine"


async def test_guessing_closes_the_code_for_a_growing_time(centre: Centre) -> None:
    code = await centre.worker.applied()
    centre.worker.session.cookie_jar.clear()
    for guess in ("0000", "1111", "2222"):
        await centre.worker.post("/status", code=code, fact=guess)
    assert (await centre.worker.post("/status", code=code, fact=PHONE[-4:])).status == 422
    row = (await centre.rows(worker_codes))[0]
    pause = row.closed_until - clock.now()
    assert timedelta(seconds=50) < pause <= timedelta(minutes=1)
    await centre.change(update(worker_codes).values(closed_until=clock.now()))
    assert (await centre.worker.post("/status", code=code, fact=PHONE[-4:])).path == "/status/mine"
    assert (await centre.rows(worker_codes))[0].failures == 0


async def test_many_tries_of_one_address_are_limited(centre: Centre) -> None:
    found = [(await centre.worker.post("/status", code="33333-33333", fact="0000")).status for _ in range(11)]
    assert found == [422] * 10 + [429]


async def test_codes_facts_and_visits_are_kept_as_hashes(centre: Centre) -> None:
    code = read_code(await centre.worker.applied())
    secret = next(one.value for one in centre.worker.session.cookie_jar if one.key == WORKER)
    kept, visit = (await centre.rows(worker_codes))[0], (await centre.rows(worker_sessions))[0]
    assert kept.code == Code.of(code).key
    assert visit.session == hash_of(secret)
    # The text message that waits holds the code until it is sent; nothing else does.
    rows = [str(row) for table in (worker_codes, worker_sessions, mail) for row in await centre.rows(table)]
    assert not any(code in row or secret in row or f'"{PHONE[-4:]}"' in row for row in rows)


async def test_a_visit_ends_after_an_hour_and_at_once_when_its_owner_leaves(centre: Centre) -> None:
    await centre.worker.applied()
    assert (await centre.worker.get("/status/mine")).path == "/status/mine"
    await centre.worker.post("/status/leave")
    assert (await centre.worker.get("/status/mine")).path == "/status"
    await centre.worker.applied()
    await centre.change(update(worker_sessions).values(ends_at=clock.now() - timedelta(seconds=1)))
    assert (await centre.worker.get("/status/mine")).path == "/status"


async def test_what_is_missing_is_handed_in_and_entered_as_the_answer(centre: Centre) -> None:
    await centre.worker.applied()
    case = await centre.taken(await centre.letter())
    applicant = (await centre.api.get(f"/v1/cases/{case}")).body["applicants"][0]["id"]
    item = {"defect": "FACTS_UNCLEAR", "explanation": "请说明入职时间", "applicant": applicant}
    notice = {"by": "王芳", "institution": ZHONGSHAN, "items": [item], "due_on": today(days=10), "phoned": True}
    assert (await centre.api.post(f"/v1/cases/{case}/notice", notice)).status == 200
    mine = await centre.worker.get("/status/mine")
    assert "请说明入职时间" in mine.words
    assert "您本人" in mine.words
    await centre.worker.photo("/status/supplement", a_jpeg(), kind="LABOUR_CONTRACT", add="yes", note="五月一日入职")
    sent = await centre.worker.post("/status/supplement", note="五月一日入职", send="yes")
    assert sent.path == "/status/mine", sent
    entered = await centre.take(await centre.letter())
    assert entered.path == f"/cases/{case}", entered
    known = (await centre.api.get(f"/v1/cases/{case}")).body
    assert known["notice"]["answered"]
    assert [one["kind"] for one in known["materials"]] == ["IOU", "LABOUR_CONTRACT"]


async def test_a_withdrawal_is_confirmed_entered_and_shown(centre: Centre) -> None:
    persons = [{"name": name, "identity": {"kind": "NONE"}, "phone": PHONE} for name in ("李大山", "王小河")]
    case = await centre.api.opened(applicants=persons)
    slip = await centre.clerk.post(f"/cases/{case['id']}/code", applicant=case["applicants"][0]["id"])
    await centre.worker.post("/status", code=slip.code, fact=PHONE[-4:])
    assert (await centre.worker.post("/status/withdraw")).status == 422
    assert (await centre.worker.post("/status/withdraw", sure="yes")).path == "/status/mine"
    await centre.take(await centre.letter())
    known = (await centre.api.get(f"/v1/cases/{case['id']}")).body
    assert [one["status"] for one in known["applicants"]] == ["WITHDRAWN", "ACTIVE"]
    assert "您已撤回申请" in (await centre.worker.get("/status/mine")).words


async def test_the_withdrawal_of_the_only_applicant_is_entered_and_the_application_put_away(centre: Centre) -> None:
    await centre.worker.applied()
    case = await centre.taken(await centre.letter())
    await centre.worker.post("/status/withdraw", sure="yes")
    entered = await centre.take(await centre.letter())
    assert entered.path == f"/cases/{case}", entered
    known = (await centre.api.get(f"/v1/cases/{case}")).body
    [stages] = [one for one in known["steps"] if one["step"] == "publish-stage"]
    assert [one["stage"] for one in stages["stages"]] == ["archived"]
    assert not {"offer", "withdrawals", "notice", "eligibility"} & {one["step"] for one in known["steps"]}
    part = {"kind": "archive", "number": "2026-001"}
    stage = {"by": "王芳", "institution": ZHONGSHAN, "stage": "archived", "occurred_on": today(), "part": part}
    put = await centre.api.post(f"/v1/cases/{case}/stages", stage)
    assert put.status == 200, put.body
    [review] = [one for one in put.body["basics"]["clocks"] if one["rule"] == "REVIEW"]
    assert review["met_on"] == today()
    assert "您已撤回申请" in (await centre.worker.get("/status/mine")).words


async def test_who_withdraws_after_a_decision_has_the_aid_terminated(centre: Centre) -> None:
    await centre.worker.applied()
    case = await centre.taken(await centre.letter())
    first = {"by": "梁主任", "institution": ZHONGSHAN, "stage": "aid_first", "basis": "LAL_44_1"}
    assert (await centre.api.post(f"/v1/cases/{case}/stages", first | {"occurred_on": today()})).status == 200
    await centre.worker.post("/status/withdraw", sure="yes")
    letter = await centre.letter()
    assert (await centre.take(letter)).status == 409
    assert f"/cases/{case}/steps/publish-stage?stage=terminated" in (await centre.clerk.get(letter)).text
    assert (await centre.take(letter, entered="yes")).path == f"/cases/{case}"


async def test_an_application_that_nobody_took_in_is_taken_back(centre: Centre) -> None:
    await centre.worker.applied()
    await centre.worker.post("/status/withdraw", sure="yes")
    assert [row.state for row in await centre.rows(mail)] == ["draft"]
    assert "/mailbox/" not in (await centre.clerk.get("/mailbox")).text


async def test_a_code_is_given_at_the_window_and_replaces_the_older_one(centre: Centre) -> None:
    person = {"name": "李大山", "identity": {"kind": "NONE"}, "phone": PHONE}
    case = await centre.api.opened(applicants=[person])
    path, applicant = f"/cases/{case['id']}/code", case["applicants"][0]["id"]
    first, second = [(await centre.clerk.post(path, applicant=applicant)).code for _ in range(2)]
    assert (await centre.worker.post("/status", code=first, fact=PHONE[-4:])).status == 422
    assert (await centre.worker.post("/status", code=second, fact=PHONE[-4:])).path == "/status/mine"


async def test_no_code_is_given_to_whom_nothing_is_known_of(centre: Centre) -> None:
    case = await centre.api.opened()
    page = await centre.clerk.post(f"/cases/{case['id']}/code", applicant=case["applicants"][0]["id"])
    assert page.status == 422


async def test_what_was_typed_is_shown_inert(centre: Centre) -> None:
    evil = '"><script>alert(1)</script>'
    await centre.worker.applied(name=evil, employer=evil, story=evil, claim=evil)
    letter = await centre.letter()
    for page in (await centre.clerk.get("/mailbox"), await centre.clerk.get(letter)):
        assert evil not in page.text
        assert "&lt;script&gt;" in page.text
        assert evil in page.words


async def test_drafts_go_after_thirty_days_with_code_and_files(centre: Centre) -> None:
    await centre.worker.begun()
    await centre.worker.photo("/apply/papers", a_jpeg(), kind="IOU", add="yes")
    letter = (await centre.rows(mail))[0]
    box = centre.api.node.web.mailbox
    await centre.change(update(mail).values(changed_at=clock.now() - timedelta(days=29)))
    assert await box.forget_once() == 0
    await centre.change(update(mail).values(changed_at=clock.now() - timedelta(days=31)))
    assert await box.forget_once() == 1
    assert await centre.rows(mail) == await centre.rows(worker_codes) == await centre.rows(worker_sessions) == []
    assert letter.id not in {row.case_id for row in await centre.rows(file_uses)}


async def test_both_languages_are_complete_and_differ(centre: Centre) -> None:
    english = Browser(session=centre.clerk.session, language="en")
    for path in ("/apply", "/status", "/mailbox"):
        assert (await centre.worker.get(path)).text != (await english.get(path)).text
    assert "Who gets to see what you write" in (await english.get("/apply")).words
    assert "谁会看到您填写的内容" in (await centre.worker.get("/apply")).words


async def test_the_first_page_is_small(centre: Centre) -> None:
    page = await centre.worker.get("/apply")
    total = len(page.text.encode())
    for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
        total += len((await centre.worker.get(path)).text.encode())
    assert total < 60_000


async def test_codes_are_read_as_people_type_them() -> None:
    assert read_code(" 34679－acdef ") == "34679ACDEF"
    assert read_code("34679-ACDE") == read_code("34679-ACDE0") == ""
    assert not set(ALPHABET) & set("0O1IL2Z5S8BUV")


@pytest.mark.postgres
async def test_the_box_on_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    database = postgres.create_database(f"box_{uuid4().hex[:8]}")
    async with (
        a_file_node(tmp_path, database_url=database) as files,
        a_browser(files.api) as worker,
        a_browser(files.api) as clerk,
    ):
        code = await worker.applied()
        one = Centre(files=files, gateway=Gateway(), worker=worker, clerk=clerk)
        letter = await one.letter()
        await clerk.post(f"{letter}/back", by="王芳", remark="请写明入职时间")
        await worker.post("/apply/check")
        case = await one.taken(letter)
        await worker.post("/status/leave")
        assert (await worker.post("/status", code=code, fact="0000")).status == 422
        assert (await worker.post("/status", code=code, fact=PHONE[-4:])).path == "/status/mine"
        context, store = files.api.node.context, files.api.node.store
        gateway = MemoryGateway()
        pauses = Pauses(first=timedelta(seconds=1), longest=timedelta(seconds=1))
        texter = Texter(
            texts=files.api.node.web.texts, views=files.api.node.views, gateway=gateway,
            context=lambda: replace(context(), now=NOON), pauses=pauses,
        )  # fmt: skip
        assert await texter.notice_once() == 1
        assert await texter.send_once() == 1
        assert len(gateway.taken) == 1
        await files.api.node.web.texts.opt("0" * 64, out=True)
        await files.api.node.web.texts.opt("0" * 64, out=False)
        assert await files.api.node.web.mailbox.forget_once() == 0
        async with store.writing() as connection:
            await forget_case(connection, UUID(case), None)
        assert await one.rows(worker_codes) == await one.rows(mail) == []
