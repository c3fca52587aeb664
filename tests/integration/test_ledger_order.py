"""Entries get one place each, in the order of their ids, whatever happens meanwhile; and the ledger is read by it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.integration.api_node import ZHONGSHAN, serving
from transfer.ledger.entry import Entry, Kind, texts_digest
from transfer.ledger.proofs import check_consistency, check_inclusion
from transfer.ledger.tiles import Tiled
from transfer.ledger.tree import Node, consistency, hash_of, head, inclusion, leaf_hash, node_hash
from transfer.node import build
from transfer.ports.ledger import Happened
from transfer.ports.work import StorageRefused
from transfer.settings import Role, Settings
from transfer.storage.engine import open_engine, reading, writing
from transfer.storage.erasing_again import erase_again
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.ledger_tables import ledger_entries, ledger_keys, ledger_leaves, ledger_nodes
from transfer.storage.migrate import migrate
from transfer.storage.sequencing import SqlSequencer
from transfer.storage.store import Store
from transfer.telemetry import clock

NOW = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    engine = open_engine(url)
    await migrate(engine)
    yield Store(engine=engine, region="442000", clock=lambda: NOW, new_id=clock.new_id)
    await engine.dispose()


def an_id(at: datetime, number: int = 0) -> UUID:
    """A UUID version 7 of that moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | number)


def a_sequencer(store: Store, *, batch: int = 100, now: datetime = NOW) -> SqlSequencer:
    return SqlSequencer(store=store, clock=lambda: now, batch=batch)


async def written(connection: AsyncConnection, *ids: UUID, case: UUID | None = None) -> None:
    rows = [
        {"id": one, "kind": "audit", "case_id": case, "body": Entry(id=one, at=NOW, kind=Kind.AUDIT, case=case).body}
        for one in ids
    ]
    await connection.execute(insert(ledger_entries), rows)


async def write(store: Store, *ids: UUID, case: UUID | None = None) -> None:
    async with writing(store.engine) as connection:
        await written(connection, *ids, case=case)


async def in_order(store: Store) -> Sequence[UUID]:
    """The entries by their places, which have no gaps, and whose hashes are right."""
    async with reading(store.engine) as connection:
        rows = (
            await connection.execute(
                select(ledger_leaves, ledger_entries.c.body)
                .join(ledger_entries, ledger_entries.c.id == ledger_leaves.c.entry)
                .order_by(ledger_leaves.c.place)
            )
        ).all()
        nodes = {Node(row.level, row.place): row.hash for row in await connection.execute(select(ledger_nodes))}
    assert [row.place for row in rows] == list(range(len(rows)))
    assert [row.hash for row in rows] == [leaf_hash(row.body) for row in rows]
    assert nodes == Tiled().extend([row.hash for row in rows])
    return [row.entry for row in rows]


async def all_of(sequencer: SqlSequencer) -> list[int]:
    counts = []
    while done := await sequencer.place_once():
        counts.append(done)
    return counts


async def test_entries_get_their_places_in_batches_in_the_order_of_their_ids(store: Store) -> None:
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(1_030)]
    await write(store, *ids[500:], *ids[:500])
    assert await all_of(a_sequencer(store)) == [100] * 10 + [30]
    assert await in_order(store) == ids


async def test_a_later_batch_goes_on_where_the_tree_ended(store: Store) -> None:
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(777)]
    for start in range(0, 777, 111):
        await write(store, *ids[start : start + 111])
        assert await all_of(a_sequencer(store)) == [100, 11]
    assert await in_order(store) == ids


async def test_an_entry_whose_transaction_took_long_gets_its_place_all_the_same(store: Store) -> None:
    late, early = [an_id(NOW, number) for number in range(5)], [an_id(NOW - timedelta(milliseconds=1900), 1)]
    sequencer = a_sequencer(store)
    await write(store, *late)
    await all_of(sequencer)
    await write(store, *early)
    assert await all_of(sequencer) == [1]
    assert await in_order(store) == [*late, *early]


@pytest.mark.parametrize(
    ("age", "found_after"),
    [
        (timedelta(seconds=30), timedelta(seconds=10)),
        (timedelta(minutes=30), timedelta(minutes=1)),
        (timedelta(days=300), timedelta(days=1)),
    ],
)
async def test_what_is_far_behind_is_found_by_a_look_that_goes_further_back(
    store: Store, age: timedelta, found_after: timedelta
) -> None:
    now = NOW
    sequencer = SqlSequencer(store=store, clock=lambda: now, batch=100)
    await write(store, an_id(NOW))
    assert await all_of(sequencer) == [1]
    behind = an_id(NOW - age)
    await write(store, behind)
    now = NOW + found_after - timedelta(seconds=1)
    assert await all_of(sequencer) == []
    now = NOW + found_after
    assert await all_of(sequencer) == [1]
    assert await in_order(store) == [an_id(NOW), behind]


