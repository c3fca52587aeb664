"""Promise 1, walked through: every interleaving of few steps between few regions, none left out.

States are told apart by what the rules read. Left out of the comparison are the digests that answers name (any message
of the other side serves) and the time, which stands still. Letters are never lost for good, so one that waits on the
wire stands for one that is sent again later.
"""

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import pytest

from tests.federation.exchange import START, Exchange, Letter, Move
from tests.federation.moves import tabled
from tests.federation.promise import check_every_moment, check_quiet
from transfer.actions.commands import Designate, Offer, PublishStage, Recall, Supplement
from transfer.domain.case import Case, Transfer
from transfer.domain.errors import TransferError
from transfer.domain.lifecycle import Side, State, Step

LUXIAN: Final = "510521"
HEJIANG: Final = "510522"
XUYONG: Final = "510524"
SICHUAN: Final = "510000"
ZHONGSHAN: Final = "442000"
GUANGDONG: Final = "440000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What is walked: the regions, who takes a case in, which moves are made, and whether lanes are overtaken."""

    name: str
    regions: tuple[str, ...]
    taken_in: tuple[str, ...]
    moves: Callable[[Exchange, Move], bool]
    persons: int = 1
    overtaking: bool = False
    at_least: int
    ends: frozenset[State]
    """The states in which some quiet ends leave a transfer; a walk that misses one of them proves too little."""


def transfers(exchange: Exchange, move: Move) -> tuple[Transfer, ...]:
    return exchange.rooms[move.region].content.cases[move.case].transfers


def first_offer(exchange: Exchange, move: Move, receiver: str) -> bool:
    command = move.command
    return isinstance(command, Offer) and command.receiver == receiver and not transfers(exchange, move)


def whole_recall(move: Move) -> bool:
    return isinstance(move.command, Recall) and not move.command.applicants and "ERROR" in move.command.reason


def between_two(exchange: Exchange, move: Move) -> bool:
    """One offer with a notice, its answer, two persons who may both leave, and a recall."""
    history = exchange.rooms[move.region].content.history
    match move.command:
        case Offer():
            return first_offer(exchange, move, ZHONGSHAN)
        case PublishStage():
            return False
        case Supplement():
            return bool(move.command.left) or bool(move.command.materials)
        case Recall(applicants=leaving) if leaving:
            told = [line.event.detail["applicants"] for line in history if line.event.name == "withdrawal_sent"]
            return [str(leaving[0])] not in told
        case _ if move.step is Step.REQUIRE_SUPPLEMENT:
            return all(line.event.name != "supplement_required" for line in history)
        case _:
            return True


def crossing_at_a_superior(exchange: Exchange, move: Move) -> bool:
    """An offer that may be disputed, escalated, recalled and designated, and then one to the second or third region."""
    match move.command:
        case Offer(receiver=receiver):
            again = receiver in {HEJIANG, XUYONG} and len(transfers(exchange, move)) == 1
            return move.region == LUXIAN and (first_offer(exchange, move, HEJIANG) or again)
        case PublishStage() | Supplement():
            return False
        case Recall():
            return whole_recall(move)
        case Designate(region=region):
            return region != SICHUAN
        case _:
            return move.step is not Step.REQUIRE_SUPPLEMENT


def provinces_that_may_differ(exchange: Exchange, move: Move) -> bool:
    """Two provinces, each of which names either party; the holder may recall at any time."""
    match move.command:
        case Offer():
            return move.region == LUXIAN and first_offer(exchange, move, ZHONGSHAN)
        case PublishStage() | Supplement():
            return False
        case Recall():
            return whole_recall(move)
        case Designate(region=region):
            return region in {LUXIAN, ZHONGSHAN}
        case _:
            return move.step is not Step.REQUIRE_SUPPLEMENT


def one_matter_twice(exchange: Exchange, move: Move) -> bool:
    """Two regions offer one another the same matter, and each signs, accepts, links or recalls."""
    match move.command:
        case Offer(receiver=receiver):
            return first_offer(exchange, move, receiver)
        case Recall():
            return whole_recall(move)
        case _:
            return move.step in {Step.SIGN_FOR, Step.ACCEPT, Step.LINK}


def round_trip(exchange: Exchange, move: Move) -> bool:
    """A case that goes to a second region, on to a third, and back to the first, with recalls at any time."""
    match move.command:
        case Offer(receiver=receiver):
            tenures = exchange.rooms[move.region].content.cases[move.case].tenures
            road = {LUXIAN: HEJIANG, HEJIANG: XUYONG, XUYONG: LUXIAN}
            offered = any(t.side is Side.SENDER for t in transfers(exchange, move))
            return road[move.region] == receiver and not offered and len(tenures) < len(road) + 1
        case Recall():
            return whole_recall(move)
        case _:
            return move.step in {Step.SIGN_FOR, Step.ACCEPT}


