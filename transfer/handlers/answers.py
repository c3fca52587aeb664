"""The region that was offered a case says what it decided; the sender's record follows."""

from dataclasses import replace

from transfer.domain.clocks import paused, supplementing
from transfer.domain.decision import Decision, Event
from transfer.domain.duplicates import precedence
from transfer.domain.errors import EarlierCaseSurvives, HistoryDiffers, NotThisSide
from transfer.domain.lifecycle import Side, Step
from transfer.handlers.arrival import Arrival, longer
from transfer.messages.case import Tenure
from transfer.messages.codes import RecallReason
from transfer.messages.transfer import (
    Accepted,
    CompetenceDisputed,
    LinkedAsDuplicate,
    Released,
    SignedFor,
    SupplementRequired,
)
from transfer.messages.values import region_of


def signed_for(arrival: Arrival, message: SignedFor) -> Decision:
    """A person over there took charge."""
    taken = arrival.step(message, Side.SENDER, Step.SIGN_FOR)
    return Decision(
        case=arrival.known.with_transfer(replace(taken, signed_by=message.signed_by)),
        event=Event(name="signed_for", transfer=taken.id, detail={"materials": message.materials_counted}),
    )


def supplement_required(arrival: Arrival, message: SupplementRequired) -> Decision:
    """The one list of what is missing."""
    taken = arrival.step(message, Side.SENDER, Step.REQUIRE_SUPPLEMENT)
    detail = {"defects": [i.defect.value for i in message.items], "due_on": message.due_on.isoformat()}
    pause = supplementing(taken.id, message.at, message.due_on)
    return Decision(
        case=paused(arrival.known, pause, arrival.context.rules).with_transfer(replace(taken, notice=message, told=())),
        event=Event(name="supplement_required", transfer=taken.id, detail=detail),
    )


def accepted(arrival: Arrival, message: Accepted) -> Decision:
    """The receiver is holder now; this region's record says so too and follows the case from here on."""
    taken = arrival.step(message, Side.SENDER, Step.ACCEPT)
    if region_of(message.institution) != arrival.source:
        raise NotThisSide(source=arrival.source, institution=message.institution)
    case = arrival.known
    if message.tenure > case.holder.number + 1:
        raise HistoryDiffers(known=case.holder.number, told=message.tenure)
    # A later holder's word may have come first, by another lane, and then told of this tenure already.
    tenure = Tenure(number=message.tenure, institution=message.institution, since=message.at)
    tenures = longer(case.tenures, (*case.tenures[: message.tenure - 1], tenure))
    staying = set(message.applicants)
    gone = [a.id for a in case.active if a.id not in staying]
    case = case.withdrawn(gone).with_transfer(taken).numbered(message.institution, message.number)
    return Decision(
        case=replace(case, tenures=tenures).reached(message.stage),
        event=Event(name="accepted", transfer=taken.id, detail={"tenure": message.tenure}),
    )


def competence_disputed(arrival: Arrival, message: CompetenceDisputed) -> Decision:
    """The receiver names another region; this one stays holder."""
    taken = arrival.step(message, Side.SENDER, Step.DISPUTE)
    detail = {"ground": message.ground.value, "proposed_region": message.proposed_region}
    return Decision(
        case=arrival.known.with_transfer(replace(taken, dispute=message)),
        event=Event(name="competence_disputed", transfer=taken.id, detail=detail),
    )


def linked_as_duplicate(arrival: Arrival, message: LinkedAsDuplicate) -> Decision:
    """An earlier case of the receiver survives; the one here turns into assistance."""
    taken = arrival.step(message, Side.SENDER, Step.LINK)
    case = arrival.known
    here = precedence(case.basics.first_received_at, case.basics.first_received_by, case.id)
    if here < precedence(message.first_received_at, message.first_received_by, message.surviving_case):
        raise EarlierCaseSurvives(surviving_case=case.id)
    return Decision(
        case=replace(case.with_transfer(taken), duplicate_of=message.surviving_case),
        event=Event(
            name="linked_as_duplicate",
            transfer=taken.id,
            detail={"surviving_case": str(message.surviving_case)},
        ),
    )


def released(arrival: Arrival, message: Released) -> Decision:
    """The recall came in time: this region goes on as sole holder, or without the applicants who withdrew."""
    case = arrival.known
    if message.applicants:
        transfer = arrival.transfer_from(message, Side.SENDER)
        case = case.withdrawn(message.applicants)
    else:
        transfer = arrival.step(message, Side.SENDER, Step.RELEASE)
        if transfer.recall is RecallReason.WITHDRAWN_BY_APPLICANT:
            case = case.withdrawn([a.id for a in case.active])
    return Decision(
        case=case.with_transfer(transfer),
        event=Event(
            name="released",
            transfer=transfer.id,
            detail={"applicants": sorted(map(str, message.applicants))},
        ),
    )
