"""What pages and the API read: records past the domain, and the state of the node's parts."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from transfer.domain.reporting import OfferFate, RequestFate
from transfer.domain.rights import Sight
from transfer.messages.values import Digest
from transfer.ports.paper import Behind
from transfer.records import (
    CaseFilter,
    CaseLine,
    DatabaseForm,
    DueCount,
    FetchFilter,
    FetchLine,
    FileLine,
    HistoryLine,
    KnownCase,
    LinkLine,
    MessageFilter,
    MessageLine,
    Order,
    QuarantineLine,
    ReconciliationLine,
    RequestFilter,
    RequestLine,
    TimeKey,
    Traffic,
    TransferFilter,
    TransferLine,
    WorkFilter,
    WorkKey,
    WorkLine,
)


class Views(Protocol):
    """What is read for pages and the API, past the domain. Lists give at most ``limit`` lines behind ``after``.
    Their order does not depend on what may change, so that paging neither skips nor repeats; worklists by need do."""

    async def case(self, case: UUID) -> KnownCase | None:
        """The whole of a case, in one consistent view."""
        ...

    async def cases(self, chosen: CaseFilter, *, order: Order, after: WorkKey | None, limit: int) -> Sequence[CaseLine]:
        """The worklist; the age of a case is its first receipt."""
        ...

    async def worklist(self, chosen: WorkFilter, *, after: WorkKey | None, limit: int) -> Sequence[WorkLine]:
        """The lines of the worklist page, by need."""
        ...

    async def marks(self, wanted: Collection[UUID]) -> Mapping[UUID | None, str]:
        """A mark of each of these cases that is another once the case, or the delivery of its messages, has changed;
        under None that of all cases together."""
        ...

    async def same_matter(self, prints: Collection[str]) -> Sequence[UUID]:
        """The cases of this node that have one of these fingerprints."""
        ...

    async def sees_case(self, sight: Sight, case: UUID) -> bool:
        """Whether this person sees the case; also where there is none, which is said otherwise."""
        ...

    async def sees_file(self, sight: Sight, digest: Digest) -> bool:
        """Whether this person sees one of the cases that name the file."""
        ...

    async def transfers(
        self, chosen: TransferFilter, *, order: Order, after: WorkKey | None, limit: int
    ) -> Sequence[TransferLine]:
        """Transfers; their age is their opening."""
        ...

    async def requests(
        self, chosen: RequestFilter, *, order: Order, after: WorkKey | None, limit: int
    ) -> Sequence[RequestLine]:
        """Evidence requests; their age is their opening."""
        ...

    async def to_watch(self, region: str, today: date, *, limit: int) -> Sequence[UUID]:
        """Cases that the region holds and of whose clocks something is to be said, the longest waiting first."""
        ...

    async def to_count(self, region: str, years: Collection[int], *, after: UUID | None, limit: int) -> Sequence[UUID]:
        """Cases that the region holds of which a running clock has no last day and may wait for one of these years
        alone, by id."""
        ...

    async def offered(self, since: date, until: date, peer: str | None) -> Sequence[OfferFate]:
        """The transfers that this region or that peer sent the other on these days, and what became of each."""
        ...

    async def asked(self, since: date, until: date, peer: str | None) -> Sequence[RequestFate]:
        """The evidence requests likewise."""
        ...

    async def history(self, case: UUID, *, after: int | None, limit: int) -> Sequence[HistoryLine] | None:
        """What happened to a case, oldest first; None when no such case is known."""
        ...

    async def messages(
        self, chosen: MessageFilter, *, after: TimeKey | None, limit: int, newest_first: bool
    ) -> Sequence[MessageLine]:
        """Messages sent and received, by time."""
        ...

    async def posted(self, request: UUID) -> Digest | None:
        """The digest of what the letter of a request says that this node sent by post."""
        ...

    async def behind(self, case: UUID, request: UUID, type_: str) -> Behind | None:
        """The last message of that type on that evidence request, sent or received."""
        ...

    async def message(self, message: UUID, *, sources: Collection[str]) -> MessageLine | None:
        """A message sent, else one received from one of these regions."""
        ...

    async def quarantine(self, *, applied: bool | None, after: TimeKey | None, limit: int) -> Sequence[QuarantineLine]:
        """Messages that were not applied, newest first; ``applied`` tells those that were applied since, or
        those that wait: neither applied nor put away."""
        ...

    async def quarantined(self, entry: UUID) -> tuple[QuarantineLine, bytes] | None:
        """One of them with its body."""
        ...

    async def fetches(self, chosen: FetchFilter, *, after: TimeKey | None, limit: int) -> Sequence[FetchLine]:
        """Files that come from other regions, wanted last first."""
        ...

    async def files(self, *, limit: int) -> Sequence[FileLine]:
        """Files that are kept here, newest first."""
        ...

    async def reconciliations(self, region: str | None, *, limit: int) -> Sequence[ReconciliationLine]:
        """Comparisons of records with this region, or with all, the latest period first."""
        ...

    async def traffic(self) -> Traffic:
        """How the exchange of messages stands."""
        ...

    async def links(self, since: datetime) -> Sequence[LinkLine]:
        """How the exchange stands with each region that there was any with, and what went to and fro since then."""
        ...

    async def falling_due(self, today: date) -> Sequence[DueCount]:
        """What is open and has a last day, counted by kind and region."""
        ...

    async def form(self) -> DatabaseForm:
        """The version of the database; raises StorageUnavailable."""
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
    """A duty of the node: its name, how many times in a row it has failed, and when it last ended well."""

    @property
    def name(self) -> str: ...
    @property
    def failures(self) -> int: ...
    @property
    def done_at(self) -> datetime | None: ...
