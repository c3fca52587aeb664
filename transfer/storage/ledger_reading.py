"""The ledger, read from its tables; see ports.LedgerReading."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select

from transfer.ledger.tree import Growing, Node
from transfer.ports.ledger import Written
from transfer.storage.engine import looking
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves
from transfer.storage.store import Store

_AT_ONCE: Final = 500
_SIZE: Final = select(func.coalesce(func.max(ledger_leaves.c.place) + 1, 0))
_WRITTEN: Final = select(ledger_entries, ledger_leaves.c.place, ledger_leaves.c.hash).outerjoin(
    ledger_leaves, ledger_leaves.c.entry == ledger_entries.c.id
)
_RANGE: Final = (
    _WRITTEN.where(ledger_leaves.c.place >= bindparam("start"), ledger_leaves.c.place < bindparam("stop"))
    .order_by(ledger_leaves.c.place)
    .limit(_AT_ONCE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLedgerReading:
    """Makes every subtree from its leaves, and gives no texts."""

    store: Store

    async def size(self) -> int:
        async with looking(self.store.engine) as connection:
            return int(await connection.scalar(_SIZE) or 0)

    async def hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        return {node: await self._hash(node) for node in nodes}

    async def _hash(self, node: Node) -> bytes:
        leaves = select(ledger_leaves.c.hash).order_by(ledger_leaves.c.place)
        start = node.index << node.level
        tree = Growing()
        async with looking(self.store.engine) as connection:
            span = ledger_leaves.c.place.between(start, start + (1 << node.level) - 1)
            for leaf in (await connection.scalars(leaves.where(span))).all():
                tree.append(leaf)
        return tree.root

    async def entries(self, start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
        while start < stop:
            async with looking(self.store.engine) as connection:
                found = (await connection.execute(_RANGE, {"start": start, "stop": stop})).all()
            if not found:
                return
            yield [_written(row) for row in found]
            start = found[-1].place + 1

    async def of_case(self, case: UUID) -> Sequence[Written]:
        ordered = _WRITTEN.where(ledger_entries.c.case_id == case).order_by(ledger_leaves.c.place.nulls_last())
        async with looking(self.store.engine) as connection:
            return [_written(row) for row in await connection.execute(ordered)]

    async def at_place(self, place: int) -> Written | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(_WRITTEN.where(ledger_leaves.c.place == place))).one_or_none()
        return _written(row) if row is not None else None


def _written(row: Row[Any]) -> Written:
    return Written(id=row.id, body=row.body, place=row.place, hash=row.hash)
