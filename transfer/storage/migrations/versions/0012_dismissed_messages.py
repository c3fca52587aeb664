"""Which messages of the quarantine need nothing more, and why."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

serves = "0010"


def upgrade() -> None:
    op.add_column("quarantine", sa.Column("dismissed_at", Instant(), nullable=True))
    op.add_column("quarantine", sa.Column("dismissal", sa.String(length=20), nullable=True))


def downgrade() -> None:
    op.drop_column("quarantine", "dismissal")
    op.drop_column("quarantine", "dismissed_at")
