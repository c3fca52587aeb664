"""Whose turn it is: who must act next on a case, a transfer or an evidence request; read from their tables."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from transfer.domain.case import Case, Transfer
from transfer.domain.evidence_table import REQUESTS, RequestSide, RequestState, RequestStep
from transfer.domain.lifecycle import PAST, Side, State, Step, open_steps
from transfer.domain.urgency import next_day

AT_WILL: Final = frozenset(
    {
        RequestStep.CANCEL,
        RequestStep.CHANGE_LAWYER,
        RequestStep.HAND_ON,
        RequestStep.GRANT_EXTENSION,
        RequestStep.REFUSE_EXTENSION,
        RequestStep.ASK_EXTENSION,
    }
)
"""Steps on a request for which nobody waits; on a transfer the recall is such a one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Who must act: an institution, or the superior of both where none is named; for what, and by when where a day is
    known."""

    institution: str | None
    transfer: Transfer | None
    due_on: date | None


@cache
def to_act(state: State) -> frozenset[Side]:
    """The sides that an open transfer in this state waits for."""
    return frozenset(side for side in Side if set(open_steps(state, side)) - {Step.RECALL})


@cache
def to_answer(state: RequestState) -> frozenset[RequestSide]:
    """The sides that an open evidence request in this state waits for."""
    return frozenset(side for side in RequestSide if set(REQUESTS.open_steps(state, side)) - AT_WILL)


def acting(side: Side, sender: str, receiver: str) -> str | None:
    """The institution on that side of a transfer; the superior has no name in it."""
    return {Side.SENDER: sender, Side.RECEIVER: receiver}.get(side)


def turn_of(case: Case) -> Turn | None:
    """Who must act on the case itself; None when it has ended. A dispute waits for its sender until that has asked the
    superior."""
    if case.stage.stage in PAST or case.handling.erased:
        return None
    due_on = next_day(case, open=True)
    transfer = next((one for one in reversed(case.transfers) if one.is_open), None)
    if transfer is None:
        return Turn(institution=case.holder.institution, transfer=None, due_on=due_on)
    sides = to_act(transfer.state)
    side = Side.SUPERIOR if transfer.escalated and Side.SUPERIOR in sides else _first(sides)
    days = [due_on, transfer.notice.due_on if transfer.notice and transfer.state is State.SUPPLEMENT_REQUIRED else None]
    return Turn(
        institution=acting(side, transfer.sender, transfer.receiver),
        transfer=transfer,
        due_on=min((day for day in days if day is not None), default=None),
    )


def _first(sides: frozenset[Side]) -> Side:
    return next(side for side in Side if side in sides)
