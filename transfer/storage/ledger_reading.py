"""The ledger read from its tables; see ports.LedgerReading."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Row, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.texts import open_texts
from transfer.ledger.entry import Kind
from transfer.ledger.tiles import HEIGHT, subtree
from transfer.ledger.tree import Node
from transfer.ports.ledger import Written
from transfer.storage.engine import looking, reading
from transfer.storage.ledger_tables import ledger_entries, ledger_keys, ledger_leaves, ledger_nodes, of_kind
from transfer.storage.store import Store
from transfer.storage.types import RowId

BLOCK: Final = 500

_LAST: Final = select(func.max(ledger_leaves.c.place))
_START, _STOP = bindparam("start", type_=RowId), bindparam("stop", type_=RowId)
_LEAVES: Final = (
    select(ledger_leaves.c.hash)
    .where(ledger_leaves.c.place >= _START, ledger_leaves.c.place < _STOP)
    .order_by(ledger_leaves.c.place)
)
_NODES: Final = (
    select(ledger_nodes.c.hash)
    .where(
        ledger_nodes.c.level == bindparam("level", type_=Integer),
        ledger_nodes.c.place >= _START,
        ledger_nodes.c.place < _STOP,
    )
    .order_by(ledger_nodes.c.place)
)
_PLACED: Final = (
    select(ledger_entries.c.id, ledger_entries.c.body, ledger_leaves.c.place, ledger_leaves.c.hash)
    .join_from(ledger_leaves, ledger_entries, ledger_entries.c.id == ledger_leaves.c.entry)
    .where(ledger_leaves.c.place >= _START, ledger_leaves.c.place < _STOP)
    .order_by(ledger_leaves.c.place)
)
_WITH_TEXTS: Final = (
    select(
        ledger_entries.c.id,
        ledger_entries.c.body,
        ledger_leaves.c.place,
        ledger_leaves.c.hash,
        ledger_entries.c.sealed,
        ledger_keys.c.key,
    )
    .join_from(ledger_entries, ledger_leaves, ledger_leaves.c.entry == ledger_entries.c.id, isouter=True)
    .join(ledger_keys, ledger_keys.c.subject == ledger_entries.c.subject, isouter=True)
)
_OF_CASE: Final = _WITH_TEXTS.where(ledger_entries.c.case_id == bindparam("case")).order_by(
    ledger_leaves.c.place.nulls_last(), ledger_entries.c.id
)
_AT_PLACE: Final = _WITH_TEXTS.where(ledger_leaves.c.place == bindparam("place", type_=RowId))
_PLACE_OF: Final = select(ledger_leaves.c.place).where(ledger_leaves.c.entry == bindparam("entry"))


async def size_of(connection: AsyncConnection) -> int:
    """How many entries have their place."""
    last = await connection.scalar(_LAST)
    return 0 if last is None else int(last) + 1


async def hashes_at(connection: AsyncConnection, level: int, places: range) -> list[bytes]:
    """The hashes at a level that is kept, 0 for the leaves, in the order of their places."""
    wanted = {"start": places.start, "stop": places.stop}
    if level == 0:
        return list(await connection.scalars(_LEAVES, wanted))
    return list(await connection.scalars(_NODES, {**wanted, "level": level}))


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLedgerReading:
    """See ports.LedgerReading."""

    store: Store

    async def size(self) -> int:
        async with looking(self.store.engine) as connection:
            return await size_of(connection)

    async def hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        """Those of subtrees that are not whole here are left out."""
        found: dict[Node, bytes] = {}
        async with reading(self.store.engine) as connection:
            for node in nodes:
                above = node.level % HEIGHT
                places = range(node.index << above, (node.index + 1) << above)
                under = await hashes_at(connection, node.level - above, places)
                if len(under) == len(places):
                    found[node] = subtree(under)
        return found

    async def entries(self, start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
        for first in range(start, stop, BLOCK):
            async with looking(self.store.engine) as connection:
                rows = await connection.execute(_PLACED, {"start": first, "stop": min(stop, first + BLOCK)})
                block = [Written(id=row.id, body=row.body, place=row.place, hash=row.hash) for row in rows]
            if not block:
                return
            yield block

    async def of_case(self, case: UUID) -> Sequence[Written]:
        async with looking(self.store.engine) as connection:
            return [_written(row) for row in await connection.execute(_OF_CASE, {"case": case})]

    async def at_place(self, place: int) -> Written | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(_AT_PLACE, {"place": place})).one_or_none()
        return _written(row) if row is not None else None

    async def place_of(self, entry: UUID) -> int | None:
        async with looking(self.store.engine) as connection:
            place: int | None = await connection.scalar(_PLACE_OF, {"entry": entry})
            return place

    async def between(self, first: UUID, last: UUID, *, kind: Kind | None = None, limit: int) -> Sequence[Written]:
        wanted = _WITH_TEXTS.where(ledger_entries.c.id >= first, ledger_entries.c.id <= last)
        if kind is not None:
            wanted = wanted.where(of_kind(kind))
        async with looking(self.store.engine) as connection:
            found = await connection.execute(wanted.order_by(ledger_entries.c.id.desc()).limit(limit))
            return [_written(row) for row in found]


def _written(row: Row[Any, Any, Any, Any, Any, Any]) -> Written:
    """Raises CannotBeOpened for texts that were altered."""
    shown = row.sealed is not None and row.key is not None
    texts = open_texts(row.key, row.id, row.sealed) if shown else None
    return Written(id=row.id, body=row.body, place=row.place, hash=row.hash, texts=texts)
