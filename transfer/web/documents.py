"""Serves the description of the API: for programs, and for readers."""

import json

from transfer.web.answers import Reply
from transfer.web.openapi import document
from transfer.web.page import CSP, render
from transfer.web.problems import PAGE
from transfer.web.route import Ask


async def openapi_json(ask: Ask) -> Reply:
    """The OpenAPI document."""
    return Reply(body=json.dumps(document(ask.routes), ensure_ascii=False).encode())


async def docs(ask: Ask) -> Reply:
    """The page for readers."""
    return Reply(
        body=render(document(ask.routes)).encode(),
        media_type="text/html",
        headers={"Content-Security-Policy": CSP},
    )


async def root(_: Ask) -> Reply:
    """To the page for readers."""
    return Reply(status=302, media_type="text/plain", headers={"Location": PAGE})
