"""The formal letters of evidence requests, as PDF files."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from transfer.domain.case import Case
from transfer.domain.errors import UnknownCase
from transfer.messages.envelope import TYPE_NAMES
from transfer.messages.evidence import (
    EvidenceDeclined,
    EvidenceMessage,
    EvidenceRequested,
    EvidenceReturned,
    EvidenceSignedFor,
)
from transfer.ports.paper import Paper
from transfer.web.answers import Reply
from transfer.web.faults import NotFound
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
    case, parts = await _case(ask), ask.parts
    request = case.request(ask.id("request"))
    behind = await parts.views.behind(case.id, request.id, TYPE_NAMES[BEHIND[wanted]])
    made = await parts.printer.evidence(wanted, case, request, behind, parts.directory)
    return _file(made, f"{request.letter} {wanted.value}.pdf")


async def custody(ask: Ask) -> Reply:
    """The chain of one piece of evidence."""
    case = await _case(ask)
    request = case.request(ask.id("request"))
    made = await ask.parts.printer.custody(case, request, ask.id("piece"), ask.parts.directory)
    return _file(made, f"{request.letter} custody.pdf")


async def _case(ask: Ask) -> Case:
    known = await ask.parts.views.case(ask.id("case"))
    if known is None:
        raise UnknownCase(case=ask.id("case"))
    return known.case


def _file(made: bytes, name: str) -> Reply:
    headers = {"Content-Disposition": f"inline; filename*=UTF-8''{quote(name, safe='')}"}
    return Reply(body=made, media_type=MEDIA_TYPE, headers=headers)
