"""The site where other regions fetch the files that were named to them; over TLS, beside the API and not part of it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

from transfer.crypto.tls import TlsFilesInvalid, serving, show
from transfer.web.file_routes import REGION_ROUTES
from transfer.web.parts import Parts
from transfer.web.server import Site, serve

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 60.0


@asynccontextmanager
async def serve_regions(parts: Parts) -> AsyncIterator[str | None]:
    """Until the block ends; gives the address, or None where the settings name no port. A renewed certificate is shown
    from the next look at it on. Raises TlsFilesInvalid."""
    own = parts.settings
    if own.files_port is None or own.files_cert is None or own.files_key is None:
        yield None
        return
    tls = serving(own.files_cert, own.files_key)
    site = Site(host=own.files_host, port=own.files_port, tls=tls, any_name=True)
    renewing = asyncio.create_task(_renew(tls, own.files_cert, own.files_key), name="files certificate")
    try:
        async with serve(parts, routes=REGION_ROUTES, site=site) as address:
            log.info("files_served", address=address)
            yield address
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing


async def _renew(tls: ssl.SSLContext, cert: Path, key: Path) -> None:
    seen = _written(cert, key)
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        found = _written(cert, key)
        if found == seen:
            continue
        try:
            show(tls, cert, key)
        except TlsFilesInvalid as error:
            log.warning("files_certificate_refused", error=str(error))
        else:
            log.info("files_certificate_renewed")
        seen = found


def _written(*paths: Path) -> list[int]:
    found = []
    for path in paths:
        with suppress(OSError):
            found.append(path.stat().st_mtime_ns)
    return found
