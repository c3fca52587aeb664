"""The ledger read from its tables; see ports.LedgerReading."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select

from transfer.crypto.texts import open_texts
from transfer.ledger.tree import Growing, Node
from transfer.ports.ledger import Written
from transfer.storage.engine import looking
from transfer.storage.ledger_tables import ledger_entries, ledger_keys, ledger_leaves, ledger_texts
from transfer.storage.store import Store

_AT_ONCE: Final = 500
_WHOLE: Final = (
    select(ledger_entries, ledger_leaves.c.place, ledger_leaves.c.hash, ledger_texts.c.sealed, ledger_keys.c.key)
    .outerjoin(ledger_leaves, ledger_leaves.c.entry == ledger_entries.c.id)
    .outerjoin(ledger_texts, ledger_texts.c.entry == ledger_entries.c.id)
    .outerjoin(ledger_keys, ledger_keys.c.subject == ledger_texts.c.subject)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLedgerReading:
    """Makes every subtree from its leaves."""

    store: Store

    async def size(self) -> int:
        async with looking(self.store.engine) as connection:
            return int(await connection.scalar(select(func.coalesce(func.max(ledger_leaves.c.place) + 1, 0))) or 0)

    async def hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        found: dict[Node, bytes] = {}
        for node in nodes:
            first, tree = node.index << node.level, Growing()
            span = ledger_leaves.c.place.between(first, first + (1 << node.level) - 1)
            leaves = select(ledger_leaves.c.hash).where(span).order_by(ledger_leaves.c.place)
            async with looking(self.store.engine) as connection:
                for leaf in await connection.scalars(leaves):
                    tree.append(leaf)
            if tree.size == 1 << node.level:
                found[node] = tree.root
        return found

    async def entries(self, start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
        for first in range(start, stop, _AT_ONCE):
            span = ledger_leaves.c.place.between(first, min(stop, first + _AT_ONCE) - 1)
            async with looking(self.store.engine) as connection:
                rows = await connection.execute(_WHOLE.where(span).order_by(ledger_leaves.c.place))
                block = [Written(id=row.id, body=row.body, place=row.place, hash=row.hash) for row in rows]
            if block:
                yield block

    async def of_case(self, case: UUID) -> Sequence[Written]:
        order = (ledger_leaves.c.place.nulls_last(), ledger_entries.c.id)
        async with looking(self.store.engine) as connection:
            rows = await connection.execute(_WHOLE.where(ledger_entries.c.case_id == case).order_by(*order))
            return [_written(row) for row in rows]

    async def at_place(self, place: int) -> Written | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(_WHOLE.where(ledger_leaves.c.place == place))).one_or_none()
        return _written(row) if row is not None else None

    async def place_of(self, entry: UUID) -> int | None:
        async with looking(self.store.engine) as connection:
            wanted = select(ledger_leaves.c.place).where(ledger_leaves.c.entry == entry)
            place: int | None = await connection.scalar(wanted)
            return place


def _written(row: Row[Any]) -> Written:
    """Raises CannotBeOpened for texts that were altered."""
    shown = row.sealed is not None and row.key is not None
    texts = open_texts(row.key, row.id, row.sealed) if shown else None
    return Written(id=row.id, body=row.body, place=row.place, hash=row.hash, texts=texts)
