"""Takes steps of this region again whose record was lost, from the messages that told of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, assert_never
from uuid import UUID

from transfer.actions.asking import ends_requests, send, without_requests
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, Button
from transfer.actions.commands import Offer
from transfer.actions.evidence_commands import Send
from transfer.actions.group_commands import Split
from transfer.actions.groups import split
from transfer.actions.sending import offer
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.clocks import reached
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestSide, RequestState, RequestStep
from transfer.domain.lifecycle import Side, Step
from transfer.domain.recognition import concerned, with_copies
from transfer.messages.case import StageReached
from transfer.messages.case_progress import CaseSplit, StagePublished, TermOverdue
from transfer.messages.codes_clocks import AlarmKind
from transfer.messages.eligibility import AttestationIssued, AttestationRevoked, Attestations
from transfer.messages.evidence import (
    EvidenceCancelled,
    EvidenceClarificationAsked,
    EvidenceClarified,
    EvidenceConfirmed,
    EvidenceDeclined,
    EvidenceExtensionAsked,
    EvidenceExtensionGranted,
    EvidenceExtensionRefused,
    EvidenceLawyerChanged,
    EvidenceMessage,
    EvidenceRequested,
    EvidenceReturned,
    EvidenceReworkAsked,
    EvidenceSignedFor,
    EvidenceSupplied,
    EvidenceUndertaken,
)
from transfer.messages.evidence_items import ItemAnswer
from transfer.messages.transfer import (
    Accepted,
    CompetenceDisputed,
    Designated,
    Escalated,
    LinkedAsDuplicate,
    Offered,
    RecallRequested,
    SignedFor,
    Supplemented,
    SupplementRequired,
    TransferMessage,
)
from transfer.messages.values import Frozen
from transfer.ports.work import Context


class CannotRetake(Exception):
    """What led to a message of this type cannot be told from it."""


@dataclass(frozen=True, slots=True)
class _Again:
    """By which button a message was made, and in which of its fields the person stands."""

    button: Button
    by: str = ""


_BUTTONS: Final[Mapping[type[TransferMessage] | type[EvidenceMessage], _Again]] = MappingProxyType(
    {
        SignedFor: _Again(BUTTONS[Step.SIGN_FOR], "signed_by"),
        SupplementRequired: _Again(BUTTONS[Step.REQUIRE_SUPPLEMENT]),
        Supplemented: _Again(BUTTONS[Step.SUPPLEMENT]),
        Accepted: _Again(BUTTONS[Step.ACCEPT], "accepted_by"),
        CompetenceDisputed: _Again(BUTTONS[Step.DISPUTE]),
        Escalated: _Again(BUTTONS[Step.ESCALATE]),
        Designated: _Again(BUTTONS[Step.DESIGNATE], "decided_by"),
        LinkedAsDuplicate: _Again(BUTTONS[Step.LINK]),
        RecallRequested: _Again(BUTTONS[Step.RECALL]),
        EvidenceSignedFor: _Again(EVIDENCE_BUTTONS[RequestStep.SIGN_FOR], "signed_by"),
        EvidenceClarificationAsked: _Again(EVIDENCE_BUTTONS[RequestStep.ASK_CLARIFICATION]),
        EvidenceClarified: _Again(EVIDENCE_BUTTONS[RequestStep.CLARIFY]),
        EvidenceUndertaken: _Again(EVIDENCE_BUTTONS[RequestStep.UNDERTAKE], "approved_by"),
        EvidenceSupplied: _Again(EVIDENCE_BUTTONS[RequestStep.SUPPLY], "approved_by"),
        EvidenceReturned: _Again(EVIDENCE_BUTTONS[RequestStep.RETURN], "approved_by"),
        EvidenceConfirmed: _Again(EVIDENCE_BUTTONS[RequestStep.CONFIRM]),
        EvidenceReworkAsked: _Again(EVIDENCE_BUTTONS[RequestStep.ASK_REWORK]),
        EvidenceDeclined: _Again(EVIDENCE_BUTTONS[RequestStep.DECLINE], "declined_by"),
        EvidenceExtensionAsked: _Again(EVIDENCE_BUTTONS[RequestStep.ASK_EXTENSION]),
        EvidenceExtensionGranted: _Again(EVIDENCE_BUTTONS[RequestStep.GRANT_EXTENSION]),
        EvidenceExtensionRefused: _Again(EVIDENCE_BUTTONS[RequestStep.REFUSE_EXTENSION]),
        EvidenceCancelled: _Again(EVIDENCE_BUTTONS[RequestStep.CANCEL]),
        EvidenceLawyerChanged: _Again(EVIDENCE_BUTTONS[RequestStep.CHANGE_LAWYER]),
    }
)


def retake(case: Case | None, others: Mapping[UUID, Case], recipient: str, message: Frozen, then: Context) -> Decision:
    """The decision that made this message, ``then`` being where and when it was taken.

    It is made by the same action, and must make the same message: so what is not known any more, or was decided on
    other grounds, is found out. Raises CannotRetake, and a TransferError while what came before it is missing.
    """
    match message:
        case Offered():
            decision = _offered(case, others, message, then)
        case CaseSplit() if message.origin in others and message.case == message.part:
            decision = _split(others[message.origin], message, then)
        case _ if case is None:
            raise CannotRetake(type(message).__name__)
        case StagePublished():
            decision = _stage(case, message, then)
        case EvidenceRequested():
            decision = _requested(case, message, then)
        case TermOverdue() | AttestationIssued() | AttestationRevoked():
            decision = _said(case, message, recipient, then)
        case TransferMessage() | EvidenceMessage() if type(message) in _BUTTONS:
            decision = _pressed(case, others, message, then)
        case _:
            raise CannotRetake(type(message).__name__)
    made = (one for each in (decision, *decision.also) for one in each.messages)
    if all((one.recipient, one.data) != (recipient, message) for one in made):
        raise CannotRetake(type(message).__name__)
    return decision


def _offered(case: Case | None, others: Mapping[UUID, Case], message: Offered, then: Context) -> Decision:
    """An offer carries the whole case, also one that was opened since."""
    file = message.file
    base = case or Case(id=message.case, basics=file.basics, tenures=message.tenures)
    base = replace(
        base,
        basics=file.basics,
        applicants=file.applicants,
        materials=file.materials,
        election=file.election,
        attestations=file.attestations,
        followers=base.followers | frozenset(message.followers),
    ).reached(message.stage)
    command = Offer(
        by=then.region,
        institution=message.sender,
        receiver=message.receiver,
        letter=message.letter,
        reason=message.reason,
        despite=message.despite,
    )
    context = replace(then, new_id=lambda: message.transfer)
    return offer(Situation(case=base, context=context, others=others), command)


def _stage(case: Case, message: StagePublished, then: Context) -> Decision:
    """What was noted of the stage for this region alone is lost."""
    here = StageReached(stage=message.stage, tenure=message.tenure, number=message.number)
    if message.tenure != case.holder.number or here.number <= case.stage.number:
        raise CannotRetake(type(message).__name__)
    changed, notices = without_requests(case, then) if ends_requests(case, message.stage) else (case, ())
    detail = {"stage": message.stage.value, "occurred_on": message.occurred_on.isoformat()}
    return Decision(
        case=reached(changed.reached(here), message.stage, message.occurred_on, then.rules, then.region),
        event=Event(name="stage_published", detail=detail),
        messages=(*notices, *_to(case.followers, message)),
        stages=(message,),
    )


def _said(
    case: Case, message: TermOverdue | AttestationIssued | AttestationRevoked, recipient: str, then: Context
) -> Decision:
    """What was signed, or rests on days that are lost, can only be repeated."""
    match message:
        case TermOverdue():
            detail = {rule: [AlarmKind.ESCALATED.value] for rule in message.rules}
            name, heard = "clocks_watched", {recipient}
            changed = replace(case, basics=message.basics, followers=case.followers | heard)
        case AttestationIssued():
            name, heard, detail = "attestation_issued", concerned(case), {}
            changed = case.attested(Attestations(issued=(message.attested,)))
        case AttestationRevoked():
            name, heard, detail = "attestation_revoked", with_copies(case), {}
            changed = case.attested(Attestations(revoked=(message.revocation,)))
        case _:
            assert_never(message)
    return Decision(case=changed, event=Event(name=name, detail=detail), messages=_to(heard - {then.region}, message))


def _to(regions: Collection[str], message: Frozen) -> tuple[Outgoing, ...]:
    return tuple(Outgoing(recipient=region, data=message) for region in sorted(regions))


def _split(origin: Case, message: CaseSplit, then: Context) -> Decision:
    """Said of both cases; the part alone shows under which number it goes on."""
    command = Split(
        by=then.region,
        institution=origin.holder.institution,
        applicants=message.applicants,
        number=next((one.number for one in message.basics.numbers), None),
    )
    return split(Situation(case=origin, context=replace(then, new_id=lambda: message.part)), command)


def _requested(case: Case, message: EvidenceRequested, then: Context) -> Decision:
    """A letter carries all of the request but who drafted it."""
    told = {"facts": case.basics.facts, "claim": case.basics.claim, "clocks": case.basics.clocks}
    request = EvidenceRequest.of_letter(message, side=RequestSide.REQUESTER, state=RequestState.APPROVED, at=message.at)
    base = replace(case, basics=message.basics.model_copy(update=told)).reached(message.stage).with_request(request)
    command = Send(by=message.approved_by, institution=message.requester)
    return send(Situation(case=base, context=then), request.id, command)


def _pressed(
    case: Case, others: Mapping[UUID, Case], message: TransferMessage | EvidenceMessage, then: Context
) -> Decision:
    again = _BUTTONS[type(message)]
    if isinstance(message, EvidenceMessage):
        subject = message.request
        case, institution = _answering(case, message)
    else:
        subject, transfer = message.transfer, case.transfer(message.transfer)
        institution = {Side.SENDER: transfer.sender, Side.RECEIVER: transfer.receiver}.get(transfer.side, then.region)
        if isinstance(message, Supplemented):
            case = case.with_transfer(replace(transfer, told=message.told))
    given: dict[str, Any] = {"by": getattr(message, again.by, then.region), "institution": institution}
    given |= {name: getattr(message, name) for name in again.button.command.model_fields if hasattr(message, name)}
    command = again.button.command.model_construct(**given)
    press: Callable[[Situation, UUID, Any], Decision] = again.button.decide
    return press(Situation(case=case, context=then, others=others), subject, command)


def _answering(case: Case, message: EvidenceMessage) -> tuple[Case, str]:
    """The case as it was when the button was pressed, with what had been recorded by then; and for which institution
    it was."""
    request = case.request(message.request)
    if not isinstance(message, EvidenceSupplied | EvidenceReturned):
        return case, request.own
    sent_by = (piece.custody[-1].institution for answer in message.answers for piece in answer.pieces)
    recorded = request.changed(recorded=tuple(map(_unsent, message.answers)), recorded_by=frozenset())
    return case.with_request(recorded), next(filter(None, sent_by), request.own)


def _unsent(answer: ItemAnswer) -> ItemAnswer:
    """As it was recorded: without the hop that its sending added to each piece."""
    pieces = (piece.model_copy(update={"custody": piece.custody[:-1]}) for piece in answer.pieces)
    return answer.model_copy(update={"pieces": tuple(pieces)})
