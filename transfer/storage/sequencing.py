"""Gives entries their order: a place for each in the tree, in batches, after the transactions that wrote them.

If we crash, the batch that was not committed is made again. Of two that do this at once, one finds the places taken by
the other's commit and tries again; nothing has two places, since the entry of a leaf is unique.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, Row, Uuid, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.ledger.tiles import Tiled, unfinished
from transfer.ledger.tree import leaf_hash
from transfer.ports.work import StorageRefused
from transfer.storage.engine import looking
from transfer.storage.ledger_reading import hashes_at, size_of
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves, ledger_nodes
from transfer.storage.statements import inserting
from transfer.storage.store import Store

BATCH: Final = 4_096
# How often to look how far back. Ids are made before their transactions commit, and by clocks that may differ.
LOOKS: Final = (
    (timedelta(days=1), None),
    (timedelta(minutes=1), timedelta(hours=1)),
    (timedelta(seconds=10), timedelta(minutes=1)),
    (timedelta(0), timedelta(seconds=2)),
)
_MILLISECOND: Final = timedelta(milliseconds=1)
_TIME: Final = 80
"""Bits of a UUID version 7 below its time, which counts milliseconds (RFC 9562, 5.7)."""

_AFTER: Final = bindparam("after", type_=Uuid)
_PLACED: Final = select(ledger_leaves.c.place).where(ledger_leaves.c.entry == bindparam("entry"))
_NEWEST: Final = select(ledger_leaves.c.entry).order_by(ledger_leaves.c.entry.desc()).limit(1)
# The bound on the leaves says nothing new, but keeps a database from reading all of them.
_WAITING: Final = (
    select(ledger_entries.c.id, ledger_entries.c.body)
    .where(
        ledger_entries.c.id > _AFTER,
        ~select(ledger_leaves.c.entry)
        .where(ledger_leaves.c.entry == ledger_entries.c.id, ledger_leaves.c.entry > _AFTER)
        .exists(),
    )
    .order_by(ledger_entries.c.id)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(slots=True, kw_only=True)
class SqlSequencer:
    """Looks for entries without a place from a while before the newest that has one, now and then from further back;
    a look that finds more than a batch goes on where that ended."""

    store: Store
    clock: Callable[[], datetime]
    batch: int = BATCH
    _after: UUID | None = None
    _looked: dict[timedelta | None, datetime] = field(default_factory=dict)

    async def place_once(self) -> int:
        """Give the next entries their places; gives how many, which is 0 where another was faster."""
        now = self.clock()
        due = next(n for n, (every, back) in enumerate(LOOKS) if self._is_due(back, every, now))
        after = self._after if self._after is not None else await self._floor(LOOKS[due][1], now)
        async with looking(self.store.engine) as connection:
            waiting = (await connection.execute(_WAITING, {"after": after, "most": self.batch})).all()
        placed = await self._place(waiting) if waiting else 0
        if len(waiting) < self.batch:
            self._after = None
            self._looked |= {back: now for _, back in LOOKS[due:]}
        else:
            self._after = waiting[-1].id
        return placed

    async def place_batch(self) -> int:
        """As place_once, but gives 0 also for less than a batch: what comes meanwhile waits for the next look, which
        would else begin again for every few entries."""
        placed = await self.place_once()
        return placed if self._after is not None else 0

    def _is_due(self, back: timedelta | None, every: timedelta, now: datetime) -> bool:
        return back not in self._looked or abs(now - self._looked[back]) >= every

    async def _floor(self, back: timedelta | None, now: datetime) -> UUID:
        """What has an id below it is not looked for."""
        async with looking(self.store.engine) as connection:
            newest = await connection.scalar(_NEWEST)
        if newest is None or back is None:
            return UUID(int=0)
        # An id from a clock that was wrong must not hide what comes after it.
        since = min(newest.int >> _TIME, int(now.timestamp() * 1000)) - back // _MILLISECOND
        return UUID(int=max(0, since) << _TIME)

    async def _place(self, waiting: Sequence[Row[UUID, bytes]]) -> int:
        """Raises StorageRefused where it was not for another that none of them can have a place."""
        leaves = [leaf_hash(row.body) for row in waiting]
        try:
            async with self.store.writing() as connection:
                tree = await _grown(connection)
                rows = [
                    {"place": place, "entry": row.id, "hash": leaf}
                    for place, (row, leaf) in enumerate(zip(waiting, leaves, strict=True), tree.size)
                ]
                await connection.execute(inserting(ledger_leaves), rows)
                if tiles := tree.extend(leaves):
                    nodes = [{"level": node.level, "place": node.index, "hash": h} for node, h in tiles.items()]
                    await connection.execute(inserting(ledger_nodes), nodes)
        except StorageRefused:
            async with looking(self.store.engine) as connection:
                if await connection.scalar(_PLACED, {"entry": waiting[0].id}) is None:
                    raise
            return 0
        return len(rows)


async def _grown(connection: AsyncConnection) -> Tiled:
    """The tree so far."""
    size = await size_of(connection)
    return Tiled(size, {level: await hashes_at(connection, level, places) for level, places in unfinished(size)})
