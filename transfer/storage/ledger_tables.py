"""The tables of the ledger. Rows are inserted and never changed or deleted, but for keys, which are destroyed."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    Uuid,
    literal_column,
    text,
)

from transfer.ledger.entry import Kind
from transfer.storage.tables import metadata
from transfer.storage.types import Instant, RowId

# What happened, written by the transaction in which it did; ids rise with time. Names and texts lie beside the body,
# which has their digest, sealed under the key of their subject. No foreign key leads here: each check would lock a row
# and so write it again; whoever verifies finds what leads nowhere.
ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("case_id", Uuid),
    Column("body", LargeBinary, nullable=False),
    Column("subject", Uuid),
    Column("sealed", LargeBinary),
    CheckConstraint("(subject IS NULL) = (sealed IS NULL)", name="sealed"),
    Index("ix_ledger_entries_case_id", "case_id", "id"),
    # Few, and looked for whenever a process starts, or an auditor looks at the ledger. Only a statement that names the
    # kind itself, and not by a parameter, is sure to use them; see of_kind().
    *(
        Index(
            f"ix_ledger_entries_{kind}",
            "id",
            sqlite_where=text(f"kind = '{kind}'"),
            postgresql_where=text(f"kind = '{kind}'"),
        )
        for kind in (Kind.KEYS.value, Kind.ERASED.value)
    ),
)


def of_kind(kind: Kind) -> ColumnElement[bool]:
    """Entries of this kind."""
    return ledger_entries.c.kind == literal_column(f"'{kind.value}'")


# A key per person, and one per case for what is about nobody alone. To erase is to empty the key; the row stays, so
# that its subject gets none again.
ledger_keys = Table(
    "ledger_keys",
    metadata,
    Column("subject", Uuid, primary_key=True),
    Column("key", LargeBinary(32)),
    Column("made_at", Instant, nullable=False),
)

# The order: the place of each entry in the tree, given in batches after the fact.
ledger_leaves = Table(
    "ledger_leaves",
    metadata,
    Column("place", RowId, primary_key=True, autoincrement=False),
    Column("entry", Uuid, nullable=False, unique=True),
    Column("hash", LargeBinary(32), nullable=False),
    CheckConstraint("place >= 0", name="place"),
)

# The hashes of whole subtrees of 2^8, 2^16, 2^24 … leaves; those between are made again from these.
ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("place", RowId, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
    CheckConstraint("level > 0 AND level % 8 = 0", name="level"),
)

# The checkpoints that this node signed.
ledger_heads = Table(
    "ledger_heads",
    metadata,
    Column("size", RowId, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

# What other regions signed: their own checkpoints as this node judged them. Of each region the last row of each verdict
# says where it stands.
ledger_seen = Table(
    "ledger_seen",
    metadata,
    Column("row", RowId, Identity(), primary_key=True),
    Column("region", String(6), nullable=False),
    Column("size", RowId, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
    # A fork is kept as the evidence that it is.
    Column("verdict", String(10), nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("verdict IN ('cosigned', 'refused', 'accepted')", name="verdict"),
    Index("ix_ledger_seen_region", "region", "verdict", "row"),
)

# What other regions signed under this node's checkpoints.
ledger_cosignatures = Table(
    "ledger_cosignatures",
    metadata,
    Column("size", RowId, ForeignKey("ledger_heads.size"), primary_key=True),
    Column("region", String(6), primary_key=True),
    Column("line", Text, nullable=False),
    Column("at", Instant, nullable=False),
)
