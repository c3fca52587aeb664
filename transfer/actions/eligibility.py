"""What is found of the hardship condition, and what a region attests of it to others, or takes back."""

from transfer.actions.eligibility_commands import Attest, FindEligibility, Revoke
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.eligibility import with_findings
from transfer.domain.errors import (
    AttestationExpired,
    AttestationTakenBack,
    ImplausibleDate,
    NothingToAttest,
    UnknownAttestation,
)
from transfer.domain.recognition import (
    concerned,
    digest_of_person,
    found_here,
    own_attestations,
    revocation_of,
    with_copies,
)
from transfer.messages.eligibility import (
    Attestation,
    AttestationIssued,
    AttestationRevoked,
    Attestations,
    Attested,
    Revocation,
)


def find(at: Situation, command: FindEligibility) -> Decision:
    """Find of applicants, one by one, on which ground they have aid, or that they are not in economic hardship.

    Raises GroundNotOpen, UnknownApplicant, ImplausibleDate, the fault of an attestation, NotTheHolder, CaseEnded, and
    TransferOpen while the case is offered, since its receiver has a copy.
    """
    institution = at.as_holder(command)
    at.case.check_not_offered()
    case = with_findings(at.case, command.findings, at.context.forum(at.region), by=institution)
    detail = {str(one.applicant): one.ground.value if one.ground else None for one in command.findings}
    return Decision(case=case, event=Event(name="eligibility_found", detail=detail))


def attest(at: Situation, command: Attest) -> Decision:
    """Sign what this institution found, by a check of its own or in its answer to another region; whoever holds the
    case or is offered it hears of it.

    Raises NothingToAttest, ImplausibleDate, CannotAttest.
    """
    institution = deciding_institution(command, at.context)
    context, today = at.context, legal_day(at.context.now)
    if not command.found_on <= today <= command.until:
        raise ImplausibleDate(found_on=command.found_on, until=command.until)
    person = next(
        (
            one
            for one in found_here(at.case)
            if one.applicant == command.applicant
            and context.deciding(one.by) == institution
            and one.in_hardship in {None, command.in_hardship}
        ),
        None,
    )
    if person is None:
        raise NothingToAttest(applicant=command.applicant, in_hardship=command.in_hardship)
    salt = context.new_id()
    said = Attestation(
        id=context.new_id(),
        applicant=command.applicant,
        person=digest_of_person(salt, person.name, person.identity),
        in_hardship=command.in_hardship,
        by=institution,
        found_on=command.found_on,
        until=command.until,
        basis=command.basis,
    )
    attested = Attested(applicant=said.applicant, salt=salt, token=context.signed(said, said.until))
    detail = {"attestation": str(said.id), "applicant": str(said.applicant), "until": said.until.isoformat()}
    message = AttestationIssued(case=at.case.id, attested=attested, at=context.now)
    return Decision(
        case=at.case.attested(Attestations(issued=(attested,))),
        event=Event(name="attestation_issued", detail=detail),
        messages=tuple(Outgoing(recipient=r, data=message) for r in sorted(concerned(at.case) - {at.region})),
    )


def revoke(at: Situation, command: Revoke) -> Decision:
    """Take an own attestation back, and tell every region that has a copy of the case. No decision is undone by it.

    Raises UnknownAttestation, AttestationTakenBack, AttestationExpired, CannotAttest.
    """
    institution = deciding_institution(command, at.context)
    context, today = at.context, legal_day(at.context.now)
    own = own_attestations(at.case, at.region, context.read)
    said = next((one for one in own if one.id == command.attestation), None)
    if said is None:
        raise UnknownAttestation(attestation=command.attestation)
    if revocation_of(said, at.case, context.read) is not None:
        raise AttestationTakenBack(attestation=said.id)
    if said.until < today:
        raise AttestationExpired(attestation=said.id, until=said.until)
    word = Revocation(attestation=said.id, by=institution, revoked_on=today, reason=command.reason)
    token = context.signed(word, said.until)
    message = AttestationRevoked(case=at.case.id, revocation=token, at=context.now)
    detail = {"attestation": str(said.id), "reason": command.reason.value}
    return Decision(
        case=at.case.attested(Attestations(revoked=(token,))),
        event=Event(name="attestation_revoked", detail=detail),
        messages=tuple(Outgoing(recipient=r, data=message) for r in sorted(with_copies(at.case) - {at.region})),
    )
