"""The checkpoints of a node and what it knows of others, read for duties and pages; see ports.Checkpoints."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from transfer.ports.ledger import Cosigned, Head, Seen, Words
from transfer.storage.engine import looking, reading
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_heads
from transfer.storage.statements import inserting_once
from transfer.storage.store import Store
from transfer.storage.witnessing import read_seen, read_words, to_head

_NEWEST: Final = select(ledger_heads).order_by(ledger_heads.c.size.desc()).limit(bindparam("most"))
_COSIGNED: Final = select(ledger_cosignatures).where(ledger_cosignatures.c.size.in_(bindparam("sizes", expanding=True)))

_WAITING: Final = (
    select(ledger_heads.c.at)
    .where(ledger_heads.c.size > select(func.coalesce(func.max(ledger_cosignatures.c.size), -1)).scalar_subquery())
    .order_by(ledger_heads.c.size)
    .limit(1)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlCheckpoints:
    """See ports.Checkpoints."""

    store: Store

    async def newest(self) -> Head | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(_NEWEST, {"most": 1})).one_or_none()
        return to_head(self.store.region, row) if row is not None else None

    async def keep(self, head: Head) -> None:
        row = {"size": head.checkpoint.size, "root": head.checkpoint.root, "note": head.note, "at": head.at}
        async with self.store.writing() as connection:
            await connection.execute(inserting_once(connection.dialect.name, ledger_heads), row)

    async def own(self, limit: int) -> Sequence[tuple[Head, tuple[Cosigned, ...]]]:
        by_size: defaultdict[int, list[Cosigned]] = defaultdict(list)
        async with reading(self.store.engine) as connection:
            heads = (await connection.execute(_NEWEST, {"most": limit})).all()
            for row in await connection.execute(_COSIGNED, {"sizes": [head.size for head in heads]}):
                by_size[row.size].append(Cosigned(size=row.size, region=row.region, line=row.line, at=row.at))
        return [(to_head(self.store.region, row), tuple(by_size[row.size])) for row in heads]

    async def waiting_since(self) -> datetime | None:
        async with looking(self.store.engine) as connection:
            since: datetime | None = await connection.scalar(_WAITING)
            return since

    async def seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        async with reading(self.store.engine) as connection:
            return await read_seen(connection, regions)

    async def words(self, region: str, peers: Collection[str]) -> Mapping[str, Words]:
        async with reading(self.store.engine) as connection:
            return await read_words(connection, region, peers)
