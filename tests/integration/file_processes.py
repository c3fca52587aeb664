"""Nodes with files as processes of their own, and a document of 200 MB for them."""

import asyncio
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

from tests.faults.proxy import Proxy
from tests.integration.api_node import OFFER, application
from tests.integration.file_nodes import PDF
from tests.trust import as_text, shared
from transfer.messages.attachments import Attachment
from transfer.settings import Settings
from transfer.storage.engine import open_engine
from transfer.storage.store import Store
from transfer.telemetry import clock

SOURCE, TARGET = "442000", "510521"
SIZE: Final = 200_000_000
_BLOCK: Final = 1_000_000
CUTS: Final = 5
CUT: Final = 30_000_000
"""Bytes after which a link is cut, each time."""


def blocks(number: int = 0) -> list[bytes]:
    """A document of SIZE bytes, in parts that share their memory; the same for the same number."""
    block = random.Random(number).randbytes(_BLOCK)  # noqa: S311 - nothing secret
    head, tail = b"%PDF-1.7\n", b"\n%%EOF\n"
    return [head, *[block] * (SIZE // _BLOCK - 1), bytes(_BLOCK - len(head) - len(tail)), tail]


async def streamed(number: int) -> AsyncIterator[bytes]:
    for block in blocks(number):
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


async def put_and_offer(node: Running, number: int = 0) -> Attachment:
    """The document of that number is in the source, and was named to the target."""
    async with aiohttp.ClientSession(node.address) as client:
        headers = {"Content-Type": PDF}
        async with client.post("/v1/files?name=x.pdf", data=streamed(number), headers=headers) as answer:
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


async def cut_often(link: Proxy) -> None:
    """Cut the link CUTS times, each time when CUT more bytes have come over it from the source."""
    for _ in range(CUTS):
        passed = link.passed
        link.reset_after(CUT, to_server=False)
        while link.passed - passed < CUT:  # noqa: ASYNC110 - the link tells nobody
            await asyncio.sleep(0.02)
