"""Serves the description of the API: for programs, and for readers."""

import json
from collections.abc import Sequence
from functools import cache

from transfer.web.answers import Reply
from transfer.web.openapi import document
from transfer.web.page import render
from transfer.web.pages.rendering import HEADERS
from transfer.web.route import Ask, Route


async def openapi_json(ask: Ask) -> Reply:
    """The OpenAPI document."""
    return Reply(body=_for_programs(_of_api(ask)))


async def docs(ask: Ask) -> Reply:
    """The page for readers."""
    return Reply(body=_for_readers(_of_api(ask)), media_type="text/html", headers=HEADERS)


# Both take a second to make and are open to everybody.


@cache
def _for_programs(routes: Sequence[Route]) -> bytes:
    return json.dumps(document(routes), ensure_ascii=False).encode()


@cache
def _for_readers(routes: Sequence[Route]) -> bytes:
    return render(document(routes)).encode()


def _of_api(ask: Ask) -> tuple[Route, ...]:
    return tuple(route for route in ask.routes if not route.is_page)
