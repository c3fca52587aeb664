"""The web as an attacker looks at it: every route, every page, every answer that goes wrong."""

import asyncio
import re
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest

from tests.integration.api_node import Api, serving
from tests.integration.looked_at import Browser, browser, hold_to_headers
from tests.samples import a_pdf
from tests.staff import signed_in
from transfer.domain.rights import Admits, Person, Role
from transfer.web.cookies import HEADER
from transfer.web.limits import Limited
from transfer.web.route import Change, Route
from transfer.web.served import SERVED

MARK: Final = "\"'><script>alert(1)</script>{{7*7}}${7*7}"
AN_ID: Final = "01975a3e-6c00-7c11-9a52-3b1f0c7d4e01"
FORM: Final = "application/x-www-form-urlencoded"
A_DIGEST: Final = f"sha256:{'0' * 64}"
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
BY_PATH: Final = {path: [r for r in SERVED if r.path == path] for path in dict.fromkeys(r.path for r in SERVED)}
FORMS: Final = tuple(route for route in SERVED if route.is_page and route.takes_form)

pytestmark = pytest.mark.asyncio(loop_scope="module")


def at(route: Route, **named: str) -> str:
    """A path of the route."""
    return re.sub(r"\{([a-z_]+)\}", lambda m: named.get(m[1], A_DIGEST if m[1] == "digest" else AN_ID), route.path)


def answers(route: Route, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[a-z_]+\}", "[^/]+", route.path), path) is not None


def bare(route: Route) -> dict[str, Any]:
    """What is sent that has the form of a request and nothing in it."""
    headers = {"Idempotency-Key": AN_ID} if route.change is not Change.NOTHING else {}
    if route.takes_form:
        return {"data": {}, "headers": headers}
    return {} if route.method == "GET" else {"data": b"{}", "headers": headers | {"Content-Type": "application/json"}}


async def test_every_answer_of_every_route_carries_the_headers(visitor: Browser) -> None:
    for route in SERVED:
        if route.path.endswith(("/events", "/live")):
            continue  # a stream that does not end
        shown = await visitor.ask(route.method, at(route), **bare(route))
        assert shown.status < 500 or shown.status == 503, shown
        hold_to_headers(shown)


async def test_every_address_refuses_every_other_method(visitor: Browser) -> None:
    for path, routes in BY_PATH.items():
        given = {one.method for one in SERVED if answers(one, at(routes[0]))}
        given |= {"HEAD"} if "GET" in given else set()
        for method in sorted(METHODS - given - {"CONNECT"}):
            shown = await visitor.ask(method, at(routes[0]))
            assert shown.status == 405, (method, path, shown)
            allowed = set(shown.headers["Allow"].split(", "))
            assert given <= allowed, (method, path)
            assert method not in allowed, (method, path)
            hold_to_headers(shown)


@pytest.mark.parametrize("path", ["/nowhere", "/%00", "/" + "x" * 3000, f"/cases/{quote(MARK)}", "/static/x/y"])
async def test_an_address_where_nothing_is_runs_nothing(visitor: Browser, path: str) -> None:
    for headers in ({}, {"Accept": "text/html"}):
        shown = await visitor.ask("GET", path, headers=headers)
        assert shown.status in {404, 400}, shown
        assert "<script>alert(1)" not in shown.text
        hold_to_headers(shown)


