"""Visits of people without an account: a code and a second fact open one, a cookie carries it, an hour ends it."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from transfer.crypto.codes import Code, hash_of, hidden, new_code, new_secret, read_code, revealed
from transfer.ports.mailbox import Opening, Visit
from transfer.web.answers import Reply
from transfer.web.cookies import WORKER, name_of, setting
from transfer.web.limits import Limited
from transfer.web.pages.rendering import see_other
from transfer.web.route import Ask, Handler

LASTS: Final = timedelta(hours=1)
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (0, 0, 1, 2, 4, 8, 16, 32, 60))
"""After the first wrong facts of a code, and from then on."""
FACT_LENGTH: Final = 4
_AT_ONCE: Final = asyncio.Semaphore(2)
"""Each code costs 16 MB while it is hashed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who looks, and the code in clear."""

    visit: Visit
    code: str


Visited = Callable[[Ask, Visitor], Awaitable[Reply]]


def visiting(handler: Visited) -> Handler:
    """The handler for visitors; everybody else is asked for a code."""

    async def answer(ask: Ask) -> Reply:
        visitor = await visitor_of(ask)
        return see_other("/status") if visitor is None else await handler(ask, visitor)

    return answer


async def turned_away(ask: Ask) -> Reply | None:
    """Whoever has shown no code is asked for one, before anything that they send is read."""
    return see_other("/status") if await visitor_of(ask) is None else None


async def visitor_of(ask: Ask) -> Visitor | None:
    """Whose visit the cookie carries."""
    secret = _secret(ask)
    if not secret:
        return None
    visit = await ask.parts.mailbox.visit(hash_of(secret), until=ask.parts.clock() + LASTS)
    return Visitor(visit=visit, code=revealed(visit.hidden, secret)) if visit is not None else None


async def begun(ask: Ask) -> tuple[str, str]:
    """A new code with an empty application: the key of the code, and the cookie of its visit. Raises
    TooManyRequests."""
    ask.parts.limits.take(Limited.APPLY, ask.client)
    code, secret = new_code(), new_secret()
    known = await hashed(code)
    await ask.parts.mailbox.begin(known.key, _opening(ask, code, secret), id_=ask.parts.context().new_id())
    return known.key, _cookie(ask, secret)


async def entered(ask: Ask, typed: str, fact: str) -> str | None:
    """The cookie of a visit, where the code is known and the fact belongs to it; takes as long where it does not.
    Raises TooManyRequests."""
    ask.parts.limits.take(Limited.STATUS, ask.client)
    code, secret = read_code(typed) or "-", new_secret()
    known = await hashed(code)
    opening = _opening(ask, code, secret)
    ends = end_of(fact)
    right = await ask.parts.mailbox.enter(known.key, known.mark(ends), opening, pauses=PAUSES)
    return _cookie(ask, secret) if right and ends else None


async def left(ask: Ask) -> Reply:
    """The visit ends here and now."""
    await ask.parts.mailbox.leave(hash_of(_secret(ask)))
    return see_other("/status", headers={"Set-Cookie": setting(WORKER, "", ask.parts.settings, seconds=0)})


async def hashed(code: str) -> Code:
    """The code as it is kept."""
    async with _AT_ONCE:
        return await asyncio.to_thread(Code.of, code)


def end_of(number: str) -> str:
    """The last four signs of a telephone or identity number; empty for what is shorter."""
    plain = "".join(sign for sign in number.upper() if sign.isalnum())
    return plain[-FACT_LENGTH:] if len(plain) >= FACT_LENGTH else ""


def marks(known: Code, numbers: Iterable[str | None]) -> Collection[str]:
    """What is kept of these numbers as second facts."""
    return {known.mark(end_of(number)) for number in numbers if number and end_of(number)}


def _opening(ask: Ask, code: str, secret: str) -> Opening:
    return Opening(session=hash_of(secret), hidden=hidden(code, secret), ends_at=ask.parts.clock() + LASTS)


def _secret(ask: Ask) -> str:
    return ask.cookies.get(name_of(WORKER, ask.parts.settings), "")


def _cookie(ask: Ask, secret: str) -> str:
    return setting(WORKER, secret, ask.parts.settings, seconds=LASTS.total_seconds())
