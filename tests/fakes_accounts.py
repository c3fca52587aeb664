"""Accounts in memory, with the rules of the database; held to it by test_accounts_contract.py."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from transfer.domain.accounts import FORGOTTEN_AFTER, Account, NameTaken, Session, Token, pause_after
from transfer.ports.accounts import Counted, Tried
from transfer.ports.ledger import Happened


@dataclass(slots=True)
class _Failures:
    count: int = 0
    last_at: datetime | None = None
    paused_until: datetime | None = None


@dataclass(slots=True)
class MemoryAccounts:
    """See ports.Accounts; ``told`` is what the ledger would have."""

    told: list[Happened] = field(default_factory=list)
    _accounts: dict[UUID, Account] = field(default_factory=dict)
    _steps: dict[UUID, int] = field(default_factory=dict)
    _codes: dict[UUID, set[bytes]] = field(default_factory=dict)
    _sessions: dict[bytes, Session] = field(default_factory=dict)
    _tokens: dict[UUID, Token] = field(default_factory=dict)
    _failures: dict[bytes, _Failures] = field(default_factory=dict)

    async def all(self) -> Sequence[Account]:
        return sorted(self._accounts.values(), key=lambda one: one.login)

    async def account(self, account: UUID) -> Account | None:
        return self._accounts.get(account)

    async def with_login(self, login: str) -> Account | None:
        return next((one for one in self._accounts.values() if one.login == login), None)

    async def of_subject(self, issuer: str, subject: str) -> Account | None:
        wanted = (issuer, subject)
        return next((one for one in self._accounts.values() if (one.issuer, one.subject) == wanted), None)

    async def add(self, account: Account, told: Happened) -> None:
        self._keep(account)
        self.told.append(told)

    async def change(
        self, account: UUID, changes: Mapping[str, Any], told: Happened, *, ends_sessions: bool = False
    ) -> None:
        given = dict(changes)
        step = given.pop("totp_step", None)
        self._keep(replace(self._accounts[account], **given))
        if step is not None:
            self._steps[account] = step
        if ends_sessions:
            self._sessions = {key: one for key, one in self._sessions.items() if one.account != account}
        self.told.append(told)

    def _keep(self, account: Account) -> None:
        for other in self._accounts.values():
            linked = account.issuer is not None and (account.issuer, account.subject) == (other.issuer, other.subject)
            if other.id != account.id and (other.login == account.login or other.name == account.name or linked):
                raise NameTaken
        self._accounts[account.id] = account

    async def use_step(self, account: UUID, step: int) -> bool:
        if step <= self._steps.get(account, -1):
            return False
        self._steps[account] = step
        return True

    async def set_codes(self, account: UUID, digests: Collection[bytes]) -> None:
        self._codes[account] = set(digests)

    async def use_code(self, account: UUID, digest: bytes) -> bool:
        known = digest in self._codes.get(account, set())
        self._codes.get(account, set()).discard(digest)
        return known

    async def begin(self, session: Session, told: Happened, *, instead_of: bytes | None) -> None:
        if instead_of is not None:
            self._sessions.pop(instead_of, None)
        self._sessions[session.digest] = session
        self.told.append(told)

    async def session(self, digest: bytes) -> tuple[Session, Account] | None:
        found = self._sessions.get(digest)
        return (found, self._accounts[found.account]) if found else None

    async def sessions(self, account: UUID) -> Sequence[Session]:
        mine = (one for one in self._sessions.values() if one.account == account)
        return sorted(mine, key=lambda one: one.made_at, reverse=True)

    async def seen(self, digest: bytes, at: datetime) -> None:
        self._sessions[digest] = replace(self._sessions[digest], seen_at=at)

    async def end(self, digests: Collection[bytes], told: Happened) -> None:
        self._sessions = {key: one for key, one in self._sessions.items() if key not in digests}
        self.told.append(told)

    async def add_token(self, token: Token, told: Happened) -> None:
        self._tokens[token.id] = token
        self.told.append(told)

    async def token(self, digest: bytes) -> tuple[Token, Account] | None:
        found = next((one for one in self._tokens.values() if one.digest == digest), None)
        return (found, self._accounts[found.account]) if found else None

    async def tokens(self, account: UUID | None = None) -> Sequence[Token]:
        wanted = (one for one in self._tokens.values() if account in (None, one.account))
        return sorted(wanted, key=lambda one: one.made_at, reverse=True)

    async def used(self, token: UUID, on: date) -> None:
        self._tokens[token] = replace(self._tokens[token], used_on=on)

    async def revoke(self, token: UUID, told: Happened) -> bool:
        if self._tokens.pop(token, None) is None:
            return False
        self.told.append(told)
        return True

    async def attempt(self, tried: Sequence[Tried], at: datetime) -> Counted:
        known = [self._failures.get(one.digest, _Failures()) for one in tried]
        paused = [one.paused_until for one in known if one.paused_until and one.paused_until > at]
        if paused:
            return Counted(allowed=False, pauses_until=max(paused))
        ends = []
        for one, failures in zip(tried, known, strict=True):
            old = failures.last_at is not None and failures.last_at < at - FORGOTTEN_AFTER
            made = _Failures(count=1 if old else failures.count + 1, last_at=at, paused_until=failures.paused_until)
            if pause := pause_after(made.count, one.free):
                made.paused_until = at + pause
                ends.append(at + pause)
            self._failures[one.digest] = made
        return Counted(allowed=True, pauses_until=max(ends, default=None))

    async def succeeded(self, cleared: Sequence[bytes], undone: Sequence[bytes] = ()) -> None:
        for digest in cleared:
            self._failures.pop(digest, None)
        for digest in undone:
            if (found := self._failures.get(digest)) is not None and found.count > 0:
                found.count, found.paused_until = found.count - 1, None

    async def forget(self, now: datetime) -> int:
        ended = [key for key, one in self._sessions.items() if one.ends_at <= now]
        quiet = [key for key, one in self._failures.items() if one.last_at and one.last_at < now - FORGOTTEN_AFTER]
        for key in ended:
            del self._sessions[key]
        for key in quiet:
            del self._failures[key]
        return len(ended) + len(quiet)
