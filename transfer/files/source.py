"""Asks another region for a file, over HTTPS, from the byte on which is still missing."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from transfer.crypto.book import NoExchange
from transfer.crypto.directory import Directory
from transfer.crypto.letters import CannotSeal
from transfer.crypto.tickets import Tickets
from transfer.crypto.tls import TlsFilesInvalid
from transfer.ports.files import Fetch, Setback

PATH: Final = "/v1/files/"
CONNECT_SECONDS: Final = 15.0
READ_SECONDS: Final = 60.0
"""A source that sends nothing for so long is taken for gone."""
_PIECE: Final = 512 * 1024
"""Bytes that are written at once, and half of what waits for that in memory."""
_OK, _PARTIAL, _REFUSED, _GONE, _NOT_SATISFIABLE = 200, 206, (401, 403, 404), 410, 416


class SourceAway(Exception):
    """The source does not give the file now; asking again soon may help."""

    def __init__(self, why: Setback) -> None:
        self.why = why
        super().__init__(why.detail)


class SourceSaysNo(Exception):
    """The source says that it has no such file for this region; asking again soon does not help."""

    def __init__(self, why: Setback) -> None:
        self.why = why
        super().__init__(why.detail)


class SourceHasNone(Exception):
    """The source says that the file was never there and will not come there; asking again does not help."""

    def __init__(self, why: Setback) -> None:
        self.why = why
        super().__init__(why.detail)


class SourceDiffers(Exception):
    """The source gives another file than its message named."""

    def __init__(self, why: Setback) -> None:
        self.why = why
        super().__init__(why.detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Other regions' files. The directory and the authorities are looked at for each request."""

    directory: Callable[[], Directory]
    tickets: Tickets
    tls: Callable[[], ssl.SSLContext]

    async def content(self, fetch: Fetch, start: int) -> AsyncGenerator[bytes, None]:
        """The file from that byte on, in pieces, to its end or until the connection breaks.

        Raises SourceAway, SourceSaysNo, SourceHasNone or SourceDiffers.
        """
        try:
            address, token = (
                self._address(fetch),
                await asyncio.to_thread(self.tickets.issue, fetch.source, fetch.digest),
            )
            connector = aiohttp.TCPConnector(ssl=self.tls())
        except (CannotSeal, NoExchange, TlsFilesInvalid) as error:
            raise SourceAway(Setback(code="cannot-ask", detail=str(error))) from error
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}
        if start:
            headers |= {"Range": f"bytes={start}-", "If-Range": f'"{fetch.digest}"'}
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, timeout=timeout, auto_decompress=False, read_bufsize=_PIECE
                ) as session,
                session.get(address, headers=headers, allow_redirects=False) as answer,
            ):
                await _check(answer, fetch, start)
                async for piece in answer.content.iter_chunked(_PIECE):
                    yield piece
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            # The library's text may hold addresses; what matters is the kind.
            detail = f"{fetch.source} at {address} broke off or did not answer: {type(error).__name__}"
            # The stream keeps its error, whose frames would keep the stream and its buffers.
            raise SourceAway(Setback(code="source-away", detail=detail)) from error.with_traceback(None)

    def _address(self, fetch: Fetch) -> str:
        listed = self.directory().by_code.get(fetch.source)
        if listed is None or listed.attachments is None:
            said = f"the directory has no address for files of region {fetch.source}"
            raise SourceAway(Setback(code="no-address", detail=said))
        return f"{listed.attachments.rstrip('/')}{PATH}{fetch.digest}"


async def _check(answer: aiohttp.ClientResponse, fetch: Fetch, start: int) -> None:
    """That what follows are the bytes of the file from ``start`` on."""
    status, whole = answer.status, fetch.size
    if status in (*_REFUSED, _GONE):
        code = await _problem(answer)
        why = Setback(code=code, detail=f"{fetch.source} answers {status}, {code}")
        raise SourceHasNone(why) if status == _GONE else SourceSaysNo(why)
    if status == _NOT_SATISFIABLE:
        raise SourceDiffers(Setback(code="size-differs", detail=f"{fetch.source} has a shorter file"))
    if status not in (_OK, _PARTIAL):
        raise SourceAway(Setback(code="source-fault", detail=f"{fetch.source} answers {status}"))
    tag = answer.headers.get("ETag", "")
    if tag != f'"{fetch.digest}"' or answer.headers.get("Content-Encoding", "identity") != "identity":
        raise SourceAway(Setback(code="source-fault", detail=f"{fetch.source} answers with something else"))
    expected = f"bytes {start}-{whole - 1}/{whole}"
    if status == _OK and start:
        raise SourceAway(Setback(code="source-fault", detail=f"{fetch.source} does not go on where it was asked to"))
    if (status == _PARTIAL and answer.headers.get("Content-Range") != expected) or (
        answer.content_length is not None and answer.content_length != whole - start
    ):
        raise SourceDiffers(Setback(code="size-differs", detail=f"{fetch.source} has a file of another size"))


async def _problem(answer: aiohttp.ClientResponse) -> str:
    """The kind of problem that the source names."""
    try:
        said = (await answer.json(content_type=None)).get("type", "")
    except (ValueError, AttributeError):
        said = ""
    kind = str(said).rpartition("#")[2]
    return kind[:40] if kind.isascii() and kind.replace("-", "").isalnum() else f"http-{answer.status}"
