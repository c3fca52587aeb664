"""What was forgotten in a restore, asked for, told and written again; see ports.Recovery."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, exists, literal_column, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.decision import Outgoing
from transfer.ledger.entry import Kind
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import OF_RECOVERY, TYPE_NAMES, decode
from transfer.messages.receipts import Refusal
from transfer.messages.recovery import CONTENT_CHARACTERS, MOST_KEPT, Kept, RecoveryAnswered, RecoveryAsked
from transfer.messages.values import Digest
from transfer.ports.ledger import Happened
from transfer.ports.recovery import Ending, OwnMessage, RecoveryQuestion, Restore, Talk
from transfer.ports.work import Cause, InboxEntry
from transfer.storage.engine import looking, reading
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_heads, ledger_seen
from transfer.storage.reconciling import ANSWERED_WITHIN, answer_once
from transfer.storage.statements import among, inserting, rows_of
from transfer.storage.store import Store
from transfer.storage.tables import inbox, lanes, outbox, restores
from transfer.storage.work import SqlWork, said_as

_ASKED: Final = TYPE_NAMES[RecoveryAsked]
_ANSWERED: Final = TYPE_NAMES[RecoveryAnswered]
_APPLIED: Final = ReceiptOutcome.APPLIED.value
# In the words of the partial index.
_IS_QUESTION: Final = inbox.c.type == literal_column(f"'{_ASKED}'")
_SAID: Final = exists().where(
    lanes.c.conversation == inbox.c.conversation, lanes.c.peer == inbox.c.source, lanes.c.sent > 0
)
_PARKED: Final = select(inbox.c.conversation).where(inbox.c.outcome == literal_column("'parked'")).distinct()
_OWN: Final = among(select(outbox.c.message, outbox.c.digest), outbox.c.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlRecovery:
    """See ports.Recovery. An answer tells of so many messages of either region at most."""

    store: Store
    at_once: int = MOST_KEPT

    async def open(self) -> Restore | None:
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(select(restores).where(restores.c.finished_at.is_(None)))).first()
        if row is None:
            return None
        return Restore(number=row.number, made_at=row.made_at, restored_at=row.restored_at, reason=row.reason)

    async def talks(self, since: Restore) -> Mapping[str, Talk]:
        asked = select(outbox.c.recipient, outbox.c.conversation).where(
            outbox.c.type == _ASKED, outbox.c.created_at >= since.restored_at
        )
        told = select(inbox.c.conversation, inbox.c.body).where(
            inbox.c.type == _ANSWERED, inbox.c.outcome == _APPLIED, inbox.c.received_at >= since.restored_at
        )
        async with reading(self.store.engine) as connection:
            bodies = {row.conversation: row.body for row in await connection.execute(told)}
            questions = (await connection.execute(asked.order_by(outbox.c.row))).all()
        talks: defaultdict[str, Talk] = defaultdict(Talk)
        for row in questions:
            talk = talks[row.recipient]
            if (body := bodies.get(row.conversation)) is None:
                talks[row.recipient] = replace(talk, waits=True)
            else:
                talks[row.recipient] = replace(talk, answers=(*talk.answers, _content(body)))
        return talks

    async def branch(self, region: str) -> str | None:
        wanted = (
            select(ledger_heads.c.note, ledger_cosignatures.c.line)
            .join(ledger_cosignatures, ledger_cosignatures.c.size == ledger_heads.c.size)
            .where(ledger_cosignatures.c.region == region)
            .order_by(ledger_heads.c.size.desc())
        )
        async with looking(self.store.engine) as connection:
            row = (await connection.execute(wanted.limit(1))).one_or_none()
        return row.note + row.line if row is not None else None

    async def ask(self, region: str, asked: RecoveryAsked) -> None:
        async with self.store.work() as work:
            message = Outgoing(recipient=region, data=asked, conversation=self.store.new_id())
            work.send(None, message, Cause(at=work.now, by=work.region))

    async def questions(self, *, limit: int) -> Sequence[RecoveryQuestion]:
        wanted = (
            select(inbox.c.source, inbox.c.conversation, inbox.c.digest, inbox.c.body)
            .where(_IS_QUESTION, inbox.c.outcome == _APPLIED, ~_SAID)
            .where(inbox.c.received_at >= self.store.clock() - ANSWERED_WITHIN)
            .order_by(inbox.c.received_at, inbox.c.message)
        )
        async with looking(self.store.engine) as connection:
            rows = (await connection.execute(wanted.limit(limit))).all()
        return [
            RecoveryQuestion(region=r.source, conversation=r.conversation, digest=r.digest, asked=_content(r.body))
            for r in rows
        ]

    async def told(self, region: str, since: datetime, after: UUID | None) -> RecoveryAnswered:
        start = after or UUID(int=0)
        sent = select(outbox).where(
            outbox.c.recipient == region, outbox.c.settled_at >= since, outbox.c.message > start
        )
        received = select(inbox).where(
            inbox.c.source == region, inbox.c.received_at >= since, inbox.c.message > start, inbox.c.sequence >= 1
        )
        last = select(ledger_seen.c.note).where(ledger_seen.c.region == region).order_by(ledger_seen.c.size.desc())
        async with reading(self.store.engine) as connection:
            found = [
                *await self._page(connection, sent.where(outbox.c.type.not_in(OF_RECOVERY)), outbox.c.message),
                *await self._page(connection, received.where(inbox.c.type.not_in(OF_RECOVERY)), inbox.c.message),
            ]
            known = await connection.scalar(last.limit(1))
        some = _fitting(sorted(found, key=lambda row: row.message)[: self.at_once])
        mine, theirs = ([_kept(row) for row in some if hasattr(row, "recipient") is own] for own in (True, False))
        through = some[-1].message if len(some) < len(found) or len(found) >= self.at_once else None
        return RecoveryAnswered(sent=tuple(mine), received=tuple(theirs), through=through, known=known)

    async def _page(self, connection: AsyncConnection, wanted: Any, by: Any) -> Sequence[Row[Any]]:  # noqa: ANN401 - of SQLAlchemy
        return (await connection.execute(wanted.order_by(by).limit(self.at_once))).all()

    async def answer(self, question: RecoveryQuestion, answered: RecoveryAnswered) -> bool:
        return await answer_once(self.store, question.region, question.conversation, question.digest, answered)

    async def own(self, messages: Sequence[UUID]) -> Mapping[UUID, Digest]:
        async with reading(self.store.engine) as connection:
            return {row.message: row.digest for row in await rows_of(connection, _OWN, sorted(messages))}

    async def known(self, messages: Sequence[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], InboxEntry]:
        async with self.store.work() as work:
            return await work.load_inbox(set(messages))

    @asynccontextmanager
    async def step(self, waiting: Sequence[OwnMessage]) -> AsyncIterator[SqlWork]:
        async with self.store.work() as work:
            work.said = {said_as(one.attributes.recipient, one.data): (one.attributes, one.body) for one in waiting}
            yield work

    async def parked(self) -> Sequence[UUID]:
        async with looking(self.store.engine) as connection:
            return sorted(await connection.scalars(_PARKED))

    @asynccontextmanager
    async def finish(self, restore: Restore, facts: Mapping[str, object]) -> AsyncIterator[Ending | None]:
        now = self.store.clock()
        this = and_(restores.c.number == restore.number, restores.c.finished_at.is_(None))
        async with self.store.work() as work:
            # Who parks holds this row until that is committed, so nothing is parked on its account after this.
            if (await work.connection.execute(update(restores).where(this).values(finished_at=now))).rowcount == 0:
                yield None
                return
            work.note(Happened(kind=Kind.RESTORED, at=now, facts=facts))
            yield Ending(work=work, parked=sorted(await work.connection.scalars(_PARKED)))


async def mark_restored(store: Store, *, made_at: datetime, by: str, reason: str) -> None:
    """From now on the node only asks, until it knows again what it has forgotten."""
    now = store.clock()
    row = {"made_at": min(made_at, now), "restored_at": now, "by": by, "reason": reason}
    async with store.writing() as connection:
        await connection.execute(inserting(restores), row)


async def torn_lanes(connection: AsyncConnection) -> Sequence[str]:
    """The conversations whose count is behind a message that has its place in them."""
    counted = lanes.c.sent < outbox.c.sequence
    there = and_(lanes.c.conversation == outbox.c.conversation, lanes.c.peer == outbox.c.recipient)
    behind = select(outbox.c.conversation).join(lanes, there, isouter=True).where(or_(counted, lanes.c.sent.is_(None)))
    done = and_(lanes.c.conversation == inbox.c.conversation, lanes.c.peer == inbox.c.source)
    taken = (
        select(inbox.c.conversation)
        .join(lanes, done, isouter=True)
        .where(inbox.c.outcome == _APPLIED, inbox.c.sequence > 0)
        .where(or_(lanes.c.applied < inbox.c.sequence, lanes.c.applied.is_(None)))
    )
    return [str(one) for one in await connection.scalars(union(behind, taken))]


def _fitting(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """As many as one answer holds."""
    some: list[Row[Any]] = []
    length = 0
    for row in rows:
        length += len(row.body)
        if some and length > CONTENT_CHARACTERS:
            break
        some.append(row)
    return some


def _kept(row: Row[Any]) -> Kept:
    text = row.body.decode()
    return Kept(
        message=row.message,
        conversation=row.conversation,
        sequence=row.sequence,
        content=text if 0 < len(text) <= CONTENT_CHARACTERS else None,
        withheld=len(text) > CONTENT_CHARACTERS,
        signature=getattr(row, "signature", None),
        outcome=ReceiptOutcome(row.outcome),
        refusal=Refusal.model_validate_json(row.refusal) if row.refusal else None,
    )


def _content(body: bytes) -> Any:  # noqa: ANN401 - the model of the type that was asked for
    return decode(body)[1]
