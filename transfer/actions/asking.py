"""What the holder can do to get evidence from another region: draft, approve, send, answer, confirm, take back."""

from typing import Final
from uuid import UUID

from transfer.actions import evidence_commands as commands
from transfer.actions.situation import Situation
from transfer.crypto.directory import Agreement
from transfer.domain.case import Case
from transfer.domain.clocks import checked, legal_day
from transfer.domain.decision import Decision, Outgoing
from transfer.domain.eligibility import recognised
from transfer.domain.errors import (
    CaseEnded,
    DueDatePassed,
    NameMissing,
    OnTheExchange,
    SamePerson,
    SameRegion,
    UnknownItem,
)
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide, RequestState, RequestStep
from transfer.domain.least_data import check_least_data, check_not_had, shown
from transfer.domain.lifecycle import ENDED, PAST
from transfer.messages.codes import Stage
from transfer.messages.codes_evidence import CancelReason, EvidenceKind
from transfer.messages.envelope import digest_of
from transfer.messages.evidence import (
    EvidenceCancelled,
    EvidenceClarified,
    EvidenceConfirmed,
    EvidenceExtensionGranted,
    EvidenceExtensionRefused,
    EvidenceLawyerChanged,
    EvidenceRequested,
    EvidenceReworkAsked,
)
from transfer.messages.evidence_items import Asked, Custody, Lawyer, Person, persons_asked_fault
from transfer.messages.values import region_of
from transfer.ports.work import Context

USUAL_WORKING_DAYS: Final = 10
"""Where two regions have not agreed on another time; as Pudong and Yunyang answer (domain.md 5.4)."""

_R: Final = RequestSide.REQUESTER


def draft(at: Situation, command: commands.DraftRequest) -> Decision:
    """Draft a request; nothing is sent.

    Raises BeyondLeastData, AlreadyInPackage, AlreadyRecognised, UnknownItem when an item is about nobody known,
    SameRegion, UnknownRegion, UnknownInstitution, NotTheHolder.
    """
    drafted = _drafted(at, at.context.new_id(), command)
    return at.requested(drafted, "evidence_drafted", {"items": len(drafted.items), "of": drafted.requested})


def amend(at: Situation, request_id: UUID, command: commands.AmendRequest) -> Decision:
    """Replace a draft by another; raises as ``draft``, and IllegalStep once it was sent."""
    was = at.own_request(request_id, _R, command)
    taken = was.take(RequestStep.AMEND, by=_R, at=at.context.now)
    drafted = _drafted(at, request_id, command).changed(state=taken.state, opened_at=was.opened_at)
    return at.requested(drafted, "evidence_amended", {"items": len(drafted.items)})


def _drafted(at: Situation, request_id: UUID, command: commands.DraftRequest) -> EvidenceRequest:
    requester = at.as_holder(command)
    context, case = at.context, at.case
    region = _asked_region(context, command)
    if case.stage.stage in PAST:
        raise CaseEnded(stage=case.stage.stage)
    items = tuple(Asked(**{**dict(item), "id": item.id or context.new_id()}) for item in command.items)
    persons = (*_applicants(case, items), *command.persons)
    if fault := persons_asked_fault(persons, items):
        raise UnknownItem(fault=fault)
    agreement = _agreement(context, region)
    check_least_data(items, persons)
    _check_not_had(at, items, agreement)
    usual = agreement.answer_working_days if agreement is not None else USUAL_WORKING_DAYS
    return EvidenceRequest(
        id=request_id,
        side=_R,
        state=RequestState.DRAFTED,
        requester=requester,
        requested=command.requested,
        letter=command.letter,
        purpose=command.purpose,
        told=command.told,
        lawyer=command.lawyer,
        persons=persons,
        items=items,
        working_days=command.working_days or usual,
        by_post=command.by_post,
        requested_name=command.requested_name if command.by_post else None,
        drafted_by=command.by,
        opened_at=context.now,
        changed_at=context.now,
    )


def _asked_region(context: Context, command: commands.DraftRequest) -> str:
    """The region that is asked: one of the exchange, unless the letter goes by post to an office that is not on it."""
    region = region_of(command.requested)
    if region == context.region:
        raise SameRegion(requested=command.requested)
    if not command.by_post:
        context.deciding(command.requested)
        return context.known_region(region)
    if command.requested in context.directory.institutions:
        raise OnTheExchange(requested=command.requested)
    if command.requested_name is None:
        raise NameMissing
    return region


def _agreement(context: Context, region: str) -> Agreement | None:
    return context.directory.agreement(context.region, region, legal_day(context.now))


def _check_not_had(at: Situation, items: tuple[Asked, ...], agreement: Agreement | None) -> None:
    mutual = agreement is not None and agreement.mutual_recognition
    check_not_had(items, at.case, recognised=mutual, attested=recognised(at.case, at.context.forum(at.region)))


