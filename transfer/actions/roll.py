"""The roll of accounts: who is added, which roles and tokens each has, and what each changes on its own."""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import ConfigDict, Field

from transfer.actions.door import Came, Door, Known, SignInRefused, tried_code, tried_login
from transfer.crypto import credentials, second_factor
from transfer.domain.accounts import Account, Due, Token, check_roles
from transfer.domain.errors import NotOfThisRegion
from transfer.domain.passwords import check_password, normal
from transfer.domain.rights import ROLES_OF, Right, Role
from transfer.ledger.entry import Kind
from transfer.messages.values import Frozen, InstitutionCode, Line, Name, region_of
from transfer.ports.accounts import Accounts
from transfer.ports.ledger import Happened
from transfer.ports.work import Context

CODES: Final = 10
LONGEST_TOKEN: Final = timedelta(days=366)


class UnknownAccount(Exception):
    """No account has this name or id."""


class UnknownToken(Exception):
    """No token has this id."""


class TokenTooWide(Exception):
    """A token opens what the account's roles open, and lasts a year at most."""


class NotForSystems(Exception):
    """The account of another system has neither password nor second factor; it comes with a token."""


class NewAccount(Frozen):
    """Who is to be added."""

    model_config = ConfigDict(strict=False)

    login: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$", description="by which the person signs in")]
    name: Name
    institution: InstitutionCode
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    system: bool = False


