"""Accounts, sessions and tokens: what each is, what is still due of whoever signed in, how long a pause becomes."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from transfer.domain.rights import ADMINISTRATORS, Person, Right, Role

FREE: Final = 3
"""So many attempts at an account, until the first pause."""
FREE_OF_ADDRESS: Final = 20
"""The same for an address, behind which a whole centre may sit."""
LONGEST_PAUSE: Final = timedelta(hours=1)
FORGOTTEN_AFTER: Final = timedelta(days=1)
"""Failures before so long a quiet count no more."""


class Due(StrEnum):
    """What is still asked of somebody who has shown a password."""

    NOTHING = "nothing"
    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - names a step
    ENROL = "enrol"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody of this region's institutions, or another system. ``password`` is a hash, ``totp`` a sealed secret.
    While ``must_change`` the password is one that somebody else knew; it opens nothing from ``first_until`` on."""

    id: UUID
    login: str
    name: str
    institution: str
    roles: frozenset[Role]
    made_at: datetime
    system: bool = False
    password: str | None = None
    must_change: bool = False
    first_until: datetime | None = None
    totp: bytes | None = None
    issuer: str | None = None
    subject: str | None = None
    disabled: bool = False

    def password_ended(self, now: datetime) -> bool:
        """Whether the password was for a first sign-in that did not come in time."""
        return self.must_change and (self.first_until is None or self.first_until <= now)

    def owes_factor(self, second_factor: Iterable[Role]) -> bool:
        """Whether the roles ask for a second factor that was never set up."""
        return not self.system and self.totp is None and not self.roles.isdisjoint(second_factor)

    def person(self, *, confirmed: bool = True, scopes: frozenset[Right] | None = None) -> Person:
        """Who this is at the gate."""
        return Person(
            name=self.name,
            account=self.id,
            institution=self.institution,
            roles=self.roles,
            confirmed=confirmed,
            system=self.system,
            scopes=scopes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A browser that signed in, by the digest of what its cookie holds; ``confirmed`` by a second factor."""

    digest: bytes
    account: UUID
    made_at: datetime
    seen_at: datetime
    ends_at: datetime
    confirmed: bool
    client: str

    def alive(self, now: datetime, idle: timedelta) -> bool:
        """Whether neither limit has passed."""
        return now < min(self.ends_at, self.seen_at + idle)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What another system shows, by its digest, or a person's program; it opens at most its scopes."""

    id: UUID
    digest: bytes
    account: UUID
    name: str
    scopes: frozenset[Right]
    made_at: datetime
    expires_at: datetime
    used_on: date | None = None


class RolesExclude(Exception):
    """Administrators hold no role that reads cases or the ledger, and no second administration: their duties are
    parted (GB/T 22239-2019, 8.1.5)."""


class NameTaken(Exception):
    """Another account has this login, or this name, or is linked to this person at the provider."""


def check_roles(roles: Collection[Role]) -> None:
    """Raises RolesExclude."""
    if not ADMINISTRATORS.isdisjoint(roles) and len(set(roles)) > 1:
        raise RolesExclude


def due(account: Account, session: Session, second_factor: Iterable[Role]) -> Due:
    """What is asked next; a second factor that the session has shown, here or elsewhere, is enough."""
    if not session.confirmed and account.totp is not None:
        return Due.CODE
    if account.must_change:
        return Due.PASSWORD
    if not session.confirmed and account.owes_factor(second_factor):
        return Due.ENROL
    return Due.NOTHING


def pause_after(failures: int, free: int) -> timedelta:
    """How long nothing is tried after so many attempts that came to nothing: 1, 2, 4 … minutes, at most an hour."""
    beyond = failures - free
    return timedelta() if beyond < 0 else min(timedelta(minutes=2 ** min(beyond, 6)), LONGEST_PAUSE)
