"""Buckets of tokens: how often something may be tried, by whom, and what is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from transfer.web.faults import TooManyRequests
from transfer.web.limits import Limited, Limits

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


def spent(limits: Limits, kind: Limited, who: str) -> None:
    for _ in range(kind.value.burst):
        limits.take(kind, who)


def test_after_a_burst_one_must_wait_and_is_told_how_long() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    spent(limits, Limited.SIGN_IN, "198.51.100.7")
    clock.now += timedelta(seconds=10)
    with pytest.raises(TooManyRequests) as refused:
        limits.take(Limited.SIGN_IN, "198.51.100.7")
    assert refused.value.headers == {"Retry-After": "20"}
    assert refused.value.members == {"retry_after": 20}
    clock.now += timedelta(seconds=20)
    limits.take(Limited.SIGN_IN, "198.51.100.7")
    with pytest.raises(TooManyRequests):
        limits.take(Limited.SIGN_IN, "198.51.100.7")


def test_however_long_one_waits_no_more_than_a_burst_is_open() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    limits.take(Limited.STATUS, "a")
    clock.now += timedelta(days=30)
    spent(limits, Limited.STATUS, "a")
    with pytest.raises(TooManyRequests):
        limits.take(Limited.STATUS, "a")


def test_each_kind_and_each_client_has_a_bucket_of_its_own() -> None:
    limits = Limits(clock=Clock())
    spent(limits, Limited.STATUS, "198.51.100.7")
    limits.take(Limited.STATUS, "198.51.100.8")
    limits.take(Limited.SIGN_IN, "198.51.100.7")


@pytest.mark.parametrize(
    ("one", "other"), [("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"), ("198.51.100.7", "::ffff:198.51.100.7")]
)
def test_the_addresses_of_one_home_share_a_bucket(one: str, other: str) -> None:
    limits = Limits(clock=Clock())
    spent(limits, Limited.STATUS, one)
    with pytest.raises(TooManyRequests):
        limits.take(Limited.STATUS, other)
    limits.take(Limited.STATUS, "2001:db8:1:3::1")


def test_a_clock_that_is_set_back_makes_nobody_wait_for_more_than_one() -> None:
    clock = Clock()
    limits = Limits(clock=clock)
    limits.take(Limited.STATUS, "a")
    clock.now -= timedelta(hours=1)
    with pytest.raises(TooManyRequests):
        limits.take(Limited.STATUS, "a")
    clock.now += timedelta(seconds=60)
    limits.take(Limited.STATUS, "a")


def test_of_too_many_buckets_the_one_unused_longest_goes() -> None:
    limits = Limits(clock=Clock(), most_kept=2)
    spent(limits, Limited.STATUS, "a")
    spent(limits, Limited.STATUS, "b")
    limits.take(Limited.UPLOAD, "c")
    with pytest.raises(TooManyRequests):
        limits.take(Limited.STATUS, "b")
    limits.take(Limited.STATUS, "a")
