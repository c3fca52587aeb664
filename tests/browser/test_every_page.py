"""Every page that a node serves, in Chromium: for everyone, on every screen, in both languages."""

import pytest
from playwright.async_api import Browser

from tests.browser.chromium import visitor
from tests.browser.looking import Watch, barriers, drawings, keyboard, overflow, shape, strange
from tests.browser.story import HTML_PAGES, Story
from transfer.web.pages.languages import Language
from transfer.web.route import Route

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser, pytest.mark.timeout(600)]


@pytest.mark.parametrize("route", HTML_PAGES, ids=lambda route: route.path)
async def test_the_page_is_good_to_everyone(browser: Browser, story: Story, route: Route) -> None:
    api, path = story.place(route)
    address = api.address
    wrong: list[str] = []
    for language in Language:
        async with visitor(browser, address, language, session=story.cookie(api, route)) as context:
            page = await context.new_page()
            watch = Watch(page, address)
            answer = await page.goto(path, wait_until="load")
            assert answer is not None
            assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"
            assert page.url == address + path, f"{path} leads to {page.url}"
            wrong += await shape(page, language)
            wrong += await strange(page, language)
            wrong += await overflow(page, 320, 640)
            wrong += await overflow(page, 640, 400)
            wrong += await drawings(page, 390)
            if language is Language.ZH:
                wrong += await barriers(page)
                wrong += await keyboard(page)
            elif "/steps/" not in path:
                # The pages of steps are of one making; what is dark in one is dark in all.
                await page.emulate_media(color_scheme="dark")
                wrong += await barriers(page)
            wrong += await watch.wrong()
    assert not wrong, f"{path}\n" + "\n".join(dict.fromkeys(wrong))
