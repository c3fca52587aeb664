"""kill -9 at every point between a decision and its receipt: nothing is lost, nothing is applied twice.

Messages are not sent again for want of a receipt here, so nothing else can heal what a death leaves behind.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest

from tests.federation.fates import Point
from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.processes import NodeDied, NodeProcess

pytestmark = [pytest.mark.federation, pytest.mark.broker]

INBOUND = (Point.RECEIVED, Point.APPLIED, Point.STORED, Point.ACKED)
SENDER = (Point.COMMITTED, Point.TO_PUBLISH, Point.PUBLISHED, Point.NOTED, *INBOUND)
RECEIVER = (*INBOUND, Point.RECEIPTS_TO_SEND, Point.RECEIPTS_SENT, Point.RECEIPTS_NOTED)


NO_RESENDING: Mapping[str, Any] = {"resend_first": 600.0, "resend_longest": 600.0, "silence": 600.0}
KEY = {Point.COMMITTED, Point.PUBLISHED, Point.APPLIED, Point.STORED, Point.RECEIPTS_SENT}
"""Those that are also tried on PostgreSQL."""


def at(*points: Point) -> pytest.MarkDecorator:
    """Each point on SQLite, the key ones on PostgreSQL too."""
    chosen = [("sqlite", point) for point in points] + [("postgresql", point) for point in points if point in KEY]
    return pytest.mark.parametrize(
        ("ground", "point"),
        [
            pytest.param(kind, point, marks=[pytest.mark.postgres] if kind == "postgresql" else [])
            for kind, point in chosen
        ],
        ids=[f"{point.name.lower()}-{kind}" for kind, point in chosen],
        indirect=["ground"],
    )


async def goes_on(ground: Ground, luxian: NodeProcess, cases: list[str]) -> None:
    """Both regions go on as if nothing had happened, and agree at the end."""
    await ground.knows(LUXIAN, cases, state="offered")
    await luxian.do("sign_for", cases=cases)
    await luxian.do("accept", cases=cases)
    await luxian.do("stage", cases=cases)
    await ground.knows(ZHONGSHAN, cases, state="accepted")
    views = await ground.agree()
    assert {views[ZHONGSHAN].cases[case].holder for case in cases} == {LUXIAN}
    assert not [node.name for node in ground.nodes if node.log("receipt_for_other_content")]


@at(*SENDER)
async def test_a_sender_killed_anywhere_loses_and_doubles_nothing(ground: Ground, point: Point) -> None:
    zhongshan = await ground.node(ZHONGSHAN, **NO_RESENDING)
    luxian = await ground.node(LUXIAN, **NO_RESENDING)
    cases = await zhongshan.do("open", count=3)
    await zhongshan.stop()
    doomed = await ground.node(ZHONGSHAN, plan={"end_at": point}, **NO_RESENDING)
    with suppress(NodeDied):
        await doomed.do("offer", cases=cases, to=LUXIAN)
    await doomed.has_died()
    zhongshan = await ground.node(ZHONGSHAN, **NO_RESENDING)
    known = await ground.see(ZHONGSHAN)
    # What a clerk does whose page gave no answer: look, and offer what was not offered.
    await zhongshan.do("offer", cases=[case for case in cases if not known.transfers[case]], to=LUXIAN)
    await goes_on(ground, luxian, cases)


@at(*RECEIVER)
async def test_a_receiver_killed_anywhere_loses_and_doubles_nothing(ground: Ground, point: Point) -> None:
    zhongshan = await ground.node(ZHONGSHAN, **NO_RESENDING)
    doomed = await ground.node(LUXIAN, plan={"end_at": point}, **NO_RESENDING)
    cases = await zhongshan.do("open", count=3)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    await doomed.has_died()
    luxian = await ground.node(LUXIAN, **NO_RESENDING)
    await goes_on(ground, luxian, cases)


@at(Point.DECIDED, Point.COMMITTED)
async def test_a_request_repeated_after_the_api_was_killed_has_one_effect(ground: Ground, point: Point) -> None:
    zhongshan = await ground.node(ZHONGSHAN, **NO_RESENDING)
    await ground.node(LUXIAN, **NO_RESENDING)
    [case] = await zhongshan.do("open")
    await zhongshan.stop()
    doomed = await ground.node(ZHONGSHAN, plan={"end_at": point}, **NO_RESENDING)
    with pytest.raises(NodeDied):
        await doomed.do("offer_by_key", case=case, to=LUXIAN, key="one request")
    zhongshan = await ground.node(ZHONGSHAN, **NO_RESENDING)
    first = await zhongshan.do("offer_by_key", case=case, to=LUXIAN, key="one request")
    again = await zhongshan.do("offer_by_key", case=case, to=LUXIAN, key="one request")
    assert first == again == f"{case} 2"
    views = await ground.agree()
    assert len(views[ZHONGSHAN].outbox) == 1
    assert len(views[LUXIAN].transfers[case]) == 1