async def test_a_sequencer_that_starts_finds_everything(store: Store) -> None:
    await write(store, an_id(NOW))
    await all_of(a_sequencer(store))
    await write(store, an_id(NOW - timedelta(days=4_000)))
    assert await all_of(a_sequencer(store)) == [1]


async def test_a_look_that_finds_more_than_a_batch_goes_on_where_that_ended(store: Store) -> None:
    await write(store, an_id(NOW))
    await all_of(a_sequencer(store))
    old = [an_id(NOW - timedelta(days=4_000), number) for number in range(250)]
    await write(store, *old)
    assert await all_of(a_sequencer(store)) == [100, 100, 50]
    assert await in_order(store) == [an_id(NOW), *old]


async def test_a_look_that_finds_less_than_a_batch_is_followed_by_a_pause(store: Store) -> None:
    await write(store, *(an_id(NOW, number) for number in range(150)))
    sequencer = a_sequencer(store)
    assert await sequencer.place_batch() == 100
    assert await sequencer.place_batch() == 0
    assert len(await in_order(store)) == 150


async def test_an_id_from_a_clock_that_ran_ahead_hides_nothing(store: Store) -> None:
    sequencer = a_sequencer(store)
    await write(store, an_id(NOW + timedelta(days=900)))
    assert await all_of(sequencer) == [1]
    await write(store, an_id(NOW))
    assert await all_of(sequencer) == [1]


async def test_two_that_do_it_at_once_place_everything_once(store: Store) -> None:
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(2_000)]
    await write(store, *ids)

    async def until_all_are_placed() -> int:
        sequencer, placed = a_sequencer(store), 0
        while True:
            placed += await sequencer.place_once()
            async with reading(store.engine) as connection:
                if await connection.scalar(select(func.count()).select_from(ledger_leaves)) == len(ids):
                    return placed

    placed = await asyncio.gather(*(until_all_are_placed() for _ in range(3)))
    assert sum(placed) == len(ids)
    assert sorted(await in_order(store)) == ids


async def test_a_crash_in_the_middle_of_a_batch_leaves_nothing_of_it(store: Store) -> None:
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(300)]
    await write(store, *ids)

    class Killed(Exception):
        """In the middle of the transaction."""

    def kill(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "INSERT INTO ledger_nodes" in statement:
            raise Killed

    event.listen(store.engine.sync_engine, "before_cursor_execute", kill)
    with pytest.raises(Killed):
        await a_sequencer(store, batch=300).place_once()
    event.remove(store.engine.sync_engine, "before_cursor_execute", kill)
    assert await in_order(store) == []
    assert await all_of(a_sequencer(store, batch=300)) == [300]
    assert await in_order(store) == ids


async def test_what_the_database_refuses_for_another_reason_is_not_taken_for_a_race(store: Store) -> None:
    await write(store, an_id(NOW))
    async with writing(store.engine) as connection:
        # A kept hash stands where one is due: nothing can be placed, and nobody else has done it.
        await connection.execute(insert(ledger_nodes).values(level=8, place=0, hash=b"x" * 32))
    await write(store, *(an_id(NOW, number) for number in range(1, 256)))
    with pytest.raises(StorageRefused):
        await a_sequencer(store, batch=256).place_once()


async def test_the_hash_of_any_whole_subtree_is_made_from_what_is_kept(store: Store) -> None:
    size = 1_500
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(size)]
    await write(store, *ids)
    await all_of(a_sequencer(store))
    ledger, every = SqlLedgerReading(store=store), dict[Node, bytes]()
    leaves = [leaf_hash(Entry(id=one, at=NOW, kind=Kind.AUDIT).body) for one in ids]
    row, level = leaves, 0
    while row:
        every |= {Node(level, index): made for index, made in enumerate(row)}
        row, level = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=False)], level + 1
    some = [node for node in every if node.level > 2 or node.index % 97 == 0]
    assert await ledger.hashes(some) == {node: every[node] for node in some}
    missing = [Node(0, size), Node(8, 5), Node(11, 0), Node(16, 0)]
    assert await ledger.hashes(missing) == {}
    assert await ledger.size() == size


