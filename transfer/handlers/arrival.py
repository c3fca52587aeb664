"""What a handler is given besides the message, and the checks that several handlers share."""

from dataclasses import dataclass, replace

from transfer.domain.case import Case, Transfer
from transfer.domain.decision import Decision, Event
from transfer.domain.errors import HistoryDiffers, NotThisSide, TransferError, UnknownCase
from transfer.domain.lifecycle import Side, Step
from transfer.messages.case import Tenure
from transfer.messages.transfer import TransferMessage
from transfer.messages.values import Digest
from transfer.ports.work import Context


class CaseNotYetKnown(TransferError):
    """The case is not known here yet; another region's message about it may still be on its way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A message's case as known here (None when unknown), its source, its digest, and where and when it arrives."""

    case: Case | None
    source: str
    digest: Digest
    context: Context

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
            raise NotThisSide(source=self.source, side=transfer.side.value)
        return replace(transfer, heard=self.digest)

    def step(self, message: TransferMessage, side: Side, step: Step) -> Transfer:
        """That transfer after the other side's step; raises as ``transfer_from`` and IllegalStep."""
        by = Side.RECEIVER if side is Side.SENDER else Side.SENDER
        return self.transfer_from(message, side).take(step, by=by, at=self.context.now)


def longer(known: tuple[Tenure, ...], told: tuple[Tenure, ...]) -> tuple[Tenure, ...]:
    """The longer of two lists of holders, of which one must begin with the other; raises HistoryDiffers."""
    short, long = sorted((known, told), key=len)
    if long[: len(short)] != short:
        raise HistoryDiffers(known=len(known), told=len(told))
    return long


def noted(case: Case, name: str, message: TransferMessage) -> Decision:
    """A message that came too late to change anything, kept in the history."""
    return Decision(case=case, event=Event(name=name, transfer=message.transfer))
