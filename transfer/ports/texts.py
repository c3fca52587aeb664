"""Text messages to applicants: what waits to be sent, and the gateway that sends it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class GatewayUnavailable(Exception):
    """The gateway cannot be reached or is busy; the same text may be taken later."""


class GatewayRefused(Exception):
    """The gateway does not take this text; it will not take it later either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A message to a telephone; its id stays the same however often it is tried, and by ``mark``, a hash, the number
    is known that wants none."""

    id: UUID
    phone: str
    mark: str
    words: str
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """A case whose applicant has a code, and what was last told; ``seen`` is the version of the case that was looked
    at."""

    code: str
    case: UUID
    applicant: UUID
    told: str
    version: int


class Texts(Protocol):
    """Messages as an outbox: written with what they tell of, and sent afterwards."""

    async def changed(self, *, limit: int) -> Sequence[Followed]:
        """Cases that have changed since their applicants were last thought of."""
        ...

    async def tell(self, followed: Followed, told: str, text: Text | None) -> None:
        """This has been told now, by this text if any; nothing happens when another process was faster."""
        ...

    async def due(self, *, limit: int) -> Sequence[Text]:
        """What may be tried now, the oldest first; what opted out is none of it."""
        ...

    async def end(self, text: Text, outcome: str) -> None:
        """It was sent, refused or given up; number and words are forgotten."""
        ...

    async def put_off(self, text: Text, until: datetime) -> None:
        """It was not taken this time."""
        ...

    async def opt(self, mark: str, *, out: bool) -> None:
        """Whether the number with this mark wants no more texts; what waits for it is dropped."""
        ...

    async def opted_out(self, mark: str) -> bool:
        """Whether it wants none."""
        ...


class SmsGateway(Protocol):
    """Sends a text message; the same id twice is one message."""

    async def send(self, text: Text) -> None:
        """The gateway has taken it; raises GatewayUnavailable, GatewayRefused."""
        ...
