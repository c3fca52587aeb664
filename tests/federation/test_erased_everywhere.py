"""A case is erased by its holder, and by the region that had a copy, over a broker."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from tests.erasing import LONG_AGO, TABLE
from tests.federation.ground import LUXIAN, ON_BOTH, ZHONGSHAN, Ground
from tests.federation.markers import MARKS
from tests.federation.search import found
from tests.federation.stage import played
from tests.noted import noted
from tests.trust import shared
from transfer.actions import commands
from transfer.crypto.statements import read_statement
from transfer.ledger.entry import Kind, canonical
from transfer.messages.codes import RecallReason
from transfer.messages.envelope import digest_of
from transfer.messages.erasure import DestructionReceipt
from transfer.ports.ledger import Happened
from transfer.storage import tables
from transfer.storage.engine import reading
from transfer.storage.store import Store
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]

ONE_MONTH = {**TABLE, "length": 1, "unit": "MONTH"}
ENDED = LONG_AGO[:10]
REFUSED: dict[str, Any] = {
    "basis": "LAL_43_1",
    "part": {"kind": "decision", "refusals": [{"reason": "NOT_IN_HARDSHIP"}]},
}


@ON_BOTH
async def test_an_erased_case_leaves_nothing_in_either_database_and_both_sign_for_it(ground: Ground) -> None:
    await table_loaded(ground)
    async with played(ground) as stage:
        zhongshan = await asyncio.to_thread(stage.node, ZHONGSHAN)
        luxian = await asyncio.to_thread(stage.node, LUXIAN)
        case = await asyncio.to_thread(stage.open, zhongshan, received_at=LONG_AGO)
        await asyncio.to_thread(stage.offer, zhongshan, case, LUXIAN)
        await asyncio.to_thread(stage.in_state, luxian, case, "offered")
        reason = {"reason": RecallReason.SENT_IN_ERROR}
        await asyncio.to_thread(lambda: stage.press(zhongshan, "recall", case, ZHONGSHAN, **reason))
        await asyncio.to_thread(stage.in_state, zhongshan, case, "released")
        for name, part in (
            ("under_review", {}),
            (
                "refused",
                {"basis": "LAL_43_1", "part": {"kind": "decision", "refusals": [{"reason": "NOT_IN_HARDSHIP"}]}},
            ),
            ("archived", {"part": {"kind": "archive"}}),
        ):
            body = stage.command(commands.PublishStage, ZHONGSHAN, stage=name, occurred_on=ENDED, **part)
            await asyncio.to_thread(zhongshan.do, f"/v1/cases/{case}/stages", body)
        await asyncio.to_thread(lambda: stage.shows(luxian, case, lambda known: known["stage"]["stage"] == "archived"))
        await ground.shows(ZHONGSHAN, lambda view: not view.unsettled, what="all receipts are in")
        await ground.shows(LUXIAN, lambda view: not view.unsettled, what="all receipts are in")
        for region in (ZHONGSHAN, LUXIAN):
            assert marks_in(await dumped(ground, region)), "the search finds what is there"
        await asyncio.to_thread(lambda: stage.own(zhongshan, "erase/proposal", case, basis="TERM_OVER"))
        await exported(ground, UUID(case))
        await asyncio.to_thread(stage.own, zhongshan, "erase", case)
        await asyncio.to_thread(
            lambda: stage.shows(zhongshan, case, lambda known: known["handling"]["erasures"][0]["words"])
        )
        [done] = (await asyncio.to_thread(zhongshan.case, case))["handling"]["erasures"]
        for region, token in ((ZHONGSHAN, done["receipt"]), (LUXIAN, done["words"][0]["receipt"])):
            said = read_statement(token, DestructionReceipt, shared().directory(), clock.now())
            assert (said.by, str(said.case)) == (region, case)
            told = await noted(ground.engines[region], Kind.ERASED)
            assert len(told) == 3
            assert marks_in(await dumped(ground, region)) == []


async def table_loaded(ground: Ground) -> None:
    content = canonical({"version": "2026-12-01", "note": "表", "retentions": [ONE_MONTH]})
    row = {"number": 1, "origin": "loaded", "version": "2026-12-01", "digest": digest_of(content), "content": content}
    async with ground.engines[ZHONGSHAN].begin() as connection:
        await connection.execute(insert(tables.rule_sets), {**row, "by": "管理员", "at": clock.now()})


async def exported(ground: Ground, case: UUID) -> None:
    """As the command for auditors notes it."""
    store = Store(engine=ground.engines[ZHONGSHAN], region=ZHONGSHAN, clock=clock.now, new_id=clock.new_id)
    facts = {"what": "bundle", "range": str(case), "digest": digest_of(b"bundle"), "size": 6}
    async with store.work() as work:
        work.note(Happened(kind=Kind.EXPORT, at=clock.now(), case=case, facts=facts))


async def dumped(ground: Ground, region: str) -> dict[str, bytes]:
    """All rows, table by table."""
    async with reading(ground.engines[region]) as connection:
        return {
            one.name: b"\n".join(
                cell if isinstance(cell, bytes) else str(cell).encode()
                for row in (await connection.execute(select(one))).all()
                for cell in row
            )
            for one in tables.metadata.sorted_tables
        }


def marks_in(left: dict[str, bytes]) -> list[str]:
    return list(found(left, MARKS))
