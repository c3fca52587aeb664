"""Who reads what: noted in the ledger before it is shown."""

from typing import Final
from urllib.parse import unquote
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from transfer.actions.notebook import was_read
from transfer.messages.values import Name
from transfer.ports.ledger import Happened
from transfer.web.answers import Reply
from transfer.web.faults import BadRequest
from transfer.web.route import Ask, Shows

HEADER: Final = "Actor"
UNNAMED: Final = "unnamed"
NOT_MODIFIED: Final = 304
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


def actor(ask: Ask) -> str:
    """Who asks: whoever is signed in; else, or from another system, as typed, percent-encoded UTF-8 (RFC 3986). Raises
    BadRequest for what is no name."""
    given = ask.headers.get(HEADER)
    if given is None or not (ask.who.unbound or ask.who.system):
        return ask.who.name or UNNAMED
    try:
        return _NAME.validate_python(unquote(given, errors="strict"))
    except (UnicodeDecodeError, ValidationError):
        raise BadRequest(f"{HEADER} is the name of a person in one line, percent-encoded UTF-8.") from None


def reading(ask: Ask, shows: Shows, reply: Reply, *, by: str) -> Happened:
    """What this answer shows to whom; an id that is not that of the case stands as it is in the path."""
    inner = [value.lower() for name, value in ask.named.items() if name != "case"]
    case = UUID(ask.named["case"]) if "case" in ask.named else None
    about = "/".join(inner) or (str(case) if case else None)
    return was_read(shows.value, about, by=by, at=ask.parts.clock(), case=case, count=reply.count)
