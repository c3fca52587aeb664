"""Ready accounts: in every region one for each role and a caseworker with several, and tokens for the stories."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from deploy.demo import people, winter_people
from deploy.demo.nodes import NodeProcess
from deploy.demo.people import LUXIAN, SICHUAN, STATION, ZHONGSHAN
from deploy.demo.winter_people import FUSHUN, LINGWU
from transfer.crypto.credentials import digest, hash_password, new_code, new_secret
from transfer.domain.accounts import Account, Token
from transfer.domain.rights import Person, Role
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.storage.accounts import SqlAccounts
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.telemetry import clock

CASEWORKER: Final = "caseworker"
_SEVERAL: Final = frozenset(
    {Role.INTAKE, Role.REVIEWER, Role.ASSIGNER, Role.LIAISON, Role.HANDLING_LAWYER, Role.ARCHIVIST}
)
_STATIONS: Final = {LUXIAN: STATION}
_FAMILY: Final = {ZHONGSHAN: "陈", LUXIAN: "杨", SICHUAN: "吴", FUSHUN: "高", LINGWU: "谢"}
_GIVEN: Final[Mapping[str, str]] = dict(zip(Role, "敏静磊洋艳强军杰娟涛超霞平明", strict=True))
_OF_THE_STORIES: Final[Mapping[tuple[str, str], str]] = {
    (ZHONGSHAN, CASEWORKER): people.CLERK_ZHONGSHAN,
    (LUXIAN, CASEWORKER): people.CLERK_LUXIAN,
    (LUXIAN, Role.WORKSTATION): people.CLERK_STATION,
    (LUXIAN, Role.APPROVER): people.HEAD_LUXIAN,
    (LUXIAN, Role.HANDLING_LAWYER): people.LAWYER,
    (SICHUAN, CASEWORKER): "郑洁",
    (SICHUAN, Role.LIAISON): people.CLERK_SICHUAN,
    (SICHUAN, Role.APPROVER): people.HEAD_SICHUAN,
    (FUSHUN, CASEWORKER): winter_people.CLERK[FUSHUN],
    (FUSHUN, Role.APPROVER): winter_people.HEAD[FUSHUN],
    (LINGWU, CASEWORKER): winter_people.CLERK[LINGWU],
    (LINGWU, Role.APPROVER): winter_people.HEAD[LINGWU],
}
_LASTS: Final = timedelta(days=360)
"""Also by the calendar of a story that lies some months back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """All have one password. A second factor is asked of nobody: the setting is off in the demo."""

    password: str
    hashed: str

    @classmethod
    def new(cls) -> "Accounts":
        password = new_code()
        return cls(password=password, hashed=hash_password(password))

    def ready(self, node: NodeProcess) -> None:
        """Adds those of this region to its database, which is there, and gives the node the tokens of its people."""
        node.tokens.update(asyncio.run(self.added(node.region, f"sqlite:///{node.database}")))

    async def added(self, region: str, url: str) -> Mapping[str, str]:
        """The tokens by name and by login."""
        engine = open_engine(url)
        store = Store(engine=engine, region=region, clock=clock.now, new_id=clock.new_id)
        accounts = SqlAccounts(store=store)
        tokens: dict[str, str] = {}
        try:
            for account in self._of(region):
                secret, facts = new_secret(), {"account": str(account.id)}
                texts = {"by": "demo", "name": account.name, "login": account.login}
                told = [
                    Happened(kind=Kind.ACCOUNT, at=clock.now(), facts={"event": event} | facts, texts=texts)
                    for event in ("added", "token_added")
                ]
                await accounts.add(account, told[0])
                await accounts.add_token(_token(account, secret), told[1])
                tokens |= {account.name: secret, account.login: secret}
        finally:
            await engine.dispose()
        return tokens

    def _of(self, region: str) -> Iterator[Account]:
        for login, roles in (*((role.value, frozenset({role})) for role in Role), (CASEWORKER, _SEVERAL)):
            yield Account(
                id=clock.new_id(),
                login=login,
                name=name_of(region, login),
                institution=_STATIONS.get(region, region) if login == Role.WORKSTATION else region,
                roles=roles,
                made_at=clock.now(),
                password=self.hashed,
            )


def name_of(region: str, login: str) -> str:
    """Who has this account there."""
    return _OF_THE_STORIES.get((region, login)) or _FAMILY.get(region, "郭") + _GIVEN.get(login, "明远")


def _token(account: Account, secret: str) -> Token:
    return Token(
        id=clock.new_id(),
        digest=digest(secret),
        account=account.id,
        name="demo",
        scopes=Person(name="", roles=account.roles).rights,
        made_at=clock.now(),
        expires_at=clock.now() + _LASTS,
    )
