"""What a handler is given besides the message, and the checks that several handlers share."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import checked
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import HistoryDiffers, NotThisSide, TransferError, UnknownCase
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide, RequestStep
from transfer.domain.lifecycle import Side, Step
from transfer.handlers.ledgers import Ledgers
from transfer.messages.case import Tenure
from transfer.messages.evidence import EvidenceMessage
from transfer.messages.transfer import TransferMessage
from transfer.messages.values import Digest
from transfer.ports.work import Context


class CaseNotYetKnown(TransferError):
    """The case is not known here yet; another region's message about it may still be on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message's case as known here (None when unknown), its source, its digest, and where and when it arrives; for a
    notice of a matter also the cases here that it matches, and how many notices its source has sent today; of a case
    that was split also what was split off it, as far as it is known here."""

    case: Case | None
    source: str
    digest: Digest
    context: Context
    same_matter: tuple[Case, ...] = ()
    noticed_today: int = 0
    parts: tuple[Case, ...] = ()
    ledgers: Ledgers = field(default_factory=Ledgers)

    @property
    def known(self) -> Case:
        """The case; raises UnknownCase."""
        if self.case is None:
            raise UnknownCase
        return self.case

    def transfer_from(self, message: TransferMessage, side: Side) -> Transfer:
        """The transfer that the message is about, heard from its other side; ``side`` is this region's.

        Raises UnknownCase, UnknownTransfer, NotThisSide when another region than the other side speaks.
        """
        transfer = self.known.transfer(message.transfer)
        other = transfer.receiver_region if side is Side.SENDER else transfer.sender_region
        if transfer.side is not side or other != self.source:
            raise NotThisSide(source=self.source, side=transfer.side)
        return replace(transfer, heard=self.digest)

    def step(self, message: TransferMessage, side: Side, step: Step) -> Transfer:
        """That transfer after the other side's step; raises as ``transfer_from`` and IllegalStep."""
        by = Side.RECEIVER if side is Side.SENDER else Side.SENDER
        return self.transfer_from(message, side).take(step, by=by, at=self.context.now)

    def request_from(self, message: EvidenceMessage, side: RequestSide) -> EvidenceRequest:
        """The evidence request that the message is about, heard from its other side; ``side`` is this region's.

        Raises UnknownCase, UnknownRequest, NotThisSide when another region than the other side speaks.
        """
        request = self.known.request(message.request)
        if request.side is not side or request.peer != self.source:
            raise NotThisSide(source=self.source, side=request.side)
        return request.changed(heard=self.digest)

    def evidence_step(self, message: EvidenceMessage, side: RequestSide, step: RequestStep) -> EvidenceRequest:
        """That request after the other side's step; raises as ``request_from`` and IllegalStep."""
        by = RequestSide.REQUESTED if side is RequestSide.REQUESTER else RequestSide.REQUESTER
        return self.request_from(message, side).take(step, by=by, at=self.context.now)

    def requested(self, request: EvidenceRequest, event: str, detail: Mapping[str, Any] | None = None) -> Decision:
        """The decision that the case has the request as it is now."""
        said = Event(name=event, request=request.id, detail=detail or {})
        case = checked(self.known.with_request(request), request, self.context.rules)
        return Decision(case=case, event=said)


def longer(known: tuple[Tenure, ...], told: tuple[Tenure, ...]) -> tuple[Tenure, ...]:
    """The longer of two lists of holders, of which one must begin with the other; raises HistoryDiffers."""
    short, long = sorted((known, told), key=len)
    if long[: len(short)] != short:
        raise HistoryDiffers(known=len(known), told=len(told))
    return long


def noted(case: Case, name: str, message: TransferMessage) -> Decision:
    """A message that came too late to change anything, kept in the history."""
    return Decision(case=case, event=Event(name=name, transfer=message.transfer))
