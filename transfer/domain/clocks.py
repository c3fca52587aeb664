"""Legal clocks on a case: events begin and meet them, questions pause them. They travel with the case."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from transfer.domain.case import Case
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide
from transfer.law.book import NoSuchRule, RuleBook
from transfer.law.reckoning import CannotCount, Sum, reckon, set_for
from transfer.law.rules import Term
from transfer.messages.case import Clock, Pause
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import STAGE_EVENTS, CaseEvent, PauseReason, TimeUnit
from transfer.messages.codes_evidence import EvidenceKind
from transfer.messages.codes_urgency import LIMBS

CHINA: Final = ZoneInfo("Asia/Shanghai")
REMOTE_CHECKS: Final = frozenset({EvidenceKind.ECON_CHECK, EvidenceKind.IDENTITY_CHECK})
"""What is checked elsewhere for the decision on an application; other evidence is collected after it."""


def legal_day(moment: datetime) -> date:
    """The day on which something counts as done: the date in Asia/Shanghai, also in Xinjiang."""
    return moment.astimezone(CHINA).date()


def begin_of_day(moment: datetime) -> datetime:
    """When that day began in Asia/Shanghai."""
    return moment.astimezone(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)


def reached(case: Case, stage: Stage, day: date, rules: RuleBook, region: str) -> Case:
    """The case after that region published a stage of it."""
    event = STAGE_EVENTS.get(stage)
    return case if event is None else happened(case, event, day, rules, region)


def happened(  # noqa: PLR0913 - what happened, when, where, and what was set
    case: Case, event: CaseEvent, day: date, rules: RuleBook, region: str, *, until: date | None = None
) -> Case:
    """The case after an event of that region: it meets the clocks that wait for it, and begins those that run from it.

    A clock of the same rule that still runs in that region is met by its own end alone, so what happens again begins
    nothing twice. ``until`` is the last day of a term that has no length of its own; without it none begins.
    """
    clocks = tuple(_met(clock, event, day) for clock in case.basics.clocks)
    running = {clock.rule for clock in clocks if clock.met_on is None and clock.region == region}
    new = tuple(
        begun(term, day, rules, region, until=until, pauses=_inherited(clocks, term.code, day))
        for term in rules.terms(region, day, begins=event)
        if term.unit is not TimeUnit.HOUR
        and term.code not in running
        and (term.length is not None or until is not None)
    )
    return _with(case, (*clocks, *new))


def given_up(case: Case, day: date) -> Case:
    """The case once nobody applies any more: nothing has to be done for anyone by any day (LAL 43(2))."""
    ended = {"met_on": day}
    return _with(case, (c if c.met_on is not None else c.model_copy(update=ended) for c in case.basics.clocks))


def begun(  # noqa: PLR0913 - the rule, when and where it begins, and what was set
    term: Term,
    day: date,
    rules: RuleBook,
    region: str,
    *,
    until: date | None = None,
    pauses: tuple[Pause, ...] = (),
) -> Clock:
    """A clock of this rule that runs from that day on, to ``until`` where the rule has no length."""
    clock = Clock(
        rule=term.code,
        rules=rules.version,
        zh=term.zh,
        en=term.en,
        basis=term.source.printed,
        length=term.length,
        unit=term.unit,
        set_for=until if term.length is None else None,
        met_by=term.met_by,
        suspended_by=term.suspended_by,
        remind_before=term.remind_before,
        escalate_after=term.escalate_after,
        region=region,
        started_on=day,
        pauses=pauses,
    )
    counted = _counted(clock, rules)
    if not term.limitation or counted.due_strict is None:
        return counted
    try:
        below = rules.figure("AID_FIRST_BELOW_DAYS", region, counted.due_strict).value
    except NoSuchRule:
        # It had ended before the Law was in force.
        return counted
    return counted.model_copy(update={"aid_first_below": below})


def _inherited(clocks: Iterable[Clock], rule: str, day: date) -> tuple[Pause, ...]:
    """What has paused the clock of another region by the same rule since that day: what is asked while a case is on
    offer counts for its receiver, too."""
    pauses = {pause.of: pause for clock in clocks if clock.rule == rule for pause in clock.pauses}
    return tuple(pause for pause in pauses.values() if pause.until > day)


def paused(case: Case, pause: Pause, rules: RuleBook) -> Case:
    """The case while something has been asked; each clock that this suspends runs on afterwards.

    Under Article 44 nothing waits for an answer.
    """
    if case.basics.urgency in LIMBS:
        return case
    return _with(
        case,
        (
            _counted(clock.model_copy(update={"pauses": (*_others(clock, pause.of), pause)}), rules)
            if clock.met_on is None and pause.why in clock.suspended_by
            else clock
            for clock in case.basics.clocks
        ),
    )


def resumed(case: Case, of: UUID, day: date, rules: RuleBook) -> Case:
    """The case after the answer came: the pause ends with it, or with its own last day where that was earlier."""
    return _with(
        case,
        (
            _counted(clock.model_copy(update={"pauses": tuple(_ended(p, of, day) for p in clock.pauses)}), rules)
            if any(pause.of == of and not pause.answered for pause in clock.pauses)
            else clock
            for clock in case.basics.clocks
        ),
    )


def unpaused(case: Case, day: date, rules: RuleBook) -> Case:
    """The case after every pause that still waits for an answer has ended."""
    waiting = {pause.of: None for clock in running(case) for pause in clock.pauses if not pause.answered}
    for of in waiting:
        case = resumed(case, of, day, rules)
    return case


def supplementing(of: UUID, asked_at: datetime, due_on: date) -> Pause:
    """The pause while papers are being supplemented (Legal Aid Law 43(2); Order 148)."""
    return Pause(why=PauseReason.SUPPLEMENT, of=of, asked_on=legal_day(asked_at), until=due_on)


def checked(case: Case, request: EvidenceRequest, rules: RuleBook) -> Case:
    """The case with the pause of this request: while another region checks what this one must know for its decision,
    until the answer, at most until the limit in the letter (Order 148, remote verification)."""
    of_another = request.side is not RequestSide.REQUESTER or REMOTE_CHECKS.isdisjoint(i.kind for i in request.items)
    if of_another or request.sent_at is None or request.due_on is None:
        return case
    answered = request.ended_at
    pause = Pause(
        why=PauseReason.REMOTE_CHECK,
        of=request.id,
        asked_on=legal_day(request.sent_at),
        until=request.due_on if answered is None else min(legal_day(answered), request.due_on),
        answered=answered is not None,
    )
    return paused(case, pause, rules)


def sum_of(clock: Clock, rules: RuleBook) -> Sum:
    """The days of a clock one by one; raises CannotCount."""
    calendar = rules.calendar(clock.region)
    if clock.set_for is not None:
        return set_for(clock.started_on, clock.set_for, calendar)
    return reckon(clock, clock.started_on, clock.pauses, calendar)


def counted(case: Case, rules: RuleBook) -> Case:
    """The case after its running clocks that have no last day were counted, each by its own rule, as far as is known
    now which days are worked."""
    return _with(case, (_counted(clock, rules) if _waits(clock) else clock for clock in case.basics.clocks))


def waits_for(case: Case) -> int | None:
    """The first year that a running clock without a last day may wait for; None where each has one."""
    return min(((c.due_strict or c.started_on).year for c in case.basics.clocks if _waits(c)), default=None)


class ClockState(StrEnum):
    """How a clock stands on a day. Between its strict and its rolled day it is due, and not late yet."""

    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"
    MET = "met"
    MET_LATE = "met_late"
    UNKNOWN = "unknown"


def state_of(clock: Clock, today: date) -> ClockState:
    """Unknown where it counts working days of a year that nobody has announced."""
    if clock.due_strict is None:
        return ClockState.UNKNOWN if clock.met_on is None else ClockState.MET
    last = clock.due_rolled or clock.due_strict
    if clock.met_on is not None:
        return ClockState.MET if clock.met_on <= last else ClockState.MET_LATE
    if today <= clock.due_strict:
        return ClockState.RUNNING
    return ClockState.DUE if today <= last else ClockState.OVERDUE


def running(case: Case) -> tuple[Clock, ...]:
    """The clocks that nothing has met yet."""
    return tuple(clock for clock in case.basics.clocks if clock.met_on is None)


def _waits(clock: Clock) -> bool:
    return clock.met_on is None and (clock.due_strict is None or clock.due_rolled is None)


def _counted(clock: Clock, rules: RuleBook) -> Clock:
    try:
        found = sum_of(clock, rules)
    except CannotCount:
        return clock.model_copy(update={"due_strict": None, "due_rolled": None})
    # Of another last day nothing has been said yet.
    told = clock.told if found.due_strict == clock.due_strict else ()
    return clock.model_copy(update={"due_strict": found.due_strict, "due_rolled": found.due_rolled, "told": told})


def _met(clock: Clock, event: CaseEvent, day: date) -> Clock:
    if clock.met_on is not None or event not in clock.met_by or day < clock.started_on:
        return clock
    return clock.model_copy(update={"met_on": day})


def _others(clock: Clock, of: UUID) -> tuple[Pause, ...]:
    return tuple(pause for pause in clock.pauses if pause.of != of)


def _ended(pause: Pause, of: UUID, day: date) -> Pause:
    if pause.of != of or pause.answered:
        return pause
    return pause.model_copy(update={"until": max(pause.asked_on, min(day, pause.until)), "answered": True})


def _with(case: Case, clocks: Iterable[Clock]) -> Case:
    """The same case where nothing changed."""
    changed = tuple(clocks)
    if changed == case.basics.clocks:
        return case
    return replace(case, basics=case.basics.model_copy(update={"clocks": changed}))
