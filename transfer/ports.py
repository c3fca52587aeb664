"""What the rules need of the world, as protocols; each has one real implementation and one for tests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from transfer.crypto.directory import Directory
from transfer.domain.case import Case
from transfer.domain.decision import Decision
from transfer.domain.errors import UnknownInstitution, UnknownRegion
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.values import Digest
from transfer.records import (
    CaseFilter,
    CaseKey,
    CaseLine,
    DatabaseForm,
    HistoryLine,
    KnownCase,
    MessageFilter,
    MessageLine,
    QuarantineLine,
    TimeKey,
    Traffic,
    TransferFilter,
    TransferLine,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where and when a decision is taken: this node's region, the directory, the time, and a source of ids."""

    region: str
    directory: Directory
    now: datetime
    new_id: Callable[[], UUID]

    def deciding(self, institution: str) -> str:
        """The institution that decides for this one; raises UnknownInstitution."""
        try:
            return self.directory.deciding(institution)
        except KeyError:
            raise UnknownInstitution(institution=institution) from None

    def known_region(self, region: str) -> str:
        """The region itself; raises UnknownRegion when it is not on the exchange."""
        if region not in self.directory.by_code:
            raise UnknownRegion(region=region)
        return region


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message as the broker handed it over; nothing of it has been checked."""

    body: bytes
    exchange: str
    user_id: str | None
    redelivered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """A message that was received, its place, and the verdict on it."""

    source: str
    message: UUID
    conversation: UUID
    sequence: int
    type: str
    digest: Digest
    body: bytes
    outcome: ReceiptOutcome
    received_at: datetime
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that was not applied, kept as it came for staff to look at and replay."""

    id: UUID
    at: datetime
    body: bytes
    exchange: str
    user_id: str | None
    refusal: Refusal
    source: str | None = None
    message: UUID | None = None
    type: str | None = None
    conversation: UUID | None = None
    digest: Digest
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why a decision was taken: a person at an institution, or a message from another region."""

    at: datetime
    by: str
    institution: str | None = None
    message: UUID | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The response once given to an idempotency key, and the digest of the request that got it."""

    request: Digest
    status: int
    body: bytes
    etag: str | None = None


class Work(Protocol):
    """One transaction. What was loaded is locked until its end; what was recorded is written at its end, all
    of it or nothing. Loads go in bulk, since a batch of messages or commands shares one transaction."""

    async def load_cases(self, ids: Collection[UUID]) -> Mapping[UUID, Case]:
        """The cases among ``ids`` that exist, each locked against other transactions."""
        ...

    async def load_inbox(
        self, keys: Collection[tuple[str, UUID]], *, waiting_in: Collection[UUID] = ()
    ) -> Mapping[tuple[str, UUID], InboxEntry]:
        """What is known of the messages named by (source, message id), and the early messages of the conversations
        ``waiting_in``, from all sources."""
        ...

    async def load_applied(self, lanes: Collection[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], int]:
        """The last applied sequence per (source, conversation); 0 where nothing was applied."""
        ...

    async def sent_digests(
        self, digests: Collection[Digest], *, conversations: Collection[UUID]
    ) -> Mapping[Digest, str]:
        """Which of these digests name a message that this node made for these conversations, and for which
        recipient."""
        ...

    async def load_answered(self, keys: Collection[str]) -> Mapping[str, Answered]:
        """The responses already given to these idempotency keys."""
        ...

    def record(self, decision: Decision, cause: Cause) -> Case:
        """Write state, messages and history of a decision; returns the case with its new version."""
        ...

    def record_received(self, entry: InboxEntry) -> None:
        """Write the verdict on a message, and advance its lane when the verdict is final; a receipt is due. When
        what was refused before is applied now, its copy in quarantine counts as applied, too."""
        ...

    def record_again(self, source: str, message: UUID) -> None:
        """A message came again: its receipt is due again, unchanged."""
        ...

    def record_conflict(self, source: str, message: UUID, digest: Digest, refusal: Refusal) -> None:
        """A message came under a known id or place with other content: tell its source, change nothing else."""
        ...

    def record_quarantined(self, message: Quarantined) -> None:
        """Keep a message that cannot be applied."""
        ...

    def record_receipts(self, source: str, receipts: Sequence[Receipt]) -> None:
        """Write what another region says became of this node's messages."""
        ...

    def record_answered(self, key: str, answered: Answered) -> None:
        """Keep the response to an idempotency key."""
        ...


