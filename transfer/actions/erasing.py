"""A case is held, or personal data are destroyed: by its holder when the file need not be kept any more, with two pairs
of eyes; whoever has a copy is told to do the same."""

from dataclasses import replace
from typing import Final

from transfer.actions.erasing_commands import Erase, HoldCase, LiftHold, ProposeErasure
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision, Event
from transfer.domain.destroying import destroyed, whoever_has_it
from transfer.domain.errors import (
    CaseErased,
    NoRetention,
    NotArchived,
    NotOnHold,
    NotProposed,
    OnHold,
    RequestsOpen,
    RetentionRuns,
    SamePerson,
    TransferOpen,
)
from transfer.domain.handling import Handling
from transfer.domain.keeping import Erasure, Hold
from transfer.law.book import NoSuchRule
from transfer.law.reckoning import reckon
from transfer.messages.codes import Stage
from transfer.messages.values import LATEST

CASE_FILE: Final = "CASE_FILE"
"""The retention of case files; it has no length until the institution's own table is loaded."""


def hold(at: Situation, command: HoldCase) -> Decision:
    """Whoever knows the case may hold its own copy. Raises OnHold when it is held already, NotOfThisRegion."""
    deciding_institution(command, at.context)
    if at.case.handling.hold is not None:
        raise OnHold(reason=at.case.handling.hold.reason)
    held = Hold(**dict(command), at=at.context.now)
    return _kept(at, {"hold": held}, Event(name="held", detail={"reason": command.reason.value}))


def lift_hold(at: Situation, command: LiftHold) -> Decision:
    """What the holder ordered to be erased meanwhile is erased now, and then the step is told as that. Raises
    NotOnHold, NotOfThisRegion, CannotAttest."""
    institution, handling = deciding_institution(command, at.context), at.case.handling
    if handling.hold is None:
        raise NotOnHold
    lifted = _kept(at, {"hold": None}, Event(name="hold_lifted"))
    owed = [one for one in handling.erasures if one.order is not None and one.receipt is None]
    if not owed:
        return lifted
    return _destroyed(replace(at, case=lifted.case), *owed, by=institution)


def propose_erasure(at: Situation, command: ProposeErasure) -> Decision:
    """Another person carries it out. Raises as ``check_may_be_erased``, UnknownApplicant, CaseErased when that was
    done."""
    at.as_holder(command)
    check_may_be_erased(at)
    known = at.case.handling.erasure(command.applicant)
    if known is not None and known.receipt is not None:
        raise CaseErased(applicant=command.applicant)
    if command.applicant is not None:
        at.case.applicant(command.applicant)
    new = Erasure(applicant=command.applicant, basis=command.basis, proposed_by=command.by)
    detail = {"basis": command.basis.value} | ({"applicant": str(new.applicant)} if new.applicant else {})
    changed = at.case.handling.with_erasure(new)
    return _kept(at, {"erasures": changed.erasures}, Event(name="erasure_proposed", detail=detail))


def erase(at: Situation, command: Erase) -> Decision:
    """Destroy what another person proposed, and tell whoever has a copy. The desk sees that the case was exported after
    its last step, and that no message on it is under way.

    Raises as ``check_may_be_erased``, NotProposed, SamePerson, CannotAttest.
    """
    institution = at.as_holder(command)
    check_may_be_erased(at)
    proposed = at.case.handling.erasure(command.applicant)
    if proposed is None or proposed.proposed_by is None:
        raise NotProposed(applicant=command.applicant)
    if proposed.proposed_by == command.by:
        raise SamePerson(by=command.by)
    told = whoever_has_it(at.case, but={at.region})
    return _destroyed(at, proposed.model_copy(update={"told": told}), by=institution)


def check_may_be_erased(at: Situation) -> None:
    """Raises NotArchived, OnHold, TransferOpen, RequestsOpen, NoRetention while the institution's table is not loaded,
    and RetentionRuns while the file is to be kept (PIPL 19, 47; Implementing Regulations of the Archives Law 19)."""
    case, handling = at.case, at.case.handling
    archived = handling.last(Stage.ARCHIVED)
    if case.stage.stage is not Stage.ARCHIVED or archived is None:
        raise NotArchived(stage=case.stage.stage)
    if handling.hold is not None:
        raise OnHold(reason=handling.hold.reason)
    if open_transfers := [str(one.id) for one in case.transfers if one.is_open]:
        raise TransferOpen(transfer=", ".join(open_transfers))
    if open_requests := [str(one.id) for one in case.requests if one.is_open]:
        raise RequestsOpen(requests=open_requests)
    today, rules = legal_day(at.context.now), at.context.rules
    try:
        rule = rules.retention(CASE_FILE, at.region, today)
    except NoSuchRule:
        raise NoRetention from None
    if rule.length is None:
        raise NoRetention(rule=rule.code)
    until = reckon(rule, archived.occurred_on, (), rules.is_worked).due_strict
    if today <= until:
        raise RetentionRuns(until=until)


def _kept(at: Situation, update: dict[str, object], event: Event) -> Decision:
    handling: Handling = at.case.handling.model_copy(update=update)
    return Decision(case=replace(at.case, handling=handling), event=event)


def _destroyed(at: Situation, *erasures: Erasure, by: str) -> Decision:
    context = at.context
    return destroyed(
        at.case, *erasures, by=by, at=context.now, new_id=context.new_id, sign=lambda said: context.signed(said, LATEST)
    )
