"""A node in several processes on one database: they wake one another, and take over from one another."""

import asyncio
import signal
import time
from typing import Any

import pytest
from sqlalchemy import text

from tests.federation.fates import Point
from tests.federation.ground import LUXIAN, ON_POSTGRES, ZHONGSHAN, Ground

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.postgres, ON_POSTGRES]

STOPPED: dict[str, Any] = {"signal": signal.SIGSTOP}


async def test_api_relay_and_inbound_as_three_processes_wake_one_another(ground: Ground) -> None:
    slow: dict[str, Any] = {"poll": 30.0}
    for region in (ZHONGSHAN, LUXIAN):
        for role in ("relay", "inbound"):
            await ground.node(region, roles=role, **slow)
    zhongshan, luxian = [await ground.node(region, roles="api", **slow) for region in (ZHONGSHAN, LUXIAN)]
    times: list[float] = []
    for _ in range(5):
        cases = await zhongshan.do("open")
        started = time.monotonic()
        await zhongshan.do("offer", cases=cases, to=LUXIAN)
        await ground.shows(ZHONGSHAN, lambda view: not view.unsettled, what="the receipt is in")
        times.append(time.monotonic() - started)
        await luxian.do("sign_for", cases=cases)
        await ground.knows(ZHONGSHAN, cases, state="signed_for", seconds=10)
    # There and back through four processes: the polls alone would take up to a minute.
    assert min(times) < 1.5
    assert max(times) < 10
    await ground.agree()


async def test_a_relay_that_lost_its_listening_connection_looks_by_itself_and_listens_again(ground: Ground) -> None:
    await ground.node(LUXIAN)
    await ground.node(ZHONGSHAN, roles="inbound")
    relay = await ground.node(ZHONGSHAN, roles="relay", poll=1.0)
    zhongshan = await ground.node(ZHONGSHAN, roles="api")
    async with ground.engines[ZHONGSHAN].begin() as connection:
        ended = await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'").execution_options(
                autocommit=True
            )
        )
        assert ended.all()
    cases = await zhongshan.do("open")
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await ground.knows(LUXIAN, cases)
    [failed, *_] = await relay.logs("duty_failed")
    assert failed["duty"] == "listener"
    await ground.agree()


@pytest.mark.parametrize("point", [Point.TO_PUBLISH, Point.PUBLISHED], ids=lambda point: point.name.lower())
async def test_a_relay_that_slept_past_its_lease_repeats_at_most_and_writes_nothing(
    ground: Ground, point: Point
) -> None:
    await ground.node(LUXIAN)
    zhongshan = await ground.node(ZHONGSHAN, roles="api,inbound")
    quiet: dict[str, Any] = {"resend_first": 600.0, "resend_longest": 600.0, "silence": 600.0}
    sleeper = await ground.node(ZHONGSHAN, roles="relay", plan={"end_at": point, **STOPPED}, **quiet)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await sleeper.has_stopped()
    # Its shards are free when the lease has run out; the other one sends what lies there, and what comes.
    await ground.node(ZHONGSHAN, roles="relay", **quiet)
    await ground.knows(LUXIAN, [case])
    await zhongshan.do("recall", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="released")
    await zhongshan.do("chat", case=case, turns=4)
    before = await ground.agree()
    assert {row.attempts for row in before[ZHONGSHAN].outbox} <= {0, 1}
    sleeper.thaw()
    await sleeper.do("ready")
    await zhongshan.do("stage", cases=[case])
    after = await ground.agree()
    kept = {row.message: row for row in after[ZHONGSHAN].outbox}
    assert [kept[row.message] for row in before[ZHONGSHAN].outbox] == before[ZHONGSHAN].outbox


async def test_two_relays_share_the_work_and_one_takes_over_from_the_other(ground: Ground) -> None:
    await ground.node(LUXIAN)
    zhongshan = await ground.node(ZHONGSHAN, roles="api,inbound")
    first = await ground.node(ZHONGSHAN, roles="relay")
    await ground.node(ZHONGSHAN, roles="relay")
    for ending in (first.kill, None):
        cases = await zhongshan.do("open", count=10)
        await zhongshan.do("offer", cases=cases, to=LUXIAN)
        await ground.knows(LUXIAN, cases, seconds=8)
        if ending:
            ending()
    await ground.agree()


@pytest.mark.parametrize("point", [Point.RECEIVED, Point.STORED], ids=lambda point: point.name.lower())
async def test_a_second_inbound_takes_over_from_one_that_is_frozen(ground: Ground, point: Point) -> None:
    zhongshan = await ground.node(ZHONGSHAN)
    await ground.node(LUXIAN, roles="api,relay")
    sleeper = await ground.node(LUXIAN, roles="inbound", plan={"end_at": point, **STOPPED})
    await ground.node(LUXIAN, roles="inbound")
    cases = await zhongshan.do("open", count=5)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await sleeper.has_stopped()
    # The broker gives the inbox to the next consumer when the frozen one has missed its heartbeats.
    await ground.knows(LUXIAN, cases)
    await ground.agree()
    sleeper.thaw()
    await sleeper.logs("broker_unreachable")
    more = await zhongshan.do("open", count=5)
    await asyncio.gather(zhongshan.do("offer", cases=more, to=LUXIAN), sleeper.ready())
    await ground.agree()
