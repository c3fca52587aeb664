"""The local stack's private PostgreSQL server: its life, its faults and what it leaves behind."""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import server
from deploy.local.errors import FolderInUse, FolderRefused, NotInstalled, StatementRefused
from deploy.local.ports import LOOPBACK, free_ports, is_free
from deploy.local.postgres import Postgres

pytestmark = pytest.mark.postgres

CHECKOUT = Path(__file__).parents[2]
AS_ROOT = os.geteuid() == 0
CALLER = """
import time
from deploy.local.postgres import Postgres
postgres = Postgres()
postgres.start()
print(postgres.data, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    database = Postgres()
    try:
        database.start()
        yield database
    except NotInstalled as missing:
        pytest.skip(str(missing))
    finally:
        database.close()


def processes(database: Postgres) -> list[psutil.Process]:
    """The supervisor, the server and its workers, in this order."""
    assert database._crew is not None
    supervisor = psutil.Process(database._crew._process.pid)
    return [supervisor, *supervisor.children(recursive=True)]


def test_it_listens_on_the_loopback_address_and_never_runs_as_root(postgres: Postgres) -> None:
    _, main, *_ = processes(postgres)
    assert 0 not in main.uids()
    connections = main.net_connections("inet")
    listening = [each.laddr for each in connections if each.status == psutil.CONN_LISTEN]
    assert listening == [(LOOPBACK, postgres.port)]


def test_a_database_is_made_copied_and_dropped_while_someone_uses_it(postgres: Postgres) -> None:
    url = postgres.create_database("region one")
    assert url == postgres.url.removesuffix("postgres") + "region%20one"
    postgres.execute("CREATE TABLE cases (number int); INSERT INTO cases VALUES (7)", database="region one")
    postgres.create_database("copy", template="region one")
    assert postgres.execute("SELECT number FROM cases", database="copy") == "7\n"
    for name in ("region one", "copy", "copy"):
        postgres.drop_database(name)
    with pytest.raises(StatementRefused, match="does not exist"):
        postgres.execute("SELECT 1", database="copy")


def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    wrong = postgres.url.replace(postgres.password, "wrong")
    tried = subprocess.run(
        [postgres._bin() / "psql", wrong, "-c", "SELECT 1"], capture_output=True, text=True, check=False
    )
    assert "password authentication failed" in tried.stderr


def test_what_was_committed_survives_a_kill_and_a_restart_on_the_same_port(postgres: Postgres) -> None:
    url = postgres.create_database("kept")
    postgres.execute("CREATE TABLE cases (number int); INSERT INTO cases VALUES (7)", database="kept")
    _, *servers = processes(postgres)
    postgres.kill()
    assert not any(process.is_running() for process in servers)
    assert is_free(postgres.port)
    postgres.start()
    assert postgres.database_url("kept") == url
    assert postgres.execute("SELECT number FROM cases", database="kept") == "7\n"
    postgres.drop_database("kept")


def test_a_given_folder_keeps_its_databases_and_is_used_by_one_server_at_a_time() -> None:
    with tempfile.TemporaryDirectory() as given:
        with Postgres(Path(given), fsync=False) as first:
            password = first.password
            first.create_database("kept")
            with pytest.raises(FolderInUse):
                Postgres(first.data).start()
        with Postgres(Path(given)) as second:
            assert second.password == password
            second.drop_database("kept")
            second.stop()
            second.wipe()
            second.start()
            assert second.execute("SELECT count(*) FROM pg_database WHERE NOT datistemplate") == "1\n"


def test_a_start_that_loses_its_port_to_another_program_takes_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        taken = other.getsockname()[1]
        offered = iter([[taken]])
        monkeypatch.setattr(server, "free_ports", lambda count: next(offered, None) or free_ports(count))
        with Postgres(fsync=False) as database:
            assert database.port != taken


def test_a_caller_that_is_killed_leaves_no_process_and_no_data() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", CALLER],
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as caller:
        assert caller.stdout is not None
        data = Path(caller.stdout.readline().strip())
        servers = psutil.Process(caller.pid).children(recursive=True)
        assert "postgres" in {process.name() for process in servers}
        caller.kill()
        caller.wait()
        _, alive = psutil.wait_procs(servers, timeout=20)
    assert alive == []
    assert not data.exists()


@pytest.mark.skipif(not AS_ROOT, reason="only root hands the server to another user")
def test_a_folder_out_of_the_other_users_reach_is_replaced_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    with Postgres(fsync=False) as database:
        data = database.data
        assert not data.is_relative_to(tmp_path)
    assert str(data) in capfd.readouterr().err
    assert not data.exists()
    assert list((tmp_path / ".stack").iterdir()) == []
    with pytest.raises(FolderRefused, match="cannot reach"):
        Postgres(tmp_path / "given").start()
