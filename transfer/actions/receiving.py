"""What the institution that was offered a case can do: sign for it, ask, accept, dispute, link."""

from dataclasses import replace
from uuid import UUID

from transfer.actions.commands import Accept, Command, Dispute, Link, RequireSupplement, SignFor
from transfer.actions.matching import fingerprints_of
from transfer.actions.situation import Situation, deciding_institution
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import happened, legal_day, paused, supplementing
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.duplicates import precedence
from transfer.domain.errors import (
    DesignationStands,
    EarlierCaseSurvives,
    NoActiveApplicant,
    NotDesignatedRegion,
    NotOfThisRegion,
    NotYoursToAssist,
    SameRegion,
    UnknownCase,
)
from transfer.domain.lifecycle import UNDECIDED, Side, Step
from transfer.domain.supplement import check_notice
from transfer.domain.urgency import appraised, limited
from transfer.messages.case import StageReached, Tenure
from transfer.messages.case_progress import HolderChanged
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.transfer import (
    Accepted,
    CompetenceDisputed,
    LinkedAsDuplicate,
    SignedFor,
    SupplementRequired,
    TransferMessage,
)


def _receiving(at: Situation, transfer_id: UUID, command: Command) -> tuple[Transfer, str]:
    """The offered transfer and the deciding institution; the person must act for the receiver or its parent."""
    transfer = at.own_transfer(transfer_id, Side.RECEIVER)
    deciding = deciding_institution(command, at.context)
    if deciding != at.context.deciding(transfer.receiver):
        raise NotOfThisRegion(institution=command.institution, receiver=transfer.receiver)
    return transfer, deciding


def _answer(transfer: Transfer, message: TransferMessage) -> Outgoing:
    return Outgoing(recipient=transfer.sender_region, data=message, answers=transfer.heard)


def sign_for(at: Situation, transfer_id: UUID, command: SignFor) -> Decision:
    """A person takes charge of the offer; distinct from the machine's receipt."""
    transfer, _ = _receiving(at, transfer_id, command)
    taken = transfer.take(Step.SIGN_FOR, by=Side.RECEIVER, at=at.context.now)
    message = SignedFor(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        signed_by=command.by,
        institution=command.institution,
        materials_counted=command.materials_counted,
    )
    return Decision(
        case=at.case.with_transfer(replace(taken, signed_by=command.by)),
        event=Event(name="signed_for", transfer=transfer.id, detail={"materials": command.materials_counted}),
        messages=(_answer(transfer, message),),
    )


def require_supplement(at: Situation, transfer_id: UUID, command: RequireSupplement) -> Decision:
    """Tell once all that is missing (Legal Aid Law 43(2)).

    Raises DefectAlreadyVisible when a second notice names anything but a paper that came with the answer to the
    first; AlreadyInPackage, AlreadyRecognised; DueDatePassed; UnknownApplicant.
    """
    transfer, _ = _receiving(at, transfer_id, command)
    taken = transfer.take(Step.REQUIRE_SUPPLEMENT, by=Side.RECEIVER, at=at.context.now)
    supplied = None if transfer.notice is None else transfer.supplied
    check_notice(command, at.case, at.context.forum(at.region), supplied=supplied)
    message = SupplementRequired(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        items=command.items,
        due_on=command.due_on,
    )
    detail = {"defects": [i.defect.value for i in command.items], "due_on": command.due_on.isoformat()}
    case = paused(at.case, supplementing(transfer.id, message.at, message.due_on), at.context.rules)
    return Decision(
        case=case.with_transfer(replace(taken, notice=message, told=())),
        event=Event(name="supplement_required", transfer=transfer.id, detail=detail),
        messages=(_answer(transfer, message),),
    )


