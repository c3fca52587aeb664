"""The lifecycle tables as wholes: no row contradicts another, and each has its reason."""

from itertools import product

import pytest

from transfer.actions.buttons import BUTTONS
from transfer.domain.errors import IllegalStage, IllegalStep
from transfer.domain.lifecycle import (
    CLOSED,
    EVERY,
    OFFERABLE,
    REQUIRED_BASIS,
    STAGES,
    TOO_LATE,
    TRANSITIONS,
    UNDECIDED,
    Side,
    State,
    Step,
    after,
    check_stage,
    open_stages,
    open_steps,
)
from transfer.messages.codes import LegalBasis, Stage


def test_one_step_leads_to_one_state_in_each_record() -> None:
    ways = [(row.state, row.step, side) for row in TRANSITIONS for side in row.seen_by]
    assert len(ways) == len(set(ways))


def test_what_has_no_row_is_refused() -> None:
    rows = {(row.state, row.step, row.by, side) for row in TRANSITIONS for side in row.seen_by}
    for state, step, by, record in product(State, Step, Side, Side):
        if (state, step, by, record) not in rows:
            with pytest.raises(IllegalStep):
                after(state, step, by=by, record=record)


def test_a_crossing_row_is_never_taken_by_the_record_that_it_is_about() -> None:
    for row in TRANSITIONS:
        if row.crossing:
            assert row.by not in row.seen_by
            assert row.step not in {s for side in row.seen_by for s in open_steps(row.state, side)}
            assert after(row.state, row.step, by=row.by, record=Side.SENDER) is row.to
            with pytest.raises(IllegalStep):
                after(row.state, row.step, by=row.by, record=Side.RECEIVER)


def test_the_receiver_alone_accepts_and_only_after_signing_for_it_or_on_a_designation() -> None:
    assert {row.by for row in TRANSITIONS if row.to is State.ACCEPTED} == {Side.RECEIVER}
    chosen = {state for state in State if Step.ACCEPT in open_steps(state, Side.RECEIVER)}
    assert chosen == {State.SIGNED_FOR, State.SUPPLEMENTED, State.DESIGNATED}


def test_nobody_leaves_a_closed_transfer_but_to_ask_who_is_competent() -> None:
    left = [(row.step, row.to) for row in TRANSITIONS if row.state in CLOSED]
    assert left == [(Step.ESCALATE, State.RELEASED)]


def test_from_every_open_state_the_sender_can_recall_until_it_has_asked_to() -> None:
    open_states = set(State) - CLOSED - {State.DRAFTED, State.RECALL_REQUESTED}
    assert {state for state in State if Step.RECALL in open_steps(state, Side.SENDER)} == open_states


def test_whatever_the_receiver_may_do_can_cross_a_recall() -> None:
    """The sender's record takes each of the receiver's steps while its recall is on its way."""
    for row in TRANSITIONS:
        if row.by is Side.RECEIVER and not row.crossing and row.state is not State.RECALL_REQUESTED:
            assert after(State.RECALL_REQUESTED, row.step, by=Side.RECEIVER, record=Side.SENDER)


def test_a_recall_is_answered_or_too_late_wherever_the_receiver_is() -> None:
    for state in set(State) - {State.DRAFTED, State.RECALL_REQUESTED, State.RELEASED}:
        if (state, Step.RECALL) not in TOO_LATE:
            assert after(state, Step.RECALL, by=Side.SENDER, record=Side.RECEIVER) is State.RECALL_REQUESTED


def test_a_step_that_is_too_late_is_in_no_row() -> None:
    assert TOO_LATE.isdisjoint({(row.state, row.step) for row in TRANSITIONS})


def test_every_step_that_a_person_takes_on_a_transfer_has_a_button_of_its_side() -> None:
    pressed = {(row.step, row.by) for row in TRANSITIONS if not row.crossing}
    made_otherwise = {(Step.OFFER, Side.SENDER), (Step.RELEASE, Side.RECEIVER)}
    assert {(step, button.side) for step, button in BUTTONS.items()} == pressed - made_otherwise
    assert all(step is button.step for step, button in BUTTONS.items())


def test_every_state_and_every_stage_can_be_reached() -> None:
    assert {row.to for row in TRANSITIONS} | {State.DRAFTED} == set(State)
    assert {row.to for row in STAGES} | {Stage.RECEIVED} == set(Stage)
    assert {side for row in TRANSITIONS for side in row.seen_by} == EVERY


def test_while_an_offer_is_open_only_aid_that_cannot_wait_goes_on() -> None:
    aid_first = {Stage.AID_FIRST, Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING}
    assert {to for stage in Stage for to in open_stages(stage, offered=True)} == aid_first
    for stage in OFFERABLE:
        assert not {Stage.GRANTED, Stage.REFUSED} & set(open_stages(stage, offered=True))


def test_a_stage_without_a_row_is_refused() -> None:
    rows = {(row.stage, row.to) for row in STAGES if not row.once_withdrawn}
    for stage, to in product(Stage, Stage):
        if (stage, to) in rows:
            check_stage(stage, to, offered=False)
        else:
            with pytest.raises(IllegalStage):
                check_stage(stage, to, offered=False)


def test_an_application_from_which_everybody_withdrew_is_only_put_away() -> None:
    for stage in UNDECIDED:
        assert open_stages(stage, offered=False, withdrawn=True) == (Stage.ARCHIVED,)
        assert Stage.ARCHIVED not in open_stages(stage, offered=False)
        assert open_stages(stage, offered=True, withdrawn=True) == ()


def test_no_decided_case_is_offered() -> None:
    assert {Stage.RECEIVED, Stage.UNDER_REVIEW, Stage.SUSPENDED, Stage.AID_FIRST} == OFFERABLE


def test_a_stage_that_needs_a_ground_has_one() -> None:
    assert set(REQUIRED_BASIS) == {Stage.AID_FIRST, Stage.REFUSED, Stage.TERMINATED}
    assert all(REQUIRED_BASIS.values())
    others = {b for b in REQUIRED_BASIS[Stage.TERMINATED] if not b.value.startswith("LAL_48_")}
    assert others == {LegalBasis.AID_FIRST_NOT_COMPLETED}
