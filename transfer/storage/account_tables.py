"""The tables of accounts. Secrets stand here as hashes, or sealed."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from transfer.storage.tables import metadata
from transfer.storage.types import Instant, RowId

# Acts are told by name, in cases and in the ledger; so one name is one account.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("institution", String(20), nullable=False),
    Column("roles", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("system", Boolean, nullable=False),
    Column("password", Text),
    Column("must_change", Boolean, nullable=False),
    Column("first_until", Instant),
    Column("totp", LargeBinary),
    Column("totp_step", RowId),
    Column("issuer", Text),
    Column("subject", Text),
    Column("disabled", Boolean, nullable=False),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="provider"),
    CheckConstraint("NOT system OR (password IS NULL AND totp IS NULL)", name="system"),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account", Uuid, ForeignKey("accounts.id"), primary_key=True),
    Column("digest", LargeBinary(32), primary_key=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("account", Uuid, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("client", String(200), nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("account", Uuid, ForeignKey("accounts.id"), nullable=False, index=True),
    Column("name", String(100), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_on", Date),
)

# By digests of logins, accounts and addresses: what was tried in vain, until it counts no more.
attempts = Table(
    "attempts",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False, index=True),
    Column("paused_until", Instant),
)

# Who handles a case, and who is recused in it, as the case says; for lists that show each person what is theirs.
case_people = Table(
    "case_people",
    metadata,
    Column("case_id", Uuid, ForeignKey("cases.id"), primary_key=True),
    Column("name", Text, primary_key=True),
    Column("standing", String(10), primary_key=True),
    CheckConstraint("standing IN ('handles', 'recused')", name="standing"),
    Index("ix_case_people_name", "name", "standing", "case_id"),
)
