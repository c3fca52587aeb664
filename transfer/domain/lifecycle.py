"""The lifecycle tables: which step leads from which state to which, who may take it, and what comes too late.

The API, the pages, docs/lifecycle.md and the property tests read these tables; no rule on order stands elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from transfer.domain.errors import IllegalStage
from transfer.domain.machine import Machine, Row
from transfer.messages.codes import LegalBasis, Stage


class State(StrEnum):
    """Where one transfer stands."""

    DRAFTED = "drafted"
    OFFERED = "offered"
    SIGNED_FOR = "signed_for"
    SUPPLEMENT_REQUIRED = "supplement_required"
    SUPPLEMENTED = "supplemented"
    COMPETENCE_DISPUTED = "competence_disputed"
    DESIGNATED = "designated"
    RECALL_REQUESTED = "recall_requested"
    ACCEPTED = "accepted"
    LINKED_AS_DUPLICATE = "linked_as_duplicate"
    RELEASED = "released"


class Step(StrEnum):
    """What a party can do to a transfer."""

    OFFER = "offer"
    SIGN_FOR = "sign_for"
    REQUIRE_SUPPLEMENT = "require_supplement"
    SUPPLEMENT = "supplement"
    ACCEPT = "accept"
    DISPUTE = "dispute"
    ESCALATE = "escalate"
    DESIGNATE = "designate"
    LINK = "link"
    RECALL = "recall"
    RELEASE = "release"


class Side(StrEnum):
    """The part that a region plays in a transfer."""

    SENDER = "sender"
    RECEIVER = "receiver"
    SUPERIOR = "superior"


EVERY: Final = frozenset(Side)


Transition = Row[State, Step, Side]
"""One row of the table of transfers."""


def _row(state: State, step: Step, to: State, by: Side) -> Transition:
    return Row(state=state, step=step, to=to, by=by, seen_by=EVERY)


def _in_senders_record(state: State, step: Step, to: State, by: Side) -> Transition:
    crossing = by is not Side.SENDER
    return Row(state=state, step=step, to=to, by=by, seen_by=frozenset({Side.SENDER}), crossing=crossing)


TRANSITIONS: Final[tuple[Transition, ...]] = (
    _row(State.DRAFTED, Step.OFFER, State.OFFERED, Side.SENDER),
    _row(State.OFFERED, Step.SIGN_FOR, State.SIGNED_FOR, Side.RECEIVER),
    _row(State.SIGNED_FOR, Step.REQUIRE_SUPPLEMENT, State.SUPPLEMENT_REQUIRED, Side.RECEIVER),
    _row(State.SUPPLEMENTED, Step.REQUIRE_SUPPLEMENT, State.SUPPLEMENT_REQUIRED, Side.RECEIVER),
    _row(State.SUPPLEMENT_REQUIRED, Step.SUPPLEMENT, State.SUPPLEMENTED, Side.SENDER),
    _row(State.SIGNED_FOR, Step.ACCEPT, State.ACCEPTED, Side.RECEIVER),
    _row(State.SUPPLEMENTED, Step.ACCEPT, State.ACCEPTED, Side.RECEIVER),
    _row(State.SIGNED_FOR, Step.DISPUTE, State.COMPETENCE_DISPUTED, Side.RECEIVER),
    _row(State.SUPPLEMENTED, Step.DISPUTE, State.COMPETENCE_DISPUTED, Side.RECEIVER),
    _row(State.SIGNED_FOR, Step.LINK, State.LINKED_AS_DUPLICATE, Side.RECEIVER),
    _row(State.SUPPLEMENTED, Step.LINK, State.LINKED_AS_DUPLICATE, Side.RECEIVER),
    # After a dispute there is no way back to acceptance but a designation: a change of mind could cross one
    # that names a third region.
    _in_senders_record(State.COMPETENCE_DISPUTED, Step.ESCALATE, State.COMPETENCE_DISPUTED, Side.SENDER),
    _in_senders_record(State.RELEASED, Step.ESCALATE, State.RELEASED, Side.SENDER),
    _row(State.COMPETENCE_DISPUTED, Step.DESIGNATE, State.DESIGNATED, Side.SUPERIOR),
    _row(State.DESIGNATED, Step.ACCEPT, State.ACCEPTED, Side.RECEIVER),
    _row(State.OFFERED, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.SIGNED_FOR, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.SUPPLEMENT_REQUIRED, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.SUPPLEMENTED, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.COMPETENCE_DISPUTED, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.DESIGNATED, Step.RECALL, State.RECALL_REQUESTED, Side.SENDER),
    _row(State.RECALL_REQUESTED, Step.RELEASE, State.RELEASED, Side.RECEIVER),
    # The sender has asked for a recall, and what the receiver did before it knew still comes in.
    _in_senders_record(State.RECALL_REQUESTED, Step.SIGN_FOR, State.RECALL_REQUESTED, Side.RECEIVER),
    _in_senders_record(State.RECALL_REQUESTED, Step.REQUIRE_SUPPLEMENT, State.RECALL_REQUESTED, Side.RECEIVER),
    _in_senders_record(State.RECALL_REQUESTED, Step.DISPUTE, State.RECALL_REQUESTED, Side.RECEIVER),
    _in_senders_record(State.RECALL_REQUESTED, Step.DESIGNATE, State.RECALL_REQUESTED, Side.SUPERIOR),
    _in_senders_record(State.RECALL_REQUESTED, Step.ACCEPT, State.ACCEPTED, Side.RECEIVER),
    _in_senders_record(State.RECALL_REQUESTED, Step.LINK, State.LINKED_AS_DUPLICATE, Side.RECEIVER),
    # The receiver heard the designation before the sender did.
    _in_senders_record(State.COMPETENCE_DISPUTED, Step.ACCEPT, State.ACCEPTED, Side.RECEIVER),
)

TOO_LATE: Final[frozenset[tuple[State, Step]]] = frozenset(
    {
        (State.ACCEPTED, Step.RECALL),
        (State.LINKED_AS_DUPLICATE, Step.RECALL),
        (State.ACCEPTED, Step.DESIGNATE),
        (State.RELEASED, Step.DESIGNATE),
    }
)
"""Steps of another region that lawfully arrive after the transfer was closed, and then change nothing."""

CLOSED: Final = frozenset({State.ACCEPTED, State.LINKED_AS_DUPLICATE, State.RELEASED})
"""States that end a transfer; ``designated`` ends it too where it names another region than the receiver's."""

