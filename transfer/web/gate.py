"""Who asks, and whether that person gets in: by right, by institution, by case."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from aiohttp import web

from transfer.actions.door import Came, Known, SecondFactorOwed
from transfer.domain.rights import NOBODY, UNBOUND, Admits, Anyone, Person, Right
from transfer.web.answers import EVENT_STREAM
from transfer.web.cookies import HEADER, SESSION, form_fits, name_of, seed_of
from transfer.web.faults import (
    CrossSite,
    FormNotYours,
    NotAllowed,
    NotSignedIn,
    NotYou,
    NotYourCase,
    NotYourInstitution,
)
from transfer.web.parts import Parts
from transfer.web.route import Route

_BEARER: Final = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]{16,200})", re.IGNORECASE)
BY_ITSELF: Final = "X-By-Itself"
"""A header of what a page reads again without anybody's doing; it keeps no session alive, and neither does a stream."""
_READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Who asks, and from where; ``known`` where a session says so."""

    who: Person
    came: Came
    known: Known | None = None


async def who_asks(request: web.Request, parts: Parts, route: Route) -> Asking:
    """The person whose session or token came with the request; raises NotSignedIn for a token that opens nothing, but
    where everybody gets in, and what is shown may be the ticket of another region."""
    settings = parts.settings
    secret = request.cookies.get(name_of(SESSION, settings), "")
    came = Came(address=_address(request, parts), client=request.headers.get("User-Agent", ""), secret=secret)
    if shown := request.headers.get("Authorization"):
        token = _BEARER.fullmatch(shown.strip())
        why = "Nobody has this token, or not any more; send it as Authorization: Bearer, then the token."
        try:
            bearer = await parts.door.bearer(token[1]) if token else None
        except SecondFactorOwed:
            bearer, why = None, str(SecondFactorOwed.__doc__)
        if bearer is None and route.right is Anyone.EVERYBODY:
            return Asking(who=NOBODY, came=came)
        if bearer is None:
            raise NotSignedIn(why, **_due(route.right))
        return Asking(who=bearer, came=came)
    by_itself = BY_ITSELF in request.headers or route.media_type == EVENT_STREAM
    known = await parts.door.known(secret, by_itself=by_itself) if secret else None
    if known is not None:
        return Asking(who=known.person, came=came, known=known)
    return Asking(who=UNBOUND if settings.sign_in == "off" else NOBODY, came=came)


def admit(who: Person, admits: Admits) -> None:
    """Raises NotSignedIn, NotAllowed."""
    if who.may(admits):
        return
    if not who.confirmed or who.account is None:
        raise NotSignedIn(**_due(admits))
    left_out = who.scopes is not None and admits not in who.scopes
    whose = "The scopes of your token leave out" if left_out else "Your roles do not give"
    raise NotAllowed(f"{whose} the right `{admits}`.", **_due(admits))


def _due(admits: Admits) -> dict[str, Any]:
    """What a problem says of the right that is missing."""
    return {"right": admits.value} if isinstance(admits, Right) else {}


async def admit_to_case(who: Person, route: Route, named: Mapping[str, str], parts: Parts) -> None:
    """Raises NotYourCase for who is recused in the case of the path, and for who handles cases and not this one."""
    if (sight := who.sight) is None or route.right is Right.AUDIT:
        return
    seen = True
    if "case" in named:
        try:
            seen = await parts.views.sees_case(sight, UUID(named["case"]))
        except ValueError:
            return  # no id, so nothing is there
    elif "digest" in named and route.path.startswith("/v1/files/"):
        seen = await parts.views.sees_file(sight, named["digest"])
    if not seen:
        raise NotYourCase


def from_here(request: web.Request, parts: Parts) -> None:
    """A browser says in ``Sec-Fetch-Site`` or ``Origin`` which site a request comes from (Fetch standard); what another
    site sends is not taken, whatever cookies came with it. Raises CrossSite."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    own = parts.settings.public_url or f"{request.scheme}://{request.host}"
    if site not in {None, "same-origin", "none"} or (origin and origin != own):
        raise CrossSite


def check_form(asking: Asking, request: web.Request, parts: Parts, field: str) -> None:
    """What changes something by a cookie's authority carries the token of its page: a form in a field, a script in a
    header. Raises FormNotYours."""
    if parts.settings.sign_in == "off" and asking.known is None:
        return
    if not form_fits(seed_of(request.cookies, parts.settings), field or request.headers.get(HEADER, "")):
        raise FormNotYours


def check_script(asking: Asking, request: web.Request, parts: Parts) -> None:
    """The same for a request of the API with a session, which may show by its Origin instead that it is our own.

    Raises CrossSite, FormNotYours."""
    if request.method in _READING or asking.known is None:
        return
    from_here(request, parts)
    if "Origin" not in request.headers and "Sec-Fetch-Site" not in request.headers:
        check_form(asking, request, parts, "")


def check_actor(who: Person, by: str, institution: str) -> None:
    """Raises NotYou, NotYourInstitution; another system names who acts, at its institution."""
    if who.unbound:
        return
    if not who.system and by != who.name:
        raise NotYou
    if institution != who.institution:
        raise NotYourInstitution


def filled(who: Person, given: Any) -> Any:  # noqa: ANN401 - a body as it was sent
    """A command with who acts, and for whom, where that was left out."""
    if who.unbound or not isinstance(given, dict):
        return given
    own = {"institution": who.institution} | ({} if who.system else {"by": who.name})
    return {**own, **given}


def _address(request: web.Request, parts: Parts) -> str:
    """Of the client: the proxy in front puts it last (RFC 7239 names the danger of those before)."""
    if parts.settings.public_url and (through := request.headers.get("X-Forwarded-For")):
        return through.rpartition(",")[2].strip()
    return request.remote or ""