WALKS: Final = (
    Walk(
        name="between two regions, overtaking on the road",
        regions=(LUXIAN, ZHONGSHAN),
        taken_in=(LUXIAN,),
        moves=between_two,
        persons=2,
        overtaking=True,
        at_least=1000,
        ends=frozenset({State.ACCEPTED, State.RELEASED, State.COMPETENCE_DISPUTED, State.SUPPLEMENT_REQUIRED}),
    ),
    Walk(
        name="recall, designation and acceptance crossing",
        regions=(LUXIAN, HEJIANG, XUYONG, SICHUAN),
        taken_in=(LUXIAN,),
        moves=crossing_at_a_superior,
        at_least=1000,
        ends=frozenset({State.ACCEPTED, State.RELEASED, State.COMPETENCE_DISPUTED, State.DESIGNATED}),
    ),
    Walk(
        name="two provinces that may differ",
        regions=(LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG),
        taken_in=(LUXIAN,),
        moves=provinces_that_may_differ,
        at_least=1000,
        ends=frozenset({State.ACCEPTED, State.RELEASED, State.COMPETENCE_DISPUTED, State.DESIGNATED}),
    ),
    Walk(
        name="the same matter offered both ways",
        regions=(LUXIAN, ZHONGSHAN),
        taken_in=(LUXIAN, ZHONGSHAN),
        moves=one_matter_twice,
        at_least=1000,
        ends=frozenset({State.ACCEPTED, State.RELEASED, State.LINKED_AS_DUPLICATE}),
    ),
    Walk(
        name="round and back again",
        regions=(LUXIAN, HEJIANG, XUYONG),
        taken_in=(LUXIAN,),
        moves=round_trip,
        at_least=1000,
        ends=frozenset({State.ACCEPTED, State.RELEASED, State.OFFERED}),
    ),
)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
@pytest.mark.timeout(600)
def test_whatever_the_order_one_holder_remains(walk: Walk) -> None:
    start = Exchange.of(*walk.regions, tick=timedelta(0))
    for region in walk.taken_in:
        start.take_in(region, received_at=START - timedelta(days=1), persons=walk.persons)
    seen, waiting, quiet = {key(start)}, deque([start]), 0
    ends: Counter[State] = Counter()
    while waiting:
        here = waiting.popleft()
        for there in after(here, walk):
            place = key(there)
            if place in seen:
                continue
            seen.add(place)
            check_every_moment(there)
            waiting.append(there)
            if not there.flight:
                quiet += 1
                settled = there.copy()
                settled.drain()
                check_quiet(settled)
                ends.update({t.state for _, known in settled.cases() for one in known.values() for t in one.transfers})
    print(f"{walk.name}: {len(seen)} states, {quiet} of them quiet; {dict(ends)}")  # noqa: T201 - how far it went
    assert len(seen) >= walk.at_least
    assert walk.ends <= ends.keys()


def after(here: Exchange, walk: Walk) -> Iterator[Exchange]:
    """Every state that one press or one delivery leads to."""
    for move in tabled(here):
        if not walk.moves(here, move):
            continue
        there = here.copy()
        try:
            there.press(move)
        except TransferError:
            continue
        yield there
    for letter in here.flight if walk.overtaking else first_of_lanes(here.flight):
        there = here.copy()
        there.flight.remove(letter)
        there.deliver(letter.recipient, [letter])
        yield there


def first_of_lanes(flight: list[Letter]) -> list[Letter]:
    """The letters that nothing precedes; those behind them would only wait."""
    return list(
        {(letter.source, letter.recipient, conversation(letter)): letter for letter in reversed(flight)}.values()
    )


def conversation(letter: Letter) -> bytes:
    return letter.body.partition(b'"conversation":')[2][:40]


def key(exchange: Exchange) -> int:
    """What the rules read of a state, so that states are compared and not the ways to them."""
    regions: tuple[Hashable, ...] = tuple(
        (
            tuple(_case(case) for _, case in sorted(room.content.cases.items())),
            frozenset(one.digest for one in room.content.inbox.values() if one.outcome == "parked"),
        )
        for room in exchange.rooms.values()
    )
    flight = Counter((x.source, x.recipient, x.body.partition(b',"data":')[2]) for x in exchange.flight)
    return hash((regions, frozenset(flight.items())))


def _case(case: Case) -> Hashable:
    return (
        case.id,
        case.tenures,
        case.stage,
        case.followers,
        case.duplicate_of,
        len(case.materials),
        tuple(applicant.status for applicant in case.applicants),
        tuple(
            (
                t.id,
                t.side,
                t.state,
                t.designation,
                t.designations,
                t.escalated,
                t.signed_by,
                t.recall,
                t.supplied,
                t.notice,
            )
            for t in case.transfers
        ),
    )
