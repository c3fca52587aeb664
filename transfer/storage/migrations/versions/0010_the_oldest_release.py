"""Which release may still run on the database, said by the database itself."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

serves = "0010"
"""No earlier release looks for it."""


def upgrade() -> None:
    op.create_table("oldest_served", sa.Column("version", sa.String(length=20), nullable=False))


def downgrade() -> None:
    op.drop_table("oldest_served")
