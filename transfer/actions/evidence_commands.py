"""The commands on evidence requests: what each button needs to be told."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from transfer.actions.commands import Command
from transfer.messages.codes_evidence import CancelReason, CustodyAct, DeclineReason
from transfer.messages.evidence import Rework, WorkingDays
from transfer.messages.evidence_items import Asked, ItemAnswer, ItemId, Lawyer, Person, PieceId
from transfer.messages.values import Day, InstitutionCode, Line, Name, Text


class NewItem(Asked):
    """An item as it is drafted; the node gives the id when none is given."""

    id: UUID | None = None  # type: ignore[assignment]


class DraftRequest(Command):
    """Draft a cooperation letter (协作函). Applicants that an item is about are added with what its kind may show."""

    requested: Annotated[InstitutionCode, Field(description="the institution that is asked")]
    letter: Annotated[Line, Field(description="number of the cooperation letter")]
    purpose: Text
    told: Annotated[Text, Field(description="the case basics, as far as the other region needs them")]
    lawyer: Lawyer
    persons: Annotated[tuple[Person, ...], Field(max_length=500, description="who is no applicant")] = ()
    items: Annotated[tuple[NewItem, ...], Field(min_length=1, max_length=200)]
    by_post: Annotated[bool, Field(description="the office has no link; the letter is printed and posted")] = False
    requested_name: Annotated[Line | None, Field(description="name of that office; needed for a letter by post")] = None
    working_days: Annotated[
        WorkingDays | None, Field(description="time limit; by the agreement of the regions when absent, else 10")
    ] = None


class AmendRequest(DraftRequest):
    """Replace a draft; it is to be approved anew."""


class EnterReply(Command):
    """Enter a reply that came on paper, with its scans as pieces."""

    letter: Annotated[Line, Field(description="number of the reply letter")]
    received_on: Day
    answers: Annotated[tuple[ItemAnswer, ...], Field(min_length=1, max_length=200)]


class EnterDecline(Command):
    """Enter that an office without a link cannot help."""

    reason: DeclineReason
    explanation: Text
    declined_by: Name


class Approve(Command):
    """Approve a draft (审批), as another person than who drafted it."""


class Send(Command):
    """Send the approved letter."""


class SignForRequest(Command):
    """Take charge of a cooperation letter (签收)."""


class AskClarification(Command):
    """Ask what exactly is meant."""

    items: Annotated[tuple[ItemId, ...], Field(max_length=200)] = ()
    question: Text


class Clarify(Command):
    """Answer the question."""

    answer: Text


class Undertake(Command):
    """Approve that it is done here, and assign who does it."""

    collector: Name
    contact: Line | None = None


class Assign(Command):
    """Assign another person to collect it."""

    collector: Name


class Record(Command):
    """Enter what was found; it is not sent before it is approved."""

    answers: Annotated[tuple[ItemAnswer, ...], Field(min_length=1, max_length=200)]


class Supply(Command):
    """Approve and send what was recorded since; as another person than who recorded it."""


class Return(Command):
    """Approve and send the reply letter with the last answers."""

    letter: Annotated[Line, Field(description="number of the reply letter")]


class Confirm(Command):
    """Say that the answers are what was asked."""

    used: Text | None = None


class AskRework(Command):
    """Say what is wrong with which answers."""

    items: Annotated[tuple[Rework, ...], Field(min_length=1, max_length=200)]
    working_days: WorkingDays | None = None


_NO_GROUND = {
    "RECIPIENT_NOT_ELIGIBLE": "the eligibility of the recipient is no ground: the holder of the case decides on it",
    "NOT_SPECIFIC_ENOUGH": "what is not clear is asked (ask-clarification), not declined",
}


def _is_ground(value: Any) -> Any:  # noqa: ANN401 - whatever was typed
    if isinstance(value, str) and value in _NO_GROUND:
        raise ValueError(_NO_GROUND[value])
    return value


class Decline(Command):
    """Say in writing why this region cannot help."""

    reason: Annotated[DeclineReason, BeforeValidator(_is_ground)]
    explanation: Text


class AskExtension(Command):
    """Ask for more time."""

    until: Day
    reason: Text


class GrantExtension(Command):
    """Grant the time that was asked for, or another day."""

    due_on: Day | None = None


class RefuseExtension(Command):
    """Leave the time limit as it is."""

    reason: Text


class CancelRequest(Command):
    """Take the request back."""

    reason: CancelReason
    explanation: Text | None = None


class ChangeLawyer(Command):
    """Another person handles the case now (O148 39: replacement); answers and access go to that person."""

    lawyer: Lawyer


class HandOn(Command):
    """Enter who got a piece of evidence next: the lawyer, a court; the hop is added to its chain."""

    piece: PieceId
    act: CustodyAct = CustodyAct.HANDED_ON
    to: Annotated[Line, Field(description="who has it now")]
    where: Line | None = None

    @property
    def note(self) -> str:
        return f"→ {self.to}"
