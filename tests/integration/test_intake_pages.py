"""Taking in applications page by page: nothing is lost, the rules speak early, and at the end there is a case."""

from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

from tests.forms import Browser
from tests.integration.api_node import ZHONGSHAN, application, serving
from tests.trust import PASSPHRASE, Trust
from transfer.crypto.matching import new_match_key
from transfer.sheets.files import SheetFiles
from transfer.web.groups import XLSX

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHO: Final = {
    "by": "王芳",
    "institution": ZHONGSHAN,
    "channel": "WINDOW",
    "applicants.0.name": "李大山",
    "applicants.0.identity.kind": "RESIDENT_ID",
    "applicants.0.identity.number": "990000198504120010",
    "applicants.0.categories": ["MIGRANT_WORKER"],
}
WHAT: Final = {"matter": "REMUNERATION", "aid_form": "LABOUR_ARBITRATION", "facts": "欠薪", "claim": "请求支付18000元"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    folder: Path = tmp_path_factory.mktemp("intake")
    (folder / "trust").mkdir()
    trust = Trust(folder=folder / "trust")
    trust.share(ZHONGSHAN, new_match_key(1, PASSPHRASE))
    async with serving(folder, **trust.settings(ZHONGSHAN)) as api:
        yield Browser(api=api)


async def begun(browser: Browser, where: str = "/intake") -> str:
    """The place of a new draft."""
    posted = await browser.post(where, (await browser.form(where)).sent())
    assert posted.status == 303
    return posted.where.rpartition("/")[0]


async def filled(browser: Browser, draft: str, chapter: str, fields: Mapping[str, str | Sequence[str]]) -> str:
    """Where it leads on."""
    path = f"{draft}/{chapter}"
    posted = await browser.post(path, (await browser.form(path)).sent(fields))
    assert posted.status == 303, posted.page.text
    return posted.where


async def test_an_application_from_the_first_page_to_the_case(browser: Browser) -> None:
    draft = await begun(browser)
    assert await filled(browser, draft, "who", WHO) == f"{draft}/what"
    assert await filled(browser, draft, "what", WHAT) == f"{draft}/where"
    path = f"{draft}/where"
    looked = await browser.post(
        path, [*(await browser.form(path)).sent(place_of_performance="510521"), ("form-show", "competence")]
    )
    assert looked.status == 200
    assert "Luxian 510521" in looked.page.text
    assert "Labour Dispute Mediation and Arbitration Law, art. 21" in looked.page.text
    assert await filled(browser, draft, "where", {}) == f"{draft}/means"
    means = await browser.get(f"{draft}/means")
    assert "Which grounds are open" in means.text
    assert "Migrant worker claiming pay" in means.text
    assert await filled(browser, draft, "means", {"findings.0.ground": "ART42_3", "findings.0.proof": "务工证明"})
    papers = await browser.get(f"{draft}/papers")
    for paper in ("Application form", "Proof of identity", "Proof that the check is waived"):
        assert paper in papers.text
    await filled(browser, draft, "papers", {})
    check = await browser.get(f"{draft}/check")
    for said in (
        "李大山",
        "990000198504120010",
        "请求支付18000元",
        "务工证明",
        "Migrant worker",
        "Nothing was entered.",
    ):
        assert said in check.text
    posted = await browser.post(f"{draft}/check", check.form(f"{draft}/check").sent())
    assert posted.status == 303
    case = (await browser.api.get(f"/v1{posted.where}")).body
    assert case["applicants"][0]["name"] == "李大山"
    assert case["applicants"][0]["finding"]["ground"] == "ART42_3"
    assert case["basics"]["place_of_performance"] == "510521"
    await browser.get(f"{draft}/check", status=404)


async def test_a_ground_that_is_not_open_is_refused_on_the_page_where_it_is_entered(browser: Browser) -> None:
    draft = await begun(browser)
    await filled(browser, draft, "who", WHO)
    await filled(browser, draft, "what", WHAT | {"matter": "TRAFFIC_ACCIDENT"})
    path = f"{draft}/means"
    typed = {"findings.0.ground": "ART42_3", "findings.0.proof": "务工证明"}
    posted = await browser.post(path, (await browser.form(path)).sent(typed))
    assert posted.status == 422
    assert "f-findings-0-ground-error" in posted.page.ids
    assert "Applicant: 李大山" in posted.page.text
    assert "Why: It does not cover this matter" in posted.page.text
    assert posted.page.form(path).value("findings.0.proof") == "务工证明"


async def test_what_is_entered_is_kept_when_it_is_wrong_and_when_one_comes_back(browser: Browser) -> None:
    draft = await begun(browser)
    wrong = {**WHO, "applicants.0.identity.number": "990000198504120011"}
    posted = await browser.post(f"{draft}/who", (await browser.form(f"{draft}/who")).sent(wrong))
    assert posted.status == 422
    assert "the resident identity number has a wrong check digit" in posted.page.text.casefold()
    form = await browser.form(f"{draft}/who")
    assert form.value("applicants.0.name") == "李大山"
    assert form.value("applicants.0.identity.number") == "990000198504120011"
    listed = await browser.get("/intake")
    assert "李大山" in listed.text


async def test_a_script_saves_without_being_shown_anything(browser: Browser) -> None:
    draft = await begun(browser)
    pairs = [*(await browser.form(f"{draft}/what")).sent(facts="尚未写完"), ("form-saved", "1")]
    assert (await browser.post(f"{draft}/what", pairs)).status == 204
    assert (await browser.form(f"{draft}/what")).value("facts") == "尚未写完"


async def test_what_other_pages_know_of_a_person_stays_when_one_is_removed(browser: Browser) -> None:
    draft = await begun(browser)
    path = f"{draft}/who"
    pairs = (await browser.form(path)).sent(WHO)
    added = await browser.post(path, [*pairs, ("form-add", "applicants")])
    second = {"applicants.1.name": "王小河", "applicants.1.identity.kind": "NONE"}
    assert (await browser.post(path, added.page.form(path).sent(second))).status == 303
    await filled(browser, draft, "what", WHAT)
    await filled(
        browser,
        draft,
        "means",
        {"findings.1.ground": "COMMITMENT", "findings.1.proof": "承诺书", "findings.1.signed_on": "2026-01-02"},
    )
    pairs = (await browser.form(path)).sent()
    removed = await browser.post(path, [*pairs, ("form-remove", "applicants.0")])
    assert removed.page.form(path).value("applicants.0.name") == "王小河"
    means = await browser.form(f"{draft}/means")
    assert means.value("findings.0.proof") == "承诺书"
    assert "findings.1.proof" not in means.names


async def test_the_last_page_says_what_is_left_and_on_which_page(browser: Browser) -> None:
    draft = await begun(browser)
    await filled(browser, draft, "who", WHO)
    check = await browser.get(f"{draft}/check")
    assert "What happened: Fill this in" in check.text
    posted = await browser.post(f"{draft}/check", check.form(f"{draft}/check").sent())
    assert posted.status == 422


async def test_an_application_that_is_here_already_is_shown_before_it_is_sent(browser: Browser) -> None:
    identity = {"kind": "RESIDENT_ID", "number": "990000198504120010"}
    known = await browser.api.opened(
        applicants=[{**application()["applicants"][0], "identity": identity}], opponents=[{"name": "某家具公司"}]
    )
    draft = await begun(browser)
    await filled(browser, draft, "who", WHO)
    path = f"{draft}/what"
    added = await browser.post(path, [*(await browser.form(path)).sent(WHAT), ("form-add", "opponents")])
    await browser.post(path, added.page.form(path).sent({"opponents.0.name": "某家具公司"}))
    check = await browser.get(f"{draft}/check")
    assert "Perhaps taken in already" in check.text
    assert known["id"]


async def test_a_draft_is_dropped_and_a_strange_page_is_none(browser: Browser) -> None:
    draft = await begun(browser)
    await browser.get(f"{draft}/nowhere", status=404)
    assert (await browser.post(draft, [])).status == 303
    await browser.get(f"{draft}/who", status=404)


async def test_a_group_is_taken_in_from_its_sheet_and_bad_rows_are_named(browser: Browser) -> None:
    draft = await begun(browser, "/groups")
    sheet = "姓名,证件号码\n李大山,990000198504120010\n王小河,990000198504120011\n".encode()
    path = f"{draft}/sheet"
    pairs = (await browser.form(path)).sent(by="王芳", institution=ZHONGSHAN, channel="WINDOW")
    looked = await browser.post(
        path, [*pairs, ("form-show", "sheet")], files={"sheet": (sheet, "名单.csv", "text/csv")}
    )
    assert looked.status == 200
    for said in ("1 of 2 rows can be taken in", "B3", "copy it again from the document"):
        assert said in looked.page.text
    assert "李大山" in looked.page.text
    await filled(browser, draft, "sheet", {"leave_out_bad_rows": "true"})
    await filled(browser, draft, "what", WHAT)
    check = await browser.get(f"{draft}/check")
    posted = await browser.post(f"{draft}/check", check.form(f"{draft}/check").sent())
    assert posted.status == 303, posted.page.text
    case = (await browser.api.get(f"/v1{posted.where}")).body
    assert [one["name"] for one in case["applicants"]] == ["李大山"]


async def test_the_template_of_the_sheet_can_be_filled_in_and_a_file_that_is_none_is_named(browser: Browser) -> None:
    draft = await begun(browser, "/groups")
    path = f"{draft}/sheet"
    made = await SheetFiles().template()
    pairs = (await browser.form(path)).sent(by="王芳", institution=ZHONGSHAN, channel="WINDOW")
    posted = await browser.post(path, [*pairs, ("form-show", "sheet")], files={"sheet": (made, "t.xlsx", XLSX)})
    assert "In the sheet" in posted.page.text
    posted = await browser.post(path, [*pairs, ("form-show", "sheet")], files={"sheet": (b"\x00\x01", "x.xlsx", XLSX)})
    assert "Neither .xlsx nor .csv" in posted.page.text
