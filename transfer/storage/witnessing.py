"""Checkpoints in the database: this node's own with those who cosigned them, and what it knows of others."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, bindparam, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.ledger_keys import origin
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.tree import EMPTY
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import TYPE_NAMES, decode
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished, ledger_conversation
from transfer.ports.ledger import Cosigned, Head, Judged, Seen, Verdict, Words
from transfer.storage.ledger_tables import ledger_heads, ledger_seen
from transfer.storage.tables import inbox, outbox

_LOCK: Final = text("SELECT pg_advisory_xact_lock(:key)")
_HEADS: Final = select(ledger_heads).where(
    ledger_heads.c.size.in_(bindparam("sizes", expanding=True))
    | (ledger_heads.c.size == select(func.max(ledger_heads.c.size)).scalar_subquery())
)
_SEEN: Final = union_all(
    *(
        select(
            select(ledger_seen)
            .where(ledger_seen.c.region == bindparam("region"), ledger_seen.c.verdict == one.value)
            .order_by(ledger_seen.c.row.desc())
            .limit(1)
            .subquery()
        )
        for one in Verdict
    )
)
_SENT: Final = (
    select(outbox.c.body, outbox.c.digest, outbox.c.settled_at)
    .where(
        outbox.c.conversation == bindparam("conversation"),
        outbox.c.recipient == bindparam("peer"),
        outbox.c.type == TYPE_NAMES[CheckpointPublished],
    )
    .order_by(outbox.c.sequence.desc())
    .limit(1)
)
_HEARD: Final = (
    select(inbox.c.body)
    .where(
        inbox.c.conversation == bindparam("conversation"),
        inbox.c.source == bindparam("peer"),
        inbox.c.type == TYPE_NAMES[CheckpointAnswered],
        inbox.c.outcome == ReceiptOutcome.APPLIED.value,
    )
    .order_by(inbox.c.sequence.desc())
    .limit(1)
)


async def lock(connection: AsyncConnection, conversations: Collection[UUID]) -> None:
    """Nobody else holds these until the transaction ends. SQLite has one writer at a time in any case."""
    if connection.dialect.name == "postgresql":
        for one in sorted(conversations):
            await connection.execute(_LOCK, {"key": int.from_bytes(one.bytes[:8], signed=True)})


async def read_heads(connection: AsyncConnection, region: str, sizes: Collection[int]) -> Mapping[int, Head]:
    """See ports.Work.load_heads."""
    found = await connection.execute(_HEADS, {"sizes": sorted(sizes)})
    return {row.size: to_head(region, row) for row in found}


async def read_seen(connection: AsyncConnection, regions: Collection[str]) -> Mapping[str, Seen]:
    """See ports.Work.load_seen."""
    found: dict[str, Seen] = {}
    for region in sorted(regions):
        last = {row.verdict: row for row in await connection.execute(_SEEN, {"region": region})}
        if last:
            found[region] = _seen(region, last)
    return found


async def read_words(connection: AsyncConnection, region: str, peers: Collection[str]) -> Mapping[str, Words]:
    """See ports.Checkpoints.words."""
    conversation = ledger_conversation(region)
    found: dict[str, Words] = {}
    for peer in sorted(peers):
        asked = {"conversation": conversation, "peer": peer}
        sent = (await connection.execute(_SENT, asked)).one_or_none()
        heard: bytes | None = await connection.scalar(_HEARD, asked)
        fields: dict[str, Any] = {}
        if sent is not None:
            fields |= {"sent": decode(sent.body)[1], "digest": sent.digest, "settled": sent.settled_at is not None}
        if heard is not None:
            attributes, answer = decode(heard)
            fields |= {"heard": answer, "answers": attributes.answers}
        found[peer] = Words(**fields)
    return found


def seen_row(one: Judged) -> dict[str, Any]:
    """A verdict as it is kept."""
    checkpoint = one.checkpoint
    kept = {"region": one.region, "size": checkpoint.size, "root": checkpoint.root, "note": one.note}
    return kept | {"verdict": one.verdict.value, "at": one.at}


def cosigned_row(one: Cosigned) -> dict[str, Any]:
    """A cosignature as it is kept."""
    return {"size": one.size, "region": one.region, "line": one.line, "at": one.at}


def to_head(region: str, row: Row[Any]) -> Head:
    """A checkpoint of this node from its row."""
    return Head(checkpoint=Checkpoint(origin(region), row.size, row.root), note=row.note, at=row.at)


def _seen(region: str, last: Mapping[str, Row[Any]]) -> Seen:
    """From the last row of each verdict: a fork counts until something was accepted after it."""
    accepted, refused = last.get(Verdict.ACCEPTED), last.get(Verdict.REFUSED)
    taken = [row for row in (last.get(Verdict.COSIGNED), accepted) if row is not None]
    base = max(taken, key=lambda row: row.row, default=None)
    forked = refused is not None and (accepted is None or refused.row > accepted.row)
    known = Checkpoint(origin(region), base.size if base else 0, base.root if base else EMPTY)
    return Seen(known=known, note=base.note if base else "", fork=refused.note if refused and forked else "")
