"""What is said with a stage or an event of an accepted case, held to the table of duties and to the law."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from transfer.actions.commands import EnterEvent, PublishStage
from transfer.actions.handling_commands import LiftRecusal, Recuse
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.case import Case
from transfer.domain.clocks import ClockState, begun, legal_day, state_of
from transfer.domain.decision import Decision, Event
from transfer.domain.duties import DUTY_OF, check_duty
from transfer.domain.errors import (
    DecisionDiffers,
    IllegalStage,
    ImplausibleDate,
    LawyersFirst,
    NoFraud,
    NothingToReview,
    NotRecused,
    NotReplaced,
    NotTheClosingDay,
    PartNeeded,
    Recused,
    SameBody,
    UnknownApplicant,
)
from transfer.domain.handling import (
    DECISIONS,
    Assignment,
    Conclusion,
    Decided,
    Entry,
    Handling,
    Objection,
    Recusal,
    ReplacementDecided,
    Review,
    Service,
    Termination,
    refused_by,
)
from transfer.domain.lifecycle import OFFERABLE
from transfer.messages.codes import LegalBasis, Matter, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import AidUnit, Consequence
from transfer.messages.evidence_items import Lawyer

LAWYERS_FIRST: Final = frozenset({Matter.REMUNERATION})
"""Claims for pay are assigned to lawyers first (Ministry of Justice, 2026-02-12)."""
_ASSIGNED: Final = frozenset({Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING})
_OWN_STAGE: Final = OFFERABLE | {
    Stage.REFUSED,
    Stage.TERMINATED,
    Stage.OBJECTED,
    Stage.MAINTAINED,
    Stage.CORRECTION_ORDERED,
}
"""Where nobody's case goes on: there an objection and its review are stages of the whole case."""
_FEN: Final = 100


def said(at: Situation, command: PublishStage | EnterEvent, what: Stage | CaseEvent) -> Handling:
    """The record of the case with this stage or event entered.

    Raises PartNeeded, SamePerson, Recused, UnknownApplicant, DecisionDiffers, LawyersFirst, NotReplaced, NoFraud,
    NothingToReview, SameBody, NotTheClosingDay, ImplausibleDate, IllegalStage.
    """
    handling, part, row = at.case.handling, command.part, DUTY_OF.get(what)
    if row is None:
        if part is not None:
            raise PartNeeded(at=what, part="none")
        return handling
    entry = Entry(
        what=what,
        occurred_on=command.occurred_on,
        by=command.by,
        institution=deciding_institution(command, at.context),
        at=at.context.now,
        part=part,
        remedy=row.remedy,
    )
    check_duty(row, part, entry.hand, handling, came_from=at.case.stage.stage)
    named = part.person if isinstance(part, Assignment) else entry.hand
    if named in handling.recused:
        raise Recused
    if what == Stage.HANDLING and at.case.stage.stage is Stage.CORRECTION_ORDERED:
        _check_was_terminated(handling)
    return handling.with_entry(_judged(at, entry, command.basis if isinstance(command, PublishStage) else None))


def _judged(at: Situation, entry: Entry, basis: LegalBasis | None) -> Entry:
    """The entry, held to what the law says of its part, with what follows from it."""
    match entry.part:
        case Decided() as part:
            return _decision(at.case, entry, part)
        case Assignment() as part:
            _check_assignment(at.case, part)
        case Termination() as part:
            return _termination(at, entry, part, basis)
        case Objection() as part:
            return _objection(at, entry, part)
        case Review() as part:
            _check_review(at, entry, part)
        case Conclusion() as part:
            _check_conclusion(at, entry.occurred_on, part)
        case Service() as part:
            _known(at.case, part.applicants)
            if at.case.handling.last(*DECISIONS) is None:
                raise NothingToReview
        case _:
            pass
    return entry


def _decision(case: Case, entry: Entry, part: Decided) -> Entry:
    """Granted when at least one is granted, refused when none is (Legal Aid Law 43(1)); the refused get a remedy."""
    active, granted = _active(case), entry.what == Stage.GRANTED
    for refusal in part.refusals:
        _known(case, refusal.applicants)
    refused = refused_by(part, active)
    if granted is (refused >= active):
        raise DecisionDiffers(granted=len(active - refused), refused=len(refused))
    return entry if granted and not refused else entry.model_copy(update={"remedy": DUTY_OF[Stage.REFUSED].remedy})


def _check_assignment(case: Case, part: Assignment) -> None:
    """Lawyers first for claims for pay; another person only after a replacement (Legal Aid Law 55)."""
    no_lawyer = part.licence is None and part.unit is not AidUnit.LAW_FIRM
    if case.basics.matter in LAWYERS_FIRST and no_lawyer and part.no_lawyer_because is None:
        raise LawyersFirst(matter=case.basics.matter)
    if case.stage.stage not in _ASSIGNED:
        return
    last, before = case.handling.last(Stage.ASSIGNED, CaseEvent.REPLACEMENT_DECIDED), case.handling.said(Assignment)
    decided = last is not None and isinstance(last.part, ReplacementDecided) and last.part.replaced
    if not decided or part.handed_over is None or (before is not None and before.person == part.person):
        raise NotReplaced


