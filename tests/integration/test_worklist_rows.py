"""Every tab of the worklist and its search find the same lines on both databases, page by page in their order."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from tests.bench.worklist import rows
from transfer.domain.clocks import legal_day
from transfer.messages.codes import Stage
from transfer.records import Show, WorkFilter, WorkKey, WorkLine
from transfer.storage import tables
from transfer.storage.engine import open_engine, writing
from transfer.storage.migrate import migrate
from transfer.storage.rows import NO_DAY
from transfer.storage.store import Store
from transfer.storage.views import SqlViews
from transfer.telemetry import clock

HERE: Final = "442000"
MANY: Final = 1_000
PAGE: Final = 70
DAY: Final = legal_day(clock.now()) + timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was written of one case."""

    case: Mapping[str, Any]
    names: list[str]
    numbers: list[str]
    offered: str | None
    """By which side, while that is open."""

    @property
    def held(self) -> bool:
        return bool(self.case["holder_region"] == HERE)

    @property
    def ended(self) -> bool:
        return bool(self.case["stage"] == Stage.ARCHIVED.value)

    def begins(self, word: str) -> bool:
        return any(name.startswith(word) for name in (*self.names, self.case["opponent"]))


TABS: Final[Mapping[Show, Callable[[Row], bool]]] = {
    Show.OURS: lambda row: (
        row.offered == "receiver"
        or (row.held and row.case["stage"] != Stage.ARCHIVED.value and row.offered != "sender")
    ),
    Show.HELD: lambda row: row.held,
    Show.WAITING: lambda row: row.held and row.offered == "sender",
    Show.URGENT: lambda row: bool(row.case["place"] == 0),
    Show.THREE: lambda row: row.held and row.case["act_by"] <= DAY,
    Show.SEVEN: lambda row: row.held and row.case["act_by"] <= DAY,
    Show.ALL: lambda _: True,
}


@dataclass(frozen=True, slots=True)
class Filled:
    """What was written, and the views of it."""

    rows: list[Row]
    views: SqlViews

    async def found(self, show: Show, *, q: str | None = None) -> list[WorkLine]:
        """All lines, walked by pages."""
        until = DAY if show in (Show.THREE, Show.SEVEN) else None
        chosen = WorkFilter(sight=None, show=show, here=HERE, until=until, q=q)
        lines: list[WorkLine] = []
        after: WorkKey | None = None
        while some := await self.views.worklist(chosen, after=after, limit=PAGE):
            lines += some
            last = some[-1]
            after = WorkKey(place=last.place, act_by=last.act_by, since=last.since, id=last.id)
        return lines

    def due(self, wanted: Callable[[Row], bool]) -> list[UUID]:
        """The ids of those lines, in their order."""
        cases = sorted(
            (row.case for row in self.rows if wanted(row)),
            key=lambda case: (case["place"], case["act_by"], case["first_received_at"], case["id"]),
        )
        return [case["id"] for case in cases]


@pytest.fixture
async def filled(url: str) -> AsyncIterator[Filled]:
    engine = open_engine(url)
    await migrate(engine)
    made = list(rows("{}", MANY))
    async with writing(engine) as connection:
        for table in made[0]:
            await connection.execute(insert(table), [row for one in made for row in one[table]])
    store = Store(engine=engine, region=HERE, clock=clock.now, new_id=uuid4)
    yield Filled([_row(one) for one in made], SqlViews(store=store))
    await engine.dispose()


def _row(one: Mapping[Any, list[dict[str, Any]]]) -> Row:
    [case], persons = one[tables.cases], one[tables.applicants]
    return Row(
        case=case,
        names=[person["name"] for person in persons],
        numbers=[person["identity_number"] for person in persons],
        offered=next((transfer["side"] for transfer in one[tables.transfers] if transfer["is_open"]), None),
    )


async def test_every_tab_shows_its_lines_in_their_order(filled: Filled) -> None:
    for show in Show:
        due = filled.due(TABS[show])
        assert len(due) > 5, f"{show}: too few to tell anything"
        assert [line.id for line in await filled.found(show)] == due, show


async def test_a_line_says_what_was_written(filled: Filled) -> None:
    written = {row.case["id"]: row for row in filled.rows}
    for line in await filled.found(Show.ALL):
        row = written[line.id]
        assert (line.persons, line.first_person, line.opponent) == (len(row.names), row.names[0], row.case["opponent"])
        assert line.act_by == (None if row.case["act_by"] == NO_DAY else row.case["act_by"])
        assert line.since == row.case["first_received_at"]
        assert (line.stage, line.holder) == (row.case["stage"], row.case["holder"])
        assert bool(line.is_open) == (row.offered is not None)


@pytest.mark.parametrize("q", ["李大山", "李大山7", "建筑公司77", " 建筑 公司77 ", "赵大山无"])
async def test_a_search_finds_the_beginnings_of_names(filled: Filled, q: str) -> None:
    due = filled.due(lambda row: row.begins("".join(q.split())))
    assert [line.id for line in await filled.found(Show.ALL, q=q)] == due
    assert bool(due) is not q.endswith("无")


async def test_a_search_finds_a_whole_number_and_the_end_of_an_id_and_nothing_by_signs_alone(filled: Filled) -> None:
    row = next(row for row in filled.rows if len(row.numbers) > 1)
    for q in (row.numbers[1], row.case["id"].hex[-8:]):
        assert [line.id for line in await filled.found(Show.ALL, q=q)] == [row.case["id"]]
    for q in (row.numbers[1][:-1], "（ ）"):
        assert await filled.found(Show.ALL, q=q) == []
