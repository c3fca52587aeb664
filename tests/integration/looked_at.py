"""A browser without JavaScript: what was answered, and what a page holds as its HTML says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp

LINKS: Final = {
    ("a", "href"),
    ("form", "action"),
    ("link", "href"),
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
}
LINKS_TOO: Final = {("button", "formaction"), ("source", "src"), ("video", "src"), ("object", "data"), ("use", "href")}
TYPED: Final = frozenset(("text", "search", "tel", "email", "password", "url"))
VOID: Final = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))


@dataclass(slots=True)
class Form:
    """A form of a page, with what it would send if nothing were typed."""

    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    """Fields into which anything may be typed."""


class Page(HTMLParser):
    """What stands in a page: its tags with their attributes, its links, its forms, its inline code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.inline: list[str] = []
        self._open: str = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._open = "" if tag in VOID else tag
        self.tags.append((tag, given))
        self.links += [value for name, value in attrs if value and (tag, name) in LINKS]
        self.inline += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.inline += ["style"] if tag == "style" else []
        if tag == "form":
            self.forms.append(Form(method=(given.get("method") or "get").lower(), action=given.get("action") or ""))
        if tag in {"input", "button", "select", "textarea"} and self.forms and given.get("name"):
            self.forms[-1].fields.setdefault(str(given["name"]), given.get("value") or "")
            if tag == "textarea" or (
                tag == "input" and given.get("type", "text") in {"text", "search", "tel", "email"}
            ):
                self.forms[-1].texts.append(str(given["name"]))

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the parser's signature
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open in {"script", "style"} and data.strip():
            self.inline.append(f"{self._open}: {data.strip()[:60]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer to a browser."""

    url: str
    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    text: str

    @property
    def page(self) -> Page:
        return Page(self.text)

    @property
    def location(self) -> str:
        """Where it leads on to, as a whole address."""
        return urljoin(self.url, self.headers["Location"])

    @property
    def is_html(self) -> bool:
        return self.headers.get("Content-Type", "").startswith("text/html")

    def __str__(self) -> str:
        return f"{self.status} {self.url} {self.text[:500]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Keeps cookies, follows nothing by itself."""

    session: aiohttp.ClientSession
    address: str

    async def ask(self, method: str, where: str, **options: Any) -> Shown:
        url = urljoin(self.address, where)
        async with self.session.request(method, url, allow_redirects=False, **options) as answer:
            return Shown(
                url=url,
                status=answer.status,
                headers=answer.headers.copy(),
                cookies=tuple(answer.headers.getall("Set-Cookie", ())),
                text=(await answer.read()).decode(errors="replace"),
            )

    async def get(self, where: str, **headers: str) -> Shown:
        return await self.ask("GET", where, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def post(self, where: str, given: Mapping[str, str], **headers: str) -> Shown:
        return await self.ask("POST", where, data=given, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def send(self, shown: Shown, form: Form, **typed: str) -> Shown:
        """The form of a page, with what was typed."""
        return await self.post(urljoin(shown.url, form.action), form.fields | typed)

    def at_home(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.address)[:2]


def browser(address: str) -> Browser:
    """A fresh one; its session is to be closed."""
    return Browser(session=aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)), address=address)


def hold_to_headers(shown: Shown) -> None:
    """What every answer says to a browser, whatever it is."""
    headers = shown.headers
    policy = dict(one.strip().partition(" ")[::2] for one in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'", shown
    assert policy["frame-ancestors"] == "'none'", shown
    assert not re.search(r"unsafe|nonce-|sha256-|\*|https?:|data:", headers["Content-Security-Policy"]), shown
    assert headers["X-Content-Type-Options"] == "nosniff", shown
    assert headers["Referrer-Policy"] in {"no-referrer", "same-origin"}, shown
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin", shown
    assert not re.search(r"python|aiohttp|\d", headers.get("Server", ""), re.IGNORECASE), shown
    assert not {"X-Powered-By", "Access-Control-Allow-Origin"} & headers.keys(), shown
    if headers.get("Content-Type", "").startswith("text/html") and shown.text:
        assert "charset=utf-8" in headers["Content-Type"], shown
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", shown
        assert policy["form-action"] == "'self'", shown
        assert policy["base-uri"] == "'none'", shown
        assert policy["script-src"] == "'self'", shown
        assert policy["style-src"] == "'self'", shown
    if "/static/" not in shown.url:
        assert headers["Cache-Control"].startswith(("no-store", "private, no-store")), shown
    for cookie in shown.cookies:
        assert {"httponly", "path=/"} <= {one.strip().lower() for one in cookie.split(";")}, cookie
        assert re.search(r"samesite=(lax|strict)", cookie, re.IGNORECASE), cookie
        assert "domain=" not in cookie.lower()
