"""Signing in by a real provider of OpenID Connect, with a browser that follows its redirects, and all that can be wrong
with what comes back."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio

from tests import staff
from tests.integration.api_node import ZHONGSHAN, Api, serving
from tests.integration.looked_at import Browser, Shown, browser
from tests.noted import noted
from tests.oidc_provider.people import CLIENT, PASSWORD, PUBLIC, SECRET
from transfer.actions.roll import NewAccount
from transfer.crypto.id_tokens import SKEW
from transfer.domain.rights import Role
from transfer.ledger.entry import Kind
from transfer.web.faults import ProviderUnavailable
from transfer.web.oidc import Flow

CHEN: Final = "chen.jing"
START: Final = "/sign-in/oidc"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """The process, and how it is told what to do."""

    issuer: str

    async def told(self, **told: Any) -> str:
        one = browser(self.issuer)
        async with one.session:
            shown = await one.ask("POST", "/test", json=told)
        assert shown.status == 200, shown
        return shown.text


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def provider() -> AsyncIterator[Provider]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.oidc_provider", stdin=pipe, stdout=pipe)
    assert process.stdout is not None
    assert process.stdin is not None
    async with asyncio.timeout(60):
        issuer = (await process.stdout.readline()).decode().strip()
    yield Provider(issuer=issuer)
    process.stdin.close()
    await process.wait()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> AsyncIterator[Api]:
    folder = tmp_path_factory.mktemp("oidc")
    secret = folder / "secret"
    secret.write_text(f"{SECRET}\n")
    async with serving(
        folder,
        sign_in="required",
        oidc_issuer=provider.issuer,
        oidc_client=CLIENT,
        oidc_secret_file=secret,
        oidc_name="统一身份认证",
    ) as one:
        yield one


def forget(api: Api) -> None:
    """The node knows nothing of the provider any more, nor how often it was tried."""
    known = api.node.web.provider
    assert known is not None
    known._known = known._again_at = None
    api.node.web.limits._full_at.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(api: Api, provider: Provider) -> AsyncIterator[Browser]:
    """A browser, at a node with a fresh view of a provider that does nothing wrong."""
    await provider.told()
    forget(api)
    one = browser(api.address)
    async with one.session:
        yield one


_made: Final[list[str]] = []


async def linked(api: Api, provider: Provider, subject: str, *roles: Role) -> Any:
    """An account that this subject signs in to, as an administrator links it."""
    _made.append(subject)
    new = NewAccount(
        login=f"person-{len(_made)}",
        name=f"陈静{len(_made)}",
        institution=ZHONGSHAN,
        roles=frozenset(roles or {Role.INTAKE}),
    )
    account, _ = await api.node.web.roll.add(new, by="管理员")
    for other in await api.node.web.door.accounts.all():
        if (other.issuer, other.subject) == (provider.issuer, subject):
            await api.node.web.roll.link(other, None, None, by="管理员")
    await api.node.web.roll.link(account, provider.issuer, subject, by="管理员")
    return await api.node.web.door.accounts.account(account.id)


async def to_callback(one: Browser, start: str = START, person: str = CHEN) -> str:
    """Through the provider's pages, up to where it sends the browser back."""
    shown = await one.get(start)
    assert shown.status == 303, shown
    for _ in range(8):
        where = shown.location
        if one.at_home(where):
            return where
        shown = await one.get(where)
        if shown.status == 200 and shown.page.forms:
            form = shown.page.forms[0]
            shown = await one.send(shown, form, username=person, password=PASSWORD)
            assert shown.status == 302, shown
    raise AssertionError(shown)


async def signed_in(one: Browser, **how: str) -> Shown:
    return await one.get(await to_callback(one, **how))


async def refusals(api: Api) -> list[str]:
    """The codes of refused sign-ins in the ledger."""
    found = await noted(api.node.store.engine, Kind.SIGN_IN)
    return [one.facts["code"] for one in found if one.facts["event"] == "refused"]


async def hold_to_refusal(api: Api, shown: Shown, status: int, title: str, code: str) -> None:
    """A page that says what is wrong, no session, and an entry in the ledger."""
    assert shown.status == status, shown
    assert title in shown.text, shown
    assert not any(cookie.startswith("session=") for cookie in shown.cookies)
    assert (await refusals(api))[-1] == code


