"""A file of 200 MB between two nodes, beside curl: from a plain server, from the region's site with a ticket, and both
over a link that is cut."""

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
from tests.faults.proxy import Proxy
from tests.integration.file_nodes import with_address
from tests.integration.file_processes import (
    CUTS,
    SIZE,
    SOURCE,
    TARGET,
    Running,
    a_process,
    blocks,
    cut_often,
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
    """Two nodes and a plain server on one machine, behind one certificate; ``proxy`` is what cuts the link."""

    folder: Path
    ca: Path
    site: str
    plain: str
    source: Running
    target: Running
    proxy: Proxy | None

    async def round(self, number: int) -> dict[str, Figures]:
        """The figures of each contender, by name; each name of a figure ends in its unit."""
        file = await put_and_offer(self.source, number)
        fetched = await self._fetch(file)
        ticket = await asyncio.to_thread(Tickets(wire=shared().wire(TARGET)).issue, SOURCE, file.digest)
        bearer = "--header", f"Authorization: Bearer {ticket}"
        site = await self._curl(f"{self.site}/v1/files/{file.digest}", *bearer)
        peaks = {"source": self.source.memory("VmHWM"), "target": self.target.memory("VmHWM")}
        figures = _speed(fetched) | {f"{node}_peak_memory_bytes": float(peak) for node, peak in peaks.items()}
        if self.proxy is not None:
            return {"fetch-cut": figures, "curl-cut": _speed(site)}
        plain = await self._curl(f"{self.plain}/{_NAME}")
        return {"fetch": figures, "curl": _speed(plain), "curl-site": _speed(site)}

    async def _fetch(self, file: Attachment) -> float:
        """Seconds from the commit of the message that names it to that of the record that it is kept."""
        await _settled()
        async with self._cutting():
            await name_it(self.folder, file)
            while (line := await state(self.target))["retry_at"] is not None:  # noqa: ASYNC110 - another process
                await asyncio.sleep(_LOOK_SECONDS)
        if line["state"] != "kept":
            raise DidNotCome(line["detail"])
        wanted, kept = (datetime.fromisoformat(line[name]) for name in ("wanted_at", "changed_at"))
        return (kept - wanted).total_seconds()

    async def _curl(self, address: str, *more: str) -> float:
        """Seconds as curl counts them; it verifies the server, writes to the same disk, and goes on after a cut."""
        out = self.folder / "out"
        out.unlink(missing_ok=True)
        options = ["--silent", "--show-error", "--fail", "--retry", "20", "--retry-connrefused", "--retry-delay", "1"]
        result = ["--cacert", str(self.ca), "--output", str(out), "--write-out", "%{time_total}"]
        await _settled()
        seconds, left = 0.0, CUTS if self.proxy is not None else 0
        async with self._cutting():
            while True:
                command = [*options, "--continue-at", "-", *result, *more, address]
                curl = await asyncio.create_subprocess_exec(curl_program(), *command, stdout=PIPE, stderr=PIPE)
                said, fault = await curl.communicate()
                seconds += float(said)
                if not curl.returncode:
                    return seconds
                if not left:
                    raise DidNotCome(fault.decode())
                left -= 1

    @asynccontextmanager
    async def _cutting(self) -> AsyncIterator[None]:
        """While a file passes, the link is cut, where it is one that is."""
        cuts = asyncio.create_task(cut_often(self.proxy)) if self.proxy is not None else None
        yield
        if cuts is not None:
            await cuts


async def play_files(pki: Path, rounds: int, tell: Callable[[str], None]) -> dict[str, list[Figures]]:
    """So many rounds, and one before that does not count. Raises DidNotCome, NotInstalled."""
    played: dict[str, list[Figures]] = {}
    for cut in (False, True):
        async with _link(pki, cut=cut) as link:
            for number in range(rounds + 1):
                for name, figures in (await link.round(number)).items():
                    if number:
                        played.setdefault(name, []).append(figures)
                        tell(f"round {number}: {name} {figures['megabytes_per_second']:.0f} MB/s")
    return played


@asynccontextmanager
async def _link(pki: Path, *, cut: bool) -> AsyncIterator[Link]:
    curl_program()
    ca, cert, key = (pki / name for name in ("ca.pem", "server.pem", "server.key"))
    site, plain, here, there = free_ports(4)
    async with Proxy(port=site) as proxy:
        address = f"https://127.0.0.1:{proxy.own_port if cut else site}"
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
                        proxy=proxy if cut else None,
                    )
            finally:
                server.kill()
                await server.wait()


async def _settled() -> None:
    """The disk has nothing left to write: a fetch waits for it at its end, and would pay for what others left."""
    await asyncio.to_thread(os.sync)


def _speed(seconds: float) -> dict[str, float]:
    return {"megabytes_per_second": SIZE / seconds / _MEGABYTE}
