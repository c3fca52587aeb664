"""The ledger."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant, RowId

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("answered", sa.Column("case_id", sa.Uuid(), nullable=True))
    op.create_index("ix_answered_case_id", "answered", ["case_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(subject IS NULL) = (sealed IS NULL)", name=op.f("ck_ledger_entries_sealed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
    )
    op.create_index("ix_ledger_entries_case_id", "ledger_entries", ["case_id", "id"], unique=False)
    op.create_index(
        "ix_ledger_entries_keys",
        "ledger_entries",
        ["id"],
        unique=False,
        sqlite_where=sa.text("kind = 'keys'"),
        postgresql_where=sa.text("kind = 'keys'"),
    )
    op.create_table(
        "ledger_keys",
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_ledger_keys")),
    )
    op.create_table(
        "ledger_leaves",
        sa.Column("place", RowId, autoincrement=False, nullable=False),
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("place >= 0", name=op.f("ck_ledger_leaves_place")),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_ledger_leaves")),
        sa.UniqueConstraint("entry", name=op.f("uq_ledger_leaves_entry")),
    )
    op.create_table(
        "ledger_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("place", RowId, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("level > 0 AND level % 8 = 0", name=op.f("ck_ledger_nodes_level")),
        sa.PrimaryKeyConstraint("level", "place", name=op.f("pk_ledger_nodes")),
    )
    op.create_table(
        "ledger_heads",
        sa.Column("size", RowId, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_ledger_heads")),
    )
    op.create_table(
        "ledger_seen",
        sa.Column("row", RowId, sa.Identity(always=False), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("size", RowId, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("verdict", sa.String(length=10), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint("verdict IN ('cosigned', 'refused', 'accepted')", name=op.f("ck_ledger_seen_verdict")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_ledger_seen")),
    )
    op.create_index("ix_ledger_seen_region", "ledger_seen", ["region", "verdict", "row"], unique=False)
    op.create_table(
        "ledger_cosignatures",
        sa.Column("size", RowId, nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["ledger_heads.size"], name=op.f("fk_ledger_cosignatures_size")),
        sa.PrimaryKeyConstraint("size", "region", name=op.f("pk_ledger_cosignatures")),
    )


def downgrade() -> None:
    op.drop_table("ledger_cosignatures")
    op.drop_table("ledger_seen")
    op.drop_table("ledger_heads")
    op.drop_table("ledger_nodes")
    op.drop_table("ledger_leaves")
    op.drop_table("ledger_keys")
    op.drop_table("ledger_entries")
    op.drop_index("ix_answered_case_id", "answered")
    op.drop_column("answered", "case_id")