_MACHINE: Final = Machine(TRANSITIONS)
after: Final = _MACHINE.after
open_steps: Final = _MACHINE.open_steps


@dataclass(frozen=True, slots=True)
class StageRow:
    """One row: the case may go from ``stage`` to ``to``; ``while_offered``: also while an offer is open;
    ``once_withdrawn``: if nobody is left who applies, and only then."""

    stage: Stage
    to: Stage
    while_offered: bool = False
    once_withdrawn: bool = False


STAGES: Final[tuple[StageRow, ...]] = (
    StageRow(Stage.RECEIVED, Stage.UNDER_REVIEW),
    StageRow(Stage.RECEIVED, Stage.AID_FIRST, while_offered=True),
    StageRow(Stage.RECEIVED, Stage.ARCHIVED, once_withdrawn=True),
    StageRow(Stage.UNDER_REVIEW, Stage.ARCHIVED, once_withdrawn=True),
    StageRow(Stage.SUSPENDED, Stage.ARCHIVED, once_withdrawn=True),
    StageRow(Stage.UNDER_REVIEW, Stage.SUSPENDED),
    StageRow(Stage.SUSPENDED, Stage.UNDER_REVIEW),
    StageRow(Stage.UNDER_REVIEW, Stage.AID_FIRST, while_offered=True),
    StageRow(Stage.SUSPENDED, Stage.AID_FIRST, while_offered=True),
    StageRow(Stage.UNDER_REVIEW, Stage.GRANTED),
    StageRow(Stage.UNDER_REVIEW, Stage.REFUSED),
    StageRow(Stage.AID_FIRST, Stage.GRANTED),
    StageRow(Stage.AID_FIRST, Stage.ASSIGNED, while_offered=True),
    StageRow(Stage.AID_FIRST, Stage.TERMINATED),
    StageRow(Stage.GRANTED, Stage.ASSIGNED),
    StageRow(Stage.GRANTED, Stage.TERMINATED),
    StageRow(Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, while_offered=True),
    StageRow(Stage.ASSIGNED, Stage.HANDLING, while_offered=True),
    StageRow(Stage.ASSIGNED, Stage.ASSIGNED, while_offered=True),
    StageRow(Stage.ASSIGNED, Stage.TERMINATED),
    StageRow(Stage.AGREEMENT_SIGNED, Stage.HANDLING, while_offered=True),
    StageRow(Stage.AGREEMENT_SIGNED, Stage.ASSIGNED, while_offered=True),
    StageRow(Stage.AGREEMENT_SIGNED, Stage.TERMINATED),
    StageRow(Stage.HANDLING, Stage.ASSIGNED, while_offered=True),
    StageRow(Stage.HANDLING, Stage.CONCLUDED),
    StageRow(Stage.HANDLING, Stage.TERMINATED),
    StageRow(Stage.CONCLUDED, Stage.FILE_SUBMITTED),
    StageRow(Stage.FILE_SUBMITTED, Stage.FILE_REVIEWED),
    StageRow(Stage.FILE_REVIEWED, Stage.ARCHIVED),
    StageRow(Stage.REFUSED, Stage.OBJECTED),
    StageRow(Stage.REFUSED, Stage.ARCHIVED),
    StageRow(Stage.TERMINATED, Stage.OBJECTED),
    StageRow(Stage.TERMINATED, Stage.FILE_SUBMITTED),
    StageRow(Stage.OBJECTED, Stage.MAINTAINED),
    StageRow(Stage.OBJECTED, Stage.CORRECTION_ORDERED),
    StageRow(Stage.MAINTAINED, Stage.FILE_SUBMITTED),
    StageRow(Stage.MAINTAINED, Stage.ARCHIVED),
    StageRow(Stage.CORRECTION_ORDERED, Stage.GRANTED),
    StageRow(Stage.CORRECTION_ORDERED, Stage.HANDLING),
)

