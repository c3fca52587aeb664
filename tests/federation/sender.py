"""The outbox of a region as its relay sees it, in the test's own time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.envelope import digest_of
from transfer.messages.receipts import Receipt
from transfer.ports.traffic import OutMessage
from transfer.storage.outbox import SqlOutbox
from transfer.storage.store import Store
from transfer.telemetry import clock

MINUTE: Final = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Sender:
    """The outbox of Zhongshan with three messages to Luxian, in the test's own time; ``after`` is in minutes."""

    store: Store
    outbox: SqlOutbox
    start: datetime
    epochs: Mapping[int, int]
    messages: Sequence[OutMessage]

    @classmethod
    async def of(cls, ground: Ground, *, grace: timedelta) -> Self:
        zhongshan = await ground.node(ZHONGSHAN, roles="api")
        for _ in range(3):
            await zhongshan.do("offer", cases=await zhongshan.do("open"), to=LUXIAN)
        store = Store(engine=ground.engines[ZHONGSHAN], region=ZHONGSHAN, clock=clock.now, new_id=clock.new_id)
        hour = timedelta(hours=1)
        outbox = SqlOutbox(store=store, silence=hour, grace=grace, longest_rest=hour)
        start = clock.now()
        epochs = await outbox.claim("test", now=start, lease=hour)
        messages = await outbox.fresh(epochs, now=start, limit=9)
        return cls(store=store, outbox=outbox, start=start, epochs=epochs, messages=messages)

    def at(self, after: float) -> datetime:
        now = self.start + after * MINUTE
        self.store.clock = lambda: now
        return now

    async def sent(self, message: OutMessage, after: float) -> None:
        await self.outbox.published([message.row], self.epochs, now=self.at(after), retry_at=self.at(after + 1))

    async def receipted(self, message: OutMessage, after: float) -> None:
        digest, at = digest_of(message.body), self.at(after)
        async with self.store.work() as work:
            receipt = Receipt(message=message.id, digest=digest, outcome=ReceiptOutcome.APPLIED, at=at)
            work.record_receipts(LUXIAN, [receipt])

    async def due(self, after: float) -> list[OutMessage]:
        return list(await self.outbox.overdue(self.epochs, now=self.at(after), limit=9))