def _applicants(case: Case, items: tuple[Asked, ...]) -> tuple[Person, ...]:
    kinds: dict[UUID, set[EvidenceKind]] = {}
    for item in items:
        for one in item.about:
            kinds.setdefault(one, set()).add(item.kind)
    return tuple(shown(applicant, kinds[applicant.id]) for applicant in case.active if applicant.id in kinds)


def approve(at: Situation, request_id: UUID, command: commands.Approve) -> Decision:
    """Approve a draft; raises SamePerson, IllegalStep."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.APPROVE, by=_R, at=at.context.now)
    if command.by == request.drafted_by:
        raise SamePerson(by=command.by)
    return at.requested(taken.changed(approved_by=command.by), "evidence_approved")


def send(at: Situation, request_id: UUID, command: commands.Send) -> Decision:
    """Send the letter. While the case is offered to another region nothing is asked in its name.

    Raises TransferOpen, CaseEnded, NotTheHolder, IllegalStep, and what ``draft`` raises when meanwhile the package
    holds what is asked.
    """
    at.as_holder(command)
    request, case, context = at.own_request(request_id, _R, command), at.case, at.context
    taken = request.take(RequestStep.SEND, by=_R, at=context.now)
    case.check_not_offered()
    if case.stage.stage in PAST:
        raise CaseEnded(stage=case.stage.stage)
    _check_not_had(at, taken.items, _agreement(context, taken.peer))
    sent_on = legal_day(context.now)
    taken = taken.changed(sent_at=context.now, due_on=context.due(sent_on, taken.working_days))
    message = EvidenceRequested(
        request=taken.id,
        case=case.id,
        at=context.now,
        requester=taken.requester,
        requested=taken.requested,
        letter=taken.letter,
        purpose=taken.purpose,
        basics=case.basics.model_copy(update={"facts": taken.told, "claim": taken.purpose, "clocks": ()}),
        tenures=case.tenures,
        stage=case.stage,
        lawyer=taken.lawyer,
        persons=taken.persons,
        items=taken.items,
        working_days=taken.working_days,
        approved_by=taken.approved_by or command.by,
    )
    detail: dict[str, object] = {"items": len(taken.items), "by_post": taken.by_post}
    if taken.by_post:
        content = message.model_dump_json(exclude_none=True).encode()
        return at.requested(taken.changed(posted=digest_of(content)), "evidence_requested", detail)
    return _following(at.requested(taken, "evidence_requested", detail, message), taken.peer)


def _following(decided: Decision, region: str) -> Decision:
    """The region takes part in the case from now on, so it hears of its stages."""
    followed = decided.case.following(region)
    return Decision(case=followed, event=decided.event, messages=decided.messages)


def clarify(at: Situation, request_id: UUID, command: commands.Clarify) -> Decision:
    """Answer the question of the requested region."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.CLARIFY, by=_R, at=at.context.now)
    *others, last = taken.questions
    taken = taken.changed(questions=(*others, last.model_copy(update={"answer": command.answer})))
    message = EvidenceClarified(request=taken.id, case=at.case.id, at=at.context.now, answer=command.answer)
    return at.requested(taken, "evidence_clarified", {}, message)


def confirm(at: Situation, request_id: UUID, command: commands.Confirm) -> Decision:
    """Say that the answers are what was asked; the request is done."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.CONFIRM, by=_R, at=at.context.now).changed(used=command.used)
    message = EvidenceConfirmed(request=taken.id, case=at.case.id, at=at.context.now, used=command.used)
    return at.requested(taken, "evidence_confirmed", {}, message)


def ask_rework(at: Situation, request_id: UUID, command: commands.AskRework) -> Decision:
    """Send some answers back with what is wrong in them; raises UnknownItem, IllegalStep."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.ASK_REWORK, by=_R, at=at.context.now)
    for one in command.items:
        taken.item(one.item)
    days = command.working_days or taken.working_days
    taken = taken.changed(rework=command.items, extension=None, due_on=at.context.due(legal_day(at.context.now), days))
    message = EvidenceReworkAsked(
        request=taken.id, case=at.case.id, at=at.context.now, items=command.items, working_days=days
    )
    return at.requested(taken, "evidence_rework_asked", {"items": [str(i.item) for i in command.items]}, message)


