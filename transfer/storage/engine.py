"""Opens the database, the same way for SQLite and PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy import event, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.storage.handing_over import connect

BUSY_MILLISECONDS: Final = 10_000
STATEMENT_SECONDS: Final = 60.0
DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class DatabaseUrlInvalid(ValueError):
    """The database URL names no database that is supported: use sqlite:///FILE or postgresql://HOST/NAME."""


def database_url(url: str) -> URL:
    """The URL with the asynchronous driver; raises DatabaseUrlInvalid."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise DatabaseUrlInvalid(DatabaseUrlInvalid.__doc__) from error
    backend = parsed.drivername.partition("+")[0]
    if backend not in DRIVERS:
        raise DatabaseUrlInvalid(DatabaseUrlInvalid.__doc__)
    return parsed.set(drivername=DRIVERS[backend])


def open_engine(url: str, *, pool_size: int = 10, patience: float | None = STATEMENT_SECONDS) -> AsyncEngine:
    """An engine; connections are made when first needed. A statement that takes longer than ``patience`` seconds
    counts as a database that cannot be reached, since a half-open link says nothing; None waits for ever."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_async_engine(parsed, pool_size=pool_size, hide_parameters=True)
        event.listen(engine.sync_engine, "do_connect", connect)
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    engine = create_async_engine(
        parsed,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={
            "command_timeout": patience,
            # A process that vanished in the middle of a transaction must not keep its locks.
            "server_settings": {"idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS:.0f}s"},
        },
    )
    event.listen(engine.sync_engine, "connect", _set_up_postgresql)
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy hands over the driver's objects
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # What is deleted or shortened is overwritten, in free pages, too: to erase is to erase.
        "secure_delete=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_up_postgresql(connection: Any, _record: Any) -> None:  # noqa: ANN401 - SQLAlchemy hands over the driver's objects
    """What a commit has answered for must be on disk, whatever the server's default is: a message is acknowledged to
    the broker, and a receipt sent, on the strength of it. A stricter default, for standbys, stays."""
    strict = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    connection.run_async(lambda driver: driver.execute(strict))


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("alone", False):
        return
    # A writer that starts as a reader can find the database locked when it first writes, with nothing to wait for.
    connection.exec_driver_sql("BEGIN" if options.get("reading", False) else "BEGIN IMMEDIATE")


@asynccontextmanager
async def writing(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction for writing; raises StorageUnavailable or StorageRefused for what the database says."""
    async with translated(), engine.begin() as connection:
        yield connection


@asynccontextmanager
async def reading(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A transaction for reading: one consistent view; raises StorageUnavailable."""
    options: dict[str, Any] = {"reading": True}
    if engine.dialect.name == "postgresql":
        # By default each statement of PostgreSQL sees what was committed before it, so two may see different things.
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    async with translated(), engine.connect() as connection:
        ready = await connection.execution_options(**options)
        async with ready.begin():
            yield ready


@asynccontextmanager
async def looking(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """For one statement alone, which is one consistent view without the cost of a transaction; raises
    StorageUnavailable."""
    if engine.dialect.name == "postgresql":
        async with translated(), engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")
    else:
        async with translated(), engine.connect() as connection:
            yield await connection.execution_options(alone=True)


async def database_now(engine: AsyncEngine) -> datetime | None:
    """The time by the clock of the database's server; None for SQLite, which has none. Raises StorageUnavailable."""
    if engine.dialect.name != "postgresql":
        return None
    async with looking(engine) as connection:
        found: datetime | None = await connection.scalar(text("SELECT clock_timestamp()"))
        return found


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Name the database's errors by what can be done about them; a wrong statement stays what it is."""
    try:
        yield
    except ProgrammingError:
        raise
    except DBAPIError as error:
        if _is_refusal(error):
            # Only a broken constraint is told without the value that breaks it.
            told = (
                _first_line(error)
                if isinstance(error, IntegrityError)
                else f"{type(error.orig).__name__} {_state(error)}"
            )
            raise StorageRefused(told) from error
        raise StorageUnavailable(_first_line(error)) from error
    except (PoolTimeout, OSError, TimeoutError) as error:
        raise StorageUnavailable(_first_line(error)) from error


def _is_refusal(error: DBAPIError) -> bool:
    """Whether the fault lies in what was to be written. The driver of PostgreSQL names such errors by SQLSTATE
    alone (class 22: data, 23: integrity); what it cannot even encode is a ValueError."""
    encoding = error.orig is not None and isinstance(error.orig.__cause__, ValueError)
    return isinstance(error, (IntegrityError, DataError)) or _state(error)[:2] in ("22", "23") or encoding


def _state(error: DBAPIError) -> str:
    """The SQLSTATE, where the driver tells it."""
    return getattr(error.orig, "sqlstate", None) or ""


def _first_line(error: BaseException) -> str:
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else 'no detail'}"
