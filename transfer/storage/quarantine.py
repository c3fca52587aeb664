"""Where messages of the quarantine are tried again or put away, each in a transaction of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from transfer.messages.receipts import Refusal
from transfer.ports.work import Quarantined
from transfer.records import Dismissal
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
        fields = {name: getattr(row, name) for name in (*names, "applied_at", "dismissed_at")}
        return Quarantined(**fields, refusal=Refusal.model_validate_json(row.refusal))

    async def mark_applied(self, entry: UUID, *, at: datetime) -> None:
        await self._set(entry, applied_at=at)

    async def mark_refused(self, entry: UUID, refusal: Refusal) -> None:
        await self._set(entry, code=refusal.code.value, refusal=refusal.model_dump_json())

    async def mark_dismissed(self, entry: UUID, why: Dismissal, *, at: datetime) -> None:
        await self._set(entry, dismissed_at=at, dismissal=why.value)

    async def _set(self, entry: UUID, **values: object) -> None:
        await self.work.connection.execute(update(quarantine).where(quarantine.c.id == entry).values(**values))


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlQuarantine:
    """See ports.QuarantineRoom."""

    store: Store

    @asynccontextmanager
    async def handling(self) -> AsyncIterator[SqlQuarantineWork]:
        async with self.store.work() as work:
            yield SqlQuarantineWork(work=work)
