"""The holder of a case says: I offer it, here is what you asked for, I want it back."""

from dataclasses import replace

from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day, resumed
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.errors import CaseExists, HistoryDiffers, NotThisSide, WrongDestination
from transfer.domain.lifecycle import TOO_LATE, Side, State, Step
from transfer.domain.supplement import check_deemed
from transfer.handlers.arrival import Arrival, longer, noted
from transfer.messages.codes import RecallReason
from transfer.messages.transfer import Offered, RecallRequested, Released, Supplemented
from transfer.messages.values import region_of


def offered(arrival: Arrival, message: Offered) -> Decision:
    """Take in an offer; the case comes to be known here, its sender stays holder."""
    context = arrival.context
    if region_of(message.sender) != arrival.source:
        raise NotThisSide(source=arrival.source, sender=message.sender)
    if region_of(message.receiver) != context.region:
        raise WrongDestination(receiver=message.receiver, region=context.region)
    context.deciding(message.receiver)
    if message.stage.tenure > len(message.tenures):
        raise HistoryDiffers(known=len(message.tenures), told=message.stage.tenure)
    known = arrival.case
    if known is not None:
        if any(t.id == message.transfer for t in known.transfers):
            raise CaseExists(transfer=message.transfer)
        if longer(known.tenures, message.tenures) != message.tenures:
            raise HistoryDiffers(known=known.holder.institution, told=message.sender)
    transfer = Transfer(
        id=message.transfer,
        side=Side.RECEIVER,
        state=State.DRAFTED,
        sender=message.sender,
        receiver=message.receiver,
        attempt=message.attempt,
        letter=message.letter,
        reason=message.reason,
        despite=message.despite,
        opened_at=message.at,
        changed_at=context.now,
        designation=message.designation,
        heard=arrival.digest,
    )
    base = known or Case(id=message.case, basics=message.file.basics, tenures=message.tenures)
    case = replace(
        base,
        basics=message.file.basics,
        applicants=message.file.applicants,
        materials=message.file.materials,
        election=message.file.election,
        attestations=base.attestations.with_(message.file.attestations),
        tenures=message.tenures,
        followers=(frozenset(message.followers) | {arrival.source}) - {context.region},
    )
    case = case.reached(message.stage).with_transfer(transfer.take(Step.OFFER, by=Side.SENDER, at=context.now))
    return Decision(
        case=case,
        event=Event(name="offered", transfer=transfer.id, detail={"receiver": message.receiver}),
    )


def supplemented(arrival: Arrival, message: Supplemented) -> Decision:
    """What was asked for came, or its applicants left."""
    taken = arrival.step(message, Side.RECEIVER, Step.SUPPLEMENT)
    if taken.notice is not None:
        check_deemed(taken.notice, message, message.told, today=legal_day(message.at))
    titles = frozenset(material.title for material in message.materials)
    case = arrival.known.without_applicants(message.left).with_materials(message.materials)
    case = resumed(case, taken.id, legal_day(message.at), arrival.context.rules)
    detail = {"answers": len(message.answers), "left": [str(one.applicant) for one in message.left]}
    return Decision(
        case=case.with_transfer(replace(taken, supplied=taken.supplied | titles, told=message.told)),
        event=Event(name="supplemented", transfer=taken.id, detail=detail),
    )


def recall_requested(arrival: Arrival, message: RecallRequested) -> Decision:
    """The sender wants the case, or some applicants, back: released unless it was accepted or linked before."""
    transfer, now = arrival.transfer_from(message, Side.RECEIVER), arrival.context.now
    case = arrival.known
    if (transfer.state, Step.RECALL) in TOO_LATE:
        return noted(case, "recall_too_late", message)
    if message.applicants:
        case = case.withdrawn(message.applicants).with_transfer(transfer)
    else:
        asked = transfer.take(Step.RECALL, by=Side.SENDER, at=now)
        let_go = asked.take(Step.RELEASE, by=Side.RECEIVER, at=now)
        if message.reason is RecallReason.WITHDRAWN_BY_APPLICANT:
            case = case.withdrawn([a.id for a in case.active])
        case = case.with_transfer(replace(let_go, recall=message.reason))
    answer = Released(transfer=transfer.id, case=case.id, at=now, applicants=message.applicants)
    detail = {"reason": message.reason.value, "applicants": sorted(map(str, message.applicants))}
    return Decision(
        case=case,
        event=Event(name="released", transfer=transfer.id, detail=detail),
        messages=(Outgoing(recipient=arrival.source, data=answer, answers=arrival.digest),),
    )
