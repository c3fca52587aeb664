"""What the requester enters of a letter that went by post: the reply, or that the office cannot help."""

from typing import Final
from uuid import UUID

from transfer.actions.evidence_commands import EnterDecline, EnterReply
from transfer.actions.situation import Situation
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
from transfer.domain.errors import ImplausibleDate
from transfer.domain.evidence import with_hops
from transfer.domain.evidence_table import RequestSide, RequestStep
from transfer.messages.codes_evidence import CustodyAct
from transfer.messages.evidence import EvidenceDeclined
from transfer.messages.evidence_items import Custody

_R: Final = RequestSide.REQUESTER


def enter_reply(at: Situation, request_id: UUID, command: EnterReply) -> Decision:
    """A reply that came on paper; its scans are pieces, each with the hop of its receipt.

    Raises ItemsUnanswered, UnknownItem, ImplausibleDate for a day in the future, IllegalStep when the other office is
    on the exchange.
    """
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.ENTER_REPLY, by=_R, at=at.context.now)
    if command.received_on > legal_day(at.context.now):
        raise ImplausibleDate(received_on=command.received_on)
    hop = Custody(
        act=CustodyAct.RECEIVED,
        at=at.context.now,
        by=command.by,
        institution=command.institution,
        note=command.received_on.isoformat(),
    )
    taken = taken.answered(with_hops(command.answers, hop))
    taken.check_complete()
    taken = taken.changed(reply_letter=command.letter, returned_at=at.context.now)
    detail = {answer.item.hex: answer.result.value for answer in command.answers}
    return at.requested(taken, "evidence_entered", detail)


def enter_decline(at: Situation, request_id: UUID, command: EnterDecline) -> Decision:
    """The office says on paper that it cannot help; raises IllegalStep when it is on the exchange."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.ENTER_DECLINE, by=_R, at=at.context.now)
    said = EvidenceDeclined(
        request=taken.id,
        case=at.case.id,
        at=at.context.now,
        reason=command.reason,
        explanation=command.explanation,
        declined_by=command.declined_by,
    )
    detail = {"reason": command.reason.value, "by_post": True}
    return at.requested(taken.changed(declined=said), "evidence_declined", detail)
