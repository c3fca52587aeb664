"""What caseworkers do at the pages of a node, step by step, each as somebody who is signed in there."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from playwright.async_api import Browser, Locator

from deploy.demo.accounts import Accounts
from tests.browser.persons import Person, person
from tests.federation.serving import Served
from transfer.messages.codes import Stage
from transfer.web.pages.languages import Language


@dataclass(slots=True, kw_only=True)
class Office:
    """The nodes of a story, with ready accounts, and a browser for each who works or applies there."""

    browser: Browser
    nodes: Mapping[str, Served]
    accounts: Accounts
    language: Language
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def at(self, region: str, login: str) -> Person:
        """Somebody who signs in there, in a browser of their own."""
        someone = await self.anybody(region)
        await someone.opens("/sign-in")
        await someone.fills({"Login": login, "Password": self.accounts.password})
        await someone.presses("Sign in")
        return someone

    async def anybody(self, region: str, **options: Any) -> Person:
        """Somebody without an account."""
        at = self.nodes[region].url
        return await self.stack.enter_async_context(person(self.browser, at, self.language, **options))


@asynccontextmanager
async def office(browser: Browser, nodes: Mapping[str, Served], language: Language) -> AsyncIterator[Office]:
    """At the end all browsers are closed."""
    made = Office(browser=browser, nodes=nodes, accounts=Accounts.new(), language=language)
    for region, node in nodes.items():
        await made.accounts.added(region, node.settings["database_url"])
    async with made.stack:
        yield made


async def step(someone: Person, case: str, name: str, fields: Mapping[str, str] | None = None) -> None:
    """A step without parts, from its button on the page of the case to that page again."""
    await begins(someone, case, name)
    await someone.fills(fields or {})
    await ends(someone, case)


async def begins(someone: Person, case: str, name: str) -> None:
    """Opens the page of a step from the page of the case, on which it may not stand yet."""
    link = someone.part.locator("#steps").get_by_role("link", name=someone.named(name), include_hidden=True).first
    await _follows(someone, case, link)


async def enters(someone: Person, case: str, stage: Stage) -> None:
    """Enters that the case has come so far."""
    await _follows(someone, case, someone.part.locator(f"#steps a[href$='stage={stage.value}']"))
    await ends(someone, case)


async def _follows(someone: Person, case: str, link: Locator) -> None:
    for _ in range(100):
        answer = await someone.page.goto(f"/cases/{case}")
        if answer is not None and answer.status == HTTPStatus.OK and await link.count():
            break
        await asyncio.sleep(0.2)
    others = someone.part.locator("#steps summary")
    if await others.count():
        await others.click()
    async with someone.page.expect_navigation():
        await link.click()


async def sends(someone: Person) -> None:
    """Sends the form of a step."""
    async with someone.page.expect_navigation():
        await someone.part.locator("form[data-form] .actions button").first.click()


async def ends(someone: Person, case: str) -> None:
    """Sends the form of a step; the page of the case is shown again."""
    await sends(someone)
    assert case_at(someone) == case, await someone.page.locator("main").inner_text()


def case_at(someone: Person) -> str:
    """The case at whose page somebody is."""
    return someone.page.url.partition("?")[0].rpartition("/")[2]
