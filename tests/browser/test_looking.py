"""The classes of the look beside each other on one page; and whether the checks of pages find what they are for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, Route

from tests.browser.chromium import visitor
from tests.browser.looking import Watch, barriers, keyboard, overflow, shape, strange
from transfer.web.pages.assets import assets
from transfer.web.pages.languages import Language

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.browser]
SITE: Final = "http://127.0.0.1:9"
SAMPLE: Final = (Path(__file__).parent / "look.html").read_text()
PLAIN: Final = (
    '<!DOCTYPE html><html lang="zh-CN"><head><title>一</title><link rel="icon" href="ICON">'
    '<link rel="stylesheet" href="STYLE"></head><body><main><h1>一</h1>{}</main></body></html>'
)
TRAP: Final = "document.querySelector('button').onkeydown = event => event.preventDefault()"


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser) -> AsyncIterator[Page]:
    async with visitor(browser, SITE, Language.ZH) as context:
        yield await context.new_page()


async def looked_at(page: Page, html: str, *, dark: bool = False) -> list[str]:
    """All that the checks say of this page, as if a node served it."""

    async def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        kind = {"css": "text/css", "svg": "image/svg+xml"}.get(name[-3:], "text/html; charset=utf-8")
        body = assets().get(name) or html.replace("STYLE", "/site.css").replace("ICON", "/icon.svg").encode()
        await route.fulfill(body=body, content_type=kind)

    await page.route(f"{SITE}/**", serve)
    await page.emulate_media(color_scheme="dark" if dark else "light")
    watch = Watch(page, SITE)
    await page.goto("/")
    wrong = await shape(page, Language.ZH) + await strange(page, Language.ZH)
    wrong += await overflow(page, 320, 640) + await overflow(page, 640, 400) + await overflow(page, 1280, 800)
    return wrong + await barriers(page) + await keyboard(page) + await watch.wrong()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", ["", "large"])
async def test_every_class_of_the_look_is_good_to_everyone(page: Page, size: str, dark: bool) -> None:  # noqa: FBT001
    assert await looked_at(page, SAMPLE.replace("<body>", f'<body class="{size}">'), dark=dark) == []


async def test_a_plain_page_has_no_fault(page: Page) -> None:
    assert await looked_at(page, PLAIN.format("<p>二</p>")) == []


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("<h1>二</h1>", "2 main headings"),
        ("<h3>二</h3>", "headings skip a level"),
        ("<p>Worklist</p>", "not in zh-CN: Worklist"),
        ("<p>Not yet written</p>", "not in zh-CN: Not yet"),
        ("<p>Not 写</p><code>of a kind</code>", ""),
        ("<p>写：this is English</p>", "not in zh-CN: 写：this is English"),
        ("<p>依据：ART42_3</p>", "not in zh-CN: 依据：ART42_3"),
        ('<a href="/" aria-label="Sign in">二</a>', "not in zh-CN: Sign in"),
        ('<div style="width:700px">二</div>', "sticks out at 320 px"),
        ('<p style="color:#999;background:#fff">一二三</p>', "axe color-contrast"),
        ("<input>", "axe label"),
        ('<button style="outline:none">二</button>', "focus is not seen"),
        ('<button>二</button><div style="display:none"><button>三</button></div>', ""),
        ('<img src="http://127.0.0.1:1/x.png" alt="">', "asks elsewhere"),
        ("<script>console.error('二')</script>", "console: 二"),
        (f"<p>{'二' * 20_000}</p>", "weighs"),
        ('<link rel="stylesheet" href="/site.css">' * 3, "5 requests hold it up"),
        (f"<button>二</button><button>三</button><script>{TRAP}</script>", "not reached by the tab key"),
    ],
)
async def test_a_fault_is_found(page: Page, fault: str, said: str) -> None:
    wrong = await looked_at(page, PLAIN.format(fault))
    assert any(said in one for one in wrong) if said else wrong == [], wrong


async def test_chinese_that_does_not_say_so_is_found_on_an_english_page(page: Page) -> None:
    for html, untold in (
        ("By 王芳", ["By 王芳"]),
        ('By <span lang="zh-Hans">王芳</span>', []),
        ('<input value="王">', ["王"]),
        ("𠮷", ["𠮷"]),
        ('<img alt="身份证">', ["身份证"]),
        ('<img alt="身份证" lang="zh-Hans">', []),
        ('<a aria-label="Preview of 身份证">x</a>', []),
    ):
        await page.set_content(f'<html lang="en"><body><p>{html}</p></body></html>')
        assert await strange(page, Language.EN) == [f"Chinese that is not said to be: {one}" for one in untold]
