"""Debian's Chromium, as the tests and the screenshots drive it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from playwright.async_api import Browser, BrowserContext, ViewportSize, async_playwright

from deploy.local.programs import chromium_program
from transfer.web.pages.languages import COOKIE, Language

PHONE: Final[ViewportSize] = {"width": 390, "height": 844}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without windows; what it asks of the network it asks of this machine alone."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_program(),
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        yield browser
        await browser.close()


@asynccontextmanager
async def visitor(
    browser: Browser, address: str, language: Language, *, session: str = "", **options: Any
) -> AsyncIterator[BrowserContext]:
    """A browser's profile of its own, that reads in this language; ``session`` is a cookie as a node set it, if any."""
    async with await browser.new_context(
        base_url=address, locale=language.value, **({"viewport": DESK} | options)
    ) as context:
        cookies = [f"{COOKIE}={language.value}", *filter(None, [session])]
        await context.add_cookies(
            [{"name": name, "value": value, "url": address} for name, _, value in map(_parted, cookies)]
        )
        context.set_default_timeout(15_000)
        yield context


def _parted(cookie: str) -> tuple[str, str, str]:
    return cookie.partition(";")[0].partition("=")