async def test_proofs_are_made_from_what_is_kept(store: Store) -> None:
    size, old = 1_111, 300
    ids = [an_id(NOW + timedelta(milliseconds=number)) for number in range(size)]
    await write(store, *ids)
    await all_of(a_sequencer(store))
    ledger = SqlLedgerReading(store=store)

    async def root(size: int) -> bytes:
        return hash_of(head(size), await ledger.hashes(head(size)))

    for place in (0, 255, 256, 700, size - 1):
        way = inclusion(place, size)
        found = await ledger.hashes({node for sibling in way for node in sibling.part})
        one = await ledger.at_place(place)
        assert one is not None
        proof = [hash_of(sibling.part, found) for sibling in way]
        check_inclusion(leaf_hash(one.body), place, size, proof, await root(size))
    growth = consistency(old, size)
    found = await ledger.hashes({node for part in growth.parts for node in part})
    check_consistency(old, await root(old), size, await root(size), [hash_of(part, found) for part in growth.parts])


async def test_the_ledger_is_read_in_order_case_by_case_and_with_the_texts_that_can_be_opened(store: Store) -> None:
    case, other = uuid4(), uuid4()
    happened = [
        Happened(kind=Kind.READ, at=NOW, case=one, facts={"what": "case"}, texts={"by": "王芳"})
        for one in (case, other, case)
    ]
    async with writing(store.engine) as connection:
        await store.noting.write(connection, happened, now=NOW)
    await all_of(a_sequencer(store, now=clock.now()))
    async with writing(store.engine) as connection:
        await store.noting.write(connection, happened[:1], now=NOW)
    ledger = SqlLedgerReading(store=store)
    blocks = [block async for block in ledger.entries(0, 10)]
    assert [one.place for block in blocks for one in block] == [0, 1, 2]
    assert [one.place for block in [block async for block in ledger.entries(1, 2)] for one in block] == [1]
    of_case = await ledger.of_case(case)
    assert [one.place for one in of_case] == [0, 2, None]
    for one in of_case:
        assert one.texts is not None
        assert texts_digest(one.texts) == Entry.parse(one.body).texts
    async with writing(store.engine) as connection:
        await connection.execute(ledger_keys.update().values(key=None))
    assert [one.texts for one in await ledger.of_case(case)] == [None] * 3
    assert await ledger.at_place(3) is None


async def test_an_empty_ledger_can_be_read(store: Store) -> None:
    ledger = SqlLedgerReading(store=store)
    assert await ledger.size() == 0
    assert await ledger.hashes(head(0)) == {}
    assert [block async for block in ledger.entries(0, 5)] == []
    assert await a_sequencer(store).place_once() == 0


async def test_the_role_that_receives_puts_the_ledger_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path, ZHONGSHAN) as api:
        await api.opened()
        settings = api.node.settings
        assert "sequence" not in [duty.name for duty in api.node.duties]
        given = {name: value for name, value in settings if name != "roles"}
        receiving = build(Settings(**given, roles=frozenset({Role.INBOUND})))
        [duty] = [duty for duty in receiving.duties if duty.name == "sequence"]
        await duty.once()
        assert await SqlLedgerReading(store=api.node.store).size() > 0
        await receiving.store.engine.dispose()


async def test_entries_of_erasures_are_found_by_their_own_index(store: Store) -> None:
    happened = [Happened(kind=Kind.STEP, at=NOW, texts={"by": "王芳"}) for _ in range(500)]
    async with store.writing() as connection:
        await store.note(connection, *happened, Happened(kind=Kind.ERASED, at=NOW, facts={"receipt": "1"}))
        await connection.exec_driver_sql("ANALYZE")
    said: list[tuple[str, Any]] = []

    def heard(*about: Any) -> None:
        said.append((about[2], about[3]))

    event.listen(store.engine.sync_engine, "before_cursor_execute", heard)
    first, last = UUID(int=0), UUID(int=2**128 - 1)
    found = await SqlLedgerReading(store=store).between(first, last, kind=Kind.ERASED, limit=10)
    assert await erase_again(store, now=NOW) == []
    event.remove(store.engine.sync_engine, "before_cursor_execute", heard)
    assert [Entry.parse(one.body).kind for one in found] == [Kind.ERASED]
    looks = [one for one in said if "'erased'" in one[0]]
    assert len(looks) == 2
    word = "EXPLAIN QUERY PLAN" if store.is_sqlite else "EXPLAIN"
    for statement, parameters in looks:
        async with reading(store.engine) as connection:
            plan = [str(row) for row in await connection.exec_driver_sql(f"{word} {statement}", parameters)]
        assert "ix_ledger_entries_erased" in "\n".join(plan), plan
