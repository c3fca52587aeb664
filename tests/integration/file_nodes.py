"""Two regions with files: one gives them over TLS, through a link that a test can cut, the other fetches them."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import aiohttp

from deploy.local.ports import free_ports
from tests.faults.proxy import Proxy
from tests.integration.api_node import LUXIAN, ZHONGSHAN, Answer, Api, serving
from tests.pki import Pki
from tests.trust import shared
from transfer.crypto.directory import Region
from transfer.crypto.tls import calling
from transfer.files.fetch import Fetcher
from transfer.files.parts import FileParts

PDF: Final = "application/pdf"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileNode:
    """A node that keeps files in a folder."""

    api: Api
    folder: Path

    @property
    def parts(self) -> FileParts:
        assert self.api.node.files is not None
        return self.api.node.files

    @property
    def fetcher(self) -> Fetcher:
        return self.parts.fetcher

    @property
    def objects(self) -> list[Path]:
        return [one for one in self.folder.joinpath("objects").rglob("*") if one.is_file()]

    @property
    def spooled(self) -> list[Path]:
        return sorted(self.folder.joinpath("spool").glob("*"))

    async def put(self, content: Any, name: str = "欠条.pdf", kind: str = PDF) -> Answer:
        content = io.BytesIO(content) if isinstance(content, bytes) else content
        return await self.api.ask("POST", f"/v1/files?name={quote(name)}", data=content, headers={"Content-Type": kind})

    async def read(self, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
        """A file's status, headers and bytes."""
        async with self.api.session.get(path, headers=headers) as answer:
            return answer.status, {k.title(): v for k, v in answer.headers.items()}, await answer.read()

    async def fetches(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.api.get("/v1/fetches")).body["items"]
        return found


@asynccontextmanager
async def a_file_node(folder: Path, region: str = ZHONGSHAN, **settings: Any) -> AsyncIterator[FileNode]:
    """Keeps its files in the folder ``files`` of its own."""
    shared().file_key(region)
    own = folder / f"files-{region}"
    async with serving(folder, region, files=str(own), **settings) as api:
        yield FileNode(api=api, folder=own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Zhongshan, which has files, and Luxian, which fetches them over the link."""

    source: FileNode
    target: FileNode
    link: Proxy
    address: str

    async def named(self, content: bytes, name: str = "欠条.pdf", kind: str = PDF) -> dict[str, Any]:
        """Put a file into the source and offer a case to the target that names it; gives the attachment."""
        answer = await self.source.put(content, name, kind)
        assert answer.status in (200, 201), answer
        await self.offer(answer.body)
        return dict(answer.body)

    async def offer(self, attachment: dict[str, Any]) -> None:
        """Offer a case that names this file, and let the message arrive."""
        paper = {"kind": "OTHER", "title": attachment["name"], "file": attachment}
        await self.source.api.offered(materials=[paper])
        await self.source.api.carry(self.target.api)

    async def fetch(self) -> int:
        """One round of the target."""
        return await self.target.fetcher.fetch_once()

    async def last(self) -> dict[str, Any]:
        """The fetch that was wanted last."""
        return (await self.target.fetches())[0]


def with_address(address: str | None) -> tuple[Region, ...]:
    """The regions of the local stack; Zhongshan's files are there."""
    return with_addresses({ZHONGSHAN: address})


def with_addresses(addresses: Mapping[str, str | None]) -> tuple[Region, ...]:
    """The regions of the local stack; the files of each are there."""
    known = shared().directory().regions
    return tuple(one.model_copy(update={"attachments": addresses.get(one.code)}) for one in known)


@asynccontextmanager
async def a_pair(
    folder: Path, pki: Pki, *, source: dict[str, Any] | None = None, target: dict[str, Any] | None = None
) -> AsyncIterator[Pair]:
    """Both with fresh databases and folders."""
    async with AsyncExitStack() as stack:
        (port,) = free_ports(1)
        link = await stack.enter_async_context(Proxy(port=port))
        address = f"https://127.0.0.1:{link.own_port}"
        note = shared().file(shared().directory(with_address(address)))
        site = {"files_port": port, "files_cert": pki.server.cert, "files_key": pki.server.key, "directory": note}
        there = await stack.enter_async_context(a_file_node(folder, ZHONGSHAN, **site, **(source or {})))
        trusting = {"tls_ca": pki.server.ca, "directory": note, "fetch_first": 0.1, "fetch_longest": 0.1}
        here = await stack.enter_async_context(a_file_node(folder, LUXIAN, **(trusting | (target or {}))))
        yield Pair(source=there, target=here, link=link, address=address)


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for happens in folders
            await asyncio.sleep(0.02)


@asynccontextmanager
async def a_stranger(pki: Pki) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that trusts the source and is nobody."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=calling(pki.server.ca))) as session:
        yield session
