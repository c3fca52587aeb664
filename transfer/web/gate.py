"""Who asks, and whether that person gets in."""

from typing import Final

from aiohttp import web

from transfer.domain.rights import Admits, Person
from transfer.web.faults import NotAllowed, NotSignedIn
from transfer.web.parts import Parts

UNBOUND: Final = Person(name="", unbound=True)


async def who_asks(request: web.Request, parts: Parts) -> Person:  # noqa: ARG001 - sign-in is not built yet
    """The person whose session or token came with the request."""
    return UNBOUND


def admit(who: Person, admits: Admits) -> None:
    """Raises NotSignedIn, NotAllowed."""
    if not who.may(admits):
        raise NotAllowed if who.confirmed and who.account is not None else NotSignedIn
