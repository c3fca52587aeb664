"""The keys under which the ledger keeps what is about a person or a case."""

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.texts import new_key
from transfer.storage.ledger_tables import ledger_keys
from transfer.storage.statements import among, inserting_once, rows_of

_KEYS: Final = among(select(ledger_keys.c.subject, ledger_keys.c.key), ledger_keys.c.subject)


@dataclass(slots=True, kw_only=True)
class SubjectKeys:
    """The keys that were used last. A subject gets one when it first needs it, and none again once it was destroyed."""

    most: int = 4_000
    _kept: OrderedDict[UUID, bytes] = field(default_factory=OrderedDict)

    async def of(
        self, connection: AsyncConnection, subjects: Collection[UUID], *, now: datetime
    ) -> Mapping[UUID, bytes | None]:
        """The key of each of these; None where it was destroyed."""
        found: dict[UUID, bytes | None] = {one: self._kept[one] for one in subjects if one in self._kept}
        for one in found:
            self._kept.move_to_end(one)
        # In order, so that two who need the same keys do not wait for each other.
        missing = sorted(set(subjects) - found.keys())
        if missing:
            made = {one: new_key() for one in missing}
            rows = [{"subject": one, "key": key, "made_at": now} for one, key in made.items()]
            await connection.execute(inserting_once(connection.dialect.name, ledger_keys), rows)
            for row in await rows_of(connection, _KEYS, missing):
                found[row.subject] = row.key
                # One that was made just now may still be rolled back.
                if row.key is not None and row.key != made[row.subject]:
                    self._kept[row.subject] = row.key
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return found

    def forget(self, subjects: Collection[UUID]) -> None:
        """Their keys were destroyed."""
        for one in subjects:
            self._kept.pop(one, None)
