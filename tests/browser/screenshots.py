"""Takes pictures of every page, or of those named by path, and writes docs/screens.md that lists them."""

import asyncio
import base64
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from playwright.async_api import Browser

from tests.browser.chromium import DESK, PHONE, chromium, visitor
from tests.browser.story import HTML_PAGES, Story, told
from transfer.web.pages.languages import Language
from transfer.web.route import Route

DOCS: Final = Path(__file__).parent.parent.parent / "docs"
FOLDER: Final = DOCS / "screenshots"
MAX_BYTES: Final = 75_000
TALLEST: Final = 1_800
HEAD: Final = """# The pages

Made by `make screenshots` from a node with the story of the browser tests. A picture ends after {tallest} pixels.

| page | wide | narrow | dark |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture: in which language, on which screen."""

    language: Language
    wide: bool = False
    dark: bool = False

    @property
    def name(self) -> str:
        parts = (self.language.value[:2], "wide" if self.wide else "narrow", "dark" if self.dark else "")
        return "-".join(filter(None, parts))


ZH, EN = Language.ZH, Language.EN
SHOTS: Final = (
    Shot(language=ZH, wide=True),
    Shot(language=EN, wide=True),
    Shot(language=ZH),
    Shot(language=EN),
)
DARK: Final = {
    "/": Shot(language=ZH, dark=True),
    "/cases": Shot(language=ZH, wide=True, dark=True),
    "/cases/{case}": Shot(language=EN, wide=True, dark=True),
    "/operations": Shot(language=ZH, wide=True, dark=True),
    "/status": Shot(language=ZH, dark=True),
}

STEPS: Final = frozenset({"offer", "draft-request", "eligibility", "notice", "accept", "record", "publish-stage"})
"""Pages of steps of which there are pictures: all of them are made the same way."""

PICTURED: Final = tuple(one for one in HTML_PAGES if "/steps/" not in one.path or one.path.rpartition("/")[2] in STEPS)


def shots_of(route: Route) -> tuple[Shot, ...]:
    """The pictures that there are of a page."""
    return (*SHOTS, *filter(None, [DARK.get(route.path)]))


def file_of(route: Route, shot: Shot) -> str:
    """The name of a picture's file."""
    return f"{route.key.removeprefix('get').removeprefix('_') or 'home'}-{shot.name}.webp"


async def take(browser: Browser, story: Story, route: Route, shot: Shot) -> bytes:
    """The picture, at most MAX_BYTES of it: with less detail where there is much to see."""
    size = DESK if shot.wide else PHONE
    api, path = story.place(route)
    async with visitor(
        browser,
        api.address,
        shot.language,
        session=story.cookie(api, route),
        viewport=size,
        color_scheme="dark" if shot.dark else "light",
    ) as context:
        page = await context.new_page()
        answer = await page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, f"{route.path}: {answer.status}"
        height = min(TALLEST, max(size["height"], await page.evaluate("document.documentElement.scrollHeight")))
        await page.set_viewport_size({"width": size["width"], "height": height})
        client = await context.new_cdp_session(page)
        picture = b""
        for quality in (60, 45, 30, 15):
            taken = await client.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
            picture = base64.b64decode(taken["data"])
            if len(picture) <= MAX_BYTES:
                break
        return picture


def listing(routes: Sequence[Route]) -> str:
    """docs/screens.md: each page with its pictures."""
    lines = []
    for route in routes:
        linked = {shot: f"[{shot.language.value[:2]}](screenshots/{file_of(route, shot)})" for shot in shots_of(route)}
        cells = (
            " ".join(text for shot, text in linked.items() if shot.wide and not shot.dark),
            " ".join(text for shot, text in linked.items() if not shot.wide and not shot.dark),
            " ".join(text for shot, text in linked.items() if shot.dark),
        )
        lines.append(f"| `{route.path}` {route.zh}, {route.en} | {' | '.join(cells)} |\n")
    return HEAD.format(tallest=TALLEST) + "".join(lines)


async def main(only: Sequence[str]) -> None:
    """All pages, or those whose path begins with one of these; all of them replace what was there."""
    if not only:
        shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        async with chromium() as browser, told(Path(folder)) as story:
            for route in PICTURED:
                if only and not route.path.startswith(tuple(only)):
                    continue
                for shot in shots_of(route):
                    (FOLDER / file_of(route, shot)).write_bytes(await take(browser, story, route, shot))
    (DOCS / "screens.md").write_text(listing(PICTURED))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
