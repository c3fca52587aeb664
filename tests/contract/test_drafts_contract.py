"""What drafts promise, kept alike by the database and in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.builders import ZHONGSHAN
from tests.databases import BOTH, new_database
from tests.fakes import MemoryDrafts
from transfer.ports.drafts import KEPT, Draft, DraftKind, Drafts
from transfer.storage.drafts import SqlDrafts
from transfer.storage.engine import open_engine
from transfer.storage.migrate import migrate
from transfer.storage.store import Store
from transfer.telemetry.clock import new_id

NOW = datetime(2026, 6, 15, 2, 30, tzinfo=UTC)
MINE, OTHERS = uuid4(), uuid4()


@dataclass(slots=True)
class Desk:
    """Drafts, and the time that they go by."""

    drafts: Drafts = field(init=False)
    now: datetime = NOW


@pytest.fixture(params=["memory", *BOTH])
async def desk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk()
    made.drafts = MemoryDrafts(clock=lambda: made.now)
    if request.param == "memory":
        yield made
        return
    url = new_database(request, request.param, tmp_path)
    engine = open_engine(url)
    await migrate(engine)
    made.drafts = SqlDrafts(store=Store(engine=engine, region=ZHONGSHAN, clock=lambda: made.now, new_id=new_id))
    yield made
    await engine.dispose()


def a_draft(account: UUID | None = MINE, *, at: datetime = NOW, **content: Any) -> Draft:
    return Draft(id=new_id(), kind=DraftKind.PERSONS, account=account, content=content, made_at=at, changed_at=at)


async def test_what_is_kept_is_found_again_as_it_was(desk: Desk) -> None:
    draft = a_draft(facts="欠薪", applicants=[{"name": "李大山"}])
    await desk.drafts.keep(draft)
    assert await desk.drafts.find(draft.id, MINE) == draft
    later = replace(draft, content={"facts": "欠薪两个月"}, changed_at=NOW + timedelta(minutes=1))
    await desk.drafts.keep(later)
    assert await desk.drafts.find(draft.id, MINE) == later


@pytest.mark.parametrize("of", [MINE, None])
async def test_a_draft_is_its_accounts_alone(desk: Desk, of: UUID | None) -> None:
    draft = a_draft(of)
    await desk.drafts.keep(draft)
    for other in {MINE, OTHERS, None} - {of}:
        assert await desk.drafts.find(draft.id, other) is None
        assert draft not in await desk.drafts.of(other, limit=10)
    assert await desk.drafts.of(of, limit=10) == [draft]


async def test_the_last_changed_come_first(desk: Desk) -> None:
    old, new = a_draft(), a_draft(at=NOW + timedelta(hours=1))
    for one in (old, new):
        await desk.drafts.keep(one)
    assert list(await desk.drafts.of(MINE, limit=10)) == [new, old]
    assert list(await desk.drafts.of(MINE, limit=1)) == [new]


async def test_what_is_removed_is_gone_and_removing_it_again_changes_nothing(desk: Desk) -> None:
    draft = a_draft()
    await desk.drafts.keep(draft)
    await desk.drafts.remove(draft.id)
    await desk.drafts.remove(draft.id)
    assert await desk.drafts.find(draft.id, MINE) is None


async def test_what_nobody_touches_is_forgotten(desk: Desk) -> None:
    old, new = a_draft(), a_draft(at=NOW + timedelta(days=1))
    for one in (old, new):
        await desk.drafts.keep(one)
    desk.now = NOW + KEPT + timedelta(seconds=1)
    assert await desk.drafts.forget_old() == 1
    assert await desk.drafts.forget_old() == 0
    assert list(await desk.drafts.of(MINE, limit=10)) == [new]
