"""The local stack's command line: addresses, signals, exit codes, ordinary users."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.errors import NotInstalled
from deploy.local.programs import installed_rabbitmq, postgres_programs
from tests.pki import Pki

CHECKOUT = Path(__file__).parents[2]
CALLER = """
import os, socket, ssl, sys, urllib.parse
ca, cert, key = sys.argv[1:]
hub = urllib.parse.urlsplit(os.environ["AMQPS_URL"])
context = ssl.create_default_context(cafile=ca)
context.load_cert_chain(cert, key)
with context.wrap_socket(socket.create_connection((hub.hostname, hub.port)), server_hostname=hub.hostname) as called:
    called.sendall(b"AMQP\\x00\\x00\\x09\\x01")
    print(called.version(), b"EXTERNAL" in called.recv(4096))
"""


@pytest.fixture
def needs_broker() -> None:
    try:
        installed_rabbitmq()
    except NotInstalled as missing:
        pytest.skip(str(missing))


@pytest.fixture
def needs_postgres() -> None:
    try:
        postgres_programs()
    except NotInstalled as missing:
        pytest.skip(str(missing))


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"AMQP_URL", "POSTGRES_URL"}}
    return {**kept, "PYTHONPATH": str(CHECKOUT), **more}


def stack(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *words],
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.postgres
@pytest.mark.usefixtures("needs_postgres")
def test_the_commands_exit_code_and_its_ending_by_a_signal_are_given_on() -> None:
    done = stack("run", "--postgres", "--", "sh", "-c", "echo $POSTGRES_URL; exit 7")
    assert done.returncode == 7
    assert done.stdout.startswith("postgresql://postgres:")
    assert stack("run", "--postgres", "--", "sh", "-c", "kill -TERM $$").returncode == 128 + signal.SIGTERM
    assert stack("run", "--postgres", "--", "no-such-command").returncode == 127
    assert stack("run", "--postgres", "--", "/etc/passwd").returncode == 126


@pytest.mark.postgres
@pytest.mark.usefixtures("needs_postgres")
def test_a_signal_is_passed_on_and_the_servers_stop_after_the_command() -> None:
    waits = "trap 'echo told; exit 3' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(
        [sys.executable, "-m", "deploy.local", "run", "--postgres", "--", "sh", "-c", waits],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        run.terminate()
        said, notices = run.communicate(timeout=30)
    assert (said, run.returncode) == ("told\n", 3)
    assert not Path(notices.split()[-1]).exists()


def test_wrong_words_and_files_cost_no_start_and_say_what_is_wrong(tmp_path: Path, pki: Pki) -> None:
    broken = tmp_path / "definitions.json"
    broken.write_text("{")
    for words, more, code, said in (
        (["run", "--broker"], {}, 2, "a command is missing"),
        (["run", "--", "true"], {}, 2, "nothing is asked for"),
        (["install"], {}, 2, "--fonts, --readers, --checkers, --chromium or --curl"),
        (["run", "--definitions", str(broken), "--", "true"], {}, 65, f"{broken}: Expecting"),
        (["run", "--broker", "--", "true"], {"AMQP_URL": "here"}, 78, "AMQP_URL must look like"),
        (["run", "--broker", "--", "true"], {"AMQP_URL": "amqp://127.0.0.1:1"}, 69, "no RabbitMQ at 127.0.0.1:1"),
        (["run", "--tls", str(tmp_path), "--", "true"], {}, 65, f"{tmp_path}/ca.pem: No such file"),
        (
            ["run", "--tls", str(pki.folder), "--", "true"],
            {"AMQP_URL": "amqp://127.0.0.1:1"},
            78,
            "AMQPS_URL must name",
        ),
    ):
        done = stack(*words, **more)
        assert (done.returncode, said in done.stderr.splitlines()[-1]) == (code, True), done.stderr


@pytest.mark.broker
@pytest.mark.usefixtures("needs_broker")
def test_a_broker_with_tls_takes_clients_with_a_certificate_where_it_says(pki: Pki) -> None:
    files = pki.region("442000")
    called = [sys.executable, "-c", CALLER, str(files.ca), str(files.cert), str(files.key)]
    done = stack("run", "--broker", "--tls", str(pki.folder), "--", *called)
    assert done.stdout == "TLSv1.3 True\n", done.stderr


@pytest.mark.broker
@pytest.mark.postgres
@pytest.mark.usefixtures("needs_broker", "needs_postgres")
def test_check_and_install_find_what_is_there() -> None:
    done = stack("check")
    assert done.returncode == 0, done.stdout
    assert "PostgreSQL:" in done.stdout
    again = stack("install", "--broker", "--postgres")
    assert (again.returncode, again.stderr) == (0, "")


@pytest.fixture
def ordinary_user() -> Iterator[tuple[pwd.struct_passwd, Path, str]]:
    """An unprivileged user with a folder and a Python of their own."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    user = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, user.pw_uid, user.pw_gid)
        yield user, Path(home), python_for(user)


def python_for(user: pwd.struct_passwd) -> str:
    """An interpreter that this user may execute; a virtual environment of root's is often out of reach."""
    works = f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); import deploy.local.cli, tomllib"
    for candidate in (sys.executable, shutil.which("python3", path="/usr/bin:/usr/local/bin")):
        if candidate is None:
            continue
        with contextlib.suppress(PermissionError):
            tried = subprocess.run(
                [candidate, "-c", works],
                user=user.pw_uid,
                group=user.pw_gid,
                extra_groups=[],
                cwd="/",
                capture_output=True,
                check=False,
            )
            if tried.returncode == 0:
                return candidate
    pytest.skip(f"no Python 3.11 that {user.pw_name} may execute, or the checkout is out of reach")


@pytest.mark.broker
@pytest.mark.postgres
@pytest.mark.usefixtures("needs_broker", "needs_postgres")
def test_an_ordinary_user_runs_all_of_it_and_loads_definitions(
    ordinary_user: tuple[pwd.struct_passwd, Path, str],
) -> None:
    user, home, python = ordinary_user
    queue = {"name": "offers", "vhost": "/", "durable": True, "auto_delete": False, "arguments": {}}
    (home / "definitions.json").write_text(json.dumps({"queues": [queue]}))
    loads = ["--definitions", "definitions.json"]
    asks = (
        "from os import environ\n"
        "from deploy.local.external import broker_for\n"
        "with broker_for(environ) as broker:\n"
        "    print([queue['name'] for queue in broker.manage('GET', 'queues')], environ['POSTGRES_URL'][:13])\n"
    )
    done = subprocess.run(
        [python, "-m", "deploy.local", "run", "--broker", "--postgres", *loads, "--", python, "-c", asks],
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd=home,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "['offers'] postgresql://\n"), done.stderr
    assert list((home / ".stack").iterdir()) == []
