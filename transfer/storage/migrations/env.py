"""Alembic's entry: runs the steps on the connection that is handed to it."""

from typing import Any

from alembic import context

from transfer.storage import mail_tables  # noqa: F401 - its tables belong to the metadata, too
from transfer.storage.ledger_tables import ledger_entries
from transfer.storage.tables import oldest_served


def note_oldest(*, heads: set[str], **_: Any) -> None:  # noqa: ANN401 - Alembic's arguments
    """In the step's own transaction: which release the database, as it is now, still serves."""
    for version in heads:
        if serves := getattr(context.script.get_revision(version).module, "serves", None):
            connection.execute(oldest_served.delete())
            connection.execute(oldest_served.insert().values(version=serves))


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=ledger_entries.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    user_module_prefix="types.",
    transaction_per_migration=True,
    on_version_apply=note_oldest,  # type: ignore[arg-type]  # Alembic gives all by name
)
with context.begin_transaction():
    context.run_migrations()
