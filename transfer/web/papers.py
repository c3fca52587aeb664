"""The formal letters of evidence requests, as PDF files."""

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import quote

from pydantic import Field

from transfer.messages.check_line import CheckLine, NotACheckLine
from transfer.messages.envelope import TYPE_NAMES
from transfer.messages.evidence import (
    EvidenceDeclined,
    EvidenceMessage,
    EvidenceRequested,
    EvidenceReturned,
    EvidenceSignedFor,
)
from transfer.ports.paper import Behind, Paper
from transfer.records import Direction, MessageLine
from transfer.web import queries
from transfer.web.answers import Reply, reply
from transfer.web.case_body import Body, known_case
from transfer.web.faults import InvalidQuery, NotFound
from transfer.web.route import Ask

MEDIA_TYPE: Final = "application/pdf"

BEHIND: Final[Mapping[Paper, type[EvidenceMessage]]] = {
    Paper.LETTER: EvidenceRequested,
    Paper.RECEIPT: EvidenceSignedFor,
    Paper.REPLY: EvidenceReturned,
    Paper.DECLINE: EvidenceDeclined,
}
"""The message that each paper stands for."""


async def paper(ask: Ask) -> Reply:
    """One letter of a request."""
    wanted = next((one for one in Paper if one.value == ask.named["paper"]), None)
    if wanted is None:
        raise NotFound(f"The papers are {', '.join(Paper)}.")
    case, parts = (await known_case(ask)).case, ask.parts
    request = case.request(ask.id("request"))
    behind = await parts.views.behind(case.id, request.id, TYPE_NAMES[BEHIND[wanted]])
    if request.posted is not None and wanted is Paper.LETTER:
        behind = Behind(region=parts.settings.region, message=request.id, digest=request.posted)
    made = await parts.printer.evidence(wanted, case, request, behind, parts.directory)
    return _file(made, f"{request.letter} {wanted.value}.pdf")


async def custody(ask: Ask) -> Reply:
    """The chain of one piece of evidence."""
    case = (await known_case(ask)).case
    request = case.request(ask.id("request"))
    made = await ask.parts.printer.custody(case, request, ask.id("piece"), ask.parts.directory)
    return _file(made, f"{request.letter} custody.pdf")


class Checked(Body):
    """What is known here of the message that a printed letter stands for."""

    known: Annotated[bool, Field(description="whether it was sent or received here, or posted from here")]
    same: Annotated[bool, Field(description="whether it has the content that the letter names")]
    message: Annotated[MessageLine | None, Field(description="null for a letter that went by post")]


async def check(ask: Ask) -> Reply:
    """Whether a letter stands for a message that was sent or received here, by the line that is printed on it."""
    query: queries.CheckQuery = ask.query
    try:
        line = CheckLine.parse_typed(query.line)
    except NotACheckLine as error:
        raise InvalidQuery([{"parameter": "line", "message": str(error)}]) from None
    found = await ask.parts.views.message(line.message, sources=[line.region])
    sent_here = found is not None and found.direction is Direction.OUT
    if found is not None and sent_here != (line.region == ask.parts.settings.region):
        found = None
    digest = found.digest if found is not None else None
    if digest is None and line.region == ask.parts.settings.region:
        digest = await ask.parts.views.posted(line.message)
    return reply(Checked(known=digest is not None, same=digest == f"sha256:{line.digest}", message=found))


def _file(made: bytes, name: str) -> Reply:
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
    return Reply(body=made, media_type=MEDIA_TYPE, headers=headers)
