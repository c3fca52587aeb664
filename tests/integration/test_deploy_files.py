"""The files of deploy/ pass the checkers of those that will read them, and work as they are with real processes."""

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import create_connection
from typing import Final

import aiohttp
import pytest
import yaml

from deploy.local.broker import Broker
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.postgres import Postgres
from deploy.local.programs import proxy_program
from tests.integration.api_node import serving
from tests.integration.hub import until
from tests.pki import HOST, Pki

PROGRAMS: Final = Path(sys.executable).parent
DEPLOY: Final = Path(__file__).parent.parent.parent / "deploy"
UNITS: Final = ("transfer@.service", "transfer-migrate.service", "transfer.target")
MOST_EXPOSED: Final = 15
"""Of 100 tenths, as systemd-analyze counts them."""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


def said(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with a program that is there on this machine."""
    folder = tmp_path_factory.mktemp("units")
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text(encoding="utf-8")
        (folder / name).write_text(text.replace("/opt/transfer/bin/transfer", str(shutil.which("true"))))
    shutil.copy(folder / "transfer@.service", folder / "transfer@api.service")
    return folder


def test_systemd_finds_nothing_wrong_with_the_units(units: Path) -> None:
    assert not said("systemd-analyze", "verify", *(units / name for name in ("transfer@api.service", *UNITS[1:])))


@pytest.mark.parametrize("unit", ["transfer@api.service", "transfer-migrate.service"])
def test_the_services_give_little_away(units: Path, unit: str) -> None:
    said("systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", units / unit)


def test_the_image_is_built_as_its_linter_likes_it() -> None:
    assert not said(PROGRAMS / "hadolint", DEPLOY / "container" / "Dockerfile")


def test_compose_has_the_form_of_its_specification() -> None:
    schema = ["--builtin-schema", "vendor.compose-spec"]
    said(PROGRAMS / "check-jsonschema", *schema, DEPLOY / "compose" / "compose.yaml")


def test_kubernetes_knows_every_field_and_the_kustomization_every_file() -> None:
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in folder.glob("*.yaml")} == {*listed, "kustomization.yaml"}
    told = said(PROGRAMS / "kubernetes-validate", "--strict", *(folder / name for name in listed))
    assert told.count(" passed ") == sum(len([*yaml.safe_load_all((folder / name).read_text())]) for name in listed)


def test_no_container_runs_as_root_or_writes_to_its_root() -> None:
    pods = [
        one["spec"]["template"]["spec"]
        for path in (DEPLOY / "kubernetes").glob("*.yaml")
        for one in yaml.safe_load_all(path.read_text())
        if one["kind"] in {"Deployment", "Job"}
    ]
    assert len(pods) == 4
    for pod in pods:
        assert pod["securityContext"]["runAsNonRoot"]
        [container] = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())["services"]
    for name in ("zhongshan", "luxian", "sichuan"):
        assert services[name]["read_only"]
        assert services[name]["cap_drop"] == ["ALL"]
        assert all(port.startswith("127.0.0.1:") for port in services[name]["ports"])


def settings_of(file: Path) -> dict[str, str]:
    """What a file of settings sets, by name."""
    stripped = (line.partition("#")[0] for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in stripped if line.strip())
    return {name.strip(): value.strip().strip("'") for name, _, value in pairs}


def test_postgresql_runs_with_these_settings() -> None:
    wanted = settings_of(DEPLOY / "postgres" / "postgresql.conf")
    server = Postgres(settings={name: value for name, value in wanted.items() if name != "archive_command"})
    with server:
        set_ = dict(line.split("|") for line in server.execute("SELECT name, setting FROM pg_settings").splitlines())
        assert wanted.keys() <= set_.keys()
        for name in ("synchronous_commit", "wal_level", "archive_mode", "log_error_verbosity", "log_statement"):
            assert set_[name] == wanted[name]
        server.execute("CREATE TABLE persons (name text CHECK (name <> '李大山'))")
        with pytest.raises(Exception, match="violates"):
            server.execute("INSERT INTO persons VALUES ('李大山')")
        logs = (server.data / "log").read_text(errors="replace")
    assert "violates" in logs
    assert "Failing row" not in logs


def rabbitmq_settings() -> dict[str, str]:
    """Those of a node of the hub; where files lie and on which ports it listens is another matter on each machine."""
    elsewhere = re.compile(r"listeners|ssl_options\..*file|(management|prometheus)\.tcp|log\.|disk_")
    wanted = settings_of(DEPLOY / "rabbitmq" / "rabbitmq.conf")
    return {name: value for name, value in wanted.items() if not elsewhere.match(name)}


@pytest.mark.broker
def test_rabbitmq_runs_with_these_settings(pki: Pki) -> None:
    # The cluster has a test of its own.
    settings = {name: value for name, value in rabbitmq_settings().items() if not name.startswith("cluster_")}
    assert settings.keys() >= {"auth_mechanisms.1", "ssl_cert_login_from", "max_message_size"}
    with Broker(
        major=int(os.environ.get("BROKER") or 0) or None,
        settings={**settings, "auth_mechanisms.2": "PLAIN"},
        tls=pki.server,
    ) as broker:
        assert broker.control("eval", "application:get_env(rabbit, max_message_size).").strip() == "{ok,4194304}"
        assert "EXTERNAL" in broker.control("eval", "application:get_env(rabbit, auth_mechanisms).")


@asynccontextmanager
async def _proxied(folder: Path, pki: Pki, node: str) -> AsyncIterator[tuple[str, str]]:
    """The reverse proxy as it stands in deploy/, in front of a node; gives its addresses, plain and with TLS."""
    plain, tls = free_ports(2)
    text = (DEPLOY / "nginx" / "transfer.conf").read_text(encoding="utf-8")
    changes = {
        "server 127.0.0.1:8080;": f"server {node.removeprefix('http://')};",
        "listen 80;": f"listen {LOOPBACK}:{plain};",
        "listen [::]:80;": "",
        "listen 443 ssl http2;": f"listen {LOOPBACK}:{tls} ssl http2;",
        "listen [::]:443 ssl http2;": "",
        "transfer.example": HOST,
        "/etc/transfer/web.pem": str(pki.server.cert),
        "/etc/transfer/web.key": str(pki.server.key),
        "/var/log/nginx/": f"{folder}/",
        # The node without sign-in answers to its own address alone.
        "proxy_set_header Host $host;": f"proxy_set_header Host {node.removeprefix('http://')};",
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "transfer.conf").write_text(text)
    shutil.copy(DEPLOY / "nginx" / "log.conf", folder)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\n{temporary}include {folder}/log.conf;\ninclude {folder}/transfer.conf;\n}}\n"
    )
    command = [str(proxy_program()), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
    said(*command, "-t")
    process = await asyncio.create_subprocess_exec(*command)
    try:
        await until(lambda: _listens(tls), what="nginx listens")
        yield f"http://{LOOPBACK}:{plain}", f"https://{LOOPBACK}:{tls}"
    finally:
        process.terminate()
        await process.wait()


def _listens(port: int) -> bool:
    try:
        create_connection((LOOPBACK, port), 1).close()
    except OSError:
        return False
    return True


async def test_the_proxy_in_front_of_a_node(tmp_path: Path, pki: Pki) -> None:
    (tmp_path / "nginx").mkdir()
    trusted = ssl.create_default_context(cafile=pki.server.ca)
    async with (
        serving(tmp_path) as api,
        _proxied(tmp_path / "nginx", pki, api.address) as (plain, tls),
        aiohttp.ClientSession() as browser,
    ):
        async with browser.get(f"{tls}/healthz", ssl=trusted) as answer:
            assert (answer.status, await answer.json()) == (200, {"alive": True})
        async with browser.get(f"{tls}/v1/none?name=李大山", ssl=trusted) as answer:
            assert answer.status == 404
        async with browser.get(f"{tls}/metrics", ssl=trusted) as answer:
            assert answer.status == 404
        async with browser.get(f"{plain}/cases", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/cases")
    log = (tmp_path / "nginx" / "transfer.log").read_text()
    assert '"GET /healthz" 200' in log
    assert '"GET /v1/none" 404' in log
