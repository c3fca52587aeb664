"""The worklist page among 100,000 cases, beside the bare SQL that it runs, through the driver alone."""

import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import event, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.bench.figures import Figures
from tests.bench.ground import Servers, fresh_database
from tests.integration.api_node import Api, serving
from transfer.messages.codes import Stage, Urgency
from transfer.messages.codes_urgency import place
from transfer.storage import tables
from transfer.storage.rows import NO_DAY
from transfer.storage.searching import words_of
from transfer.telemetry import clock
from transfer.telemetry.metrics import REQUESTS

WORKLIST: Final = "worklist"
CASES: Final = 100_000
_AT_ONCE: Final = 5_000
_READS: Final = 60
PAGES: Final[Mapping[str, tuple[str, str, Mapping[str, str] | None]]] = {
    "ours": ("GET", "/cases", None),
    "all": ("GET", "/cases?show=all", None),
    "seven": ("GET", "/cases?show=seven", None),
    "waiting": ("GET", "/cases?show=waiting", None),
    "search": ("POST", "/cases", {"q": "李大山77"}),
}
_OF_THE_PAGE: Final = ("WITH page", "INSERT INTO ledger_keys", "SELECT ledger_keys.s", "INSERT INTO ledger_entries")
"""What it reads, and what it notes of that in a transaction; other statements are those of duties."""
OK: Final = 200
Said = tuple[str, Any]
Bare = Callable[[Sequence[Said]], Awaitable[None]]
_SURNAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"


