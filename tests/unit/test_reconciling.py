"""Two regions' records of the same messages: every difference between them is found, by its name, and nothing else."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.ledger.differences import CURES, Difference
from transfer.ledger.reconciling import Roots, differences, first_id, leaf, unlike
from transfer.ledger.tree import Growing, leaf_hash
from transfer.messages.codes_reconciling import AT_RECIPIENT, AT_SENDER, RecordState
from transfer.messages.reconciling import Line
from transfer.telemetry.clock import new_id, now

CASE = UUID("01975f64-d281-7000-8000-000000000107")
S, D = RecordState, Difference


def a_line(number: int = 1, *, state: RecordState = S.APPLIED, conversation: UUID = CASE, content: str = "a") -> Line:
    return Line(
        message=UUID(int=number),
        conversation=conversation,
        sequence=number,
        digest="sha256:" + content * 64,
        state=state,
    )


def told(sent: list[Line], received: list[Line]) -> list[tuple[Difference, int]]:
    return [(one.difference, one.line.message.int) for one in differences(sent, received)]


@pytest.mark.parametrize(
    ("at_sender", "at_recipient", "difference"),
    [
        (S.WAITING, None, D.NOT_SENT),
        (S.SENT, None, D.NOT_RECEIVED),
        (S.APPLIED, None, D.RECORD_LOST),
        (S.REFUSED, None, D.NOT_ENTERED),
        (S.WAITING, S.PARKED, D.PARKED),
        (S.SENT, S.PARKED, D.PARKED),
        (S.REFUSED, S.PARKED, D.PARKED),
        (S.APPLIED, S.PARKED, D.VERDICT_DIFFERS),
        (S.WAITING, S.HELD, D.HELD),
        (S.SENT, S.HELD, D.HELD),
        (S.REFUSED, S.HELD, D.HELD),
        (S.APPLIED, S.HELD, D.VERDICT_DIFFERS),
        (S.WAITING, S.APPLIED, D.RECEIPT_LOST),
        (S.SENT, S.APPLIED, D.RECEIPT_LOST),
        (S.REFUSED, S.APPLIED, D.RECEIPT_LOST),
        (S.APPLIED, S.APPLIED, None),
        (S.WAITING, S.REFUSED, D.REFUSAL_LOST),
        (S.SENT, S.REFUSED, D.REFUSAL_LOST),
        (S.APPLIED, S.REFUSED, D.VERDICT_DIFFERS),
        (S.REFUSED, S.REFUSED, None),
    ],
)
def test_each_pair_of_states_has_its_name(
    at_sender: RecordState, at_recipient: RecordState | None, difference: Difference | None
) -> None:
    received = [] if at_recipient is None else [a_line(state=at_recipient)]
    assert told([a_line(state=at_sender)], received) == ([] if difference is None else [(difference, 1)])


def test_the_pairs_above_are_all_that_there_are() -> None:
    [rows] = [mark.args[1] for mark in test_each_pair_of_states_has_its_name.pytestmark]  # type: ignore[attr-defined]
    pairs = [(sent, received) for sent, received, _ in rows]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == set(product(AT_SENDER, (*AT_RECIPIENT, None)))


@pytest.mark.parametrize("state", [S.PARKED, S.HELD, S.APPLIED, S.REFUSED])
def test_what_its_sender_does_not_know_was_never_sent(state: RecordState) -> None:
    assert told([], [a_line(state=state)]) == [(D.NEVER_SENT, 1)]


@pytest.mark.parametrize(
    "change",
    [{"digest": "sha256:" + "b" * 64}, {"conversation": UUID(int=7)}, {"sequence": 2}],
    ids=lambda change: next(iter(change)),
)
def test_another_content_or_place_is_named_whatever_the_states_are(change: Mapping[str, object]) -> None:
    for sent, received in product(AT_SENDER, AT_RECIPIENT):
        other = a_line(state=received).model_copy(update=change)
        assert told([a_line(state=sent)], [other]) == [(D.OTHER_CONTENT, 1)]


def test_each_difference_has_a_hop_and_a_cure_in_both_languages() -> None:
    assert set(CURES) == set(Difference)
    for one, cure in CURES.items():
        assert all((one.zh, one.en, cure.zh, cure.en, cure.hop))


def test_what_is_not_final_never_counts_as_alike() -> None:
    final = {S.APPLIED, S.REFUSED}
    for sent, received in product(AT_SENDER, AT_RECIPIENT):
        mine, theirs = roots(a_line(state=sent)), roots(a_line(state=received))
        assert (unlike(mine.said, theirs.said) == ()) == (sent is received and sent in final)


def roots(*lines: Line) -> Roots:
    made = Roots()
    made.add(lines)
    return made


def test_a_root_is_that_of_the_tree_of_its_lines_as_the_schema_describes_them() -> None:
    lines = [a_line(number, conversation=UUID(int=number % 2)) for number in range(1, 6)]
    even, odd = roots(*lines).said
    tree = Growing()
    for one in (lines[0], lines[2], lines[4]):
        text = json.dumps(
            [str(one.message), str(one.conversation), one.sequence, one.digest, one.state.value], separators=(",", ":")
        )
        assert leaf(one) == text.encode()
        list(tree.append(leaf_hash(text.encode())))
    assert (odd.range, odd.count, odd.root) == (1, 3, tree.root.hex())
    assert (even.range, even.count) == (0, 2)


def test_the_ids_of_a_period_are_those_made_in_it() -> None:
    before = now()
    made = new_id()
    after = now()
    assert first_id(before) <= made < first_id(after + timedelta(milliseconds=1))
    assert first_id(datetime(2026, 6, 13, tzinfo=UTC)).version is None


@dataclass(frozen=True)
class Planted:
    """What happened to one message on its way."""

    number: int
    conversation: int
    fate: Difference | None


FATES: Mapping[Difference | None, tuple[RecordState | None, RecordState | None]] = {
    None: (S.APPLIED, S.APPLIED),
    D.NOT_RECEIVED: (S.SENT, None),
    D.RECEIPT_LOST: (S.SENT, S.APPLIED),
    D.REFUSAL_LOST: (S.SENT, S.REFUSED),
    D.PARKED: (S.SENT, S.PARKED),
    D.RECORD_LOST: (S.APPLIED, None),
    D.NEVER_SENT: (None, S.APPLIED),
    D.OTHER_CONTENT: (S.APPLIED, S.APPLIED),
}


@given(
    st.lists(
        st.builds(
            Planted, number=st.integers(1, 10**6), conversation=st.integers(0, 600), fate=st.sampled_from([*FATES])
        ),
        unique_by=lambda one: one.number,
        max_size=60,
    ),
    st.randoms(),
)
def test_every_loss_is_found_in_its_range_and_nothing_else_however_it_came(
    planted: list[Planted], chance: object
) -> None:
    sent: list[Line] = []
    received: list[Line] = []
    for one in planted:
        conversation = UUID(int=one.conversation)
        at_sender, at_recipient = FATES[one.fate]
        if at_sender is not None:
            sent.append(a_line(one.number, state=at_sender, conversation=conversation))
        if at_recipient is not None:
            content = "b" if one.fate is D.OTHER_CONTENT else "a"
            came = a_line(one.number, state=at_recipient, conversation=conversation, content=content)
            # Repeated, and in any order: what was received stands in the inbox once.
            received += [came, came]
    chance.shuffle(received)  # type: ignore[attr-defined]
    stored = sorted({one.message: one for one in received}.values(), key=lambda one: one.message)
    sent.sort(key=lambda one: one.message)
    expected = [(one.fate, one.number) for one in sorted(planted, key=lambda one: one.number) if one.fate]
    assert told(sent, stored) == expected
    ranges = {one.conversation % 256 for one in planted if one.fate}
    assert set(unlike(roots(*sent).said, roots(*stored).said)) == ranges
    some = [[one for one in lines if one.conversation.bytes[-1] in ranges] for lines in (sent, stored)]
    assert told(*some) == expected
