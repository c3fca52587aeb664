"""What a good team would write today: FastStream, the SQLAlchemy ORM, and an outbox table of their own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitQueue
from pydantic import BaseModel
from sqlalchemy import BigInteger, Identity, Index, LargeBinary, Text, func, make_url, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.bodies import CASES, TYPE, case_of, message
from tests.bench.role import Load, Place, main, running
from tests.bench.times import Mark, Times
from tests.bench.topology import EXCHANGE, INBOX, RECEIPTS
from transfer.messages.envelope import encode

POOL: Final = 20
PREFETCH: Final = 50
RELAY_BATCH: Final = 100
POLL_SECONDS: Final = 1.0
PUBLISH_SECONDS: Final = 30.0
# As many requests of the API as are worked on at the same time.
DECIDERS: Final = 10

Sessions = async_sessionmaker[AsyncSession]


class Row(DeclarativeBase):
    """What all tables share."""


class DecisionRow(Row):
    """A decision taken here."""

    __tablename__ = "decision"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    case_id: Mapped[UUID] = mapped_column(index=True)
    number: Mapped[int]
    stage: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OutboxRow(Row):
    """A message to be published."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_due", "id", postgresql_where="published_at IS NULL"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    message_id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    published_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class InboxRow(Row):
    """A message that was received."""

    __tablename__ = "inbox"

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())


class CaseRow(Row):
    """Where a case stands, as its holder told."""

    __tablename__ = "case_state"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    stage: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime | None] = mapped_column(onupdate=func.now())


class StageData(BaseModel):
    """The content of a stage as the receiver reads it."""

    case: UUID
    tenure: int
    number: int
    stage: str
    note: str | None = None
    at: datetime


class StageEvent(BaseModel):
    """The envelope of a stage as the receiver reads it."""

    id: UUID
    type: str
    source: str
    recipient: str
    data: StageData


class ReceiptEvent(BaseModel):
    """What became of one message."""

    message: UUID
    outcome: str


class Relay:
    """Publishes the rows of the outbox, in order, for one destination."""

    def __init__(self, broker: RabbitBroker, sessions: Sessions, destination: str, times: Times) -> None:
        self._broker = broker
        self._sessions = sessions
        self._destination = destination
        self._times = times
        self._exchange = RabbitExchange(EXCHANGE, declare=False)
        self._due = asyncio.Event()

    def wake(self) -> None:
        self._due.set()

    async def run(self) -> None:
        while True:
            self._due.clear()
            if not await self._relay_once():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._due.wait(), POLL_SECONDS)

    async def _relay_once(self) -> int:
        async with self._sessions() as session:
            due = select(OutboxRow).where(OutboxRow.published_at.is_(None))
            rows = (await session.scalars(due.order_by(OutboxRow.id).limit(RELAY_BATCH))).all()
        if not rows:
            return 0
        await asyncio.gather(*(self._publish(row) for row in rows))
        async with self._sessions.begin() as session:
            published = update(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows]))
            await session.execute(
                published.values(published_at=func.now()), execution_options={"synchronize_session": False}
            )
        self._times.note(Mark.PUBLISHED, (row.message_id for row in rows))
        return len(rows)

    async def _publish(self, row: OutboxRow) -> None:
        await self._broker.publish(
            row.body,
            exchange=self._exchange,
            routing_key=self._destination,
            message_id=str(row.message_id),
            message_type=row.type,
            content_type="application/json",
            persist=True,
            mandatory=True,
            timeout=PUBLISH_SECONDS,
        )


