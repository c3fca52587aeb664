"""Entries of erasures are found without a look at all others."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_ledger_entries_erased",
        "ledger_entries",
        ["id"],
        unique=False,
        sqlite_where=sa.text("kind = 'erased'"),
        postgresql_where=sa.text("kind = 'erased'"),
    )


def downgrade() -> None:
    op.drop_index("ix_ledger_entries_erased", table_name="ledger_entries")
