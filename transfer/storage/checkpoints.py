"""The checkpoints of a node and what it knows of others, read; see ports.Checkpoints."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from transfer.crypto.ledger_keys import origin
from transfer.ledger.checkpoint import Checkpoint
from transfer.ports.ledger import Cosigned, Head, Seen
from transfer.storage.engine import looking, reading
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_heads, ledger_seen
from transfer.storage.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlCheckpoints:
    """See ports.Checkpoints."""

    store: Store

    async def own(self, limit: int) -> Sequence[tuple[Head, Sequence[Cosigned]]]:
        newest = select(ledger_heads).order_by(ledger_heads.c.size.desc()).limit(limit)
        by_size: defaultdict[int, list[Cosigned]] = defaultdict(list)
        async with reading(self.store.engine) as connection:
            heads = (await connection.execute(newest)).all()
            sizes = ledger_cosignatures.c.size.in_([head.size for head in heads])
            for row in await connection.execute(select(ledger_cosignatures).where(sizes)):
                by_size[row.size].append(Cosigned(size=row.size, region=row.region, line=row.line, at=row.at))
        name = origin(self.store.region)
        return [
            (Head(checkpoint=Checkpoint(name, row.size, row.root), note=row.note, at=row.at), by_size[row.size])
            for row in heads
        ]

    async def seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        chosen = (ledger_seen.c.verdict == "cosigned") & ledger_seen.c.region.in_(sorted(regions))
        async with looking(self.store.engine) as connection:
            rows = await connection.execute(select(ledger_seen).where(chosen).order_by(ledger_seen.c.size))
            return {
                row.region: Seen(known=Checkpoint(origin(row.region), row.size, row.root), note=row.note)
                for row in rows
            }
