"""That the database came from a backup."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant, RowId

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ASKED = sa.text("type = 'legalaid.recovery.asked.v1'")


def upgrade() -> None:
    op.create_table(
        "restores",
        sa.Column("number", RowId, sa.Identity(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("restored_at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.CheckConstraint("made_at <= restored_at", name=op.f("ck_restores_older")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_restores")),
    )
    op.create_index("ix_inbox_recoveries", "inbox", ["received_at"], sqlite_where=_ASKED, postgresql_where=_ASKED)


def downgrade() -> None:
    op.drop_index("ix_inbox_recoveries", table_name="inbox")
    op.drop_table("restores")