def grant_extension(at: Situation, request_id: UUID, command: commands.GrantExtension) -> Decision:
    """Give more time; raises IllegalStep when none was asked for, DueDatePassed."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.GRANT_EXTENSION, by=_R, at=at.context.now)
    asked = taken.pending_extension()
    due_on = command.due_on or asked.until
    if due_on < legal_day(at.context.now):
        raise DueDatePassed(due_on=due_on)
    taken = taken.changed(extension=asked.model_copy(update={"granted": True}), due_on=due_on)
    message = EvidenceExtensionGranted(request=taken.id, case=at.case.id, at=at.context.now, due_on=due_on)
    return at.requested(taken, "evidence_extension_granted", {"due_on": due_on.isoformat()}, message)


def refuse_extension(at: Situation, request_id: UUID, command: commands.RefuseExtension) -> Decision:
    """Leave the time limit as it is; raises IllegalStep when none was asked for."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.REFUSE_EXTENSION, by=_R, at=at.context.now)
    taken = taken.changed(extension=taken.pending_extension().model_copy(update={"granted": False}))
    message = EvidenceExtensionRefused(request=taken.id, case=at.case.id, at=at.context.now, reason=command.reason)
    return at.requested(taken, "evidence_extension_refused", {}, message)


def cancel(at: Situation, request_id: UUID, command: commands.CancelRequest) -> Decision:
    """Take the request back; who was asked is told to stop."""
    request = at.own_request(request_id, _R, command)
    taken, told = cancelled(at.case, request, command.reason, command.explanation, at.context)
    decided = at.requested(taken, "evidence_cancelled", {"reason": command.reason.value})
    return Decision(case=decided.case, event=decided.event, messages=told)


def cancelled(
    case: Case, request: EvidenceRequest, reason: CancelReason, explanation: str | None, context: Context
) -> tuple[EvidenceRequest, tuple[Outgoing, ...]]:
    """The request taken back, and the notice of it, when it was sent; raises IllegalStep."""
    taken = request.take(RequestStep.CANCEL, by=_R, at=context.now).changed(cancelled=reason)
    if request.by_post or request.state in {RequestState.DRAFTED, RequestState.APPROVED}:
        return taken, ()
    message = EvidenceCancelled(
        request=request.id, case=case.id, at=context.now, reason=reason, explanation=explanation
    )
    return taken, (Outgoing(recipient=request.peer, data=message),)


def ends_requests(case: Case, stage: Stage) -> bool:
    """Whether nothing is asked for the case any more once it has come to that stage."""
    return stage in ENDED or not case.active


def without_requests(case: Case, context: Context) -> tuple[Case, tuple[Outgoing, ...]]:
    """The case with every request taken back that is not answered, and the notices of it."""
    notices: list[Outgoing] = []
    for request in case.requests:
        if request.opens(RequestStep.CANCEL):
            taken, told = cancelled(case, request, CancelReason.CASE_ENDED, None, context)
            case = checked(case.with_request(taken), taken, context.rules)
            notices += told
    return case, tuple(notices)


def change_lawyer(at: Situation, request_id: UUID, command: commands.ChangeLawyer) -> Decision:
    """Another person handles the case: open questions and answers go there from now on."""
    request = at.own_request(request_id, _R, command)
    taken, message = _changed_lawyer(at, request, command.lawyer)
    return at.requested(taken, "evidence_lawyer_changed", {}, message)


def with_lawyer(at: Situation, lawyer: Lawyer) -> tuple[Case, tuple[Outgoing, ...]]:
    """The case with every request that is still open in the hands of this lawyer, and the notices of it."""
    case, notices = at.case, list[Outgoing]()
    for request in case.requests:
        if request.is_open and request.opens(RequestStep.CHANGE_LAWYER):
            taken, message = _changed_lawyer(at, request, lawyer)
            case = case.with_request(taken)
            notices += at.requested(taken, "evidence_lawyer_changed", {}, message).messages
    return case, tuple(notices)


def _changed_lawyer(
    at: Situation, request: EvidenceRequest, lawyer: Lawyer
) -> tuple[EvidenceRequest, EvidenceLawyerChanged | None]:
    """The request with that lawyer, and what the other region is told if it knows of the request."""
    before = (request.replaced | {request.lawyer.name}) - {lawyer.name}
    taken = request.take(RequestStep.CHANGE_LAWYER, by=_R, at=at.context.now).changed(lawyer=lawyer, replaced=before)
    if not taken.is_open or taken.state in {RequestState.DRAFTED, RequestState.APPROVED}:
        return taken, None
    return taken, EvidenceLawyerChanged(request=taken.id, case=at.case.id, at=at.context.now, lawyer=lawyer)


def hand_on(at: Situation, request_id: UUID, command: commands.HandOn) -> Decision:
    """Add a hop to the chain of a piece of evidence; raises UnknownItem."""
    request = at.own_request(request_id, _R, command)
    taken = request.take(RequestStep.HAND_ON, by=_R, at=at.context.now)
    hop = Custody(
        act=command.act,
        at=at.context.now,
        by=command.by,
        institution=command.institution,
        where=command.where,
        note=command.note,
    )
    taken = taken.with_hop(command.piece, hop)
    return at.requested(taken, "evidence_handed_on", {"piece": str(command.piece)})
