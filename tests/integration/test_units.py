"""The command lines of the systemd units, and of the pods, as processes: with the files that docs/install.md says."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Final

import pytest
import yaml

from deploy.local.ports import free_ports
from tests.databases import new_database
from tests.integration.hub import ZHONGSHAN, Hub
from tests.patience import until
from tests.pki import HOST
from tests.trust import as_text, shared

DEPLOY: Final = Path(__file__).parent.parent.parent / "deploy"
PARTS: Final = ("api", "relay", "inbound")
WRONG_SETTINGS: Final = 78


def unit(name: str, setting: str) -> str:
    """What the unit says of this."""
    [found] = re.findall(rf"^{setting}=(.+)$", (DEPLOY / "systemd" / name).read_text(), re.MULTILINE)
    return str(found)


def words(name: str, part: str = "") -> list[str]:
    """What the unit starts, of this part, without its program."""
    program, *rest = unit(name, "ExecStart").replace("%i", part).split()
    assert program == "/opt/transfer/bin/transfer"
    return rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A folder in place of /etc/transfer."""

    folder: Path

    def write(self, name: str, settings: Mapping[str, object]) -> Path:
        file = self.folder / name
        file.write_text("".join(f"TRANSFER_{key.upper()}={value}\n" for key, value in as_text(settings).items()))
        return file

    def start(self, given: list[str], own: Path | None = None) -> subprocess.Popen[bytes]:
        """As systemd does: nothing of this test's environment, the settings of the part, the credential in a folder."""
        mine = own.read_text().split() if own else []
        return subprocess.Popen(
            [sys.executable, "-m", "transfer", *(one.replace("/etc/transfer", str(self.folder)) for one in given)],
            cwd=Path(__file__).parent.parent.parent,
            env={
                "PATH": os.environ["PATH"],
                "CREDENTIALS_DIRECTORY": str(self.folder / "credentials"),
                **dict(line.split("=", 1) for line in mine),
            },
        )

    @contextmanager
    def running(self, given: list[str], own: Path) -> Iterator[subprocess.Popen[bytes]]:
        process = self.start(given, own)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    credential, _ = unit("transfer@.service", "LoadCredential").split(":")
    (tmp_path / "credentials").mkdir()
    passphrase = tmp_path / "credentials" / credential
    passphrase.write_text(shared().passphrase_file.read_text())
    passphrase.chmod(0o400)
    return Machine(folder=tmp_path)


def settings(hub: Hub, url: str) -> dict[str, object]:
    given = {**shared().settings(ZHONGSHAN), **hub.pki.settings(ZHONGSHAN)}
    address = f"amqps://{ZHONGSHAN}@{HOST}:{hub.broker.ports.amqps}/{hub.vhost}"
    port, *_ = free_ports(1)
    return {k: v for k, v in given.items() if k != "passphrase_file"} | {
        "region": ZHONGSHAN,
        "database_url": url,
        "amqp_url": address,
        "port": port,
    }


def ready(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, "it has ended"
    connection = HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.postgres
def test_the_units_bring_a_node_up_in_three_parts_and_down_again(
    hub: Hub, machine: Machine, request: pytest.FixtureRequest
) -> None:
    given = settings(hub, new_database(request, "postgresql", machine.folder))
    for name in ("transfer.env", "migrate.env"):
        machine.write(name, given)
    assert machine.start(words("transfer-migrate.service")).wait(60) == 0
    with ExitStack() as stack:
        ports = dict(zip(PARTS, free_ports(len(PARTS)), strict=True))
        parts = {
            part: stack.enter_context(
                machine.running(
                    words("transfer@.service", part), machine.write(f"{part}.env", {"metrics_port": ports[part]})
                )
            )
            for part in PARTS
        }
        until(lambda: all(ready(parts[part], ports[part]) for part in PARTS), "all parts are ready")
        for process in parts.values():
            process.send_signal(signal.SIGTERM)
        patience = float(unit("transfer@.service", "TimeoutStopSec"))
        assert {part: process.wait(patience) for part, process in parts.items()} == dict.fromkeys(PARTS, 0)


def test_a_unit_is_not_started_again_with_wrong_settings(machine: Machine) -> None:
    assert int(unit("transfer@.service", "RestartPreventExitStatus")) == WRONG_SETTINGS
    machine.write("transfer.env", {"region": "nowhere"})
    assert machine.start(words("transfer@.service", "api")).wait(30) == WRONG_SETTINGS


def test_pods_start_what_the_units_start() -> None:
    started = {
        tuple(container["args"])
        for path in (DEPLOY / "kubernetes").glob("*.yaml")
        for one in yaml.safe_load_all(path.read_text())
        if one["kind"] in {"Deployment", "Job"}
        for container in one["spec"]["template"]["spec"]["containers"]
    }
    units = [words("transfer-migrate.service"), *(words("transfer@.service", part) for part in PARTS)]
    file = ("--env-file", "/etc/transfer/")
    assert started == {tuple(word for word in one if not word.startswith(file)) for one in units}
