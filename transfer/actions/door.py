"""Signing in and out: what is shown at the door, what is due then, and whose a session or a token is."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from transfer.crypto import credentials, second_factor
from transfer.domain.accounts import FREE, FREE_OF_ADDRESS, Account, Due, Session, Token, due
from transfer.domain.clocks import legal_day
from transfer.domain.passwords import normal
from transfer.domain.rights import Person, Right, Role
from transfer.ledger.entry import Kind
from transfer.ports.accounts import Accounts, Tried
from transfer.ports.ledger import Happened, Ledger
from transfer.ports.work import StorageUnavailable

AT_ONCE: Final = 2
"""How many passwords are hashed at a time: each takes 19 MiB and a core."""
SEEN_EVERY: Final = timedelta(minutes=1)
_CLIENT: Final = 200


class SignInRefused(Exception):
    """Name, password or code are not right."""


class FirstPasswordEnded(SignInRefused):
    """The password for the first sign-in was not used in time; the security administrator gives another one."""


class SecondFactorOwed(Exception):
    """The account of this token owes a second factor: its person signs in and sets that up first."""


class SignInPaused(Exception):
    """After failed attempts nothing is tried for a while."""

    def __init__(self, until: datetime) -> None:
        self.until = until
        super().__init__(str(until))


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """From where somebody comes: the address, what the browser calls itself, and the session it had."""

    address: str
    client: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whose session it is, and what is still due."""

    account: Account
    session: Session
    due: Due

    @property
    def person(self) -> Person:
        """Who this is at the gate."""
        return self.account.person(confirmed=self.due is Due.NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A new session: what its cookie holds, and what is still due."""

    secret: str = field(repr=False)
    due: Due


@dataclass(slots=True, kw_only=True)
class Door:
    """``key`` seals the secrets of second factors; of ``second_factor`` roles one is due, though no token waits for
    one where a linked account may show it to its provider (``factor_elsewhere``). A first password lasts so long."""

    accounts: Accounts
    ledger: Ledger
    clock: Callable[[], datetime]
    key: Callable[[], bytes]
    idle: timedelta
    longest: timedelta
    second_factor: frozenset[Role]
    factor_elsewhere: bool
    first_password: timedelta
    _hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _monitors: dict[bytes, tuple[Token, Account]] = field(default_factory=dict)

    async def sign_in(self, login: str, password: str, came: Came) -> Begun:
        """With a password. Whether there is such an account shows neither in the answer nor in its time.

        Raises SignInRefused, FirstPasswordEnded, SignInPaused.
        """
        name = tried_login(login.strip().casefold())
        until = await self.attempt(name, came)
        account = await self.accounts.with_login(login.strip().casefold())
        usable = account is not None and not account.disabled
        kept = account.password if account is not None and usable else None
        fits = await self.slowly(credentials.password_fits, kept, normal(password))
        if account is None or not fits:
            await self.ledger.note(self._told("refused", account, came, pauses_until=until))
            raise SignInRefused
        if account.password_ended(self.clock()):
            await self.ledger.note(self._told("first_password_ended", account, came, pauses_until=until))
            raise FirstPasswordEnded
        await self.accounts.succeeded([name.digest], [_of_address(came).digest])
        return await self.admit(account, came)

    async def confirm(self, known: Known, code: str, came: Came) -> Begun:
        """With a code of the app, or a recovery code; raises SignInRefused, SignInPaused."""
        account = known.account
        tried = tried_code(account.id)
        until = await self.attempt(tried, came)
        if not await self._code_fits(account, code):
            await self.ledger.note(self._told("code_refused", account, came, pauses_until=until))
            raise SignInRefused
        await self.accounts.succeeded([tried.digest], [_of_address(came).digest])
        return await self.admit(account, came, confirmed=True, since=known.session)

    async def admit(
        self, account: Account, came: Came, *, confirmed: bool = False, since: Session | None = None
    ) -> Begun:
        """A new session for somebody whose password, or whose provider, was checked; the one before ends. ``since``
        is the one with which this signing in began, where it goes on."""
        now, secret = self.clock(), credentials.new_secret()
        session = Session(
            digest=credentials.digest(secret),
            account=account.id,
            made_at=since.made_at if since else now,
            seen_at=now,
            ends_at=since.ends_at if since else now + self.longest,
            confirmed=confirmed,
            client=came.client[:_CLIENT],
        )
        told = self._told("confirmed" if confirmed else "signed_in", account, came)
        before = credentials.digest(came.secret) if came.secret else None
        await self.accounts.begin(session, told, instead_of=before)
        return Begun(secret=secret, due=due(account, session, self.second_factor))

    async def known(self, secret: str, *, by_itself: bool = False) -> Known | None:
        """Whose session this is; None when there is none, it has ended, or the account is disabled. What a page asks
        ``by_itself`` is no use of the session, which then ends as if nothing had been asked."""
        found = await self.accounts.session(credentials.digest(secret))
        now = self.clock()
        if found is None or found[1].disabled or not found[0].alive(now, self.idle):
            return None
        session, account = found
        if not by_itself and now - session.seen_at >= SEEN_EVERY:
            await self.accounts.seen(session.digest, now)
        return Known(account=account, session=session, due=due(account, session, self.second_factor))

    async def bearer(self, secret: str) -> Person | None:
        """Whose token this is; None when there is none, it has expired, or the account is disabled. That of a monitor
        is remembered: what it measures is wanted most while the database is away.

        Raises SecondFactorOwed, and StorageUnavailable for others than monitors.
        """
        digest, now = credentials.digest(secret), self.clock()
        try:
            found = await self.accounts.token(digest)
            if found is not None and found[0].used_on != (today := legal_day(now)):
                await self.accounts.used(found[0].id, today)
        except StorageUnavailable:
            if (found := self._monitors.get(digest)) is None:
                raise
        if found is None or found[1].disabled or found[0].expires_at <= now:
            self._monitors.pop(digest, None)
            return None
        token, account = found
        shown_elsewhere = self.factor_elsewhere and account.issuer is not None
        if account.owes_factor(self.second_factor) and not shown_elsewhere:
            raise SecondFactorOwed
        if token.scopes == {Right.MEASURE}:
            self._monitors[digest] = found
        return account.person(scopes=token.scopes)

    async def sign_out(self, known: Known, came: Came, *, everywhere: bool = False) -> None:
        """This session ends, or all of the account."""
        all_of_them = await self.accounts.sessions(known.account.id) if everywhere else (known.session,)
        event = "signed_out_everywhere" if everywhere else "signed_out"
        await self.accounts.end([one.digest for one in all_of_them], self._told(event, known.account, came))

    async def forget_once(self) -> int:
        """Drops what has ended; gives how much."""
        return await self.accounts.forget(self.clock())

    async def slowly(self, work: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401 - whatever the work takes and gives
        """What hashing gives, in a thread, few at a time."""
        async with self._hashing:
            return await asyncio.to_thread(work, *given)

    async def attempt(self, tried: Tried, came: Came) -> datetime | None:
        """Until when nothing more may be tried if this comes to nothing; raises SignInPaused."""
        now = self.clock()
        counted = await self.accounts.attempt((tried, _of_address(came)), now)
        if not counted.allowed:
            raise SignInPaused(counted.pauses_until or now)
        return counted.pauses_until

    async def _code_fits(self, account: Account, code: str) -> bool:
        if account.totp is None:
            return False
        key = await asyncio.to_thread(self.key)
        secret = second_factor.open_totp(key, account.id, account.totp)
        step = second_factor.step_of(secret, code, self.clock())
        if step is not None:
            return await self.accounts.use_step(account.id, step)
        return await self.accounts.use_code(account.id, credentials.digest(credentials.plain_code(code)))

    def _told(
        self, event: str, account: Account | None, came: Came, *, pauses_until: datetime | None = None
    ) -> Happened:
        facts = {"event": event, "account": str(account.id) if account else None}
        if pauses_until is not None:
            facts["pauses_until"] = pauses_until.isoformat()
        by = account.name if account else "unknown"
        return Happened(kind=Kind.SIGN_IN, at=self.clock(), facts=facts, texts={"by": by, "address": came.address})


def tried_login(login: str) -> Tried:
    """The attempts at a password."""
    return Tried(digest=_tried("login", login), free=FREE)


def tried_code(account: UUID) -> Tried:
    """The attempts at a code."""
    return Tried(digest=_tried("code", str(account)), free=FREE)


def _of_address(came: Came) -> Tried:
    return Tried(digest=_tried("address", came.address), free=FREE_OF_ADDRESS)


def _tried(what: str, value: str) -> bytes:
    return credentials.digest(f"{what}\n{value}")
