"""What the holder does with a group: enter its representatives, let persons join, make two cases of one."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from transfer.actions.applicants import check_free
from transfer.actions.group_commands import Elect, Join, Split
from transfer.actions.intake import BACKDATED, entered, found
from transfer.actions.matching import fingerprints_of, notices, where_it_may_be
from transfer.actions.sending import attempts
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.errors import (
    CaseEnded,
    ImplausibleDate,
    NoActiveApplicant,
    NotDesignatedRegion,
    NoticeOpen,
    RequestsOpen,
    TooFewToElect,
    UnknownApplicant,
)
from transfer.domain.group import REPRESENTATIVES_FROM, part_of, rest_of
from transfer.domain.lifecycle import PAST
from transfer.domain.persons import check_persons
from transfer.messages.case import CaseFile, Election
from transfer.messages.case_progress import CaseSplit


def elect(at: Situation, command: Elect) -> Decision:
    """Enter the representatives; so many applicants as the rule says may elect them (Labour Dispute Mediation and
    Arbitration Law 7).

    Raises TooFewToElect, UnknownApplicant, ImplausibleDate, CaseEnded, TransferOpen while the case is offered,
    NotTheHolder.
    """
    at.as_holder(command)
    case, today = at.case, legal_day(at.context.now)
    case.check_not_offered()
    if case.stage.stage in PAST:
        raise CaseEnded(stage=case.stage.stage)
    if not today - BACKDATED <= command.elected_on <= today:
        raise ImplausibleDate(elected_on=command.elected_on)
    _check_active(case, command.representatives)
    rule = at.context.rules.figure(REPRESENTATIVES_FROM, at.region, command.elected_on)
    if len(case.active) < rule.value:
        raise TooFewToElect(applicants=len(case.active), needed=rule.value, rule=rule.source.printed)
    election = Election(
        representatives=command.representatives, elected_on=command.elected_on, proof=command.proof.title
    )
    file = case.with_materials((command.proof,)).file
    detail = {"representatives": sorted(map(str, command.representatives)), "of": len(case.active)}
    return Decision(
        case=replace(case, materials=file.materials, election=election),
        event=Event(name="representatives_elected", detail=detail),
    )


def join(at: Situation, command: Join) -> Decision:
    """More persons join before the decision, each with the day of their own application. They share the review that
    runs, whose last day stays; after the decision theirs is a new case.

    Raises PersonTwice, ImplausibleDate, GroundNotOpen, and as ``check_free``.
    """
    check_free(at, command)
    case, today = at.case, legal_day(at.context.now)
    received_on = command.received_on or today
    if not legal_day(case.basics.first_received_at) <= received_on <= today:
        raise ImplausibleDate(received_on=received_on)
    joined = tuple(
        one.model_copy(update={"received_on": received_on}) for one in entered(command.applicants, at.context)
    )
    check_persons((*case.active, *joined))
    file = CaseFile(
        basics=case.basics,
        applicants=(*case.applicants, *joined),
        materials=(*case.materials, *command.materials),
        election=case.election,
    )
    detail = {"applicants": [str(one.id) for one in joined], "received_on": received_on.isoformat()}
    grown, context = replace(case, applicants=file.applicants, materials=file.materials), at.context
    grown = found(grown, command.applicants, context, by=deciding_institution(command, context))
    prints = fingerprints_of(grown, context)
    known = frozenset(fingerprints_of(case, context))
    fresh = tuple(one for one in prints if one not in known)
    return Decision(
        case=grown,
        event=Event(name="applicants_joined", detail=detail),
        messages=notices(grown, fresh, context, where_it_may_be(grown, context)),
        fingerprints=prints,
    )


def split(at: Situation, command: Split) -> Decision:
    """Some applicants become a case of their own, which keeps the first receipt; every follower hears of both.

    Raises UnknownApplicant, NoActiveApplicant when nobody would stay, RequestsOpen while another region is asked
    about one of them, NoticeOpen, NotDesignatedRegion while a superior's word is to be followed, and as ``check_free``.
    """
    check_free(at, command)
    case, leaving = at.case, frozenset(command.applicants)
    _check_active(case, leaving)
    if len(leaving) == len(case.active):
        raise NoActiveApplicant
    if asked := [
        str(one.id)
        for one in case.requests
        if one.is_open and not all(leaving.isdisjoint(item.about) for item in one.items)
    ]:
        raise RequestsOpen(requests=asked)
    if case.notice is not None and not case.notice.answered:
        raise NoticeOpen(due_on=case.notice.due_on)
    for one in attempts(case):
        if one.designation is not None:
            raise NotDesignatedRegion(designated=one.designation.region)
    return _parted(at, command, leaving)


def _parted(at: Situation, command: Split, leaving: frozenset[UUID]) -> Decision:
    case, now, institution = at.case, at.context.now, at.case.holder.institution
    part = part_of(case, leaving, at.context.new_id(), legal_day(now), at.context.rules)
    part = part.numbered(institution, command.number)
    basics = case.basics.model_copy(update={"split_into": (*case.basics.split_into, part.id)})
    rest = rest_of(case, basics, leaving)
    told = {
        one.id: CaseSplit(
            case=one.id,
            at=now,
            origin=case.id,
            part=part.id,
            applicants=tuple(person.id for person in part.applicants),
            basics=one.basics,
            stage=one.stage,
            tenures=one.tenures,
        )
        for one in (rest, part)
    }

    def decision(one: Case, detail: dict[str, object], also: tuple[Decision, ...] = ()) -> Decision:
        return Decision(
            case=one,
            event=Event(name="case_split", detail=detail),
            messages=tuple(Outgoing(recipient=region, data=told[one.id]) for region in sorted(case.followers)),
            fingerprints=fingerprints_of(one, at.context),
            also=also,
        )

    persons = sorted(map(str, leaving))
    own = decision(part, {"from": str(case.id), "applicants": persons})
    return decision(rest, {"into": str(part.id), "applicants": persons}, (own,))


def _check_active(case: Case, persons: Collection[UUID]) -> None:
    """Raises UnknownApplicant when one of them is not, or no more, an applicant."""
    if unknown := set(persons) - {one.id for one in case.active}:
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
