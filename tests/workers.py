"""People without an account, as their browsers see the pages; and a gateway for text messages of the tests' own."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

import aiohttp
from aiohttp import web

from tests.forms import read_page
from tests.integration.api_node import Api
from tests.samples import a_jpeg
from transfer.crypto.codes import is_signed
from transfer.web.cookies import WORKER

SECRET: Final = "a secret of node and gateway"
PHONE: Final = "13800000002"
IDENTITY: Final = "990000198504120010"
ANSWERS: Final[Mapping[str, dict[str, str]]] = {
    "name": {"name": "李大山"},
    "phone": {"phone": PHONE},
    "identity": {"identity": IDENTITY},
    "home": {"home": "510521"},
    "trouble": {"matter": "REMUNERATION"},
    "employer": {"employer": "中山某家具公司"},
    "story": {"story": "从五月到十月没有发工资。"},
    "claim": {"claim": "请求支付工资", "amount": "18000"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page as it came, and where it was led to."""

    status: int
    path: str
    text: str
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """What a person reads."""
        reader = _Words()
        reader.feed(self.text)
        return " ".join(" ".join(reader.found).split())

    @property
    def code(self) -> str:
        """The code that is shown."""
        found = re.search(r'class="code">([A-Z0-9-]+)<', self.text)
        assert found is not None, self.words
        return found[1]

    def __str__(self) -> str:
        return f"{self.status} {self.path}: {self.words[:1500]}"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)


@dataclass(slots=True, kw_only=True)
class Browser:
    """A browser with cookies of its own."""

    session: aiohttp.ClientSession
    language: str = "zh-CN"

    async def get(self, path: str) -> Page:
        return await self._ask("GET", path)

    async def post(self, path: str, **fields: Any) -> Page:
        return await self._ask("POST", path, data=fields)

    async def fill(self, page: Page, to: str = "", **changes: str) -> Page:
        """The form on the page that leads there, or to the page itself, with these fields changed."""
        to = to or page.path
        return await self._ask("POST", to, data=read_page(page.text).form(to).sent(changes))

    async def take_in(self, letter: str, **who: str) -> Page:
        """The application of a letter, page by page; all but who takes it in and the form of aid was written there."""
        page = await self.fill(await self.get(letter), f"{letter}/take")
        for fields in (who, {"aid_form": "LABOUR_ARBITRATION"}, {}, {}, {}, {}):
            page = await self.fill(page, **fields)
            assert page.status == 200, page
        return page

    async def photo(self, path: str, content: bytes, *, media_type: str = "image/jpeg", **fields: str) -> Page:
        """A form with a file."""
        form = aiohttp.FormData()
        for name, value in fields.items():
            form.add_field(name, value)
        form.add_field("photo", content, filename="photo.jpg", content_type=media_type)
        return await self._ask("POST", path, data=form)

    async def _ask(self, method: str, path: str, **options: Any) -> Page:
        headers = {"Accept-Language": self.language}
        async with self.session.request(method, path, headers=headers, **options) as answer:
            return Page(
                status=answer.status, path=answer.url.path, text=await answer.text(), headers=dict(answer.headers)
            )

    async def begun(self, **consent: str) -> Page:
        """The notice is acknowledged."""
        return await self.post("/apply", read="yes", **consent)

    async def answered(self, **changes: str) -> None:
        """All questions, with other answers to some."""
        for question, fields in ANSWERS.items():
            page = await self.post(
                f"/apply/{question}", **{name: changes.get(name, was) for name, was in fields.items()}
            )
            assert page.status == 200, page

    async def applied(self, **changes: str) -> str:
        """An application with a photo; gives its code."""
        await self.begun()
        await self.answered(**changes)
        assert (await self.photo("/apply/papers", a_jpeg(), kind="IOU", add="yes")).status == 200
        receipt = await self.post("/apply/check")
        assert receipt.path == "/apply/receipt", receipt
        return receipt.code


class FormBrowser(Browser):
    """Fills forms as browsers do where people sign in: with the token of the page on which they stand."""

    async def post(self, path: str, *, on: str = "", **fields: Any) -> Page:
        shown = await self.get(on or path)
        token = re.search(r'name="csrf" value="([^"]+)"', shown.text)
        assert token is not None, shown
        return await super().post(path, csrf=token[1], **fields)

    @property
    def cookie(self) -> str:
        """What shows who visits."""
        [visit] = [f"{one.key}={one.value}" for one in self.session.cookie_jar if one.key == WORKER]
        return visit


@asynccontextmanager
async def a_browser(api: Api, language: str = "zh-CN") -> AsyncIterator[Browser]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(api.address, cookie_jar=jar) as session:
        yield Browser(session=session, language=language)


@asynccontextmanager
async def a_form_browser(address: str, **headers: str) -> AsyncIterator[FormBrowser]:
    """Of whoever has the cookie among the headers, else of somebody new."""
    jar = aiohttp.DummyCookieJar() if headers else aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(address, cookie_jar=jar, headers=headers) as session:
        yield FormBrowser(session=session)


async def sent_in(api: Api) -> str:
    """An application without photos lies in the box; gives the id of the letter."""
    async with a_browser(api) as worker:
        await worker.begun()
        await worker.answered()
        await worker.post("/apply/check")
        box = await worker.get("/mailbox")
    return str(re.findall(r'href="/mailbox/([0-9a-f-]{36})"', box.text)[-1])


@dataclass(slots=True, kw_only=True)
class Gateway:
    """Takes text messages; ``statuses`` are what it answers before it takes any."""

    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        signed = is_signed(body.pop("signature"), SECRET, *(body[name] for name in ("id", "at", "phone", "text")))
        if not signed:
            return web.Response(status=401)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.taken.append(body)
        return web.Response(status=202)


@asynccontextmanager
async def a_gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    application = web.Application()
    application.router.add_post("/texts", gateway.take)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        gateway.url = f"http://{host}:{port}/texts"
        yield gateway
    finally:
        await runner.cleanup()
