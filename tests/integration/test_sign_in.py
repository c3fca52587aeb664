"""Signing in by pages: what is refused and what then pauses, which secrets change when, and what the database holds."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
import pytest
import pytest_asyncio
from yarl import URL

from tests.integration.api_node import Api, serving
from tests.noted import noted
from tests.staff import a_token, signed_in
from transfer.actions.roll import NewAccount
from transfer.crypto.credentials import hash_password, password_fits
from transfer.domain.rights import Role
from transfer.ledger.entry import Kind
from transfer.telemetry import clock

pytestmark = pytest.mark.asyncio(loop_scope="module")
GOOD = "稻花香两岸 一条大河 and boats"


@dataclass(slots=True, kw_only=True)
class Moving:
    """The node's clock, which a test may move on."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return clock.now() + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a browser shows."""

    status: int
    path: str
    text: str

    @property
    def token(self) -> str:
        """That of its forms."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found, self.text
        return found[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """Keeps cookies, follows redirects, sends forms with the token of the page that they stand on."""

    session: aiohttp.ClientSession

    async def get(self, path: str) -> Page:
        async with self.session.get(path) as answer:
            return Page(status=answer.status, path=answer.url.path, text=await answer.text())

    async def post(self, path: str, on: Page | None = None, **fields: str) -> Page:
        data = fields | ({"csrf": on.token} if on else {})
        async with self.session.post(path, data=data) as answer:
            return Page(status=answer.status, path=answer.url.path, text=await answer.text())

    async def sign_in(self, login: str, password: str) -> Page:
        return await self.post("/sign-in", await self.get("/sign-in"), login=login, password=password, back="/account")

    @property
    def cookie(self) -> str:
        return next((one.value for one in self.session.cookie_jar if one.key == "session"), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A node with sign-in, and whoever comes to it."""

    api: Api
    clock: Moving
    folder: Path

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.api.address, cookie_jar=jar) as session:
            yield Browser(session=session)

    async def person(self, login: str, *roles: Role) -> str:
        """Somebody with a password that is chosen already, and no second factor."""
        new = NewAccount(login=login, name=f"名 {login}", institution=self.api.region, roles=frozenset(roles))
        account, _ = await self.api.node.web.roll.add(new, by="test")
        told = self.api.node.web.roll._told("reset", account, "test")
        changes = {"must_change": False, "password": hash_password(GOOD)}
        await self.api.node.web.door.accounts.change(account.id, changes, told)
        return GOOD

    async def told(self, kind: Kind, login: str) -> list[Any]:
        """The events that the ledger has of this account."""
        account = await self.api.node.web.roll.find(login)
        found = await noted(self.api.node.store.engine, kind)
        return [one.facts["event"] for one in found if one.facts["account"] == str(account.id)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ground(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ground]:
    folder = tmp_path_factory.mktemp("sign-in")
    async with serving(folder, sign_in="required") as api:
        moving = Moving()
        api.node.web.door.clock = moving
        yield Ground(api=api, clock=moving, folder=folder)


async def test_a_name_that_nobody_has_and_a_wrong_password_get_the_same_answer(ground: Ground) -> None:
    await ground.person("same", Role.INTAKE)
    pages = []
    for login in ("same", "nobody-has-this"):
        async with ground.browser() as browser:
            page = await browser.sign_in(login, "no such password")
            shown = re.sub(r'value="[^"]*"', "", page.text.replace(login, ""))
            pages.append((page.status, shown))
    assert pages[0] == pages[1]
    assert pages[0][0] == 422


async def test_checking_takes_as_long_where_there_is_nothing_to_check(ground: Ground) -> None:
    kept = hash_password(GOOD)
    password_fits(None, "x")

    def seconds(given: str | None) -> float:
        started = time.perf_counter()
        for _ in range(3):
            assert not password_fits(given, "no such password")
        return time.perf_counter() - started

    pairs = [(seconds(kept), seconds(None)) for _ in range(5)]
    assert 0.3 < min(one for one, _ in pairs) / min(other for _, other in pairs) < 3


async def test_after_three_failures_even_the_right_password_waits_and_the_pause_grows(ground: Ground) -> None:
    password = await ground.person("locked", Role.INTAKE)
    async with ground.browser() as browser:
        for _ in range(3):
            assert (await browser.sign_in("locked", "wrong")).status == 422
        assert (await browser.sign_in("locked", password)).status == 429
        ground.clock.ahead += timedelta(seconds=61)
        assert (await browser.sign_in("locked", "wrong")).status == 422
        ground.clock.ahead += timedelta(seconds=61)
        assert (await browser.sign_in("locked", password)).status == 429
        ground.clock.ahead += timedelta(seconds=60)
        assert (await browser.sign_in("locked", password)).path == "/account"
    assert await ground.told(Kind.SIGN_IN, "locked") == ["refused"] * 4 + ["signed_in"]
    last = (await noted(ground.api.node.store.engine, Kind.SIGN_IN))[-2]
    assert last.facts["pauses_until"]
    assert b"127.0.0.1" not in last.body


async def test_whoever_administers_security_ends_a_pause(ground: Ground) -> None:
    password = await ground.person("freed", Role.INTAKE)
    async with ground.browser() as browser:
        for _ in range(3):
            await browser.sign_in("freed", "wrong")
        await ground.api.node.web.roll.unlock(await ground.api.node.web.roll.find("freed"), by="test")
        assert (await browser.sign_in("freed", password)).path == "/account"


async def test_a_form_without_its_token_or_with_that_of_another_browser_is_not_taken(ground: Ground) -> None:
    password = await ground.person("formal", Role.INTAKE)
    fields = {"login": "formal", "password": password, "back": "/account"}
    async with ground.browser() as browser, ground.browser() as other:
        assert (await browser.post("/sign-in", None, **fields)).status == 403
        await browser.get("/sign-in")
        assert (await browser.post("/sign-in", await other.get("/sign-in"), **fields)).status == 403
        assert not browser.cookie
        inside = await browser.sign_in("formal", password)
        assert (await browser.post("/sign-out", await other.get("/sign-in"))).status == 403
        assert (await browser.get("/account")).path == "/account"
        assert (await browser.post("/sign-out", inside)).path == "/sign-in"
        assert not browser.cookie


async def test_a_session_at_the_api_sends_a_token_or_comes_from_this_site(ground: Ground) -> None:
    who = await signed_in(ground.api, Role.INTAKE)
    bare = {"Cookie": who.headers["Cookie"]}
    for wrong in ({}, {"X-CSRF-Token": "x"}, {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await ground.api.ask("POST", "/v1/cases", json={}, headers=bare | wrong)
        assert answer.status == 403, wrong
    for right in ({"X-CSRF-Token": who.headers["X-CSRF-Token"]}, {"Origin": ground.api.address}):
        answer = await ground.api.ask("POST", "/v1/cases", json={}, headers=bare | right)
        assert (answer.status, answer.kind) == (400, "key-missing"), right


async def test_a_session_that_was_planted_before_is_none_afterwards(ground: Ground) -> None:
    password = await ground.person("fixed", Role.INTAKE)
    planted = "planted-by-somebody-else"
    async with ground.browser() as browser:
        browser.session.cookie_jar.update_cookies({"session": planted}, URL(ground.api.address))
        assert (await browser.sign_in("fixed", password)).path == "/account"
        assert browser.cookie != planted
    assert await ground.api.node.web.door.known(planted) is None


async def test_a_session_ends_when_it_rests_and_in_any_case_after_its_longest(ground: Ground) -> None:
    password = await ground.person("idle", Role.INTAKE)
    async with ground.browser() as browser:
        await browser.sign_in("idle", password)
        for _ in range(2):
            ground.clock.ahead += timedelta(minutes=29)
            assert (await browser.get("/account")).path == "/account"
        ground.clock.ahead += timedelta(minutes=31)
        assert (await browser.get("/account")).path == "/sign-in"
        await browser.sign_in("idle", password)
        for _ in range(24):
            ground.clock.ahead += timedelta(minutes=29, seconds=30)
            assert (await browser.get("/account")).path == "/account"
        ground.clock.ahead += timedelta(minutes=20)
        assert (await browser.get("/account")).path == "/sign-in"


async def test_what_a_page_does_by_itself_keeps_no_session_alive(ground: Ground) -> None:
    password = await ground.person("away", Role.INTAKE)
    by_itself = {"X-By-Itself": "1"}
    async with ground.browser() as browser:
        for path, headers in (("/cases", by_itself), ("/cases/events", {}), ("/v1/cases", by_itself)):
            await browser.sign_in("away", password)
            for minutes, status in ((20, 200), (20, 303 if path.startswith("/cases") else 401)):
                ground.clock.ahead += timedelta(minutes=minutes)
                async with browser.session.get(path, headers=headers, allow_redirects=False) as answer:
                    assert answer.status == status, path


async def test_a_session_began_when_the_signing_in_did_however_often_its_secret_changes(ground: Ground) -> None:
    password = await ground.person("began", Role.INTAKE)
    door = ground.api.node.web.door
    async with ground.browser() as browser:
        await browser.sign_in("began", password)
        first = await door.known(browser.cookie)
        ground.clock.ahead += timedelta(minutes=5)
        page = await browser.get("/account/password")
        other = "山高月小 水落石出 and stones"
        await browser.post("/account/password", page, old=password, new=other, again=other, back="/account")
        second = await door.known(browser.cookie)
    assert first
    assert second
    assert first.session.digest != second.session.digest
    assert (first.session.made_at, first.session.ends_at) == (second.session.made_at, second.session.ends_at)


async def test_signing_out_everywhere_ends_the_sessions_of_all_browsers(ground: Ground) -> None:
    password = await ground.person("everywhere", Role.INTAKE)
    async with ground.browser() as one, ground.browser() as other:
        await one.sign_in("everywhere", password)
        page = await other.sign_in("everywhere", password)
        await other.post("/sign-out", page, everywhere="yes")
        assert (await one.get("/account")).path == "/sign-in"


async def test_the_whole_way_of_an_administrator_leaves_no_secret_in_the_database(ground: Ground) -> None:
    roll, door = ground.api.node.web.roll, ground.api.node.web.door
    new = NewAccount(
        login="whole", name="全程", institution=ground.api.region, roles=frozenset({Role.SECURITY_ADMINISTRATOR})
    )
    account, first = await roll.add(new, by="test")
    async with ground.browser() as browser:
        page = await browser.sign_in("whole", first)
        assert page.path == "/account/password"
        assert (await browser.get("/accounts")).path == "/account/password"
        early = browser.cookie
        page = await browser.post("/account/password", page, old=first, new=GOOD, again=GOOD, back="/accounts")
        assert page.path == "/account/second-factor"
        key = re.search(r'name="secret" value="(\w+)"', page.text)
        assert key
        app = pyotp.TOTP(key[1])
        now = app.generate_otp(int(ground.clock().timestamp()) // 30)
        page = await browser.post("/account/second-factor", page, secret=key[1], code=now, back="/accounts")
        codes = re.findall(r"<li><code>(.*?)</code>", page.text)
        assert len(set(codes)) == 10
        late = browser.cookie
        assert len({early, late}) == 2
        assert await door.known(early) is None
        page = await browser.get("/accounts")
        assert page.path == "/accounts"
        await browser.post("/sign-out", page)

        page = await browser.sign_in("whole", GOOD)
        assert page.path == "/sign-in/code"
        half = browser.cookie
        page = await browser.post("/sign-in/code", page, code=now, back="/accounts")
        assert page.status == 422, "a code is taken once"
        page = await browser.post("/sign-in/code", page, code=codes[0].lower(), back="/accounts")
        assert page.path == "/accounts"
        assert await door.known(half) is None
        await browser.post("/sign-out", page)
        page = await browser.sign_in("whole", GOOD)
        page = await browser.post("/sign-in/code", page, code=codes[0], back="/accounts")
        assert page.status == 422, "a recovery code too"
        token = await a_token(ground.api, account)
        secrets = [first, GOOD, key[1], *codes, early, half, late, browser.cookie, token]
    kept = b"".join(path.read_bytes() for path in ground.folder.glob(f"{ground.api.region}.db*"))
    assert b"$argon2id$" in kept, "it was looked at in the right place"
    assert [one for one in secrets if one.encode() in kept] == []
    assert "second_factor_set" in await ground.told(Kind.ACCOUNT, "whole")


async def test_a_first_password_that_is_not_used_in_time_opens_nothing_and_a_used_one_is_replaced_first(
    ground: Ground,
) -> None:
    roll = ground.api.node.web.roll
    new = NewAccount(login="late", name="迟到", institution=ground.api.region, roles=frozenset({Role.INTAKE}))
    account, first = await roll.add(new, by="test")
    async with ground.browser() as browser:
        ground.clock.ahead += timedelta(days=6, hours=23)
        assert (await browser.sign_in("late", first)).path == "/account/password"
        assert (await browser.get("/cases")).path == "/account/password"
        ground.clock.ahead += timedelta(hours=1)
        page = await browser.sign_in("late", first)
        assert (page.status, "首次登录口令逾期未使用" in page.text) == (422, True)
        page = await browser.sign_in("late", "another")
        assert (page.status, "首次登录口令逾期未使用" in page.text) == (422, False)
        second = await roll.reset(account, by="test")
        assert (await browser.sign_in("late", second)).path == "/account/password"
    assert "first_password_ended" in await ground.told(Kind.SIGN_IN, "late")


async def test_an_account_that_is_disabled_or_reset_is_out_at_once(ground: Ground) -> None:
    roll = ground.api.node.web.roll
    password = await ground.person("gone", Role.INTAKE)
    async with ground.browser() as browser:
        await browser.sign_in("gone", password)
        account = await roll.find("gone")
        await roll.set_disabled(account, disabled=True, by="test")
        assert (await browser.get("/account")).path == "/sign-in"
        assert (await browser.sign_in("gone", password)).status == 422
        await roll.set_disabled(account, disabled=False, by="test")
        await browser.sign_in("gone", password)
        first = await roll.reset(account, by="test")
        assert (await browser.get("/account")).path == "/sign-in"
        assert (await browser.sign_in("gone", password)).status == 422
        assert (await browser.sign_in("gone", first)).path == "/account/password"


async def test_cookies_are_for_this_host_and_no_script_and_forms_lead_nowhere_else(ground: Ground) -> None:
    password = await ground.person("cookie", Role.INTAKE)
    async with ground.browser() as browser:
        page = await browser.get("/sign-in")
        fields = {"login": "cookie", "password": password, "csrf": page.token, "back": "//elsewhere.example/"}
        async with browser.session.post("/sign-in", data=fields, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            [cookie] = answer.headers.getall("Set-Cookie")
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")


async def test_behind_https_cookies_are_secure_and_hosts_and_origins_are_those_of_the_address(tmp_path: Path) -> None:
    async with serving(tmp_path, sign_in="required", public_url="https://aid.example") as api:
        here = {"Host": "aid.example"}
        async with api.session.get("/sign-in", headers=here) as answer:
            [cookie] = answer.headers.getall("Set-Cookie")
            assert cookie.startswith("__Host-visit=")
            assert "; Secure" in cookie
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
            token = re.search(r'name="csrf" value="([^"]+)"', await answer.text())
        assert token
        seed = {"Cookie": cookie.partition(";")[0], "Origin": "https://aid.example"}
        async with api.session.post(
            "/apply", data={"csrf": token[1], "read": "yes"}, headers=here | seed, allow_redirects=False
        ) as begun:
            [visit] = begun.headers.getall("Set-Cookie")
        assert visit.startswith("__Host-worker=")
        assert "; Secure" in visit
        assert (await api.get("/healthz", Host="elsewhere.example")).status == 421
        form = {"Content-Type": "application/x-www-form-urlencoded", "Accept-Language": "en"}
        for origin in ("http://aid.example", "https://elsewhere.example"):
            headers = here | form | {"Origin": origin}
            async with api.session.post("/sign-in", data=b"", headers=headers) as refused:
                assert refused.status == 403
                assert "another site" in await refused.text()
