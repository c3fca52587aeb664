"""Serves the description of the API: for programs, and for readers."""

import json

from transfer.web.answers import Reply
from transfer.web.openapi import document
from transfer.web.page import render
from transfer.web.pages.rendering import HEADERS
from transfer.web.route import Ask, Route


async def openapi_json(ask: Ask) -> Reply:
    """The OpenAPI document."""
    return Reply(body=json.dumps(document(_of_api(ask)), ensure_ascii=False).encode())


async def docs(ask: Ask) -> Reply:
    """The page for readers."""
    return Reply(body=render(document(_of_api(ask))).encode(), media_type="text/html", headers=HEADERS)


def _of_api(ask: Ask) -> list[Route]:
    return [route for route in ask.routes if not route.is_page]
