"""Writes what came from other regions: into the inbox, or into quarantine."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, exists, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.messages.codes import ReceiptOutcome
from transfer.messages.receipts import Refusal
from transfer.ports.ledger import Happened
from transfer.ports.work import InboxEntry, Quarantined
from transfer.storage import rows
from transfer.storage.happened import received, set_aside
from transfer.storage.statements import CHUNK, inserting, inserting_once
from transfer.storage.tables import inbox, quarantine

Entries = Mapping[tuple[str, UUID], InboxEntry]
"""By source and message."""

_AGAIN: Final = (
    update(inbox)
    .where(inbox.c.source == bindparam("at_source"), inbox.c.message == bindparam("at_message"))
    .values(outcome=bindparam("new_outcome"), refusal=bindparam("new_refusal"))
)
_ASIDE: Final = ("id", "at", "source", "message", "conversation", "type", "exchange", "user_id", "digest", "body")


async def write_inbox(
    connection: AsyncConnection, entered: Entries, known: Entries, *, now: datetime
) -> list[Happened]:
    """The verdicts on what came, now or before; gives what came, and what came before and fares otherwise now."""
    fresh = [e for key, e in entered.items() if key not in known]
    again = [e for key, e in entered.items() if key in known]
    if fresh:
        await connection.execute(inserting(inbox), [rows.entry_row(entry) for entry in fresh])
    if again:
        await connection.execute(
            _AGAIN,
            [
                {
                    "at_source": e.source,
                    "at_message": e.message,
                    "new_outcome": e.outcome.value,
                    "new_refusal": e.refusal.model_dump_json() if e.refusal else None,
                }
                for e in again
            ],
        )
    cured = [e.message for e in again if e.outcome is ReceiptOutcome.APPLIED]
    for start in range(0, len(cured), CHUNK):
        # It came again and was applied: staff need not look at the copy in quarantine any more.
        await connection.execute(
            update(quarantine)
            .where(
                quarantine.c.applied_at.is_(None),
                quarantine.c.message.in_(cured[start : start + CHUNK]),
                exists().where(
                    inbox.c.source == quarantine.c.source,
                    inbox.c.message == quarantine.c.message,
                    inbox.c.digest == quarantine.c.digest,
                ),
            )
            .values(applied_at=now)
        )
    changed = (e for e in again if _fate(e) != _fate(known[e.source, e.message]))
    return [received(entry) for entry in (*fresh, *changed)]


def _fate(entry: InboxEntry) -> tuple[ReceiptOutcome, Refusal | None]:
    return entry.outcome, entry.refusal


async def write_quarantine(connection: AsyncConnection, aside: Sequence[Quarantined]) -> list[Happened]:
    """Of what cannot be opened and comes again and again, one is kept; gives what is."""
    if not aside:
        return []
    lying = [
        {
            **{name: getattr(one, name) for name in _ASIDE},
            "code": one.refusal.code.value,
            "refusal": one.refusal.model_dump_json(),
        }
        for one in aside
    ]
    statement = inserting_once(connection.dialect.name, quarantine).returning(quarantine.c.id)
    kept = set(await connection.scalars(statement, lying))
    return [set_aside(one) for one in aside if one.id in kept]
