"""A ledger of a million entries: giving them their order, looking for more, and verifying all, beside hashlib alone."""

import asyncio
import gc
import hashlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID, uuid4

import psutil
from sqlalchemy import insert, select, text

from tests.bench.figures import Figures
from tests.bench.ground import Servers, fresh_database
from transfer.ledger.entry import Entry, Kind
from transfer.storage.engine import open_engine, reading, writing
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves
from transfer.storage.ledger_verifying import verify_ledger
from transfer.storage.migrate import migrate
from transfer.storage.sequencing import SqlSequencer
from transfer.storage.store import Store
from transfer.telemetry import clock

LEDGER: Final = "ledger"
SQLITE: Final = "ledger-sqlite"
HASHLIB: Final = "hashlib"
ENTRIES: Final = 1_000_000
_AT_ONCE: Final = 10_000
_LOOKS: Final = 20


def an_entry(number: int, case: UUID) -> Entry:
    """Of every five entries on a message between two regions one is a step, with the keyed digests of three rows."""
    facts: dict[str, Any] = {
        "message": str(clock.new_id()),
        "type": "legalaid.case.stage_published.v1",
        "recipient": "510521",
        "conversation": str(case),
        "sequence": 1 + number % 50,
        "digest": f"sha256:{number:064x}",
        "answers": None,
    }
    if number % 5 == 0:
        rows = dict.fromkeys(("cases", "transfers/" + str(case), "stages/1.2"), f"hmac:{number:064x}")
        facts |= {"event": "stage_published", "tenure": 1, "version": number % 50, "detail": {}, "rows": rows}
    kind = Kind.STEP if number % 5 == 0 else Kind.SENT
    return Entry(id=clock.new_id(), at=clock.now(), kind=kind, case=case, facts=facts)


def entries(count: int) -> Iterator[list[dict[str, Any]]]:
    """As rows, some thousand at once."""
    case = uuid4()
    for start in range(0, count, _AT_ONCE):
        some = [an_entry(number, case) for number in range(start, min(count, start + _AT_ONCE))]
        yield [{"id": one.id, "kind": one.kind.value, "case_id": case, "body": one.body} for one in some]


async def play_ledger(
    servers: Servers, rounds: int, tell: Callable[[str], None], *, count: int = ENTRIES
) -> dict[str, list[Figures]]:
    """Each database is filled and put in order once; verifying takes turns with hashlib."""
    played: dict[str, list[Figures]] = {LEDGER: [], SQLITE: [], HASHLIB: []}
    with TemporaryDirectory() as folder:
        async with (
            fresh_database(servers) as url,
            _filled(url, count) as (postgres, its),
            _filled(f"sqlite:///{Path(folder) / 'ledger.db'}", count) as (sqlite, others),
        ):
            for number in range(1, rounds + 1):
                for name, store, once in ((LEDGER, postgres, its), (SQLITE, sqlite, others)):
                    played[name].append({**once, **await _verify(store)})
                    tell(f"round {number}: {name} verified in {played[name][-1]['verify_seconds']:.2f} s")
                played[HASHLIB].append(await _hash_alone(sqlite))
    return played


@asynccontextmanager
async def _filled(url: str, count: int) -> AsyncIterator[tuple[Store, Figures]]:
    engine = open_engine(url, patience=None)
    store = Store(engine=engine, region="442000", clock=clock.now, new_id=clock.new_id)
    try:
        await migrate(engine)
        for rows in entries(count):
            async with writing(engine) as connection:
                await connection.execute(insert(ledger_entries), rows)
        sequencer = SqlSequencer(store=store, clock=clock.now)
        begun = time.perf_counter()
        while await sequencer.place_once():
            pass
        took = time.perf_counter() - begun
        if not store.is_sqlite:
            async with writing(engine) as connection:
                await connection.execute(text("ANALYZE"))
        # The minute's look, and then those of every second, some of which lie within seconds of the last entries.
        looks = []
        for _ in range(_LOOKS):
            begun = time.perf_counter()
            await sequencer.place_once()
            looks.append(time.perf_counter() - begun)
            await asyncio.sleep(1)
        yield store, {"sequenced_per_second": count / took, "look_ms": 1000 * sorted(looks)[_LOOKS // 2]}
    finally:
        await engine.dispose()


async def _verify(store: Store) -> Figures:
    gc.collect()
    memory = psutil.Process().memory_info().rss
    begun, used = time.perf_counter(), time.process_time()
    async with reading(store.engine) as connection:
        await verify_ledger(connection, {})
    took, used = time.perf_counter() - begun, time.process_time() - used
    return {
        "verify_seconds": took,
        "verify_cpu_seconds": used,
        "verify_memory_bytes": max(0, psutil.Process().memory_info().rss - memory),
    }


async def _hash_alone(store: Store) -> Figures:
    """The same bytes, one entry after the other, as they are read; only the hashing counts."""
    took = used = 0.0
    statement = select(ledger_entries.c.body).join(ledger_leaves, ledger_leaves.c.entry == ledger_entries.c.id)
    for start in itertools.count(step=_AT_ONCE):
        places = ledger_leaves.c.place.between(start, start + _AT_ONCE - 1)
        async with reading(store.engine) as connection:
            bodies = list(await connection.scalars(statement.where(places)))
        if not bodies:
            break
        times = time.perf_counter(), time.process_time()
        for body in bodies:
            hashlib.sha256(body).digest()
        took, used = took + time.perf_counter() - times[0], used + time.process_time() - times[1]
    return {"verify_seconds": took, "verify_cpu_seconds": used}
