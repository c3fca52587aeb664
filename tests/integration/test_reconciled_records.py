"""Two nodes compare what one sent and the other received, over their own databases; what they write to each other goes
through the real door, without a broker."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, insert, select, update

from tests.databases import BOTH, new_database
from tests.trust import shared
from transfer.crypto.directory import Draft
from transfer.domain.clocks import CHINA
from transfer.handlers.opening import open_delivery, refusal
from transfer.handlers.receive import Applied, receive
from transfer.ledger.differences import Difference
from transfer.ledger.entry import Entry, Kind
from transfer.ledger.reconciling import first_id
from transfer.messages.codes import RefusalCode
from transfer.messages.codes_reconciling import RecordState
from transfer.messages.reconciling import MOST_LINES, Differing, Line, ReconcileAnswered
from transfer.node import Node, build
from transfer.ports.reconciling import MOST_NAMED, Question, Reconciliation
from transfer.ports.work import Delivery
from transfer.records import ReconciliationLine
from transfer.settings import Settings
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.migrate import migrate
from transfer.storage.reconciling import PAGE, SqlReconciling
from transfer.storage.tables import destinations, inbox, outbox, receipts_due
from transfer.telemetry.metrics import REGISTRY
from transfer.workers.reconcile import SETTLED, Reconciler

ZHONGSHAN, LUXIAN = "442000", "510521"
DAY = datetime(2026, 3, 2, tzinfo=CHINA)
"""Messages are made on this day; it is compared on the next."""
D = Difference
STAGE = "legalaid.case.stage_published.v1"
REFUSED = refusal(RefusalCode.ILLEGAL_STEP, "no such step").model_dump_json()
HELD = refusal(RefusalCode.UNKNOWN_TYPE, "a later release", resend=True).model_dump_json()


@dataclass(slots=True)
class Clock:
    """The time at both nodes."""

    now: datetime = DAY + timedelta(days=1, hours=2)

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


@dataclass(slots=True, kw_only=True)
class Pair:
    """Zhongshan and Luxian, and what lies between them."""

    clock: Clock
    nodes: dict[str, Node]
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def reconciler(self, region: str) -> Reconciler:
        return self.nodes[region].reconciler

    # Messages, planted in the records of either side -----------------------------------------------------------

    async def exchanged(
        self,
        *,
        source: str = ZHONGSHAN,
        sent: str | None = "applied",
        received: str | None = "applied",
        at: datetime = DAY + timedelta(hours=1),
        times: int = 1,
        **changes: Any,
    ) -> list[UUID]:
        """So many messages on their way from ``source``, in these states at its sender and its recipient."""
        ids: list[UUID] = []
        for start in range(0, times, 2000):
            out, came = [], []
            for _ in range(min(2000, times - start)):
                number = next(self.numbers)
                message = UUID(int=first_id(at).int + (7 << 76) + number)
                ids.append(message)
                row = {
                    "message": message,
                    "conversation": UUID(int=number),
                    "sequence": 1,
                    "type": STAGE,
                    "digest": f"sha256:{number:064x}",
                    "body": b"{}",
                }
                if sent is not None:
                    out.append(row | self._sent(sent, at, to=self._other(source)))
                if received is not None:
                    came.append(row | {"source": source, "received_at": at} | _received(received) | changes)
            for region, table, rows in ((source, outbox, out), (self._other(source), inbox, came)):
                if rows:
                    async with self.nodes[region].store.writing() as connection:
                        await connection.execute(insert(table), rows)
        return ids

    def _sent(self, state: str, at: datetime, *, to: str) -> dict[str, Any]:
        settled = state in ("applied", "refused")
        return {
            "recipient": to,
            "shard": 0,
            "created_at": at,
            "published_at": None if state == "waiting" else at,
            "retry_at": None if state == "waiting" else self.clock() + timedelta(hours=1),
            "outcome": state if settled else None,
            "settled_at": at if settled else None,
            "refusal": REFUSED if state == "refused" else None,
        }

    def _other(self, region: str) -> str:
        return LUXIAN if region == ZHONGSHAN else ZHONGSHAN

    # What they say to each other ---------------------------------------------------------------------------------

    async def carry(self) -> int:
        """Questions and answers, each as its recipient gets it from the broker."""
        carried = 0
        for region, node in self.nodes.items():
            mine = select(outbox).where(outbox.c.type.like("legalaid.reconcile.%"), outbox.c.published_at.is_(None))
            async with node.store.writing() as connection:
                rows = (await connection.execute(mine.order_by(outbox.c.row))).all()
                await connection.execute(
                    update(outbox)
                    .where(outbox.c.row.in_([row.row for row in rows]))
                    .values(published_at=self.clock(), outcome="applied", settled_at=self.clock())
                )
            for row in rows:
                await self.deliver(region, row.recipient, row.body)
            carried += len(rows)
        return carried

    async def deliver(self, source: str, recipient: str, content: bytes) -> None:
        node = self.nodes[recipient]
        context = node.context()
        sealed = shared().wire(source).close(content)
        delivery = Delivery(body=sealed, exchange=f"out.{source}", user_id=source)
        arrived = [open_delivery(delivery, replace(context, directory=node.book.latest), shared().wire(recipient))]
        async with node.store.work() as work:
            [verdict] = await receive(work, arrived, context)
        assert isinstance(verdict, Applied)

    async def answered(self) -> None:
        """Let both deal with what was asked, and ask nothing new."""
        while await self.carry():
            for node in self.nodes.values():
                await node.reconciler._answer_all()
                await node.reconciler._conclude_all()

    async def until_done(self) -> int:
        """Let both go on until nobody has anything to do; gives how many messages that took."""
        carried = 0
        while True:
            done = sum([await node.reconciler.reconcile_once() for node in self.nodes.values()])
            moved = await self.carry()
            carried += moved
            if not done and not moved:
                return carried

    async def compare(self, *, asking: str = ZHONGSHAN) -> ReconciliationLine:
        """The day of the messages, asked for by that region alone."""
        assert await self.reconciler(asking).ask(self._other(asking), DAY, DAY + timedelta(days=1))
        await self.answered()
        [line] = await self.nodes[asking].views.reconciliations(self._other(asking), limit=2)
        assert line.answered_at is not None
        return line

    # What is known -----------------------------------------------------------------------------------------------

    async def rows(self, region: str, statement: Any) -> Sequence[Any]:
        async with self.nodes[region].store.writing() as connection:
            return (await connection.execute(statement)).all()

    async def entries(self, region: str) -> list[Entry]:
        noted = select(ledger_entries.c.body).where(ledger_entries.c.kind == "reconciled").order_by(ledger_entries.c.id)
        return [Entry.parse(row.body) for row in await self.rows(region, noted)]

    async def due_again(self, region: str) -> set[UUID]:
        """What that region's relay is to send at once."""
        due = select(outbox.c.message).where(outbox.c.published_at.is_not(None), outbox.c.settled_at.is_(None))
        return {row.message for row in await self.rows(region, due.where(outbox.c.retry_at.is_(None)))}

    async def receipts(self, region: str) -> list[tuple[UUID, str, str]]:
        """What that region owes for the messages of stages."""
        owed = select(receipts_due).join(inbox, inbox.c.message == receipts_due.c.message).where(inbox.c.type == STAGE)
        return [(row.message, row.digest, row.outcome) for row in await self.rows(region, owed)]


