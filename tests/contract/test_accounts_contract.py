"""What the accounts promise, kept alike by the databases and by their stand-in in memory."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.databases import BOTH, new_database
from tests.fakes_accounts import MemoryAccounts
from transfer.domain.accounts import Account, NameTaken, Session, Token
from transfer.domain.rights import Right, Role
from transfer.ledger.entry import Kind
from transfer.ports.accounts import Accounts, Tried
from transfer.ports.ledger import Happened
from transfer.storage.accounts import SqlAccounts
from transfer.storage.engine import open_engine
from transfer.storage.migrate import migrate
from transfer.storage.store import Store

NOW = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
TOLD = Happened(kind=Kind.ACCOUNT, at=NOW, facts={"event": "added"}, texts={"by": "王芳"})
MINUTE = timedelta(minutes=1)


@pytest.fixture(params=["memory", *BOTH])
async def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Accounts]:
    if request.param == "memory":
        yield MemoryAccounts()
        return
    url = new_database(request, request.param, tmp_path)
    store = Store(engine=open_engine(url), region="442000", clock=lambda: NOW, new_id=uuid4)
    await migrate(store.engine)
    yield SqlAccounts(store=store)
    await store.engine.dispose()


def an_account(login: str = "wang", **changes: Any) -> Account:
    given: dict[str, Any] = {
        "id": uuid4(),
        "login": login,
        "name": f"名 {login}",
        "institution": "442000",
        "made_at": NOW,
    }
    return Account(**({"roles": frozenset({Role.INTAKE, Role.REVIEWER}), "password": "$hash"} | given | changes))


def a_session(account: UUID, digest: bytes, **changes: Any) -> Session:
    given: dict[str, Any] = {
        "made_at": NOW,
        "seen_at": NOW,
        "ends_at": NOW + 9 * MINUTE,
        "confirmed": False,
        "client": "a browser",
    }
    return Session(digest=digest, account=account, **(given | changes))


def tried(name: str, free: int = 3) -> Tried:
    return Tried(digest=name.encode().ljust(32, b"-"), free=free)


async def test_an_account_is_found_as_it_was_added_and_as_it_was_changed(accounts: Accounts) -> None:
    one, other = an_account(), an_account("li", issuer="https://id.example", subject="7", totp=b"sealed")
    await accounts.add(one, TOLD)
    await accounts.add(other, TOLD)
    assert await accounts.all() == [other, one]
    assert await accounts.with_login("wang") == await accounts.account(one.id) == one
    assert await accounts.of_subject("https://id.example", "7") == other
    assert await accounts.with_login("nobody") is await accounts.account(uuid4()) is None
    await accounts.change(one.id, {"roles": frozenset({Role.AUDITOR}), "disabled": True}, TOLD)
    changed = await accounts.account(one.id)
    assert changed
    assert (changed.roles, changed.disabled, changed.name) == (frozenset({Role.AUDITOR}), True, one.name)


@pytest.mark.parametrize("same", [{"login": "wang"}, {"name": "名 wang"}, {"issuer": "i", "subject": "s"}])
async def test_no_two_have_one_login_one_name_or_one_subject(accounts: Accounts, same: dict[str, str]) -> None:
    await accounts.add(an_account(issuer="i", subject="s"), TOLD)
    with pytest.raises(NameTaken):
        await accounts.add(an_account(**({"login": "li"} | same)), TOLD)
    other = an_account("zhang")
    await accounts.add(other, TOLD)
    with pytest.raises(NameTaken):
        await accounts.change(other.id, same, TOLD)


async def test_a_step_and_a_recovery_code_are_used_once_even_at_once(accounts: Accounts) -> None:
    one = an_account()
    await accounts.add(one, TOLD)
    assert sorted(await asyncio.gather(*(accounts.use_step(one.id, 7) for _ in range(4)))) == [False] * 3 + [True]
    assert [await accounts.use_step(one.id, step) for step in (6, 8)] == [False, True]
    await accounts.set_codes(one.id, [b"a" * 32, b"b" * 32])
    used = await asyncio.gather(*(accounts.use_code(one.id, b"a" * 32) for _ in range(4)))
    assert sorted(used) == [False] * 3 + [True]
    await accounts.set_codes(one.id, [b"c" * 32])
    assert not await accounts.use_code(one.id, b"b" * 32)


async def test_a_session_takes_the_place_of_another_and_ends_by_itself_with_its_account_or_in_time(
    accounts: Accounts,
) -> None:
    one = an_account()
    await accounts.add(one, TOLD)
    first, second = (a_session(one.id, bytes([n]) * 32, made_at=NOW + n * MINUTE) for n in (1, 2))
    await accounts.begin(first, TOLD, instead_of=None)
    await accounts.seen(first.digest, NOW + MINUTE)
    found = await accounts.session(first.digest)
    assert found
    assert (found[0].seen_at, found[1]) == (NOW + MINUTE, one)
    await accounts.begin(second, TOLD, instead_of=first.digest)
    assert await accounts.session(first.digest) is None
    await accounts.begin(first, TOLD, instead_of=None)
    assert await accounts.sessions(one.id) == [second, first]
    await accounts.end([second.digest], TOLD)
    assert await accounts.sessions(one.id) == [first]
    assert (await accounts.forget(NOW), await accounts.forget(NOW + 9 * MINUTE)) == (0, 1)
    await accounts.begin(first, TOLD, instead_of=None)
    await accounts.change(one.id, {}, TOLD, ends_sessions=True)
    assert await accounts.sessions(one.id) == []


async def test_a_token_is_found_until_it_is_revoked(accounts: Accounts) -> None:
    one = an_account()
    await accounts.add(one, TOLD)
    token = Token(
        id=uuid4(),
        digest=b"t" * 32,
        account=one.id,
        name="报表",
        scopes=frozenset({Right.REPORT, Right.AUDIT}),
        made_at=NOW,
        expires_at=NOW + MINUTE,
    )
    await accounts.add_token(token, TOLD)
    assert await accounts.token(token.digest) == (token, one)
    await accounts.used(token.id, date(2026, 6, 15))
    assert [found.used_on for found in await accounts.tokens(one.id)] == [date(2026, 6, 15)]
    assert await accounts.tokens(uuid4()) == []
    assert [await accounts.revoke(token.id, TOLD) for _ in range(2)] == [True, False]
    assert await accounts.token(token.digest) is None


async def test_attempts_pause_for_longer_each_time_and_are_counted_for_all_or_none(accounts: Accounts) -> None:
    both = (tried("login"), tried("address", free=20))
    first = [await accounts.attempt(both, NOW) for _ in range(3)]
    assert [one.allowed for one in first] == [True] * 3
    assert [one.pauses_until for one in first] == [None, None, NOW + MINUTE]
    again = await accounts.attempt(both, NOW + MINUTE / 2)
    assert (again.allowed, again.pauses_until) == (False, NOW + MINUTE)
    assert (await accounts.attempt(both[:1], NOW + MINUTE)).pauses_until == NOW + 3 * MINUTE
    # The address was tried three times and not four: its twentieth attempt is the seventeenth from here.
    alone = [await accounts.attempt(both[1:], NOW) for _ in range(17)]
    assert [one.pauses_until is not None for one in alone] == [False] * 16 + [True]
    await accounts.succeeded([both[0].digest], [both[1].digest])
    assert (await accounts.attempt(both, NOW)).pauses_until == NOW + MINUTE


async def test_many_attempts_at_once_get_no_further_than_one_after_the_other(accounts: Accounts) -> None:
    made = await asyncio.gather(*(accounts.attempt((tried("login"),), NOW) for _ in range(12)))
    assert sum(one.allowed for one in made) == 3


async def test_failures_of_long_ago_count_no_more(accounts: Accounts) -> None:
    for _ in range(2):
        await accounts.attempt((tried("login"),), NOW)
    later = NOW + timedelta(days=1, seconds=1)
    assert (await accounts.attempt((tried("login"),), later)).pauses_until is None
    assert await accounts.forget(later + timedelta(days=2)) == 1
