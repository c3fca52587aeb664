"""What is read back from a node's database: the lines of its lists and the whole of a case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, assert_never
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transfer.domain.case import Case
from transfer.domain.duplicates import LinkedCase
from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.domain.lifecycle import PAST, Side, State
from transfer.domain.rights import Sight
from transfer.ledger.differences import CURES, Difference
from transfer.messages.case import CaseNumber
from transfer.messages.case_progress import StagePublished
from transfer.messages.codes import Code, Matter, MediaType, ReceiptOutcome, Stage, Urgency
from transfer.messages.codes_urgency import place
from transfer.messages.receipts import Refusal


class Record(BaseModel):
    """Something that was read; unlike a message it is made from the database's own types."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Direction(StrEnum):
    """Whether this node sent a message or received it."""

    OUT = "out"
    IN = "in"


class MessageState(StrEnum):
    """How far a message has come; those received are never ``waiting`` or ``published``."""

    WAITING = "waiting"
    PUBLISHED = "published"
    PARKED = "parked"
    APPLIED = "applied"
    REFUSED = "refused"


class Order(StrEnum):
    """How a worklist is ordered. Only by age paging neither skips nor repeats what changes meanwhile."""

    NEED = "need"
    AGE = "age"


class FetchState(StrEnum):
    """How far a file has come that another region's message named; the last three are ends."""

    WAITING = "waiting"
    FETCHING = "fetching"
    KEPT = "kept"
    REFUSED = "refused"
    GONE = "gone"


ActBy = Annotated[date | None, Field(description="the next day on which something of it falls due")]


class TransferGlance(Record):
    """The transfer of a case that was opened last."""

    id: UUID
    side: Side
    state: State
    open: Annotated[bool, Field(description="the receiver may still become holder through it")]
    sender: str
    receiver: str
    due_on: Annotated[date | None, Field(description="day by which the supplement must come")]


class CaseLine(Record):
    """A case in the worklist."""

    id: UUID
    version: int
    matter: Matter
    urgency: Urgency
    limitation_on: Annotated[date | None, Field(description="last day of the limitation or statutory period")]
    act_by: ActBy
    first_received_at: datetime
    first_received_by: str
    opponent: str | None
    numbers: Annotated[tuple[CaseNumber, ...], Field(description="local case numbers")]
    holder: str
    holder_region: str
    stage: Stage
    duplicate_of: UUID | None
    applicants: Annotated[tuple[str, ...], Field(description="names of the first three")]
    applicant_count: int
    transfer: TransferGlance | None
    changed_at: datetime


class TransferLine(Record):
    """A transfer in the list, with what says how soon someone must act."""

    id: UUID
    case: UUID
    side: Side
    state: State
    open: bool
    sender: str
    receiver: str
    attempt: int
    signed_by: str | None
    due_on: date | None
    urgency: Urgency
    limitation_on: date | None
    act_by: ActBy
    opened_at: datetime
    changed_at: datetime


class RequestLine(Record):
    """An evidence request in the list, with what says how soon someone must act."""

    id: UUID
    case: UUID
    side: RequestSide
    state: RequestState
    open: bool
    peer: Annotated[str, Field(description="the other region")]
    letter: str
    lawyer: Annotated[str, Field(description="who handles the case")]
    collector: str | None
    due_on: date | None
    urgency: Annotated[Urgency, Field(description="of the case, as its holder told it")]
    pressing: Annotated[bool, Field(description="one of its items cannot wait")]
    act_by: ActBy
    opened_at: datetime
    changed_at: datetime


class HistoryLine(Record):
    """One line of a case's history; details hold codes and ids."""

    number: int
    at: datetime
    event: str
    by: Annotated[str, Field(description="a person, or the region whose message it was")]
    institution: str | None
    source: Annotated[str | None, Field(description="the region whose message led to it")]
    message: UUID | None
    transfer: UUID | None
    request: Annotated[UUID | None, Field(description="the evidence request that it is about")]
    tenure: int
    detail: dict[str, Any]


class MessageLine(Record):
    """A message that was sent or received, and what became of it; its content is not shown."""

    id: UUID
    direction: Direction
    peer: Annotated[str, Field(description="the region that it goes to or came from")]
    type: str
    case: Annotated[UUID, Field(description="the conversation, which is the case")]
    sequence: Annotated[int, Field(description="its place per direction, region and case; 0 when it had none")]
    digest: str
    state: MessageState
    created_at: Annotated[datetime | None, Field(description="when it was sent for delivery")]
    published_at: Annotated[datetime | None, Field(description="when the broker last confirmed it")]
    settled_at: Annotated[datetime | None, Field(description="when its final receipt came in")]
    received_at: Annotated[datetime | None, Field(description="when it was received")]
    attempts: Annotated[int | None, Field(description="how often the broker took it")]
    retry_at: Annotated[datetime | None, Field(description="when it is due to be sent again")]
    outcome: Annotated[ReceiptOutcome | None, Field(description="the verdict of its recipient")]
    refusal: Refusal | None

    @property
    def at(self) -> datetime:
        """When it entered this node's records."""
        moment = self.created_at or self.received_at
        if moment is None:
            raise AssertionError(self.id)
        return moment


