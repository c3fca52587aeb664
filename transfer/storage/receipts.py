"""The verdicts that other regions are still owed."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, delete, select

from transfer.messages.receipts import Receipt
from transfer.ports.traffic import DueReceipts
from transfer.storage.engine import looking
from transfer.storage.rows import to_receipt
from transfer.storage.statements import padded
from transfer.storage.store import Store
from transfer.storage.tables import receipts_due

_DUE: Final = (
    select(receipts_due)
    .where(receipts_due.c.recipient.not_in(bindparam("without", expanding=True)))
    .order_by(receipts_due.c.row)
    .limit(bindparam("most"))
)
_TOLD: Final = delete(receipts_due).where(receipts_due.c.row.in_(bindparam("rows", expanding=True)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlReceiptsDue:
    """See ports.ReceiptsDue."""

    store: Store

    async def due(self, *, limit: int, without: Collection[str]) -> Sequence[DueReceipts]:
        by_region: defaultdict[str, list[tuple[int, Receipt]]] = defaultdict(list)
        async with looking(self.store.engine) as connection:
            for row in await connection.execute(_DUE, {"without": sorted(without), "most": limit}):
                by_region[row.recipient].append((row.row, to_receipt(row)))
        return [
            DueReceipts(region=region, rows=tuple(r for r, _ in owed), receipts=tuple(r for _, r in owed))
            for region, owed in by_region.items()
        ]

    async def told(self, rows: Collection[int]) -> None:
        async with self.store.writing() as connection:
            await connection.execute(_TOLD, {"rows": padded(sorted(rows))})
