"""200 MB between two nodes, each a process of its own, over a link that is cut, and killed on the way."""

import asyncio
import hashlib
import json
import os
import random
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any, Final
from uuid import uuid4

import aiohttp
import pytest

from deploy.local.ports import free_ports
from tests.faults.proxy import Proxy
from tests.integration.api_node import OFFER, application
from tests.integration.file_nodes import PDF, with_address
from tests.pki import Pki
from tests.trust import as_text, shared
from transfer.messages.attachments import Attachment
from transfer.settings import Settings
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.telemetry import clock

SOURCE, TARGET = "442000", "510521"
SIZE: Final = 200_000_000
CUT: Final = 30_000_000
GROWTH: Final = 64 * 2**20
"""Bytes by which a process may grow while such a file passes through it."""
_BLOCK: Final = random.Random(1).randbytes(1_000_000)  # noqa: S311 - the same content each time


def blocks() -> list[bytes]:
    """A document of SIZE bytes, in parts that share their memory."""
    head, tail = b"%PDF-1.7\n", b"\n%%EOF\n"
    return [head, *[_BLOCK] * (SIZE // len(_BLOCK) - 1), bytes(len(_BLOCK) - len(head) - len(tail)), tail]


async def streamed() -> AsyncIterator[bytes]:
    for block in blocks():
        yield block


@dataclass(slots=True, kw_only=True)
class Running:
    """A node in a process of its own."""

    process: Popen[bytes]
    address: str

    def memory(self, field: str) -> int:
        """Bytes: VmRSS now, VmHWM at its highest."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


@asynccontextmanager
async def a_process(folder: Path, region: str, port: int, **settings: Any) -> AsyncIterator[Running]:
    shared().file_key(region)
    given = {
        "region": region,
        "database_url": f"sqlite:///{folder}/{region}.db",
        "amqp_url": "amqp://nobody:x@127.0.0.1:1/none",
        "files": folder / f"files-{region}",
        "poll": 0.2,
        "fetch_first": 0.2,
        **shared().settings(region),
        **settings,
    }
    environment = os.environ | {f"TRANSFER_{name.upper()}": value for name, value in as_text(given).items()}
    command = [sys.executable, "-m", "transfer", "serve", "--migrate", "--until-stdin-closes", "--port", str(port)]
    with (folder / f"{region}.log").open("ab") as log:
        process = Popen(command, env=environment, stdin=PIPE, stdout=log, stderr=log)  # noqa: ASYNC220 - quick enough
    try:
        running = Running(process=process, address=f"http://127.0.0.1:{port}")
        async with aiohttp.ClientSession() as client, asyncio.timeout(60):
            while True:
                try:
                    async with client.get(f"{running.address}/healthz") as answer:
                        assert answer.status == 200
                        break
                except aiohttp.ClientError:
                    assert process.poll() is None, (folder / f"{region}.log").read_text()
                    await asyncio.sleep(0.1)
        yield running
    finally:
        if process.stdin is not None:
            process.stdin.close()
        process.kill()
        process.wait()


async def put_and_offer(node: Running) -> Attachment:
    """The file is in the source, and was named to the target."""
    async with aiohttp.ClientSession(node.address) as client:
        headers = {"Content-Type": PDF}
        async with client.post("/v1/files?name=x.pdf", data=streamed(), headers=headers) as answer:
            assert answer.status == 201, await answer.text()
            file = await answer.json()
        body = application(materials=[{"kind": "OTHER", "title": "x", "file": file}])
        async with client.post("/v1/cases", json=body, headers={"Idempotency-Key": str(uuid4())}) as answer:
            assert answer.status == 201, await answer.text()
            case = (await answer.json())["id"]
        headers = {"Idempotency-Key": str(uuid4()), "If-Match": "*"}
        async with client.post(f"/v1/cases/{case}/transfers", json=OFFER, headers=headers) as answer:
            assert answer.status == 201, await answer.text()
    return Attachment.model_validate_json(json.dumps(file))


async def name_it(folder: Path, file: Attachment) -> None:
    """As the door does when the message is applied; there is no broker here."""
    url = Settings.load(
        region=TARGET,
        database_url=f"sqlite:///{folder}/{TARGET}.db",
        amqp_url="amqp://nobody:x@127.0.0.1:1/none",
        **shared().settings(TARGET),
    ).database_url
    store = Store(engine=open_engine(url), region=TARGET, clock=clock.now, new_id=uuid4)
    async with store.work() as work:
        work.record_wanted(SOURCE, uuid4(), uuid4(), [file])
    await store.engine.dispose()


async def state(node: Running) -> dict[str, Any]:
    async with aiohttp.ClientSession(node.address) as client, client.get("/v1/fetches") as answer:
        return dict((await answer.json())["items"][0])


def spooled(folder: Path) -> int:
    """Bytes at rest of what is on its way."""
    return sum(one.stat().st_size for one in (folder / f"files-{TARGET}" / "spool").glob("*.part"))


async def until_spooled(folder: Path, size: int) -> None:
    async with asyncio.timeout(120):
        while spooled(folder) < size:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.02)


@pytest.mark.federation
@pytest.mark.timeout(400)
async def test_200_mb_arrive_whole_over_cuts_and_a_kill_with_little_memory(tmp_path: Path, pki: Pki) -> None:
    port, here, there = free_ports(3)
    async with Proxy(port=port) as link:
        address = f"https://127.0.0.1:{link.own_port}"
        note = {"directory": shared().file(shared().directory(with_address(address)))}
        site = {"files_port": port, "files_cert": pki.server.cert, "files_key": pki.server.key, "roles": "api"}
        target = note | {"tls_ca": pki.server.ca, "roles": "api,inbound"}
        async with a_process(tmp_path, SOURCE, there, **note, **site) as source:
            before = source.memory("VmRSS")
            file = await put_and_offer(source)
            assert file.size == SIZE
            assert source.memory("VmHWM") - before < GROWTH
            async with a_process(tmp_path, TARGET, here, **target) as first:
                link.reset_after(CUT, to_server=False)
                await name_it(tmp_path, file)
                await until_spooled(tmp_path, CUT // 3)
                first.process.kill()
                first.process.wait()
            async with a_process(tmp_path, TARGET, here, **target) as second:
                idle = second.memory("VmRSS")

                async def cutting() -> None:
                    for _ in range(5):
                        passed = link.passed
                        link.reset_after(CUT, to_server=False)
                        while link.passed - passed < CUT:  # noqa: ASYNC110 - the link tells nobody
                            await asyncio.sleep(0.02)

                cuts = asyncio.create_task(cutting())
                async with asyncio.timeout(240):
                    while (await state(second))["retry_at"] is not None:  # noqa: ASYNC110 - another process
                        await asyncio.sleep(0.2)
                await cuts
                assert (await state(second))["state"] == "kept", await state(second)
                assert second.memory("VmHWM") - idle < GROWTH
                digest = hashlib.sha256()
                async with (
                    aiohttp.ClientSession(second.address) as client,
                    client.get(f"/v1/files/{file.digest}") as answer,
                ):
                    async for block in answer.content.iter_chunked(2**20):
                        digest.update(block)
                assert f"sha256:{digest.hexdigest()}" == file.digest
                assert second.memory("VmHWM") - idle < GROWTH
            assert source.memory("VmHWM") - before < GROWTH
