"""Accounts, sessions, tokens and what was tried; see ports.Accounts."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Insert, Row, case, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from transfer.domain.accounts import FORGOTTEN_AFTER, Account, NameTaken, Session, Token, pause_after
from transfer.domain.rights import Right, Role
from transfer.ports.accounts import Counted, Tried
from transfer.ports.ledger import Happened
from transfer.ports.work import StorageRefused
from transfer.storage.account_tables import accounts, attempts, recovery_codes, sessions, tokens
from transfer.storage.engine import looking, reading
from transfer.storage.store import Store

_ACCOUNT: Final = tuple(field.name for field in fields(Account))
_SESSION: Final = tuple(field.name for field in fields(Session))
_TOKEN: Final = tuple(field.name for field in fields(Token))
_ACCOUNTS: Final = select(*(accounts.c[name] for name in _ACCOUNT))
_SESSIONS: Final = select(*(sessions.c[name] for name in _SESSION))
_TOKENS: Final = select(*(tokens.c[name] for name in _TOKEN))


class _Pauses(Exception):
    """Nothing is to be counted now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlAccounts:
    """Each change is one transaction with its entry."""

    store: Store

    async def all(self) -> Sequence[Account]:
        async with looking(self.store.engine) as connection:
            return [_account(row) for row in await connection.execute(_ACCOUNTS.order_by(accounts.c.login))]

    async def account(self, account: UUID) -> Account | None:
        return await self._one(accounts.c.id == account)

    async def with_login(self, login: str) -> Account | None:
        return await self._one(accounts.c.login == login)

    async def of_subject(self, issuer: str, subject: str) -> Account | None:
        return await self._one((accounts.c.issuer == issuer) & (accounts.c.subject == subject))

    async def _one(self, wanted: Any) -> Account | None:  # noqa: ANN401 - a condition
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(_ACCOUNTS.where(wanted))).one_or_none()
            return _account(row) if row is not None else None

    async def add(self, account: Account, told: Happened) -> None:
        try:
            async with self.store.writing() as connection:
                await connection.execute(insert(accounts), _row(account))
                await self.store.note(connection, told)
        except StorageRefused as error:
            raise NameTaken from error

    async def change(
        self, account: UUID, changes: Mapping[str, Any], told: Happened, *, ends_sessions: bool = False
    ) -> None:
        values = {name: _plain(value) for name, value in changes.items()}
        try:
            async with self.store.writing() as connection:
                if values:
                    await connection.execute(update(accounts).where(accounts.c.id == account), values)
                if ends_sessions:
                    await connection.execute(delete(sessions).where(sessions.c.account == account))
                await self.store.note(connection, told)
        except StorageRefused as error:
            raise NameTaken from error

    async def use_step(self, account: UUID, step: int) -> bool:
        later = or_(accounts.c.totp_step.is_(None), accounts.c.totp_step < step)
        used = update(accounts).where(accounts.c.id == account, later).values(totp_step=step)
        async with self.store.writing() as connection:
            return (await connection.execute(used)).rowcount == 1

    async def set_codes(self, account: UUID, digests: Collection[bytes]) -> None:
        async with self.store.writing() as connection:
            await connection.execute(delete(recovery_codes).where(recovery_codes.c.account == account))
            if digests:
                rows = [{"account": account, "digest": one} for one in digests]
                await connection.execute(insert(recovery_codes), rows)

    async def use_code(self, account: UUID, digest: bytes) -> bool:
        mine = (recovery_codes.c.account == account) & (recovery_codes.c.digest == digest)
        async with self.store.writing() as connection:
            return (await connection.execute(delete(recovery_codes).where(mine))).rowcount == 1

    async def begin(self, session: Session, told: Happened, *, instead_of: bytes | None) -> None:
        async with self.store.writing() as connection:
            if instead_of is not None:
                await connection.execute(delete(sessions).where(sessions.c.digest == instead_of))
            await connection.execute(insert(sessions), {name: getattr(session, name) for name in _SESSION})
            await self.store.note(connection, told)

    async def session(self, digest: bytes) -> tuple[Session, Account] | None:
        async with reading(self.store.engine) as connection:
            row = (await connection.execute(_SESSIONS.where(sessions.c.digest == digest))).one_or_none()
            if row is None:
                return None
            whose = (await connection.execute(_ACCOUNTS.where(accounts.c.id == row.account))).one()
            return Session(**row._asdict()), _account(whose)

    async def sessions(self, account: UUID) -> Sequence[Session]:
        mine = _SESSIONS.where(sessions.c.account == account).order_by(sessions.c.made_at.desc())
        async with looking(self.store.engine) as connection:
            return [Session(**row._asdict()) for row in await connection.execute(mine)]

    async def seen(self, digest: bytes, at: datetime) -> None:
        async with self.store.writing() as connection:
            await connection.execute(update(sessions).where(sessions.c.digest == digest).values(seen_at=at))

    async def end(self, digests: Collection[bytes], told: Happened) -> None:
        async with self.store.writing() as connection:
            await connection.execute(delete(sessions).where(sessions.c.digest.in_(digests)))
            await self.store.note(connection, told)

    async def add_token(self, token: Token, told: Happened) -> None:
        row = {name: getattr(token, name) for name in _TOKEN} | {"scopes": _plain(token.scopes)}
        async with self.store.writing() as connection:
            await connection.execute(insert(tokens), row)
            await self.store.note(connection, told)

    async def token(self, digest: bytes) -> tuple[Token, Account] | None:
        async with reading(self.store.engine) as connection:
            row = (await connection.execute(_TOKENS.where(tokens.c.digest == digest))).one_or_none()
            if row is None:
                return None
            whose = (await connection.execute(_ACCOUNTS.where(accounts.c.id == row.account))).one()
            return _token(row), _account(whose)

    async def tokens(self, account: UUID | None = None) -> Sequence[Token]:
        wanted = _TOKENS if account is None else _TOKENS.where(tokens.c.account == account)
        async with looking(self.store.engine) as connection:
            found = await connection.execute(wanted.order_by(tokens.c.made_at.desc(), tokens.c.id))
            return [_token(row) for row in found]

    async def used(self, token: UUID, on: date) -> None:
        async with self.store.writing() as connection:
            await connection.execute(update(tokens).where(tokens.c.id == token).values(used_on=on))

    async def revoke(self, token: UUID, told: Happened) -> bool:
        async with self.store.writing() as connection:
            gone = (await connection.execute(delete(tokens).where(tokens.c.id == token))).rowcount == 1
            if gone:
                await self.store.note(connection, told)
            return gone

    async def attempt(self, tried: Sequence[Tried], at: datetime) -> Counted:
        ends: list[datetime] = []
        with suppress(_Pauses):
            async with self.store.writing() as connection:
                # In one order, so that two who try the same do not wait for each other.
                for one in sorted(tried, key=lambda one: one.digest):
                    row = {"digest": one.digest, "failures": 1, "last_at": at}
                    failures = await connection.scalar(_counting(connection.dialect.name, at), row)
                    if failures is None:
                        raise _Pauses
                    if pause := pause_after(failures, one.free):
                        ends.append(at + pause)
                        mine = update(attempts).where(attempts.c.digest == one.digest)
                        await connection.execute(mine.values(paused_until=ends[-1]))
            return Counted(allowed=True, pauses_until=max(ends, default=None))
        async with looking(self.store.engine) as connection:
            wanted = select(attempts.c.paused_until).where(attempts.c.digest.in_([one.digest for one in tried]))
            found = [row.paused_until for row in await connection.execute(wanted) if row.paused_until is not None]
            return Counted(allowed=False, pauses_until=max(found, default=at))

    async def succeeded(self, cleared: Sequence[bytes], undone: Sequence[bytes] = ()) -> None:
        async with self.store.writing() as connection:
            await connection.execute(delete(attempts).where(attempts.c.digest.in_(cleared)))
            mine = update(attempts).where(attempts.c.digest.in_(undone), attempts.c.failures > 0)
            await connection.execute(mine.values(failures=attempts.c.failures - 1, paused_until=None))

    async def forget(self, now: datetime) -> int:
        async with self.store.writing() as connection:
            ended = await connection.execute(delete(sessions).where(sessions.c.ends_at <= now))
            quiet = await connection.execute(delete(attempts).where(attempts.c.last_at < now - FORGOTTEN_AFTER))
            return ended.rowcount + quiet.rowcount