async def test_whoever_is_linked_signs_in_and_reads_what_the_roles_open(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    await linked(api, provider, "1")
    assert (await visitor.get("/v1/cases")).status == 401
    shown = await signed_in(visitor, start=f"{START}?back=/v1/cases%3Flimit=1")
    assert shown.status == 303, shown
    assert shown.headers["Location"] == "/v1/cases?limit=1"
    assert (await visitor.get(shown.location)).status == 200


async def test_the_browser_is_sent_with_a_challenge_and_brings_no_secret_along(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    shown = await visitor.get(START)
    asked = {name: value for name, (value,) in parse_qs(urlsplit(shown.location).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{api.address}/sign-in/oidc/callback"
    assert asked["prompt"] == "login"
    kept = shown.cookies[0].partition("=")[2].partition("|")[0]
    assert kept not in shown.location
    assert len({asked["state"], asked["nonce"], asked["code_challenge"], kept}) == 4
    again = await visitor.get(START)
    assert parse_qs(urlsplit(again.location).query)["state"] != [asked["state"]]


async def test_nobody_gets_an_account_by_signing_in_there(api: Api, provider: Provider, visitor: Browser) -> None:
    before = len(await api.node.web.door.accounts.all())
    shown = await signed_in(visitor, person="zhao.yun")
    await hold_to_refusal(api, shown, 403, "您的统一身份没有关联本节点的账户", "NotLinked")
    assert len(await api.node.web.door.accounts.all()) == before


async def test_a_disabled_account_is_not_signed_in_to(api: Api, provider: Provider, visitor: Browser) -> None:
    account = await linked(api, provider, "1")
    await api.node.web.roll.set_disabled(account, disabled=True, by="管理员")
    await hold_to_refusal(api, await signed_in(visitor), 403, "没有关联", "NotLinked")


async def test_the_provider_does_not_stand_for_the_second_factor(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    await linked(api, provider, "1", Role.APPROVER)
    await provider.told(claims={"acr": "phrh", "amr": ["otp", "mfa"]})
    shown = await signed_in(visitor)
    assert shown.status == 303, shown
    assert shown.headers["Location"].startswith("/sign-in/next")
    assert (await visitor.get("/v1/cases")).status in {401, 403}


WRONG: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "another issuer": ({"claims": {"iss": "https://evil.example"}}, "of-another-issuer"),
    "another audience": ({"claims": {"aud": "another"}}, "for-another-client"),
    "another nonce": ({"claims": {"nonce": "another"}}, "nonce-differs"),
    "no nonce": ({"claims": {"nonce": None}}, "nonce-differs"),
    "expired": ({"claims": {"exp": 1_700_000_000}}, "time-not-now"),
    "no signature": ({"key": "none"}, "algorithm-not-allowed"),
    "the public key as a shared secret": ({"key": "shared"}, "algorithm-not-allowed"),
    "another key": ({"key": "other"}, "bad-signature"),
    "unknown key": ({"header": {"kid": "unknown"}}, "unknown-key"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_an_id_token_is_refused_with(api: Api, provider: Provider, visitor: Browser, name: str) -> None:
    told, code = WRONG[name]
    await linked(api, provider, "1")
    where = await to_callback(visitor)
    await provider.told(**told)
    await hold_to_refusal(api, await visitor.get(where), 403, "登录凭证未通过核验", code)


async def test_a_code_counts_once(api: Api, provider: Provider, visitor: Browser) -> None:
    await linked(api, provider, "1")
    where = await to_callback(visitor)
    kept = next(one for one in visitor.session.cookie_jar if one.key == "oidc").value
    assert (await visitor.get(where)).status == 303
    assert not [one for one in visitor.session.cookie_jar if one.key == "oidc"]
    async with browser(api.address).session as fresh:
        other = Browser(session=fresh, address=api.address)
        shown = await other.get(where, Cookie=f"oidc={kept}")
    await hold_to_refusal(api, shown, 403, "登录凭证未通过核验", "code-refused")


async def test_a_sign_in_that_another_browser_began_ends_here(api: Api, provider: Provider, visitor: Browser) -> None:
    await linked(api, provider, "1")
    where = await to_callback(visitor)
    async with browser(api.address).session as fresh:
        other = Browser(session=fresh, address=api.address)
        await hold_to_refusal(api, await other.get(where), 403, "不是从本浏览器发起", "SignInStale")
        await other.get(START)
        await hold_to_refusal(api, await other.get(where), 403, "不是从本浏览器发起", "SignInStale")
    for changed in (where.replace("state=", "state=x"), where.replace("state=", "other=")):
        await hold_to_refusal(api, await visitor.get(changed), 403, "不是从本浏览器发起", "SignInStale")


@pytest.mark.parametrize("iss", ["https://evil.example", None])
async def test_an_answer_in_the_name_of_another_issuer_brings_no_code_there(
    api: Api, provider: Provider, visitor: Browser, iss: str | None
) -> None:
    where = urlsplit(await to_callback(visitor))
    asked = {name: value for name, (value,) in parse_qs(where.query).items()}
    assert asked.pop("iss") == provider.issuer
    changed = urlencode(asked | ({"iss": iss} if iss else {}))
    shown = await visitor.get(f"{where.path}?{changed}")
    await hold_to_refusal(api, shown, 403, "登录凭证未通过核验", "of-another-issuer")


async def test_a_provider_that_says_no_is_believed(api: Api, provider: Provider, visitor: Browser) -> None:
    start = await visitor.get(START)
    state = parse_qs(urlsplit(start.location).query)["state"][0]
    answer = urlencode({"state": state, "error": "access_denied", "iss": provider.issuer, "error_description": "<b>"})
    shown = await visitor.get(f"{START}/callback?{answer}")
    await hold_to_refusal(api, shown, 403, "统一身份认证未准许登录", "ProviderSaysNo")
    assert "<b>" not in shown.text


AWAY: Final[Mapping[str, tuple[Mapping[str, Any], str]]] = {
    "slow": ({"do": "slow"}, "no-answer"),
    "huge": ({"do": "huge"}, "too-large"),
    "broken": ({"do": "broken"}, "malformed"),
    "leading elsewhere": ({"do": "elsewhere"}, "status-302"),
}


@pytest.mark.parametrize("name", AWAY)
async def test_a_provider_is_given_up_that_is(
    api: Api, provider: Provider, visitor: Browser, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("transfer.web.oidc.ANSWER_SECONDS", 0.5)
    told, code = AWAY[name]
    where = await to_callback(visitor)
    await provider.told(path="/o/token/", **told)
    await hold_to_refusal(api, await visitor.get(where), 503, "统一身份认证暂时不可用", code)
    for path in ("/o/.well-known/jwks.json", "/o/.well-known/openid-configuration"):
        forget(api)
        await provider.told(path=path, **told)
        shown = await visitor.get(START)
        assert (shown.status, "统一身份认证暂时不可用" in shown.text) == (503, True), shown


@pytest.mark.parametrize(
    "says",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "http://evil.example/keys"},
        {"authorization_endpoint": "http://evil.example/"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_description_that_leads_away_is_not_followed(
    api: Api, provider: Provider, visitor: Browser, says: dict[str, str]
) -> None:
    place = "/o/.well-known/openid-configuration"
    known = (await visitor.get(f"{provider.issuer}/.well-known/openid-configuration")).text
    await provider.told(path=place, do="says", says=json.dumps(json.loads(known) | says))
    if "token_endpoint" in says:
        shown = await visitor.get(await to_callback(visitor))
        await hold_to_refusal(api, shown, 503, "统一身份认证暂时不可用", "not-https")
        return
    assert (await visitor.get(START)).status == 503
    assert api.node.web.provider is not None
    with pytest.raises(ProviderUnavailable) as caught:
        await api.node.web.provider.begin(Flow(secret="x"), "")
    assert caught.value.members["code"] in {"not-https", "of-another-issuer"}


async def test_a_browser_without_the_secret_of_a_sign_in_cannot_end_one(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    await linked(api, provider, "1")
    answer = urlencode({"state": Flow(secret="").part("state"), "code": "x", "iss": provider.issuer})
    for cookie in ("", "oidc=", "oidc=|/"):
        shown = await visitor.get(f"{START}/callback?{answer}", Cookie=cookie)
        await hold_to_refusal(api, shown, 403, "不是从本浏览器发起", "SignInStale")


async def test_a_provider_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    gone = {"oidc_issuer": "http://127.0.0.1:9/o", "oidc_client": "x"}
    async with serving(tmp_path, **gone) as api, browser(api.address).session as session:
        shown = await Browser(session=session, address=api.address).get(START)
    assert (shown.status, "统一身份认证暂时不可用" in shown.text) == (503, True), shown


async def test_a_node_without_provider_has_no_such_page(tmp_path: Path) -> None:
    async with serving(tmp_path) as api, browser(api.address).session as session:
        for path in (START, f"{START}/callback"):
            assert (await Browser(session=session, address=api.address).get(path)).status == 404


async def test_a_new_key_of_the_provider_is_asked_for_once_a_minute(
    api: Api, provider: Provider, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await linked(api, provider, "1")
    where = await to_callback(visitor)
    await provider.told(rotate=True)
    assert (await visitor.get(where)).status == 303
    where = await to_callback(visitor)
    await provider.told(rotate=True)
    await hold_to_refusal(api, await visitor.get(where), 403, "登录凭证未通过核验", "unknown-key")
    known = api.node.web.provider
    assert known is not None
    now = known.clock()
    monkeypatch.setattr(known, "clock", lambda: now + timedelta(seconds=61))
    assert (await signed_in(visitor)).status == 303


async def test_a_client_without_secret_signs_in_by_its_challenge_alone(
    tmp_path: Path, provider: Provider, visitor: Browser
) -> None:
    async with serving(tmp_path, oidc_issuer=provider.issuer, oidc_client=PUBLIC, sign_in="required") as api:
        await linked(api, provider, "1")
        async with browser(api.address).session as session:
            assert (await signed_in(Browser(session=session, address=api.address))).status == 303


async def test_an_acr_that_the_settings_name_is_the_second_factor(
    tmp_path: Path, provider: Provider, visitor: Browser
) -> None:
    named = {"oidc_issuer": provider.issuer, "oidc_client": PUBLIC, "oidc_acr": "phr,phrh"}
    async with serving(tmp_path, sign_in="required", **named) as api:
        await linked(api, provider, "1", Role.APPROVER)
        await provider.told(claims={"acr": "phrh"})
        async with browser(api.address).session as session:
            one = Browser(session=session, address=api.address)
            assert parse_qs(urlsplit((await one.get(START)).location).query)["acr_values"] == ["phr phrh"]
            assert (await signed_in(one)).headers["Location"] == "/"
            assert (await one.get("/v1/cases")).status == 200


async def test_whoever_is_signed_in_links_the_own_account(api: Api, provider: Provider, visitor: Browser) -> None:
    account = await linked(api, provider, "1")
    assert (await signed_in(visitor)).status == 303
    shown = await signed_in(visitor, person="zhao.yun")
    assert (shown.status, shown.headers["Location"]) == (303, "/account"), shown
    now = await api.node.web.door.accounts.account(account.id)
    assert now is not None
    assert (now.issuer, now.subject) == (provider.issuer, "2")


async def test_a_subject_belongs_to_one_account(api: Api, provider: Provider, visitor: Browser) -> None:
    await linked(api, provider, "2")
    await linked(api, provider, "1")
    assert (await signed_in(visitor)).status == 303
    assert (await signed_in(visitor, person="zhao.yun")).status == 409


async def test_the_security_administrator_links_an_account_on_its_page(api: Api, provider: Provider) -> None:
    admin, account = await staff.signed_in(api, Role.SECURITY_ADMINISTRATOR), await staff.an_account(api, Role.INTAKE)
    place = f"/accounts/{account.id}"
    async with browser(api.address).session as session:
        one = Browser(session=session, address=api.address)
        for subject, issuer in (("4711", provider.issuer), ("", None)):
            typed = {"do": "link", "subject": subject, "csrf": admin.headers["X-CSRF-Token"]}
            shown = await one.ask("POST", place, data=typed, headers=admin.headers)
            assert (shown.status, shown.headers["Location"]) == (303, place), shown
            now = await api.node.web.door.accounts.account(account.id)
            assert now is not None
            assert (now.issuer, now.subject) == (issuer, subject or None)
        taken = await linked(api, provider, "4712")
        typed = {"do": "link", "subject": taken.subject, "csrf": admin.headers["X-CSRF-Token"]}
        assert (await one.ask("POST", place, data=typed, headers=admin.headers)).status == 422


async def test_the_pages_offer_the_provider_by_its_name(api: Api, provider: Provider, visitor: Browser) -> None:
    shown = await visitor.get("/sign-in?back=/requests")
    assert "经统一身份认证登录" in shown.text
    assert "/sign-in/oidc?back=/requests" in shown.page.links
    await linked(api, provider, "1")
    assert (await signed_in(visitor)).status == 303
    assert "/sign-in/oidc" in (await visitor.get("/account")).page.links


async def test_another_site_cannot_begin_the_link(api: Api, provider: Provider, visitor: Browser) -> None:
    assert (await visitor.get(START, Sec_Fetch_Site="cross-site")).status == 403


async def test_what_is_begun_signed_out_does_not_link_who_signs_in_meanwhile(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    await linked(api, provider, "1")
    where = await to_callback(visitor, person="zhao.yun")
    kept = next(one for one in visitor.session.cookie_jar if one.key == "oidc").value
    assert (await signed_in(visitor)).status == 303
    visitor.session.cookie_jar.update_cookies({"oidc": kept})
    await hold_to_refusal(api, await visitor.get(where), 403, "不是从本浏览器发起", "SignInStale")


OUT: Final[dict[str, Any]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


async def test_who_signs_out_at_the_provider_is_signed_out_here(api: Api, provider: Provider, visitor: Browser) -> None:
    await linked(api, provider, "1")
    assert (await signed_in(visitor)).status == 303
    assert (await visitor.get("/v1/cases")).status == 200
    token = await provider.told(logout={"sub": "1", "events": OUT})
    async with browser(api.address).session as session:
        shown = await Browser(session=session, address=api.address).post(f"{START}/sign-out", {"logout_token": token})
    assert shown.status == 200, shown
    assert (await visitor.get("/v1/cases")).status == 401


async def test_a_logout_token_that_is_played_again_ends_no_session_that_began_since(
    api: Api, provider: Provider, visitor: Browser
) -> None:
    await linked(api, provider, "1")
    token = await provider.told(logout={"sub": "1", "events": OUT, "iat": int(time.time()) - SKEW - 5})
    assert (await signed_in(visitor)).status == 303
    async with browser(api.address).session as session:
        shown = await Browser(session=session, address=api.address).post(f"{START}/sign-out", {"logout_token": token})
    assert shown.status == 200, shown
    assert (await visitor.get("/v1/cases")).status == 200


@pytest.mark.parametrize(
    "claims",
    [{"sub": "1"}, {"sub": "1", "events": OUT, "nonce": "x"}, {"events": OUT}, {"sub": "1", "events": OUT, "aud": "x"}],
)
async def test_a_logout_token_that_is_none_ends_nothing(
    api: Api, provider: Provider, visitor: Browser, claims: dict[str, Any]
) -> None:
    await linked(api, provider, "1")
    assert (await signed_in(visitor)).status == 303
    token = await provider.told(logout=claims)
    for given in ({"logout_token": token}, {"logout_token": "x" * 300_000}, {}):
        async with browser(api.address).session as session:
            shown = await Browser(session=session, address=api.address).post(f"{START}/sign-out", given)
        assert shown.status == 400, shown
    assert (await visitor.get("/v1/cases")).status == 200


async def test_attempts_are_limited_by_address(api: Api, provider: Provider, visitor: Browser) -> None:
    statuses = [(await visitor.get(START)).status for _ in range(25)]
    assert statuses[0] == 303
    assert statuses[-1] == 429