class Dismissal(Code):
    """Why a message of the quarantine needs nothing more."""

    NO_MESSAGE = "NO_MESSAGE", "不是消息，无需办理", "It is no message; there is nothing to do"
    FORGED = "FORGED", "伪造的消息，已另行处置", "It was forged; that is dealt with elsewhere"
    SENT_ANEW = "SENT_ANEW", "发件地区已另发消息", "Its sender has sent another message"
    SETTLED = "SETTLED", "已用其他方式办结", "It was settled in another way"


class QuarantineLine(Record):
    """A message that was not applied; its content is not shown. Without a digest its letter was not opened, and what
    is said of it is a claim."""

    id: UUID
    at: datetime
    source: str | None
    message: UUID | None
    case: UUID | None
    type: str | None
    exchange: str | None
    user_id: str | None
    digest: str | None
    size: Annotated[int, Field(description="bytes")]
    refusal: Refusal
    applied_at: Annotated[datetime | None, Field(description="when a replay led to its application")]
    dismissed_at: Annotated[datetime | None, Field(description="when staff said that it needs nothing more")] = None
    dismissal: Annotated[Dismissal | None, Field(description="why it needs nothing more")] = None


class DifferenceLine(Record):
    """A message in which the records of two regions differ."""

    direction: Annotated[Direction, Field(description="whether this node sent the message or received it")]
    message: UUID
    conversation: UUID
    sequence: int
    difference: Difference


class ReconciliationLine(Record):
    """What comparing the messages of a period with another region has shown, or that its answer is waited for."""

    region: str
    since: datetime
    until: datetime
    asked_at: datetime
    answered_at: datetime | None
    found: Annotated[int, Field(description="messages in which the records differ")]
    differences: Annotated[tuple[DifferenceLine, ...], Field(description="the first thousand of them")]

    @property
    def alike(self) -> bool | None:
        """Whether the records are the same; None while the answer is waited for."""
        return None if self.answered_at is None else self.found == 0

    @property
    def heals(self) -> bool:
        """Nothing of it needs anybody."""
        return all(CURES[one.difference].heals for one in self.differences)


class FetchLine(Record):
    """A file that another region's message named and that was not here then."""

    id: UUID
    file: Annotated[str, Field(description="SHA-256 of its content")]
    source: Annotated[str, Field(description="the region whose message named it, which has it")]
    size: Annotated[int, Field(description="bytes, as the message says")]
    media_type: MediaType
    state: FetchState
    got: Annotated[int, Field(description="bytes that are here, as far as was noted")]
    attempts: Annotated[int, Field(description="how often it did not come")]
    retry_at: Annotated[datetime | None, Field(description="when it is tried again")]
    code: Annotated[str | None, Field(description="what was last wrong, for programs")]
    detail: Annotated[str | None, Field(description="what was last wrong, for people")]
    case: Annotated[UUID, Field(description="the case whose message named it first")]
    message: UUID
    wanted_at: datetime
    changed_at: datetime


class FileLine(Record):
    """A file that is kept here."""

    file: Annotated[str, Field(description="SHA-256 of its content")]
    size: Annotated[int, Field(description="bytes")]
    media_type: MediaType
    kept_at: datetime


class DestinationLine(Record):
    """The road to another region."""

    region: str
    failures: Annotated[int, Field(description="how often in a row its queue did not take a message")]
    retry_at: datetime | None
    last_error: str | None
    heard_at: Annotated[datetime | None, Field(description="when its last receipts came in")]


class LinkLine(Record):
    """How the exchange with another region stands; ``sent`` and ``received`` are those of a last span of time."""

    region: str
    waiting: int = 0
    waits_since: datetime | None = None
    unanswered: int = 0
    unanswered_since: datetime | None = None
    owed: int = 0
    owed_since: datetime | None = None
    sent: int = 0
    sent_at: datetime | None = None
    received: int = 0
    received_at: datetime | None = None
    failures: int = 0
    retry_at: datetime | None = None
    last_error: str | None = None
    heard_at: datetime | None = None


class Falling(Code):
    """What falls due on a day."""

    CLOCK = "CLOCK", "案件期限", "Clocks of cases"
    LIMITATION = "LIMITATION", "时效和法定期间", "Limitation and statutory periods"
    SUPPLEMENT = "SUPPLEMENT", "转交补正", "Supplements to transfers"
    REQUEST = "REQUEST", "协作函答复", "Answers to evidence requests"


class DueCount(Record):
    """How many of one kind fall due when, in a region: the holder's, the receiver's, or the other one of a request."""

    what: Falling
    region: str
    overdue: int
    today: int
    three_days: int
    seven_days: int
    later: int