def _counting(dialect: str, at: datetime) -> Any:  # noqa: ANN401 - of either dialect
    """One more failure, unless it pauses; gives how many there are."""
    insertion = _insertion(dialect)
    old = attempts.c.last_at < at - FORGOTTEN_AFTER
    counted = case((old, 1), else_=attempts.c.failures + 1)
    open_ = or_(attempts.c.paused_until.is_(None), attempts.c.paused_until <= at)
    return insertion.on_conflict_do_update(
        index_elements=["digest"], set_={"failures": counted, "last_at": at}, where=open_
    ).returning(attempts.c.failures)


@cache
def _insertion(dialect: str) -> Any:  # noqa: ANN401 - of either dialect
    made: Insert = postgresql.insert(attempts) if dialect == "postgresql" else sqlite.insert(attempts)
    return made


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of an account or a token
    return " ".join(sorted(value)) if isinstance(value, frozenset) else value


def _row(account: Account) -> dict[str, Any]:
    return {name: _plain(getattr(account, name)) for name in _ACCOUNT}


def _account(row: Row[Any]) -> Account:
    return Account(**{**row._asdict(), "roles": frozenset(Role(one) for one in row.roles.split())})


def _token(row: Row[Any]) -> Token:
    return Token(**{**row._asdict(), "scopes": frozenset(Right(one) for one in row.scopes.split())})
