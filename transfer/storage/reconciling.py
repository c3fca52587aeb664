"""The records that reconciling compares, its questions and answers, and where it stands; see ports.Reconciling."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.domain.decision import Outgoing
from transfer.ledger.entry import Kind, moment
from transfer.ledger.reconciling import first_id
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.codes_reconciling import RecordState
from transfer.messages.envelope import TYPE_NAMES, decode
from transfer.messages.receipts import Refusal
from transfer.messages.reconciling import Line, ReconcileAnswered, ReconcileAsked
from transfer.messages.values import BetweenRegions, Digest
from transfer.ports.ledger import Happened
from transfer.ports.reconciling import Answer, Question, Reconciliation
from transfer.ports.work import Cause
from transfer.records import DifferenceLine, Direction
from transfer.storage.engine import looking, reading
from transfer.storage.statements import CHUNK, inserting_once, padded, upsert
from transfer.storage.store import Store
from transfer.storage.tables import destinations, inbox, lanes, outbox, reconciliations
from transfer.storage.types import Instant

PAGE: Final = 1000
ANSWERED_WITHIN: Final = timedelta(days=7)
"""An older question is not answered any more; its region sees that and asks again."""

DIFFERENCES: Final[TypeAdapter[tuple[DifferenceLine, ...]]] = TypeAdapter(tuple[DifferenceLine, ...])
_APPLIED: Final[ColumnElement[str]] = literal_column(f"'{ReceiptOutcome.APPLIED.value}'")
# In the words of the partial index.
_IS_QUESTION: Final = inbox.c.type == literal_column(f"'{TYPE_NAMES[ReconcileAsked]}'")
_ANSWER: Final = TYPE_NAMES[ReconcileAnswered]

_SENT: Final = (
    select(
        outbox.c.message,
        outbox.c.conversation,
        outbox.c.sequence,
        outbox.c.digest,
        outbox.c.outcome,
        outbox.c.settled_at,
        outbox.c.published_at,
    )
    .where(outbox.c.recipient == bindparam("region"))
    .where(outbox.c.message >= bindparam("start"), outbox.c.message < bindparam("stop"))
    .order_by(outbox.c.message)
    .limit(PAGE)
)
_RECEIVED: Final = (
    select(
        inbox.c.message,
        inbox.c.conversation,
        inbox.c.sequence,
        inbox.c.digest,
        inbox.c.outcome,
        inbox.c.refusal,
    )
    .where(inbox.c.source == bindparam("region"))
    .where(inbox.c.message >= bindparam("start"), inbox.c.message < bindparam("stop"))
    .order_by(inbox.c.message)
    .limit(PAGE)
)
_AGAIN: Final = (
    update(outbox)
    .where(outbox.c.message.in_(bindparam("messages", expanding=True)), outbox.c.settled_at.is_(None))
    .values(retry_at=None)
)
_MOVED: Final = update(reconciliations).where(
    reconciliations.c.question == bindparam("after"), reconciliations.c.answered_at.is_(None)
)
_IN_IT: Final = and_(lanes.c.conversation == inbox.c.conversation, lanes.c.peer == inbox.c.source)
_QUESTIONS: Final = (
    select(inbox.c.source, inbox.c.conversation, inbox.c.digest, inbox.c.body)
    .where(_IS_QUESTION, inbox.c.outcome == _APPLIED, inbox.c.received_at >= bindparam("since", type_=Instant))
    .where(~exists().where(_IN_IT, lanes.c.sent > 0))
    .order_by(inbox.c.received_at, inbox.c.message)
    .limit(bindparam("most", type_=Integer))
)
_ANSWERS: Final = (
    select(*reconciliations.c, inbox.c.body)
    .join(inbox, and_(inbox.c.conversation == reconciliations.c.question, inbox.c.source == reconciliations.c.region))
    .where(reconciliations.c.answered_at.is_(None), inbox.c.type == _ANSWER, inbox.c.outcome == _APPLIED)
    .order_by(inbox.c.received_at, inbox.c.message)
    .limit(bindparam("most", type_=Integer))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlReconciling:
    """See ports.Reconciling."""

    store: Store

    async def due(self, until: datetime) -> Mapping[str, datetime]:
        compared = (
            select(destinations.c.region, func.max(reconciliations.c.until).label("until"))
            .join(
                reconciliations,
                and_(reconciliations.c.region == destinations.c.region, reconciliations.c.scheduled == 1),
                isouter=True,
            )
            .group_by(destinations.c.region)
        )
        async with reading(self.store.engine) as connection:
            earliest = [select(func.min(one)) for one in (outbox.c.created_at, inbox.c.received_at)]
            firsts = [await connection.scalar(one) for one in earliest]
            first = min((one for one in firsts if one is not None), default=until).replace(microsecond=0)
            since = {row.region: row.until or first for row in await connection.execute(compared)}
        return {region: at for region, at in since.items() if at < until}

    async def lines(
        self, way: Direction, region: str, start: UUID, stop: UUID, ranges: Collection[int] | None = None
    ) -> AsyncIterator[Sequence[Line]]:
        statement, to_line = _WAYS[way]
        while True:
            wanted = {"region": region, "start": start, "stop": stop}
            async with looking(self.store.engine) as connection:
                rows = (await connection.execute(statement, wanted)).all()
            page = [to_line(row) for row in rows if ranges is None or row.conversation.bytes[-1] in ranges]
            if page:
                yield page
            if len(rows) < PAGE:
                return
            start = UUID(int=rows[-1].message.int + 1)

    async def ask(self, of: Reconciliation, asked: ReconcileAsked, *, after: UUID | None = None) -> bool:
        question = self.store.new_id()
        row = _row(of) | {"question": question, "asked_at": self.store.clock(), "answered_at": None}
        async with self.store.work() as work:
            if not await self._noted(work.connection, row, scheduled=of.scheduled, after=after):
                return False
            message = Outgoing(recipient=of.region, data=asked, conversation=question)
            work.send(None, message, Cause(at=work.now, by=work.region))
        return True

    async def _noted(
        self, connection: AsyncConnection, row: dict[str, Any], *, scheduled: bool, after: UUID | None
    ) -> bool:
        """Whether it stands there now, and no other process noted it first."""
        if after is not None:
            return (await connection.execute(_MOVED, row | {"after": after})).rowcount == 1
        if scheduled:
            once = inserting_once(connection.dialect.name, reconciliations)
            return (await connection.execute(once, row | {"scheduled": 1})).rowcount == 1
        await upsert(connection, reconciliations, [row], ("region", "since", "until"))
        return True

    async def questions(self, *, limit: int) -> Sequence[Question]:
        wanted = {"since": self.store.clock() - ANSWERED_WITHIN, "most": limit}
        async with looking(self.store.engine) as connection:
            rows = (await connection.execute(_QUESTIONS, wanted)).all()
        return [
            Question(region=row.source, conversation=row.conversation, digest=row.digest, asked=_content(row.body))
            for row in rows
        ]

    async def answer(self, question: Question, answered: ReconcileAnswered) -> bool:
        return await answer_once(self.store, question.region, question.conversation, question.digest, answered)

    async def answers(self, *, limit: int) -> Sequence[Answer]:
        async with looking(self.store.engine) as connection:
            rows = (await connection.execute(_ANSWERS, {"most": limit})).all()
        return [
            Answer(of=_of(row), question=row.question, stop=first_id(row.until), answered=_content(row.body))
            for row in rows
        ]

    async def send_again(self, messages: Collection[UUID]) -> None:
        for some in _parts(messages):
            async with self.store.writing() as connection:
                await connection.execute(_AGAIN, {"messages": padded(some)})

    async def tell_again(self, region: str, messages: Collection[UUID]) -> None:
        for some in _parts(messages):
            async with self.store.work() as work:
                for source, message in await work.load_inbox({(region, one) for one in some}):
                    work.record_again(source, message)

    async def close(self, of: Reconciliation, *, question: UUID) -> bool:
        async with self.store.writing() as connection:
            now = self.store.clock()
            row = _row(of) | {"question": question, "answered_at": now, "after": question}
            if (await connection.execute(_MOVED, row)).rowcount == 0:
                return False
            await self.store.note(connection, _happened(of, now))
        return True


async def answer_once(store: Store, region: str, conversation: UUID, asked: Digest, answer: BetweenRegions) -> bool:
    """Whether this answer to the question with that digest was the first."""
    message = Outgoing(recipient=region, data=answer, answers=asked, conversation=conversation)
    said = select(lanes.c.sent).where(lanes.c.conversation == conversation, lanes.c.peer == region, lanes.c.sent > 0)
    async with store.work() as work:
        await work.load_cases([conversation])
        # Of two processes that both come this far the later finds the first place in the conversation taken.
        if await work.connection.scalar(said) is not None:
            return False
        work.send(None, message, Cause(at=work.now, by=work.region))
    return True


def _parts(messages: Collection[UUID]) -> Iterator[list[UUID]]:
    ordered = sorted(messages)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _content(body: bytes) -> Any:  # noqa: ANN401 - the model of the type that was asked for
    return decode(body)[1]


def _row(of: Reconciliation) -> dict[str, Any]:
    names = ("region", "since", "until", "start", "found")
    return {name: getattr(of, name) for name in names} | {"differences": DIFFERENCES.dump_json(of.named).decode()}


def _of(row: Row[*tuple[Any, ...]]) -> Reconciliation:
    named = DIFFERENCES.validate_json(row.differences)
    return Reconciliation(
        region=row.region, since=row.since, until=row.until, start=row.start, found=row.found, named=named
    )


def _happened(of: Reconciliation, at: datetime) -> Happened:
    facts = {
        "region": of.region,
        "since": moment(of.since),
        "until": moment(of.until),
        "alike": of.found == 0,
        "found": of.found,
        "differences": DIFFERENCES.dump_python(of.named, mode="json"),
    }
    return Happened(kind=Kind.RECONCILED, at=at, facts=facts)


def _sent_line(row: Row[Any]) -> Line:
    if row.settled_at is not None:
        state = RecordState(row.outcome)
    else:
        state = RecordState.WAITING if row.published_at is None else RecordState.SENT
    return _line(row, state)


def _received_line(row: Row[Any]) -> Line:
    held = row.refusal is not None and Refusal.model_validate_json(row.refusal).resend
    return _line(row, RecordState.HELD if held else RecordState(row.outcome))


def _line(row: Row[Any], state: RecordState) -> Line:
    fields = {name: getattr(row, name) for name in ("message", "conversation", "sequence", "digest")}
    return Line.model_construct(**fields, state=state)


_WAYS: Final[Mapping[Direction, tuple[Select[Any], Callable[[Row[Any]], Line]]]] = MappingProxyType(
    {Direction.OUT: (_SENT, _sent_line), Direction.IN: (_RECEIVED, _received_line)}
)
