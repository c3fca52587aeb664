"""Drafts of caseworkers in the database; see ports.Drafts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, delete, select

from transfer.ports.drafts import KEPT, Draft, DraftKind
from transfer.storage.engine import looking
from transfer.storage.statements import upsert
from transfer.storage.store import Store
from transfer.storage.tables import drafts

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlDrafts:
    """One row for each draft."""

    store: Store

    async def keep(self, draft: Draft) -> None:
        row = {
            "id": draft.id,
            "kind": draft.kind.value,
            "account": draft.account,
            "content": json.dumps(draft.content, ensure_ascii=False),
            "made_at": draft.made_at,
            "changed_at": draft.changed_at,
        }
        async with self.store.writing() as connection:
            await upsert(connection, drafts, [row], ("id",))

    async def find(self, draft: UUID, account: UUID | None) -> Draft | None:
        found = await self.of_anyone(draft)
        return found if found is not None and found.account == account else None

    async def of_anyone(self, draft: UUID) -> Draft | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(select(drafts).where(drafts.c.id == draft))).one_or_none()
        return _draft(row) if row is not None else None

    async def of(self, account: UUID | None, *, limit: int) -> Sequence[Draft]:
        mine = select(drafts).where(drafts.c.account.is_not_distinct_from(account))
        statement = mine.order_by(drafts.c.changed_at.desc(), drafts.c.id).limit(limit)
        async with looking(self.store.engine) as connection:
            return [_draft(row) for row in await connection.execute(statement)]

    async def remove(self, draft: UUID) -> None:
        async with self.store.writing() as connection:
            await connection.execute(delete(drafts).where(drafts.c.id == draft))

    async def forget_old(self) -> int:
        old = select(drafts.c.id).where(drafts.c.changed_at < self.store.clock() - KEPT).limit(_AT_ONCE)
        async with self.store.writing() as connection:
            return (await connection.execute(delete(drafts).where(drafts.c.id.in_(old)))).rowcount


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        id=row.id,
        kind=DraftKind(row.kind),
        account=row.account,
        content=json.loads(row.content),
        made_at=row.made_at,
        changed_at=row.changed_at,
    )
