"""Prints the letters of requests; see ports.Printer."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from transfer.crypto.directory import Directory
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.reporting import PairReport
from transfer.messages.case import Clock
from transfer.paper.errors import PaperError
from transfer.paper.histories import history_letter
from transfer.paper.letter import Letter
from transfer.paper.qr import drawn
from transfer.paper.reports import pairs_letter
from transfer.paper.requests import custody_of, paper_of
from transfer.ports.ledger import CaseHistory
from transfer.ports.paper import Behind, CannotPrint, Paper

if TYPE_CHECKING:
    from transfer.paper.fonts import Fonts


@dataclass(slots=True, kw_only=True)
class PdfPrinter:
    """Looks for the fonts when the first paper is printed, and shares them from then on."""

    clock: Callable[[], datetime]
    _fonts: "Fonts | None" = field(default=None, init=False)

    async def evidence(
        self, paper: Paper, case: Case, request: EvidenceRequest, behind: Behind | None, directory: Directory
    ) -> bytes:
        """See ports.Printer."""
        return await self._printed(paper_of(paper, case, request, behind, directory))

    async def custody(self, case: Case, request: EvidenceRequest, piece: UUID, directory: Directory) -> bytes:
        """See ports.Printer."""
        return await self._printed(custody_of(case, request, piece, directory, legal_day(self.clock())))

    async def history(self, history: CaseHistory, clocks: Iterable[Clock], directory: Directory) -> bytes:
        """See ports.Printer."""
        letter = history_letter(history, clocks, _names(directory), legal_day(self.clock()))
        return await self._printed(letter)

    async def pairs(self, report: PairReport, directory: Directory, *, region: str) -> bytes:
        """See ports.Printer."""
        names = {code: known.name_zh for code, known in directory.known.items()}
        return await self._printed(pairs_letter(report, _names(directory).get(region, region), names))

    def code(self, text: str) -> str:
        """See ports.Printer."""
        return drawn(text)

    async def _printed(self, letter: Letter) -> bytes:
        try:
            return await asyncio.to_thread(self._render, letter)
        except PaperError as error:
            raise CannotPrint(str(error)) from error

    def _render(self, letter: Letter) -> bytes:
        # Here and not above: a node that prints nothing does without the typesetter and its 20 MB.
        from transfer.paper.fonts import find_fonts  # noqa: PLC0415 - as said
        from transfer.paper.render import render  # noqa: PLC0415 - as said

        if self._fonts is None:
            self._fonts = find_fonts()
        return render(letter, self._fonts)


def _names(directory: Directory) -> dict[str, str]:
    """Of institutions, and of regions whose centre has another code."""
    regions = {code: known.name_zh for code, known in directory.known.items()}
    return regions | {code: known.name_zh for code, known in directory.institutions.items()}
