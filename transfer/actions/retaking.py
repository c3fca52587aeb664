"""Takes steps of this region again whose record was lost, from the messages that told of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from transfer.actions.buttons import BUTTONS
from transfer.actions.commands import Offer
from transfer.actions.sending import offer
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.clocks import reached
from transfer.domain.decision import Decision, Event, Outgoing
from transfer.domain.lifecycle import Side, Step
from transfer.messages.case import StageReached
from transfer.messages.case_progress import StagePublished
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

    step: Step
    by: str = ""


_BUTTONS: Final[Mapping[type[TransferMessage], _Again]] = MappingProxyType(
    {
        SignedFor: _Again(Step.SIGN_FOR, "signed_by"),
        SupplementRequired: _Again(Step.REQUIRE_SUPPLEMENT),
        Supplemented: _Again(Step.SUPPLEMENT),
        Accepted: _Again(Step.ACCEPT, "accepted_by"),
        CompetenceDisputed: _Again(Step.DISPUTE),
        Escalated: _Again(Step.ESCALATE),
        Designated: _Again(Step.DESIGNATE, "decided_by"),
        LinkedAsDuplicate: _Again(Step.LINK),
        RecallRequested: _Again(Step.RECALL),
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
        case StagePublished() if case is not None:
            decision = _stage(case, message, then)
        case TransferMessage() if case is not None and type(message) in _BUTTONS:
            decision = _pressed(case, others, message, then)
        case _:
            raise CannotRetake(type(message).__name__)
    if all((one.recipient, one.data) != (recipient, message) for one in decision.messages):
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
    changed = reached(case.reached(here), message.stage, message.occurred_on, then.rules, then.region)
    detail = {"stage": message.stage.value, "occurred_on": message.occurred_on.isoformat()}
    return Decision(
        case=changed,
        event=Event(name="stage_published", detail=detail),
        messages=tuple(Outgoing(recipient=region, data=message) for region in sorted(case.followers)),
        stages=(message,),
    )


def _pressed(case: Case, others: Mapping[UUID, Case], message: TransferMessage, then: Context) -> Decision:
    again, transfer = _BUTTONS[type(message)], case.transfer(message.transfer)
    button = BUTTONS[again.step]
    if isinstance(message, Supplemented):
        case = case.with_transfer(replace(transfer, told=message.told))
    institution = {Side.SENDER: transfer.sender, Side.RECEIVER: transfer.receiver}.get(transfer.side, then.region)
    given: dict[str, Any] = {"by": getattr(message, again.by, then.region), "institution": institution}
    given |= {name: getattr(message, name) for name in button.command.model_fields if hasattr(message, name)}
    command = button.command.model_construct(**given)
    press: Callable[[Situation, UUID, Any], Decision] = button.decide
    return press(Situation(case=case, context=then, others=others), transfer.id, command)