def _received(state: str) -> dict[str, Any]:
    held = {"outcome": "refused", "refusal": HELD}
    return held if state == "held" else {"outcome": state, "refusal": REFUSED if state == "refused" else None}


def told(line: ReconciliationLine) -> list[tuple[str, Difference, UUID]]:
    return [(one.direction.value, one.difference, one.message) for one in line.differences]


@pytest.fixture(params=BOTH)
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    clock = Clock()
    made = Pair(clock=clock, nodes={})
    for region in (ZHONGSHAN, LUXIAN):
        made.nodes[region] = await a_node(region, new_database(request, request.param, tmp_path, f"of_{region}"), clock)
    yield made
    for node in made.nodes.values():
        await node.store.engine.dispose()


async def a_node(region: str, url: str, clock: Clock) -> Node:
    settings = Settings.load(
        region=region, database_url=url, amqp_url="amqp://nobody:x@127.0.0.1:1/none", **shared().settings(region)
    )
    node = build(settings, clock=clock)
    await migrate(node.store.engine)
    await node.ready()
    return node


async def knows(pair: Pair, region: str, *others: str) -> None:
    """That region has written to these."""
    async with pair.nodes[region].store.writing() as connection:
        await connection.execute(insert(destinations), [{"region": other} for other in others])


# What is found, and what is done about it ---------------------------------------------------------------------------


