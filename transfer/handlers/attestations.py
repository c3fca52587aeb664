"""A region attests what it found of a person, or takes that back. What is signed proves itself, so whoever has handed
the case on passes it on, too; what is known already goes no further."""

from collections.abc import Collection

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
    return _kept(arrival, message, new, event, concerned(case) - {region_of(said.by)})


def revoked(arrival: Arrival, message: AttestationRevoked) -> Decision:
    """Kept also before the attestation itself has come. Raises ForgedAttestation, AlteredAttestation,
    AttestationOfAnotherRegion."""
    case = _known(arrival, message)
    said = arrival.context.read(message.revocation, Revocation)
    detail = {"attestation": str(said.attestation), "reason": said.reason.value}
    new = Attestations(revoked=(message.revocation,))
    event = Event(name="attestation_revoked", detail=detail)
    return _kept(arrival, message, new, event, with_copies(case) - {region_of(said.by)})


def _known(arrival: Arrival, message: AttestationIssued | AttestationRevoked) -> Case:
    if arrival.case is None:
        raise CaseNotYetKnown(case=message.case)
    return arrival.case


def _kept(
    arrival: Arrival,
    message: AttestationIssued | AttestationRevoked,
    new: Attestations,
    event: Event,
    others: Collection[str],
) -> Decision:
    """The case with what is new, and the message for these regions, when it is new here."""
    case = _known(arrival, message)
    changed = case.attested(new)
    if changed is case:
        return Decision(case=case, event=event)
    told = sorted(set(others) - {arrival.source, arrival.context.region})
    return Decision(
        case=changed,
        event=event,
        messages=tuple(Outgoing(recipient=region, data=message) for region in told),
    )
