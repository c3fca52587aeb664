"""What is wrong with a page that a browser shows: each check gives sentences, and none when all is well."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page, Request

from tests.scanning import read_codes
from transfer.web.pages.languages import Language, texts

MAX_BYTES: Final = 60_000
"""What a first visit may bring: six seconds on a slow phone line of 80 kbit/s."""
MAX_BLOCKING: Final = 3
SMALLEST: Final = 12
"""Pixels of a letter in a drawing."""
WCAG: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
_AXE: Final = Axe()
_HOLE: Final = re.compile(r"%\\\(\w+\\\)s|%\(\w+\)s")
_CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
_FEW: Final = 3
"""A text of which so little stands fast, as in ``%(law)s第%(number)s条``, is not known again."""
_PHRASE: Final = re.compile(r"[A-Za-z]{2,} [A-Za-z]{2,}")
_SENTENCE: Final = re.compile(r"[A-Za-z]{2,}( [A-Za-z]{2,}){2}")
_CODE: Final = re.compile(r"\b[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b|\b[a-z]+(_[a-z]+)+\b")
_LETTERS: Final = re.compile(r"[A-Za-z]{3}")

_SAID: Final = """() => {
  const found = new Set(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const foreign = node => { const at = node.closest('[lang]'); return at && at !== document.documentElement; };
  while (walk.nextNode()) {
    const near = walk.currentNode.parentElement;
    if (!near.closest('script, style, textarea, code, kbd, .id') && !foreign(near)) found.add(walk.currentNode.data);
  }
  for (const one of document.querySelectorAll('[aria-label], [placeholder], [title], [alt], [data-label]')) {
    if (foreign(one)) continue;
    for (const name of ['aria-label', 'placeholder', 'title', 'alt', 'data-label'])
      if (one.hasAttribute(name)) found.add(one.getAttribute(name));
  }
  found.add(document.title.split(' · ')[0]);
  return [...found].map(text => text.replace(/\\s+/g, ' ').trim()).filter(text => text);
}"""

_UNTOLD: Final = r"""() => {
  const found = new Set(), walk = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const told = node => node.closest('[lang]').lang.startsWith('zh') || node.closest('title');
  const han = /\p{Script=Han}/u;
  while (walk.nextNode()) {
    const text = walk.currentNode.data;
    if (han.test(text) && !told(walk.currentNode.parentElement)) found.add(text);
  }
  for (const one of document.querySelectorAll('input, textarea'))
    if (one.type !== 'hidden' && han.test(one.value) && !told(one)) found.add(one.value);
  for (const name of ['alt', 'aria-label', 'title', 'placeholder'])
    for (const one of document.querySelectorAll(`[${name}]`))
      if (/^\p{Script=Han}/u.test(one.getAttribute(name)) && !told(one)) found.add(one.getAttribute(name));
  return [...found].map(text => text.replace(/\s+/g, ' ').trim());
}"""

_STOPS: Final = """() => {
  const seen = new Set(), stops = [];
  for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')) {
    if (one.tabIndex < 0 || one.disabled || one.type === 'hidden') continue;
    if (!one.checkVisibility({visibilityProperty: true})) continue;
    if (one.closest('details:not([open]) > :not(summary:first-child)')) continue;
    if (one.type === 'radio') {
      const group = one.name + (one.form?.id ?? '');
      const chosen = document.querySelector(`input[type=radio][name="${CSS.escape(one.name)}"]:checked`);
      if (seen.has(group) || (chosen && chosen !== one)) continue;
      seen.add(group);
    }
    stops.push(one);
  }
  window.stops = stops;
  return stops.length;
}"""

_WATCHED: Final = """() => {
  window.visits = [];
  document.addEventListener('focusin', event => {
    const at = event.target, style = getComputedStyle(at), box = at.getBoundingClientRect();
    const shown = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none';
    window.visits.push({place: window.stops.indexOf(at), shown, inside: box.bottom > 0 && box.top < innerHeight,
                        name: at.outerHTML.slice(0, 120)});
  });
}"""


class Watch:
    """All that a page asks for and complains of, from before it is opened."""

    def __init__(self, page: Page, address: str) -> None:
        self._page = page
        self._address = address
        self._complaints: list[str] = []
        self._requests: list[Request] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self._complaints.append(f"script: {error}"))
        page.on("request", lambda request: self._requests.append(request))  # noqa: PLW0108 - playwright marks what it calls

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._complaints.append(f"console: {message.text}")

    async def wrong(self) -> list[str]:
        """Complaints, addresses elsewhere, weight, and what holds up the first sight."""
        wrong = [*self._complaints]
        mine = [one for one in self._requests if not one.url.startswith(("blob:", "data:"))]
        wrong += [f"asks elsewhere: {one.url}" for one in mine if not one.url.startswith(self._address + "/")]
        weight = {one.url: len(await _body(one)) for one in mine if one.resource_type in _WEIGHED}
        if sum(weight.values()) > MAX_BYTES:
            wrong.append(f"weighs {sum(weight.values())} bytes: {weight}")
        blocking = await self._page.evaluate(
            "document.querySelectorAll('link[rel=stylesheet], script[src]:not([type=module], [async], [defer])').length"
        )
        if blocking + 1 > MAX_BLOCKING:
            wrong.append(f"{blocking + 1} requests hold it up")
        return wrong


_WEIGHED: Final = {"document", "stylesheet", "script", "font", "image", "other"}


async def _body(request: Request) -> bytes:
    response = await request.response()
    return await response.body() if response is not None and response.ok else b""


async def barriers(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA."""
    options = {"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]}
    found = (await _AXE.run(page, options=options)).response["violations"]
    return [f"axe {one['id']}: {node['html'][:200]}: {_why(node)}" for one in found for node in one["nodes"]]


def _why(node: Mapping[str, Any]) -> str:
    return " ".join(str(node["failureSummary"]).split())[:300]


async def overflow(page: Page, width: int, height: int) -> list[str]:
    """Whether anything sticks out sideways at this size."""
    await page.set_viewport_size({"width": width, "height": height})
    wide = await page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.body.querySelectorAll('*')].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
        .map(one => one.outerHTML.slice(0, 120)).slice(-3)"""
    )
    return [f"sticks out at {width} px: {one}" for one in wide]


async def drawings(page: Page, width: int) -> list[str]:
    """Texts of drawings that are too small to be read at this width, or are cut off."""
    await page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = await page.evaluate(
        """smallest => [...document.querySelectorAll('svg.chart text')].filter(one => {
          const box = one.getBBox(), whole = one.ownerSVGElement.viewBox.baseVal;
          const size = parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
          return size < smallest || box.x + box.width > whole.width;
        }).map(one => one.textContent)""",
        SMALLEST,
    )
    return [f"small or cut off at {width} px: {one}" for one in found]


async def codes(page: Page) -> list[str]:
    """QR codes that nothing reads from the page as it is shown."""
    drawn = page.locator(".qr")
    return [
        "a QR code cannot be read"
        for place in range(await drawn.count())
        if not read_codes(await drawn.nth(place).screenshot())
    ]


async def shape(page: Page, language: Language) -> list[str]:
    """Language, title, one main heading, headings in order."""
    wrong = []
    if await page.get_attribute("html", "lang") != language.value:
        wrong.append("its language is not said")
    if not (await page.title()).partition("·")[0].strip():
        wrong.append("it has no title")
    levels = await page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(one => +one.tagName[1])")
    if levels.count(1) != 1:
        wrong.append(f"{levels.count(1)} main headings")
    if any(after > before + 1 for before, after in pairwise(levels)):
        wrong.append(f"headings skip a level: {levels}")
    return wrong


async def strange(page: Page, language: Language) -> list[str]:
    """Texts of the catalogue that stand in the other language; in Chinese, also whatever reads like English, and in
    English what is Chinese and does not say so. Codes of programs are in no language."""
    untold = await page.evaluate(_UNTOLD) if language is Language.EN else []
    return [f"Chinese that is not said to be: {text}" for text in untold] + [
        f"not in {language.value}: {text}"
        for text in await page.evaluate(_SAID)
        if any(form.fullmatch(text) for form in _of(language))
        or _CODE.search(text)
        or (language is Language.ZH and (_SENTENCE if _CHINESE.search(text) else _PHRASE).search(text))
    ]


@cache
def _of(language: Language) -> tuple[re.Pattern[str], ...]:
    """What must not be seen in this language: the texts of the other one, where the two differ."""
    pairs: Iterable[tuple[str, str]] = texts().items()
    if language is Language.EN:
        return tuple(_form(zh) for en, zh in pairs if en != zh and len(_CHINESE.findall(_HOLE.sub("", zh))) > _FEW)
    return tuple(_form(en) for en, zh in pairs if en != zh and _LETTERS.search(en))


def _form(text: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(".*", re.escape(" ".join(text.split()))))


async def keyboard(page: Page) -> list[str]:
    """Whether the tab key reaches every control, shows where it is, and comes out at the end."""
    count = await page.evaluate(_STOPS)
    await page.evaluate(_WATCHED)
    visits: list[Mapping[str, Any]] = []
    # A field for a day has up to four stops of its own.
    for _ in range(5):
        for _ in range(count + 2):
            await page.keyboard.press("Tab")
        visits = await page.evaluate("window.visits")
        if _is_round([visit["place"] for visit in visits], count):
            break
    wrong = [f"focus is not seen: {visit['name']}" for visit in visits if not visit["shown"]]
    wrong += [f"focus is out of sight: {visit['name']}" for visit in visits if not visit["inside"]]
    missed = sorted(set(range(count)) - {visit["place"] for visit in visits})
    names = await page.evaluate("places => places.map(place => window.stops[place].outerHTML.slice(0, 120))", missed)
    return wrong + [f"not reached by the tab key: {name}" for name in names]


def _is_round(places: Sequence[int], count: int) -> bool:
    """Whether every stop was visited, and the first one again."""
    return set(range(count)) <= set(places) and places.count(0) > 1


async def looked_at(page: Page, language: Language) -> list[str]:
    """What is wrong with the page that is open, with its place before it; the window is as large as before."""
    size = page.viewport_size
    wrong = [*await shape(page, language), *await strange(page, language), *await overflow(page, 320, 640)]
    wrong += [*await codes(page), *await barriers(page), *await keyboard(page)]
    if size is not None:
        await page.set_viewport_size(size)
    return [f"{page.url}: {one}" for one in wrong]
