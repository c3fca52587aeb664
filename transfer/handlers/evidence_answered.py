"""The region that was asked for evidence says what it does and what it found; the requester's record follows."""

from typing import Final

from transfer.domain.decision import Decision
from transfer.domain.evidence import EvidenceRequest, Exchange, Extension, with_hops
from transfer.domain.evidence_table import RequestSide, RequestStep
from transfer.handlers.arrival import Arrival
from transfer.messages.codes_evidence import CustodyAct
from transfer.messages.evidence import (
    EvidenceClarificationAsked,
    EvidenceDeclined,
    EvidenceExtensionAsked,
    EvidenceReturned,
    EvidenceSignedFor,
    EvidenceSupplied,
    EvidenceUndertaken,
)
from transfer.messages.evidence_items import Custody, ItemAnswer

_R: Final = RequestSide.REQUESTER


def signed_for(arrival: Arrival, message: EvidenceSignedFor) -> Decision:
    """A person there took charge; the time limit is the one that runs there."""
    request = arrival.evidence_step(message, _R, RequestStep.SIGN_FOR)
    request = request.changed(
        signed_by=message.signed_by, received_on=message.received_on, due_on=message.due_on or request.due_on
    )
    return arrival.requested(request, "evidence_signed_for", {"received_on": message.received_on.isoformat()})


def clarification_asked(arrival: Arrival, message: EvidenceClarificationAsked) -> Decision:
    """They ask what is meant."""
    request = arrival.evidence_step(message, _R, RequestStep.ASK_CLARIFICATION)
    asked = Exchange(items=message.items, question=message.question)
    return arrival.requested(request.changed(questions=(*request.questions, asked)), "evidence_clarification_asked")


def undertaken(arrival: Arrival, message: EvidenceUndertaken) -> Decision:
    """They do it, and say who."""
    request = arrival.evidence_step(message, _R, RequestStep.UNDERTAKE)
    request = request.changed(collector=message.collector, contact=message.contact)
    return arrival.requested(request, "evidence_undertaken")


def supplied(arrival: Arrival, message: EvidenceSupplied) -> Decision:
    """A part of the answer is here."""
    request = arrival.evidence_step(message, _R, RequestStep.SUPPLY)
    detail = {answer.item.hex: answer.result.value for answer in message.answers}
    return arrival.requested(_received(arrival, request, message.answers), "evidence_supplied", detail)


def returned(arrival: Arrival, message: EvidenceReturned) -> Decision:
    """The reply is here, with an answer to every item."""
    request = arrival.evidence_step(message, _R, RequestStep.RETURN)
    request = _received(arrival, request, message.answers)
    request.check_complete()
    return arrival.requested(request.changed(reply_letter=message.letter, returned_at=message.at), "evidence_returned")


def _received(arrival: Arrival, request: EvidenceRequest, answers: tuple[ItemAnswer, ...]) -> EvidenceRequest:
    """The request with these answers, each piece with the hop of its receipt; raises UnknownItem."""
    region = arrival.context.region
    hop = Custody(act=CustodyAct.RECEIVED, at=arrival.context.now, by=region, institution=request.requester)
    return request.answered(with_hops(answers, hop))


def declined(arrival: Arrival, message: EvidenceDeclined) -> Decision:
    """They cannot help, and say why."""
    request = arrival.evidence_step(message, _R, RequestStep.DECLINE)
    return arrival.requested(request.changed(declined=message), "evidence_declined", {"reason": message.reason.value})


def extension_asked(arrival: Arrival, message: EvidenceExtensionAsked) -> Decision:
    """They need more time."""
    request = arrival.evidence_step(message, _R, RequestStep.ASK_EXTENSION)
    asked = Extension(until=message.until, reason=message.reason)
    return arrival.requested(
        request.changed(extension=asked), "evidence_extension_asked", {"until": message.until.isoformat()}
    )
