"""Terms that fall due on a real node: what is due is found, said once, and told to the superior by message."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from tests.integration.api_node import LUXIAN, Api
from transfer.messages.envelope import decode_attributes
from transfer.storage.tables import outbox
from transfer.telemetry import clock
from transfer.workers.watch import Watcher


def watcher(api: Api) -> Watcher:
    return Watcher(desk=api.node.desk, views=api.node.views, context=api.node.context)


async def received(api: Api, *, days_ago: int) -> dict[str, Any]:
    at = clock.now() - timedelta(days=days_ago)
    return await api.opened(received_at=at.isoformat())


async def told(api: Api, case: dict[str, Any]) -> list[str]:
    items = (await api.get(f"/v1/cases/{case['id']}/clocks")).body["items"]
    return list(items[0]["clock"]["told"])


async def test_each_case_is_told_once_what_is_true_of_it(there: Api) -> None:
    fresh, late = await received(there, days_ago=0), await received(there, days_ago=60)
    watching = watcher(there)
    assert await watching.watch_once() == 1
    assert (await told(there, fresh), await told(there, late)) == ([], ["OVERDUE", "ESCALATED"])
    assert await watching.watch_once() == 0
    events = [line["event"] for line in await there.items(f"/v1/cases/{late['id']}/history")]
    assert events == ["case_opened", "clocks_watched"]


async def test_two_processes_that_look_at_once_say_it_once(there: Api) -> None:
    cases = [await received(there, days_ago=60) for _ in range(5)]
    counted = await asyncio.gather(watcher(there).watch_once(), watcher(there).watch_once())
    assert sum(counted) == len(cases)
    for case in cases:
        assert await told(there, case) == ["OVERDUE", "ESCALATED"]


async def test_the_superior_region_is_told_by_message(there: Api) -> None:
    case = await received(there, days_ago=60)
    await watcher(there).watch_once()
    async with there.node.store.writing() as connection:
        [row] = (await connection.execute(select(outbox.c.recipient, outbox.c.body))).all()
    attributes = decode_attributes(row.body)
    assert (row.recipient, attributes.type) == ("510000", "legalaid.case.term_overdue.v1")
    assert (attributes.source, str(attributes.conversation)) == (LUXIAN, case["id"])


async def test_more_cases_than_one_look_takes_are_told_look_by_look(there: Api) -> None:
    for _ in range(52):
        await received(there, days_ago=60)
    watching = watcher(there)
    assert [await watching.watch_once() for _ in range(3)] == [50, 2, 0]


async def test_a_stated_limitation_is_watched(there: Api) -> None:
    last = (clock.now() + timedelta(days=20)).date().isoformat()
    case = await there.opened(limitation_on=last)
    assert await watcher(there).watch_once() == 1
    items = (await there.get(f"/v1/cases/{case['id']}/clocks")).body["items"]
    told_of = {one["clock"]["rule"]: one["clock"]["told"] for one in items}
    assert told_of == {"REVIEW": [], "STATED_LIMITATION": ["REMINDED"]}
