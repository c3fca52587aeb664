"""The tables of the box of the centre, of codes and of text messages; none of it travels or counts as the record."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Integer, String, Table, Text, Uuid, text

from transfer.ports.mailbox import MailKind, MailState
from transfer.storage.tables import metadata
from transfer.storage.types import Instant


def _listed(codes: type[StrEnum]) -> str:
    return ", ".join(f"'{code.value}'" for code in codes)


# By hash; ``facts`` are marks of second facts, ``seen`` is the version of the case of which ``told`` was said.
worker_codes = Table(
    "worker_codes",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("facts", Text, nullable=False),
    Column("case_id", Uuid),
    Column("applicant", Uuid),
    Column("failures", Integer, nullable=False),
    Column("closed_until", Instant),
    Column("told", String(80), nullable=False),
    Column("seen", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    CheckConstraint("failures >= 0", name="failures"),
    Index("ix_worker_codes_case_id", "case_id"),
)

# Visits, by the hash of what the browser keeps.
worker_sessions = Table(
    "worker_sessions",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("code", String(64), ForeignKey("worker_codes.code"), nullable=False),
    Column("hidden", String(64), nullable=False),
    Column("ends_at", Instant, nullable=False),
    Index("ix_worker_sessions_code", "code"),
    Index("ix_worker_sessions_ends_at", "ends_at"),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", String(64), ForeignKey("worker_codes.code"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(10), nullable=False),
    Column("case_id", Uuid),
    Column("applicant", Uuid),
    Column("answers", Text, nullable=False),
    Column("remark", Text),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    CheckConstraint(f"kind IN ({_listed(MailKind)})", name="kind"),
    CheckConstraint(f"state IN ({_listed(MailState)})", name="state"),
    CheckConstraint("state <> 'done' OR answers = '{}'", name="done_is_empty"),
    CheckConstraint("state <> 'sent_back' OR remark IS NOT NULL", name="remark"),
    Index("ix_mail_code", "code", "kind", "id"),
    Index("ix_mail_case_id", "case_id"),
    Index("ix_mail_changed_at", "state", "changed_at"),
    Index("ix_mail_sent", "id", sqlite_where=text("state = 'sent'"), postgresql_where=text("state = 'sent'")),
)

# Number and words go when the message has gone; ``mark`` is the hash by which who opted out is known.
texts = Table(
    "texts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", String(64), ForeignKey("worker_codes.code"), nullable=False),
    Column("mark", String(64), nullable=False),
    Column("phone", String(20), nullable=False),
    Column("words", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("outcome", String(20)),
    CheckConstraint("(due_at IS NULL) = (outcome IS NOT NULL)", name="due_until_its_end"),
    CheckConstraint("outcome IS NULL OR (phone = '' AND words = '')", name="ended_is_empty"),
    Index("ix_texts_code", "code"),
    Index(
        "ix_texts_due",
        "due_at",
        sqlite_where=text("due_at IS NOT NULL"),
        postgresql_where=text("due_at IS NOT NULL"),
    ),
)

text_optouts = Table(
    "text_optouts",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
)
