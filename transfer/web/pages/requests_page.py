"""The pages of evidence requests: the list, and one letter with its items and answers."""

from datetime import date
from typing import Annotated, Final

from pydantic import Field

from transfer.domain.clocks import legal_day
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide
from transfer.domain.turn import to_answer
from transfer.ports.paper import Paper
from transfer.records import Order, RequestFilter, RequestLine, work_key
from transfer.web.answers import Reply
from transfer.web.case_body import known_case
from transfer.web.cursors import work_cursor, work_place
from transfer.web.lists import cut
from transfer.web.pages import words
from transfer.web.pages.case_page import framing, persons_of
from transfer.web.pages.places import place_name
from transfer.web.pages.rendering import language, page, texts_of
from transfer.web.pages.worklist import Chosen, due_words
from transfer.web.route import Ask
from transfer.web.wording import Wording

LINES: Final = 50
_TABS: Final = {
    "ours": Wording(zh="待我处理", en="Needs us"),
    "sent": Wording(zh="发出的", en="Sent"),
    "received": Wording(zh="收到的", en="Received"),
    "all": Wording(zh="全部", en="All"),
}
_PAPERS: Final = {
    Paper.LETTER: "法律援助协作函",
    Paper.RECEIPT: "签收回执",
    Paper.REPLY: "协作回函",
    Paper.DECLINE: "不能协作说明",
}
"""Official documents keep their Chinese names."""


class RequestsQuery(Chosen):
    """Which evidence requests."""

    show: Annotated[str, Field(pattern=f"^({'|'.join(_TABS)})$")] = "ours"
    cursor: Annotated[str | None, Field(max_length=400)] = None


async def requests(ask: Ask) -> Reply:
    """Evidence requests, those that wait for us first."""
    query: RequestsQuery = ask.query
    side = {"sent": RequestSide.REQUESTER, "received": RequestSide.REQUESTED}.get(query.show)
    chosen = RequestFilter(sight=ask.who.sight, side=side, ours=query.show == "ours")
    marks = await ask.parts.views.marks(())
    after = work_place(query.cursor)
    found = await ask.parts.views.requests(chosen, order=Order.NEED, after=after, limit=LINES + 1)
    items, last = cut(found, LINES)
    today, _, directory, spoken = legal_day(ask.parts.clock()), texts_of(ask), ask.parts.directory, language(ask)

    def due(day: date) -> tuple[str, str, str]:
        return due_words(day, today, _)

    return page(
        ask,
        "work/requests.html",
        count=len(items),
        items=items,
        show=query.show,
        tabs=_TABS,
        due=due,
        place=lambda code: place_name(directory, code, spoken),
        turn=_turn,
        here=ask.parts.settings.region,
        words=words,
        next=work_cursor(work_key(last)) if last else None,
        seen=marks[None],
    )


async def request(ask: Ask) -> Reply:
    """One evidence request, item by item."""
    seen = (await ask.parts.views.marks([ask.id("case")])).get(ask.id("case"), "")
    known = await known_case(ask)
    one = known.case.request(ask.id("request"))
    frame = dict(await framing(ask, known, seen))
    today = legal_day(ask.parts.clock())
    return page(
        ask,
        "work/request.html",
        **frame | {"buttons": [button for button in frame["buttons"] if button.request == one.id]},
        request=one,
        persons=persons_of(one),
        answers={answer.item: answer for answer in (*one.answers, *one.recorded)},
        unsent=frozenset(answer.item for answer in one.recorded),
        rework={wrong.item: wrong.defect for wrong in one.rework},
        papers={paper: _PAPERS[paper] for paper in papers_of(one)},
        due=due_words(one.due_on, today, texts_of(ask)) if one.due_on and one.is_open else None,
        waits_for=[one.requester if side is RequestSide.REQUESTER else one.requested for side in _sides(one)],
    )


def papers_of(request: EvidenceRequest) -> tuple[Paper, ...]:
    """The letters that can be printed by now."""
    there = {
        Paper.LETTER: request.sent_at is not None or request.side is RequestSide.REQUESTED,
        Paper.RECEIPT: request.signed_by is not None and request.received_on is not None,
        Paper.REPLY: request.reply_letter is not None and request.returned_at is not None,
        Paper.DECLINE: request.declined is not None,
    }
    return tuple(paper for paper in Paper if there[paper])


def _sides(request: EvidenceRequest) -> frozenset[RequestSide]:
    return to_answer(request.state) if request.is_open else frozenset()


def _turn(line: RequestLine, here: str) -> list[str]:
    """The regions that an open request waits for."""
    sides = to_answer(line.state) if line.open else frozenset()
    return [here if side is line.side else line.peer for side in sorted(sides)]
