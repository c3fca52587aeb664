"""Files travel between nodes: named over the broker, fetched from the region's site, whole whatever is killed."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import pytest

from tests.federation.file_plays import on_its_way
from tests.federation.ground import LUXIAN, ZHONGSHAN, Ground
from tests.federation.plays import STATION, evidence_of, taken_on
from tests.federation.serving import Served
from tests.federation.stage import Stage, played

pytestmark = [pytest.mark.federation, pytest.mark.broker, pytest.mark.timeout(300)]

MB: Final = 1_000_000
SIZE: Final = 20 * MB
"""More than what lies in the buffers of a link when its source dies."""


async def test_files_of_a_paper_and_a_piece_of_evidence_arrive_whole_though_both_ends_are_killed(
    ground: Ground,
) -> None:
    async with played(ground, fetch_first=0.3, fetch_longest=0.3) as stage:
        link = stage.links[ZHONGSHAN]
        # Messages do without it.
        link.down()
        zhongshan = await asyncio.to_thread(stage.node, ZHONGSHAN)
        luxian = await asyncio.to_thread(stage.node, LUXIAN)
        files = await asyncio.to_thread(named, stage, zhongshan, luxian)
        for file in files:
            await asyncio.to_thread(stage.not_fetched, luxian, file, "source-away")
        link.up()
        link.bandwidth = 2 * MB
        await asyncio.to_thread(both_killed, stage, zhongshan, luxian, files)
        # What had come before each death did not come again.
        assert link.passed < 1.1 * sum(file["size"] for file in files)
        await ground.agree()


def named(stage: Stage, zhongshan: Served, luxian: Served) -> Sequence[dict[str, Any]]:
    """Luxian takes on a case with a paper, and is sent a piece of evidence for it; gives the files of both."""
    paper, piece = (stage.put(zhongshan, size=SIZE) for _ in range(2))
    case = stage.open(zhongshan, materials=[{"file": paper}])
    stage.offer(zhongshan, case, STATION)
    stage.in_state(luxian, case, "offered")
    stage.press(luxian, "sign-for", case, STATION, materials_counted=1)
    taken_on(stage, case, luxian)
    evidence_of(stage, case, luxian, zhongshan, piece)
    return paper, piece


def both_killed(stage: Stage, zhongshan: Served, luxian: Served, files: Sequence[dict[str, Any]]) -> None:
    """Both files come beside each other; amid them their recipient dies, then their source; neither is seen before it
    is whole, and then nothing is left on its way."""
    on_its_way(stage, luxian, 5 * MB, files=2)
    luxian.end()
    luxian = stage.node(LUXIAN)
    on_its_way(stage, luxian, 10 * MB, files=2)
    zhongshan.end()
    for file in files:
        stage.not_fetched(luxian, file, "source-away", "cut-short")
    zhongshan = stage.node(ZHONGSHAN)
    for file in files:
        stage.fetched(luxian, file)
    stage.fetched(zhongshan, stage.kept[LUXIAN])
    assert [stage.spooled(region) for region in (ZHONGSHAN, LUXIAN)] == [[], []]
