"""The table of what a caseworker can do to a case; the API, the pages and the docs read it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from transfer.actions import commands, deciding, progress, receiving, sending
from transfer.actions.desk import Order
from transfer.actions.situation import Situation
from transfer.domain.decision import Decision
from transfer.domain.lifecycle import Side, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A step on a transfer: who may take it, what it needs to be told, and what decides it."""

    step: Step
    side: Side
    command: type[commands.Command]
    decide: Callable[[Situation, UUID, Any], Decision]

    def order(self, case: UUID, transfer: UUID, command: commands.Command) -> Order:
        """The command as the desk takes it."""
        decide = self.decide
        others = (command.surviving_case,) if isinstance(command, commands.Link) else ()
        return Order(
            by=command.by,
            institution=command.institution,
            case=case,
            others=others,
            decide=lambda at: decide(at, transfer, command),
        )


def _button(
    step: Step, side: Side, command: type[commands.Command], decide: Callable[[Situation, UUID, Any], Decision]
) -> tuple[Step, Button]:
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


def offer_order(case: UUID, command: commands.Offer) -> Order:
    """Offer the case, as the desk takes it."""
    return Order(
        by=command.by, institution=command.institution, case=case, decide=lambda at: sending.offer(at, command)
    )


def stage_order(case: UUID, command: commands.PublishStage) -> Order:
    """Bring the case to a stage, as the desk takes it."""
    return Order(
        by=command.by,
        institution=command.institution,
        case=case,
        decide=lambda at: progress.publish_stage(at, command),
    )
