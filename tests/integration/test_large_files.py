"""200 MB between two nodes, each a process of its own, over a link that is cut, and killed on the way."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from deploy.local.ports import free_ports
from tests.faults.proxy import Proxy
from tests.integration.file_nodes import with_address
from tests.integration.file_processes import (
    CUT,
    SIZE,
    SOURCE,
    TARGET,
    a_process,
    cut_often,
    name_it,
    put_and_offer,
    state,
)
from tests.pki import Pki
from tests.trust import shared

GROWTH: Final = 64 * 2**20
"""Bytes by which a process may grow while such a file passes through it."""


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
                cuts = asyncio.create_task(cut_often(link))
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