def accept(at: Situation, transfer_id: UUID, command: Accept) -> Decision:
    """Become the holder, in the transaction that records this decision and not before.

    Raises NotDesignatedRegion when a superior named another region, NoActiveApplicant, IllegalStep.
    """
    transfer, institution = _receiving(at, transfer_id, command)
    taken = transfer.take(Step.ACCEPT, by=Side.RECEIVER, at=at.context.now)
    if transfer.designation is not None and transfer.designation.region != at.region:
        raise NotDesignatedRegion(designated=transfer.designation.region)
    case, now = at.case, at.context.now
    if not case.active:
        raise NoActiveApplicant
    tenure = Tenure(number=case.holder.number + 1, institution=institution, since=now)
    tenures = (*case.tenures, tenure)
    # Stages of earlier tenures that are still on their way move nobody any more: all know where this one began.
    stage = StageReached(stage=case.stage.stage, tenure=tenure.number, number=0)
    message = Accepted(
        transfer=transfer.id,
        case=case.id,
        at=now,
        tenure=tenure.number,
        institution=institution,
        number=command.number,
        accepted_by=command.by,
        stage=stage,
        applicants=tuple(applicant.id for applicant in case.active),
    )
    followers = (case.followers | {transfer.sender_region}) - {at.region}
    changed: Case = replace(
        case.with_transfer(taken).numbered(institution, command.number),
        tenures=tenures,
        stage=stage,
        followers=followers,
    )
    rules, opened_on = at.context.rules, legal_day(transfer.opened_at)
    if case.stage.stage in UNDECIDED:
        changed = happened(changed, CaseEvent.RECEIVED, opened_on, rules, at.region)
    changed = appraised(limited(changed, opened_on, rules, at.region), legal_day(now), rules)
    detail = {"tenure": tenure.number, "urgency": changed.basics.urgency.value}
    told = HolderChanged(case=case.id, tenures=tenures, stage=stage, at=now)
    return Decision(
        case=changed,
        event=Event(name="accepted", transfer=transfer.id, detail=detail),
        fingerprints=fingerprints_of(changed, at.context),
        messages=(
            _answer(transfer, message),
            *(Outgoing(recipient=r, data=told) for r in sorted(followers - {transfer.sender_region})),
        ),
    )


def dispute(at: Situation, transfer_id: UUID, command: Dispute) -> Decision:
    """Say that another region is competent; the sender stays holder and no material is sent back.

    Raises DesignationStands when a superior already named this region, SameRegion, IllegalStep.
    """
    transfer, _ = _receiving(at, transfer_id, command)
    taken = transfer.take(Step.DISPUTE, by=Side.RECEIVER, at=at.context.now)
    if transfer.designation is not None:
        raise DesignationStands(designated=transfer.designation.region)
    if command.proposed_region == at.region:
        raise SameRegion(proposed_region=command.proposed_region)
    message = CompetenceDisputed(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        ground=command.ground,
        proposed_region=command.proposed_region,
        explanation=command.explanation,
    )
    detail = {"ground": command.ground.value, "proposed_region": command.proposed_region}
    return Decision(
        case=at.case.with_transfer(replace(taken, dispute=message)),
        event=Event(name="competence_disputed", transfer=transfer.id, detail=detail),
        messages=(_answer(transfer, message),),
    )


def link_as_duplicate(at: Situation, transfer_id: UUID, command: Link) -> Decision:
    """Link the offered case to an earlier one of this region; the offered one turns into assistance.

    Raises EarlierCaseSurvives when the offered case was received first, UnknownCase, NotTheHolder, NotYoursToAssist.
    """
    transfer, _ = _receiving(at, transfer_id, command)
    taken = transfer.take(Step.LINK, by=Side.RECEIVER, at=at.context.now)
    surviving = at.others.get(command.surviving_case)
    if surviving is None or surviving.id == at.case.id:
        raise UnknownCase(case=command.surviving_case)
    surviving.held_by(at.region)
    if surviving.duplicate_of is not None:
        raise NotYoursToAssist(surviving_case=surviving.duplicate_of)
    here, there = surviving.basics, at.case.basics
    if precedence(there.first_received_at, there.first_received_by, at.case.id) < precedence(
        here.first_received_at, here.first_received_by, surviving.id
    ):
        raise EarlierCaseSurvives(surviving_case=at.case.id)
    message = LinkedAsDuplicate(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        surviving_case=surviving.id,
        first_received_at=here.first_received_at,
        first_received_by=here.first_received_by,
    )
    return Decision(
        case=replace(at.case.with_transfer(taken), duplicate_of=surviving.id),
        event=Event(name="linked_as_duplicate", transfer=transfer.id, detail={"surviving_case": str(surviving.id)}),
        messages=(_answer(transfer, message),),
    )