def _termination(at: Situation, entry: Entry, part: Termination, basis: LegalBasis | None) -> Entry:
    """After fraud the cost is paid and a fine may follow (Legal Aid Law 64)."""
    fraud = basis is LegalBasis.LAL_48_1
    limit = at.context.rules.figure("FRAUD_FINE_UP_TO_YUAN", at.region, entry.occurred_on).value * _FEN
    if (not fraud and (part.recover_fen, part.fine_fen) != (None, None)) or (part.fine_fen or 0) > limit:
        raise NoFraud(basis=basis, limit_fen=limit)
    return entry.model_copy(update={"consequence": Consequence.COST_AND_FINE}) if fraud else entry


def _objection(at: Situation, entry: Entry, part: Objection) -> Entry:
    """Each applicant's term runs from the service on that person; a late objection is recorded as such."""
    case, active = at.case, _active(at.case)
    _known(case, part.applicants)
    objecting = frozenset(part.applicants) or active
    if entry.what is CaseEvent.OBJECTED and not _refused_alone(case) >= objecting:
        raise NothingToReview
    served = case.handling.served(active)
    late = any(_term_is_over(at, served[one], entry.occurred_on) for one in objecting & served.keys())
    return entry.model_copy(update={"late": late})


def _term_is_over(at: Situation, served_on: date, day: date) -> bool:
    """Whether a term that runs from the service, and that an objection meets, ended before that day."""
    rules = at.context.rules
    terms = rules.terms(at.region, served_on, begins=CaseEvent.DECISION_SERVED)
    clocks = (begun(one, served_on, rules, at.region) for one in terms if CaseEvent.OBJECTED in one.met_by)
    return any(state_of(clock, day) is ClockState.OVERDUE for clock in clocks)


def _check_review(at: Situation, entry: Entry, part: Review) -> None:
    """The justice department reviews, and not the institution that decided (Legal Aid Law 49)."""
    handling = at.case.handling
    objected = handling.last(Stage.OBJECTED, Stage.MAINTAINED, Stage.CORRECTION_ORDERED)
    if isinstance(entry.what, CaseEvent) and (
        not _refused_alone(at.case) or objected is None or objected.what != Stage.OBJECTED
    ):
        raise NothingToReview
    listed = at.context.directory.by_code[at.region].institutions
    if part.body in {name for one in listed for name in (one.code, one.name_zh, one.name_en)}:
        raise SameBody


def _refused_alone(case: Case) -> frozenset[UUID]:
    """Who is refused aid while the case goes on for the others."""
    return frozenset() if case.stage.stage in _OWN_STAGE else case.handling.refused(_active(case))


def _check_conclusion(at: Situation, day: date, part: Conclusion) -> None:
    """The closing day is the one that the rules name for this procedure (Order 148, on the closing day)."""
    days = {one.event: one.on for one in part.days}
    if late := [one.isoformat() for one in days.values() if one > legal_day(at.context.now)]:
        raise ImplausibleDate(days=late)
    closing = at.context.rules.closing_day(part.procedure, days, at.region)
    if closing != day:
        raise NotTheClosingDay(procedure=part.procedure, closing_day=closing, given=day)


def _check_was_terminated(handling: Handling) -> None:
    """A corrected refusal leads to a grant; a corrected termination may lead back to the handling."""
    decision = handling.last(*DECISIONS)
    if decision is None or decision.what != Stage.TERMINATED:
        raise IllegalStage(stage=Stage.CORRECTION_ORDERED, to=Stage.HANDLING)


def _active(case: Case) -> frozenset[UUID]:
    return frozenset(one.id for one in case.active)


def _known(case: Case, applicants: Collection[UUID]) -> None:
    if unknown := set(applicants) - _active(case):
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))


def lawyer_of(part: Assignment) -> Lawyer:
    """The person assigned, as letters to other regions name the handling lawyer."""
    firm = part.office if part.licence else None
    return Lawyer(name=part.person, phone=part.phone, licence=part.licence, firm=firm)


def recuse(at: Situation, command: Recuse) -> Decision:
    """From now on the person takes no step in the case; any region that knows it may say so of its own people.

    Raises Recused when the person is so already, ImplausibleDate for a day in the future.
    """
    deciding_institution(command, at.context)
    handling = at.case.handling
    if command.person in handling.recused:
        raise Recused
    if command.since > legal_day(at.context.now):
        raise ImplausibleDate(since=command.since)
    new = Recusal(person=command.person, reason=command.reason, since=command.since, entered_by=command.by)
    return _recusals(at, (*handling.recusals, new), "recused", command.reason.value)


def lift_recusal(at: Situation, command: LiftRecusal) -> Decision:
    """The person may take part again; only another one can say so. Raises NotRecused."""
    deciding_institution(command, at.context)
    if command.person not in at.case.handling.recused:
        raise NotRecused
    lifted = {"lifted_on": legal_day(at.context.now), "lifted_by": command.by, "lifted_because": command.because}
    recusals = tuple(
        one.model_copy(update=lifted) if one.person == command.person and one.lifted_on is None else one
        for one in at.case.handling.recusals
    )
    return _recusals(at, recusals, "recusal_lifted")


def _recusals(at: Situation, recusals: tuple[Recusal, ...], name: str, reason: str | None = None) -> Decision:
    handling = at.case.handling.model_copy(update={"recusals": recusals})
    detail = {"reason": reason} if reason else {}
    return Decision(case=replace(at.case, handling=handling), event=Event(name=name, detail=detail))
