"""Pages that are open while others work: brought up to date, without what is being typed; and read by keys alone."""

from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.chromium import visitor
from tests.browser.story import Story
from tests.integration.api_node import today
from tests.staff import PLACE, signed_in
from transfer.domain.rights import Right, Role
from transfer.web.pages import live
from transfer.web.pages.languages import Language

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.1)


def clerk(
    browser: Browser, story: Story, language: Language, **options: Any
) -> AbstractAsyncContextManager[BrowserContext]:
    """Somebody who is signed in and may read cases."""
    session = story.cookies[f"{story.here.region} {Right.READ_CASES}"]
    return visitor(browser, story.here.address, language, session=session, **options)


async def test_a_case_is_brought_up_to_date_and_says_so_while_someone_types(browser: Browser, story: Story) -> None:
    case = (await story.here.opened())["id"]
    async with clerk(browser, story, Language.EN) as context:
        page = await context.new_page()
        await page.goto(f"/cases/{case}")
        # As the form of a step would stand there.
        await page.evaluate("document.getElementById('papers').insertAdjacentHTML('beforeend', '<input id=note>')")
        await page.fill("#note", "李大山说")
        await page.locator("#clocks summary").first.click()
        await page.focus("#note")
        said = {"by": "王芳", "institution": story.here.region, "stage": "under_review", "occurred_on": today()}
        answer = await story.here.post(f"/v1/cases/{case}/stages", said)
        assert answer.status == 200, answer
        await expect(page.locator("#head")).to_contain_text("Under review")
        await expect(page.locator("#timeline")).to_contain_text("Under review")
        await expect(page.locator("#told")).to_contain_text("brought up to date")
        assert await page.input_value("#note") == "李大山说"
        assert await page.evaluate("document.activeElement.id") == "note"
        await expect(page.locator("#clocks details").first).to_have_attribute("open", "")


async def test_a_part_in_which_someone_types_is_left_and_that_is_said(browser: Browser, story: Story) -> None:
    case = (await story.here.opened())["id"]
    async with clerk(browser, story, Language.ZH) as context:
        page = await context.new_page()
        await page.goto(f"/cases/{case}")
        await page.evaluate("document.getElementById('head').insertAdjacentHTML('beforeend', '<input id=note>')")
        await page.fill("#note", "半句话")
        said = {"by": "王芳", "institution": story.here.region, "stage": "under_review", "occurred_on": today()}
        assert (await story.here.post(f"/v1/cases/{case}/stages", said)).status == 200
        await expect(page.locator("#told")).to_contain_text("您正在填写的部分保持不变")
        await expect(page.locator("#timeline")).to_contain_text("审查中")
        assert await page.input_value("#note") == "半句话"
        assert "审查中" not in await page.locator("#head").inner_text()


async def test_a_page_that_is_brought_up_to_date_says_that_nobody_did_it(browser: Browser, story: Story) -> None:
    case = (await story.here.opened())["id"]
    async with clerk(browser, story, Language.EN) as context:
        page = await context.new_page()
        await page.goto(f"/cases/{case}")
        said = {"by": "王芳", "institution": story.here.region, "stage": "under_review", "occurred_on": today()}
        async with page.expect_request(lambda one: one.resource_type == "fetch" and one.url.endswith(case)) as asked:
            assert (await story.here.post(f"/v1/cases/{case}/stages", said)).status == 200
        assert (await asked.value).headers["x-by-itself"] == "1"


async def test_a_session_that_ends_covers_the_page_and_keeps_what_is_typed_for_the_same_person(
    browser: Browser, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, case = story.here.node.web, (await story.here.opened())["id"]
    who = await signed_in(story.here, Role.APPROVER, name=f"陈主任{case}")
    path, moved = f"/cases/{case}/steps/hold", node.door.clock

    async def a_minute_passes(page: Page) -> None:
        async with page.expect_response("**/account"):
            await page.clock.run_for(61_000)

    async with visitor(browser, story.here.address, Language.EN, session=who.headers["Cookie"]) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(path)
        monkeypatch.setattr(node.door, "clock", lambda: moved() + timedelta(minutes=20))
        await page.fill("[name=note]", "写到一半")
        await a_minute_passes(page)
        await page.keyboard.press("End")
        await a_minute_passes(page)
        monkeypatch.setattr(node.door, "clock", lambda: moved() + timedelta(minutes=40))
        await a_minute_passes(page)
        await expect(page.locator("#ended")).to_be_hidden()
        monkeypatch.setattr(node.door, "clock", lambda: moved() + timedelta(minutes=51))
        await a_minute_passes(page)
        await expect(page.locator("#ended")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.locator("#ended")).to_be_visible()
        begun = await node.door.admit(who.account, PLACE, confirmed=True)
        await context.add_cookies([{"name": "session", "value": begun.secret, "url": story.here.address}])
        await a_minute_passes(page)
        await expect(page.locator("#ended")).to_be_hidden()
        assert await page.input_value("[name=note]") == "写到一半"
        await page.check("[name=reason][value=COMPLAINT]")
        await page.locator("form[data-form] .actions button").click()
        await page.wait_for_url(f"**/cases/{case}")
        history = (await story.here.get(f"/v1/cases/{case}/history")).body["items"]
        assert history[-1]["by"] == who.account.name

        await page.goto(f"/cases/{case}/steps/recusals")
        await page.fill("[name=person]", "写到一半")
        monkeypatch.setattr(node.door, "clock", lambda: moved() + timedelta(minutes=90))
        await a_minute_passes(page)
        await expect(page.locator("#ended")).to_be_visible()
        another = await signed_in(story.here, Role.APPROVER, name=f"王主任{case}")
        await context.add_cookies([{"name": "session", "value": another.secret, "url": story.here.address}])
        await a_minute_passes(page)
        await page.wait_for_url("**/cases")


async def test_the_worklist_is_worked_by_keys_which_can_be_turned_off(browser: Browser, story: Story) -> None:
    async with clerk(browser, story, Language.EN) as context:
        page = await context.new_page()
        await page.goto("/cases?show=all")
        names = page.locator("[data-rows] tbody th a")
        await page.keyboard.press("j")
        await expect(names.nth(0)).to_be_focused()
        await page.keyboard.press("j")
        await expect(names.nth(1)).to_be_focused()
        await page.keyboard.press("k")
        await expect(names.nth(0)).to_be_focused()
        await page.keyboard.press("/")
        await expect(page.locator("#q")).to_be_focused()
        await page.keyboard.type("j/?")
        assert await page.input_value("#q") == "j/?"
        await names.nth(0).focus()
        await page.keyboard.press("?")
        await expect(page.locator("#keys")).to_be_visible()
        await page.uncheck("#keys-on")
        await page.keyboard.press("Escape")
        await names.nth(1).focus()
        await page.keyboard.press("k")
        await expect(names.nth(1)).to_be_focused()
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/cases/*-*")


async def test_a_search_leaves_nothing_in_the_address(browser: Browser, story: Story) -> None:
    async with clerk(browser, story, Language.EN, java_script_enabled=False) as context:
        page = await context.new_page()
        await page.goto("/cases")
        await page.fill("#q", "李大山")
        await page.locator("form[role=search] button").click()
        await expect(page.locator("[data-rows] tbody tr").first).to_be_visible()
        assert page.url == f"{story.here.address}/cases"
