"""Nodes over a real broker whose records were changed behind their backs: it is named, and healed where it is safe."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from tests.federation.ground import LUXIAN, STAGE, ZHONGSHAN, Ground
from tests.federation.members import alarms, transfer
from tests.federation.processes import NodeProcess, until
from transfer.domain.clocks import CHINA
from transfer.storage.engine import reading, writing
from transfer.storage.reconciling import DIFFERENCES
from transfer.storage.tables import inbox, outbox, reconciliations
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker]

BRISK: Mapping[str, Any] = {"reconcile_poll": 1.0}
AHEAD = timedelta(days=2).total_seconds()


async def told(ground: Ground, followed: int = 2) -> tuple[NodeProcess, NodeProcess, list[UUID]]:
    """Two nodes, and the stages that Zhongshan has told Luxian of."""
    zhongshan, luxian = await ground.node(ZHONGSHAN, **BRISK), await ground.node(LUXIAN, **BRISK)
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.knows(LUXIAN, [case])
    await zhongshan.do("recall", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="released")
    await zhongshan.do("chat", case=case, turns=followed)
    views = await ground.agree()
    return zhongshan, luxian, [row.message for row in views[ZHONGSHAN].outbox if row.type == STAGE]


async def behind_the_back(ground: Ground, region: str, change: Any) -> None:
    async with writing(ground.engines[region]) as connection:
        assert (await connection.execute(change)).rowcount == 1


async def result(ground: Ground, region: str) -> list[tuple[str, str, UUID]]:
    """What the region has found, once it has."""
    found: list[Any] = []

    async def done() -> bool:
        async with reading(ground.engines[region]) as connection:
            rows = (await connection.execute(select(reconciliations))).all()
        found[:] = [row for row in rows if row.answered_at is not None]
        return bool(found)

    await until(done, what=f"{region} has compared its records")
    [row] = found
    differences = DIFFERENCES.validate_json(row.differences)
    return [(one.direction.value, one.difference.value, one.message) for one in differences]


async def compared(ground: Ground, node: NodeProcess, region: str, other: str) -> list[tuple[str, str, UUID]]:
    """What it finds when somebody has it compare all up to now with the other."""
    tomorrow = (clock.now() + timedelta(days=1)).astimezone(CHINA)
    words = ("reconcile", "run", other, "--until", f"{tomorrow:%Y-%m-%d}")
    ran = await transfer(*words, settings=node.plan.settings)
    assert ran.returncode == 0, ran.stderr
    return await result(ground, region)


async def test_records_that_are_alike_are_found_so_without_anybody_asking(ground: Ground) -> None:
    zhongshan, luxian, _ = await told(ground)
    before = {row.message for region in ground.urls for row in (await ground.see(region)).outbox}
    # A letter from two days ahead would be refused.
    await asyncio.gather(*(node.do("set_clock", ahead=AHEAD) for node in (zhongshan, luxian)))
    # The ids of the questions are made by the clock that was not set, so they lie in the period, too.
    for region in (ZHONGSHAN, LUXIAN):
        assert before.isdisjoint(message for *_, message in await result(ground, region))


async def test_a_message_that_was_sent_and_never_came_is_named_and_comes(ground: Ground) -> None:
    zhongshan, luxian, _ = await told(ground)
    tap = await ground.tap(ZHONGSHAN, LUXIAN, instead=True)
    [case] = (await ground.see(ZHONGSHAN)).cases
    # As after a broker lost it: published long ago, and not to be sent again for long.
    await zhongshan.do("stage", cases=[case])
    await tap.messages(1)
    await zhongshan.stop()
    [lost] = [row for row in (await ground.see(ZHONGSHAN)).outbox if row.settled_at is None]
    far = clock.now() + timedelta(days=30)
    await behind_the_back(
        ground, ZHONGSHAN, update(outbox).where(outbox.c.message == lost.message).values(retry_at=far)
    )
    ground.bind(ZHONGSHAN, LUXIAN)
    await tap.close()
    zhongshan = await ground.node(ZHONGSHAN, **BRISK, resend_longest=3600.0)
    assert await compared(ground, zhongshan, ZHONGSHAN, LUXIAN) == [("out", "NOT_RECEIVED", lost.message)]
    views = await ground.agree()
    assert lost.message in {row.message for row in views[LUXIAN].inbox}
    assert await luxian.do("ready")


async def test_a_lost_receipt_is_named_and_given_again(ground: Ground) -> None:
    zhongshan, _, stages = await told(ground)
    await zhongshan.stop()
    far = clock.now() + timedelta(days=30)
    forgotten = update(outbox).where(outbox.c.message == stages[0])
    await behind_the_back(ground, ZHONGSHAN, forgotten.values(outcome=None, settled_at=None, retry_at=far))
    zhongshan = await ground.node(ZHONGSHAN, **BRISK)
    assert await compared(ground, zhongshan, ZHONGSHAN, LUXIAN) == [("out", "RECEIPT_LOST", stages[0])]
    views = await ground.agree()
    [row] = [row for row in views[ZHONGSHAN].outbox if row.message == stages[0]]
    assert (row.outcome, row.settled_at is not None) == ("applied", True)
    assert len([row for row in views[LUXIAN].history if row.message == stages[0]]) == 1


async def test_a_row_deleted_from_the_outbox_is_an_alarm_and_is_not_healed(ground: Ground) -> None:
    zhongshan, _, stages = await told(ground)
    await behind_the_back(ground, ZHONGSHAN, delete(outbox).where(outbox.c.message == stages[1]))
    assert await compared(ground, zhongshan, ZHONGSHAN, LUXIAN) == [("out", "NEVER_SENT", stages[1])]
    [line] = await zhongshan.logs("records_differ")
    assert (line["message"], line["difference"], line["heals"]) == (str(stages[1]), "NEVER_SENT", False)
    assert await alarms(zhongshan, "records_differ") == 1
    assert stages[1] not in {row.message for row in (await ground.see(ZHONGSHAN)).outbox}


async def test_a_row_deleted_from_the_inbox_is_an_alarm_and_is_not_sent_again(ground: Ground) -> None:
    zhongshan, luxian, stages = await told(ground)
    await behind_the_back(ground, LUXIAN, delete(inbox).where(inbox.c.message == stages[0]))
    assert await compared(ground, zhongshan, ZHONGSHAN, LUXIAN) == [("out", "RECORD_LOST", stages[0])]
    assert await compared(ground, luxian, LUXIAN, ZHONGSHAN) == [("in", "RECORD_LOST", stages[0])]
    for node in (zhongshan, luxian):
        assert await alarms(node, "records_differ") == 1
    assert not luxian.log("content_conflict")
    [row] = [row for row in (await ground.see(ZHONGSHAN)).outbox if row.message == stages[0]]
    assert (row.attempts, row.outcome) == (1, "applied")
