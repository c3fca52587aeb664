"""What the holder can do to hand a case over: offer, supplement, escalate, recall."""

from dataclasses import replace
from uuid import UUID

from transfer.actions.commands import Escalate, Offer, Recall, Supplement
from transfer.actions.situation import Situation, competence_of
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day, resumed
from transfer.domain.competence import Support
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.designation import judges
from transfer.domain.errors import (
    DesignationStands,
    IllegalStage,
    IllegalStep,
    MustEscalate,
    NoActiveApplicant,
    NoConnectingPoint,
    NoSuperior,
    NotDesignatedRegion,
    RequestsOpen,
    SameRegion,
    TransferOpen,
    UnknownApplicant,
)
from transfer.domain.evidence_table import UNANSWERED, RequestSide
from transfer.domain.lifecycle import OFFERABLE, Side, State, Step
from transfer.domain.supplement import check_answers
from transfer.messages.case import Designation
from transfer.messages.transfer import (
    Escalated,
    Offered,
    RecallRequested,
    Supplemented,
)
from transfer.messages.values import region_of
from transfer.ports.work import Context

ATTEMPTS_BEFORE_ESCALATION = 2


def offer(at: Situation, command: Offer) -> Decision:
    """Offer the case to an institution of another region.

    Raises TransferOpen while an earlier offer stands, RequestsOpen while other regions are asked for evidence,
    MustEscalate after two attempts that the receiver signed
    for without acceptance, NotDesignatedRegion against a superior's word, NoConnectingPoint where the letter does not
    say why it goes there all the same, SameRegion, IllegalStage, NotTheHolder.
    """
    sender = at.as_holder(command)
    case, context = at.case, at.context
    region = context.known_region(region_of(command.receiver))
    context.deciding(command.receiver)
    if region == context.region:
        raise SameRegion(receiver=command.receiver)
    case.check_not_offered()
    if asked := [str(r.id) for r in case.requests if r.state in UNANSWERED and r.side is RequestSide.REQUESTER]:
        raise RequestsOpen(requests=asked)
    if case.stage.stage not in OFFERABLE:
        raise IllegalStage(stage=case.stage.stage, offerable=sorted(OFFERABLE))
    if not case.active:
        raise NoActiveApplicant
    mine = attempts(case)
    designation = next((t.designation for t in reversed(mine) if t.designation is not None), None)
    _check_destination(region, mine, designation, context)
    who = competence_of(case, context)
    support = who.support(region)
    if support is Support.UNSUPPORTED and command.despite is None:
        raise NoConnectingPoint(offered_to=region, competent=[one.region for one in who.competent])
    despite = None if support is Support.SUPPORTED else command.despite
    drafted = Transfer(
        id=context.new_id(),
        side=Side.SENDER,
        state=State.DRAFTED,
        sender=sender,
        receiver=command.receiver,
        attempt=len(mine) + 1,
        letter=command.letter,
        reason=command.reason,
        despite=despite,
        opened_at=context.now,
        changed_at=context.now,
        designation=designation,
    )
    offered = drafted.take(Step.OFFER, by=Side.SENDER, at=context.now)
    message = Offered(
        transfer=offered.id,
        case=case.id,
        at=context.now,
        sender=sender,
        receiver=command.receiver,
        letter=command.letter,
        reason=command.reason,
        despite=despite,
        file=case.file,
        stage=case.stage,
        tenures=case.tenures,
        followers=tuple(sorted(case.followers - {region})),
        attempt=offered.attempt,
        designation=designation,
    )
    changed = replace(case.with_transfer(offered), followers=case.followers | {region})
    return Decision(
        case=changed,
        event=Event(name="offered", transfer=offered.id, detail={"receiver": command.receiver}),
        messages=(Outgoing(recipient=region, data=message),),
    )


def attempts(case: Case) -> tuple[Transfer, ...]:
    """The offers that the present holder has made so far, oldest first."""
    return tuple(t for t in case.transfers if t.side is Side.SENDER and t.opened_at >= case.holder.since)


def _check_destination(
    region: str, mine: tuple[Transfer, ...], designation: Designation | None, context: Context
) -> None:
    if designation is not None:
        if designation.region != region:
            raise NotDesignatedRegion(designated=designation.region, offered_to=region)
        return
    unsuccessful = [t for t in mine if t.signed_by is not None]
    if len(unsuccessful) < ATTEMPTS_BEFORE_ESCALATION:
        return
    # Where nobody can answer, or all have answered and differ, a case must not be stuck.
    if any(_can_be_answered(transfer, context) for transfer in unsuccessful):
        raise MustEscalate(attempts=len(unsuccessful))


def _can_be_answered(transfer: Transfer, context: Context) -> bool:
    """Whether a superior may still name the competent region for this transfer."""
    try:
        needed = judges(transfer, context.directory.by_code)
    except NoSuperior:
        return False
    return not needed <= dict(transfer.designations).keys()


