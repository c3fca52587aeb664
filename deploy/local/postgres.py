"""A private PostgreSQL server, for one test run or one demonstration; it never runs as root."""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.crew import Crew, Program
from deploy.local.errors import (
    DidNotStart,
    FolderRefused,
    NotAvailable,
    NotRunning,
    StatementRefused,
    StillRunning,
)
from deploy.local.folders import DataFolder, can_enter, open_folder
from deploy.local.ports import LOOPBACK
from deploy.local.programs import postgres_programs
from deploy.local.server import Server
from deploy.local.waiting import wait_until

_INITDB = "initdb"
_INITDB_SECONDS = 120.0
_START_SECONDS = 60.0
_STATEMENT_SECONDS = 60.0
# A socket's path has room for 107 characters, and the name in it takes up to 14.
_SOCKET_FOLDER_LENGTH = 90
_GENTLE = {
    "shared_buffers": "32MB",
    "max_connections": "100",
    # No memory outside the data folder that a killed server would leave behind.
    "dynamic_shared_memory_type": "mmap",
}
_CARELESS = {"fsync": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The user who runs the server, by number."""

    user: int
    group: int
    name: str


class Postgres(Server):
    """PostgreSQL on a free port of the loopback address, with a superuser who has a random password."""

    kind = "postgres"
    port_count = 1
    username = "postgres"

    def __init__(
        self,
        data: Path | None = None,
        *,
        fsync: bool = True,
        keep: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Without fsync it is faster; what was committed then survives kill(), but no power cut. Settings are added to
        its configuration.

        Without `data` a fresh folder is made, and removed by close() unless `keep`.
        """
        super().__init__(data, keep=keep)
        self._settings = {**_GENTLE, **({} if fsync else _CARELESS), **(settings or {})}
        self._password: str | None = None
        self._programs: Path | None = None
        self._owner: Owner | None = None

    @property
    def password(self) -> str:
        """Known after the first start; a kept data folder keeps it."""
        if self._password is None:
            raise NotRunning(self.kind)
        return self._password

    @property
    def port(self) -> int:
        if self._ports is None:
            raise NotRunning(self.kind)
        return self._ports[0]

    @property
    def url(self) -> str:
        return self.database_url("postgres")

    @property
    def version(self) -> str:
        return self.execute("SHOW server_version").strip()

    def database_url(self, name: str) -> str:
        return (
            f"postgresql://{self.username}:{self.password}@{LOOPBACK}:{self.port}/{urllib.parse.quote(name, safe='')}"
        )

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """The address of the new database, a copy of the template if one is given."""
        copied = f" TEMPLATE {_quoted(template)}" if template else ""
        self.execute(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.database_url(name)

    def drop_database(self, name: str) -> None:
        """Ends the connections to it first; nothing happens when there is none."""
        self.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def execute(self, statement: str, *, database: str = "postgres") -> str:
        """Runs SQL as superuser; gives the rows as lines, columns parted by a bar. Raises StatementRefused."""
        done = self._psql(statement, database)
        if done.returncode:
            raise StatementRefused(done.stderr.strip())
        return done.stdout

    def start(self) -> None:
        self._programs = postgres_programs()
        self._owner = _owner()
        super().start()

    def wipe(self) -> None:
        """Deletes the stopped server's databases; start() makes new, empty ones."""
        if self.running:
            raise StillRunning(self.kind)
        self._free_memory(self.data)
        shutil.rmtree(self.data / "databases", ignore_errors=True)

    def _open_folder(self) -> DataFolder:
        folder = open_folder(self._given, kind=self.kind)
        owner = self._as_other()
        if owner is None:
            return folder
        # Others may pass through, and see nothing.
        folder.path.chmod(0o711)
        if can_enter(folder.path, user=owner.user, group=owner.group):
            return folder
        folder.close(remove=folder.fresh)
        why = f"{owner.name}, who runs PostgreSQL in root's place, cannot reach {folder.path}"
        if not folder.fresh:
            raise FolderRefused(why)
        folder = open_folder(None, kind=self.kind, inside=Path(tempfile.gettempdir()))
        folder.path.chmod(0o711)
        print(f"{why}; its data is in {folder.path} instead", file=sys.stderr)
        return folder

    def _prepare(self, crew: Crew, folder: Path) -> None:
        secret = folder / "password"
        if not secret.exists():
            secret.touch(mode=0o600)
            secret.write_text(secrets.token_urlsafe(18))
        self._password = secret.read_text()
        (folder / "log").touch()
        if not (folder / "databases" / "PG_VERSION").exists():
            # What an interrupted first start may have left.
            shutil.rmtree(folder / "databases", ignore_errors=True)
            shutil.rmtree(folder / "new", ignore_errors=True)
            self._create_cluster(crew, folder)

    def _create_cluster(self, crew: Crew, folder: Path) -> None:
        """Creates it under another name first, so that a crash in between leaves nothing that looks complete."""
        new = folder / "new"
        new.mkdir(mode=0o700)
        password = new / "password"
        password.touch(mode=0o600)
        password.write_text(self.password)
        owner = self._as_other()
        if owner is not None:
            for path in (new, password):
                os.chown(path, owner.user, owner.group)
        log = folder / "log"
        words = ["--auth=scram-sha-256", f"--username={self.username}", f"--pwfile={password}"]
        words += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pgdata={new / 'databases'}"]
        crew.start(_INITDB, self._program(_INITDB, *words, folder=folder))
        wait_until(lambda: not crew.runs(_INITDB), seconds=_INITDB_SECONDS, what=f"initdb ends; its log is {log}")
        if crew.exit_code(_INITDB):
            raise DidNotStart(f"initdb failed; its log is {log}")
        crew.stop(_INITDB)
        (new / "databases").rename(folder / "databases")
        shutil.rmtree(new)

    def _launch(self, crew: Crew, folder: Path) -> None:
        databases = folder / "databases"
        short = len(str(databases)) <= _SOCKET_FOLDER_LENGTH
        settings = {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": str(databases) if short else "",
            **self._settings,
        }
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        crew.start(self.kind, self._program("postgres", "-D", str(databases), *words, folder=folder))
        log = folder / "log"

        def serves() -> bool:
            self._check(crew, self.kind, (self.port,), log)
            return self._psql("SELECT 1", "postgres").returncode == 0

        wait_until(serves, seconds=_START_SECONDS, what=f"PostgreSQL serves; its log is {log}", every=0.05)

    def _program(self, name: str, *words: str, folder: Path) -> Program:
        owner = self._as_other()
        return Program(
            command=[str(self._bin() / name), *words],
            environment={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8",
                "LOCAL_STACK_DATA": str(folder),
            },
            folder=folder,
            output=folder / "log",
            user=owner.user if owner else None,
            group=owner.group if owner else None,
            # The fast shutdown: it does not wait for clients to leave.
            stop_signal=signal.SIGINT,
        )

    def _psql(self, statement: str, database: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self._bin() / "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement],
            env={
                "PATH": "/usr/bin:/bin",
                "LANG": "C.UTF-8",
                "PGHOST": LOOPBACK,
                "PGPORT": str(self.port),
                "PGUSER": self.username,
                "PGPASSWORD": self.password,
                "PGDATABASE": database,
                "PGCONNECT_TIMEOUT": "2",
                "PGPASSFILE": os.devnull,
            },
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_STATEMENT_SECONDS,
            check=False,
        )

    def _bin(self) -> Path:
        if self._programs is None:
            raise NotRunning(self.kind)
        return self._programs

    def _end(self, *, remove: bool) -> None:
        # Now, because the number of its shared memory is in the folder; a start makes it anew.
        if self._folder is not None and not self.running:
            self._free_memory(self._folder.path)
        super()._end(remove=remove)

    def _as_other(self) -> Owner | None:
        """Whom to run as; None for the current user."""
        return None if self._owner is None or self._owner.user == os.geteuid() else self._owner

    def _free_memory(self, folder: Path) -> None:
        """Removes the few bytes of shared memory by which a killed server would have been recognised."""
        try:
            lines = (folder / "databases" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return
        # Its seventh line holds the key and the number of the segment.
        segment = re.search(r"\d+\s*$", lines[6]) if len(lines) > 6 else None  # noqa: PLR2004 - as said
        if segment:
            subprocess.run(["ipcrm", "-m", segment[0].strip()], capture_output=True, check=False)


def _owner() -> Owner:
    """The current user, or a harmless one in the place of root."""
    if os.geteuid() != 0:
        return Owner(user=os.geteuid(), group=os.getegid(), name="you")
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(user=entry.pw_uid, group=entry.pw_gid, name=f"the user {name}")
    raise NotAvailable("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
