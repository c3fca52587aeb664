"""A region is wiped and brought back from an old backup: nothing is lost, nothing doubled, one holder always."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import delete, select, update

from tests.federation.checks import View
from tests.federation.fates import Point
from tests.federation.ground import LUXIAN, ON_BOTH, ZHONGSHAN, Ground
from tests.federation.members import Members, alarms, readiness, transfer
from tests.federation.processes import NodeProcess, NodeRefused, until
from tests.trust import DRAFT
from transfer.crypto.directory import Draft
from transfer.messages.recovery import CONTENT_CHARACTERS
from transfer.storage.engine import reading, writing
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_seen
from transfer.storage.tables import inbox

DEATHS: Final = (
    (Point.RETAKING, 1),
    (Point.RETAKEN, 1),
    (Point.RETAKING, 6),
    (Point.RETAKEN, 5),
    (Point.RETAKEN, 1),
    (Point.RECOVERED, 1),
)
"""Where it dies, and at which time that it comes there."""
EVENING: Final = 10
DAY: Final = 40
"""Cases that are offered and accepted before the backup, and after it."""
OF_A_CASE: Final = 3
"""Messages of one case at least: the offer, that it was signed for, that it was accepted."""
pytestmark = [pytest.mark.federation, pytest.mark.broker]


class Drill:
    """The regions of a ground, listed by a directory of their own, so that all can be asked."""

    def __init__(self, ground: Ground, **settings: Any) -> None:
        self.ground = ground
        self.members = Members.of(ground)
        self.settings = {"reconcile_poll": 0.3, **settings}
        others = [one.code for one in Draft.load(DRAFT).regions if one.code not in ground.urls]
        self.members.put(self.members.directory(without=others))

    @property
    def backup(self) -> Path:
        return self.ground.folder / "last night"

    async def node(self, region: str, **more: Any) -> NodeProcess:
        state = self.ground.folder / f"state-{region}"
        return await self.members.node(region, state=state, **self.settings, **more)

    async def nodes(self) -> dict[str, NodeProcess]:
        return {region: await self.node(region) for region in self.ground.urls}

    async def run(self, node: NodeProcess, *words: str) -> None:
        done = await transfer(*words, settings=node.plan.settings)
        assert done.returncode == 0, done.stdout + done.stderr

    async def wiped_and_restored(self, node: NodeProcess) -> None:
        """The database is gone with its machine; last night's copy takes its place."""
        region = node.plan.settings["region"]
        node.kill()
        await self.ground.engines[region].dispose()
        if self.ground.urls[region].startswith("sqlite"):
            for file in self.ground.folder.glob(f"{region}.db*"):
                file.unlink()
        else:
            await asyncio.sleep(1.1)  # the lease of the process that was killed runs out
        words = ("--replace", "--by", "周主任", "--reason", "磁盘损坏")
        await self.run(node, "restore", "from", str(self.backup), *words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Luxian with a copy of last night, and a day that is not in it. ``case`` and ``own`` are from before, ``fresh``
    was opened in that day; ``before`` is Luxian's record at its end."""

    drill: Drill
    nodes: dict[str, NodeProcess]
    case: str
    own: str
    fresh: str
    before: View


async def a_lost_day(ground: Ground) -> Lost:
    drill = Drill(ground)
    nodes = await drill.nodes()
    zhongshan, luxian = nodes[ZHONGSHAN], nodes[LUXIAN]
    [case], [own] = await zhongshan.do("open"), await luxian.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await luxian.do("offer", cases=[own], to=ZHONGSHAN)
    await ground.knows(LUXIAN, [case])
    await ground.knows(ZHONGSHAN, [own])
    await luxian.do("sign_for", cases=[case])
    await ground.agree()
    await drill.run(luxian, "backup", "--out", str(drill.backup))
    fresh = await a_day(nodes, ground, case, own)
    before = (await ground.agree())[LUXIAN]
    return Lost(drill=drill, nodes=nodes, case=case, own=own, fresh=fresh, before=before)


def alike(after: View, before: View) -> None:
    """The same messages, in the same places with the same ends, and cases that stand as they stood."""

    def sent(view: View) -> set[tuple[Any, ...]]:
        rows = (row for row in view.outbox if "recovery" not in row.type)
        return {(row.message, row.conversation, row.sequence, row.digest, row.outcome) for row in rows}

    def received(view: View) -> set[tuple[Any, ...]]:
        rows = (row for row in view.inbox if "recovery" not in row.type)
        return {(row.message, row.conversation, row.sequence, row.digest, row.outcome) for row in rows}

    assert sent(after) == sent(before)
    assert received(after) == received(before)
    for one in before.cases:
        assert [row.institution for row in after.tenures[one]] == [row.institution for row in before.tenures[one]]
        assert [(t.id, t.state) for t in after.transfers[one]] == [(t.id, t.state) for t in before.transfers[one]]
        assert [(r.id, r.state) for r in after.requests[one]] == [(r.id, r.state) for r in before.requests[one]]
        assert after.cases[one].stage == before.cases[one].stage


async def go_on(lost: Lost, zhongshan: NodeProcess, luxian: NodeProcess) -> None:
    """Both regions do what comes next."""
    await luxian.do("stage", cases=[lost.case], stage="suspended")
    await luxian.do("offer", cases=[lost.fresh], to=ZHONGSHAN)
    await zhongshan.do("stage", cases=[lost.own])
    await lost.drill.ground.agree()
    await all_well(lost.drill, zhongshan, luxian)


async def all_well(drill: Drill, zhongshan: NodeProcess, luxian: NodeProcess) -> None:
    """Nobody has anything to complain of."""
    for node in (zhongshan, luxian):
        for kind in ("content_conflict", "receipt_for_other_content", "records_differ"):
            assert await alarms(node, kind) == 0
    await drill.run(luxian, "audit", "verify")


async def recovered(node: NodeProcess) -> Mapping[str, Any]:
    [said] = await node.logs("recovered")
    return said


async def a_day(nodes: Mapping[str, NodeProcess], ground: Ground, case: str, own: str) -> str:
    """What no backup has: each kind of step that the record of a transfer knows, at both ends. Gives a case that is
    opened in it."""
    zhongshan, luxian = nodes[ZHONGSHAN], nodes[LUXIAN]
    await luxian.do("accept", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="accepted")
    await luxian.do("stage", cases=[case])
    await zhongshan.do("sign_for", cases=[own])
    await zhongshan.do("accept", cases=[own])
    await ground.knows(LUXIAN, [own], state="accepted")
    fresh = await called_back(luxian, zhongshan, ground)
    await called_back(zhongshan, luxian, ground)
    for asking, asked, about in ((luxian, zhongshan, case), (zhongshan, luxian, own)):
        here, there = (one.plan.settings["region"] for one in (asking, asked))
        await asking.do("ask", case=about, to=there)
        await ground.knows(there, [about], asked="requested")
        await asked.do("answer", case=about)
        await ground.knows(here, [about], asked="returned")
        await asking.do("confirm", case=about)
        await ground.knows(there, [about], asked="confirmed")
    return fresh


async def called_back(holder: NodeProcess, other: NodeProcess, ground: Ground) -> str:
    """A new case is offered to the other region, signed for there, and recalled."""
    here, there = (one.plan.settings["region"] for one in (holder, other))
    [case] = await holder.do("open")
    await holder.do("offer", cases=[case], to=there)
    await ground.knows(there, [case])
    await other.do("sign_for", cases=[case])
    await ground.knows(here, [case], state="signed_for")
    await holder.do("recall", cases=[case])
    await ground.knows(here, [case], state="released")
    return str(case)


@ON_BOTH
async def test_a_region_restored_from_last_night_knows_again_all_that_it_said_and_heard(ground: Ground) -> None:
    lost = await a_lost_day(ground)
    drill, zhongshan = lost.drill, lost.nodes[ZHONGSHAN]
    await drill.wiped_and_restored(lost.nodes[LUXIAN])
    assert lost.fresh not in (await ground.see(LUXIAN)).cases
    await zhongshan.stop()
    luxian = await drill.node(LUXIAN)
    with pytest.raises(NodeRefused, match="Recovering"):
        await luxian.do("open")
    status, found = await readiness(luxian)
    assert (status, found["recovery"]["ok"]) == (503, False)
    # What comes meanwhile waits.
    zhongshan = await drill.node(ZHONGSHAN)
    assert (await recovered(luxian))["lost"] == []
    alike((await ground.agree())[LUXIAN], lost.before)
    await go_on(lost, zhongshan, luxian)


@ON_BOTH
async def test_a_region_killed_again_and_again_while_it_recovers_knows_all_in_the_end(ground: Ground) -> None:
    lost = await a_lost_day(ground)
    await lost.drill.wiped_and_restored(lost.nodes[LUXIAN])
    for point, times in DEATHS:
        doomed = await lost.drill.node(LUXIAN, connect=False, plan={"end_at": point, "times": times})
        await doomed.has_died()
        assert not doomed.log("recovered")
    luxian = await lost.drill.node(LUXIAN)
    assert (await recovered(luxian))["lost"] == []
    alike((await ground.agree())[LUXIAN], lost.before)
    await go_on(lost, lost.nodes[ZHONGSHAN], luxian)


@ON_BOTH
async def test_a_region_wiped_under_traffic_loses_and_doubles_nothing_and_each_case_has_one_holder(
    ground: Ground,
) -> None:
    drill = Drill(ground)
    nodes = await drill.nodes()
    zhongshan, luxian = nodes[ZHONGSHAN], nodes[LUXIAN]
    offered: list[str] = []

    async def offers() -> None:
        while True:
            [case] = await zhongshan.do("open")
            await zhongshan.do("offer", cases=[case], to=LUXIAN)
            offered.append(case)

    async def takes(cases: list[str], at: NodeProcess) -> None:
        await ground.knows(LUXIAN, cases)
        await at.do("sign_for", cases=cases)
        await at.do("accept", cases=cases)

    async def count(least: int) -> None:
        await until(lambda: len(offered) >= least, what=f"{least} cases are offered")

    traffic = asyncio.create_task(offers())
    await count(EVENING)
    await takes(offered[:EVENING], luxian)
    await drill.run(luxian, "backup", "--out", str(drill.backup))
    night = len(offered) + 1
    await count(night + DAY)
    day = offered[night : night + DAY]
    await takes(day, luxian)
    # What was told to nobody yet is lost with the machine.
    await ground.knows(ZHONGSHAN, day, state="accepted")
    wiped = len(offered)
    await drill.wiped_and_restored(luxian)
    began = time.monotonic()
    luxian = await drill.node(LUXIAN)
    said = await recovered(luxian)
    took, there = time.monotonic() - began, len(offered)
    await count(there + 1)
    traffic.cancel()
    with suppress(asyncio.CancelledError):
        await traffic
    await takes([*offered[EVENING:night], *offered[night + DAY :]], luxian)
    views = await ground.agree()
    assert said["lost"] == []
    assert said["taken_up"] >= DAY * OF_A_CASE
    for region in (ZHONGSHAN, LUXIAN):
        assert {views[region].cases[case].holder for case in offered} == {LUXIAN}
    await all_well(drill, zhongshan, luxian)
    print(  # noqa: T201 - the figures of docs/backup.md
        f"{len(offered)} cases, {there - wiped} of them offered while it was away; "
        f"{said['taken_up']} messages taken up again, {took:.1f} s after its process began"
    )


async def test_the_ledger_of_a_restored_region_goes_on_from_what_its_witnesses_cosigned(ground: Ground) -> None:
    drill = Drill(ground, checkpoint_every=0.5)
    nodes = await drill.nodes()
    luxian = nodes[LUXIAN]

    async def cosigned(least: int) -> int:
        """The greatest size of Luxian's ledger that another region cosigned."""
        found = [0]

        async def so_large() -> bool:
            async with reading(ground.engines[LUXIAN]) as connection:
                found[0] = max([0, *await connection.scalars(select(ledger_cosignatures.c.size))])
            return found[0] >= least

        await until(so_large, what=f"{least} entries are cosigned")
        return found[0]

    await luxian.do("open", count=5)
    size = await cosigned(5)
    await drill.run(luxian, "backup", "--out", str(drill.backup))
    lost = await cosigned(size + 20)
    await drill.wiped_and_restored(luxian)
    luxian = await drill.node(LUXIAN)
    await recovered(luxian)
    await luxian.do("open", count=lost)
    await cosigned(lost + 1)
    async with reading(ground.engines[ZHONGSHAN]) as connection:
        rows = (await connection.execute(select(ledger_seen).where(ledger_seen.c.region == LUXIAN))).all()
    [branch] = [row for row in rows if row.verdict == "accepted"]
    assert branch.size in [row.size for row in rows if row.verdict == "cosigned"]
    assert max(row.size for row in rows if row.row < branch.row) >= lost
    assert await alarms(nodes[ZHONGSHAN], "ledger_restored") == 1
    for node in (nodes[ZHONGSHAN], luxian):
        assert await alarms(node, "ledger_forked") == 0
    await drill.run(luxian, "audit", "verify")


@pytest.mark.parametrize("first", ["gone", "too long"])
async def test_a_step_that_cannot_be_taken_again_leaves_the_node_silent_until_a_person_ends_it(
    ground: Ground, first: str
) -> None:
    drill = Drill(ground)
    nodes = await drill.nodes()
    zhongshan, luxian = nodes[ZHONGSHAN], nodes[LUXIAN]
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.knows(LUXIAN, [case])
    await ground.agree()
    await drill.run(luxian, "backup", "--out", str(drill.backup))
    await luxian.do("sign_for", cases=[case])
    await luxian.do("accept", cases=[case])
    before = (await ground.agree())[LUXIAN]
    signed_for, accepted = before.sent_to(ZHONGSHAN)[-2:]
    # Without its first step nothing shows how the second one came about.
    this, longer = inbox.c.message == signed_for.message, signed_for.body + b" " * CONTENT_CHARACTERS
    async with writing(ground.engines[ZHONGSHAN]) as connection:
        await connection.execute(
            delete(inbox).where(this) if first == "gone" else update(inbox).where(this).values(body=longer)
        )
    await drill.wiped_and_restored(luxian)
    luxian = await drill.node(LUXIAN)
    [said, *_] = await luxian.logs("recovery_incomplete")
    lost = [signed_for.message, accepted.message] if first == "too long" else [accepted.message]
    assert said["messages"] == list(map(str, lost))
    with pytest.raises(NodeRefused, match="Recovering"):
        await luxian.do("open")
    doctor = await transfer("doctor", settings=luxian.plan.settings)
    assert (doctor.returncode, "recovery" in doctor.stdout) == (1, True)
    await drill.run(luxian, "restore", "finish")
    assert await luxian.do("open")
    [row] = [row for row in (await ground.see(LUXIAN)).outbox if row.message == accepted.message]
    assert (row.sequence, row.digest) == (accepted.sequence, accepted.digest)
    view = await ground.see(LUXIAN)
    assert {lane.sent for lane in view.lanes if str(lane.conversation) == case} == {accepted.sequence}
