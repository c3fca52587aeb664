"""Tells other regions what became of their messages, in batches."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from transfer.messages.envelope import RECEIPT_TYPE, Attributes, encode
from transfer.messages.receipts import ReceiptIssued
from transfer.ports.traffic import Carrier, DueReceipts, Parcel, ReceiptsDue, Sent
from transfer.telemetry.metrics import RECEIPTS_SENT
from transfer.workers.pauses import Pauses

log = structlog.get_logger(__name__)

BATCH: Final = 1000


@dataclass(slots=True, kw_only=True)
class ReceiptTeller:
    """Sends the receipts that are owed. A receipt that is lost is asked for by the message coming again."""

    receipts: ReceiptsDue
    carrier: Carrier
    region: str
    clock: Callable[[], datetime]
    new_id: Callable[[], UUID]
    backoff: Pauses
    _failures: dict[str, int] = field(default_factory=dict)
    _resting: dict[str, tuple[datetime, datetime]] = field(default_factory=dict)

    async def tell_once(self) -> int:
        """Send one batch to each region that is owed receipts; gives how many receipts the broker took."""
        if not self.carrier.connected:
            return 0
        now = self.clock()
        # A rest that began later than now did so before the clock was set back, and is over.
        resting = {region for region, (since, until) in self._resting.items() if since <= now < until}
        owed = await self.receipts.due(limit=BATCH, without=resting)
        if not owed:
            return 0
        outcomes = await self.carrier.publish([self._parcel(one) for one in owed])
        told: list[int] = []
        for one, outcome in zip(owed, outcomes, strict=True):
            if isinstance(outcome, Sent):
                told += one.rows
                self._failures.pop(one.region, None)
                self._resting.pop(one.region, None)
            else:
                self._rest(one.region, now, str(outcome.reason) or type(outcome.reason).__name__)
        if told:
            # If the node dies before this is written, the receipts are sent twice, which changes nothing.
            await self.receipts.told(told)
            RECEIPTS_SENT.inc(len(told))
        return len(told)

    def _parcel(self, owed: DueReceipts) -> Parcel:
        attributes = Attributes(
            id=self.new_id(), type=RECEIPT_TYPE, source=self.region, recipient=owed.region, time=self.clock()
        )
        body = encode(attributes, ReceiptIssued(receipts=owed.receipts))
        return Parcel(id=attributes.id, type=RECEIPT_TYPE, recipient=owed.region, body=body)

    def _rest(self, region: str, now: datetime, reason: str) -> None:
        failures = self._failures.get(region, 0)
        self._failures[region] = failures + 1
        self._resting[region] = (now, now + self.backoff.after(failures))
        log.warning("receipts_not_sent", region=region, reason=reason, failures=failures + 1)
