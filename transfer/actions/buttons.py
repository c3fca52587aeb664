"""The table of what a caseworker can do to a case; the API, the pages and the docs read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

from transfer.actions import (
    answering,
    applicants,
    asking,
    commands,
    deciding,
    eligibility,
    eligibility_commands,
    erasing,
    erasing_commands,
    groups,
    handling,
    handling_commands,
    places,
    posting,
    progress,
    receiving,
    sending,
    urgency,
    urgency_commands,
)
from transfer.actions import evidence_commands as evidence
from transfer.actions import group_commands as group
from transfer.actions.competence_commands import NamePlaces
from transfer.actions.desk import Attempt, Order
from transfer.actions.situation import Situation
from transfer.domain.decision import Decision
from transfer.domain.errors import slug
from transfer.domain.evidence_table import RequestSide, RequestStep
from transfer.domain.lifecycle import Side, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A step on a transfer or an evidence request: who may take it, what it needs to be told, what decides it."""

    step: Step | RequestStep
    side: Side | RequestSide
    command: type[commands.Command]
    decide: Callable[[Situation, UUID, Any], Decision]

    def order(self, case: UUID, subject: UUID, command: commands.Command) -> Order:
        """The command as the desk takes it."""
        decide = self.decide
        others = (command.surviving_case,) if isinstance(command, commands.Link) else ()
        of_transfer = isinstance(self.step, Step)
        attempt = Attempt(
            command=slug(type(command)),
            transfer=subject if of_transfer else None,
            request=None if of_transfer else subject,
        )
        return replace(_order(case, command, lambda at: decide(at, subject, command)), others=others, attempt=attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnButton:
    """A step on the case itself."""

    command: type[commands.Command]
    decide: Callable[[Situation, Any], Decision]

    def order(self, case: UUID, command: commands.Command) -> Order:
        """The command as the desk takes it."""
        decide = self.decide
        return _order(case, command, lambda at: decide(at, command))


def _order(case: UUID, command: commands.Command, decide: Callable[[Situation], Decision]) -> Order:
    attempt = Attempt(command=slug(type(command)))
    return Order(by=command.by, institution=command.institution, attempt=attempt, case=case, decide=decide)


AnyStep = TypeVar("AnyStep", Step, RequestStep)


def _button(
    step: AnyStep,
    side: Side | RequestSide,
    command: type[commands.Command],
    decide: Callable[[Situation, UUID, Any], Decision],
) -> tuple[AnyStep, Button]:
    return step, Button(step=step, side=side, command=command, decide=decide)


BUTTONS: Final[Mapping[Step, Button]] = MappingProxyType(
    dict(
        (
            _button(Step.SIGN_FOR, Side.RECEIVER, commands.SignFor, receiving.sign_for),
            _button(Step.REQUIRE_SUPPLEMENT, Side.RECEIVER, commands.RequireSupplement, receiving.require_supplement),
            _button(Step.SUPPLEMENT, Side.SENDER, commands.Supplement, sending.supplement),
            _button(Step.ACCEPT, Side.RECEIVER, commands.Accept, receiving.accept),
            _button(Step.DISPUTE, Side.RECEIVER, commands.Dispute, receiving.dispute),
            _button(Step.LINK, Side.RECEIVER, commands.Link, receiving.link_as_duplicate),
            _button(Step.ESCALATE, Side.SENDER, commands.Escalate, sending.escalate),
            _button(Step.DESIGNATE, Side.SUPERIOR, commands.Designate, deciding.designate),
            _button(Step.RECALL, Side.SENDER, commands.Recall, sending.recall),
        )
    )
)
"""Steps on an existing transfer. Offering makes a transfer; releasing is the node's answer to a recall."""


_R, _D, _P = RequestSide.REQUESTER, RequestSide.REQUESTED, RequestStep

EVIDENCE_BUTTONS: Final[Mapping[RequestStep, Button]] = MappingProxyType(
    dict(
        (
            _button(_P.AMEND, _R, evidence.AmendRequest, asking.amend),
            _button(_P.APPROVE, _R, evidence.Approve, asking.approve),
            _button(_P.SEND, _R, evidence.Send, asking.send),
            _button(_P.CLARIFY, _R, evidence.Clarify, asking.clarify),
            _button(_P.CONFIRM, _R, evidence.Confirm, asking.confirm),
            _button(_P.ASK_REWORK, _R, evidence.AskRework, asking.ask_rework),
            _button(_P.GRANT_EXTENSION, _R, evidence.GrantExtension, asking.grant_extension),
            _button(_P.REFUSE_EXTENSION, _R, evidence.RefuseExtension, asking.refuse_extension),
            _button(_P.CANCEL, _R, evidence.CancelRequest, asking.cancel),
            _button(_P.CHANGE_LAWYER, _R, evidence.ChangeLawyer, asking.change_lawyer),
            _button(_P.HAND_ON, _R, evidence.HandOn, asking.hand_on),
            _button(_P.ENTER_REPLY, _R, evidence.EnterReply, posting.enter_reply),
            _button(_P.ENTER_DECLINE, _R, evidence.EnterDecline, posting.enter_decline),
            _button(_P.SIGN_FOR, _D, evidence.SignForRequest, answering.sign_for),
            _button(_P.ASK_CLARIFICATION, _D, evidence.AskClarification, answering.ask_clarification),
            _button(_P.UNDERTAKE, _D, evidence.Undertake, answering.undertake),
            _button(_P.ASSIGN, _D, evidence.Assign, answering.assign),
            _button(_P.RECORD, _D, evidence.Record, answering.record),
            _button(_P.SUPPLY, _D, evidence.Supply, answering.supply),
            _button(_P.RETURN, _D, evidence.Return, answering.return_reply),
            _button(_P.DECLINE, _D, evidence.Decline, answering.decline),
            _button(_P.ASK_EXTENSION, _D, evidence.AskExtension, answering.ask_extension),
        )
    )
)
"""Steps on an existing evidence request; drafting makes one."""


def draft_order(case: UUID, command: evidence.DraftRequest) -> Order:
    """Draft an evidence request, as the desk takes it."""
    return _order(case, command, lambda at: asking.draft(at, command))


def offer_order(case: UUID, command: commands.Offer) -> Order:
    """Offer the case, as the desk takes it."""
    return _order(case, command, lambda at: sending.offer(at, command))


OWN_BUTTONS: Final[Mapping[str, OwnButton]] = MappingProxyType(
    {
        "notice": OwnButton(command=commands.GiveNotice, decide=applicants.give_notice),
        "notice/told": OwnButton(command=handling_commands.TellApplicants, decide=applicants.tell_applicants),
        "notice/answer": OwnButton(command=commands.AnswerNotice, decide=applicants.answer_notice),
        "withdrawals": OwnButton(command=commands.Withdraw, decide=applicants.withdraw),
        "places": OwnButton(command=NamePlaces, decide=places.name_places),
        "representatives": OwnButton(command=group.Elect, decide=groups.elect),
        "applicants": OwnButton(command=group.Join, decide=groups.join),
        "split": OwnButton(command=group.Split, decide=groups.split),
        "events": OwnButton(command=commands.EnterEvent, decide=progress.enter_event),
        "recusals": OwnButton(command=handling_commands.Recuse, decide=handling.recuse),
        "recusals/lift": OwnButton(command=handling_commands.LiftRecusal, decide=handling.lift_recusal),
        "hold": OwnButton(command=erasing_commands.HoldCase, decide=erasing.hold),
        "hold/lift": OwnButton(command=erasing_commands.LiftHold, decide=erasing.lift_hold),
        "erase/proposal": OwnButton(command=erasing_commands.ProposeErasure, decide=erasing.propose_erasure),
        "erase": OwnButton(command=erasing_commands.Erase, decide=erasing.erase),
        "urgency": OwnButton(command=urgency_commands.StateUrgency, decide=urgency.state_urgency),
        "completion": OwnButton(command=urgency_commands.CompleteFormalities, decide=urgency.complete_formalities),
        "eligibility": OwnButton(command=eligibility_commands.FindEligibility, decide=eligibility.find),
        "attestations": OwnButton(command=eligibility_commands.Attest, decide=eligibility.attest),
        "attestations/revoke": OwnButton(command=eligibility_commands.Revoke, decide=eligibility.revoke),
    }
)
"""What is done to the case itself and its applicants, by its place below the case: by its holder, but for attestations,
which come from whoever found what they say, for recusals, and for holds, which keep this region's copy."""


def stage_order(case: UUID, command: commands.PublishStage) -> Order:
    """Bring the case to a stage, as the desk takes it."""
    return _order(case, command, lambda at: progress.publish_stage(at, command))
