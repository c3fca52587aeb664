"""The page of every step over HTTP: what it says, what it sends, and what it keeps when it is refused."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.forms import Browser
from tests.integration.api_node import OFFER, STATION, ZHONGSHAN, application, serving, today
from transfer.web.pages.forms_routes import FORM_PAGES, page_of_step
from transfer.web.route import Change
from transfer.web.routes import ROUTES
from transfer.web.steps import DRAFT_REQUEST

pytestmark = pytest.mark.asyncio(loop_scope="module")
PERSON = {"by": "王芳", "institution": ZHONGSHAN}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    folder: Path = tmp_path_factory.mktemp("steps")
    async with serving(folder) as api:
        yield Browser(api=api)


async def test_every_step_that_is_open_has_a_page_whose_form_can_be_read_aloud(browser: Browser) -> None:
    case = await browser.api.opened(
        applicants=[*application()["applicants"], {"name": "王小河", "identity": {"kind": "NONE"}}]
    )
    for step in case["steps"]:
        path = f"/cases/{case['id']}/steps/{step['step']}"
        page = await browser.get(path)
        assert page.unlabelled == [], path
        assert step["en"] in page.text
    assert {"offer", DRAFT_REQUEST, "publish-stage", "notice"} <= {step["step"] for step in case["steps"]}


async def test_each_step_of_the_api_has_a_page_under_the_same_right() -> None:
    pages = {(one.method, one.path): one for one in FORM_PAGES}
    for api in ROUTES:
        if api.change is Change.CASE:
            assert pages["GET", page_of_step(api)].right is api.right
            assert pages["POST", page_of_step(api)].right is api.right


async def test_offering_a_case_by_its_page(browser: Browser) -> None:
    case = await browser.api.opened(place_of_performance="510521")
    path = f"/cases/{case['id']}/steps/offer"
    page = await browser.get(path)
    assert "Legal Aid Law, art. 38" in page.text
    form = page.form(path)
    assert STATION in form.choices["receiver"]
    assert not [one for one in form.choices["receiver"] if one.startswith(ZHONGSHAN)]
    pairs = form.sent(OFFER)
    posted = await browser.post(path, pairs)
    assert (posted.status, posted.where) == (303, f"/cases/{case['id']}")
    known = (await browser.api.get(f"/v1/cases/{case['id']}")).body
    assert known["transfers"][0]["receiver"] == STATION


async def test_the_same_form_sent_twice_is_carried_out_once(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/hold"
    pairs = (await browser.form(path)).sent(PERSON, reason="COMPLAINT")
    assert (await browser.post(path, pairs)).status == 303
    again = await browser.post(path, pairs)
    assert again.status == 409, "the step is not open any more"
    assert (await browser.api.get(f"/v1/cases/{case['id']}")).body["version"] == case["version"] + 1


async def test_what_is_missing_is_listed_first_and_what_was_typed_stays(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/offer"
    pairs = (await browser.form(path)).sent(PERSON, reason="合同履行地在<泸县>")
    posted = await browser.post(path, pairs)
    assert posted.status == 422
    assert "This is to be mended" in posted.page.text
    assert {"errors", "f-letter-error", "f-receiver-error"} <= set(posted.page.ids)
    assert posted.page.form(path).value("reason") == "合同履行地在<泸县>"
    assert posted.page.form(path).value("form-key") == dict(pairs)["form-key"]


async def test_a_refusal_of_the_rules_stands_above_the_form(browser: Browser) -> None:
    case = await browser.api.opened(place_of_performance="442000", place_of_cause="442000", place_of_employer="442000")
    path = f"/cases/{case['id']}/steps/offer"
    posted = await browser.post(path, (await browser.form(path)).sent(OFFER))
    assert posted.status == 422
    assert "No connecting point" in posted.page.text
    assert posted.page.form(path).value("letter") == OFFER["letter"]


async def test_a_colleagues_change_is_shown_and_nothing_typed_is_lost(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/hold"
    pairs = (await browser.form(path)).sent(PERSON, reason="COMPLAINT", note="等候答复")
    urgent = {**PERSON, "by": "刘敏", "urgency": "PRESERVATION", "reason": "正在转移设备"}
    assert (await browser.api.post(f"/v1/cases/{case['id']}/urgency", urgent)).status == 200
    posted = await browser.post(path, pairs)
    assert posted.status == 412
    for said in (
        "A colleague changed this case",
        "刘敏 (Zhongshan Legal Aid Centre)",
        "Urgency",
        "Take over my entries",
    ):
        assert said in posted.page.text
    form = posted.page.form(path)
    assert form.value("note") == "等候答复"
    assert (await browser.post(path, form.sent())).status == 303
    assert (await browser.api.get(f"/v1/cases/{case['id']}")).body["handling"]["hold"]["note"] == "等候答复"


async def test_rows_are_added_and_removed_without_a_script(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/notice"
    form = await browser.form(path)
    assert ("form-add", "items") in form.buttons
    first = form.sent({"items.0.defect": "ID_MISSING", "items.0.explanation": "缺少身份证明"})
    added = await browser.post(path, [*first, ("form-add", "items")])
    assert added.status == 200
    assert "items.1.defect" in added.page.form(path).names
    second = added.page.form(path).sent({"items.1.defect": "FORM_UNSIGNED", "items.1.explanation": "未签名"})
    removed = await browser.post(path, [*second, ("form-remove", "items.0")])
    form = removed.page.form(path)
    assert form.value("items.0.explanation") == "未签名"
    assert "items.1.defect" not in form.names
    sent = await browser.post(path, form.sent(PERSON, due_on=today(days=20), phoned="true"))
    assert sent.status == 303, sent.page.text


async def test_a_stage_is_chosen_first_and_then_says_what_the_duty_asks_for(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/publish-stage"
    assert "under review" in (await browser.get(path)).text.casefold()
    form = await browser.form(f"{path}?stage=under_review")
    assert not [name for name in form.names if name.startswith("part.")]
    assert "basis" not in form.names
    sent = form.sent(PERSON, occurred_on=today())
    assert (await browser.post(path, sent)).status == 303
    form = await browser.form(f"{path}?stage=refused")
    assert form.choices["basis"] == ["", "LAL_43_1"]
    assert form.value("part.kind") == "decision"
    assert "part.refusals.0.reason" not in form.names


async def test_an_event_is_chosen_first(browser: Browser) -> None:
    case = await browser.api.opened()
    path = f"/cases/{case['id']}/steps/events"
    choosing = (await browser.get(path)).form(path)
    assert choosing.method == "get"
    form = await browser.form(f"{path}?event=decision_served")
    assert form.value("part.kind") == "service"


async def test_a_step_that_is_not_open_says_so(browser: Browser) -> None:
    case = await browser.api.opened()
    page = await browser.get(f"/cases/{case['id']}/steps/notice-answer", status=409)
    assert "does not allow this step" in page.text
    await browser.get(f"/cases/{uuid4()}/steps/offer", status=404)


async def test_the_page_speaks_chinese(browser: Browser) -> None:
    case = await browser.api.opened()
    page = await Browser(api=browser.api, language="zh-CN").get(f"/cases/{case['id']}/steps/offer")
    for said in ("转交", "接收机构", "函号", "法律依据", "返回案件"):
        assert said in page.text
    for said in ("Back to", "Legal ground", "(optional)"):
        assert said not in page.text


async def test_a_refusal_of_the_rules_is_said_in_the_language_of_the_page_and_without_codes(browser: Browser) -> None:
    case = await browser.api.opened(applicants=[{"name": "王小河", "identity": {"kind": "NONE"}}])
    review = PERSON | {"stage": "under_review", "occurred_on": today()}
    assert (await browser.api.post(f"/v1/cases/{case['id']}/stages", review)).status == 200
    path = f"/cases/{case['id']}/steps/publish-stage"
    pairs = (await browser.form(f"{path}?stage=granted")).sent(PERSON | {"by": "王主任"})
    name = case["applicants"][0]["name"]
    english = await browser.post(path, pairs)
    assert english.status == 409
    assert "find one for these first. Applicants: " + name + ": Nothing has been found yet" in english.page.text
    assert "NOTHING_FOUND" not in english.page.text
    chinese = await Browser(api=browser.api, language="zh-CN").post(path, pairs)
    assert f"尚有申请人没有成立的经济困难条件依据。申请人：{name}：尚未认定" in chinese.page.text
    assert "Applicants" not in chinese.page.text
