"""SQLite answers in a thread of its own; to hand a statement over and back takes longer than most statements do."""

import sqlite3
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_connection, AsyncAdapt_aiosqlite_cursor
from sqlalchemy.engine import Dialect

_UNUSED: Final[Any] = None


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Handed over once, where SQLAlchemy's own opens a cursor, executes, reads and closes by a hand-over each. What is
    read is read whole, which ends the statement; so there is nothing to close."""

    __slots__ = ()

    def _make_new_cursor(self, _connection: Any) -> Any:  # noqa: ANN401 - made with the statement
        return _UNUSED

    def _aenter_cursor(self, cursor: Any) -> Any:  # noqa: ANN401 - as above
        return cursor

    async def _execute_async(self, operation: str, parameters: Any) -> None:  # noqa: ANN401 - as the driver takes them
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - a part of the adapter
            thread = self._connection
            self._cursor, rows = await thread._execute(_whole, thread._conn, operation, parameters)  # noqa: SLF001 - as above
            self._rows = deque(rows)

    async def _executemany_async(self, operation: str, seq_of_parameters: Any) -> None:  # noqa: ANN401 - as above
        async with self._adapt_connection._execute_mutex:  # noqa: SLF001 - as above
            self._cursor = await self._connection.executemany(operation, seq_of_parameters)

    async def _async_soft_close(self) -> None:
        """Read whole already."""

    def close(self) -> None:
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor

    def rollback(self) -> None:
        """Also asked of a connection that comes back to the pool, with nothing to undo mostly."""
        with suppress(ValueError):  # it is closed
            if self._connection.in_transaction:
                super().rollback()


def _whole(connection: sqlite3.Connection, operation: str, parameters: Any) -> tuple[sqlite3.Cursor, Sequence[Any]]:  # noqa: ANN401 - as above
    cursor = connection.execute(operation, parameters or ())
    return cursor, cursor.fetchall()


def connect(dialect: Dialect, _record: Any, words: Sequence[Any], named: dict[str, Any]) -> _Connection:  # noqa: ANN401 - SQLAlchemy's
    """For the event ``do_connect`` of an engine."""
    made = dialect.connect(*words, **named)
    return _Connection(made.dbapi, made.driver_connection)
