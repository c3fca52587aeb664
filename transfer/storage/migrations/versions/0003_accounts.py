"""Accounts, and who stands how in a case."""

import json

import sqlalchemy as sa
from alembic import op

from transfer.storage.types import Instant, RowId

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("institution", sa.String(length=20), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("system", sa.Boolean(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", RowId, nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name=op.f("ck_accounts_provider")),
        sa.CheckConstraint("NOT system OR (password IS NULL AND totp IS NULL)", name=op.f("ck_accounts_system")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_login")),
        sa.UniqueConstraint("name", name=op.f("uq_accounts_name")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_accounts_issuer_subject")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_recovery_codes_account")),
        sa.PrimaryKeyConstraint("account", "digest", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("client", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_sessions_account")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name=op.f("fk_tokens_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_tokens_digest")),
    )
    op.create_index("ix_tokens_account", "tokens", ["account"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("paused_until", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_last_at", "attempts", ["last_at"], unique=False)
    people = op.create_table(
        "case_people",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.CheckConstraint("standing IN ('handles', 'recused')", name=op.f("ck_case_people_standing")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_people_case_id")),
        sa.PrimaryKeyConstraint("case_id", "name", "standing", name=op.f("pk_case_people")),
    )
    op.create_index("ix_case_people_name", "case_people", ["name", "standing", "case_id"], unique=False)
    _fill(people)


def downgrade() -> None:
    for table in ("case_people", "attempts", "tokens", "sessions", "recovery_codes", "accounts"):
        op.drop_table(table)


def _fill(people: sa.Table) -> None:
    """Who stands how in the cases that there are."""
    connection = op.get_bind()
    cases = sa.table("cases", sa.column("id", sa.Uuid()), sa.column("handling", sa.Text()))
    requests = sa.table(
        "evidence_requests", sa.column("case_id", sa.Uuid()), sa.column("side"), sa.column("lawyer", sa.Text())
    )
    found = set()
    for case, handling in connection.execute(sa.select(cases).where(cases.c.handling.is_not(None))):
        said = json.loads(handling)
        assigned = [
            e["part"]["person"] for e in said.get("entries", ()) if e.get("part", {}).get("kind") == "assignment"
        ]
        found |= {(case, name, "handles") for name in assigned[-1:]}
        recused = [one["person"] for one in said.get("recusals", ()) if one.get("lifted_on") is None]
        found |= {(case, name, "recused") for name in recused}
    asked = sa.select(requests.c.case_id, requests.c.lawyer).where(requests.c.side == "requester")
    found |= {(case, name, "handles") for case, name in connection.execute(asked) if name}
    rows = [{"case_id": case, "name": name, "standing": standing} for case, name, standing in sorted(found)]
    if rows:
        connection.execute(sa.insert(people), rows)
