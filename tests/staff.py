"""Accounts for tests: real ones of a node, signed in without the second that a password takes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.integration.api_node import Answer, Api
from transfer.actions.door import Came
from transfer.actions.roll import NewAccount, NewToken
from transfer.crypto.credentials import bound_to
from transfer.domain.accounts import Account
from transfer.domain.rights import Person as Asker
from transfer.domain.rights import Right, Role
from transfer.telemetry import clock
from transfer.web.cookies import HEADER, SESSION

PLACE = Came(address="192.0.2.7", client="a test")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Somebody with a session at a node."""

    api: Api
    account: Account
    secret: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": f"{SESSION}={self.secret}", HEADER: bound_to(self.secret)}

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.api.ask("GET", path, headers=self.headers | headers)

    async def post(self, path: str, body: Mapping[str, Any], **headers: str) -> Answer:
        given = {"Idempotency-Key": str(uuid4()), "If-Match": "*"} | self.headers | headers
        return await self.api.ask("POST", path, json=body, headers=given)


async def an_account(api: Api, *roles: Role, **changes: Any) -> Account:
    """An account that has its own password and second factor already, though nobody knows them."""
    login = f"user-{uuid4().hex[:8]}"
    given = {"login": login, "name": login, "institution": api.region, "roles": frozenset(roles)} | changes
    door = api.node.web.door
    account, _ = await api.node.web.roll.add(NewAccount(**given), by="test")
    told = api.node.web.roll._told("added", account, "test")
    factor = {} if account.system else {"totp": b"sealed"}
    await door.accounts.change(account.id, {"must_change": False} | factor, told)
    return await api.node.web.roll.get(account.id)


async def signed_in(api: Api, *roles: Role, **changes: Any) -> Signed:
    """Somebody with these roles who has shown a second factor."""
    account = await an_account(api, *roles, **changes)
    begun = await api.node.web.door.admit(account, PLACE, confirmed=True)
    return Signed(api=api, account=account, secret=begun.secret)


async def a_token(api: Api, account: Account, scopes: Iterable[Right] | None = None) -> str:
    """One of this account that opens what its roles open, or less."""
    rights = frozenset(scopes) if scopes is not None else Asker(name="", roles=account.roles).rights
    new = NewToken(name="test", scopes=rights, expires_at=clock.now() + timedelta(days=1))
    return (await api.node.web.roll.add_token(account, new, by="test"))[1]