async def raw(api: Api, request: bytes) -> str:
    """The whole answer to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(api.address).port)
    writer.write(request)
    await writer.drain()
    async with asyncio.timeout(10):
        text = (await reader.read()).decode(errors="replace")
    writer.close()
    return text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "localhost:80:80", "", "[::1].evil"]
)
async def test_another_host_gets_nothing(api: Api, host: str) -> None:
    for path in ("/", "/v1/cases", "/healthz"):
        text = await raw(api, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        assert re.match(r"HTTP/1.1 4(21|00) ", text), text[:200]
        assert "evil" not in text
        assert "Content-Security-Policy: default-src 'none'" in text


@pytest.mark.parametrize(
    "place",
    [
        "/static/../../settings.py",
        "/static/x/..%2f..%2fsettings.py",
        "/static/%2e%2e/%2e%2e/settings.py",
        "/static/x/%00site.css",
        "/static//etc/passwd",
        "/../../../etc/passwd",
        "/static/x/....//site.css",
    ],
)
async def test_no_address_leads_out_of_the_styles(api: Api, place: str) -> None:
    text = await raw(api, f"GET {place} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert re.match(r"HTTP/1.1 40[04] ", text), text[:200]
    assert "class Settings" not in text
    assert "root:" not in text


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"\x16\x03\x01",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 20000 + b"\r\n\r\n",
    ],
)
async def test_what_is_no_http_gets_a_problem_and_no_version(api: Api, request_line: bytes) -> None:
    text = await raw(api, request_line)
    assert re.match(r"HTTP/1.[01] 400 ", text), text[:200]
    assert "Content-Security-Policy" in text
    assert not re.search("python|aiohttp", text, re.IGNORECASE)


BACKS: Final = {
    "/cases?page=2": "/cases?page=2",
    "//evil.example": "/",
    "///evil.example": "/",
    "/\\evil.example": "/",
    "https://evil.example": "/",
    "javascript:alert(1)": "/",
    "evil": "/",
    "": "/",
    "/\t/evil.example": "/",
    "/\r\nSet-Cookie: x=1": "/",
    "/\u0000": "/",
    "/a\u2028b": "/",
    "\\\\evil.example": "/",
}


@pytest.mark.parametrize("back", BACKS)
async def test_a_form_leads_back_to_this_site_alone(visitor: Browser, back: str) -> None:
    start = await visitor.get("/apply")
    form = next(one for one in start.page.forms if one.action == "/language")
    shown = await visitor.send(start, form, language="en", back=back)
    assert shown.status == 303, shown
    assert shown.headers["Location"] == BACKS[back]
    assert len(shown.cookies) == 1


FOREIGN: Final = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost:1"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
)


def fitting(right: Admits) -> Role:
    """A role that gets in; a handling lawyer only where nobody else does, since a lawyer sees own cases alone."""
    roles = [role for role in Role if Person(name="x", account=uuid4(), roles=frozenset({role})).may(right)]
    return min(roles, key=lambda role: role is Role.HANDLING_LAWYER)


async def test_no_page_takes_a_form_from_another_site_or_of_another_session(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        guarded = await stack.enter_async_context(serving(tmp_path, sign_in="required"))
        people = {role: await signed_in(guarded, role) for role in Role}
        another = (await signed_in(guarded, Role.INTAKE)).headers
        session = await stack.enter_async_context(browser(guarded.address).session)
        one = Browser(session=session, address=guarded.address)
        for route in FORMS:
            own = people[fitting(route.right)].headers | {"Content-Type": FORM}
            if route.before is not None:
                # Nobody visits here, so nothing of the form is read.
                assert (await one.ask("POST", at(route), data="", headers=own)).status == 303
                continue
            for headers in FOREIGN:
                shown = await one.ask("POST", at(route), data=f"csrf={own[HEADER]}", headers=own | headers)
                assert shown.status == 403, shown
                assert "表单来自其他网站" in shown.text or "{case}" in route.path, shown
            for data in ("", "csrf=", f"csrf={another[HEADER]}", f"csrf={own[HEADER]}x"):
                shown = await one.ask("POST", at(route), data=data, headers=own | {HEADER: ""})
                assert shown.status == 403, shown
                assert "表单不属于" in shown.text or "{case}" in route.path, shown
            for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
                shown = await one.ask("POST", at(route), data="{}", headers=own | {"Content-Type": kind})
                assert shown.status in {400, 403, 415}, shown
                hold_to_headers(shown)


async def test_behind_a_proxy_every_answer_asks_for_https_and_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        behind = serving(tmp_path, sign_in="required", public_url="https://aid.example")
        public = await stack.enter_async_context(behind)
        session = await stack.enter_async_context(browser(public.address).session)
        one = Browser(session=session, address=public.address)
        for path, host in (("/sign-in", "aid.example"), ("/nowhere", "aid.example"), ("/sign-in", "evil.example")):
            shown = await one.get(path, Host=host)
            assert shown.headers["Strict-Transport-Security"].startswith("max-age="), shown
            hold_to_headers(shown)
            for cookie in shown.cookies:
                assert cookie.startswith("__Host-"), cookie
                assert "; Secure" in cookie, cookie
        assert (await one.get("/sign-in", Host="aid.example")).status == 200
        assert (await one.get("/sign-in", Host="evil.example", X_Forwarded_Host="aid.example")).status == 421


POLYGLOTS: Final = {
    "a page": b"<!DOCTYPE html><script>alert(1)</script>",
    "a picture with a script": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "a script that looks like a picture": b"GIF89a/*\x00*/=alert(1);//",
    "a page behind the sign of a PDF": b"%PDF-1.7<script>alert(1)</script>",
    "a document of XML": b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><x>&e;</x>",
    "an archive": b"PK\x03\x04" + bytes(40),
}


@pytest.mark.parametrize("name", POLYGLOTS)
@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "image/jpeg", "image/svg+xml", "text/html"])
async def test_a_file_that_could_run_is_refused_or_comes_back_as_a_download(
    visitor: Browser, name: str, kind: str
) -> None:
    sent = await visitor.ask("POST", "/v1/files?name=x", data=POLYGLOTS[name], headers={"Content-Type": kind})
    if sent.status >= 300:
        assert sent.status in {415, 422}, sent
        return
    shown = await visitor.get(sent.headers["Location"])
    assert shown.headers["Content-Type"] == kind
    assert shown.headers["Content-Disposition"].startswith("attachment"), shown
    assert shown.headers["Content-Security-Policy"].endswith("sandbox"), shown
    hold_to_headers(shown)


async def test_the_name_of_a_download_makes_no_header(visitor: Browser) -> None:
    sent = await visitor.ask("POST", "/v1/files?name=x", data=a_pdf(), headers={"Content-Type": "application/pdf"})
    assert sent.status in {200, 201}, sent
    name = quote('x"\r\nSet-Cookie: a=b; filename=y.html\u202e', safe="")
    shown = await visitor.get(f"{sent.headers['Location']}?name={name}")
    assert "Set-Cookie" not in shown.headers
    assert shown.status == 422 or shown.headers["Content-Disposition"].startswith('attachment; filename="x_'), shown


async def test_files_come_in_only_so_often(api: Api, visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    now = api.node.web.clock()
    monkeypatch.setattr(api.node.web.limits, "clock", lambda: now)
    shown = None
    for _ in range(Limited.UPLOAD.value.burst + 1):
        shown = await visitor.ask("POST", "/v1/files?name=x", data=b"", headers={"Content-Type": "text/html"})
        if shown.status == 429:
            break
    assert shown is not None
    assert shown.status == 429
    assert int(shown.headers["Retry-After"]) > 0
    hold_to_headers(shown)
