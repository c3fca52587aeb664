"""The site where the processes of a node are probed and measured; each has one, also those without the API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from transfer.web.parts import Parts
from transfer.web.routes import ROUTES
from transfer.web.server import Site, serve

log = structlog.get_logger(__name__)

MONITOR_ROUTES: Final = tuple(one for one in ROUTES if one.path in {"/healthz", "/readyz", "/metrics"})


@asynccontextmanager
async def serve_monitor(parts: Parts) -> AsyncIterator[str | None]:
    """Until the block ends; gives the address, or None where the settings name no port. Probes and scrapes come by the
    address of a container, which is no name of the node."""
    own = parts.settings
    if own.metrics_port is None:
        yield None
        return
    site = Site(host=own.metrics_host, port=own.metrics_port, any_name=True)
    async with serve(parts, routes=MONITOR_ROUTES, site=site) as address:
        log.info("monitored", address=address)
        yield address
