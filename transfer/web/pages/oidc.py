"""Signing in by a provider of OpenID Connect, linking an account to it, and being signed out by it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs, quote, unquote

from pydantic import BaseModel, ConfigDict

from transfer.crypto.credentials import new_secret
from transfer.domain.accounts import Due
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.web.answers import Reply
from transfer.web.cookies import SESSION, name_of, setting
from transfer.web.faults import (
    BadRequest,
    CrossSite,
    Fault,
    NotFound,
    NotLinked,
    ProviderSaysNo,
    ProviderUnavailable,
    SignInStale,
    SignInUnproven,
)
from transfer.web.limits import Limited
from transfer.web.oidc import ANSWER_SECONDS, MOST_BYTES, Flow, Provider, Subject
from transfer.web.pages.rendering import see_other
from transfer.web.pages.shell import own_path
from transfer.web.route import Ask

BACK: Final = "/sign-in/oidc/callback"
COOKIE: Final = "oidc"
FLOW_SECONDS: Final = 600
_FORM: Final = "application/x-www-form-urlencoded"


class Wanted(BaseModel):
    """Where to go when signed in."""

    back: str = "/"


class Returned(BaseModel):
    """What a provider sends a browser back with; it may add what it likes."""

    model_config = ConfigDict(extra="ignore")

    state: str = ""
    code: str = ""
    iss: str | None = None
    error: str | None = None


async def begin(ask: Ask) -> Reply:
    """Leads to the provider: to sign in, or, for whoever is signed in, to be linked to the account there."""
    provider = _provider(ask)
    if ask.headers.get("Sec-Fetch-Site") not in {None, "same-origin", "none"}:
        raise CrossSite
    wanted: Wanted = ask.query
    secret = new_secret()
    where = await provider.begin(Flow(secret=secret, account=_linking(ask)), _redirect(ask))
    value = f"{secret}|{quote(own_path(wanted.back), safe='')}"
    return see_other(where, cookies=(setting(COOKIE, value, ask.parts.settings, seconds=FLOW_SECONDS),))


async def finish(ask: Ask) -> Reply:
    """Takes whoever comes back. What comes to nothing is noted."""
    returned: Returned = ask.query
    settings, door = ask.parts.settings, ask.parts.door
    secret, _, back = ask.cookies.get(name_of(COOKIE, settings), "").partition("|")
    flow = Flow(secret=secret, account=_linking(ask))
    provider = _provider(ask)
    try:
        if not secret:
            raise SignInStale
        who = await provider.finish(flow, _redirect(ask), returned.model_dump(exclude_none=True))
    except (SignInStale, ProviderSaysNo, SignInUnproven, ProviderUnavailable) as error:
        await _note_refusal(ask, error)
        raise
    used = setting(COOKIE, "", settings, seconds=0)
    if ask.known is not None and flow.account:
        await ask.parts.roll.link(ask.known.account, who.issuer, who.subject, by=ask.who.name)
        return see_other("/account", cookies=(used,))
    account = await door.accounts.of_subject(who.issuer, who.subject)
    if account is None or account.disabled:
        await _note_refusal(ask, NotLinked())
        raise NotLinked
    begun = await door.admit(account, ask.came, confirmed=who.acr in settings.oidc_acr)
    wanted = own_path(unquote(back))
    where = wanted if begun.due is Due.NOTHING else f"/sign-in/next?back={quote(wanted, safe='')}"
    return see_other(where, cookies=(setting(SESSION, begun.secret, settings), used))


async def sign_out(ask: Ask) -> Reply:
    """The provider says that somebody signed out there: the sessions of the account end that began before
    (Back-Channel Logout 1.0). A token that is played again ends none that began since."""
    provider = _provider(ask)
    content = await _start_of(ask.content)
    given = parse_qs(content.decode("ascii", errors="replace")).get("logout_token", [])
    if ask.headers.get("Content-Type", "").partition(";")[0].strip().lower() != _FORM or len(given) != 1:
        raise BadRequest("One logout_token is due, as a form.")
    try:
        who, before = await provider.signed_out(given[0])
    except SignInUnproven as error:
        await _note_refusal(ask, error)
        raise BadRequest(f"The logout_token does not hold: {error.members['code']}.") from None
    await _end_all(ask, who, before)
    return Reply()


async def _start_of(content: AsyncIterator[bytes] | None) -> bytes:
    found = b""
    if content is not None:
        async with asyncio.timeout(ANSWER_SECONDS):
            while len(found) <= MOST_BYTES and (piece := await anext(content, b"")):
                found += piece
    return found


async def _end_all(ask: Ask, who: Subject, before: datetime) -> None:
    accounts = ask.parts.door.accounts
    account = await accounts.of_subject(who.issuer, who.subject)
    if account is None:
        return
    if sessions := [one for one in await accounts.sessions(account.id) if one.made_at < before]:
        facts = {"event": "signed_out_by_provider", "account": str(account.id)}
        told = Happened(kind=Kind.SIGN_IN, at=ask.parts.clock(), facts=facts, texts={"by": account.name})
        await accounts.end([one.digest for one in sessions], told)


async def _note_refusal(ask: Ask, error: Fault) -> None:
    code = error.members.get("code", type(error).__name__)
    facts = {"event": "refused", "account": None, "provider": ask.parts.settings.oidc_issuer, "code": code}
    texts = {"by": "unknown", "address": ask.came.address}
    await ask.parts.ledger.note(Happened(kind=Kind.SIGN_IN, at=ask.parts.clock(), facts=facts, texts=texts))


def _provider(ask: Ask) -> Provider:
    """Raises NotFound where there is none, and TooManyRequests."""
    if ask.parts.provider is None:
        raise NotFound
    ask.parts.limits.take(Limited.SIGN_IN, ask.came.address)
    return ask.parts.provider


def _linking(ask: Ask) -> str:
    """Who asks to be linked: whoever is wholly signed in."""
    return str(ask.who.account) if ask.known is not None and ask.who.confirmed else ""


def _redirect(ask: Ask) -> str:
    """Where the provider sends browsers back; the very address that is registered there."""
    return f"{ask.origin}{BACK}"
