"""People at browsers: they find fields and buttons by the names that a screen reader says, in their language."""

import inspect
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from playwright.async_api import Browser, FilePayload, Locator, Page, expect

import transfer.messages
import transfer.web.pages
from tests.browser.chromium import visitor
from transfer.messages.codes import Code
from transfer.web.own_steps import OWN_STEPS
from transfer.web.pages.labels import labels
from transfer.web.pages.languages import Coded, Language, texts
from transfer.web.wording import EVIDENCE_WORDING, WORDING

_HOLE = re.compile(r"%\\\(\w+\\\)s")
_REMARK = r"(\s*[(（][^)）]*[)）])?"
_PATIENCE = 20_000.0


@cache
def _chinese() -> Mapping[str, frozenset[str]]:
    """What an English text of the pages, the name of a field or of a code is in Chinese; there may be several."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one in _told():
        found[one[0]].add(one[1])
    return {english: frozenset(chinese) for english, chinese in found.items()}


def _told() -> Iterator[tuple[str, str]]:
    yield from texts().items()
    coded: list[Coded] = [*labels().values(), *WORDING.values(), *EVIDENCE_WORDING.values()]
    coded += [one.wording for one in OWN_STEPS.values()]
    yield from ((one.en, one.zh) for one in coded)
    for package in (transfer.messages, transfer.web.pages):
        for module in iter_modules(package.__path__):
            for _, kind in inspect.getmembers(import_module(f"{package.__name__}.{module.name}"), inspect.isclass):
                for code in kind if issubclass(kind, Code) else ():
                    yield code.en, code.zh


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody before one page of a browser; ``part`` is what they look at."""

    page: Page
    language: Language
    part: Locator

    def named(self, english: str, after: str = _REMARK) -> re.Pattern[str]:
        """How a control is called by this English text, with a remark in brackets or nothing after it."""
        forms = [_HOLE.sub(".*", re.escape(one)) for one in self.alternatives(english)]
        return re.compile(rf"^\s*({'|'.join(forms)}){after}\s*$")

    def alternatives(self, english: str) -> frozenset[str]:
        """What this may be in the language in which the person reads."""
        here = frozenset({english})
        return here if self.language is Language.EN else _chinese().get(english, here)

    async def opens(self, path: str) -> None:
        answer = await self.page.goto(path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status} {await answer.text()}"

    def within(self, group: str, row: int | None = None) -> "Person":
        """The same, who looks at one part of a form, or at one of its rows."""
        name = self.named(group) if row is None else self.named(group, rf"(, no\.)?\s*{row}")
        return replace(self, part=self.part.get_by_role("group", name=name).first)

    async def fills(self, fields: Mapping[str, str]) -> None:
        """Types, or chooses where there is something to choose from, by the labels of the fields or their groups."""
        for label, value in fields.items():
            control = self.part.get_by_label(self.named(label)).first
            if not await control.count():
                group = self.part.get_by_role("group", name=self.named(label))
                either = re.compile(f"{self.named(value).pattern}|{re.escape(value)}")
                await group.get_by_label(either).first.check()
            elif await control.evaluate("one => one.tagName") == "SELECT":
                await control.select_option(label=await self._option(control, value))
            else:
                await control.fill(value)

    async def _option(self, control: Locator, value: str) -> str:
        wanted = self.named(value)
        offered = [" ".join(one.split()) for one in await control.locator("option").all_inner_texts()]
        found = [one for one in offered if wanted.match(one) or value in one]
        assert found, f"{value} is not among {offered}"
        return found[0]

    async def ticks(self, *names: str) -> None:
        """Boxes and round buttons."""
        for name in names:
            await self.part.get_by_label(self.named(name)).first.check()

    async def hands(self, label: str, *files: FilePayload) -> None:
        await self.part.get_by_label(self.named(label)).first.set_input_files(files)

    async def presses(self, name: str) -> None:
        """A button or what looks like one; the page that comes of it is there afterwards."""
        pressed = self.part.get_by_role("button", name=self.named(name))
        control = pressed if await pressed.count() else self.part.get_by_role("link", name=self.named(name))
        async with self.page.expect_navigation():
            await control.first.click()

    async def adds(self, rows: str, number: int = 1) -> "Person":
        """The row of this number, which a script puts there; gives the same person, who looks at it."""
        names = "|".join(map(re.escape, self.alternatives(rows)))
        await self.part.get_by_role("button", name=re.compile(rf"^\S+\s*({names})$")).click()
        row = self.within(rows, number)
        await expect(row.part).to_be_visible()
        return row

    async def sees(self, text: str) -> None:
        """Sooner or later; a page that tells of changes is not loaded anew."""
        wanted = re.compile("|".join(map(re.escape, self.alternatives(text))))
        await expect(self.page.locator("main")).to_contain_text(wanted, timeout=_PATIENCE)


@asynccontextmanager
async def person(browser: Browser, address: str, language: Language, **options: Any) -> AsyncIterator[Person]:
    """Somebody with a browser of their own, at the first page."""
    async with visitor(browser, address, language, **options) as context:
        page = await context.new_page()
        try:
            yield Person(page=page, language=language, part=page.locator("body"))
        except Exception as error:
            error.add_note(f"{page.url} shows:\n{await page.locator('body').aria_snapshot()}")
            raise
