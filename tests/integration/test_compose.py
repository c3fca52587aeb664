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
from deploy.local.postgres import Postgres
from tests.integration.api_node import OFFER, application
from tests.integration.hub import until

# Not repeated with RabbitMQ 4: what is tried here are the files of deploy/compose, and preparing them takes a minute.
pytestmark = [pytest.mark.postgres, pytest.mark.timeout(600)]

COMPOSE: Final = Path(__file__).parent.parent.parent / "deploy" / "compose"
REGIONS: Final = ("442000", "510521", "510000")


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
async def _node(made: Path, env: Path) -> AsyncIterator[str]:
    """A node as compose starts it; gives its address."""
    process = await asyncio.create_subprocess_exec(
        "transfer", "serve", "--migrate", "--env-file", env, cwd=made, stdout=subprocess.PIPE, env=_environment()
    )
    assert process.stdout is not None
    try:
        address, said = None, ""
        while address is None:
            line = (await process.stdout.readline()).decode()
            assert line, said
            said += line
            found = re.search(r"listening on (http://\S+)", line)
            address = found[1] if found else None
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


async def _post(browser: aiohttp.ClientSession, address: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*"}
    async with browser.post(address, json=body, headers=headers) as answer:
        told = await answer.json()
        assert answer.status < 300, told
        return dict(told)


async def test_the_prepared_exchange_hands_a_case_over(made: Path) -> None:
    lines = (line.partition(" = ") for line in (COMPOSE / "hub.conf").read_text(encoding="utf-8").splitlines())
    own = {name: value for name, _, value in lines if name.startswith(("auth_", "max_", "channel_", "heartbeat"))}
    tls = ServerTls.in_folder(made / "pki")
    async with AsyncExitStack() as stack:
        hub = stack.enter_context(Broker(settings={**own, "auth_mechanisms.2": "PLAIN"}, tls=tls))
        hub.load_definitions(json.loads((made / "definitions.json").read_text()))
        databases = stack.enter_context(Postgres(fsync=False))
        for statement in (COMPOSE / "databases.sql").read_text().splitlines():
            databases.execute(statement)
        addresses = {}
        for region in REGIONS:
            given = (made / f"{region}.env").read_text().replace("hub:5671", f"localhost:{hub.ports.amqps}")
            given = re.sub(r"postgresql://.*/", databases.database_url(""), given)
            env = made / f"here-{region}.env"
            env.write_text(f"{given}TRANSFER_PORT=0\nTRANSFER_SIGN_IN=off\n")
            addresses[region] = await stack.enter_async_context(_node(made, env))
        browser = await stack.enter_async_context(aiohttp.ClientSession())
        case = await _post(browser, f"{addresses['442000']}/v1/cases", application())
        offer = OFFER | {"receiver": "510521"}
        await _post(browser, f"{addresses['442000']}/v1/cases/{case['id']}/transfers", offer)

        async def arrived() -> bool:
            async with browser.get(f"{addresses['510521']}/v1/cases/{case['id']}") as answer:
                return answer.status == 200

        await until(arrived, what="the case is known in Luxian")
