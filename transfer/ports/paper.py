"""Papers: the formal letters of a request, printed."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from transfer.crypto.directory import Directory
from transfer.domain.case import Case
from transfer.domain.errors import TransferError
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.reporting import PairReport
from transfer.messages.case import Clock
from transfer.messages.values import Digest
from transfer.ports.ledger import CaseHistory


class Paper(StrEnum):
    """A formal letter of an evidence request."""

    LETTER = "letter"
    RECEIPT = "receipt"
    REPLY = "reply"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """The message that a paper stands for, by which it can be checked."""

    region: str
    message: UUID
    digest: Digest


class NoSuchPaper(TransferError):
    """There is no such paper: the request has not come so far, or has no such piece."""


class CannotPrint(Exception):
    """The paper cannot be printed here; the text says what is missing."""


class Printer(Protocol):
    """Prints papers as PDF files."""

    async def evidence(
        self, paper: Paper, case: Case, request: EvidenceRequest, behind: Behind | None, directory: Directory
    ) -> bytes:
        """One letter of a request; without a message behind it, it is a draft and has no line to check it by.

        Raises NoSuchPaper or CannotPrint.
        """
        ...

    async def history(self, history: CaseHistory, clocks: Iterable[Clock], directory: Directory) -> bytes:
        """What a ledger says of a case, with the clocks of the record beside it; raises CannotPrint."""
        ...

    async def pairs(self, report: PairReport, directory: Directory, *, region: str) -> bytes:
        """The report on pairs by that region; raises CannotPrint."""
        ...

    def code(self, text: str) -> str:
        """A QR code as an SVG element."""
        ...

    async def custody(self, case: Case, request: EvidenceRequest, piece: UUID, directory: Directory) -> bytes:
        """The chain of a piece of evidence; raises NoSuchPaper or CannotPrint."""
        ...
