"""A region attests what it found of a person, or takes that back. What is signed proves itself, so whoever has handed
the case on passes it on, too; what is known already goes no further. The person may be in a part of the case by now, if
it was split."""

from collections.abc import Callable
from dataclasses import replace

from transfer.domain.case import Case
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.recognition import check_person, concerned, with_copies
from transfer.handlers.arrival import Arrival, CaseNotYetKnown
from transfer.messages.eligibility import Attestation, AttestationIssued, AttestationRevoked, Attestations, Revocation
from transfer.messages.values import region_of


def issued(arrival: Arrival, message: AttestationIssued) -> Decision:
    """Raises ForgedAttestation, AlteredAttestation, AttestationOfAnotherRegion, AttestationOfAnotherPerson,
    UnknownApplicant. Whether it still counts is judged when it is used."""
    case = _known(arrival, message)
    said = arrival.context.read(message.attested.token, Attestation)
    check_person(message.attested, said, case.applicant(message.attested.applicant))
    detail = {"attestation": str(said.id), "applicant": str(said.applicant), "until": said.until.isoformat()}
    new = Attestations(issued=(message.attested,))
    event = Event(name="attestation_issued", detail=detail)
    parts = tuple(one for one in arrival.parts if said.applicant in {person.id for person in one.applicants})
    return _kept(arrival, message, new, event, parts, lambda one: concerned(one) - {region_of(said.by)})


def revoked(arrival: Arrival, message: AttestationRevoked) -> Decision:
    """Kept also before the attestation itself has come. Raises ForgedAttestation, AlteredAttestation,
    AttestationOfAnotherRegion."""
    _known(arrival, message)
    said = arrival.context.read(message.revocation, Revocation)
    detail = {"attestation": str(said.attestation), "reason": said.reason.value}
    new = Attestations(revoked=(message.revocation,))
    event = Event(name="attestation_revoked", detail=detail)
    parts = tuple(one for one in arrival.parts if one.applicants)
    return _kept(arrival, message, new, event, parts, lambda one: with_copies(one) - {region_of(said.by)})


def _known(arrival: Arrival, message: AttestationIssued | AttestationRevoked) -> Case:
    if arrival.case is None:
        raise CaseNotYetKnown(case=message.case)
    return arrival.case


def _kept(  # noqa: PLR0913, PLR0917 - what is kept, where, and who hears of it
    arrival: Arrival,
    message: AttestationIssued | AttestationRevoked,
    new: Attestations,
    event: Event,
    parts: tuple[Case, ...],
    others: Callable[[Case], set[str]],
) -> Decision:
    """The case and its parts with what is new, and the message for the others, where it is new here."""

    def kept(case: Case) -> Decision:
        changed = case.attested(new)
        if changed is case:
            return Decision(case=case, event=event)
        told = sorted(others(case) - {arrival.source, arrival.context.region})
        data = message.model_copy(update={"case": case.id})
        messages = tuple(Outgoing(recipient=region, data=data) for region in told)
        return Decision(case=changed, event=event, messages=messages)

    return replace(kept(_known(arrival, message)), also=tuple(kept(one) for one in parts))
