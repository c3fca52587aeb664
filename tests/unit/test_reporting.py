"""The figures of a pair, each worked out by hand over a small known world."""

import random
import statistics
from datetime import date, timedelta
from typing import Any

import pytest

from tests.builders import LUXIAN, ZHONGSHAN
from transfer.domain.reporting import OfferFate, PairFigures, PairReport, RequestFate, pair_report

JUNE = date(2026, 6, 1)
TODAY = date(2026, 6, 30)


def day(number: int) -> date:
    return JUNE + timedelta(days=number - 1)


def _sent(on: int, changes: dict[str, Any]) -> dict[str, Any]:
    return {"sender": ZHONGSHAN, "receiver": LUXIAN, "sent_on": day(on)} | changes


def offer(sent: int, **changes: Any) -> OfferFate:
    return OfferFate(**_sent(sent, changes))


def accepted(sent: int, on: int, **changes: Any) -> OfferFate:
    return offer(sent, answered_on=day(on), accepted_on=day(on), **changes)


def request(sent: int, **changes: Any) -> RequestFate:
    return RequestFate(**_sent(sent, changes))


def returned(sent: int, on: int, **changes: Any) -> RequestFate:
    return request(sent, answered_on=day(on), **changes)


def report(*fates: OfferFate | RequestFate, as_of: date = TODAY) -> PairReport:
    offers = [one for one in fates if isinstance(one, OfferFate)]
    requests = [one for one in fates if isinstance(one, RequestFate)]
    return pair_report(offers, requests, since=JUNE, until=TODAY, as_of=as_of)


def figures(*fates: OfferFate | RequestFate, as_of: date = TODAY) -> PairFigures:
    [pair] = report(*fates, as_of=as_of).pairs
    return pair


def test_sent_accepted_recalled_and_waiting_are_counted() -> None:
    found = figures(accepted(1, 3), accepted(2, 20), offer(3), offer(4, recalled=True), offer(5, answered_on=day(6)))
    assert (found.offers.sent, found.offers.accepted, found.offers.recalled, found.offers.waiting) == (5, 2, 1, 1)


def test_the_seventh_day_counts_as_within_the_term_and_the_eighth_does_not() -> None:
    found = figures(accepted(1, 8), accepted(1, 9), accepted(1, 1), offer(1))
    assert (found.offers.ripe, found.offers.accepted_in_term, found.offers.share_in_term) == (4, 2, 0.5)


def test_what_was_sent_less_than_seven_days_ago_or_recalled_is_not_in_the_share() -> None:
    found = figures(accepted(1, 2), offer(24), accepted(24, 25), offer(5, recalled=True), as_of=day(30))
    assert (found.offers.ripe, found.offers.accepted_in_term, found.offers.share_in_term) == (1, 1, 1.0)
    assert figures(accepted(24, 25), as_of=day(30)).offers.share_in_term is None
    assert figures(accepted(23, 25), as_of=day(30)).offers.share_in_term == 1.0


def test_a_dispute_is_an_answer_and_an_acceptance_after_it_does_not_move_it() -> None:
    found = figures(offer(1, answered_on=day(3), accepted_on=day(20), ground="HOUSEHOLD_ELSEWHERE"))
    assert (found.offers.answered, found.offers.days_median, found.offers.accepted_in_term) == (1, 2.0, 0)
    assert found.offers.disputes == {"HOUSEHOLD_ELSEWHERE": 1}


def test_reasons_are_counted_the_most_first() -> None:
    found = figures(
        offer(1, ground="A"),
        offer(1, ground="B"),
        offer(2, ground="B"),
        accepted(3, 4, refusals=frozenset({"OUT", "RICH"})),
        accepted(3, 4, refusals=frozenset({"RICH"})),
        request(1, reason="GONE", answered_on=day(2)),
    )
    assert list(found.offers.disputes.items()) == [("B", 2), ("A", 1)]
    assert list(found.offers.refusals.items()) == [("RICH", 2), ("OUT", 1)]
    assert found.requests.declines == {"GONE": 1}


def test_amounts_recovered_are_summed_and_nothing_known_is_not_zero() -> None:
    found = figures(accepted(1, 2, recovered=750_000), accepted(1, 2, recovered=0), accepted(1, 2))
    assert (found.offers.concluded, found.offers.recovered_fen) == (2, 750_000)
    assert figures(accepted(1, 2)).offers.recovered_fen is None


def test_answered_by_the_due_day_and_overdue_now() -> None:
    found = figures(
        returned(1, 10, due_on=day(10)),
        returned(1, 11, due_on=day(10)),
        returned(1, 5),
        request(1, due_on=day(29), waiting=True),
        request(1, due_on=day(30), waiting=True),
        request(1, due_on=day(2)),
    )
    assert (found.requests.sent, found.requests.answered, found.requests.overdue) == (6, 3, 1)
    assert (found.requests.due, found.requests.answered_in_time, found.requests.share_in_time) == (3, 1, 0.3333)


def test_rework_is_counted_by_request_and_by_time() -> None:
    found = figures(
        returned(1, 2, reworks=2), returned(1, 2, reworks=1), returned(1, 2), returned(1, 2), returned(1, 2, reason="X")
    )
    assert (found.requests.reworked, found.requests.reworks, found.requests.share_reworked) == (2, 3, 0.5)


def test_each_direction_is_a_pair_of_its_own() -> None:
    back = RequestFate(sender=LUXIAN, receiver=ZHONGSHAN, sent_on=day(1))
    pairs = {(one.sender, one.receiver): one for one in report(accepted(1, 2), back).pairs}
    assert pairs[ZHONGSHAN, LUXIAN].offers.sent == 1
    assert pairs[ZHONGSHAN, LUXIAN].requests.sent == 0
    assert pairs[LUXIAN, ZHONGSHAN].requests.sent == 1
    assert report().pairs == ()


def test_one_answer_is_its_own_median_and_ninetieth_percentile() -> None:
    found = figures(accepted(1, 5)).offers
    assert (found.days_median, found.days_ninety) == (4.0, 4.0)
    none = figures(offer(1)).offers
    assert (none.answered, none.days_median, none.days_ninety) == (0, None, None)


@pytest.mark.parametrize("seed", range(5))
def test_median_and_ninetieth_percentile_are_those_of_statistics_and_of_the_definition(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a world, no secret
    waits = [chance.randrange(40) for _ in range(chance.randrange(2, 60))]
    found = figures(*(returned(1, 1 + wait) for wait in waits)).requests
    assert found.days_median == statistics.median(waits)
    assert found.days_ninety == pytest.approx(statistics.quantiles(waits, n=10, method="inclusive")[8], abs=0.01)
    ordered, at = sorted(waits), 0.9 * (len(waits) - 1)
    low = ordered[int(at)]
    high = ordered[min(int(at) + 1, len(waits) - 1)]
    assert found.days_ninety == pytest.approx(low + (high - low) * (at - int(at)), abs=0.01)