class WorkRoom(Protocol):
    """Where work is done: gives transactions, and wakes whoever sends the messages and receipts they leave."""

    def work(self) -> AbstractAsyncContextManager[Work]:
        """A transaction that commits at the end of the block, and rolls back when the block raises."""
        ...


class StorageUnavailable(Exception):
    """The database cannot be reached or is busy; the same work may succeed later."""


class StorageRefused(Exception):
    """The database refused the change; the same work will be refused again."""


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

    reason: Unroutable | Unconfirmed | BrokerRefused


PublishOutcome = Sent | NotSent


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is handed to the broker: only attributes that the broker may see, and the body."""

    id: UUID
    type: str
    recipient: str
    body: bytes
    headers: Mapping[str, str | int] = field(default_factory=dict)


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


class Views(Protocol):
    """What is read for pages and the API, past the domain. Lists give at most ``limit`` lines behind ``after``;
    their order does not depend on what may change, so that paging neither skips nor repeats."""

    async def case(self, case: UUID) -> KnownCase | None:
        """The whole of a case, in one consistent view."""
        ...

    async def cases(self, chosen: CaseFilter, *, after: CaseKey | None, limit: int) -> Sequence[CaseLine]:
        """The worklist: the urgent first, then by limitation, then by first receipt."""
        ...

    async def transfers(self, chosen: TransferFilter, *, after: TimeKey | None, limit: int) -> Sequence[TransferLine]:
        """Transfers, those opened first first."""
        ...

    async def history(self, case: UUID, *, after: int | None, limit: int) -> Sequence[HistoryLine] | None:
        """What happened to a case, oldest first; None when no such case is known."""
        ...

    async def messages(
        self, chosen: MessageFilter, *, after: TimeKey | None, limit: int, newest_first: bool
    ) -> Sequence[MessageLine]:
        """Messages sent and received, by time."""
        ...

    async def message(self, message: UUID, *, sources: Collection[str]) -> MessageLine | None:
        """A message sent, else one received from one of these regions."""
        ...

    async def quarantine(self, *, applied: bool | None, after: TimeKey | None, limit: int) -> Sequence[QuarantineLine]:
        """Messages that were not applied, newest first; ``applied`` tells those that a replay has applied."""
        ...

    async def quarantined(self, entry: UUID) -> tuple[QuarantineLine, bytes] | None:
        """One of them with its body."""
        ...

    async def traffic(self) -> Traffic:
        """How the exchange of messages stands."""
        ...

    async def form(self) -> DatabaseForm:
        """The version of the database; raises StorageUnavailable."""
        ...


class QuarantineWork(Protocol):
    """A transaction in which one message of the quarantine is tried again."""

    @property
    def work(self) -> Work:
        """The unit of work that takes the message in."""
        ...

    async def load(self, entry: UUID) -> Quarantined | None:
        """The message, locked against other transactions."""
        ...

    async def mark_applied(self, entry: UUID, *, at: datetime) -> None:
        """The message has been applied."""
        ...

    async def mark_refused(self, entry: UUID, refusal: Refusal) -> None:
        """The message was refused again, and why."""
        ...


class QuarantineRoom(Protocol):
    """Where messages of the quarantine are tried again."""

    def replaying(self) -> AbstractAsyncContextManager[QuarantineWork]:
        """A transaction that commits at the end of the block, and rolls back when the block raises."""
        ...


class LinkState(Protocol):
    """Whether the broker can be reached, since when, and what was last wrong when it cannot."""

    @property
    def connected(self) -> bool: ...
    @property
    def since(self) -> datetime: ...
    @property
    def error(self) -> str | None: ...


class Linked(Protocol):
    """A part of the node that depends on the broker."""

    @property
    def state(self) -> LinkState: ...


class Dutiful(Protocol):
    """A duty of the node: its name, and how many times in a row it has failed."""

    @property
    def name(self) -> str: ...
    @property
    def failures(self) -> int: ...
