"""The database's side of files: kept once, claimed by one, forgotten when nothing names them and not before."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from transfer.messages.attachments import Attachment
from transfer.messages.codes import MediaType
from transfer.messages.envelope import digest_of
from transfer.ports.files import Fetch, KeptFile, Setback
from transfer.ports.work import StorageRefused
from transfer.storage.engine import open_engine
from transfer.storage.files import SqlFiles
from transfer.storage.migrate import migrate
from transfer.storage.store import Store
from transfer.storage.tables import fetches

SOURCE, OTHER, HERE = "442000", "510000", "510521"
START = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
LEASE = timedelta(seconds=30)
DIGEST = digest_of(b"a file")
FILE = Attachment(digest=DIGEST, size=1000, media_type=MediaType.PDF, name="欠条.pdf")
WHY = Setback(code="source-away", detail="no answer")


@dataclass(slots=True, kw_only=True)
class Ground:
    """A database and a clock that a test sets."""

    store: Store
    records: SqlFiles
    at: dict[str, datetime] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return self.at["now"]

    def later(self, **span: float) -> datetime:
        self.at["now"] += timedelta(**span)
        return self.now

    async def want(self, file: Attachment = FILE, source: str = SOURCE) -> None:
        async with self.store.work() as work:
            work.record_wanted(source, uuid4(), uuid4(), [file])

    async def claim(self) -> Fetch | None:
        return await self.records.claim(now=self.now, lease=LEASE)

    async def claimed(self) -> Fetch:
        fetch = await self.claim()
        assert fetch is not None
        return fetch

    async def row(self, source: str = SOURCE) -> Any:
        async with self.store.writing() as connection:
            return (await connection.execute(select(fetches).where(fetches.c.source == source))).one()


def a_kept(**changes: Any) -> KeptFile:
    kept = KeptFile(digest=DIGEST, size=1000, media_type=MediaType.PDF, place="objects/ab/one", kept_at=START)
    return replace(kept, **changes)


@pytest.fixture
async def ground(url: str) -> AsyncIterator[Ground]:
    engine = open_engine(url)
    await migrate(engine)
    at = {"now": START}
    store = Store(engine=engine, region=HERE, clock=lambda: at["now"], new_id=uuid4)
    yield Ground(store=store, records=SqlFiles(store=store), at=at)
    await engine.dispose()


async def test_a_file_is_there_once_it_is_recorded(ground: Ground) -> None:
    assert await ground.records.kept(DIGEST) is None
    assert await ground.records.keep(a_kept()) == a_kept()
    assert await ground.records.kept(DIGEST) == a_kept()


async def test_of_two_who_keep_one_content_the_first_counts(ground: Ground) -> None:
    first = await ground.records.keep(a_kept())
    assert await ground.records.keep(a_kept(place="objects/ab/two")) == first


async def test_a_lost_object_is_replaced_by_whoever_brings_the_content_again(ground: Ground) -> None:
    await ground.records.keep(a_kept())
    fresh = a_kept(place="objects/ab/two")
    assert await ground.records.keep(fresh, instead_of="objects/ab/one") == fresh
    third = a_kept(place="objects/ab/three")
    assert await ground.records.keep(third, instead_of="objects/ab/one") == fresh


async def test_a_wanted_file_is_claimed_by_one(ground: Ground) -> None:
    await ground.want()
    fetch = await ground.claimed()
    assert (fetch.digest, fetch.source, fetch.size, fetch.got, fetch.attempts) == (DIGEST, SOURCE, 1000, 0, 0)
    assert await ground.claim() is None


async def test_many_who_claim_at_once_get_different_ones(ground: Ground) -> None:
    for number in range(4):
        await ground.want(FILE.model_copy(update={"digest": digest_of(b"%d" % number)}))
    claims = await asyncio.gather(*(ground.claim() for _ in range(6)))
    assert len({one.id for one in claims if one}) == 4
    assert claims.count(None) == 2


async def test_what_is_due_longest_comes_first(ground: Ground) -> None:
    await ground.want(source=OTHER)
    ground.later(seconds=1)
    await ground.want()
    assert [(await ground.claimed()).source for _ in range(2)] == [OTHER, SOURCE]


async def test_a_claim_whose_owner_died_is_taken_over_with_what_it_has(ground: Ground) -> None:
    await ground.want()
    dead = await ground.claimed()
    assert await ground.records.renew(dead, 600, now=ground.now, lease=LEASE) is not None
    ground.later(seconds=29)
    assert await ground.claim() is None
    ground.later(seconds=1)
    assert (await ground.claimed()).got == 600


async def test_who_was_taken_for_dead_changes_nothing_any_more(ground: Ground) -> None:
    await ground.want()
    slow = await ground.claimed()
    ground.later(seconds=31)
    fresh = await ground.claimed()
    assert await ground.records.renew(slow, 10, now=ground.now, lease=LEASE) is None
    await ground.records.put_off(slow, 10, WHY, now=ground.now, retry_at=ground.now)
    await ground.records.give_back(slow, 10, now=ground.now)
    await ground.records.end(slow, WHY, gone=True, now=ground.now)
    assert ((await ground.row()).state, (await ground.row()).got) == ("fetching", 0)
    assert await ground.records.renew(fresh, 20, now=ground.now, lease=LEASE) is not None


async def test_what_did_not_come_waits_and_says_why(ground: Ground) -> None:
    await ground.want()
    await ground.records.put_off(
        await ground.claimed(), 400, WHY, now=ground.now, retry_at=ground.now + timedelta(seconds=60)
    )
    row = await ground.row()
    assert (row.state, row.got, row.attempts, row.code, row.detail) == ("waiting", 400, 1, "source-away", "no answer")
    assert await ground.claim() is None
    ground.later(seconds=60)
    assert (await ground.claimed()).attempts == 1


async def test_what_is_given_back_is_due_at_once(ground: Ground) -> None:
    await ground.want()
    await ground.records.give_back(await ground.claimed(), 400, now=ground.now)
    again = await ground.claimed()
    assert (again.got, again.attempts) == (400, 0)


@pytest.mark.parametrize(("gone", "state"), [(True, "gone"), (False, "refused")])
async def test_what_has_ended_is_not_tried_again(ground: Ground, gone: bool, state: str) -> None:  # noqa: FBT001 - a column of the table
    await ground.want()
    await ground.records.end(await ground.claimed(), WHY, gone=gone, now=ground.now)
    ground.later(days=100)
    assert ((await ground.row()).state, await ground.claim()) == (state, None)


async def test_a_message_that_names_it_again_lets_it_begin_anew(ground: Ground) -> None:
    """The first one may have said something wrong of it."""
    await ground.want()
    first = await ground.claimed()
    await ground.want(FILE.model_copy(update={"size": 5000}))
    assert (await ground.row()).size == 1000  # while it is being fetched, nothing changes
    await ground.records.end(first, WHY, gone=False, now=ground.now)
    await ground.want(FILE.model_copy(update={"size": 5000}))
    again = await ground.claimed()
    assert (again.id, again.size, again.got, again.attempts) == (first.id, 5000, 0, 0)
    assert (await ground.row()).code is None


async def test_a_file_that_comes_ends_all_its_fetches(ground: Ground) -> None:
    await ground.want()
    await ground.want(source=OTHER)
    await ground.records.keep(a_kept())
    assert ((await ground.row()).state, (await ground.row(OTHER)).state) == ("kept", "kept")
    assert (await ground.row()).got == 1000
    assert await ground.claim() is None


async def test_a_file_that_nothing_names_is_forgotten_after_its_time(ground: Ground) -> None:
    await ground.records.keep(a_kept())
    ground.later(days=7)
    assert await ground.records.forget_unused(before=START, limit=10) == []
    assert await ground.records.forget_unused(before=ground.now, limit=10) == ["objects/ab/one"]
    assert await ground.records.kept(DIGEST) is None


async def test_a_file_that_something_names_is_never_forgotten(ground: Ground) -> None:
    await ground.records.keep(a_kept())
    await ground.want()
    ground.later(days=700)
    assert await ground.records.forget_unused(before=ground.now, limit=10) == []


async def test_a_file_that_somebody_is_about_to_name_is_not_forgotten(ground: Ground) -> None:
    await ground.records.keep(a_kept())
    ground.later(days=8)
    assert await ground.records.touch(DIGEST) == a_kept()
    assert await ground.records.forget_unused(before=ground.now, limit=10) == []


async def test_a_sweep_and_a_message_that_names_the_file_do_not_miss_each_other(ground: Ground) -> None:
    await ground.records.keep(a_kept())
    ground.later(days=8)
    before = ground.now - timedelta(days=7)

    async def name_it() -> None:
        async with ground.store.work() as work:
            assert set(await work.load_kept([DIGEST])) == {DIGEST}
            inside.set()
            # The sweep comes as far as it can.
            await asyncio.sleep(0.3)
            work.record_wanted(SOURCE, uuid4(), uuid4(), [FILE])

    inside = asyncio.Event()
    naming = asyncio.create_task(name_it())
    await inside.wait()
    assert await ground.records.forget_unused(before=before, limit=10) == []
    await naming
    assert await ground.records.kept(DIGEST) is not None


async def test_the_sweep_learns_which_objects_and_spools_are_somebodys(ground: Ground) -> None:
    await ground.records.keep(a_kept(digest=digest_of(b"x")))
    await ground.want()
    fetch = await ground.claimed()
    assert await ground.records.recorded(["objects/ab/one", "objects/ab/two"]) == {"objects/ab/one"}
    assert await ground.records.in_use([fetch.id, UUID(int=1)]) == {fetch.id}
    await ground.records.end(fetch, WHY, gone=True, now=ground.now)
    assert await ground.records.in_use([fetch.id]) == set()


async def test_a_file_is_granted_to_whom_a_message_named_it(ground: Ground) -> None:
    assert not await ground.records.granted(DIGEST, SOURCE)


async def test_no_file_comes_to_more_than_it_has(ground: Ground) -> None:
    await ground.want()
    with pytest.raises(StorageRefused):
        async with ground.store.writing() as connection:
            await connection.execute(fetches.update().values(got=1001))
