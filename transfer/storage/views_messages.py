"""The read models of messages: what was sent and received, the quarantine, and how the exchange stands."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, literal_column, select, tuple_
from sqlalchemy import case as case_when
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.messages.codes import ReceiptOutcome
from transfer.messages.receipts import Refusal
from transfer.messages.values import Digest
from transfer.ports.paper import Behind
from transfer.records import (
    DestinationLine,
    Direction,
    Dismissal,
    MessageFilter,
    MessageLine,
    MessageState,
    OldestWaiting,
    QuarantineLine,
    TimeKey,
    Traffic,
)
from transfer.storage.engine import reading
from transfer.storage.erasing import EMPTIED
from transfer.storage.tables import destinations, evidence_requests, inbox, outbox, quarantine
from transfer.storage.types import Instant
from transfer.storage.views_standing import NOT_PUBLISHED, NOT_SETTLED, StandingViews

_PARKED: Final = ReceiptOutcome.PARKED.value
_SENT: Final[tuple[ColumnElement[Any], ...]] = (
    outbox.c.message,
    outbox.c.recipient.label("peer"),
    outbox.c.type,
    outbox.c.conversation,
    outbox.c.sequence,
    outbox.c.digest,
    outbox.c.created_at,
    outbox.c.published_at,
    outbox.c.settled_at,
    outbox.c.attempts,
    outbox.c.retry_at,
    outbox.c.outcome,
    outbox.c.refusal,
)
_RECEIVED: Final[tuple[ColumnElement[Any], ...]] = (
    inbox.c.message,
    inbox.c.source.label("peer"),
    inbox.c.type,
    inbox.c.conversation,
    inbox.c.sequence,
    inbox.c.digest,
    inbox.c.received_at,
    inbox.c.outcome,
    inbox.c.refusal,
)
# What the inbox holds is not kept twice.
_BODY: Final = func.coalesce(quarantine.c.body, inbox.c.body)
_QUARANTINED: Final[tuple[ColumnElement[Any], ...]] = (
    *(column for column in quarantine.c if column.name != "body"),
    func.length(_BODY).label("size"),
)
_FROM_QUARANTINE: Final = quarantine.outerjoin(
    inbox,
    and_(quarantine.c.body.is_(None), inbox.c.message == quarantine.c.message, inbox.c.source == quarantine.c.source),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageViews(StandingViews):
    """The part of ports.Views that is about messages, with that about links and due days."""

    async def messages(
        self, chosen: MessageFilter, *, after: TimeKey | None, limit: int, newest_first: bool
    ) -> Sequence[MessageLine]:
        found: list[MessageLine] = []
        async with reading(self.store.engine) as connection:
            if chosen.direction is not Direction.IN:
                sent = _few(select(*_SENT).where(*_chosen_sent(chosen)), chosen, _FEW_SENT)
                sent = _placed(sent, "created_at", "message", after, newest_first=newest_first)
                found += [_sent_line(row) for row in await connection.execute(sent.limit(limit))]
            if chosen.direction is not Direction.OUT and chosen.state in _STATES_RECEIVED:
                received = _few(select(*_RECEIVED).where(*_chosen_received(chosen)), chosen, _FEW_RECEIVED)
                received = _placed(received, "received_at", "message", after, newest_first=newest_first)
                found += [_received_line(row) for row in await connection.execute(received.limit(limit))]
        found.sort(key=lambda line: (line.at, line.id), reverse=newest_first)
        return found[:limit]

    async def posted(self, request: UUID) -> Digest | None:
        wanted = select(evidence_requests.c.detail).where(evidence_requests.c.id == request)
        async with reading(self.store.engine) as connection:
            detail = await connection.scalar(wanted)
        return None if detail is None else from_json(detail).get("posted")

    async def behind(self, case: UUID, request: UUID, type_: str) -> Behind | None:
        sent = select(outbox.c.message, outbox.c.digest, outbox.c.body, outbox.c.row.label("at")).where(
            outbox.c.conversation == case, outbox.c.type == type_, outbox.c.body != EMPTIED
        )
        received = select(inbox.c.message, inbox.c.digest, inbox.c.body, inbox.c.sequence.label("at")).where(
            inbox.c.conversation == case,
            inbox.c.type == type_,
            inbox.c.outcome == ReceiptOutcome.APPLIED.value,
            inbox.c.body != EMPTIED,
        )
        async with reading(self.store.engine) as connection:
            for statement in (sent, received):
                rows = await connection.execute(statement.order_by(literal_column("at").desc()))
                for row in rows:
                    event = from_json(row.body)
                    if event["data"]["request"] == str(request):
                        return Behind(region=event["source"], message=row.message, digest=row.digest)
        return None

    async def message(self, message: UUID, *, sources: Collection[str]) -> MessageLine | None:
        sent = select(*_SENT).where(outbox.c.message == message)
        received = select(*_RECEIVED).where(inbox.c.source.in_(sorted(sources)), inbox.c.message == message)
        async with reading(self.store.engine) as connection:
            if (row := (await connection.execute(sent)).one_or_none()) is not None:
                return _sent_line(row)
            row = (await connection.execute(received.order_by(inbox.c.source).limit(1))).one_or_none()
            return _received_line(row) if row is not None else None

    async def quarantine(self, *, applied: bool | None, after: TimeKey | None, limit: int) -> Sequence[QuarantineLine]:
        statement = select(*_QUARANTINED).select_from(_FROM_QUARANTINE)
        if applied is not None:
            statement = statement.where(quarantine.c.applied_at.is_not(None) if applied else _waits())
        statement = _placed(statement, "at", "id", after, newest_first=True)
        async with reading(self.store.engine) as connection:
            return [_quarantine_line(row) for row in await connection.execute(statement.limit(limit))]

    async def quarantined(self, entry: UUID) -> tuple[QuarantineLine, bytes] | None:
        columns: tuple[ColumnElement[Any], ...] = (*_QUARANTINED, _BODY.label("body"))
        statement = select(*columns).select_from(_FROM_QUARANTINE).where(quarantine.c.id == entry)
        async with reading(self.store.engine) as connection:
            row = (await connection.execute(statement)).one_or_none()
            return (_quarantine_line(row), row.body) if row is not None else None

    async def traffic(self) -> Traffic:
        async with reading(self.store.engine) as connection:
            waiting = await _count(connection, select(func.count()).select_from(outbox).where(NOT_PUBLISHED))
            parked_there = case_when((outbox.c.outcome == _PARKED, 1), else_=0)
            unsettled = {
                row[0]: row[1]
                for row in await connection.execute(
                    select(parked_there, func.count()).where(NOT_SETTLED).group_by(parked_there)
                )
            }
            refused = await _count(
                connection,
                select(func.count())
                .select_from(outbox)
                .where(outbox.c.outcome == literal_column("'refused'"), outbox.c.settled_at.is_not(None)),
            )
            total = await _count(connection, select(func.count()).select_from(outbox))
            published, parked = unsettled.get(0, 0), unsettled.get(1, 0)
            columns = [destinations.c[name] for name in DestinationLine.model_fields]
            roads = await connection.execute(select(*columns).order_by(destinations.c.region))
            return Traffic(
                outbox={
                    MessageState.WAITING: waiting,
                    MessageState.PUBLISHED: published,
                    MessageState.PARKED: parked,
                    MessageState.APPLIED: total - waiting - published - parked - refused,
                    MessageState.REFUSED: refused,
                },
                oldest_waiting=await _oldest(connection),
                parked=await _count(
                    connection,
                    select(func.count()).select_from(inbox).where(inbox.c.outcome == literal_column("'parked'")),
                ),
                quarantined=await _count(connection, select(func.count()).select_from(quarantine).where(_waits())),
                destinations=tuple(DestinationLine(**row._asdict()) for row in roads),
            )


_FEW_SENT: Final = (MessageState.WAITING, MessageState.PUBLISHED, MessageState.PARKED, MessageState.REFUSED)
_FEW_RECEIVED: Final = (MessageState.PARKED, MessageState.REFUSED)
_STATES_RECEIVED: Final = {None, MessageState.PARKED, MessageState.APPLIED, MessageState.REFUSED}


def _waits() -> ColumnElement[bool]:
    return and_(quarantine.c.applied_at.is_(None), quarantine.c.dismissed_at.is_(None))


def _few(statement: Select[Any], chosen: MessageFilter, states: Collection[MessageState]) -> Select[Any]:
    """The statement, first finding the rows where an index tells that there are few of them: left alone, the
    database may walk the index of times to the end in search of them."""
    if chosen.case is None and chosen.state not in states:
        return statement
    return select(statement.cte("few").prefix_with("MATERIALIZED"))


def _placed(
    statement: Select[Any], at_name: str, id_name: str, after: TimeKey | None, *, newest_first: bool
) -> Select[Any]:
    """The statement in the order of time, from behind ``after``."""
    at, id_ = statement.selected_columns[at_name], statement.selected_columns[id_name]
    if after is not None:
        here, there = tuple_(at, id_), tuple_(literal(after.at, Instant), literal(after.id, id_.type))
        statement = statement.where(here < there if newest_first else here > there)
    return statement.order_by(at.desc(), id_.desc()) if newest_first else statement.order_by(at, id_)


def _chosen_sent(chosen: MessageFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.peer is not None:
        conditions.append(outbox.c.recipient == chosen.peer)
    if chosen.case is not None:
        conditions.append(outbox.c.conversation == chosen.case)
    match chosen.state:
        case None:
            pass
        case MessageState.WAITING:
            conditions.append(NOT_PUBLISHED)
        case MessageState.PUBLISHED:
            conditions += [NOT_SETTLED, outbox.c.outcome.is_(None)]
        case MessageState.PARKED:
            conditions += [NOT_SETTLED, outbox.c.outcome == literal_column("'parked'")]
        case MessageState.REFUSED:
            conditions.append(outbox.c.outcome == literal_column("'refused'"))
        case MessageState.APPLIED:
            conditions.append(outbox.c.outcome == chosen.state.value)
    return conditions


def _chosen_received(chosen: MessageFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.peer is not None:
        conditions.append(inbox.c.source == chosen.peer)
    if chosen.case is not None:
        conditions.append(inbox.c.conversation == chosen.case)
    if chosen.state is not None:
        # In the words of the partial index: a parameter would hide from the planner that it can be used.
        conditions.append(inbox.c.outcome == literal_column(f"'{chosen.state.value}'"))
    return conditions


async def _count(connection: AsyncConnection, statement: Select[int]) -> int:
    return await connection.scalar(statement) or 0


async def _oldest(connection: AsyncConnection) -> OldestWaiting | None:
    """Among the messages without a final receipt, of those not published and of those published."""
    oldest: list[Row[Any]] = []
    for condition in (NOT_PUBLISHED, NOT_SETTLED):
        head = select(func.min(outbox.c.row)).where(condition).scalar_subquery()
        row = (await connection.execute(select(*_SENT).where(outbox.c.row == head))).one_or_none()
        oldest += [row] if row is not None else []
    if not oldest:
        return None
    first = min(oldest, key=lambda one: one.created_at)
    return OldestWaiting(id=first.message, peer=first.peer, created_at=first.created_at)


def _sent_line(row: Row[Any]) -> MessageLine:
    unanswered = MessageState.WAITING if row.published_at is None else MessageState.PUBLISHED
    return MessageLine(
        id=row.message,
        direction=Direction.OUT,
        peer=row.peer,
        type=row.type,
        case=row.conversation,
        sequence=row.sequence,
        digest=row.digest,
        state=MessageState(row.outcome) if row.outcome else unanswered,
        created_at=row.created_at,
        published_at=row.published_at,
        settled_at=row.settled_at,
        received_at=None,
        attempts=row.attempts,
        retry_at=row.retry_at if row.settled_at is None else None,
        outcome=row.outcome,
        refusal=_refusal(row.refusal),
    )


def _received_line(row: Row[Any]) -> MessageLine:
    return MessageLine(
        id=row.message,
        direction=Direction.IN,
        peer=row.peer,
        type=row.type,
        case=row.conversation,
        sequence=row.sequence,
        digest=row.digest,
        state=row.outcome,
        created_at=None,
        published_at=None,
        settled_at=None,
        received_at=row.received_at,
        attempts=None,
        retry_at=None,
        outcome=row.outcome,
        refusal=_refusal(row.refusal),
    )


def _quarantine_line(row: Row[Any]) -> QuarantineLine:
    return QuarantineLine(
        id=row.id,
        at=row.at,
        source=row.source,
        message=row.message,
        case=row.conversation,
        type=row.type,
        exchange=row.exchange,
        user_id=row.user_id,
        digest=row.digest,
        size=row.size,
        refusal=Refusal.model_validate_json(row.refusal),
        applied_at=row.applied_at,
        dismissed_at=row.dismissed_at,
        dismissal=Dismissal(row.dismissal) if row.dismissal else None,
    )


def _refusal(text: str | None) -> Refusal | None:
    return Refusal.model_validate_json(text) if text else None
