"""The form of the database: its steps up and down, and the states that it refuses to hold."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, inspect, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from deploy.local.postgres import Postgres
from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.storage import tables
from transfer.storage.engine import DatabaseUrlInvalid, database_url, open_engine, reading, writing
from transfer.storage.migrate import current, differences, head, migrate, versions
from transfer.storage.rows import NO_DAY
from transfer.storage.store import ANSWERED_KEPT, Store

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(url)
    yield opened
    await opened.dispose()


async def test_every_step_of_the_database_goes_up_and_down_again(engine: AsyncEngine) -> None:
    assert await current(engine) == "base"
    for version in versions():
        await migrate(engine, version)
        assert await current(engine) == version
    assert await current(engine) == head()
    for version in [*reversed(versions()[:-1]), "base"]:
        await migrate(engine, version)
        assert await current(engine) == version
    async with reading(engine) as connection:
        left = await connection.run_sync(lambda c: set(inspect(c).get_table_names()))
    assert left <= {"alembic_version"}
    await migrate(engine)
    assert await current(engine) == head()


async def test_a_database_of_every_version_comes_up_to_this_release(engine: AsyncEngine) -> None:
    for version in versions():
        await migrate(engine, "base")
        await migrate(engine, version)
        await migrate(engine)
        assert await current(engine) == head()
        assert await differences(engine) == []


async def test_the_migrated_database_is_the_one_that_the_tables_describe(engine: AsyncEngine) -> None:
    await migrate(engine)
    assert await differences(engine) == []
    async with reading(engine) as connection:
        found = await connection.run_sync(
            lambda c: {
                table: {check["name"] for check in inspect(c).get_check_constraints(table)}
                for table in tables.metadata.tables
            }
        )
    for name, table in tables.metadata.tables.items():
        described = {str(c.name) for c in table.constraints if c.__class__.__name__ == "CheckConstraint"}
        assert found[name] == described, name


def a_case(**changes: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "version": 1,
        "matter": "REMUNERATION",
        "urgency": "NORMAL",
        "first_received_at": NOW,
        "first_received_by": "442000",
        "place": 2,
        "act_by": NO_DAY,
        "holder": "442000",
        "holder_region": "442000",
        "tenure": 1,
        "stage": "received",
        "stage_tenure": 1,
        "stage_number": 0,
        "followers": "[]",
        "basics": "{}",
        "materials": "[]",
        "same_matter": "[]",
        "opened_at": NOW,
        "changed_at": NOW,
    } | changes


def a_transfer(case: UUID, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "case_id": case,
        "position": 0,
        "side": "sender",
        "state": "offered",
        "is_open": 1,
        "sender": "442000",
        "receiver": "510521-ZS",
        "attempt": 1,
        "place": 2,
        "act_by": NO_DAY,
        "opened_at": NOW,
        "changed_at": NOW,
        "detail": "{}",
    } | changes


def an_out_message(**changes: Any) -> dict[str, Any]:
    return {
        "message": uuid4(),
        "conversation": uuid4(),
        "recipient": "510521",
        "sequence": 1,
        "shard": 0,
        "type": "legalaid.transfer.offered.v1",
        "digest": "sha256:" + "0" * 64,
        "body": b"{}",
        "created_at": NOW,
    } | changes


IMPOSSIBLE_CASES = {
    "a stage that does not exist": {"stage": "lost"},
    "an empty stage": {"stage": ""},
    "a holder of another region than it says": {"holder_region": "510521"},
    "no tenure": {"tenure": 0, "stage_tenure": 0},
    "a stage of a tenure to come": {"stage_tenure": 2},
    "an unknown urgency": {"urgency": "SOON"},
    "version nought": {"version": 0},
}


@pytest.mark.parametrize("changes", IMPOSSIBLE_CASES.values(), ids=IMPOSSIBLE_CASES.keys())
async def test_the_database_refuses_a_case_with(engine: AsyncEngine, changes: dict[str, Any]) -> None:
    await migrate(engine)
    async with writing(engine) as connection:
        await connection.execute(insert(tables.cases), a_case())
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.cases), a_case(**changes))


async def test_no_case_is_its_own_duplicate(engine: AsyncEngine) -> None:
    await migrate(engine)
    case = a_case()
    async with writing(engine) as connection:
        await connection.execute(insert(tables.cases), case)
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(update(tables.cases).values(duplicate_of=case["id"]))


async def test_a_case_has_at_most_one_open_offer_of_its_own(engine: AsyncEngine) -> None:
    await migrate(engine)
    case = a_case()
    async with writing(engine) as connection:
        await connection.execute(insert(tables.cases), case)
        await connection.execute(insert(tables.transfers), a_transfer(case["id"]))
        await connection.execute(insert(tables.transfers), a_transfer(case["id"], position=1, side="receiver"))
        closed = a_transfer(case["id"], position=2, state="released", is_open=0)
        await connection.execute(insert(tables.transfers), closed)
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.transfers), a_transfer(case["id"], position=3))


IMPOSSIBLE_TRANSFERS = {
    "an unknown state": {"state": "bounced"},
    "a draft, which is never stored": {"state": "drafted"},
    "both ends in one region": {"receiver": "442000-A"},
    "an end and still open": {"state": "accepted", "is_open": 1},
    "a notice without a day": {"state": "supplement_required"},
    "an unknown side": {"side": "witness"},
}


@pytest.mark.parametrize("changes", IMPOSSIBLE_TRANSFERS.values(), ids=IMPOSSIBLE_TRANSFERS.keys())
async def test_the_database_refuses_a_transfer_with(engine: AsyncEngine, changes: dict[str, Any]) -> None:
    await migrate(engine)
    case = a_case()
    async with writing(engine) as connection:
        await connection.execute(insert(tables.cases), case)
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.transfers), a_transfer(case["id"], **changes))


IMPOSSIBLE_MESSAGES = {
    "applied but not settled": {"outcome": "applied"},
    "settled without a verdict": {"settled_at": NOW},
    "parked for good": {"outcome": "parked", "settled_at": NOW},
    "refused without a word": {"outcome": "refused"},
    "a refusal that nobody gave": {"refusal": "{}"},
    "an unknown outcome": {"outcome": "lost"},
    "place nought": {"sequence": 0},
    "a shard that no relay owns": {"shard": 16},
}


@pytest.mark.parametrize("changes", IMPOSSIBLE_MESSAGES.values(), ids=IMPOSSIBLE_MESSAGES.keys())
async def test_the_database_refuses_a_message_with(engine: AsyncEngine, changes: dict[str, Any]) -> None:
    await migrate(engine)
    async with writing(engine) as connection:
        await connection.execute(insert(tables.outbox), an_out_message())
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.outbox), an_out_message(**changes))


async def test_a_place_in_a_conversation_is_given_once_per_recipient(engine: AsyncEngine) -> None:
    await migrate(engine)
    conversation = uuid4()
    async with writing(engine) as connection:
        await connection.execute(insert(tables.outbox), an_out_message(conversation=conversation))
        other = an_out_message(conversation=conversation, recipient="510000")
        await connection.execute(insert(tables.outbox), other)
    with pytest.raises(StorageRefused):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.outbox), an_out_message(conversation=conversation))


async def test_moments_come_back_aware_and_unchanged(engine: AsyncEngine) -> None:
    await migrate(engine)
    case = a_case(first_received_at=NOW, limitation_on=date(2026, 5, 15))
    async with writing(engine) as connection:
        await connection.execute(insert(tables.cases), case)
    async with reading(engine) as connection:
        row = (await connection.execute(tables.cases.select())).one()
    assert row.first_received_at == NOW
    assert row.first_received_at.tzinfo is not None
    assert row.limitation_on == date(2026, 5, 15)


async def test_a_transaction_that_fails_leaves_nothing(engine: AsyncEngine) -> None:
    await migrate(engine)
    with pytest.raises(LookupError):
        async with writing(engine) as connection:
            await connection.execute(insert(tables.cases), a_case())
            raise LookupError
    async with reading(engine) as connection:
        assert (await connection.execute(tables.cases.select())).all() == []


async def test_sqlite_keeps_what_was_committed_through_a_loss_of_power(tmp_path: Path) -> None:
    opened = open_engine(f"sqlite:///{tmp_path}/node.db")
    async with reading(opened) as connection:
        told = {
            name: (await connection.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    await opened.dispose()
    assert told == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


@pytest.mark.postgres
@pytest.mark.parametrize(("default", "used"), [("off", "on"), ("on", "on"), ("remote_apply", "remote_apply")])
async def test_postgresql_keeps_what_was_committed_through_a_kill(postgres: Postgres, default: str, used: str) -> None:
    name = f"storage_{uuid4().hex[:8]}"
    opened = open_engine(postgres.create_database(name))
    postgres.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = {default}')
    async with writing(opened) as connection:
        assert await connection.scalar(text("SHOW synchronous_commit")) == used
    async with writing(opened) as connection:
        assert await connection.scalar(text("SHOW synchronous_commit")) == used
    await opened.dispose()


async def test_a_database_that_is_not_there_is_unavailable_not_broken() -> None:
    opened = open_engine("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(StorageUnavailable):
        await current(opened)
    await opened.dispose()


@pytest.mark.parametrize("url", ["", "mysql://x/y", "node.db", "sqlite"])
def test_a_url_of_no_supported_database_says_what_is_supported(url: str) -> None:
    with pytest.raises(DatabaseUrlInvalid, match="sqlite:///FILE"):
        database_url(url)


async def test_old_answers_to_idempotency_keys_are_forgotten_and_fresh_ones_kept(engine: AsyncEngine) -> None:
    await migrate(engine)
    store = Store(engine=engine, region="442000", clock=lambda: NOW, new_id=uuid4)
    row = {"request": "sha256:" + "0" * 64, "status": 200, "etag": None, "body": b"{}"}
    async with writing(engine) as connection:
        for key, age in (
            ("old", ANSWERED_KEPT + timedelta(seconds=1)),
            ("fresh", ANSWERED_KEPT - timedelta(seconds=1)),
        ):
            await connection.execute(insert(tables.answered), {"key": key, "at": NOW - age, **row})
    assert await store.forget_answered() == 1
    assert await store.forget_answered() == 0
    async with reading(engine) as connection:
        assert [left.key for left in await connection.execute(tables.answered.select())] == ["fresh"]


async def test_a_transaction_that_is_broken_off_at_any_moment_leaves_nothing_behind(engine: AsyncEngine) -> None:
    await migrate(engine)
    taken = 0.0

    async def write(case: dict[str, Any]) -> None:
        async with writing(engine) as connection:
            await connection.execute(insert(tables.cases), case)
            await asyncio.sleep(taken)  # also with no statement under way
            await connection.execute(update(tables.cases).values(version=2).where(tables.cases.c.id == case["id"]))

    await write(a_case())
    begun = perf_counter()
    await write(a_case())
    taken = perf_counter() - begun
    for number in range(60):
        case = a_case()
        task = asyncio.create_task(write(case))
        await asyncio.sleep(taken * number / 10)  # from before it begins to long after its end
        task.cancel()
        await asyncio.wait({task})
        # Only a connection that nobody left in a transaction lets another begin.
        async with writing(engine) as connection:
            found = await connection.scalar(select(tables.cases.c.version).where(tables.cases.c.id == case["id"]))
            assert found in (None, 2)


async def test_a_transaction_that_fails_is_undone_before_its_connection_is_used_again(engine: AsyncEngine) -> None:
    await migrate(engine)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with writing(engine) as connection:
                await connection.execute(insert(tables.cases), a_case())
                1 / 0  # noqa: B018 - fails
    async with writing(engine) as connection:
        assert (await connection.execute(select(tables.cases.c.id))).all() == []