class OldestWaiting(Record):
    """The message that waits longest for its final receipt."""

    id: UUID
    peer: str
    created_at: datetime


class Traffic(Record):
    """How the exchange of messages stands."""

    outbox: Annotated[Mapping[MessageState, int], Field(description="messages sent, by state of delivery")]
    oldest_waiting: OldestWaiting | None
    parked: Annotated[int, Field(description="messages received that wait for earlier ones")]
    quarantined: Annotated[int, Field(description="messages in quarantine, neither applied since nor put away")]
    destinations: tuple[DestinationLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """A case as known here, with all stages that were published on it, oldest first, and the cases linked to it."""

    case: Case
    stages: tuple[StagePublished, ...]
    linked: tuple[LinkedCase, ...]
    opened_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFilter:
    """Which cases, of those in sight of whoever asks: None sees all, and whoever lists must say it. An empty filter
    means all. ``due_before`` finds limitations, reviews and notices that fall due before that day."""

    sight: Sight | None
    holder_region: str | None = None
    not_holder_region: str | None = None
    stages: frozenset[Stage] = frozenset()
    urgency: Urgency | None = None
    matter: Matter | None = None
    transfer_state: State | None = None
    q: str | None = None
    due_before: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFilter:
    """Which transfers; an empty filter means all."""

    sight: Sight | None
    side: Side | None = None
    state: State | None = None
    open: bool | None = None
    peer: str | None = None
    urgency: Urgency | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFilter:
    """Which evidence requests; an empty filter means all. ``due_before`` finds open ones only, ``ours`` those that wait
    for this region."""

    sight: Sight | None
    side: RequestSide | None = None
    state: RequestState | None = None
    open: bool | None = None
    peer: str | None = None
    lawyer: str | None = None
    collector: str | None = None
    due_before: date | None = None
    urgency: Urgency | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages; an empty filter means all."""

    direction: Direction | None = None
    state: MessageState | None = None
    peer: str | None = None
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFilter:
    """Which files that come from other regions; an empty filter means all."""

    sight: Sight | None
    state: FetchState | None = None
    source: str | None = None
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkKey:
    """The place of a line in a worklist: of its urgency, the next day that falls due, its age. By age alone the first
    two are not looked at."""

    place: int
    act_by: date | None
    since: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeKey:
    """The place of an entry in a list that is ordered by time."""

    at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseForm:
    """Which version the database has, which this release is made for, and the oldest that the database serves."""

    found: str
    needed: str
    serves: str

    def __str__(self) -> str:
        return f"the database has version {self.found}, this release needs {self.needed}"

    @property
    def fits(self) -> bool:
        """Whether this release may run on it: it is of this release, or newer and still serves this one."""
        return self.found == self.needed or (self.is_newer and self.serves <= self.needed)

    @property
    def is_newer(self) -> bool:
        """Whether a newer release has migrated it; ``base`` is an empty one."""
        return self.found != "base" and self.found > self.needed

    @property
    def cure(self) -> str:
        """What to do when it does not fit."""
        if self.is_newer:
            return f"run the newer release here too, or go back by its `transfer migrate --to {self.needed}`"
        return "run `transfer migrate`"


def work_key(line: CaseLine | TransferLine | RequestLine) -> WorkKey:
    """The place of a line in its worklist."""
    match line:
        case CaseLine():
            at, since = place(line.urgency, open=line.stage not in PAST), line.first_received_at
        case TransferLine():
            at, since = place(line.urgency, open=line.open), line.opened_at
        case RequestLine():
            at, since = place(line.urgency, open=line.open, pressing=line.pressing), line.opened_at
        case _:
            assert_never(line)
    return WorkKey(place=at, act_by=line.act_by, since=since, id=line.id)


class Show(StrEnum):
    """Which part of the worklist."""

    OURS = "ours"
    """What waits for this region."""
    URGENT = "urgent"
    THREE = "three"
    SEVEN = "seven"
    WAITING = "waiting"
    """What this region holds and another one must answer first."""
    HELD = "held"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFilter:
    """Which lines of the worklist page; ``until`` is the last due day that is looked for."""

    sight: Sight | None
    show: Show
    here: str
    until: date | None = None
    stage: Stage | None = None
    region: str | None = None
    institution: str | None = None
    q: str | None = None


class WorkLine(NamedTuple):
    """A case in the worklist page, as plain as the database gives it: many are read at once."""

    id: UUID
    matter: str
    urgency: str
    place: int
    act_by: date | None
    since: datetime
    holder: str
    stage: str
    opponent: str | None
    basics: str
    persons: int
    first_person: str | None
    side: str | None
    state: str | None
    is_open: int | None
    sender: str | None
    receiver: str | None
    escalated: bool | None
    mark: int
    """That of all cases together when it was read."""