async def test_records_that_are_alike_are_found_so_and_noted(pair: Pair) -> None:
    await pair.exchanged(times=30)
    await pair.exchanged(times=20, source=LUXIAN)
    await pair.exchanged(sent="refused", received="refused")
    line = await pair.compare()
    assert (line.alike, line.found, line.heals) == (True, 0, True)
    [entry] = await pair.entries(ZHONGSHAN)
    assert entry.kind is Kind.RECONCILED
    assert entry.facts == {
        "region": LUXIAN,
        "since": "2026-03-01T16:00:00.000000Z",
        "until": "2026-03-02T16:00:00.000000Z",
        "alike": True,
        "found": 0,
        "differences": [],
    }
    assert await pair.entries(LUXIAN) == []


DIFFERENCES: list[tuple[str | None, str | None, Difference]] = [
    ("waiting", None, D.NOT_SENT),
    ("sent", None, D.NOT_RECEIVED),
    ("sent", "applied", D.RECEIPT_LOST),
    ("sent", "refused", D.REFUSAL_LOST),
    ("sent", "parked", D.PARKED),
    ("sent", "held", D.HELD),
    ("refused", None, D.NOT_ENTERED),
    ("applied", None, D.RECORD_LOST),
    (None, "applied", D.NEVER_SENT),
    ("applied", "refused", D.VERDICT_DIFFERS),
]


@pytest.mark.parametrize("source", [ZHONGSHAN, LUXIAN], ids=["sent_by_who_asks", "received_by_who_asks"])
async def test_every_difference_is_named_among_what_is_alike(pair: Pair, source: str) -> None:
    await pair.exchanged(times=10)
    planted = [(await pair.exchanged(source=source, sent=s, received=r), found) for s, r, found in DIFFERENCES]
    planted.append((await pair.exchanged(source=source, digest="sha256:" + "f" * 64), D.OTHER_CONTENT))
    await pair.exchanged(times=10, source=LUXIAN)
    before = alarms()
    line = await pair.compare()
    way = "out" if source == ZHONGSHAN else "in"
    assert told(line) == [(way, found, message) for [message], found in planted]
    assert (line.alike, line.found, line.heals) == (False, len(planted), False)
    assert alarms() - before == sum(found in NEEDS_SOMEBODY for _, found in planted)
    [entry] = await pair.entries(ZHONGSHAN)
    assert entry.facts["alike"] is False
    assert [one["message"] for one in entry.facts["differences"]] == [str(message) for [message], _ in planted]


NEEDS_SOMEBODY = {D.HELD, D.NOT_ENTERED, D.RECORD_LOST, D.NEVER_SENT, D.OTHER_CONTENT, D.VERDICT_DIFFERS}


def alarms() -> float:
    return REGISTRY.get_sample_value("transfer_alarms_total", {"kind": "records_differ"}) or 0.0


async def test_what_never_came_and_what_has_no_receipt_is_sent_again_at_once(pair: Pair) -> None:
    planted = {found: await pair.exchanged(sent=s, received=r) for s, r, found in DIFFERENCES}
    await pair.compare()
    again = {message for one in (D.NOT_RECEIVED, D.RECEIPT_LOST, D.REFUSAL_LOST) for message in planted[one]}
    assert await pair.due_again(ZHONGSHAN) == again
    assert await pair.receipts(ZHONGSHAN) == []


async def test_a_receipt_that_the_other_lacks_is_due_again_as_it_was(pair: Pair) -> None:
    planted = {found: await pair.exchanged(source=LUXIAN, sent=s, received=r) for s, r, found in DIFFERENCES}
    await pair.compare()
    [applied], [refused] = planted[D.RECEIPT_LOST], planted[D.REFUSAL_LOST]
    digests = {row.message: row.digest for row in await pair.rows(ZHONGSHAN, select(inbox))}
    assert sorted(await pair.receipts(ZHONGSHAN)) == sorted(
        [(applied, digests[applied], "applied"), (refused, digests[refused], "refused")]
    )
    assert await pair.due_again(LUXIAN) == set()


