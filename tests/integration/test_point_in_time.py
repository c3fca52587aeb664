"""Back to a moment with PostgreSQL's own means, by the settings of deploy/ and the lines of docs/backup.md."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

import pytest

from deploy.local.postgres import Postgres
from deploy.local.waiting import wait_until
from tests.integration.test_backup import WHO, grow
from tests.integration.test_cli_node import Place
from tests.integration.test_deploy_files import DEPLOY, settings_of

DOCS: Final = DEPLOY.parent / "docs" / "backup.md"
ARCHIVE: Final = "/var/lib/postgresql/archive"
SETTINGS: Final = settings_of(DEPLOY / "postgres" / "postgresql.conf")


@dataclass(frozen=True)
class OnPostgres(Place):
    """A node whose database is not in its folder."""

    url: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TRANSFER_DATABASE_URL": self.url}


def documented() -> dict[str, str]:
    """The settings of PostgreSQL that docs/backup.md names."""
    pairs = re.findall(
        r"^((?:wal|archive|restore|recovery)_\w+) = (.*)$", DOCS.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {name: value.strip("'") for name, value in pairs}


@pytest.fixture
def archive() -> Iterator[Path]:
    """Outside pytest's folders, which another user may not enter."""
    folder = Path(mkdtemp(prefix="archive-"))
    yield folder
    shutil.rmtree(folder)


def test_the_docs_and_the_file_of_settings_keep_the_log_alike() -> None:
    told = {name: value for name, value in documented().items() if name.startswith(("wal_", "archive_"))}
    assert len(told) == 4
    assert told == {name: SETTINGS[name] for name in told}


@pytest.mark.postgres
def test_a_node_goes_back_to_a_moment_and_knows_that_it_did(tmp_path: Path, archive: Path) -> None:
    settings = {name: value.replace(ARCHIVE, str(archive)) for name, value in SETTINGS.items()}
    with Postgres(settings=settings) as server:
        to = (server.data / "databases").stat()
        os.chown(archive, to.st_uid, to.st_gid)
        place = OnPostgres(tmp_path, url=server.create_database("node"))
        assert place.run("migrate").exit_code == 0
        base_copy(server, tmp_path / "base")
        grow(place, 0, 10)
        moment = server.execute("SELECT clock_timestamp()").strip()
        assert grow(place, 10, 15) == 15
        segment = server.execute("SELECT pg_walfile_name(pg_switch_wal())").strip()
        # An archiver that missed the call looks again after a minute.
        wait_until((archive / segment).exists, seconds=100, what=f"{segment} is in the archive")
        server.stop()
        server.wipe()
        shutil.copytree(tmp_path / "base", server.data / "databases")
        told = {name: value for name, value in documented().items() if name.startswith(("restore_", "recovery_"))}
        told |= {"recovery_target_time": moment}
        with (server.data / "databases" / "postgresql.auto.conf").open("a") as lines:
            lines.writelines(f"{name} = '{value.replace(ARCHIVE, str(archive))}'\n" for name, value in told.items())
        (server.data / "databases" / "recovery.signal").touch()
        for path in ((server.data / "databases"), *(server.data / "databases").rglob("*")):
            os.chown(path, to.st_uid, to.st_gid)
        server.start()
        wait_until(lambda: server.execute("SELECT pg_is_in_recovery()") == "f\n", seconds=30, what="it is promoted")
        assert grow(place, 0, 0) == 10, "what was written before the moment, and nothing after it"
        assert "OK       recovery" in place.run("doctor").output
        since = re.sub(r"\.\d+", "", moment).replace(" ", "T")
        marked = place.run("restore", "mark", "--since", re.sub(r"([+-]\d\d)$", r"\g<1>00", since), *WHO)
        assert marked.exit_code == 0, marked.output
        doctor = place.run("doctor").output
        assert "FAULT    recovery   restored to" in doctor
        assert "OK       ledger" in doctor


def base_copy(server: Postgres, folder: Path) -> None:
    """As the docs say; where the server is and who asks it is in the environment."""
    secret = {"PGHOST": "127.0.0.1", "PGPORT": str(server.port), "PGUSER": server.username}
    words = [str(server._bin() / "pg_basebackup"), "--pgdata", str(folder), "--checkpoint", "fast"]
    subprocess.run(words, env={**os.environ, **secret, "PGPASSWORD": server.password}, check=True, timeout=120)
