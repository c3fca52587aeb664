"""A real Prometheus with a configuration of deploy/, made quick."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp

from deploy.local.ports import LOOPBACK, free_ports
from deploy.local.programs import prometheus_program

ALERTS: Final = Path(__file__).parent.parent / "deploy" / "prometheus" / "alerts.yml"

Query = Callable[[str], Awaitable[list[str]]]


@asynccontextmanager
async def scraping(folder: Path, configuration: str) -> AsyncIterator[Query]:
    """Gives what asks it for the values of a query; the other files that the configuration names are in the folder."""
    assert "_interval: 15s" in configuration
    (folder / "prometheus.yml").write_text(configuration.replace("_interval: 15s", "_interval: 1s"))
    (folder / "alerts.yml").write_text(ALERTS.read_text(encoding="utf-8"))
    [port] = free_ports(1)
    command = (
        prometheus_program(),
        f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address={LOOPBACK}:{port}",
    )
    async with aiohttp.ClientSession(f"http://{LOOPBACK}:{port}") as session:

        async def query(asked: str) -> list[str]:
            try:
                async with session.get("/api/v1/query", params={"query": asked}) as answer:
                    return [str(one["value"][1]) for one in (await answer.json())["data"]["result"]]
            except (aiohttp.ClientError, KeyError):  # it has only just begun
                return []

        with (folder / "log").open("w") as log:
            process = await asyncio.create_subprocess_exec(*command, stderr=log, stdout=subprocess.DEVNULL)
        try:
            yield query
        finally:
            process.terminate()
            await process.wait()