async def test_no_content_and_no_settled_message_is_changed_by_healing(pair: Pair) -> None:
    for sent, received, _ in DIFFERENCES:
        await pair.exchanged(sent=sent, received=received)
    await pair.exchanged(sent="refused", received="applied")
    whole = select(*(column for column in outbox.c if column.name != "retry_at")).where(outbox.c.type == STAGE)
    whole = whole.order_by(outbox.c.row)
    before = await pair.rows(ZHONGSHAN, whole)
    settled = select(outbox).where(outbox.c.settled_at.is_not(None)).order_by(outbox.c.row)
    stood = await pair.rows(ZHONGSHAN, settled.where(outbox.c.type == STAGE))
    await pair.compare()
    assert await pair.rows(ZHONGSHAN, whole) == before
    assert await pair.rows(ZHONGSHAN, settled.where(outbox.c.type == STAGE)) == stood


async def test_only_what_was_made_in_the_period_is_compared(pair: Pair) -> None:
    for at in (DAY - timedelta(seconds=1), DAY + timedelta(days=1)):
        await pair.exchanged(sent="sent", received=None, at=at)
        await pair.exchanged(source=LUXIAN, sent=None, received="applied", at=at)
    inside = [
        *await pair.exchanged(sent="sent", received=None, at=DAY),
        *await pair.exchanged(sent="sent", received=None, at=DAY + timedelta(days=1) - timedelta(milliseconds=1)),
    ]
    assert [one.message for one in (await pair.compare()).differences] == inside


async def test_when_it_is_compared_again_the_new_result_takes_the_place_of_the_old(pair: Pair) -> None:
    [lost] = await pair.exchanged(sent="sent", received=None)
    assert (await pair.compare()).found == 1
    async with pair.nodes[ZHONGSHAN].store.writing() as connection:
        await connection.execute(
            update(outbox).where(outbox.c.message == lost).values(outcome="applied", settled_at=DAY)
        )
    async with pair.nodes[LUXIAN].store.writing() as connection:
        row = (await pair.rows(ZHONGSHAN, select(outbox).where(outbox.c.message == lost)))[0]
        fields = {
            name: getattr(row, name) for name in ("message", "conversation", "sequence", "type", "digest", "body")
        }
        await connection.execute(
            insert(inbox), fields | {"source": ZHONGSHAN, "outcome": "applied", "received_at": DAY}
        )
    line = await pair.compare()
    assert (line.alike, line.differences) == (True, ())
    assert [entry.facts["alike"] for entry in await pair.entries(ZHONGSHAN)] == [False, True]