def supplement(at: Situation, transfer_id: UUID, command: Supplement) -> Decision:
    """Answer the one notice. Applicants who did not answer by its day are deemed withdrawn, each alone.

    Raises DefectUnanswered, DueDateAhead, NotTold, NoActiveApplicant, UnknownApplicant, IllegalStep, NotThisSide.
    """
    at.as_holder(command)
    transfer = at.own_transfer(transfer_id, Side.SENDER)
    changed = transfer.take(Step.SUPPLEMENT, by=Side.SENDER, at=at.context.now)
    if transfer.notice is not None:
        today = legal_day(at.context.now)
        check_answers(transfer.notice, command, at.case, informed=transfer.told, today=today)
    case = at.case.without_applicants(command.left).with_materials(command.materials)
    if not case.active:
        raise NoActiveApplicant
    message = Supplemented(
        transfer=transfer.id,
        case=case.id,
        at=at.context.now,
        answers=command.answers,
        materials=command.materials,
        left=command.left,
        told=transfer.told,
    )
    case = resumed(case.with_transfer(changed), transfer.id, legal_day(at.context.now), at.context.rules)
    detail = {"answers": len(command.answers), "left": [str(one.applicant) for one in command.left]}
    return Decision(
        case=case,
        event=Event(name="supplemented", transfer=transfer.id, detail=detail),
        messages=(Outgoing(recipient=transfer.receiver_region, data=message, answers=transfer.heard),),
    )


def escalate(at: Situation, transfer_id: UUID, command: Escalate) -> Decision:
    """Ask the nearest common superior, or both provinces, to name the competent region.

    Raises NoSuperior, IllegalStep also when this transfer was already escalated, TransferOpen while another one is
    open, DesignationStands when the transfer was offered on a superior's word, NotThisSide.
    """
    at.as_holder(command)
    transfer = at.own_transfer(transfer_id, Side.SENDER)
    changed = transfer.take(Step.ESCALATE, by=Side.SENDER, at=at.context.now)
    if transfer.escalated:
        raise IllegalStep(step=Step.ESCALATE, escalated=True)
    standing = at.case.open_offer
    if standing is not None and standing.id != transfer.id:
        raise TransferOpen(transfer=standing.id, state=standing.state)
    if transfer.designation is not None:
        raise DesignationStands(designated=transfer.designation.region)
    needed = judges(transfer, at.context.directory.by_code)
    message = Escalated(
        transfer=transfer.id,
        case=at.case.id,
        at=at.context.now,
        sender=transfer.sender,
        receiver=transfer.receiver,
        ground=transfer.dispute.ground if transfer.dispute else None,
        proposed_region=transfer.dispute.proposed_region if transfer.dispute else None,
        explanation=command.explanation,
        attempts=transfer.attempt,
        stage=at.case.stage,
        basics=at.case.basics,
        tenures=at.case.tenures,
    )
    case = at.case.with_transfer(replace(changed, escalated=True))
    return Decision(
        case=replace(case, followers=case.followers | needed),
        event=Event(name="escalated", transfer=transfer.id, detail={"superiors": sorted(needed)}),
        messages=tuple(Outgoing(recipient=region, data=message) for region in sorted(needed)),
    )


def recall(at: Situation, transfer_id: UUID, command: Recall) -> Decision:
    """Ask for the whole case back, or tell that some applicants withdraw. The receiver decides: a recall that
    crosses the acceptance has come too late.

    Raises IllegalStep, NotThisSide, UnknownApplicant, NoActiveApplicant.
    """
    at.as_holder(command)
    case, transfer = at.case, at.own_transfer(transfer_id, Side.SENDER)
    if not transfer.is_recallable:
        raise IllegalStep(state=transfer.state, step=Step.RECALL)
    leaving = frozenset(command.applicants)
    active = {applicant.id for applicant in case.active}
    if unknown := leaving - active:
        raise UnknownApplicant(applicants=sorted(map(str, unknown)))
    if leaving and leaving == active:
        raise NoActiveApplicant
    if not leaving:
        taken = transfer.take(Step.RECALL, by=Side.SENDER, at=at.context.now)
        case = case.with_transfer(replace(taken, recall=command.reason))
    message = RecallRequested(
        transfer=transfer.id,
        case=case.id,
        at=at.context.now,
        reason=command.reason,
        explanation=command.explanation,
        applicants=command.applicants,
    )
    name = "withdrawal_sent" if leaving else "recall_requested"
    detail = {"reason": command.reason.value, "applicants": sorted(map(str, leaving))}
    return Decision(
        case=case,
        event=Event(name=name, transfer=transfer.id, detail=detail),
        messages=(Outgoing(recipient=transfer.receiver_region, data=message, answers=transfer.heard),),
    )
