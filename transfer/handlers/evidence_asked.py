"""Another region asks for evidence, and goes on with what it asked."""

from typing import Final

from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
from transfer.domain.errors import CaseExists, NotThisSide, WrongDestination
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide, RequestState, RequestStep
from transfer.domain.least_data import check_least_data
from transfer.domain.urgency import urged
from transfer.handlers.arrival import Arrival, longer
from transfer.messages.evidence import (
    EvidenceCancelled,
    EvidenceClarified,
    EvidenceConfirmed,
    EvidenceExtensionGranted,
    EvidenceExtensionRefused,
    EvidenceLawyerChanged,
    EvidenceRequested,
    EvidenceReworkAsked,
)
from transfer.messages.values import region_of

_D: Final = RequestSide.REQUESTED


def requested(arrival: Arrival, message: EvidenceRequested) -> Decision:
    """This region is asked. The time limit runs from today; who asks beyond least data is refused here, too."""
    context, known = arrival.context, arrival.case
    if region_of(message.requester) != arrival.source:
        raise NotThisSide(source=arrival.source, requester=message.requester)
    if region_of(message.requested) != context.region:
        raise WrongDestination(requested=message.requested)
    context.deciding(message.requested)
    if known is not None and any(one.id == message.request for one in known.requests):
        raise CaseExists(request=message.request)
    check_least_data(message.items, message.persons)
    received_on = legal_day(context.now)
    request = EvidenceRequest.of_letter(message, side=_D, state=RequestState.REQUESTED, at=context.now).changed(
        sent_at=message.at,
        received_on=received_on,
        due_on=context.due(received_on, message.working_days),
        heard=arrival.digest,
    )
    case = known or Case(id=message.case, basics=message.basics, tenures=message.tenures)
    case = urged(case, message.basics, received_on, context.rules)
    case = case.held_since(longer(case.tenures, message.tenures)).reached(message.stage)
    told = Arrival(case=case, source=arrival.source, digest=arrival.digest, context=context)
    return told.requested(request, "evidence_requested", {"items": len(request.items), "by": request.requester})


def clarified(arrival: Arrival, message: EvidenceClarified) -> Decision:
    """The requester has answered the question."""
    request = arrival.evidence_step(message, _D, RequestStep.CLARIFY)
    *others, last = request.questions
    answered = last.model_copy(update={"answer": message.answer})
    return arrival.requested(request.changed(questions=(*others, answered)), "evidence_clarified")


def confirmed(arrival: Arrival, message: EvidenceConfirmed) -> Decision:
    """The requester is content; what this region keeps of it is its letter, records and reply."""
    request = arrival.evidence_step(message, _D, RequestStep.CONFIRM)
    return arrival.requested(request.changed(used=message.used), "evidence_confirmed")


def rework_asked(arrival: Arrival, message: EvidenceReworkAsked) -> Decision:
    """Some answers are not what was asked; a new time limit runs from today."""
    request = arrival.evidence_step(message, _D, RequestStep.ASK_REWORK)
    for one in message.items:
        request.item(one.item)
    due_on = arrival.context.due(legal_day(arrival.context.now), message.working_days)
    request = request.changed(rework=message.items, extension=None, due_on=due_on)
    return arrival.requested(request, "evidence_rework_asked", {"items": [str(one.item) for one in message.items]})


def extension_granted(arrival: Arrival, message: EvidenceExtensionGranted) -> Decision:
    """There is more time."""
    request = arrival.evidence_step(message, _D, RequestStep.GRANT_EXTENSION)
    asked = request.pending_extension().model_copy(update={"granted": True})
    request = request.changed(extension=asked, due_on=message.due_on)
    return arrival.requested(request, "evidence_extension_granted", {"due_on": message.due_on.isoformat()})


def extension_refused(arrival: Arrival, message: EvidenceExtensionRefused) -> Decision:
    """There is no more time."""
    request = arrival.evidence_step(message, _D, RequestStep.REFUSE_EXTENSION)
    asked = request.pending_extension().model_copy(update={"granted": False})
    return arrival.requested(request.changed(extension=asked), "evidence_extension_refused")


def cancelled(arrival: Arrival, message: EvidenceCancelled) -> Decision:
    """The requester needs it no longer; collection stops, and what was recorded and not sent is dropped."""
    request = arrival.evidence_step(message, _D, RequestStep.CANCEL)
    request = request.changed(cancelled=message.reason, recorded=(), recorded_by=frozenset())
    return arrival.requested(request, "evidence_cancelled", {"reason": message.reason.value})


def lawyer_changed(arrival: Arrival, message: EvidenceLawyerChanged) -> Decision:
    """Another person handles the case; answers are for that person."""
    request = arrival.evidence_step(message, _D, RequestStep.CHANGE_LAWYER)
    return arrival.requested(request.changed(lawyer=message.lawyer), "evidence_lawyer_changed")
