"""Files: put here by people, read by people, and fetched by other regions."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from aiohttp import ClientPayloadError, web

from transfer.crypto.tickets import TicketMissing
from transfer.messages.codes import MediaType
from transfer.ports.files import FileFate, FileNotGranted, FileRefused, KeptFile, told
from transfer.records import FetchFilter, FetchLine, TimeKey
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body
from transfer.web.cursors import time_cursor, time_key
from transfer.web.faults import BadRequest, NotAFileType, NotFound, Stalled
from transfer.web.lists import Next, cut, next_page, paged
from transfer.web.ranges import Known, part_of
from transfer.web.route import Ask

STALLED_SECONDS: Final = 60.0
CSP: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_BEARER: Final = re.compile(r"Bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
_ENDINGS: Final = {
    MediaType.PDF: "pdf",
    MediaType.OFD: "ofd",
    MediaType.JPEG: "jpg",
    MediaType.PNG: "png",
    MediaType.TIFF: "tif",
    MediaType.MP3: "mp3",
    MediaType.WAV: "wav",
    MediaType.MP4: "mp4",
}


class FetchPage(Body):
    """A page of the files that come from other regions."""

    items: tuple[FetchLine, ...]
    next: Next


async def put(ask: Ask) -> Reply:
    """Keep a file; the same content twice is one file, so a repetition changes nothing."""
    query: queries.FileNamed = ask.query
    try:
        kind = MediaType(ask.headers.get("Content-Type", "").partition(";")[0].strip().lower())
    except ValueError:
        raise NotAFileType(f"Send one of: {', '.join(MediaType)}.") from None
    if ask.headers.get("Content-Encoding", "identity").lower() != "identity" or ask.content is None:
        raise NotAFileType("The body must not be compressed.")
    try:
        kept, new = await ask.parts.shelf.take(unless_stalled(ask.content), media_type=kind, name=query.name)
    except FileRefused as error:
        await _note(ask, FileFate.REFUSED, None, None, code=error.code)
        raise
    place = {"Location": f"/v1/files/{kept.digest}", "ETag": f'"{kept.digest}"'}
    return reply(kept, status=201 if new else 200, headers=place)


async def get(ask: Ask) -> Reply:
    """A file, or a part of it."""
    query: queries.FileShown = ask.query
    kept = await ask.parts.shelf.find(_digest(ask))
    name = query.name or f"{kept.digest[7:19]}.{_ENDINGS[kept.media_type]}"
    return _part(ask, kept, {"Content-Disposition": disposition(name), "Content-Security-Policy": CSP})


async def give(ask: Ask) -> Reply:
    """A file for another region, which shows by its ticket who it is; without a message that named the file to it,
    nobody learns whether it exists."""
    digest = _digest(ask)
    shown = _BEARER.fullmatch(ask.headers.get("Authorization", "").strip())
    if shown is None:
        raise TicketMissing
    region = await asyncio.to_thread(ask.parts.tickets.check, shown[1], digest)
    files = ask.parts.shelf
    if not await files.granted(digest, region):
        refused = FileNotGranted(file=digest)
        await _note(ask, FileFate.REFUSED, digest, region, code=refused.code)
        raise refused
    part = _part(ask, await files.find(digest), {"Content-Disposition": "attachment", "Content-Security-Policy": CSP})
    if part.stream is not None:
        await _note(ask, FileFate.HANDED_OUT, digest, region)
    return part


async def _note(ask: Ask, fate: FileFate, digest: str | None, region: str | None, *, code: str | None = None) -> None:
    await ask.parts.ledger.note(told(fate, digest, region, code=code, at=ask.parts.clock()))


async def fetches(ask: Ask) -> Reply:
    """Files that come from other regions, and how far they are; wanted last first."""
    query: queries.FetchesQuery = ask.query
    chosen = FetchFilter(sight=ask.who.sight, state=query.state, source=query.source, case=query.case)
    found = await ask.parts.views.fetches(chosen, after=time_key(query.cursor), limit=query.limit + 1)
    items, last = cut(found, query.limit)
    cursor = time_cursor(TimeKey(at=last.wanted_at, id=last.id)) if last else None
    return paged(FetchPage(items=items, next=next_page(ask, cursor)))


def disposition(name: str) -> str:
    """Content-Disposition of a download (RFC 6266): the name in UTF-8, and one in ASCII for old clients."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._- ") else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _digest(ask: Ask) -> str:
    digest = ask.named["digest"]
    if _DIGEST.fullmatch(digest) is None:
        raise NotFound("{digest} is sha256: and 64 hex digits in lower case.")
    return digest


def _part(ask: Ask, kept: KeptFile, headers: dict[str, str]) -> Reply:
    etag = f'"{kept.digest}"'
    part = part_of(ask.headers, etag, kept.size)
    headers |= {"ETag": etag, "Accept-Ranges": "bytes"}
    if isinstance(part, Known):
        return Reply(status=304, headers=headers)
    if part.partial:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{kept.size}"
    return Reply(
        status=206 if part.partial else 200,
        media_type=kept.media_type.value,
        headers=headers,
        stream=ask.parts.shelf.read(kept, part.start, part.stop),
        length=part.stop - part.start,
    )


async def unless_stalled(content: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """What comes, while it comes. Raises Stalled, or BadRequest when whoever sends it is gone."""
    while True:
        try:
            async with asyncio.timeout(STALLED_SECONDS):
                yield await anext(content)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Stalled from None
        except (ClientPayloadError, web.RequestPayloadError, ConnectionError):
            raise BadRequest("The file broke off.") from None
