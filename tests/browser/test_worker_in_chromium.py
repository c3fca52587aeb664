"""A worker at an old phone: applies, is sent back, comes again with the code, follows the case, in both languages."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.browser.chromium import PHONE, visitor
from tests.browser.looking import Watch, looked_at
from tests.integration.file_nodes import FileNode, a_file_node
from tests.samples import a_jpeg
from tests.scanning import read_codes
from tests.workers import ANSWERS, IDENTITY
from tests.workers import PHONE as NUMBER
from transfer.web.pages.languages import Language

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[FileNode]:
    async with a_file_node(tmp_path_factory.mktemp("phone")) as made:
        yield made


async def go_on(page: Page) -> None:
    async with page.expect_navigation():
        await page.locator("main button.button").first.click()


@pytest.mark.parametrize(
    ("language", "scripts"),
    [(Language.ZH, True), (Language.EN, True), (Language.ZH, False)],
    ids=["in Chinese", "in English", "without scripts"],
)
async def test_a_worker_applies_and_follows_the_case(
    browser: Browser, node: FileNode, language: Language, *, scripts: bool
) -> None:
    address, wrong = node.api.address, list[str]()
    look = looked_at if scripts else _unseen
    async with visitor(browser, address, language, viewport=PHONE, java_script_enabled=scripts) as context:
        page = await context.new_page()
        watch = Watch(page, address) if scripts else None
        await page.goto("/apply")
        wrong += await look(page, language) + (await watch.wrong() if watch else [])
        await page.check("#read")
        await go_on(page)
        for question, fields in ANSWERS.items():
            assert page.url.endswith(f"/apply/{question}"), page.url
            wrong += await look(page, language)
            for name, value in fields.items():
                if question == "trouble":
                    await page.check(f"[name={name}][value={value}]")
                elif question == "home":
                    await page.select_option(f"#{name}", value)
                else:
                    await page.fill(f"#{name}", value)
            await go_on(page)
        photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": a_jpeg()}
        await page.set_input_files("#photo", photo)  # type: ignore[arg-type]
        async with page.expect_navigation():
            await page.click("[name=add]")
        wrong += await look(page, language)
        await go_on(page)
        wrong += await look(page, language)
        await go_on(page)
        assert page.url.endswith("/apply/receipt")
        wrong += await look(page, language)
        code = await page.inner_text(".code")
        [scanned] = read_codes(await page.locator(".qr").screenshot())
        assert scanned == f"{address}/status#{code.replace('-', '')}"
    async with visitor(browser, address, language, viewport=PHONE, java_script_enabled=scripts) as context:
        page = await context.new_page()
        await page.goto(f"/status#{code.replace('-', '')}")
        if not scripts:
            await page.fill("#code", code)
        assert await page.input_value("#code") == (code.replace("-", "") if scripts else code)
        assert "#" not in page.url or not scripts
        await page.fill("#fact", IDENTITY[-4:])
        await go_on(page)
        wrong += await look(page, language)
        await page.goto("/status/withdraw")
        wrong += await look(page, language)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


async def test_the_clerk_takes_in_and_the_worker_sees_it(browser: Browser, node: FileNode) -> None:
    person = {"name": "李大山", "identity": {"kind": "NONE"}, "phone": NUMBER}
    case = await node.api.opened(applicants=[person])
    wrong: list[str] = []
    async with visitor(browser, node.api.address, Language.ZH) as context:
        page = await context.new_page()
        await page.goto("/mailbox")
        wrong += await looked_at(page, Language.ZH)
        await page.click("tbody a")
        wrong += await looked_at(page, Language.ZH)
        await go_on(page)
        assert page.url.endswith("/who")
        assert await page.input_value("[name='applicants.0.name']") == "李大山"
        wrong += await looked_at(page, Language.ZH)
        await page.goto(f"/cases/{case['id']}/code")
        await go_on(page)
        wrong += await looked_at(page, Language.ZH)
        code = await page.inner_text(".code")
        await page.goto("/status")
        await page.fill("#code", code)
        await page.fill("#fact", NUMBER[-4:])
        await go_on(page)
        assert page.url.endswith("/status/mine")
        for path in ("/status/mine", "/status/supplement", "/status/withdraw"):
            await page.goto(path)
            wrong += await looked_at(page, Language.ZH)
    assert not wrong, "\n".join(dict.fromkeys(wrong))


async def _unseen(page: Page, language: Language) -> list[str]:
    """Without scripts nothing can look; that the way goes through is what counts."""
    return []
