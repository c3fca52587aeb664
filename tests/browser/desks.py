"""What caseworkers do at the pages of a node, step by step, each as somebody who is signed in there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser

from deploy.demo.accounts import Accounts
from tests.browser.persons import Person, person
from tests.federation.serving import Served
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
    await ends(someone, case, name)


async def begins(someone: Person, case: str, name: str) -> None:
    """Opens the page of a step from the page of the case."""
    await someone.opens(f"/cases/{case}")
    others = someone.part.locator("#steps summary")
    if await others.count():
        await others.click()
    await someone.presses(name)


async def ends(someone: Person, case: str, name: str) -> None:
    """Sends the form of a step; the page of the case is shown again."""
    await someone.presses(name)
    at = someone.page.url.rpartition("/")[2].partition("?")[0]
    assert at == case, await someone.page.locator("main").inner_text()