# Much of it -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def counted(node: Node) -> AsyncIterator[Counter[str]]:
    """How often the node reads each table, one at a time."""
    found: Counter[str] = Counter()

    def noted(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split()
        if words[0] == "SELECT" and "FROM" in words:
            found[words[words.index("FROM") + 1].strip(",")] += 1

    event.listen(node.store.engine.sync_engine, "before_cursor_execute", noted)
    yield found
    event.remove(node.store.engine.sync_engine, "before_cursor_execute", noted)


MANY = 100_000


async def test_a_hundred_thousand_messages_take_one_round_a_page_at_a_time(pair: Pair) -> None:
    await pair.exchanged(times=MANY)
    [lost] = await pair.exchanged(sent="sent", received=None)
    async with counted(pair.nodes[ZHONGSHAN]) as here, counted(pair.nodes[LUXIAN]) as there:
        line = await pair.compare()
    assert told(line) == [("out", D.NOT_RECEIVED, lost)]
    # Once for the question, once for the differing range; each page once.
    pages = MANY // PAGE + 1
    assert here["outbox"] <= 2 * pages + 20
    assert there["inbox"] <= 2 * pages + 20
    asked = select(func.count()).select_from(outbox).where(outbox.c.type.like("legalaid.reconcile.%"))
    assert [await pair.rows(region, asked) for region in pair.nodes] == [[(1,)], [(1,)]]


async def test_what_one_answer_cannot_hold_is_asked_for_from_where_it_ends(pair: Pair) -> None:
    ids = await pair.exchanged(sent=None, received="applied", times=2 * MOST_LINES + 500)
    ids += await pair.exchanged(source=LUXIAN, sent="applied", received=None, times=MOST_LINES + 7)
    line = await pair.compare()
    assert (line.found, len(line.differences)) == (len(ids), MOST_NAMED)
    assert [one.message for one in line.differences] == ids[:MOST_NAMED]
    answers = select(outbox.c.body).where(outbox.c.type == "legalaid.reconcile.answered.v1").order_by(outbox.c.row)
    sizes = [json.loads(row.body)["data"] for row in await pair.rows(LUXIAN, answers)]
    told_of = [line["message"] for answer in sizes for way in ("received", "sent") for line in answer[way]["lines"]]
    assert sorted(told_of) == sorted(map(str, ids))
    assert len(sizes) == 4
    [entry] = await pair.entries(ZHONGSHAN)
    assert (entry.facts["found"], len(entry.facts["differences"])) == (len(ids), MOST_NAMED)


# By itself, once per period -------------------------------------------------------------------------------------------


async def periods(pair: Pair, region: str = ZHONGSHAN) -> list[tuple[datetime, datetime]]:
    lines = await pair.nodes[region].views.reconciliations(None, limit=50)
    return [(line.since.astimezone(CHINA), line.until.astimezone(CHINA)) for line in reversed(lines)]


async def test_each_day_is_compared_once_an_hour_after_its_end(pair: Pair) -> None:
    await knows(pair, ZHONGSHAN, LUXIAN)
    first = DAY + timedelta(hours=9)
    await pair.exchanged(at=first)
    pair.clock.now = DAY + timedelta(days=1) + SETTLED - timedelta(seconds=1)
    assert await pair.until_done() == 0
    pair.clock.now += timedelta(seconds=1)
    # Luxian, which writes to Zhongshan now, asks the same of it.
    assert await pair.until_done() == 4
    assert await periods(pair) == [(first, DAY + timedelta(days=1))]
    for _ in range(3):
        assert await pair.until_done() == 0
    pair.clock.now += timedelta(days=1)
    await pair.until_done()
    assert (await periods(pair))[1:] == [(DAY + timedelta(days=1), DAY + timedelta(days=2))]


async def test_days_that_were_missed_are_compared_together_and_only_once(pair: Pair) -> None:
    await knows(pair, ZHONGSHAN, LUXIAN)
    await pair.exchanged(at=DAY)
    await pair.until_done()
    pair.clock.now += timedelta(days=6)
    await pair.exchanged(at=DAY + timedelta(days=3), sent="sent", received=None)
    await pair.until_done()
    pair.clock.now += timedelta(days=1)
    await pair.until_done()
    days = [DAY + timedelta(days=n) for n in (0, 1, 7, 8)]
    assert await periods(pair) == list(pairwise(days))
    assert [entry.facts["found"] for entry in await pair.entries(ZHONGSHAN)] == [0, 1, 0]


async def test_of_two_processes_one_asks_one_answers_and_one_concludes(pair: Pair) -> None:
    for region, other in ((ZHONGSHAN, LUXIAN), (LUXIAN, ZHONGSHAN)):
        await knows(pair, region, other)
    await pair.exchanged()

    async def both() -> None:
        await asyncio.gather(*(node.reconciler.reconcile_once() for node in pair.nodes.values() for _ in range(3)))

    for _ in range(4):
        await both()
        await pair.carry()
    for region in pair.nodes:
        made = Counter(row.type for row in await pair.rows(region, select(outbox.c.type).where(outbox.c.type != STAGE)))
        assert set(made.values()) == {1}
        assert len(made) == 2
        assert len(await pair.entries(region)) == 1


async def test_what_is_asked_for_by_hand_leaves_no_day_out(pair: Pair) -> None:
    await knows(pair, ZHONGSHAN, LUXIAN)
    await pair.exchanged(at=DAY)
    await pair.reconciler(ZHONGSHAN).ask(LUXIAN, DAY + timedelta(hours=20), pair.clock.now)
    await pair.until_done()
    assert (DAY, DAY + timedelta(days=1)) in await periods(pair)


async def test_nobody_is_asked_before_there_is_anything_to_compare(pair: Pair) -> None:
    await knows(pair, ZHONGSHAN, LUXIAN)
    assert await pair.until_done() == 0
    await pair.exchanged(at=pair.clock.now)
    assert await pair.until_done() == 0


async def test_a_region_that_is_not_listed_is_not_asked(pair: Pair) -> None:
    await knows(pair, ZHONGSHAN, "650000")
    assert "650000" not in {region.code for region in Draft.load(Path("deploy/local/directory.json")).regions}
    await pair.exchanged(at=DAY)
    assert await pair.until_done() == 0


# What goes wrong on the way ------------------------------------------------------------------------------------------


class Died(Exception):
    """The process ends here."""


@dataclass(frozen=True, kw_only=True)
class DiesAt(SqlReconciling):
    """A node that dies before this call has done anything."""

    call: str

    async def ask(self, *args: Any, **more: Any) -> bool:
        return bool(await self._or_die("ask", super().ask, *args, **more))

    async def answer(self, question: Question, answered: ReconcileAnswered) -> bool:
        return bool(await self._or_die("answer", super().answer, question, answered))

    async def close(self, of: Reconciliation, *, question: UUID) -> bool:
        return bool(await self._or_die("close", super().close, of, question=question))

    async def _or_die(self, name: str, call: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if name == self.call:
            raise Died
        return await call(*args, **more)


@pytest.mark.parametrize("call", ["ask", "answer", "close"])
async def test_a_node_that_dies_in_the_middle_goes_on_where_it_was(pair: Pair, call: str) -> None:
    await knows(pair, ZHONGSHAN, LUXIAN)
    [lost] = await pair.exchanged(sent="sent", received=None)
    [unknown] = await pair.exchanged(source=LUXIAN, sent="sent", received="applied")
    well = {region: node.reconciler for region, node in pair.nodes.items()}
    deaths = 0
    for _ in range(6):
        for region, node in pair.nodes.items():
            dying = replace(well[region], records=DiesAt(store=node.store, call=call))
            try:
                await dying.reconcile_once()
            except Died:
                deaths += 1
        await pair.carry()
    assert deaths > 3
    assert await pair.entries(ZHONGSHAN) == []
    await pair.until_done()
    [entry] = await pair.entries(ZHONGSHAN)
    assert entry.facts["found"] == 2
    assert await pair.due_again(ZHONGSHAN) == {lost}
    # Given again each time: a receipt that comes twice changes nothing.
    assert {message for message, *_ in await pair.receipts(ZHONGSHAN)} == {unknown}


async def answered(pair: Pair, made: Callable[[ReconcileAnswered], ReconcileAnswered]) -> ReconciliationLine:
    """What Zhongshan makes of an answer of Luxian that was changed so."""
    await pair.reconciler(ZHONGSHAN).ask(LUXIAN, DAY, DAY + timedelta(days=1))
    await pair.carry()
    node = pair.nodes[LUXIAN]
    [question] = await node.reconciler.records.questions(limit=5)
    await node.reconciler.records.answer(question, made(await node.reconciler._answer(question)))
    await pair.carry()
    await pair.nodes[ZHONGSHAN].reconciler._conclude_all()
    [line] = await pair.nodes[ZHONGSHAN].views.reconciliations(LUXIAN, limit=2)
    return line


@pytest.mark.parametrize(
    "through", [first_id(DAY), UUID(int=0), UUID(int=2**128 - 1)], ids=["none", "before", "behind"]
)
async def test_an_answer_that_ends_outside_of_the_question_ends_it(pair: Pair, through: UUID) -> None:
    [lost] = await pair.exchanged(sent="sent", received=None)
    line = await answered(pair, lambda made: made.model_copy(update={"through": through}))
    assert line.answered_at is not None
    assert told(line) == [("out", D.NOT_RECEIVED, lost)]


async def test_lines_of_other_times_than_were_asked_about_are_left_out(pair: Pair) -> None:
    nothing = "sha256:" + "0" * 64
    outside = [
        Line(message=UUID(int=n), conversation=UUID(int=1), sequence=1, digest=nothing, state=RecordState.APPLIED)
        for n in (1, 2**128 - 1)
    ]
    padded = Differing(ranges=(1,), lines=tuple(outside))
    line = await answered(pair, lambda made: made.model_copy(update={"received": padded, "sent": padded}))
    assert line.alike


async def test_an_answer_to_nothing_that_was_asked_changes_nothing(pair: Pair) -> None:
    await pair.exchanged(sent="sent", received=None)
    await pair.reconciler(ZHONGSHAN).ask(LUXIAN, DAY, DAY + timedelta(days=1))
    await pair.carry()
    await pair.reconciler(ZHONGSHAN).ask(LUXIAN, DAY, DAY + timedelta(days=1))
    await pair.nodes[LUXIAN].reconciler._answer_all()
    await pair.carry()
    # The first question was answered; the period was asked about anew meanwhile.
    assert await pair.nodes[ZHONGSHAN].reconciler._conclude_all() == 0
    await pair.nodes[LUXIAN].reconciler._answer_all()
    await pair.answered()
    assert [entry.facts["found"] for entry in await pair.entries(ZHONGSHAN)] == [1]
