"""Whole nodes witness each other's ledgers over a real broker: growth is cosigned, a rewritten past is not."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.members import alarms, transfer
from tests.federation.processes import NodeProcess, until
from tests.logbook import an_entry, append, rewrite
from tests.trust import shared
from transfer.crypto.ledger_keys import verifiers, witnesses
from transfer.crypto.notes import verify, witnessed
from transfer.ledger.checkpoint import Checkpoint
from transfer.storage.checkpoints import SqlCheckpoints
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_heads, ledger_seen
from transfer.storage.store import Store
from transfer.telemetry import clock

pytestmark = [pytest.mark.federation, pytest.mark.broker]


def state(ground: Ground, region: str) -> Path:
    return ground.folder / f"state-{region}"


def brisk(ground: Ground, region: str) -> Mapping[str, Any]:
    return {"checkpoint_every": 0.5, "state": state(ground, region)}


async def a_node(ground: Ground, region: str) -> NodeProcess:
    return await ground.node(region, **brisk(ground, region))


def store_of(ground: Ground, region: str) -> Store:
    return Store(engine=ground.engines[region], region=region, clock=clock.now, new_id=uuid4)


async def grow(ground: Ground, region: str, start: int, stop: int) -> None:
    """While the region's node is down, so that nobody else gives places."""
    await append(store_of(ground, region), *(an_entry(number) for number in range(start, stop)))


async def cosigned(ground: Ground, region: str, by: str, size: int) -> tuple[Checkpoint, str]:
    """The last checkpoint of the region once the other has cosigned one of so many entries, as a note with that."""
    found: list[tuple[Checkpoint, str]] = []

    async def told() -> bool:
        for head, lines in await SqlCheckpoints(store=store_of(ground, region)).own(20):
            if head.checkpoint.size >= size and (mine := [one.line for one in lines if one.region == by]):
                found.append((head.checkpoint, head.note + mine[0]))
        return bool(found)

    await until(told, what=f"{by} cosigns {size} entries of {region}")
    return found[0]


async def test_two_regions_cosign_each_other_also_after_one_was_away(ground: Ground) -> None:
    listed = shared().directory().by_code
    for region in (ZHONGSHAN, LUXIAN):
        await grow(ground, region, 0, 13)
    zhongshan, luxian = await a_node(ground, ZHONGSHAN), await a_node(ground, LUXIAN)
    for region, by in ((ZHONGSHAN, LUXIAN), (LUXIAN, ZHONGSHAN)):
        checkpoint, note = await cosigned(ground, region, by, 13)
        assert verify(note, verifiers(listed[region])).text == checkpoint.text
        assert len(witnessed(note, witnesses(listed[by]))) == 1
        assert state(ground, region).joinpath("ledger.head").read_text().startswith(f"legalaid/{region}\n")
    luxian.kill()
    await zhongshan.stop()
    await grow(ground, ZHONGSHAN, 13, 40)
    zhongshan = await a_node(ground, ZHONGSHAN)
    luxian = await a_node(ground, LUXIAN)
    await cosigned(ground, ZHONGSHAN, LUXIAN, 40)
    for node in (zhongshan, luxian):
        assert await alarms(node, "ledger_forked") == 0


async def test_a_region_that_rewrites_its_past_with_its_own_key_is_caught_and_both_ends_hear_of_it(
    ground: Ground,
) -> None:
    await grow(ground, ZHONGSHAN, 0, 13)
    zhongshan, luxian = await a_node(ground, ZHONGSHAN), await a_node(ground, LUXIAN)
    honest, _ = await cosigned(ground, ZHONGSHAN, LUXIAN, 13)
    await zhongshan.stop()
    store = store_of(ground, ZHONGSHAN)
    await rewrite(store, 4, ", rewritten")
    async with store.writing() as connection:
        await connection.execute(delete(ledger_cosignatures))
        await connection.execute(delete(ledger_heads))
    state(ground, ZHONGSHAN).joinpath("ledger.head").unlink()
    zhongshan = await a_node(ground, ZHONGSHAN)
    for node in (luxian, zhongshan):
        [said, *_] = await node.logs("ledger_forked")
        assert said["level"] == "error"
        assert await alarms(node, "ledger_forked") >= 1
    async with store_of(ground, LUXIAN).writing() as connection:
        rows = (await connection.execute(select(ledger_seen).order_by(ledger_seen.c.row))).all()
    kept = [(row.size, row.verdict) for row in rows if row.region == ZHONGSHAN]
    assert kept[0] == (honest.size, "cosigned")
    assert [verdict for _, verdict in kept].count("refused") == 1
    async with store.writing() as connection:
        assert (await connection.execute(select(ledger_cosignatures))).all() == []
    shown = await transfer("audit", "checkpoints", settings=luxian.plan.settings)
    assert (shown.returncode, "FORKED" in shown.stdout) == (0, True), shown.stderr


async def test_a_node_whose_file_and_database_disagree_does_not_serve(ground: Ground) -> None:
    await grow(ground, ZHONGSHAN, 0, 13)
    zhongshan = await a_node(ground, ZHONGSHAN)
    await until(lambda: state(ground, ZHONGSHAN).joinpath("ledger.head").exists(), what="the checkpoint is filed")
    await zhongshan.stop()
    await rewrite(store_of(ground, ZHONGSHAN), 4, ", rewritten")
    ended = await transfer("serve", settings={**zhongshan.plan.settings, "port": 0})
    assert ended.returncode == 1
    assert "are not those of" in ended.stderr
    assert "docs/ledger.md" in ended.stderr
