"""Take in an application; the institution that receives it becomes the first holder."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from transfer.actions.commands import NewApplicant, OpenCase
from transfer.actions.matching import fingerprints_of, notices, where_it_may_be
from transfer.actions.progress import occurred
from transfer.actions.situation import deciding_institution
from transfer.domain.case import Case
from transfer.domain.clocks import happened, legal_day
from transfer.domain.decision import Decision, Event
from transfer.domain.eligibility import NewFinding, with_findings
from transfer.domain.errors import ImplausibleDate
from transfer.domain.persons import check_persons
from transfer.domain.urgency import appraised, limited
from transfer.messages.case import Applicant, CaseBasics, CaseFile, CaseNumber, Tenure
from transfer.messages.codes_clocks import CaseEvent
from transfer.ports.work import Context

BACKDATED: Final = timedelta(days=366)
"""How long ago an application may have been received; older ones are typing errors."""


def open_case(command: OpenCase, context: Context) -> Decision:
    """A new case, held by the institution that received it.

    Raises ImplausibleDate for a receipt in the future or more than a year ago, PersonTwice, UnknownInstitution,
    NotOfThisRegion, GroundNotOpen when a person is given a ground on the hardship condition that is not open to them,
    and as ``occurred`` for what happened before.
    """
    institution = deciding_institution(command, context)
    received_at = command.received_at or context.now
    if not context.now - BACKDATED <= received_at <= context.now:
        raise ImplausibleDate(received_at=received_at)
    persons = entered(command.applicants, context)
    check_persons(persons)
    file = CaseFile(
        basics=CaseBasics(
            matter=command.matter,
            aid_form=command.aid_form,
            facts=command.facts,
            claim=command.claim,
            **command.named,
            channel=command.channel,
            opponents=command.opponents,
            numbers=(CaseNumber(institution=institution, number=command.number),) if command.number else (),
            first_received_at=received_at,
            first_received_by=institution,
            urgency=command.urgency,
            urgency_reason=command.urgency_reason,
            limitation_on=command.limitation_on,
        ),
        applicants=persons,
        materials=command.materials,
    )
    case = Case(
        id=context.new_id(),
        basics=file.basics,
        applicants=file.applicants,
        materials=file.materials,
        tenures=(Tenure(number=1, institution=institution, since=received_at),),
    )
    rules, region, day = context.rules, context.region, legal_day(received_at)
    case = limited(happened(case, CaseEvent.RECEIVED, day, rules, region), day, rules, region)
    for earlier in command.events:
        case = occurred(case, earlier, context)
    case = found(case, command.applicants, context, by=institution)
    case = appraised(case, legal_day(context.now), rules)
    detail = {
        "matter": command.matter.value,
        "channel": command.channel.value,
        "applicants": len(file.applicants),
        "received_on": day.isoformat(),
        "urgency": case.basics.urgency.value,
    }
    prints = fingerprints_of(case, context)
    return Decision(
        case=case,
        event=Event(name="case_opened", detail=detail),
        messages=notices(case, prints, context, where_it_may_be(case, context)),
        fingerprints=prints,
    )


def entered(applicants: Iterable[NewApplicant], context: Context) -> tuple[Applicant, ...]:
    """The applicants, each with an id; what is found of them is entered by ``found``."""
    given = [{name: getattr(one, name) for name in Applicant.model_fields} for one in applicants]
    return tuple(Applicant(**(fields | {"id": fields["id"] or context.new_id(), "finding": None})) for fields in given)


def found(case: Case, typed: Sequence[NewApplicant], context: Context, *, by: str) -> Case:
    """The case with what was typed of the hardship condition of its last applicants, who came with it; raises
    GroundNotOpen."""
    findings = tuple(
        NewFinding(**dict(one.finding), applicant=applicant.id)
        for one, applicant in zip(typed, case.applicants[-len(typed) :], strict=True)
        if one.finding is not None
    )
    return with_findings(case, findings, context.forum(context.region), by=by)
