"""The box of the centre, the codes of applicants, and text messages to them."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_optouts",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_text_optouts")),
    )
    op.create_table(
        "worker_codes",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("applicant", sa.Uuid(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("closed_until", Instant(), nullable=True),
        sa.Column("told", sa.String(length=80), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_worker_codes_failures")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_worker_codes")),
    )
    op.create_index("ix_worker_codes_case_id", "worker_codes", ["case_id"], unique=False)
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("applicant", sa.Uuid(), nullable=True),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('application', 'supplement', 'withdrawal')", name=op.f("ck_mail_kind")),
        sa.CheckConstraint("state <> 'done' OR answers = '{}'", name=op.f("ck_mail_done_is_empty")),
        sa.CheckConstraint("state <> 'sent_back' OR remark IS NOT NULL", name=op.f("ck_mail_remark")),
        sa.CheckConstraint("state IN ('draft', 'sent', 'sent_back', 'done')", name=op.f("ck_mail_state")),
        sa.ForeignKeyConstraint(["code"], ["worker_codes.code"], name=op.f("fk_mail_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
    )
    op.create_index("ix_mail_case_id", "mail", ["case_id"], unique=False)
    op.create_index("ix_mail_changed_at", "mail", ["state", "changed_at"], unique=False)
    op.create_index("ix_mail_code", "mail", ["code", "kind", "id"], unique=False)
    op.create_index(
        "ix_mail_sent",
        "mail",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'sent'"),
        postgresql_where=sa.text("state = 'sent'"),
    )
    op.create_table(
        "texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.CheckConstraint("outcome IS NULL OR (phone = '' AND words = '')", name=op.f("ck_texts_ended_is_empty")),
        sa.CheckConstraint("(due_at IS NULL) = (outcome IS NOT NULL)", name=op.f("ck_texts_due_until_its_end")),
        sa.ForeignKeyConstraint(["code"], ["worker_codes.code"], name=op.f("fk_texts_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_texts")),
    )
    op.create_index("ix_texts_code", "texts", ["code"], unique=False)
    op.create_index(
        "ix_texts_due",
        "texts",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "worker_sessions",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("hidden", sa.String(length=64), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["code"], ["worker_codes.code"], name=op.f("fk_worker_sessions_code")),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_worker_sessions")),
    )
    op.create_index("ix_worker_sessions_code", "worker_sessions", ["code"], unique=False)
    op.create_index("ix_worker_sessions_ends_at", "worker_sessions", ["ends_at"], unique=False)


def downgrade() -> None:
    for table in ("worker_sessions", "texts", "mail", "worker_codes", "text_optouts"):
        op.drop_table(table)
