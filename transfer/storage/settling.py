"""Writes what other regions say became of this node's messages."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.messages.codes import ReceiptOutcome
from transfer.messages.receipts import Receipt
from transfer.ports.ledger import Happened
from transfer.storage.destinations import heard_from
from transfer.storage.happened import settled
from transfer.storage.statements import CHUNK, among, padded, rows_of
from transfer.storage.tables import outbox
from transfer.storage.types import Instant
from transfer.telemetry.metrics import ALARMS

log = structlog.get_logger(__name__)

_OF_THESE: Final = outbox.c.message.in_(bindparam("messages", expanding=True))
_SENT: Final = among(
    select(
        outbox.c.message,
        outbox.c.digest,
        outbox.c.recipient,
        outbox.c.conversation,
        outbox.c.outcome,
        outbox.c.refusal,
        outbox.c.settled_at,
        outbox.c.published_at,
        outbox.c.attempts,
    ),
    outbox.c.message,
)
_SETTLED: Final = (
    update(outbox)
    .where(_OF_THESE, or_(outbox.c.settled_at.is_(None), bindparam("verdict") == ReceiptOutcome.APPLIED.value))
    .values(
        outcome=bindparam("verdict"),
        refusal=bindparam("said"),
        settled_at=bindparam("settled"),
        published_at=func.coalesce(outbox.c.published_at, bindparam("now", type_=Instant)),
    )
)


async def settle(
    connection: AsyncConnection, source: str, receipts: Sequence[Receipt], *, now: datetime
) -> list[Happened]:
    """Write the verdicts of one region. Only its verdict on the very bytes that were sent to it counts: a receipt
    for another region's message, or with another digest, changes nothing and raises an alarm. One without a digest
    says that the letter could not be opened there, and only has it sent again. Gives those that say something
    new."""
    through: datetime | None = None
    news: dict[UUID, Happened] = {}
    for start in range(0, len(receipts), CHUNK):
        batch = receipts[start : start + CHUNK]
        sent = await rows_of(connection, _SENT, [receipt.message for receipt in batch])
        known = {row.message: row for row in sent}
        verdicts: defaultdict[tuple[ReceiptOutcome, str | None], list[UUID]] = defaultdict(list)
        for receipt in batch:
            row = known.get(receipt.message)
            if row is None or row.recipient != source or receipt.digest not in (row.digest, None):
                ALARMS.labels(kind="receipt_for_other_content").inc()
                log.error(
                    "receipt_for_other_content",
                    message=str(receipt.message),
                    source=source,
                    known=row is not None,
                    outcome=receipt.outcome.value,
                )
                continue
            # Of a message that was sent again nobody knows which copy this answers, so not how far it shows.
            once = row.published_at is not None and row.attempts <= 1
            if once and (through is None or row.published_at > through):
                through = row.published_at
            applied = row.outcome == ReceiptOutcome.APPLIED.value
            if applied or (row.settled_at is not None and receipt.outcome is not ReceiptOutcome.APPLIED):
                continue  # an old receipt; what was refused for good may still be applied by staff over there
            refusal = receipt.refusal.model_dump_json() if receipt.refusal else None
            if receipt.refusal is not None:
                ALARMS.labels(kind="message_refused_there").inc()
                log.error(
                    "message_refused_there",
                    message=str(receipt.message),
                    region=source,
                    code=receipt.refusal.code.value,
                    hop=receipt.refusal.hop.value,
                    resend=receipt.refusal.resend,
                )
            verdicts[receipt.outcome, refusal].append(receipt.message)
        for (outcome, refusal), messages in sorted(
            verdicts.items(), key=lambda item: item[0][0] is not ReceiptOutcome.PARKED
        ):
            resend = refusal is not None and '"resend":true' in refusal
            final = outcome is not ReceiptOutcome.PARKED and not resend
            # A message may be parked and applied within one batch of receipts; the final word stands.
            verdict = {"verdict": outcome.value, "said": refusal, "settled": now if final else None, "now": now}
            await connection.execute(_SETTLED, {"messages": padded(messages), **verdict})
            news |= {
                message: settled(known[message], outcome, refusal, at=now)
                for message in messages
                if (known[message].outcome, known[message].refusal) != (outcome.value, refusal)
            }
    await heard_from(connection, source, now=now, through=through)
    return list(news.values())
