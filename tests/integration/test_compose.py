"""The trial of deploy/compose with processes for containers: the same ceremony, settings and definitions."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import aiohttp
import pytest
import yaml

from deploy.local.broker import Broker
from deploy.local.node import ServerTls
from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.postgres import Postgres
from tests.integration.api_node import OFFER, application
from tests.integration.hub import until
from tests.prometheus import scraping

# Not repeated with RabbitMQ 4: what is tried here are the files of deploy/compose, and preparing them takes a minute.
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]

COMPOSE: Final = Path(__file__).parent.parent.parent / "deploy" / "compose"
SERVICES: Final = {"442000": "zhongshan", "510521": "luxian", "510000": "sichuan"}
ELSEWHERE: Final = ("AWS_", "TRANSFER_FILES")
"""Where files are: no store runs here."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compose") / "made"
    subprocess.run([COMPOSE / "prepare", folder], check=True, timeout=400, env=_environment())
    return folder


def test_what_was_prepared_is_not_written_over(made: Path) -> None:
    again = subprocess.run(
        [COMPOSE / "prepare", made], check=False, capture_output=True, text=True, timeout=60, env=_environment()
    )
    assert again.returncode == 73
    assert "prepared already" in again.stderr


def test_every_file_that_a_service_mounts_is_there(made: Path) -> None:
    services = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"]
    mounted = [one.split(":")[0] for service in services.values() for one in service.get("volumes", ())]
    files = [one for one in mounted if one.startswith(".")]
    assert files
    for one in files:
        path = made / one.removeprefix("./made/") if one.startswith("./made/") else COMPOSE / one
        assert path.exists(), one


@asynccontextmanager
async def _node(made: Path, own: dict[str, str]) -> AsyncIterator[str]:
    """A node as compose starts it; gives its address on this machine."""
    process = await asyncio.create_subprocess_exec(
        "transfer", "serve", "--migrate", cwd=made, stdout=subprocess.PIPE, env=_environment() | own
    )
    assert process.stdout is not None
    try:
        address, said = None, ""
        while address is None:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
            found = re.search(r"listening on http://0.0.0.0:([0-9]+)", line)
            address = f"http://localhost:{found[1]}" if found else None
        draining = asyncio.create_task(process.stdout.read())
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        await process.wait()
    await draining


def _environment() -> dict[str, str]:
    """Without what is set for a node here, and with this project's commands, which lie beside its Python."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("TRANSFER_")}
    return rest | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{rest['PATH']}"}


async def _said(made: Path, own: dict[str, str], *command: str | Path) -> str:
    """What a command prints that runs beside a node, in a container of its own."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=made, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_environment() | own
    )
    said = (await process.communicate())[0].decode()
    assert process.returncode == 0, said
    return said


async def _token(made: Path, own: dict[str, str], *scopes: str) -> dict[str, str]:
    """What another system shows that takes in and hands over."""
    role = ("--institution", own["TRANSFER_REGION"], "--role", "workstation")
    await _said(made, own, "transfer", "user", "add", "intake", "--name", "王芳", *role, "--system")
    chosen = [word for scope in scopes for word in ("--scope", scope)]
    said = await _said(made, own, "transfer", "token", "add", "intake", "--name", "system", *chosen)
    return {"Authorization": f"Bearer {said.split()[-1]}"}


async def _post(
    browser: aiohttp.ClientSession, address: str, body: dict[str, Any], token: dict[str, str]
) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*", **token}
    async with browser.post(address, json=body, headers=headers) as answer:
        told = await answer.json()
        assert answer.status < 300, told
        return dict(told)


async def test_the_prepared_exchange_hands_a_case_over(made: Path) -> None:
    lines = (line.partition(" = ") for line in (COMPOSE / "hub.conf").read_text(encoding="utf-8").splitlines())
    limits = {name: value for name, _, value in lines if name.startswith(("auth_", "max_", "channel_", "heartbeat"))}
    tls = ServerTls.in_folder(made / "pki")
    async with AsyncExitStack() as stack:
        hub = stack.enter_context(Broker(settings={**limits, "auth_mechanisms.2": "PLAIN"}, tls=tls))
        hub.load_definitions(json.loads((made / "definitions.json").read_text()))
        databases = stack.enter_context(Postgres(fsync=False))
        for statement in (COMPOSE / "databases.sql").read_text().splitlines():
            databases.execute(statement)
        services = yaml.safe_load((COMPOSE / "compose.yaml").read_text(encoding="utf-8"))["services"]
        measured = dict(zip(SERVICES, free_ports(len(SERVICES)), strict=True))
        addresses, settings = {}, {}
        for region, service in SERVICES.items():
            own = dict(line.split("=", 1) for line in (made / f"{region}.env").read_text().splitlines())
            set_ = services[service]["environment"]
            own |= {name: value for name, value in set_.items() if not name.startswith(ELSEWHERE)}
            own["TRANSFER_AMQP_URL"] = own["TRANSFER_AMQP_URL"].replace("hub:5671", f"localhost:{hub.ports.amqps}")
            own["TRANSFER_DATABASE_URL"] = databases.database_url(f"transfer_{region}")
            own |= {"TRANSFER_PORT": "0", "TRANSFER_METRICS_PORT": str(measured[region])}
            addresses[region] = await stack.enter_async_context(_node(made, own))
            settings[region] = own
        browser = await stack.enter_async_context(aiohttp.ClientSession())
        here = await _token(made, settings["442000"], "take-in", "transfer", "read-cases")
        there = await _token(made, settings["510521"], "read-cases")
        case = await _post(browser, f"{addresses['442000']}/v1/cases", application(), here)
        offer = OFFER | {"receiver": "510521"}
        await _post(browser, f"{addresses['442000']}/v1/cases/{case['id']}/transfers", offer, here)

        async def arrived() -> bool:
            async with browser.get(f"{addresses['510521']}/v1/cases/{case['id']}", headers=there) as answer:
                return answer.status == 200

        await until(arrived, what="the case is known in Luxian")

        configuration = (COMPOSE / "prometheus.yml").read_text(encoding="utf-8")
        for region, service in SERVICES.items():
            for _ in range(2):  # the second time there is nothing to do
                await _said(made, settings[region], "sh", COMPOSE / "token", made / "tokens")
            assert (made / "tokens" / region).stat().st_mode & 0o777 == 0o600
            assert f"[{service}:9464]" in configuration
            configuration = configuration.replace(f"{service}:9464", f"{LOOPBACK}:{measured[region]}")
        (made / "prometheus" / "tokens").symlink_to(made / "tokens")
        query = await stack.enter_async_context(scraping(made / "prometheus", configuration))

        async def scraped() -> bool:
            up = [await query(f'up{{job="transfer", region="{region}"}}') for region in SERVICES]
            return up == [["1"]] * len(SERVICES)

        await until(scraped, what="Prometheus measures all three")