class FastStreamSender:
    """Takes decisions, several requests at a time, one transaction each."""

    def __init__(self, sessions: Sessions, relay: Relay, times: Times) -> None:
        self._sessions = sessions
        self._relay = relay
        self._times = times

    async def prepare(self, load: Load) -> None:
        pass

    async def send(self, load: Load) -> None:
        if load.rate is None:
            indexes = iter(range(load.first, load.first + load.count))
            await asyncio.gather(*(self._decide_each(indexes) for _ in range(DECIDERS)))
        else:
            async with asyncio.TaskGroup() as requests:
                async for index in load.paced():
                    requests.create_task(self._decide(index))

    async def _decide_each(self, indexes: Iterator[int]) -> None:
        for index in indexes:
            await self._decide(index)

    async def _decide(self, index: int) -> None:
        attributes, data = message(index)
        async with self._sessions.begin() as session:
            session.add_all(
                [
                    DecisionRow(case_id=data.case, number=data.number, stage=data.stage.value, note=data.note or ""),
                    OutboxRow(message_id=attributes.id, type=TYPE, body=encode(attributes, data)),
                ]
            )
        self._times.note(Mark.COMMITTED, [attributes.id])
        self._relay.wake()


@contextlib.asynccontextmanager
async def sends(place: Place, times: Times) -> AsyncIterator[FastStreamSender]:
    async with _application(place) as (broker, sessions):
        relay = Relay(broker, sessions, INBOX, times)

        @broker.subscriber(_queue(RECEIPTS), channel=_channel(), ack_policy=AckPolicy.NACK_ON_ERROR)
        async def hear(receipt: ReceiptEvent) -> None:
            async with sessions.begin() as session:
                done = (
                    update(OutboxRow)
                    .where(OutboxRow.message_id == receipt.message, OutboxRow.done_at.is_(None))
                    .values(done_at=func.now())
                    .returning(OutboxRow.message_id)
                )
                fresh = await session.scalar(done, execution_options={"synchronize_session": False})
            if fresh is not None:
                times.note(Mark.RECEIPTED, [fresh])

        await broker.start()
        async with running(relay.run()):
            yield FastStreamSender(sessions, relay, times)


@contextlib.asynccontextmanager
async def receives(place: Place, times: Times) -> AsyncIterator[None]:
    async with _application(place) as (broker, sessions):
        relay = Relay(broker, sessions, RECEIPTS, Times())

        @broker.subscriber(_queue(INBOX), channel=_channel(), ack_policy=AckPolicy.NACK_ON_ERROR)
        async def apply(event: StageEvent) -> None:
            if await _applied(sessions, event):
                times.note(Mark.APPLIED, [event.id])
                relay.wake()

        await _create_cases(sessions)
        await broker.start()
        async with running(relay.run()):
            yield


async def _applied(sessions: Sessions, event: StageEvent) -> bool:
    """Inbox, state and receipt in one transaction; False when the message has come before."""
    async with sessions.begin() as session:
        noted = insert(InboxRow).values(message_id=event.id).on_conflict_do_nothing()
        if await session.scalar(noted.returning(InboxRow.message_id)) is None:
            return False
        case = await session.get_one(CaseRow, event.data.case, with_for_update=True)
        # Handlers run side by side, so that an older stage may come after a newer one.
        if event.data.number > case.number:
            case.number, case.stage, case.note = event.data.number, event.data.stage, event.data.note
        receipt = ReceiptEvent(message=event.id, outcome="applied")
        session.add(OutboxRow(message_id=uuid4(), type="receipt", body=receipt.model_dump_json().encode()))
    return True


@contextlib.asynccontextmanager
async def _application(place: Place) -> AsyncIterator[tuple[RabbitBroker, Sessions]]:
    url = make_url(place.database).set(drivername="postgresql+asyncpg")
    engine = create_async_engine(url, pool_size=POOL, max_overflow=0)
    async with engine.begin() as connection:
        await connection.run_sync(Row.metadata.create_all)
    broker = RabbitBroker(place.amqp, default_channel=Channel(on_return_raises=True), logger=None)
    try:
        yield broker, async_sessionmaker(engine, expire_on_commit=False)
    finally:
        await broker.stop()
        await engine.dispose()


async def _create_cases(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        cases = [{"id": case_of(index), "number": 0} for index in range(CASES)]
        await session.execute(insert(CaseRow).on_conflict_do_nothing(), cases)


def _queue(name: str) -> RabbitQueue:
    return RabbitQueue(name, durable=True, declare=False)


def _channel() -> Channel:
    return Channel(prefetch_count=PREFETCH)


if __name__ == "__main__":
    main(sends=sends, receives=receives, last=Mark.RECEIPTED)
