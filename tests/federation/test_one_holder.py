"""Promise 1, by machines that press buttons and mistreat messages: one holder, at every moment and everywhere."""

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pytest
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.federation.exchange import START, Exchange, Letter, Move
from tests.federation.moves import tabled, untabled
from tests.federation.promise import check_every_moment, check_quiet
from transfer.actions.commands import Offer
from transfer.domain.errors import TransferError
from transfer.domain.lifecycle import Step

WORLDS: Final = {
    "two counties and their prefecture": ("510521", "510522", "510500"),
    "two counties, a third, and their province": ("510521", "510522", "510524", "510000"),
    "two provinces": ("442000", "510521", "440000", "510000"),
    "two provinces and a third party": ("442000", "510521", "510522", "440000", "510000"),
    "nobody above": ("442000", "510521"),
    "nobody above three": ("442000", "510521", "330100"),
}
BEGINNING: Final = (None, Step.SIGN_FOR, Step.DISPUTE, Step.ESCALATE)
"""A history may begin part of the way to where the rare steps are: an offer, signed for, disputed, escalated."""
EXAMPLES: Final = "ONE_HOLDER_EXAMPLES"
"""Set to how many histories to try: then they are new ones each time. Unset, the same few hundred."""


class Regions(RuleBasedStateMachine):
    """Clerks press what they like; the wire delays, reorders, repeats and loses."""

    exchange: Exchange

    @initialize(
        world=st.sampled_from(sorted(WORLDS)),
        matters=st.sampled_from([1, 1, 2]),
        apart=st.sampled_from([-60, 0, 60]),
        persons=st.integers(1, 2),
        begun=st.integers(0, len(BEGINNING)),
    )
    def open(self, world: str, matters: int, apart: int, persons: int, begun: int) -> None:
        self.exchange = Exchange.of(*WORLDS[world])
        first, second, *_ = WORLDS[world]
        received = START - timedelta(days=1)
        self.exchange.take_in(second, received_at=received, persons=persons)
        if matters == 2:
            self.exchange.take_in(first, received_at=received + timedelta(seconds=apart), persons=persons)
        for step in BEGINNING[:begun]:
            moves = [move for move in tabled(self.exchange) if move.step is step]
            offers = [m for m in moves if isinstance(m.command, Offer) and m.command.receiver == first]
            for move in offers[:1] or [move for move in moves if move.step is not None][:1]:
                self._try(move)
            self.exchange.drain()

    @rule(data=st.data())
    def press(self, data: st.DataObject) -> None:
        self._press(data, tabled(self.exchange))

    @rule(data=st.data())
    def press_for_one_transfer(self, data: st.DataObject) -> None:
        self._press(data, [move for move in tabled(self.exchange) if move.transfer is not None])

    @rule(data=st.data())
    def press_against_the_tables(self, data: st.DataObject) -> None:
        self._press(data, untabled(self.exchange))

    def _press(self, data: st.DataObject, moves: Sequence[Move]) -> None:
        if not moves:
            return
        # The kind first: else the many ways to recall would leave little room for the rare steps.
        kinds = {(move.region, move.step): None for move in moves}
        chosen = data.draw(st.sampled_from(list(kinds)))
        self._try(data.draw(st.sampled_from([move for move in moves if (move.region, move.step) == chosen])))

    def _try(self, move: Move) -> None:
        try:
            self.exchange.press(move)
        except TransferError as error:
            note(f"refused: {error}")

    @rule()
    def carry_everything(self) -> None:
        self.exchange.drain()

    def _waiting(self) -> list[str]:
        return [code for code in self.exchange.rooms if any(x.recipient == code for x in self.exchange.flight)]

    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """Some letters in any order, perhaps one of them twice, perhaps to come once more later."""
        if not (waiting := self._waiting()):
            return
        region = data.draw(st.sampled_from(waiting))
        mine = [letter for letter in self.exchange.flight if letter.recipient == region]
        chosen = data.draw(st.lists(st.integers(0, len(mine) - 1), min_size=1, max_size=4))
        again = data.draw(st.sampled_from([False, False, True]))
        batch = [mine[place] for place in chosen]
        if not again:
            self._forget(batch)
        self.exchange.deliver(region, batch)

    @rule(data=st.data())
    def deliver_all_to_one(self, data: st.DataObject) -> None:
        if not (waiting := self._waiting()):
            return
        region = data.draw(st.sampled_from(waiting))
        mine = [letter for letter in self.exchange.flight if letter.recipient == region]
        self._forget(mine)
        self.exchange.deliver(region, data.draw(st.permutations(mine)))

    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        if self.exchange.flight:
            self._forget([data.draw(st.sampled_from(self.exchange.flight))])

    def _forget(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            if letter in self.exchange.flight:
                self.exchange.flight.remove(letter)

    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        self.exchange.resend(data.draw(st.sampled_from(sorted(self.exchange.rooms))))

    @rule()
    def tell_receipts(self) -> None:
        for code in self.exchange.rooms:
            self.exchange.tell(code)

    @rule()
    def days_pass(self) -> None:
        self.exchange.now += timedelta(days=2)

    @rule()
    def fall_quiet(self) -> None:
        self.exchange.drain()
        check_quiet(self.exchange)

    @invariant()
    def one_holder(self) -> None:
        check_every_moment(self.exchange)

    def teardown(self) -> None:
        if hasattr(self, "exchange"):
            self.fall_quiet()


TestOneHolder = pytest.mark.timeout(1800)(Regions.TestCase)  # finding the shortest history of a failure takes long
TestOneHolder.settings = settings(
    max_examples=int(os.environ.get(EXAMPLES, "400")),
    stateful_step_count=40,
    derandomize=EXAMPLES not in os.environ,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
