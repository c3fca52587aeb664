"""Drafts: what a caseworker has begun to enter, kept until it is sent or left alone for too long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

KEPT: Final = timedelta(days=30)
"""How long a draft lies that nobody touches; it holds personal data of who has applied for nothing yet."""


class DraftKind(StrEnum):
    """What a draft is to become."""

    PERSONS = "persons"
    """An application of persons who are entered one by one."""
    GROUP = "group"
    """An application of all persons in a sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was entered, as JSON. It is its account's alone; without sign-in it is everybody's."""

    id: UUID
    kind: DraftKind
    account: UUID | None
    content: Mapping[str, Any]
    made_at: datetime
    changed_at: datetime


class Drafts(Protocol):
    """Keeps drafts."""

    async def keep(self, draft: Draft) -> None:
        """In the place of what was kept of it."""
        ...

    async def find(self, draft: UUID, account: UUID | None) -> Draft | None:
        """The draft, if it is that account's."""
        ...

    async def of_anyone(self, draft: UUID) -> Draft | None:
        """The draft, whosever it is."""
        ...

    async def of(self, account: UUID | None, *, limit: int) -> Sequence[Draft]:
        """Those of the account, the last changed first."""
        ...

    async def remove(self, draft: UUID) -> None:
        """It was sent, or is not wanted any more."""
        ...

    async def forget_old(self) -> int:
        """Removes those that nobody has touched for ``KEPT``; gives how many, at most a small batch."""
        ...
