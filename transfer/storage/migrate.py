"""Brings the database to a version of its form, up or down, and says which version it has and which it still serves."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select
from sqlalchemy.ext.asyncio import AsyncEngine

from transfer.records import DatabaseForm
from transfer.storage.engine import reading, writing
from transfer.storage.tables import metadata, oldest_served

SCRIPTS: Final = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """A newer release has migrated the database; only that one can bring it to another version."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def head() -> str:
    """The version that this release of the code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head() or "base"


def versions() -> list[str]:
    """All versions, oldest first."""
    return [script.revision for script in reversed(list(ScriptDirectory.from_config(_config()).walk_revisions()))]


async def current(engine: AsyncEngine) -> str:
    """The version that the database has; ``base`` when it is empty."""
    async with reading(engine) as connection:
        found = await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    return found or "base"


async def form(engine: AsyncEngine) -> DatabaseForm:
    """The version that the database has, the one of this release, and the oldest that the database serves."""

    def look(connection: Connection) -> DatabaseForm:
        found = MigrationContext.configure(connection).get_current_revision() or "base"
        says = inspect(connection).has_table(oldest_served.name)
        serves = connection.scalar(select(oldest_served.c.version)) if says else None
        return DatabaseForm(found=found, needed=head(), serves=serves or found)

    async with reading(engine) as connection:
        return await connection.run_sync(look)


async def migrate(engine: AsyncEngine, target: str = "head") -> None:
    """Go to ``target`` (``head``, ``base`` or a version), up or down; a database that is beyond ``head`` stays there.

    Raises NewerDatabase.
    """

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        now = MigrationContext.configure(connection).get_current_revision()
        if now not in {None, *versions()}:
            if target == "head":
                return
            raise NewerDatabase(f"the database has version {now}, of a newer release; only that one can migrate it")
        going_down = target == "base" or (
            now is not None and target != "head" and versions().index(target) < versions().index(now)
        )
        (command.downgrade if going_down else command.upgrade)(config, target)

    async with writing(engine) as connection:
        await connection.run_sync(run)


async def differences(engine: AsyncEngine) -> list[str]:
    """How the database differs from the tables in the code; empty when it does not."""

    def compare(connection: Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return [str(difference) for difference in compare_metadata(context, metadata)]

    async with reading(engine) as connection:
        return await connection.run_sync(compare)
