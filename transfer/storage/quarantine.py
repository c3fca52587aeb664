"""Where messages of the quarantine are tried again, each in a transaction of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from transfer.messages.receipts import Refusal
from transfer.ports.work import Quarantined
from transfer.storage.store import Store
from transfer.storage.tables import quarantine
from transfer.storage.work import SqlWork


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlQuarantineWork:
    """See ports.QuarantineWork."""

    work: SqlWork

    async def load(self, entry: UUID) -> Quarantined | None:
        statement = select(quarantine).where(quarantine.c.id == entry).with_for_update()
        row = (await self.work.connection.execute(statement)).one_or_none()
        if row is None:
            return None
        names = ("id", "at", "body", "exchange", "user_id", "source", "message", "type", "conversation", "digest")
        fields = {name: getattr(row, name) for name in names}
        return Quarantined(**fields, refusal=Refusal.model_validate_json(row.refusal), applied_at=row.applied_at)

    async def mark_applied(self, entry: UUID, *, at: datetime) -> None:
        await self.work.connection.execute(update(quarantine).where(quarantine.c.id == entry).values(applied_at=at))

    async def mark_refused(self, entry: UUID, refusal: Refusal) -> None:
        values = {"code": refusal.code.value, "refusal": refusal.model_dump_json()}
        await self.work.connection.execute(update(quarantine).where(quarantine.c.id == entry).values(**values))


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlQuarantine:
    """See ports.QuarantineRoom."""

    store: Store

    @asynccontextmanager
    async def replaying(self) -> AsyncIterator[SqlQuarantineWork]:
        async with self.store.work() as work:
            yield SqlQuarantineWork(work=work)
