"""The table of evidence requests: no row contradicts another, and whatever crosses, both records end alike."""

from collections import deque
from itertools import product
from typing import Final

import pytest

from transfer.actions.buttons import EVIDENCE_BUTTONS
from transfer.domain.errors import IllegalStep
from transfer.domain.evidence_table import (
    CLOSED_REQUESTS,
    POSTED_ROWS,
    REQUEST_ROWS,
    REQUESTS,
    RequestSide,
    RequestState,
    RequestStep,
)

R, D = RequestSide.REQUESTER, RequestSide.REQUESTED
Walk = tuple[RequestState, RequestState, tuple[RequestStep, ...], tuple[RequestStep, ...]]
"""The records of requester and requested, and what is on the way to the requested and to the requester."""
IN_FLIGHT: Final = 3
"""How many steps of one side may be on the way at once in the walk below."""


def test_one_step_leads_to_one_state_in_each_record() -> None:
    ways = [(row.state, row.step, side) for row in REQUEST_ROWS for side in row.seen_by]
    assert len(ways) == len(set(ways))


def test_what_has_no_row_is_refused() -> None:
    rows = {(row.state, row.step, row.by, side) for row in REQUEST_ROWS for side in row.seen_by}
    for state, step, by, record in product(RequestState, RequestStep, RequestSide, RequestSide):
        if (state, step, by, record) not in rows:
            with pytest.raises(IllegalStep):
                REQUESTS.after(state, step, by=by, record=record)


def test_every_step_has_its_button_and_every_button_a_row() -> None:
    pressed = {(row.step, row.by) for row in (*REQUEST_ROWS, *POSTED_ROWS) if not row.crossing}
    assert {(step, button.side) for step, button in EVIDENCE_BUTTONS.items()} == pressed
    assert set(RequestStep) - {step for step, _ in pressed} == {RequestStep.DRAFT}


def test_nobody_leaves_a_closed_request() -> None:
    left = {row.state for row in REQUEST_ROWS if row.state in CLOSED_REQUESTS and row.to not in CLOSED_REQUESTS}
    assert left == set()


def test_the_requester_alone_confirms_and_cancels_and_the_requested_alone_answers() -> None:
    by = {step: {row.by for row in REQUEST_ROWS if row.step is step} for step in RequestStep}
    assert by[RequestStep.CONFIRM] == by[RequestStep.CANCEL] == {R}
    assert by[RequestStep.SUPPLY] == by[RequestStep.RETURN] == by[RequestStep.DECLINE] == {D}


def test_every_state_can_be_reached_and_every_open_one_can_be_ended() -> None:
    reached = {RequestState.DRAFTED} | {row.to for row in REQUEST_ROWS}
    assert reached == set(RequestState)
    ends = set(CLOSED_REQUESTS)
    while more := {row.state for row in REQUEST_ROWS if row.to in ends and not row.crossing} - ends:
        ends |= more
    assert ends == set(RequestState)


def test_whatever_crosses_on_the_way_both_records_end_alike() -> None:
    """Walks every interleaving of two sides that act and hear in order; a step that is refused on arrival, or two
    records that differ when nothing is on the way, is a hole in the table."""
    internal = {(row.state, row.step) for row in REQUEST_ROWS if len(row.seen_by) == 1 and not row.crossing}
    start: Walk = (RequestState.REQUESTED, RequestState.REQUESTED, (), ())
    seen, todo = {start}, deque([start])
    while todo:
        here, there, to_there, to_here = todo.popleft()
        if not to_there and not to_here:
            assert here is there
        following: list[Walk] = []
        for side, state, queue in ((R, here, to_there), (D, there, to_here)):
            for step in REQUESTS.open_steps(state, side):
                told = (state, step) not in internal
                if told and len(queue) == IN_FLIGHT:
                    continue
                after = REQUESTS.after(state, step, by=side, record=side)
                sent = (*queue, step) if told else queue
                following.append((after, there, sent, to_here) if side is R else (here, after, to_there, sent))
        if to_there:
            after = REQUESTS.after(there, to_there[0], by=R, record=D)
            following.append((here, after, to_there[1:], to_here))
        if to_here:
            after = REQUESTS.after(here, to_here[0], by=D, record=R)
            following.append((after, there, to_there, to_here[1:]))
        for one in following:
            if one not in seen:
                seen.add(one)
                todo.append(one)
    assert len(seen) > 1_000
