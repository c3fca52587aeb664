"""The holder destroyed what it had of a case, or of one applicant; and what the others say that they did."""

from dataclasses import replace
from datetime import datetime, time
from typing import Final

from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.destroying import destroyed, whoever_has_it
from transfer.domain.errors import NotThisSide, OtherReceipt
from transfer.domain.keeping import Erasure, ErasureWord
from transfer.handlers.arrival import Arrival
from transfer.messages.eligibility import Token
from transfer.messages.erasure import DestructionReceipt, ErasureAnswered, ErasureOrdered
from transfer.messages.values import LATEST, region_of

_FOR_EVER: Final = datetime.combine(LATEST, time(), CHINA)


def ordered(arrival: Arrival, message: ErasureOrdered) -> Decision:
    """What the holder destroyed is destroyed here, too, and those who have it from this region are told; under a hold
    it waits, and the holder hears of that. What was done already is answered once more.

    Raises UnknownCase, NotThisSide when another region than the holder speaks, UnknownApplicant, and as ``_read``.
    """
    case, context = arrival.known, arrival.context
    known = case.handling.erasure(message.applicant)
    if known is not None and known.receipt is not None:
        return _answered(arrival, message, case, known.receipt)
    if arrival.source != case.holder_region:
        raise NotThisSide(source=arrival.source, holder=case.holder.institution)
    _read(arrival, message, message.receipt)
    new = Erasure(
        applicant=message.applicant,
        basis=message.basis,
        ordered_by=arrival.source,
        order=message.receipt,
        told=whoever_has_it(case, but={*message.told, arrival.source, context.region}),
    )
    if case.handling.hold is not None:
        held = replace(case, handling=case.handling.with_erasure(new))
        return _answered(arrival, message, held, None)
    # What cannot be signed now is a fault of this node, and the message comes again.
    return destroyed(
        case,
        new,
        by=context.region,
        at=context.now,
        new_id=context.new_id,
        sign=lambda said: context.sign(said, _FOR_EVER),
    )


def answered(arrival: Arrival, message: ErasureAnswered) -> Decision:
    """Raises UnknownCase, NotThisSide for who was not told, and as ``_read``."""
    case = arrival.known
    known = case.handling.erasure(message.applicant)
    if known is None or arrival.source not in known.told:
        raise NotThisSide(source=arrival.source)
    if message.receipt is not None:
        _read(arrival, message, message.receipt)
    word = ErasureWord(region=arrival.source, receipt=message.receipt, at=message.at)
    changed = replace(case, handling=case.handling.with_erasure(known.heard(word)))
    return Decision(case=changed, event=Event(name="erasure_answered", detail=_said(message)))


def _answered(arrival: Arrival, message: ErasureOrdered, case: Case, receipt: Token | None) -> Decision:
    data = ErasureAnswered(case=case.id, applicant=message.applicant, receipt=receipt, at=arrival.context.now)
    event = Event(name="erasure_ordered", detail=_said(message) | {"held": receipt is None})
    return Decision(case=case, event=event, messages=(Outgoing(recipient=arrival.source, data=data),))


def _read(arrival: Arrival, message: ErasureOrdered | ErasureAnswered, token: Token) -> None:
    """A receipt of this erasure; raises OtherReceipt, ForgedAttestation, AlteredAttestation,
    AttestationOfAnotherRegion."""
    said = arrival.context.read(token, DestructionReceipt)
    its_own = isinstance(message, ErasureOrdered) or region_of(said.by) == arrival.source
    if (said.case, said.applicant) != (message.case, message.applicant) or not its_own:
        raise OtherReceipt(receipt=said.id)


def _said(message: ErasureOrdered | ErasureAnswered) -> dict[str, object]:
    return {} if message.applicant is None else {"applicant": str(message.applicant)}