OFFERABLE: Final = frozenset({Stage.RECEIVED, Stage.UNDER_REVIEW, Stage.SUSPENDED, Stage.AID_FIRST})
"""Stages in which a case may be offered to another region: before a decision, or under aid-first."""

UNDECIDED: Final = OFFERABLE - {Stage.AID_FIRST}
"""Stages in which the application waits for a decision; that aid is given first is one (LAL 44)."""

ENDED: Final = frozenset({Stage.REFUSED, Stage.TERMINATED, Stage.CONCLUDED})
"""Stages that end the need for evidence: whoever was asked for it is told to stop."""
PAST: Final = ENDED | {Stage.FILE_SUBMITTED, Stage.FILE_REVIEWED, Stage.ARCHIVED, Stage.MAINTAINED, Stage.OBJECTED}
"""Stages in which nothing more is asked of others."""


REQUIRED_BASIS: Final[Mapping[Stage, frozenset[LegalBasis]]] = MappingProxyType(
    {
        Stage.AID_FIRST: frozenset({LegalBasis.LAL_44_1, LegalBasis.LAL_44_2, LegalBasis.LAL_44_3}),
        Stage.REFUSED: frozenset({LegalBasis.LAL_43_1}),
        Stage.TERMINATED: frozenset(b for b in LegalBasis if b.value.startswith("LAL_48_"))
        | {LegalBasis.AID_FIRST_NOT_COMPLETED},
    }
)
"""Stages that must name their ground in law, and the grounds that they may name."""


def open_stages(stage: Stage, *, offered: bool, withdrawn: bool = False) -> tuple[Stage, ...]:
    """The stages that may follow; while an offer is open only those of aid-first (LAL 44); once everybody has
    ``withdrawn`` from an application that waits for a decision, only that it is put away (LAL 43(2))."""
    put_away = withdrawn and stage in UNDECIDED
    rows = (row for row in STAGES if row.stage is stage and row.once_withdrawn is put_away)
    return tuple(row.to for row in rows if row.while_offered or not offered)


def check_stage(stage: Stage, to: Stage, *, offered: bool, withdrawn: bool = False) -> None:
    """Raises IllegalStage when the table does not lead from ``stage`` to ``to``."""
    allowed = open_stages(stage, offered=offered, withdrawn=withdrawn)
    if to not in allowed:
        raise IllegalStage(stage=stage, to=to, allowed=allowed, offered=offered)
