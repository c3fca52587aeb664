"""Drafts of caseworkers."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint("kind IN ('persons', 'group')", name=op.f("ck_drafts_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_index("ix_drafts_changed_at", "drafts", ["changed_at"], unique=False)
    op.create_index("ix_drafts_account", "drafts", ["account", "changed_at"], unique=False)


def downgrade() -> None:
    op.drop_table("drafts")
