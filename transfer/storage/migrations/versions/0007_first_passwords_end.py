"""When a password for the first sign-in ends; one that was given before needs another."""

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("first_until", Instant(), nullable=True))


def downgrade() -> None:
    op.drop_column("accounts", "first_until")
