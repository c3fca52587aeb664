"""The read models of reconciliations, and of who held each case when."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, tuple_

from transfer.ledger.holders import Holding
from transfer.records import ReconciliationLine
from transfer.storage.engine import looking
from transfer.storage.reconciling import DIFFERENCES
from transfer.storage.store import Store
from transfer.storage.tables import history, reconciliations, tenures

_PAGE: Final = 500
_NAMES: Final = ("region", "since", "until", "asked_at", "answered_at", "found")

# The first thing that happened in a tenure is what it began with.
_TOLD: Final = (
    select(history.c.message)
    .where(history.c.case_id == tenures.c.case_id, history.c.tenure == tenures.c.number)
    .order_by(history.c.row)
    .limit(1)
    .scalar_subquery()
)
_HOLDINGS: Final = select(tenures, _TOLD.label("message")).order_by(tenures.c.case_id, tenures.c.number).limit(_PAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationViews:
    """The part of ports.Views that is about reconciliations."""

    store: Store

    async def reconciliations(self, region: str | None, *, limit: int) -> Sequence[ReconciliationLine]:
        newest = select(reconciliations).order_by(reconciliations.c.until.desc(), reconciliations.c.region)
        if region is not None:
            newest = newest.where(reconciliations.c.region == region)
        async with looking(self.store.engine) as connection:
            rows = (await connection.execute(newest.limit(limit))).all()
        return [
            ReconciliationLine(
                **{name: getattr(row, name) for name in _NAMES}, differences=DIFFERENCES.validate_json(row.differences)
            )
            for row in rows
        ]

    async def holdings(self) -> AsyncIterator[Sequence[Holding]]:
        """Who held each case that is known here, page by page."""
        statement = _HOLDINGS
        while True:
            async with looking(self.store.engine) as connection:
                rows = (await connection.execute(statement)).all()
            yield [
                Holding(
                    region=self.store.region,
                    case=row.case_id,
                    tenure=row.number,
                    institution=row.institution,
                    since=row.since,
                    message=row.message,
                )
                for row in rows
            ]
            if len(rows) < _PAGE:
                return
            last = rows[-1]
            statement = _HOLDINGS.where(tuple_(tenures.c.case_id, tenures.c.number) > (last.case_id, last.number))
