"""Copies of a whole database, made while the node runs, and brought back into an empty place."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import URL, inspect, select

from transfer.storage.engine import database_url, looking, open_engine, reading
from transfer.storage.tables import relay_leases
from transfer.telemetry.clock import now

ASIDE: Final = ".before-restore"
_BESIDE: Final = ("", "-wal", "-shm")


class BackupFailed(Exception):
    """The copy could not be made or brought back; the text says why."""


class NotEmpty(BackupFailed):
    """There is a database already, or a node that runs on it."""


def part_of(url: str) -> str:
    """The name of the file that holds the copy."""
    return "database.sqlite" if database_url(url).get_backend_name() == "sqlite" else "database.dump"


async def copy_database(url: str, target: Path) -> None:
    """One consistent copy, without stopping anybody; raises BackupFailed."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_copy_sqlite, Path(parsed.database or ""), target)
    else:
        await _run(parsed, "pg_dump", "--format=custom", f"--file={target}")


async def check_free(url: str, *, replace: bool) -> None:
    """That nothing is overwritten unasked, and no node runs on it; raises NotEmpty, StorageUnavailable."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite" and not await asyncio.to_thread(Path(parsed.database or "").exists):
        return
    engine = open_engine(url)
    try:
        async with reading(engine) as connection:
            found = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
        if not found:
            return
        if not replace:
            raise NotEmpty("there is a database already; --replace puts it aside, or drops its tables")
        if relay_leases.name in found:
            running = select(relay_leases.c.owner).where(
                relay_leases.c.owner.is_not(None), relay_leases.c.lease_until > now()
            )
            async with looking(engine) as connection:
                if owner := await connection.scalar(running.limit(1)):
                    raise NotEmpty(f"{owner} runs on this database, or did a moment ago: stop all its processes first")
    finally:
        await engine.dispose()


async def bring_back(url: str, copy: Path) -> None:
    """The copy takes the place of what is there: a file is put aside, tables are dropped. Raises BackupFailed."""
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        await asyncio.to_thread(_bring_back_sqlite, Path(parsed.database or ""), copy)
    else:
        options = ("--clean", "--if-exists", "--no-owner", "--exit-on-error", "--single-transaction")
        await _run(parsed, "pg_restore", *options, str(copy))


def _copy_sqlite(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as ours,
            closing(sqlite3.connect(target)) as theirs,
        ):
            ours.backup(theirs)
            [found] = theirs.execute("PRAGMA integrity_check").fetchone()
    except sqlite3.Error as error:
        raise BackupFailed(f"{source}: {error}") from error
    if found != "ok":
        raise BackupFailed(f"{source} is damaged: {found}")


def _bring_back_sqlite(target: Path, copy: Path) -> None:
    for end in _BESIDE:
        if (old := target.with_name(target.name + end)).exists():
            old.replace(old.with_name(old.name + ASIDE))
    fresh = target.with_name(target.name + ".restoring")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(copy, fresh)
    fresh.chmod(0o600)
    fresh.replace(target)


async def _run(url: URL, program: str, *words: str) -> None:
    """A program of PostgreSQL; the password is in its environment, not among its words."""
    given = {
        "PGHOST": url.host,
        "PGPORT": url.port and str(url.port),
        "PGUSER": url.username,
        "PGDATABASE": url.database,
    }
    given |= {"PGPASSWORD": url.password}
    environment = {**os.environ, **{name: str(value) for name, value in given.items() if value}}
    if program == "pg_restore":
        words = (f"--dbname={url.database}", *words)
    try:
        done = await asyncio.to_thread(
            subprocess.run, [program, *words], env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise BackupFailed(f"{program} is not installed; it comes with the client programs of PostgreSQL") from error
    if done.returncode != 0:
        raise BackupFailed(f"{program}: {(done.stderr.strip().splitlines() or ['no word'])[0]}")
