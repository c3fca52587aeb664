"""Who may sign in, who is signed in, and who tried: kept with the entry of the ledger that tells of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from transfer.domain.accounts import Account, Session, Token
from transfer.ports.ledger import Happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What is being tried, by a digest that names it, and how often that is free of pauses."""

    digest: bytes
    free: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Whether it may be tried now, and until when nothing more may be."""

    allowed: bool
    pauses_until: datetime | None = None


class Accounts(Protocol):
    """The accounts of a node. Every change is written together with ``told``, or not at all; all raise
    StorageUnavailable."""

    async def all(self) -> Sequence[Account]:
        """By login."""
        ...

    async def account(self, account: UUID) -> Account | None: ...

    async def with_login(self, login: str) -> Account | None: ...

    async def of_subject(self, issuer: str, subject: str) -> Account | None:
        """The one that a provider of OpenID Connect knows so."""
        ...

    async def add(self, account: Account, told: Happened) -> None:
        """Raises NameTaken."""
        ...

    async def change(
        self, account: UUID, changes: Mapping[str, Any], told: Happened, *, ends_sessions: bool = False
    ) -> None:
        """These fields get these values; ``ends_sessions`` signs out everywhere. Raises NameTaken."""
        ...

    async def use_step(self, account: UUID, step: int) -> bool:
        """Whether this time step of codes is later than every one that was used; then it is used too."""
        ...

    async def set_codes(self, account: UUID, digests: Collection[bytes]) -> None:
        """The recovery codes, in the place of those before."""
        ...

    async def use_code(self, account: UUID, digest: bytes) -> bool:
        """Whether this is one of its recovery codes; then it is one no more."""
        ...

    async def begin(self, session: Session, told: Happened, *, instead_of: bytes | None) -> None:
        """A session, in the place of another."""
        ...

    async def session(self, digest: bytes) -> tuple[Session, Account] | None: ...

    async def sessions(self, account: UUID) -> Sequence[Session]:
        """The latest first."""
        ...

    async def seen(self, digest: bytes, at: datetime) -> None: ...

    async def end(self, digests: Collection[bytes], told: Happened) -> None: ...

    async def add_token(self, token: Token, told: Happened) -> None: ...

    async def token(self, digest: bytes) -> tuple[Token, Account] | None: ...

    async def tokens(self, account: UUID | None = None) -> Sequence[Token]:
        """Those of the account, or all, the latest first."""
        ...

    async def used(self, token: UUID, on: date) -> None: ...

    async def revoke(self, token: UUID, told: Happened) -> bool:
        """Whether there was such a token."""
        ...

    async def attempt(self, tried: Sequence[Tried], at: datetime) -> Counted:
        """Counts an attempt at each of these, before it is known what comes of it; when one of them pauses, nothing is
        counted."""
        ...

    async def succeeded(self, cleared: Sequence[bytes], undone: Sequence[bytes] = ()) -> None:
        """The attempt came to something: failures of ``cleared`` are forgotten, of ``undone`` this one is."""
        ...

    async def forget(self, now: datetime) -> int:
        """Drops sessions that ended, and failures that count no more; gives how many."""
        ...
