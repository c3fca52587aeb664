"""What the region that was asked for evidence can do: sign for the letter, ask, undertake, record, supply, return."""

from typing import Final
from uuid import UUID

from transfer.actions import evidence_commands as commands
from transfer.actions.commands import Command
from transfer.actions.situation import Situation
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
from transfer.domain.errors import DueDatePassed, IllegalStep, NothingRecorded, SamePerson
from transfer.domain.evidence import EvidenceRequest, Exchange, Extension, merged, with_hops
from transfer.domain.evidence_table import RequestSide, RequestStep
from transfer.messages.codes_evidence import CustodyAct
from transfer.messages.evidence import (
    EvidenceClarificationAsked,
    EvidenceDeclined,
    EvidenceExtensionAsked,
    EvidenceReturned,
    EvidenceSignedFor,
    EvidenceSupplied,
    EvidenceUndertaken,
)
from transfer.messages.evidence_items import Custody, ItemAnswer

_D: Final = RequestSide.REQUESTED


def _taken(at: Situation, request_id: UUID, command: Command, step: RequestStep) -> EvidenceRequest:
    return at.own_request(request_id, _D, command).take(step, by=_D, at=at.context.now)


def sign_for(at: Situation, request_id: UUID, command: commands.SignForRequest) -> Decision:
    """A person takes charge of the letter; the requester hears from when the time limit runs."""
    taken = _taken(at, request_id, command, RequestStep.SIGN_FOR)
    message = EvidenceSignedFor(
        request=taken.id,
        case=at.case.id,
        at=at.context.now,
        signed_by=command.by,
        institution=command.institution,
        received_on=taken.received_on or legal_day(at.context.now),
        due_on=taken.due_on,
    )
    return at.requested(taken.changed(signed_by=command.by), "evidence_signed_for", message=message)


def ask_clarification(at: Situation, request_id: UUID, command: commands.AskClarification) -> Decision:
    """Ask what is meant; no decline, and the time limit runs on. Raises UnknownItem."""
    taken = _taken(at, request_id, command, RequestStep.ASK_CLARIFICATION)
    for item in command.items:
        taken.item(item)
    asked = Exchange(items=command.items, question=command.question)
    message = EvidenceClarificationAsked(
        request=taken.id, case=at.case.id, at=at.context.now, items=command.items, question=command.question
    )
    return at.requested(
        taken.changed(questions=(*taken.questions, asked)), "evidence_clarification_asked", message=message
    )


def undertake(at: Situation, request_id: UUID, command: commands.Undertake) -> Decision:
    """Approve that it is done here, and assign who collects it."""
    taken = _taken(at, request_id, command, RequestStep.UNDERTAKE)
    message = EvidenceUndertaken(
        request=taken.id,
        case=at.case.id,
        at=at.context.now,
        approved_by=command.by,
        institution=command.institution,
        collector=command.collector,
        contact=command.contact,
    )
    assigned = taken.changed(collector=command.collector, contact=command.contact)
    return at.requested(assigned, "evidence_undertaken", message=message)


def assign(at: Situation, request_id: UUID, command: commands.Assign) -> Decision:
    """Assign another person of this region."""
    taken = _taken(at, request_id, command, RequestStep.ASSIGN)
    return at.requested(taken.changed(collector=command.collector), "evidence_assigned")


def record(at: Situation, request_id: UUID, command: commands.Record) -> Decision:
    """Enter what was found; a later entry on an item takes the place of one that was not sent yet.

    Raises UnknownItem, also for what was not asked.
    """
    taken = _taken(at, request_id, command, RequestStep.RECORD)
    for answer in command.answers:
        taken.check_answer(answer)
    recorded = taken.changed(
        recorded=merged(taken.recorded, command.answers), recorded_by=taken.recorded_by | {command.by}
    )
    return at.requested(recorded, "evidence_recorded", {"items": [str(a.item) for a in command.answers]})


def supply(at: Situation, request_id: UUID, command: commands.Supply) -> Decision:
    """Approve and send what was recorded; raises NothingRecorded, SamePerson."""
    taken = _taken(at, request_id, command, RequestStep.SUPPLY)
    if not taken.recorded:
        raise NothingRecorded
    taken, answers = _sent(at, taken, command)
    message = EvidenceSupplied(
        request=taken.id, case=at.case.id, at=at.context.now, approved_by=command.by, answers=answers
    )
    return at.requested(taken, "evidence_supplied", {a.item.hex: a.result.value for a in answers}, message)


def return_reply(at: Situation, request_id: UUID, command: commands.Return) -> Decision:
    """Approve and send the reply letter; every item is answered now. Raises ItemsUnanswered, SamePerson."""
    taken = _taken(at, request_id, command, RequestStep.RETURN)
    taken, answers = _sent(at, taken, command)
    taken.check_complete()
    message = EvidenceReturned(
        request=taken.id,
        case=at.case.id,
        at=at.context.now,
        letter=command.letter,
        approved_by=command.by,
        answers=answers,
    )
    return at.requested(
        taken.changed(reply_letter=command.letter, returned_at=at.context.now), "evidence_returned", message=message
    )


def _sent(at: Situation, request: EvidenceRequest, command: Command) -> tuple[EvidenceRequest, tuple[ItemAnswer, ...]]:
    """The request with its recorded answers sent, and those answers, each piece with the hop of its sending."""
    if command.by in request.recorded_by:
        raise SamePerson(by=command.by)
    hop = Custody(act=CustodyAct.SENT, at=at.context.now, by=command.by, institution=command.institution)
    answers = with_hops(request.recorded, hop)
    return request.answered(answers).changed(recorded=(), recorded_by=frozenset()), answers


def decline(at: Situation, request_id: UUID, command: commands.Decline) -> Decision:
    """Say that this region cannot help, and why; the reason goes to the requester in writing."""
    taken = _taken(at, request_id, command, RequestStep.DECLINE)
    message = EvidenceDeclined(
        request=taken.id,
        case=at.case.id,
        at=at.context.now,
        reason=command.reason,
        explanation=command.explanation,
        declined_by=command.by,
    )
    return at.requested(taken.changed(declined=message), "evidence_declined", {"reason": command.reason.value}, message)


def ask_extension(at: Situation, request_id: UUID, command: commands.AskExtension) -> Decision:
    """Ask for more time; raises DueDatePassed, IllegalStep while the last question is not answered."""
    taken = _taken(at, request_id, command, RequestStep.ASK_EXTENSION)
    if taken.extension is not None and taken.extension.granted is None:
        raise IllegalStep(state=taken.state, step=RequestStep.ASK_EXTENSION, extension=True)
    if command.until <= (taken.due_on or legal_day(at.context.now)):
        raise DueDatePassed(until=command.until, due_on=taken.due_on)
    message = EvidenceExtensionAsked(
        request=taken.id, case=at.case.id, at=at.context.now, until=command.until, reason=command.reason
    )
    asked = taken.changed(extension=Extension(until=command.until, reason=command.reason))
    return at.requested(asked, "evidence_extension_asked", {"until": command.until.isoformat()}, message)
