"""The first form of the database."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant, RowId

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fetches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("source", sa.String(length=6), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("got", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("message", sa.Uuid(), nullable=False),
        sa.Column("wanted_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('waiting', 'fetching')) = (retry_at IS NOT NULL)", name=op.f("ck_fetches_due_until_its_end")
        ),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'application/ofd', 'image/jpeg', 'image/png', 'image/tiff', 'audio/mpeg', 'audio/wav', 'video/mp4')",
            name=op.f("ck_fetches_media_type"),
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'fetching', 'kept', 'refused', 'gone')", name=op.f("ck_fetches_state")
        ),
        sa.CheckConstraint("state NOT IN ('refused', 'gone') OR code IS NOT NULL", name=op.f("ck_fetches_says_why")),
        sa.CheckConstraint("size >= 1 AND got >= 0 AND got <= size", name=op.f("ck_fetches_size")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
        sa.UniqueConstraint("digest", "source", name=op.f("uq_fetches_digest_source")),
    )
    with op.batch_alter_table("fetches", schema=None) as batch_op:
        batch_op.create_index(
            "ix_fetches_due",
            ["retry_at"],
            unique=False,
            sqlite_where=sa.text("retry_at IS NOT NULL"),
            postgresql_where=sa.text("retry_at IS NOT NULL"),
        )
        batch_op.create_index("ix_fetches_wanted_at", ["wanted_at", "id"], unique=False)

    op.create_table(
        "file_grants",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("recipient", sa.String(length=6), nullable=False),
        sa.Column("message", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "recipient", "message", name=op.f("pk_file_grants")),
    )
    op.create_table(
        "file_uses",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "case_id", name=op.f("pk_file_uses")),
    )
    op.create_table(
        "files",
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.Column("touched_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "media_type IN ('application/pdf', 'application/ofd', 'image/jpeg', 'image/png', 'image/tiff', 'audio/mpeg', 'audio/wav', 'video/mp4')",
            name=op.f("ck_files_media_type"),
        ),
        sa.CheckConstraint("size >= 1", name=op.f("ck_files_size")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_files")),
        sa.UniqueConstraint("place", name=op.f("uq_files_place")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index("ix_files_kept_at", ["kept_at", "digest"], unique=False)
        batch_op.create_index("ix_files_touched_at", ["touched_at"], unique=False)

    op.create_table(
        "directories",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("kept_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_directories")),
    )
    op.create_table(
        "rule_sets",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_rule_sets_number")),
        sa.CheckConstraint("origin IN ('built_in', 'loaded')", name=op.f("ck_rule_sets_origin")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_rule_sets")),
        sa.UniqueConstraint("origin", "version", name=op.f("uq_rule_sets_origin_version")),
    )
    op.create_table(
        "answered",
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request", sa.String(length=71), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answered")),
    )
    with op.batch_alter_table("answered", schema=None) as batch_op:
        batch_op.create_index("ix_answered_at", ["at"], unique=False)

    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("matter", sa.String(length=40), nullable=False),
        sa.Column("urgency", sa.String(length=40), nullable=False),
        sa.Column("first_received_at", Instant(), nullable=False),
        sa.Column("first_received_by", sa.String(length=20), nullable=False),
        sa.Column("limitation_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=False),
        sa.Column("watch_on", sa.Date(), nullable=True),
        sa.Column("waits_for", sa.SmallInteger(), nullable=True),
        sa.Column("opponent", sa.Text(), nullable=True),
        sa.Column("holder", sa.String(length=20), nullable=False),
        sa.Column("holder_region", sa.String(length=6), nullable=False),
        sa.Column("tenure", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("stage_tenure", sa.Integer(), nullable=False),
        sa.Column("stage_number", sa.Integer(), nullable=False),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("followers", sa.Text(), nullable=False),
        sa.Column("same_matter", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=True),
        sa.Column("handling", sa.Text(), nullable=True),
        sa.Column("election", sa.Text(), nullable=True),
        sa.Column("attestations", sa.Text(), nullable=True),
        sa.Column("basics", sa.Text(), nullable=False),
        sa.Column("materials", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('received', 'under_review', 'suspended', 'granted', 'refused', 'aid_first', 'assigned', 'agreement_signed', 'handling', 'concluded', 'file_submitted', 'file_reviewed', 'archived', 'terminated', 'objected', 'maintained', 'correction_ordered')",
            name=op.f("ck_cases_stage"),
        ),
        sa.CheckConstraint(
            "urgency IN ('NORMAL', 'GREEN_CHANNEL', 'LIMITATION_LT_7_DAYS', 'PRESERVATION', 'ADVANCE_ENFORCEMENT', 'OTHER_URGENT')",
            name=op.f("ck_cases_urgency"),
        ),
        sa.CheckConstraint("duplicate_of IS NULL OR duplicate_of <> id", name=op.f("ck_cases_not_its_own_duplicate")),
        sa.CheckConstraint(
            "stage_tenure <= tenure AND stage_tenure >= 1 AND stage_number >= 0", name=op.f("ck_cases_stage_place")
        ),
        sa.CheckConstraint("substr(holder, 1, 6) = holder_region", name=op.f("ck_cases_holder_region")),
        sa.CheckConstraint("tenure >= 1", name=op.f("ck_cases_tenure")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_cases_version")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.create_index(
            "ix_cases_duplicate_of",
            ["duplicate_of"],
            unique=False,
            sqlite_where=sa.text("duplicate_of IS NOT NULL"),
            postgresql_where=sa.text("duplicate_of IS NOT NULL"),
        )
        batch_op.create_index("ix_cases_watch_on", ["holder_region", "watch_on"], unique=False)
        batch_op.create_index(
            "ix_cases_waits_for",
            ["holder_region", "id"],
            unique=False,
            sqlite_where=sa.text("waits_for IS NOT NULL"),
            postgresql_where=sa.text("waits_for IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_cases_worklist",
            ["holder_region", "place", "act_by", "first_received_at", "id"],
            unique=False,
        )
        batch_op.create_index("ix_cases_place", ["place", "act_by", "first_received_at", "id"], unique=False)

    op.create_table(
        "destinations",
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("heard_at", Instant(), nullable=True),
        sa.Column("receipted_through", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("region", name=op.f("pk_destinations")),
    )
    op.create_table(
        "history",
        sa.Column("row", RowId, sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Uuid(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("institution", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=6), nullable=True),
        sa.Column("message", sa.Uuid(), nullable=True),
        sa.Column("tenure", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_history")),
    )
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.create_index("ix_history_case_id", ["case_id", "row"], unique=False)

    op.create_table(
        "inbox",
        sa.Column("source", sa.String(length=6), nullable=False),
        sa.Column("message", sa.Uuid(), nullable=False),
        sa.Column("conversation", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.CheckConstraint("(outcome = 'refused') = (refusal IS NOT NULL)", name=op.f("ck_inbox_refusal_says_why")),
        sa.CheckConstraint("outcome IN ('applied', 'parked', 'refused')", name=op.f("ck_inbox_outcome")),
        sa.PrimaryKeyConstraint("message", "source", name=op.f("pk_inbox")),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("ix_inbox_conversation", ["conversation", "source", "sequence"], unique=False)
        batch_op.create_index(
            "ix_inbox_parked",
            ["conversation"],
            unique=False,
            sqlite_where=sa.text("outcome = 'parked'"),
            postgresql_where=sa.text("outcome = 'parked'"),
        )
        batch_op.create_index(
            "ix_inbox_questions",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("type = 'legalaid.reconcile.asked.v1'"),
            postgresql_where=sa.text("type = 'legalaid.reconcile.asked.v1'"),
        )
        batch_op.create_index("ix_inbox_received_at", ["received_at", "message"], unique=False)
        batch_op.create_index(
            "ix_inbox_refused",
            ["received_at"],
            unique=False,
            sqlite_where=sa.text("outcome = 'refused'"),
            postgresql_where=sa.text("outcome = 'refused'"),
        )

    op.create_table(
        "lanes",
        sa.Column("conversation", sa.Uuid(), nullable=False),
        sa.Column("peer", sa.String(length=6), nullable=False),
        sa.Column("sent", sa.Integer(), nullable=False),
        sa.Column("applied", sa.Integer(), nullable=False),
        sa.CheckConstraint("sent >= 0 AND applied >= 0", name=op.f("ck_lanes_counts")),
        sa.PrimaryKeyConstraint("conversation", "peer", name=op.f("pk_lanes")),
    )
    op.create_table(
        "outbox",
        sa.Column("row", RowId, sa.Identity(always=False), nullable=False),
        sa.Column("message", sa.Uuid(), nullable=False),
        sa.Column("conversation", sa.Uuid(), nullable=False),
        sa.Column("recipient", sa.String(length=6), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("retry_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=True),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(outcome IS NOT NULL AND outcome = 'refused') = (refusal IS NOT NULL)",
            name=op.f("ck_outbox_refusal_says_why"),
        ),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome <> 'applied' OR settled_at IS NOT NULL",
            name=op.f("ck_outbox_applied_is_settled"),
        ),
        sa.CheckConstraint("outcome IN ('applied', 'parked', 'refused')", name=op.f("ck_outbox_outcome")),
        sa.CheckConstraint(
            "settled_at IS NULL OR (outcome IS NOT NULL AND outcome IN ('applied', 'refused'))",
            name=op.f("ck_outbox_settled_by_verdict"),
        ),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_outbox_sequence")),
        sa.CheckConstraint("shard >= 0 AND shard < 16", name=op.f("ck_outbox_shard")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_outbox")),
        sa.UniqueConstraint(
            "conversation", "recipient", "sequence", name=op.f("uq_outbox_conversation_recipient_sequence")
        ),
        sa.UniqueConstraint("message", name=op.f("uq_outbox_message")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_created_at", ["created_at", "message"], unique=False)
        batch_op.create_index(
            "ix_outbox_fresh",
            ["row"],
            unique=False,
            sqlite_where=sa.text("published_at IS NULL AND settled_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL AND settled_at IS NULL"),
        )
        batch_op.create_index(
            "ix_outbox_refused",
            ["row"],
            unique=False,
            sqlite_where=sa.text("outcome = 'refused'"),
            postgresql_where=sa.text("outcome = 'refused'"),
        )
        batch_op.create_index(
            "ix_outbox_unsettled",
            ["recipient", "published_at"],
            unique=False,
            sqlite_where=sa.text("published_at IS NOT NULL AND settled_at IS NULL"),
            postgresql_where=sa.text("published_at IS NOT NULL AND settled_at IS NULL"),
        )

    op.create_table(
        "quarantine",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("source", sa.String(length=6), nullable=True),
        sa.Column("message", sa.Uuid(), nullable=True),
        sa.Column("conversation", sa.Uuid(), nullable=True),
        sa.Column("type", sa.String(length=100), nullable=True),
        sa.Column("exchange", sa.Text(), nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("code", sa.String(length=30), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("applied_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
    )
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.create_index("ix_quarantine_at", ["at", "id"], unique=False)
        batch_op.create_index(
            "uq_quarantine_unopened",
            ["message", "source", "code"],
            unique=True,
            sqlite_where=sa.text("digest IS NULL AND applied_at IS NULL"),
            postgresql_where=sa.text("digest IS NULL AND applied_at IS NULL"),
        )

    op.create_table(
        "receipts_due",
        sa.Column("row", RowId, sa.Identity(always=False), nullable=False),
        sa.Column("recipient", sa.String(length=6), nullable=False),
        sa.Column("message", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(length=71), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.CheckConstraint("outcome IN ('applied', 'parked', 'refused')", name=op.f("ck_receipts_due_outcome")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_receipts_due")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.Column("question", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Uuid(), nullable=False),
        sa.Column("scheduled", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("differences", sa.Text(), nullable=False),
        sa.CheckConstraint("found >= 0", name=op.f("ck_reconciliations_found")),
        sa.CheckConstraint("since < until", name=op.f("ck_reconciliations_period")),
        sa.PrimaryKeyConstraint("region", "since", "until", name=op.f("pk_reconciliations")),
        sa.UniqueConstraint("question", name=op.f("uq_reconciliations_question")),
    )
    op.create_table(
        "relay_leases",
        sa.Column("shard", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", Instant(), nullable=False),
        sa.CheckConstraint("epoch >= 0", name=op.f("ck_relay_leases_epoch")),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_relay_leases")),
    )
    op.create_table(
        "applicants",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_number", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'WITHDRAWN', 'DEEMED_WITHDRAWN', 'SPLIT_OFF')", name=op.f("ck_applicants_status")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_applicants_case_id")),
        sa.PrimaryKeyConstraint("case_id", "position", name=op.f("pk_applicants")),
        sa.UniqueConstraint("case_id", "id", name=op.f("uq_applicants_case_id_id")),
    )
    with op.batch_alter_table("applicants", schema=None) as batch_op:
        batch_op.create_index("ix_applicants_identity_number", ["identity_number"], unique=False)
        batch_op.create_index("ix_applicants_name", ["name"], unique=False)

    op.create_table(
        "fingerprints",
        sa.Column("print", sa.String(length=69), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_fingerprints_case_id")),
        sa.PrimaryKeyConstraint("print", "case_id", name=op.f("pk_fingerprints")),
    )
    op.create_table(
        "stages",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("tenure", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("basis", sa.String(length=40), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("institution", sa.String(length=20), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('received', 'under_review', 'suspended', 'granted', 'refused', 'aid_first', 'assigned', 'agreement_signed', 'handling', 'concluded', 'file_submitted', 'file_reviewed', 'archived', 'terminated', 'objected', 'maintained', 'correction_ordered')",
            name=op.f("ck_stages_stage"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_stages_case_id")),
        sa.PrimaryKeyConstraint("case_id", "tenure", "number", name=op.f("pk_stages")),
    )
    op.create_table(
        "tenures",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("institution", sa.String(length=20), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_tenures_number")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_tenures_case_id")),
        sa.PrimaryKeyConstraint("case_id", "number", name=op.f("pk_tenures")),
    )
    op.create_table(
        "transfers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("is_open", sa.SmallInteger(), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("receiver", sa.String(length=20), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "is_open = 0 OR state NOT IN ('accepted', 'linked_as_duplicate', 'released')",
            name=op.f("ck_transfers_open"),
        ),
        sa.CheckConstraint("side IN ('sender', 'receiver', 'superior')", name=op.f("ck_transfers_side")),
        sa.CheckConstraint("state <> 'drafted'", name=op.f("ck_transfers_sent")),
        sa.CheckConstraint("state <> 'supplement_required' OR due_on IS NOT NULL", name=op.f("ck_transfers_due")),
        sa.CheckConstraint(
            "state IN ('drafted', 'offered', 'signed_for', 'supplement_required', 'supplemented', 'competence_disputed', 'designated', 'recall_requested', 'accepted', 'linked_as_duplicate', 'released')",
            name=op.f("ck_transfers_state"),
        ),
        sa.CheckConstraint("substr(sender, 1, 6) <> substr(receiver, 1, 6)", name=op.f("ck_transfers_two_regions")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_transfers_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfers")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_transfers_case_id_position")),
    )
    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.create_index("ix_transfers_worklist", ["place", "act_by", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_transfers_opened_at", ["opened_at", "id"], unique=False)
        batch_op.create_index(
            "uq_transfers_open_offer",
            ["case_id"],
            unique=True,
            sqlite_where=sa.text("side = 'sender' AND is_open = 1"),
            postgresql_where=sa.text("side = 'sender' AND is_open = 1"),
        )

    op.create_table(
        "evidence_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=30), nullable=False),
        sa.Column("is_open", sa.SmallInteger(), nullable=False),
        sa.Column("peer", sa.String(length=6), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("lawyer", sa.Text(), nullable=False),
        sa.Column("collector", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("pressing", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.SmallInteger(), nullable=False),
        sa.Column("act_by", sa.Date(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "is_open = 0 OR state NOT IN ('confirmed', 'declined', 'cancelled')", name=op.f("ck_evidence_requests_open")
        ),
        sa.CheckConstraint("side IN ('requester', 'requested')", name=op.f("ck_evidence_requests_side")),
        sa.CheckConstraint(
            "side = 'requester' OR state NOT IN ('drafted', 'approved')", name=op.f("ck_evidence_requests_sent")
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'approved', 'requested', 'signed_for', 'clarification_asked', 'clarified', 'undertaken', 'partly_supplied', 'returned', 'rework_asked', 'confirmed', 'declined', 'cancelled')",
            name=op.f("ck_evidence_requests_state"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_evidence_requests_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_requests")),
        sa.UniqueConstraint("case_id", "position", name=op.f("uq_evidence_requests_case_id_position")),
    )
    with op.batch_alter_table("evidence_requests", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_requests_worklist", ["place", "act_by", "opened_at", "id"], unique=False)
        batch_op.create_index("ix_evidence_requests_opened_at", ["opened_at", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("evidence_requests", schema=None) as batch_op:
        batch_op.drop_index("ix_evidence_requests_opened_at")
        batch_op.drop_index("ix_evidence_requests_worklist")

    op.drop_table("evidence_requests")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index("ix_files_touched_at")
        batch_op.drop_index("ix_files_kept_at")

    op.drop_table("files")
    op.drop_table("file_uses")
    op.drop_table("file_grants")
    with op.batch_alter_table("fetches", schema=None) as batch_op:
        batch_op.drop_index("ix_fetches_wanted_at")
        batch_op.drop_index(
            "ix_fetches_due",
            sqlite_where=sa.text("retry_at IS NOT NULL"),
            postgresql_where=sa.text("retry_at IS NOT NULL"),
        )

    op.drop_table("fetches")

    with op.batch_alter_table("transfers", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_transfers_open_offer",
            sqlite_where=sa.text("side = 'sender' AND is_open = 1"),
            postgresql_where=sa.text("side = 'sender' AND is_open = 1"),
        )
        batch_op.drop_index("ix_transfers_opened_at")
        batch_op.drop_index("ix_transfers_worklist")

    op.drop_table("transfers")
    op.drop_table("tenures")
    op.drop_table("stages")
    op.drop_table("fingerprints")
    with op.batch_alter_table("applicants", schema=None) as batch_op:
        batch_op.drop_index("ix_applicants_name")
        batch_op.drop_index("ix_applicants_identity_number")

    op.drop_table("applicants")
    op.drop_table("relay_leases")
    op.drop_table("reconciliations")
    op.drop_table("receipts_due")
    with op.batch_alter_table("quarantine", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_quarantine_unopened",
            sqlite_where=sa.text("digest IS NULL AND applied_at IS NULL"),
            postgresql_where=sa.text("digest IS NULL AND applied_at IS NULL"),
        )
        batch_op.drop_index("ix_quarantine_at")

    op.drop_table("quarantine")
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_outbox_unsettled",
            sqlite_where=sa.text("published_at IS NOT NULL AND settled_at IS NULL"),
            postgresql_where=sa.text("published_at IS NOT NULL AND settled_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_fresh",
            sqlite_where=sa.text("published_at IS NULL AND settled_at IS NULL"),
            postgresql_where=sa.text("published_at IS NULL AND settled_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_outbox_refused",
            sqlite_where=sa.text("outcome = 'refused'"),
            postgresql_where=sa.text("outcome = 'refused'"),
        )
        batch_op.drop_index("ix_outbox_created_at")

    op.drop_table("outbox")
    op.drop_table("lanes")
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_inbox_parked",
            sqlite_where=sa.text("outcome = 'parked'"),
            postgresql_where=sa.text("outcome = 'parked'"),
        )
        batch_op.drop_index(
            "ix_inbox_refused",
            sqlite_where=sa.text("outcome = 'refused'"),
            postgresql_where=sa.text("outcome = 'refused'"),
        )
        batch_op.drop_index("ix_inbox_received_at")
        batch_op.drop_index(
            "ix_inbox_questions",
            sqlite_where=sa.text("type = 'legalaid.reconcile.asked.v1'"),
            postgresql_where=sa.text("type = 'legalaid.reconcile.asked.v1'"),
        )
        batch_op.drop_index("ix_inbox_conversation")

    op.drop_table("inbox")
    with op.batch_alter_table("history", schema=None) as batch_op:
        batch_op.drop_index("ix_history_case_id")

    op.drop_table("history")
    op.drop_table("destinations")
    op.drop_table("directories")
    op.drop_table("rule_sets")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        batch_op.drop_index("ix_cases_place")
        batch_op.drop_index("ix_cases_worklist")
        batch_op.drop_index(
            "ix_cases_duplicate_of",
            sqlite_where=sa.text("duplicate_of IS NOT NULL"),
            postgresql_where=sa.text("duplicate_of IS NOT NULL"),
        )

    op.drop_table("cases")
    with op.batch_alter_table("answered", schema=None) as batch_op:
        batch_op.drop_index("ix_answered_at")

    op.drop_table("answered")