@dataclass(slots=True)
class Heard:
    """The statements of one page with their parameters, as the driver gets them."""

    engine: AsyncEngine
    said: list[Said] = field(default_factory=list)

    def __call__(self, _connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(_OF_THE_PAGE):
            self.said.append((statement, parameters))

    async def of(self, ask: Callable[[], Awaitable[object]]) -> list[Said]:
        """What is said meanwhile."""
        self.said.clear()
        event.listen(self.engine.sync_engine, "before_cursor_execute", self)
        await ask()
        event.remove(self.engine.sync_engine, "before_cursor_execute", self)
        return list(self.said)


def rows(basics: str, count: int = CASES) -> Iterator[dict[Any, list[dict[str, Any]]]]:
    """Cases as a large centre has them: half have ended, a fifth are elsewhere, an eighth are offered, a fiftieth
    cannot wait; each with the basics of a real one, its words and its applicants."""
    now = clock.now().replace(microsecond=0)
    for number in range(count):
        turned = number * 7919 % count
        urgency = Urgency.PRESERVATION if turned % 50 == 7 else Urgency.NORMAL
        ended, elsewhere, offered = turned % 2 == 0, turned % 5 == 1, turned % 8 == 3
        holder = "510521" if elsewhere else "442000"
        stage = Stage.ARCHIVED if ended else Stage.UNDER_REVIEW
        at = now - timedelta(minutes=turned)
        act_by = NO_DAY if ended else now.date() + timedelta(days=turned % 200 - 20)
        case, stamp = uuid4(), {"opened_at": at, "changed_at": now}
        name = f"{_SURNAMES[turned % 20]}大山{turned}"
        shown = {"place": place(urgency, open=not ended), "act_by": act_by}
        made: dict[Any, list[dict[str, Any]]] = {
            tables.cases: [
                {"id": case, "version": 1, "matter": "REMUNERATION", "urgency": urgency.value, "first_received_at": at}
                | {"first_received_by": "442000", "opponent": f"建筑公司{turned}", "holder": holder, "tenure": 1}
                | {
                    "holder_region": holder,
                    "stage": stage.value,
                    "stage_tenure": 1,
                    "stage_number": 0,
                    "followers": "[]",
                }
                | {"same_matter": "[]", "basics": basics, "materials": "[]", **shown, **stamp}
            ],
            tables.applicants: [
                {
                    "case_id": case,
                    "position": place_,
                    "id": uuid4(),
                    "name": name,
                    "identity_number": f"99000019{turned:06}{place_}",
                }
                | {"status": "ACTIVE", "detail": "{}"}
                for place_ in range(1 + turned % 3)
            ],
            tables.case_words: [
                {"word": word, "case_id": case} for word in words_of(case, [name, f"建筑公司{turned}"])
            ],
            tables.transfers: [],
        }
        if offered:
            made[tables.transfers].append(
                {"id": uuid4(), "case_id": case, "position": 0, "attempt": 1, "state": "offered"}
                | {
                    "side": "receiver" if elsewhere else "sender",
                    "is_open": int(not ended),
                    "sender": "442000",
                    "receiver": "510521",
                }
                | {"detail": '{"escalated":false}', **shown, **stamp}
            )
        yield made


async def play_worklists(servers: Servers, rounds: int, tell: Callable[[str], None]) -> dict[str, list[Figures]]:
    """So many rounds on each database, and one before that does not count."""
    played: dict[str, list[Figures]] = {}
    with TemporaryDirectory() as name:
        async with serving(Path(name)) as api:
            await _fill(api)
            file = str(api.node.store.engine.url.database)
            played |= await _play("sqlite", api, rounds, tell, _sqlite(file))
    with TemporaryDirectory() as name:
        async with fresh_database(servers) as url, serving(Path(name), database_url=url) as api:
            await _fill(api)
            connection = await asyncpg.connect(url)
            played |= await _play("postgresql", api, rounds, tell, _postgresql(connection))
            await connection.close()
    return played


async def _play(on: str, api: Api, rounds: int, tell: Callable[[str], None], bare: Bare) -> dict[str, list[Figures]]:
    """The page and its statements in turns, so that a slow moment falls on both; the median of each."""
    pages: list[Figures] = []
    alone: list[Figures] = []
    heard = Heard(api.node.store.engine)
    for number in range(rounds + 1):
        served: dict[str, float] = {}
        said: dict[str, float] = {}
        for what, (method, path, form) in PAGES.items():
            ask = partial(_asked, api, method, path, form)
            await ask()
            statements = await heard.of(ask)
            took = [(await ask(), await _timed(bare, statements)) for _ in range(_READS)]
            served[f"{what}_ms"] = median(one for one, _ in took)
            said[f"{what}_ms"] = median(other for _, other in took)
        if number:
            pages.append(served)
            alone.append(said)
            told = ", ".join(f"{name[:-3]} {served[name]:.2f}/{said[name]:.2f}" for name in served)
            tell(f"round {number}, {on}, page/statements in ms: {told}")
    return {f"{WORKLIST}-{on}": pages, f"statements-{on}": alone}


async def _asked(api: Api, method: str, path: str, form: Mapping[str, str] | None) -> float:
    """How long the node took for it, in ms: without the client, which shares its process."""
    before = _spent()
    async with api.session.request(method, path, data=form) as answer:
        shown = await answer.text()
    if answer.status != OK or "<tbody>" not in shown:
        raise AssertionError(f"{path}: {answer.status}")
    return (_spent() - before) * 1000


def _spent() -> float:
    samples = [one for metric in REQUESTS.collect() for one in metric.samples if one.name.endswith("_sum")]
    return sum(one.value for one in samples if one.labels == {"route": "/cases", "status": str(OK)})


async def _timed(bare: Bare, statements: Sequence[Said]) -> float:
    begun = time.perf_counter()
    await bare(statements)
    return (time.perf_counter() - begun) * 1000


async def _fill(api: Api) -> None:
    await api.opened(opponents=[{"name": "建筑公司"}])
    store = api.node.store
    async with store.writing() as connection:
        basics = str(await connection.scalar(select(tables.cases.c.basics)))
    made = rows(basics)
    while some := list(islice(made, _AT_ONCE)):
        async with store.writing() as connection:
            for table in some[0]:
                if found := [row for one in some for row in one[table]]:
                    await connection.execute(insert(table), found)
    async with store.writing() as connection:
        await connection.execute(text("ANALYZE"))


def _sqlite(file: str) -> Bare:
    """In this thread, as fast as SQLite can."""
    connection = sqlite3.connect(file, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")

    async def bare(statements: Sequence[Said]) -> None:
        for statement, parameters in statements:
            if not connection.in_transaction and not statement.startswith("WITH"):
                connection.execute("BEGIN IMMEDIATE")
            connection.execute(statement, _anew(statement, parameters, lambda one: one.hex)).fetchall()
        connection.execute("COMMIT")

    return bare


def _postgresql(connection: asyncpg.Connection) -> Bare:
    async def bare(statements: Sequence[Said]) -> None:
        (page, parameters), *notes = statements
        await connection.fetch(page, *parameters)
        async with connection.transaction():
            for statement, given in notes:
                await connection.fetch(statement, *_anew(statement, given, lambda one: one))

    return bare


def _anew(statement: str, parameters: Any, plain: Callable[[UUID], Any]) -> Any:
    """What is noted is noted again under another id."""
    if not statement.startswith("INSERT INTO ledger_entries"):
        return parameters
    one = clock.new_id()
    return (plain(one), *parameters[1:])
