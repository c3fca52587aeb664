"""An application is taken in by keyboard alone, and what was typed is there again after the page was left."""

from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Error, Page

from tests.browser.chromium import visitor
from tests.browser.looking import barriers
from tests.integration.api_node import ZHONGSHAN
from tests.integration.file_nodes import PDF, a_file_node
from tests.samples import a_pdf
from transfer.web.pages.languages import Language

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]
MOST_STOPS: Final = 200
_UNTOUCHED: Final = """() => document.activeElement.type === 'radio'
  && !document.querySelector(`[name="${document.activeElement.name}"]:checked`)"""


async def tab_to(page: Page, wanted: str) -> None:
    """Press the tab key until the focus stands there."""
    for _ in range(MOST_STOPS):
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"the tab key does not reach {wanted} on {page.url}")


async def typed(page: Page, name: str, text: str) -> None:
    await tab_to(page, f'[name="{name}"]')
    await page.keyboard.type(text)


async def chosen(page: Page, name: str, value: str) -> None:
    """By the arrow keys, as a list is used."""
    await tab_to(page, f'[name="{name}"]')
    for _ in range(40):
        at = "(({value, type, checked}) => type === 'radio' && !checked ? '' : value)(document.activeElement)"
        if await page.evaluate(at) == value:
            return
        await page.keyboard.press("Space" if await page.evaluate(_UNTOUCHED) else "ArrowDown")
    raise AssertionError(f"{name} has no {value}")


async def go_on(page: Page, button: str, where: str) -> None:
    await tab_to(page, button)
    await page.keyboard.press("Enter")
    try:
        await page.wait_for_url(where)
    except Error as error:
        raise AssertionError(await page.inner_text("main")) from error


SAVE: Final = "form[data-form] p.actions button:not([name])"


async def test_by_keyboard_alone_from_the_start_to_the_case(browser: Browser, tmp_path: Path) -> None:
    async with (
        a_file_node(tmp_path) as node,
        visitor(browser, node.api.address, Language.ZH) as context,
    ):
        page = await context.new_page()
        await page.goto("/intake")
        await go_on(page, "form.actions button", "**/who")
        await typed(page, "by", "王芳")
        await chosen(page, "institution", ZHONGSHAN)
        await chosen(page, "channel", "WINDOW")
        await typed(page, "applicants.0.name", "李大山")
        await chosen(page, "applicants.0.identity.kind", "RESIDENT_ID")
        await typed(page, "applicants.0.identity.number", "990000198504120011")
        await tab_to(page, SAVE)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#errors:focus")
        assert "校验位不符" in await page.inner_text("#errors")
        await tab_to(page, "#errors a")
        await page.keyboard.press("Enter")
        await tab_to(page, '[name="applicants.0.identity.number"]')
        await page.keyboard.press("Control+a")
        await page.keyboard.type("990000198504120010")
        await go_on(page, SAVE, "**/what")

        await chosen(page, "matter", "REMUNERATION")
        await chosen(page, "aid_form", "LABOUR_ARBITRATION")
        await typed(page, "facts", "欠薪")
        async with page.expect_response(lambda answer: answer.status == 204):
            await typed(page, "claim", "请求支付18000元")
        await page.wait_for_function("document.querySelector('[data-saved]').textContent !== ''")
        await page.reload()
        assert await page.input_value('[name="claim"]') == "请求支付18000元"
        await go_on(page, SAVE, "**/where")
        await go_on(page, SAVE, "**/means")
        assert await barriers(page) == []
        await chosen(page, "findings.0.ground", "INFO_SHARING")
        await typed(page, "findings.0.proof", "民政信息查询结果")
        await go_on(page, SAVE, "**/papers")

        await tab_to(page, "button[name=form-add]")
        await page.keyboard.press("Enter")
        await page.wait_for_selector('[name="materials.0.kind"]:focus')
        await chosen(page, "materials.0.kind", "IDENTITY")
        await typed(page, "materials.0.title", "身份证")
        await page.set_input_files(
            '[name="materials.0.file"][type=file]', {"name": "身份证.pdf", "mimeType": PDF, "buffer": a_pdf()}
        )
        await page.wait_for_selector("p.kept")
        await go_on(page, SAVE, "**/check")
        assert await barriers(page) == []
        told = await page.inner_text("main")
        for said in ("李大山", "身份证.pdf", "民政信息查询结果"):
            assert said in told
        await go_on(page, "form[data-form] p.actions button", "**/cases/*")
        case = page.url.rpartition("/")[2]
        known = (await node.api.get(f"/v1/cases/{case}")).body
        assert known["materials"][0]["file"]["name"] == "身份证.pdf"
        assert known["applicants"][0]["finding"]["ground"] == "INFO_SHARING"
