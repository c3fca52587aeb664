"""The unit of work: what a decision or a batch of deliveries reads and leaves behind, in one transaction."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol, TypeVar
from uuid import UUID

from transfer.crypto.book import NoExchange
from transfer.crypto.directory import Directory
from transfer.crypto.errors import BadSignature, CryptoError, OfAnotherRegion
from transfer.crypto.ledger_keys import nobody
from transfer.crypto.letters import CannotSeal
from transfer.crypto.notes import Signer
from transfer.crypto.statements import read_statement
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA, legal_day
from transfer.domain.decision import Decision
from transfer.domain.errors import (
    AlteredAttestation,
    AttestationOfAnotherRegion,
    CannotAttest,
    ForgedAttestation,
    UnknownInstitution,
    UnknownRegion,
)
from transfer.domain.recognition import Forum
from transfer.law.book import RuleBook
from transfer.law.reckoning import CannotCount, working_days_after
from transfer.messages.attachments import Attachment
from transfer.messages.codes import ReceiptOutcome
from transfer.messages.duplicates import Fingerprint
from transfer.messages.eligibility import Statement, Token
from transfer.messages.receipts import Receipt, Refusal
from transfer.messages.values import Digest
from transfer.ports.ledger import Happened, Head, LedgerDecision, Seen, Words
from transfer.records import Dismissal

Kind = TypeVar("Kind", bound=Statement)
Sign = Callable[[Statement, datetime], str]
"""Signs a statement of this region that expires then; raises CannotSeal or NoExchange."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Where and when a decision is taken: this node's region, the directory, the time, a source of ids, the rules, the
    region's signature, what makes fingerprints with the keys that all regions share, and what signs checkpoints."""

    region: str
    directory: Directory
    now: datetime
    new_id: Callable[[], UUID]
    rules: RuleBook
    sign: Sign
    fingerprints: Callable[[Sequence[str]], tuple[Fingerprint, ...]] = lambda _lines: ()
    signer: Callable[[], Signer] = nobody
    """Raises NoKeyNow or NoExchange."""

    def deciding(self, institution: str) -> str:
        """The institution that decides for this one; raises UnknownInstitution."""
        try:
            return self.directory.deciding(institution)
        except KeyError:
            raise UnknownInstitution(institution=institution) from None

    def due(self, start: date, working_days: int) -> date | None:
        """The last day of so many working days, or None while the calendar of that year is not known."""
        try:
            return working_days_after(start, working_days, self.rules.is_worked)
        except CannotCount:
            return None

    def forum(self, region: str) -> Forum:
        """Eligibility as it is judged today in that region."""
        today = legal_day(self.now)

        def recognises(other: str) -> bool:
            agreed = self.directory.agreement(region, other, today)
            return agreed is not None and agreed.mutual_recognition

        return Forum(region=region, day=today, rules=self.rules, read=self.read, recognises=recognises)

    def read(self, token: str, kind: type[Kind]) -> Kind:
        """What a region signed; raises ForgedAttestation, AlteredAttestation, AttestationOfAnotherRegion."""
        try:
            return read_statement(token, kind, self.directory, self.now)
        except BadSignature as error:
            raise AlteredAttestation(key=error.detail) from error
        except OfAnotherRegion as error:
            raise AttestationOfAnotherRegion(key=error.detail) from error
        except CryptoError as error:
            raise ForgedAttestation(fault=error.message) from error

    def signed(self, statement: Statement, until: date) -> Token:
        """The statement signed by this region, to the end of that day in China; raises CannotAttest."""
        try:
            return self.sign(statement, datetime.combine(until + timedelta(days=1), time(), CHINA))
        except (CannotSeal, NoExchange) as error:
            raise CannotAttest(fault=str(error)) from error

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
    signature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that was not applied, kept for staff to look at and replay.

    ``body`` is what came, sealed; it is absent when the inbox holds what was in it. Without a digest the letter was
    not opened, and all that is said of the message is a claim.
    """

    id: UUID
    at: datetime
    refusal: Refusal
    body: bytes | None = None
    exchange: str | None = None
    user_id: str | None = None
    source: str | None = None
    message: UUID | None = None
    type: str | None = None
    conversation: UUID | None = None
    digest: Digest | None = None
    applied_at: datetime | None = None
    dismissed_at: datetime | None = None


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

    async def load_kept(self, digests: Collection[Digest]) -> Collection[Digest]:
        """Which of these files are kept here; they stay so while this transaction lasts."""
        ...

    async def load_awaited(self, digests: Collection[Digest]) -> Mapping[Digest, bool]:
        """Of these files, which are not kept, those that messages named: whether they are still on their way here, or
        will not come."""
        ...

    async def load_fingerprinted(self, prints: Collection[Fingerprint]) -> Mapping[Fingerprint, Collection[UUID]]:
        """The cases of this region by those of these fingerprints that they have, those recorded in this transaction
        too; they are not locked by it."""
        ...

    async def load_under_way(self, case: UUID) -> Collection[UUID]:
        """The messages on the case that still lack a final receipt, and those that wait here for earlier ones."""
        ...

    async def load_exported(self, case: UUID) -> bool:
        """Whether the case was exported after its last step, but for a proposal to erase it."""
        ...

    async def count_received(self, type_: str, sources: Collection[str], *, since: datetime) -> Mapping[str, int]:
        """How many messages of a type each of these regions has sent since then, whatever became of them."""
        ...

    async def load_recovering(self) -> bool:
        """Whether this node was restored from a backup and has not asked all it has forgotten yet."""
        ...

    async def hold(self, conversations: Collection[UUID]) -> None:
        """Keep other transactions out of these conversations, which belong to no case that could be locked."""
        ...

    async def load_seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        """What is known of these regions' ledgers, where anything is."""
        ...

    async def load_heads(self, sizes: Collection[int]) -> Mapping[int, Head]:
        """The checkpoints of this node of these sizes, and its last one."""
        ...

    async def load_words(self, peers: Collection[str]) -> Mapping[str, Words]:
        """What was said last with each of these regions about this node's checkpoints."""
        ...

    def record_ledger(self, decision: LedgerDecision) -> None:
        """Write what follows from a message about a ledger, or is said of one."""
        ...

    def record(self, decision: Decision, cause: Cause) -> Case:
        """Write state, messages and history of a decision, and that the recipients of its messages may fetch the files
        that these name; destroy what it says is to be. Returns the case with its new version."""
        ...

    def record_wanted(self, source: str, message: UUID, case: UUID, named: Iterable[Attachment]) -> None:
        """Files that an applied message of that region names: those that are not kept here are to be fetched."""
        ...

    def record_received(self, entry: InboxEntry) -> None:
        """Write the verdict on a message, and advance its lane when the verdict is final; a receipt is due. When
        what was refused before is applied now, its copy in quarantine counts as applied, too."""
        ...

    def record_again(self, source: str, message: UUID) -> None:
        """A message came again: its receipt is due again, unchanged."""
        ...

    def record_refusal(self, source: str, message: UUID, digest: Digest | None, refusal: Refusal) -> None:
        """Tell the region that this is refused, and change nothing else; for what cannot count as its message."""
        ...

    def record_quarantined(self, message: Quarantined) -> None:
        """Keep a message that cannot be applied."""
        ...

    def record_receipts(self, source: str, receipts: Sequence[Receipt]) -> None:
        """Write what another region says became of this node's messages."""
        ...

    def record_answered(self, key: str, answered: Answered, *, case: UUID | None = None) -> None:
        """Keep the response to an idempotency key, until the case that it shows is erased."""
        ...

    def note(self, happened: Happened) -> None:
        """Write this into the ledger; what the rest of the work tells of itself is written there without it."""
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


class QuarantineWork(Protocol):
    """A transaction in which one message of the quarantine is tried again, or put away."""

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

    async def mark_dismissed(self, entry: UUID, why: Dismissal, *, at: datetime) -> None:
        """The message needs nothing more."""
        ...


class QuarantineRoom(Protocol):
    """Where messages of the quarantine are tried again, or put away."""

    def handling(self) -> AbstractAsyncContextManager[QuarantineWork]:
        """A transaction that commits at the end of the block, and rolls back when the block raises."""
        ...


class Shelf(Protocol):
    """Keeps the directories that were in force, so that a node never goes back to an older one, and which keys it
    held."""

    async def newest(self) -> str | None:
        """The signed note with the highest version."""
        ...

    async def keep(self, version: int, note: str) -> None:
        """This one is in force now; nothing changes when it is kept already."""
        ...

    async def hold(self, keys: Collection[str]) -> None:
        """The node holds the keys with these ids now; the ledger tells of it when it held others before."""
        ...
