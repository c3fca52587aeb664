"""docs/lifecycle.md is drawn from the tables, and the tables keep what the page says of them."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

import pytest

from transfer.domain.diagram import lifecycle_page
from transfer.domain.errors import IllegalStep
from transfer.domain.evidence_table import POSTED_ROWS, REQUEST_ROWS
from transfer.domain.lifecycle import (
    CLOSED,
    OFFERABLE,
    REQUIRED_BASIS,
    STAGES,
    TOO_LATE,
    TRANSITIONS,
    Side,
    State,
    Step,
    Transition,
    after,
    open_stages,
    open_steps,
)
from transfer.messages.codes import Stage

PAGE: Final = Path(__file__).parents[2] / "docs" / "lifecycle.md"
T = TypeVar("T")
NORMAL: Final = [row for row in TRANSITIONS if not row.crossing]
CROSSING: Final = [row for row in TRANSITIONS if row.crossing]


def reached(start: T, ways: Iterable[tuple[T, T]]) -> set[T]:
    """All that can be reached from ``start``, itself included."""
    pairs, known, found = set(ways), set[T](), {start}
    while found:
        known |= found
        found = {to for one, to in pairs if one in found} - known
    return known


def test_the_page_is_drawn_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == lifecycle_page()


def test_the_page_shows_every_row_every_too_late_step_and_every_stage() -> None:
    page = lifecycle_page()
    for row in TRANSITIONS:
        assert f"| {row.state} | {row.step} | {row.to} | {row.by} |" in page
    for state, step in TOO_LATE:
        assert f"| {state} | {step} |\n" in page
    for stage in STAGES:
        said = ": all withdrew" if stage.once_withdrawn else ""
        assert f"    {stage.stage} --> {stage.to}{said}\n" in page
    for one in (*REQUEST_ROWS, *POSTED_ROWS):
        assert f"| {one.state} | {one.step} | {one.to} | {one.by} |" in page
    crossing = len(CROSSING) + len([one for one in REQUEST_ROWS if one.crossing])
    assert page.count("| crossing |\n") == crossing + 3


def test_every_state_is_reached_by_what_persons_do() -> None:
    assert reached(State.DRAFTED, ((row.state, row.to) for row in NORMAL)) == set(State)


def test_every_step_is_open_to_someone_somewhere() -> None:
    assert {step for state in State for side in Side for step in open_steps(state, side)} == set(Step)


def test_a_step_always_belongs_to_the_same_side() -> None:
    takers = {(row.step, row.by) for row in TRANSITIONS}
    assert [step for step, times in Counter(step for step, _ in takers).items() if times > 1] == []


def test_no_record_has_two_rows_for_one_step() -> None:
    keys = Counter((row.state, row.step, side) for row in TRANSITIONS for side in row.seen_by)
    assert [key for key, times in keys.items() if times > 1] == []


def test_nothing_leads_out_of_a_closed_state() -> None:
    leaving = [row for row in TRANSITIONS if row.state in CLOSED and row.to is not row.state]
    assert leaving == []


def test_after_a_release_the_holder_may_still_escalate_and_nothing_else_follows_a_closed_state() -> None:
    assert {(row.state, row.step) for row in TRANSITIONS if row.state in CLOSED} == {(State.RELEASED, Step.ESCALATE)}


def test_every_open_state_has_a_way_to_a_closed_one() -> None:
    for state in set(State) - CLOSED:
        assert reached(state, ((row.state, row.to) for row in NORMAL)) & CLOSED


def test_a_crossing_row_takes_in_a_step_of_another_side() -> None:
    assert CROSSING
    for row in CROSSING:
        assert row.by not in row.seen_by
        assert row.seen_by == {Side.SENDER}


@pytest.mark.parametrize("row", CROSSING, ids=lambda row: f"{row.state}-{row.step}")
def test_nobody_may_choose_a_crossing_step(row: Transition) -> None:
    assert row.step not in open_steps(row.state, row.by)
    with pytest.raises(IllegalStep):
        after(row.state, row.step, by=row.by, record=row.by)


def test_only_the_receiver_accepts_releases_or_links() -> None:
    for row in TRANSITIONS:
        if row.to is not row.state and row.to in CLOSED:
            assert row.by is Side.RECEIVER


def test_in_the_receivers_record_only_a_designation_leads_from_a_dispute_to_acceptance() -> None:
    rows = [row for row in TRANSITIONS if Side.RECEIVER in row.seen_by]
    undesignated = ((row.state, row.to) for row in rows if row.step is not Step.DESIGNATE)
    assert State.ACCEPTED not in reached(State.COMPETENCE_DISPUTED, undesignated)
    assert State.ACCEPTED in reached(State.COMPETENCE_DISPUTED, ((row.state, row.to) for row in rows))


def test_the_receiver_cannot_dispute_a_designation() -> None:
    assert open_steps(State.DESIGNATED, Side.RECEIVER) == (Step.ACCEPT,)


def test_once_a_recall_is_asked_the_sender_can_do_nothing_but_wait() -> None:
    assert open_steps(State.RECALL_REQUESTED, Side.SENDER) == ()


def test_whatever_the_receiver_may_do_to_a_recallable_offer_the_sender_still_takes_in() -> None:
    recallable = {row.state for row in NORMAL if row.step is Step.RECALL}
    assert recallable == set(State) - CLOSED - {State.DRAFTED, State.RECALL_REQUESTED}
    for state in recallable:
        for step in open_steps(state, Side.RECEIVER):
            assert after(State.RECALL_REQUESTED, step, by=Side.RECEIVER, record=Side.SENDER)


def test_a_step_that_comes_too_late_has_no_row_and_meets_a_closed_transfer() -> None:
    assert {state for state, _ in TOO_LATE} <= CLOSED
    assert TOO_LATE.isdisjoint((row.state, row.step) for row in TRANSITIONS)


def test_every_stage_is_reached_from_the_first_one() -> None:
    assert reached(Stage.RECEIVED, ((row.stage, row.to) for row in STAGES)) == set(Stage)


def test_every_stage_but_the_archive_leads_on_to_the_archive() -> None:
    assert [stage for stage in Stage if not open_stages(stage, offered=False)] == [Stage.ARCHIVED]
    for stage in Stage:
        assert Stage.ARCHIVED in reached(stage, ((row.stage, row.to) for row in STAGES))


def test_no_stage_row_stands_twice() -> None:
    assert len({(row.stage, row.to) for row in STAGES}) == len(STAGES)


def test_while_a_case_is_offered_nothing_is_decided() -> None:
    offered = [(row.stage, row.to) for row in STAGES if row.while_offered]
    reachable = set().union(*(reached(stage, offered) for stage in OFFERABLE)) - OFFERABLE
    assert reachable == {Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING}


def test_the_stages_that_end_aid_and_that_go_before_the_decision_name_their_ground() -> None:
    assert REQUIRED_BASIS.keys() == {Stage.AID_FIRST, Stage.REFUSED, Stage.TERMINATED}
    assert all(REQUIRED_BASIS.values())
    assert {len(REQUIRED_BASIS[Stage.TERMINATED]), len(REQUIRED_BASIS[Stage.AID_FIRST])} == {9, 3}