class NewToken(Frozen):
    """What a token is to open, and until when."""

    model_config = ConfigDict(strict=False)

    name: Line
    scopes: Annotated[frozenset[Right], Field(min_length=1)]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """Changes the accounts of a node; ``by`` is the name of who does it, for the ledger."""

    accounts: Accounts
    door: Door
    context: Callable[[], Context]

    async def add(self, new: NewAccount, *, by: str) -> tuple[Account, str]:
        """The account, and a password for its first sign-in; none for a system.

        Raises RolesExclude, NameTaken, UnknownInstitution, NotOfThisRegion.
        """
        check_roles(new.roles)
        context = self.context()
        context.deciding(new.institution)
        if region_of(new.institution) != context.region:
            raise NotOfThisRegion(institution=new.institution)
        password, first = ("", {}) if new.system else await self._first_password()
        account = Account(
            id=context.new_id(),
            made_at=context.now,
            **first,
            **{name: getattr(new, name) for name in NewAccount.model_fields},
        )
        await self.accounts.add(account, self._told("added", account, by, roles=sorted(new.roles)))
        return account, password

    async def find(self, login: str) -> Account:
        """By login; raises UnknownAccount."""
        found = await self.accounts.with_login(login)
        if found is None:
            raise UnknownAccount
        return found

    async def get(self, account: UUID) -> Account:
        """By id; raises UnknownAccount."""
        found = await self.accounts.account(account)
        if found is None:
            raise UnknownAccount
        return found

    async def set_roles(self, account: Account, roles: Collection[Role], *, by: str) -> None:
        """Raises RolesExclude."""
        check_roles(roles)
        told = self._told("roles_changed", account, by, roles=sorted(roles), before=sorted(account.roles))
        await self.accounts.change(account.id, {"roles": frozenset(roles)}, told)

    async def set_disabled(self, account: Account, *, disabled: bool, by: str) -> None:
        """A disabled account opens nothing, by session or by token; its tokens stand when it is enabled again."""
        told = self._told("disabled" if disabled else "enabled", account, by)
        await self.accounts.change(account.id, {"disabled": disabled}, told, ends_sessions=disabled)

    async def reset(self, account: Account, *, by: str, second_factor: bool = False) -> str:
        """A new password for one sign-in; without the second factor too, where its device is lost.

        Raises NotForSystems.
        """
        if account.system:
            raise NotForSystems
        password, changes = await self._first_password()
        if second_factor:
            changes["totp"] = None
            await self.accounts.set_codes(account.id, ())
        told = self._told("reset", account, by, second_factor=second_factor)
        await self.accounts.change(account.id, changes, told, ends_sessions=True)
        await self._clear(account)
        return password

    async def unlock(self, account: Account, *, by: str) -> None:
        """Ends the pauses after failed attempts."""
        await self._clear(account)
        await self.accounts.change(account.id, {}, self._told("unlocked", account, by))

    async def link(self, account: Account, issuer: str | None, subject: str | None, *, by: str) -> None:
        """By which provider of OpenID Connect, and as whom there, the account signs in; None for none any more. A first
        password that was not used yet is none then.

        Raises NameTaken.
        """
        told = self._told("linked" if issuer else "unlinked", account, by, issuer=issuer)
        changes: dict[str, Any] = {"issuer": issuer, "subject": subject}
        if issuer and account.must_change:
            changes |= {"password": None, "must_change": False}
        await self.accounts.change(account.id, changes, told)

    async def change_password(self, known: Known, old: str, new: str, came: Came) -> str:
        """The person's own; all other sessions end, and this one gets a new secret.

        Raises SignInRefused, SignInPaused, PasswordTooShort, PasswordTooLong, PasswordCommon, PasswordPersonal.
        """
        account = known.account
        tried = tried_login(account.login)
        await self.door.attempt(tried, came)
        fits = await self.door.slowly(credentials.password_fits, account.password, normal(old))
        if known.due is Due.CODE or not fits:
            raise SignInRefused
        await self.accounts.succeeded([tried.digest])
        words = (account.login, account.name, account.institution)
        check_password(new, (*words, old), with_code=self._with_code(account))
        hashed = await self.door.slowly(credentials.hash_password, normal(new))
        told = self._told("password_changed", account, account.name)
        changes = {"password": hashed, "must_change": False}
        await self.accounts.change(account.id, changes, told, ends_sessions=True)
        return await self._again(known, came)

    async def enrol(self, known: Known, secret: str, code: str, came: Came) -> tuple[str, tuple[str, ...]]:
        """A second factor, shown to work; gives the session's new secret and the recovery codes.

        Raises SignInRefused for a wrong code, and where the one there is was not shown.
        """
        account = known.account
        step = second_factor.step_of(secret, code, self.door.clock())
        if step is None or known.due not in {Due.ENROL, Due.NOTHING}:
            raise SignInRefused
        key = await asyncio.to_thread(self.door.key)
        codes = tuple(credentials.new_code() for _ in range(CODES))
        await self.accounts.set_codes(account.id, [credentials.digest(one) for one in codes])
        told = self._told("second_factor_set", account, account.name)
        sealed = second_factor.seal_totp(key, account.id, secret)
        await self.accounts.change(account.id, {"totp": sealed, "totp_step": step}, told, ends_sessions=True)
        return await self._again(known, came, confirmed=True), codes

    async def add_token(self, account: Account, new: NewToken, *, by: str) -> tuple[Token, str]:
        """The token, and what is to be shown, which is said this once; raises TokenTooWide."""
        now, secret = self.door.clock(), credentials.new_secret()
        opened = {right for right in Right if not account.roles.isdisjoint(ROLES_OF[right])}
        if not new.scopes <= opened or not now < new.expires_at <= now + LONGEST_TOKEN:
            raise TokenTooWide
        token = Token(
            id=self.context().new_id(),
            digest=credentials.digest(secret),
            account=account.id,
            name=new.name,
            scopes=new.scopes,
            made_at=now,
            expires_at=new.expires_at,
        )
        told = self._told("token_added", account, by, token=str(token.id), scopes=sorted(new.scopes))
        await self.accounts.add_token(token, told)
        return token, secret

    async def revoke_token(self, token: UUID, *, by: str, of: UUID | None = None) -> None:
        """Raises UnknownToken, also for one that is not of that account."""
        found = next((one for one in await self.accounts.tokens(of) if one.id == token), None)
        if found is None:
            raise UnknownToken
        told = self._told("token_revoked", await self.get(found.account), by, token=str(token))
        await self.accounts.revoke(token, told)

    async def _again(self, known: Known, came: Came, *, confirmed: bool = False) -> str:
        """The secret of a session in the place of all that were ended."""
        account, session = await self.get(known.account.id), known.session
        begun = await self.door.admit(account, came, confirmed=confirmed or session.confirmed, since=session)
        return begun.secret

    def _with_code(self, account: Account) -> bool:
        return account.totp is not None or not account.roles.isdisjoint(self.door.second_factor)

    async def _first_password(self) -> tuple[str, dict[str, Any]]:
        """The password, and what the account then has."""
        password, until = credentials.new_code(), self.door.clock() + self.door.first_password
        hashed = await self.door.slowly(credentials.hash_password, password)
        return password, {"password": hashed, "must_change": True, "first_until": until}

    async def _clear(self, account: Account) -> None:
        await self.accounts.succeeded([tried_login(account.login).digest, tried_code(account.id).digest])

    def _told(self, event: str, account: Account, by: str, **facts: Any) -> Happened:  # noqa: ANN401 - values of JSON
        said: Mapping[str, Any] = {"event": event, "account": str(account.id), **facts}
        texts = {"by": by, "name": account.name, "login": account.login}
        return Happened(kind=Kind.ACCOUNT, at=self.door.clock(), facts=said, texts=texts)
