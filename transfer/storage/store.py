"""The store of a node: gives transactions, and wakes whoever waits for what they leave behind."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, exists, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transfer.messages.codes import ReceiptOutcome, RefusalCode
from transfer.messages.envelope import RECEIPT_TYPE
from transfer.ports.ledger import Happened
from transfer.storage.destinations import ensure
from transfer.storage.engine import writing
from transfer.storage.noting import Noting
from transfer.storage.recent import RecentCases
from transfer.storage.tables import answered, inbox, quarantine
from transfer.storage.work import SqlWork

OUTBOX_CHANNEL: Final = "transfer_outbox"
RECEIPTS_CHANNEL: Final = "transfer_receipts"
# It is heard when the transaction commits, and not when it does not.
_NOTIFY: Final = text("SELECT pg_notify(:channel, '')")
ANSWERED_KEPT: Final = timedelta(days=7)
FORGOTTEN_AT_ONCE: Final = 500
_CURABLE: Final = (
    RefusalCode.CANNOT_OPEN.value,
    RefusalCode.UNKNOWN_SUITE.value,
    RefusalCode.UNKNOWN_SIGNER.value,
    RefusalCode.EXPIRED.value,
    RefusalCode.NOT_YET_VALID.value,
    RefusalCode.NODE_FAULT.value,
)


@dataclass(slots=True, kw_only=True)
class Store:
    """One database; see ports.WorkRoom. The events are set after each commit that left something to do.

    Other processes on the same database are notified of what this one does not send itself: messages of shards that
    are not ``relayed`` here, and receipts unless it ``tells`` them.
    """

    engine: AsyncEngine
    region: str
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    tells: bool = False
    relayed: Collection[int] = frozenset()
    noting: Noting = field(init=False)
    outbox_filled: asyncio.Event = field(default_factory=asyncio.Event)
    receipts_owed: asyncio.Event = field(default_factory=asyncio.Event)
    _destinations: set[str] = field(default_factory=set)
    _recent: RecentCases = field(default_factory=RecentCases)
    _writer: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.noting = Noting(new_id=self.new_id)

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction. SQLite has one writer; queueing for it here is fairer than its busy timeout."""
        async with self._writer if self.is_sqlite else nullcontext(), writing(self.engine) as connection:
            yield connection

    @asynccontextmanager
    async def work(self) -> AsyncIterator[SqlWork]:
        """A unit of work that is written and committed at the end of the block.

        Raises StorageUnavailable (try again) or StorageRefused (this work will never be taken).
        """
        async with self.writing() as connection:
            work = SqlWork(
                connection=connection,
                region=self.region,
                now=self.clock(),
                new_id=self.new_id,
                recent=self._recent,
                noting=self.noting,
            )
            yield work
            await work.flush()
            if new := work.destinations - self._destinations:
                await ensure(connection, new)
            if not self.is_sqlite:
                elsewhere = {
                    OUTBOX_CHANNEL: bool(work.shards.difference(self.relayed)),
                    RECEIPTS_CHANNEL: work.owes and not self.tells,
                }
                for channel in (channel for channel, due in elsewhere.items() if due):
                    await connection.execute(_NOTIFY, {"channel": channel})
        self._destinations |= work.destinations
        self._recent.keep(work.seen)
        if work.shards:
            self.outbox_filled.set()
        if work.owes:
            self.receipts_owed.set()

    async def note(self, connection: AsyncConnection, *happened: Happened) -> None:
        """Into the ledger, by a transaction that is no unit of work."""
        await self.noting.write(connection, happened, now=self.clock())

    async def note_cured(self) -> int:
        """What could not be opened, came again and was applied need not be looked at any more, nor need receipts,
        which are asked for by the messages that they were for. Gives how many. A copy that was forged stays for staff
        to see."""
        applied = exists().where(
            inbox.c.message == quarantine.c.message,
            inbox.c.source == quarantine.c.source,
            inbox.c.outcome == ReceiptOutcome.APPLIED.value,
        )
        receipt = quarantine.c.type == RECEIPT_TYPE
        unopened = and_(quarantine.c.digest.is_(None), quarantine.c.applied_at.is_(None))
        cured = update(quarantine).where(unopened, quarantine.c.code.in_(_CURABLE), or_(applied, receipt))
        async with self.writing() as connection:
            return (await connection.execute(cured.values(applied_at=self.clock()))).rowcount

    async def forget_answered(self) -> int:
        """Drop responses to idempotency keys that are older than any repetition; they hold personal data. Gives how
        many, at most a small batch, so that nobody waits for it."""
        old = select(answered.c.key).where(answered.c.at < self.clock() - ANSWERED_KEPT).limit(FORGOTTEN_AT_ONCE)
        async with self.writing() as connection:
            return (await connection.execute(delete(answered).where(answered.c.key.in_(old)))).rowcount
