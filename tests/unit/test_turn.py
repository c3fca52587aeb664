"""Who must act next follows from the tables of steps."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import pytest

from tests.builders import CASE_ID, a_case_basics, a_tenure
from transfer.domain.case import Case, Transfer
from transfer.domain.evidence_table import CLOSED_REQUESTS, RequestSide, RequestState
from transfer.domain.lifecycle import CLOSED, Side, State
from transfer.domain.turn import to_act, to_answer, turn_of
from transfer.messages.case import StageReached
from transfer.messages.codes import Stage

NOW: Final = datetime(2026, 5, 11, 2, 0, tzinfo=UTC)
SENDER, RECEIVER = "442000", "510521-ZS"


def a_case(state: State | None = None, stage: Stage = Stage.RECEIVED, **changes: Any) -> Case:
    offer = Transfer(
        id=UUID(int=7),
        side=Side.SENDER,
        state=state or State.RELEASED,
        sender=SENDER,
        receiver=RECEIVER,
        attempt=1,
        letter="函",
        reason="合同履行地",
        opened_at=NOW,
        changed_at=NOW,
        **changes,
    )
    return Case(
        id=CASE_ID,
        basics=a_case_basics(),
        tenures=(a_tenure(institution=SENDER),),
        stage=StageReached(stage=stage, tenure=1, number=1),
        transfers=(offer,),
    )


def institution(case: Case) -> str | None:
    turn = turn_of(case)
    assert turn is not None
    return turn.institution


@pytest.mark.parametrize("state", [state for state in State if state not in CLOSED | {State.DRAFTED}])
def test_every_open_transfer_waits_for_somebody(state: State) -> None:
    assert to_act(state)


@pytest.mark.parametrize("state", [state for state in RequestState if state not in CLOSED_REQUESTS])
def test_every_open_request_waits_for_exactly_one_side(state: RequestState) -> None:
    assert len(to_answer(state)) == 1


def test_a_recall_or_more_time_is_nobodys_turn() -> None:
    assert to_act(State.OFFERED) == {Side.RECEIVER}
    assert to_act(State.SUPPLEMENT_REQUIRED) == {Side.SENDER}
    assert to_answer(RequestState.UNDERTAKEN) == {RequestSide.REQUESTED}
    assert to_answer(RequestState.CLARIFICATION_ASKED) == {RequestSide.REQUESTER}
    assert to_answer(RequestState.CONFIRMED) == frozenset()


def test_the_holder_acts_unless_an_open_offer_waits_for_another() -> None:
    assert institution(a_case()) == SENDER
    assert institution(a_case(State.OFFERED)) == RECEIVER
    assert institution(a_case(State.SUPPLEMENT_REQUIRED)) == SENDER
    assert turn_of(a_case(stage=Stage.ARCHIVED)) is None


def test_a_dispute_waits_for_its_sender_until_that_has_asked_the_superior() -> None:
    assert institution(a_case(State.COMPETENCE_DISPUTED)) == SENDER
    assert institution(a_case(State.COMPETENCE_DISPUTED, escalated=True)) is None
