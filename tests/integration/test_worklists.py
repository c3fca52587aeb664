"""Worklists on both databases: the person who needs it first is first, by an index that holds that order."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from transfer.messages.codes import Stage, Urgency
from transfer.messages.codes_urgency import place
from transfer.records import CaseFilter, Order, RequestFilter, TransferFilter, WorkKey, work_key
from transfer.storage import tables
from transfer.storage.engine import open_engine, reading, writing
from transfer.storage.migrate import migrate
from transfer.storage.rows import NO_DAY
from transfer.storage.store import Store
from transfer.storage.views import SqlViews

NOW: Final = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HERE: Final = "442000"
MANY: Final = 6_000


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with many cases, each with a transfer and a request, and its views."""

    engine: AsyncEngine
    views: SqlViews


@pytest.fixture
async def filled(url: str) -> AsyncIterator[Filled]:
    engine = open_engine(url)
    await migrate(engine)
    made = [_rows(number) for number in range(MANY)]
    async with writing(engine) as connection:
        for place_, table in enumerate((tables.cases, tables.transfers, tables.evidence_requests)):
            await connection.execute(insert(table), [rows[place_] for rows in made])
        await connection.execute(text("ANALYZE"))
    yield Filled(
        engine=engine, views=SqlViews(store=Store(engine=engine, region=HERE, clock=lambda: NOW, new_id=uuid4))
    )
    await engine.dispose()


def _rows(number: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Mixed up, so that no order of the rows is that of the list."""
    turned = number * 7919 % MANY
    urgency = [*Urgency][turned % 6]
    ended, closed = turned % 5 == 0, turned % 3 == 0
    act_by = NO_DAY if ended else date(2026, 3, 3) + timedelta(days=turned % 41)
    at = NOW - timedelta(minutes=turned)
    stamp = {"opened_at": at, "changed_at": NOW}
    case = {
        "id": uuid4(),
        "version": 1,
        "matter": "REMUNERATION",
        "urgency": urgency.value,
        "place": place(urgency, open=not ended),
        "act_by": act_by,
        "first_received_at": at,
        "first_received_by": HERE,
        "holder": HERE,
        "holder_region": HERE,
        "tenure": 1,
        "stage": Stage.ARCHIVED.value if ended else Stage.RECEIVED.value,
        "stage_tenure": 1,
        "stage_number": 0,
        "followers": "[]",
        "same_matter": "[]",
        "basics": "{}",
        "materials": "[]",
    } | stamp
    transfer = {
        "id": uuid4(),
        "case_id": case["id"],
        "position": 0,
        "side": "sender",
        "state": "released" if closed else "offered",
        "is_open": int(not closed),
        "sender": HERE,
        "receiver": "510521",
        "attempt": 1,
        "place": place(urgency, open=not closed),
        "act_by": NO_DAY if closed else act_by,
        "detail": "{}",
    } | stamp
    pressing = turned % 7 == 0
    request = {
        "id": uuid4(),
        "case_id": case["id"],
        "position": 0,
        "side": "requester",
        "state": "confirmed" if closed else "requested",
        "is_open": int(not closed),
        "peer": "510521",
        "letter": "函",
        "lawyer": "周律师",
        "pressing": int(pressing),
        "place": place(urgency, open=not closed, pressing=pressing),
        "act_by": NO_DAY if closed else act_by,
        "detail": "{}",
    } | stamp
    return case, transfer, request


LISTS: Final[dict[str, Callable[..., Any]]] = {
    "cases": lambda views, **asked: views.cases(CaseFilter(sight=None), **asked),
    "cases held here": lambda views, **asked: views.cases(CaseFilter(sight=None, holder_region=HERE), **asked),
    "transfers": lambda views, **asked: views.transfers(TransferFilter(sight=None), **asked),
    "open transfers": lambda views, **asked: views.transfers(TransferFilter(sight=None, open=True), **asked),
    "requests": lambda views, **asked: views.requests(RequestFilter(sight=None), **asked),
    "open requests": lambda views, **asked: views.requests(RequestFilter(sight=None, open=True), **asked),
}


def _sorting(key: WorkKey) -> tuple[int, date, datetime, UUID]:
    return key.place, key.act_by or NO_DAY, key.since, key.id


async def test_every_worklist_goes_on_by_an_index_that_holds_its_order(filled: Filled) -> None:
    for name, listed in LISTS.items():
        first = await listed(filled.views, order=Order.NEED, after=None, limit=300)
        assert {work_key(line).place for line in first} == {0}, "more than a page cannot wait"
        for order in Order if "cases" not in name else (Order.NEED,):
            plan = await _plan(filled, listed, order, work_key(first[149]))
            assert "TEMP B-TREE" not in plan, (name, plan)
            assert "Sort" not in plan, (name, plan)
            index = "opened_at" if order is Order.AGE else "worklist" if name != "cases" else "ix_cases_place"
            assert index in plan, (name, plan)


async def _plan(filled: Filled, listed: Callable[..., Any], order: Order, after: WorkKey) -> str:
    """How the database finds the page behind that place."""
    asked: list[tuple[str, Any]] = []

    def heard(*said: Any) -> None:
        asked.append((said[2], said[3]))

    event.listen(filled.engine.sync_engine, "before_cursor_execute", heard)
    await listed(filled.views, order=order, after=after, limit=150)
    event.remove(filled.engine.sync_engine, "before_cursor_execute", heard)
    statement, parameters = next(one for one in asked if "ORDER BY" in one[0])
    word = "EXPLAIN QUERY PLAN" if filled.engine.dialect.name == "sqlite" else "EXPLAIN"
    async with reading(filled.engine) as connection:
        return "\n".join(str(row) for row in await connection.exec_driver_sql(f"{word} {statement}", parameters))


async def test_every_worklist_can_be_walked_by_need_and_by_age(filled: Filled) -> None:
    for (name, listed), order in product(LISTS.items(), Order):
        seen: list[Any] = []
        after: WorkKey | None = None
        while lines := await listed(filled.views, order=order, after=after, limit=1_000):
            seen += lines
            after = work_key(lines[-1])
        keys = [_sorting(work_key(line)) for line in seen]
        assert len(seen) == len({line.id for line in seen}) == (MANY * 2 // 3 if "open" in name else MANY), name
        assert keys == sorted(keys, key=None if order is Order.NEED else lambda key: key[2:]), (name, order)


async def test_what_is_as_urgent_is_found_alone(filled: Filled) -> None:
    wanted, views = Urgency.PRESERVATION, filled.views
    page: dict[str, Any] = {"order": Order.NEED, "after": None, "limit": MANY}
    for found in (
        await views.cases(CaseFilter(sight=None, urgency=wanted), **page),
        await views.transfers(TransferFilter(sight=None, urgency=wanted), **page),
        await views.requests(RequestFilter(sight=None, urgency=wanted), **page),
    ):
        assert {line.urgency for line in found} == {wanted}
        assert len(found) == len([number for number in range(MANY) if [*Urgency][number % 6] is wanted])
