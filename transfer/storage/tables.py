"""The tables, with the states that must not exist barred by CHECK."""

from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)

from transfer.domain.evidence_table import RequestSide, RequestState
from transfer.domain.lifecycle import Side, State
from transfer.law.kept import Origin
from transfer.messages.codes import ApplicantStatus, MediaType, ReceiptOutcome, Stage, Urgency
from transfer.ports.drafts import DraftKind
from transfer.records import FetchState
from transfer.storage.types import Instant, RowId

SHARDS: Final = 16
"""Into how many shards the outbox is divided; a relay owns whole shards."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _one_of(column: str, codes: type[StrEnum], name: str) -> CheckConstraint:
    listed = ", ".join(f"'{code.value}'" for code in codes)
    return CheckConstraint(f"{column} IN ({listed})", name=name)


cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("matter", String(40), nullable=False),
    Column("urgency", String(40), nullable=False),
    Column("first_received_at", Instant, nullable=False),
    Column("first_received_by", String(20), nullable=False),
    Column("limitation_on", Date),
    Column("due_on", Date),
    Column("place", SmallInteger, nullable=False),
    Column("act_by", Date, nullable=False),
    Column("watch_on", Date),
    # The first year that a clock without a last day may wait for.
    Column("waits_for", SmallInteger),
    Column("opponent", Text),
    Column("holder", String(20), nullable=False),
    Column("holder_region", String(6), nullable=False),
    Column("tenure", Integer, nullable=False),
    Column("stage", String(40), nullable=False),
    Column("stage_tenure", Integer, nullable=False),
    Column("stage_number", Integer, nullable=False),
    Column("duplicate_of", Uuid),
    Column("followers", Text, nullable=False),
    Column("same_matter", Text, nullable=False),
    Column("notice", Text),
    Column("handling", Text),
    Column("election", Text),
    Column("attestations", Text),
    Column("basics", Text, nullable=False),
    Column("materials", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("tenure >= 1", name="tenure"),
    CheckConstraint("stage_tenure <= tenure AND stage_tenure >= 1 AND stage_number >= 0", name="stage_place"),
    CheckConstraint("substr(holder, 1, 6) = holder_region", name="holder_region"),
    CheckConstraint("duplicate_of IS NULL OR duplicate_of <> id", name="not_its_own_duplicate"),
    _one_of("stage", Stage, "stage"),
    _one_of("urgency", Urgency, "urgency"),
    Index(
        "ix_cases_duplicate_of",
        "duplicate_of",
        sqlite_where=text("duplicate_of IS NOT NULL"),
        postgresql_where=text("duplicate_of IS NOT NULL"),
    ),
    Index("ix_cases_watch_on", "holder_region", "watch_on"),
    Index(
        "ix_cases_waits_for",
        "holder_region",
        "id",
        sqlite_where=text("waits_for IS NOT NULL"),
        postgresql_where=text("waits_for IS NOT NULL"),
    ),
    Index("ix_cases_worklist", "holder_region", "place", "act_by", "first_received_at", "id"),
    Index("ix_cases_place", "place", "act_by", "first_received_at", "id"),
)

applicants = Table(
    "applicants",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("identity_number", Text, nullable=False),
    Column("status", String(20), nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("case_id", "id"),
    _one_of("status", ApplicantStatus, "status"),
    Index("ix_applicants_identity_number", "identity_number"),
)

# By these keyed hashes the matter of a case is known again; see domain/duplicates.py.
fingerprints = Table(
    "fingerprints",
    metadata,
    Column("print", String(69), primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
)

# What a case is searched by, as all write it; in the order of code points on every database.
case_words = Table(
    "case_words",
    metadata,
    Column("word", Text().with_variant(Text(collation="C"), "postgresql"), primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Index("ix_case_words_case_id", "case_id"),
)

tenures = Table(
    "tenures",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("institution", String(20), nullable=False),
    Column("since", Instant, nullable=False),
    CheckConstraint("number >= 1", name="number"),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("side", String(10), nullable=False),
    Column("state", String(30), nullable=False),
    Column("is_open", SmallInteger, nullable=False),
    Column("sender", String(20), nullable=False),
    Column("receiver", String(20), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("signed_by", Text),
    Column("due_on", Date),
    Column("place", SmallInteger, nullable=False),
    Column("act_by", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("case_id", "position"),
    _one_of("side", Side, "side"),
    _one_of("state", State, "state"),
    CheckConstraint("state <> 'drafted'", name="sent"),
    CheckConstraint("substr(sender, 1, 6) <> substr(receiver, 1, 6)", name="two_regions"),
    CheckConstraint("is_open = 0 OR state NOT IN ('accepted', 'linked_as_duplicate', 'released')", name="open"),
    CheckConstraint("state <> 'supplement_required' OR due_on IS NOT NULL", name="due"),
    Index("ix_transfers_worklist", "place", "act_by", "opened_at", "id"),
    Index("ix_transfers_opened_at", "opened_at", "id"),
    Index("ix_transfers_open", "is_open", "side", "state", "case_id"),
    # A case is offered to one region at a time; with the receivers' verdict this makes one holder.
    Index(
        "uq_transfers_open_offer",
        "case_id",
        unique=True,
        sqlite_where=text("side = 'sender' AND is_open = 1"),
        postgresql_where=text("side = 'sender' AND is_open = 1"),
    ),
)

evidence_requests = Table(
    "evidence_requests",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, ForeignKey("cases.id"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("side", String(10), nullable=False),
    Column("state", String(30), nullable=False),
    Column("is_open", SmallInteger, nullable=False),
    Column("peer", String(6), nullable=False),
    Column("letter", Text, nullable=False),
    Column("lawyer", Text, nullable=False),
    Column("collector", Text),
    Column("due_on", Date),
    Column("pressing", SmallInteger, nullable=False),
    Column("place", SmallInteger, nullable=False),
    Column("act_by", Date, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("detail", Text, nullable=False),
    UniqueConstraint("case_id", "position"),
    _one_of("side", RequestSide, "side"),
    _one_of("state", RequestState, "state"),
    CheckConstraint("is_open = 0 OR state NOT IN ('confirmed', 'declined', 'cancelled')", name="open"),
    CheckConstraint("side = 'requester' OR state NOT IN ('drafted', 'approved')", name="sent"),
    Index("ix_evidence_requests_worklist", "place", "act_by", "opened_at", "id"),
    Index("ix_evidence_requests_opened_at", "opened_at", "id"),
    Index("ix_evidence_requests_open", "is_open", "side", "state", "case_id"),
)

stages = Table(
    "stages",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("tenure", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("stage", String(40), nullable=False),
    Column("occurred_on", Date, nullable=False),
    Column("basis", String(40)),
    Column("note", Text),
    Column("institution", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    _one_of("stage", Stage, "stage"),
)

lanes = Table(
    "lanes",
    metadata,
    Column("conversation", Uuid, primary_key=True),
    Column("peer", String(6), primary_key=True),
    Column("sent", Integer, nullable=False),
    Column("applied", Integer, nullable=False),
    CheckConstraint("sent >= 0 AND applied >= 0", name="counts"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("row", RowId, Identity(), primary_key=True),
    Column("message", Uuid, nullable=False, unique=True),
    Column("conversation", Uuid, nullable=False),
    Column("recipient", String(6), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("type", String(100), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("traceparent", String(55)),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("published_at", Instant),
    Column("retry_at", Instant),
    Column("outcome", String(10)),
    Column("settled_at", Instant),
    Column("refusal", Text),
    UniqueConstraint("conversation", "recipient", "sequence"),
    _one_of("outcome", ReceiptOutcome, "outcome"),
    CheckConstraint("sequence >= 1", name="sequence"),
    CheckConstraint(f"shard >= 0 AND shard < {SHARDS}", name="shard"),
    CheckConstraint(
        "settled_at IS NULL OR (outcome IS NOT NULL AND outcome IN ('applied', 'refused'))", name="settled_by_verdict"
    ),
    CheckConstraint("(outcome IS NOT NULL AND outcome = 'refused') = (refusal IS NOT NULL)", name="refusal_says_why"),
    CheckConstraint("outcome IS NULL OR outcome <> 'applied' OR settled_at IS NOT NULL", name="applied_is_settled"),
    Index(
        "ix_outbox_fresh",
        "row",
        sqlite_where=text("published_at IS NULL AND settled_at IS NULL"),
        postgresql_where=text("published_at IS NULL AND settled_at IS NULL"),
    ),
    Index(
        "ix_outbox_unsettled",
        "recipient",
        "published_at",
        sqlite_where=text("published_at IS NOT NULL AND settled_at IS NULL"),
        postgresql_where=text("published_at IS NOT NULL AND settled_at IS NULL"),
    ),
    Index("ix_outbox_created_at", "created_at", "message"),
    Index(
        "ix_outbox_refused",
        "row",
        sqlite_where=text("outcome = 'refused'"),
        postgresql_where=text("outcome = 'refused'"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    Column("source", String(6), nullable=False),
    Column("message", Uuid, nullable=False),
    Column("conversation", Uuid, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("type", String(100), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("outcome", String(10), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("refusal", Text),
    # With the body it proves who said this: both parts of a JWS without its payload.
    Column("signature", Text),
    # The message first: a batch is looked up by its messages.
    PrimaryKeyConstraint("message", "source"),
    _one_of("outcome", ReceiptOutcome, "outcome"),
    CheckConstraint("(outcome = 'refused') = (refusal IS NOT NULL)", name="refusal_says_why"),
    Index("ix_inbox_received_at", "received_at", "message"),
    Index(
        "ix_inbox_refused",
        "received_at",
        sqlite_where=text("outcome = 'refused'"),
        postgresql_where=text("outcome = 'refused'"),
    ),
    Index("ix_inbox_conversation", "conversation", "source", "sequence"),
    Index(
        "ix_inbox_questions",
        "received_at",
        sqlite_where=text("type = 'legalaid.reconcile.asked.v1'"),
        postgresql_where=text("type = 'legalaid.reconcile.asked.v1'"),
    ),
    Index(
        "ix_inbox_recoveries",
        "received_at",
        sqlite_where=text("type = 'legalaid.recovery.asked.v1'"),
        postgresql_where=text("type = 'legalaid.recovery.asked.v1'"),
    ),
    Index(
        "ix_inbox_parked",
        "conversation",
        sqlite_where=text("outcome = 'parked'"),
        postgresql_where=text("outcome = 'parked'"),
    ),
)

receipts_due = Table(
    "receipts_due",
    metadata,
    Column("row", RowId, Identity(), primary_key=True),
    Column("recipient", String(6), nullable=False),
    Column("message", Uuid, nullable=False),
    Column("digest", String(71)),
    Column("outcome", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    Column("refusal", Text),
    _one_of("outcome", ReceiptOutcome, "outcome"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("source", String(6)),
    Column("message", Uuid),
    Column("conversation", Uuid),
    Column("type", String(100)),
    Column("exchange", Text),
    Column("user_id", Text),
    Column("digest", String(71)),
    Column("code", String(30), nullable=False),
    Column("refusal", Text, nullable=False),
    Column("body", LargeBinary),
    Column("applied_at", Instant),
    Column("dismissed_at", Instant),
    Column("dismissal", String(20)),
    Index("ix_quarantine_at", "at", "id"),
    # What cannot be opened comes again and again, sealed anew each time; one of them is kept.
    Index(
        "uq_quarantine_unopened",
        "message",
        "source",
        "code",
        unique=True,
        sqlite_where=text("digest IS NULL AND applied_at IS NULL"),
        postgresql_where=text("digest IS NULL AND applied_at IS NULL"),
    ),
)

history = Table(
    "history",
    metadata,
    Column("row", RowId, Identity(), primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("transfer_id", Uuid),
    Column("request_id", Uuid),
    Column("at", Instant, nullable=False),
    Column("event", String(40), nullable=False),
    Column("by", Text, nullable=False),
    Column("institution", String(20)),
    Column("source", String(6)),
    Column("message", Uuid),
    Column("tenure", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ix_history_case_id", "case_id", "row"),
)

# What comparing the messages of a period with a region has shown; its question is open until it is answered.
reconciliations = Table(
    "reconciliations",
    metadata,
    Column("region", String(6), primary_key=True),
    Column("since", Instant, primary_key=True),
    Column("until", Instant, primary_key=True),
    # The conversation of the question asked last, and the first message id that it is about.
    Column("question", Uuid, nullable=False, unique=True),
    Column("start", Uuid, nullable=False),
    Column("scheduled", SmallInteger, nullable=False, server_default=text("0")),
    Column("asked_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("found", Integer, nullable=False),
    Column("differences", Text, nullable=False),
    CheckConstraint("since < until", name="period"),
    CheckConstraint("found >= 0", name="found"),
)

# That this database came from a backup; until it has an end the node decides nothing.
restores = Table(
    "restores",
    metadata,
    Column("number", RowId, Identity(), primary_key=True),
    Column("made_at", Instant, nullable=False),
    Column("restored_at", Instant, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("finished_at", Instant),
    CheckConstraint("made_at <= restored_at", name="older"),
)

# One row, which migrations alone write: the oldest version whose release may run on this database.
oldest_served = Table("oldest_served", metadata, Column("version", String(20), nullable=False))

relay_leases = Table(
    "relay_leases",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("owner", String(64)),
    Column("epoch", Integer, nullable=False),
    Column("lease_until", Instant, nullable=False),
    CheckConstraint("epoch >= 0", name="epoch"),
)

destinations = Table(
    "destinations",
    metadata,
    Column("region", String(6), primary_key=True),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("retry_at", Instant),
    Column("last_error", Text),
    Column("heard_at", Instant),
    Column("receipted_through", Instant),
)

directories = Table(
    "directories",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

# Append-only: each set of rules by which this node counted or counts, in the order in which they came.
rule_sets = Table(
    "rule_sets",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("origin", String(10), nullable=False),
    Column("version", String(20), nullable=False),
    Column("digest", String(71), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("origin", "version"),
    _one_of("origin", Origin, "origin"),
    CheckConstraint("number >= 1", name="number"),
)

answered = Table(
    "answered",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("request", String(71), nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("etag", String(40)),
    Column("body", LargeBinary, nullable=False),
    Column("at", Instant, nullable=False),
    # The case that it shows, with which it goes.
    Column("case_id", Uuid),
    Index("ix_answered_at", "at"),
    Index("ix_answered_case_id", "case_id"),
)

files = Table(
    "files",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(40), nullable=False),
    # The name of its object in the store.
    Column("place", String(120), nullable=False, unique=True),
    Column("kept_at", Instant, nullable=False),
    # When somebody was last about to name it; a sweep leaves it alone for a while.
    Column("touched_at", Instant, nullable=False),
    CheckConstraint("size >= 1", name="size"),
    _one_of("media_type", MediaType, "media_type"),
    Index("ix_files_kept_at", "kept_at", "digest"),
    Index("ix_files_touched_at", "touched_at"),
)

# Which cases name a file, in their records or in messages; what none names is not kept for ever.
file_uses = Table(
    "file_uses",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("at", Instant, nullable=False),
)

# A message to that region names the file, so the region may fetch it.
file_grants = Table(
    "file_grants",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("recipient", String(6), primary_key=True),
    Column("message", Uuid, primary_key=True),
    Column("at", Instant, nullable=False),
)

fetches = Table(
    "fetches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("digest", String(71), nullable=False),
    Column("source", String(6), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("media_type", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("got", BigInteger, nullable=False, server_default=text("0")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    # When it is due: for one that is being fetched, when whoever does so is taken for dead.
    Column("retry_at", Instant),
    Column("code", String(40)),
    Column("detail", Text),
    Column("case_id", Uuid, nullable=False),
    Column("message", Uuid, nullable=False),
    Column("wanted_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    UniqueConstraint("digest", "source"),
    _one_of("state", FetchState, "state"),
    _one_of("media_type", MediaType, "media_type"),
    CheckConstraint("size >= 1 AND got >= 0 AND got <= size", name="size"),
    CheckConstraint("(state IN ('waiting', 'fetching')) = (retry_at IS NOT NULL)", name="due_until_its_end"),
    CheckConstraint("state NOT IN ('refused', 'gone') OR code IS NOT NULL", name="says_why"),
    Index(
        "ix_fetches_due",
        "retry_at",
        sqlite_where=text("retry_at IS NOT NULL"),
        postgresql_where=text("retry_at IS NOT NULL"),
    ),
    Index("ix_fetches_wanted_at", "wanted_at", "id"),
)

# What caseworkers have begun to enter; it is no case yet, and none of the ledger's business.
drafts = Table(
    "drafts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("account", Uuid),
    Column("content", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    _one_of("kind", DraftKind, "kind"),
    Index("ix_drafts_changed_at", "changed_at"),
    Index("ix_drafts_account", "account", "changed_at"),
)
