"""The parameters of the lists."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.domain.lifecycle import Side, State
from transfer.ledger.checkpoint import LARGEST
from transfer.messages.attachments import FileName
from transfer.messages.codes import Matter, Stage, Urgency
from transfer.messages.values import Day, Line, RegionCode
from transfer.records import Direction, FetchState, MessageState, Order

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200


class Query(BaseModel):
    """The parameters of a request; unknown ones are refused, since a mistyped filter would show too much."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Paged(Query):
    """Which page of a list."""

    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="how many at most")] = DEFAULT_LIMIT
    cursor: Annotated[
        str | None, Field(min_length=1, max_length=400, description="where to go on: from `next` of the page before")
    ] = None


class Ordered(Paged):
    """In which order, and only what is as urgent."""

    order: Annotated[
        Order,
        Field(
            description="need: by urgency, then the next due day, then age. age: those that came first first; by it "
            "paging neither skips nor repeats what changes meanwhile"
        ),
    ] = Order.NEED
    urgency: Urgency | None = None


class CasesQuery(Ordered):
    """Which cases of the worklist."""

    holder: Annotated[
        Literal["mine", "others"] | RegionCode | None,
        Field(description="cases held by this region, by other ones, or by that one", examples=["mine"]),
    ] = None
    stage: Annotated[tuple[Stage, ...], Field(max_length=20, description="may be given several times")] = ()
    matter: Matter | None = None
    transfer_state: Annotated[State | None, Field(description="cases with a transfer in this state")] = None
    q: Annotated[
        Line | None,
        Field(
            description="beginning of an applicant's or opponent's name or of a local case number, whatever its "
            "brackets and spaces; an identity number as a whole; or the last eight digits of the case's id",
            examples=["李"],
        ),
    ] = None
    due_before: Annotated[
        Day | None,
        Field(description="cases of which a limitation, the review or an answer to a notice falls due before this day"),
    ] = None


class RulesQuery(Query):
    """Where and when the rules are to hold."""

    region: Annotated[RegionCode | None, Field(description="this node's, when absent")] = None
    on: Annotated[Day | None, Field(description="today, when absent")] = None


class PairsQuery(Query):
    """Which pairs of regions, and what was sent when."""

    since: Annotated[Day, Field(description="first day of the period", examples=["2026-01-01"])]
    until: Annotated[Day | None, Field(description="last day of the period; today, when absent")] = None
    peer: Annotated[RegionCode | None, Field(description="the other region; all, when absent")] = None


class TransfersQuery(Ordered):
    """Which transfers."""

    side: Annotated[Side | None, Field(description="the part that this region plays")] = None
    state: State | None = None
    open: bool | None = None
    peer: Annotated[RegionCode | None, Field(description="the other region")] = None


class RequestsQuery(Ordered):
    """Which evidence requests."""

    side: Annotated[RequestSide | None, Field(description="the part that this region plays")] = None
    state: RequestState | None = None
    open: bool | None = None
    peer: Annotated[RegionCode | None, Field(description="the other region")] = None
    lawyer: Annotated[Line | None, Field(description="name of the handling lawyer, as a whole")] = None
    collector: Annotated[Line | None, Field(description="name of who collects, as a whole")] = None
    due_before: Annotated[Day | None, Field(description="open ones whose answer is due before this day")] = None


class CheckQuery(Query):
    """Which printed letter."""

    line: Annotated[
        str,
        Field(max_length=400, description="the line on the letter, as scanned or typed", examples=["legalaid:1:…"]),
    ]


class MessagesQuery(Paged):
    """Which messages."""

    direction: Direction | None = None
    state: MessageState | None = None
    peer: Annotated[RegionCode | None, Field(description="the other region")] = None
    case: UUID | None = None


class QuarantineQuery(Paged):
    """Which messages of the quarantine."""

    applied: Annotated[bool | None, Field(description="applied since; false gives what still waits")] = None


class ReconciliationsQuery(Query):
    """Which comparisons of records."""

    region: Annotated[RegionCode | None, Field(description="the other region")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT, description="how many at most")] = DEFAULT_LIMIT


class QuarantinedQuery(Query):
    """How much of a message of the quarantine."""

    body: Annotated[bool, Field(description="with the content, as base64; it may hold personal data")] = False


class FileNamed(Query):
    """How a file is called."""

    name: FileName


class FileShown(Query):
    """Under which name a file is to be saved."""

    name: Annotated[FileName | None, Field(description="name under which it is to be saved")] = None


class FetchesQuery(Paged):
    """Which files that come from other regions."""

    state: FetchState | None = None
    source: Annotated[RegionCode | None, Field(description="the region that has the file")] = None
    case: Annotated[UUID | None, Field(description="the case whose message named it first")] = None


class Unmasking(Query):
    """Whether names and texts are shown, and why."""

    unmask: Annotated[bool, Field(description="with names and texts; needs a reason")] = False
    reason: Annotated[Line | None, Field(description="why the auditor asks; it is kept in the ledger")] = None


class BundleQuery(Unmasking):
    """Which entries: those of a case, or those from one place to another."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    case: UUID | None = None
    first: Annotated[int | None, Field(alias="from", ge=0, le=LARGEST, description="place of the first entry")] = None
    last: Annotated[int | None, Field(alias="to", ge=0, le=LARGEST, description="place of the last entry")] = None
