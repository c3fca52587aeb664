"""What can be read: cases, their history and messages, transfers, regions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import Field

from transfer.crypto.directory import Institution
from transfer.domain.errors import UnknownCase
from transfer.domain.regions import superiors
from transfer.records import (
    CaseFilter,
    CaseLine,
    HistoryLine,
    MessageFilter,
    MessageLine,
    RequestFilter,
    RequestLine,
    TimeKey,
    TransferFilter,
    TransferLine,
    work_key,
)
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, case_in_full, known_case
from transfer.web.conditions import etag_of, is_known
from transfer.web.cursors import row_cursor, row_key, time_cursor, time_key, work_cursor, work_place
from transfer.web.faults import NotFound
from transfer.web.route import Ask

Line = TypeVar("Line")
Next = Annotated[str | None, Field(description="the next page; null on the last one")]


class CasePage(Body):
    """A page of the worklist."""

    items: tuple[CaseLine, ...]
    next: Next


class TransferPage(Body):
    """A page of transfers."""

    items: tuple[TransferLine, ...]
    next: Next


class RequestPage(Body):
    """A page of evidence requests."""

    items: tuple[RequestLine, ...]
    next: Next


class HistoryPage(Body):
    """A page of a case's history."""

    items: tuple[HistoryLine, ...]
    next: Next


class MessagePage(Body):
    """A page of messages."""

    items: tuple[MessageLine, ...]
    next: Next


class RegionBody(Body):
    """A region on the exchange."""

    code: str
    name_zh: str
    name_en: str
    here: Annotated[bool, Field(description="whether it is this node's region")]
    superiors: Annotated[tuple[str, ...], Field(description="those on the exchange, nearest first (GB/T 2260)")]
    maintenance: Annotated[str | None, Field(description="why it takes no messages for now")]
    institutions: tuple[Institution, ...]


class RegionList(Body):
    """The directory in force."""

    version: int
    expires_at: datetime
    items: tuple[RegionBody, ...]


def cut(found: Sequence[Line], limit: int) -> tuple[tuple[Line, ...], Line | None]:
    """The lines of the page, and its last one when there are more; one more than ``limit`` was asked for."""
    page = tuple(found[:limit])
    return page, page[-1] if len(found) > limit else None


def next_page(ask: Ask, cursor: str | None) -> str | None:
    """The same request behind the cursor."""
    if cursor is None:
        return None
    kept = [(name, value) for name, value in ask.parameters if name != "cursor"]
    return f"{ask.path}?{urlencode([*kept, ('cursor', cursor)])}"


def paged(page: Body) -> Reply:
    """The page, with its link also as a header."""
    after: str | None = getattr(page, "next", None)
    items: Sequence[object] = getattr(page, "items", ())
    return reply(page, headers={"Link": f'<{after}>; rel="next"'} if after else {}, count=len(items))


async def worklist(ask: Ask) -> Reply:
    """Cases, what is urgent first."""
    query: queries.CasesQuery = ask.query
    here = ask.parts.settings.region
    holder = {"mine": here, "others": None}.get(query.holder or "others", query.holder)
    chosen = CaseFilter(
        holder_region=holder,
        not_holder_region=here if query.holder == "others" else None,
        stages=frozenset(query.stage),
        urgency=query.urgency,
        matter=query.matter,
        transfer_state=query.transfer_state,
        q=query.q,
        due_before=query.due_before,
        sight=ask.who.sight,
    )
    found = await ask.parts.views.cases(
        chosen, order=query.order, after=work_place(query.cursor), limit=query.limit + 1
    )
    items, last = cut(found, query.limit)
    return paged(CasePage(items=items, next=_behind(ask, last)))


async def case(ask: Ask) -> Reply:
    """A case as a whole, or that it is still the one that the client has."""
    known = await known_case(ask)
    etag = etag_of(known.case.version)
    if is_known(ask.if_none_match, etag):
        return Reply(status=304, headers={"ETag": etag})
    return reply(case_in_full(known, ask.parts.context(), ask.who), headers={"ETag": etag})


async def history(ask: Ask) -> Reply:
    """What happened to a case."""
    query: queries.Paged = ask.query
    found = await ask.parts.views.history(ask.id("case"), after=row_key(query.cursor), limit=query.limit + 1)
    if found is None:
        raise UnknownCase(case=ask.id("case"))
    items, last = cut(found, query.limit)
    return paged(HistoryPage(items=items, next=next_page(ask, row_cursor(last.number) if last else None)))


async def case_messages(ask: Ask) -> Reply:
    """Every message sent and received on a case, oldest first."""
    query: queries.Paged = ask.query
    if await ask.parts.views.history(ask.id("case"), after=None, limit=1) is None:
        raise UnknownCase(case=ask.id("case"))
    return await _messages(ask, query, MessageFilter(case=ask.id("case")), newest_first=False)


async def messages(ask: Ask) -> Reply:
    """Messages sent and received, newest first."""
    query: queries.MessagesQuery = ask.query
    chosen = MessageFilter(direction=query.direction, state=query.state, peer=query.peer, case=query.case)
    return await _messages(ask, query, chosen, newest_first=True)


async def _messages(ask: Ask, query: queries.Paged, chosen: MessageFilter, *, newest_first: bool) -> Reply:
    found = await ask.parts.views.messages(
        chosen, after=time_key(query.cursor), limit=query.limit + 1, newest_first=newest_first
    )
    items, last = cut(found, query.limit)
    cursor = time_cursor(TimeKey(at=last.at, id=last.id)) if last else None
    return paged(MessagePage(items=items, next=next_page(ask, cursor)))


async def message(ask: Ask) -> Reply:
    """One message."""
    found = await ask.parts.views.message(ask.id("message"), sources=ask.parts.directory.known.keys())
    if found is None:
        raise NotFound("No message with this id was sent or received here.")
    return reply(found)


async def transfers(ask: Ask) -> Reply:
    """Transfers, what is urgent first."""
    query: queries.TransfersQuery = ask.query
    chosen = TransferFilter(**query.model_dump(exclude={"limit", "cursor", "order"}), sight=ask.who.sight)
    found = await ask.parts.views.transfers(
        chosen, order=query.order, after=work_place(query.cursor), limit=query.limit + 1
    )
    items, last = cut(found, query.limit)
    return paged(TransferPage(items=items, next=_behind(ask, last)))


async def requests(ask: Ask) -> Reply:
    """Evidence requests, what is urgent first."""
    query: queries.RequestsQuery = ask.query
    chosen = RequestFilter(**query.model_dump(exclude={"limit", "cursor", "order"}), sight=ask.who.sight)
    found = await ask.parts.views.requests(
        chosen, order=query.order, after=work_place(query.cursor), limit=query.limit + 1
    )
    items, last = cut(found, query.limit)
    return paged(RequestPage(items=items, next=_behind(ask, last)))


def _behind(ask: Ask, last: CaseLine | TransferLine | RequestLine | None) -> str | None:
    return next_page(ask, work_cursor(work_key(last)) if last else None)


async def regions(ask: Ask) -> Reply:
    """The directory."""
    here, listed = ask.parts.settings.region, ask.parts.directory
    return reply(
        RegionList(
            version=listed.version,
            expires_at=listed.expires_at,
            items=tuple(
                RegionBody(
                    code=region.code,
                    name_zh=region.name_zh,
                    name_en=region.name_en,
                    here=region.code == here,
                    superiors=tuple(code for code in superiors(region.code) if code in listed.by_code),
                    maintenance=region.maintenance,
                    institutions=region.institutions,
                )
                for region in listed.regions
            ),
        )
    )
