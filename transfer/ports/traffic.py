"""Messages on their way: the outbox, the receipts that are owed, and the broker at both ends."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from transfer.crypto.keys import PrivateKey, SuiteName
from transfer.crypto.letters import CannotSeal, Letter
from transfer.messages.receipts import Receipt
from transfer.ports.work import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class OutMessage:
    """A message of the outbox as the relay sends it."""

    row: int
    id: UUID
    type: str
    recipient: str
    conversation: UUID
    sequence: int
    body: bytes
    attempts: int
    traceparent: str | None = None


class Outbox(Protocol):
    """The messages that still have to reach their recipients, and who may send them."""

    async def claim(self, owner: str, *, now: datetime, lease: timedelta) -> Mapping[int, int]:
        """Take or keep the shards that nobody else holds; gives shard to epoch. The epoch rises whenever a shard
        changes its owner, so that what a former owner writes is known to be stale."""
        ...

    async def release(self, owner: str, *, now: datetime) -> None:
        """Give the shards back at once, so that another relay need not wait for the lease to run out."""
        ...

    async def fresh(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        """The messages of these shards that were never published, oldest first, less those for regions that
        are backed off."""
        ...

    async def overdue(self, shards: Collection[int], *, now: datetime, limit: int) -> Sequence[OutMessage]:
        """Published messages without a final receipt that must be sent again: those that a region passed over
        though it receipted later ones, and of each silent region one, always the same, as a probe. Nothing for
        regions that are backed off."""
        ...

    async def published(
        self, rows: Collection[int], epochs: Mapping[int, int], *, now: datetime, retry_at: datetime
    ) -> int:
        """Note that the broker confirmed these; gives how many rows were written. Rows of a shard whose epoch
        has moved on are left alone."""
        ...

    async def failed(self, recipient: str, reason: str, *, now: datetime, retry_at: datetime) -> None:
        """Back the region off until then."""
        ...

    async def reachable(self, recipients: Collection[str]) -> None:
        """These regions' queues took messages again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DueReceipts:
    """Receipts that one region is owed, with the rows that hold them."""

    region: str
    rows: tuple[int, ...]
    receipts: tuple[Receipt, ...]


class ReceiptsDue(Protocol):
    """The verdicts that other regions have not been told yet."""

    async def due(self, *, limit: int, without: Collection[str]) -> Sequence[DueReceipts]:
        """The oldest ``limit`` receipts, one batch per region, less those for the regions in ``without``."""
        ...

    async def told(self, rows: Collection[int]) -> None:
        """The broker confirmed the receipts in these rows."""
        ...


class Unroutable(Exception):
    """No queue takes messages for this region: the pair is not allowed, or the topology is not loaded."""


class Unconfirmed(Exception):
    """The broker did not confirm the message; it may or may not have been taken."""


class BrokerRefused(Exception):
    """The broker did not take the message: the queue of the region is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The broker has the message in the recipient's queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """The broker does not have the message, or may not have it."""

    reason: Unroutable | Unconfirmed | BrokerRefused | CannotSeal


PublishOutcome = Sent | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is handed to the broker: only attributes that the broker may see, and the body."""

    id: UUID
    type: str
    recipient: str
    body: bytes
    headers: Mapping[str, str | int] = field(default_factory=dict)
    traceparent: str | None = None


class Wire(Protocol):
    """Signs and seals what goes out, opens and verifies what comes in. May take long: call it from a thread."""

    def close(self, content: bytes, *, traceparent: str | None = None) -> bytes:
        """The sealed event for the recipient that the content names; raises CannotSeal or NoExchange."""
        ...

    def signing(self, chosen: SuiteName) -> PrivateKey:
        """The key that this region signs with now; raises CryptoError when there is none, or NoExchange."""
        ...

    def opening(self, chosen: SuiteName) -> PrivateKey:
        """The key that others seal to now; raises CryptoError when this region does not hold it, or NoExchange."""
        ...

    def open(self, body: bytes) -> Letter:
        """The letter in a sealed event, from the source that it names, for us; raises NotOpened or NoExchange."""
        ...


class Batch(Protocol):
    """Deliveries in the order of the broker; the broker keeps them until they are acknowledged."""

    @property
    def deliveries(self) -> Sequence[Delivery]: ...

    async def ack(self) -> None:
        """The broker may forget them. After a lost connection this does nothing: they will come again."""
        ...


class Inlet(Protocol):
    """Gives what the broker holds for this region."""

    async def receive(self, limit: int) -> Batch:
        """Wait for at least one delivery, give what is there, at most ``limit``."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached now."""
        ...


class Carrier(Protocol):
    """Takes messages to the broker."""

    async def publish(self, parcels: Sequence[Parcel]) -> Sequence[PublishOutcome]:
        """One outcome per parcel, in order. Never raises for the fate of a message; cancellation passes."""
        ...

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached now."""
        ...
