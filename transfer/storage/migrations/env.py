"""Alembic's entry: runs the steps on the connection that is handed to it."""

from alembic import context

from transfer.storage import mail_tables  # noqa: F401 - its tables belong to the metadata, too
from transfer.storage.ledger_tables import ledger_entries

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=ledger_entries.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    user_module_prefix="types.",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
