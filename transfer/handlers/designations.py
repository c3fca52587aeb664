"""A holder asks for the competent region to be named, and a superior names it."""

from dataclasses import replace

from transfer.domain.case import Case, Transfer
from transfer.domain.decision import Decision, Event
from transfer.domain.designation import hear, judges
from transfer.domain.errors import CaseExists, NotThisSide
from transfer.domain.lifecycle import Side, State
from transfer.handlers.arrival import Arrival, CaseNotYetKnown, longer
from transfer.messages.transfer import Designated, Escalated
from transfer.messages.values import region_of


def escalated(arrival: Arrival, message: Escalated) -> Decision:
    """This region is asked, as a superior, which region is competent."""
    if region_of(message.sender) != arrival.source:
        raise NotThisSide(source=arrival.source, sender=message.sender)
    context, known = arrival.context, arrival.case
    if known is not None and any(t.id == message.transfer for t in known.transfers):
        raise CaseExists(transfer=message.transfer)
    transfer = Transfer(
        id=message.transfer,
        side=Side.SUPERIOR,
        state=State.COMPETENCE_DISPUTED,
        sender=message.sender,
        receiver=message.receiver,
        attempt=message.attempts,
        letter="",
        reason=message.explanation,
        opened_at=message.at,
        changed_at=context.now,
        heard=arrival.digest,
    )
    needed = judges(transfer, context.directory.by_code)
    if context.region not in needed:
        raise NotThisSide(region=context.region, needed=sorted(needed))
    case = known or Case(id=message.case, basics=message.basics, tenures=message.tenures)
    case = replace(case, tenures=longer(case.tenures, message.tenures))
    return Decision(
        case=case.with_transfer(transfer).reached(message.stage),
        event=Event(
            name="escalated",
            transfer=transfer.id,
            detail={"sender": message.sender, "receiver": message.receiver},
        ),
    )


def designated(arrival: Arrival, message: Designated) -> Decision:
    """A superior has spoken; between provinces it counts when both have named the same region.

    The word of one province may reach the other before the holder's question does, and then waits for it.
    """
    case = arrival.case
    if case is None or all(t.id != message.transfer for t in case.transfers):
        raise CaseNotYetKnown(case=message.case, transfer=message.transfer)
    transfer = case.transfer(message.transfer)
    needed = judges(transfer, arrival.context.directory.by_code)
    heard = hear(transfer, arrival.source, message, needed=needed, at=arrival.context.now)
    detail = {"region": message.region, "complete": heard.designation is not None}
    return Decision(
        case=replace(case.with_transfer(heard), followers=case.followers | {arrival.source}),
        event=Event(name="designated", transfer=transfer.id, detail=detail),
    )
