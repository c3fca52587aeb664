"""A file of 200 MB between two nodes, beside curl: from a plain server, and from the region's site with a ticket."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, PIPE
from tempfile import TemporaryDirectory
from typing import Final

from deploy.local.ports import free_ports
from deploy.local.programs import curl_program
from tests.bench.figures import Figures
from tests.integration.file_nodes import with_address
from tests.integration.file_processes import (
    SIZE,
    SOURCE,
    TARGET,
    Running,
    a_process,
    blocks,
    name_it,
    put_and_offer,
    state,
)
from tests.trust import shared
from transfer.crypto.tickets import Tickets
from transfer.messages.attachments import Attachment

FILES: Final = "files"
_NAME: Final = "plain.pdf"
_LOOK_SECONDS: Final = 0.5
_MEGABYTE: Final = 1_000_000


class DidNotCome(Exception):
    """The file did not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Two nodes and a plain server on one machine, behind one certificate."""

    folder: Path
    ca: Path
    site: str
    plain: str
    source: Running
    target: Running

    async def round(self, number: int) -> dict[str, Figures]:
        """The figures of each contender, by name; each name of a figure ends in its unit."""
        file = await put_and_offer(self.source, number)
        fetched = await self._fetch(file)
        ticket = await asyncio.to_thread(Tickets(wire=shared().wire(TARGET)).issue, SOURCE, file.digest)
        plain = await self._curl(f"{self.plain}/{_NAME}")
        site = await self._curl(f"{self.site}/v1/files/{file.digest}", "--header", f"Authorization: Bearer {ticket}")
        peaks = {"source": self.source.memory("VmHWM"), "target": self.target.memory("VmHWM")}
        return {
            "fetch": _speed(fetched) | {f"{node}_peak_memory_bytes": float(peak) for node, peak in peaks.items()},
            "curl": _speed(plain),
            "curl-site": _speed(site),
        }

    async def _fetch(self, file: Attachment) -> float:
        """Seconds from the commit of the message that names it to that of the record that it is kept."""
        await _settled()
        await name_it(self.folder, file)
        while (line := await state(self.target))["retry_at"] is not None:  # noqa: ASYNC110 - another process
            await asyncio.sleep(_LOOK_SECONDS)
        if line["state"] != "kept":
            raise DidNotCome(line["detail"])
        wanted, kept = (datetime.fromisoformat(line[name]) for name in ("wanted_at", "changed_at"))
        return (kept - wanted).total_seconds()

    async def _curl(self, address: str, *more: str) -> float:
        """Seconds as curl counts them; it verifies the server, and writes to the same disk."""
        options = ["--silent", "--show-error", "--fail", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"]
        result = ["--cacert", str(self.ca), "--output", str(self.folder / "out"), "--write-out", "%{time_total}"]
        await _settled()
        curl = await asyncio.create_subprocess_exec(
            curl_program(), *options, *result, *more, address, stdout=PIPE, stderr=PIPE
        )
        said, fault = await curl.communicate()
        if curl.returncode:
            raise DidNotCome(fault.decode())
        return float(said)


async def play_files(pki: Path, rounds: int, tell: Callable[[str], None]) -> dict[str, list[Figures]]:
    """So many rounds, and one before that does not count. Raises DidNotCome, NotInstalled."""
    played: dict[str, list[Figures]] = {}
    async with _link(pki) as link:
        for number in range(rounds + 1):
            for name, figures in (await link.round(number)).items():
                if number:
                    played.setdefault(name, []).append(figures)
                    tell(f"round {number}: {name} {figures['megabytes_per_second']:.0f} MB/s")
    return played


@asynccontextmanager
async def _link(pki: Path) -> AsyncIterator[Link]:
    curl_program()
    ca, cert, key = (pki / name for name in ("ca.pem", "server.pem", "server.key"))
    site, plain, here, there = free_ports(4)
    address = f"https://127.0.0.1:{site}"
    both = {"directory": shared().file(shared().directory(with_address(address))), "poll": 0.05}
    giving = {"files_port": site, "files_cert": cert, "files_key": key, "roles": "api"}
    # Beside the other things of the bench: what lies in memory elsewhere would not be a disk.
    with TemporaryDirectory(dir=pki) as name:
        folder = Path(name)
        with (folder / _NAME).open("wb") as file:
            file.writelines(blocks())
        command = ["-m", "tests.bench.plain_site", str(folder), str(pki), str(plain)]
        server = await asyncio.create_subprocess_exec(sys.executable, *command, stderr=DEVNULL)
        try:
            async with (
                a_process(folder, SOURCE, there, **both, **giving) as source,
                a_process(folder, TARGET, here, **both, tls_ca=ca, roles="api,inbound") as target,
            ):
                yield Link(
                    folder=folder,
                    ca=ca,
                    site=address,
                    plain=f"https://127.0.0.1:{plain}",
                    source=source,
                    target=target,
                )
        finally:
            server.kill()
            await server.wait()


async def _settled() -> None:
    """The disk has nothing left to write: a fetch waits for it at its end, and would pay for what others left."""
    await asyncio.to_thread(os.sync)


def _speed(seconds: float) -> dict[str, float]:
    return {"megabytes_per_second": SIZE / seconds / _MEGABYTE}
