"""A year is announced, and a rule changes, while a case goes from one region to another: told twice, in memory and by
real nodes over a broker with the dates of the story."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Protocol

import pytest

from tests.asking import Asking
from tests.builders import the_rules
from tests.federation.dated import DatedNodes, dated_nodes
from tests.federation.exchange import Exchange
from tests.patience import until
from tests.pki import Pki
from transfer.actions.desk import Order
from transfer.actions.watching import NothingToSay, count_case
from transfer.domain.clocks import CHINA
from transfer.domain.lifecycle import Step
from transfer.law.book import built_in, read_rules
from transfer.law.overlay import laid_over
from transfer.messages.case import Clock
from transfer.messages.codes import Stage

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]

ZHUJI, MACHENG = "330681", "421181"
RELEASE: Final = built_in().version
LOADED: Final = f"{RELEASE}+2026-12-30"


def a_set() -> bytes:
    """The year 2027, and a longer review from its second day on."""
    review = next(one for one in built_in().terms if one.code == "REVIEW")
    longer = review.model_dump(mode="json", exclude_none=True) | {"valid_from": "2027-01-02", "length": 9}
    year = {"year": 2027, "off": ["2027-01-01", "2027-01-04"], "worked": [], "notice": "示例"}
    return json.dumps({"version": "2026-12-30", "note": "示例", "terms": [longer], "years": [year]}).encode()


class Administrators(Protocol):
    """Who loads rules at a region, and what its node then does by itself."""

    story: Asking

    def load(self, region: str) -> None:
        """Lay the set over the rules of that region's node, which runs."""
        ...

    def counted(self, region: str) -> tuple[Clock, ...]:
        """The clocks of the case as that region knows it, when its node has looked for those that it can count."""
        ...

    def history(self, region: str) -> list[str]:
        """The events in the case's history there that are of the watcher."""
        ...


@dataclass(slots=True, kw_only=True)
class InMemory:
    """The rules of an exchange are changed."""

    story: Asking
    exchange: Exchange

    def load(self, region: str) -> None:
        context = self.exchange.contexts[region]
        book = replace(the_rules(), rules=laid_over(built_in(), [read_rules(a_set())]))
        self.exchange.contexts[region] = lambda: replace(context(), rules=book)

    def counted(self, region: str) -> tuple[Clock, ...]:
        order = Order(by=region, institution=region, case=self.story.case, decide=count_case)
        try:
            return self.exchange.order(region, order).basics.clocks
        except NothingToSay:
            return self.story.known(region).basics.clocks

    def history(self, region: str) -> list[str]:
        lines = self.exchange.rooms[region].content.history
        return [line.event.name for line in lines if line.event.name == "clocks_counted"]


@dataclass(slots=True, kw_only=True)
class OnNodes:
    """The command line of a node is used while it runs."""

    story: Asking
    nodes: DatedNodes
    folder: Path

    def load(self, region: str) -> None:
        file, settings = self.folder / "rules.json", self.nodes.nodes[region].folder.with_suffix(".env")
        file.write_bytes(a_set())
        words = ["rules", "load", str(file), "--by", "周主任", "--env-file", str(settings)]
        subprocess.run([sys.executable, "-m", "transfer", *words], check=True, capture_output=True, timeout=60)
        until(lambda: self._ask(region, "/v1/rules")["version"] == LOADED)

    def counted(self, region: str) -> tuple[Clock, ...]:
        held = self.story.known(region).holder_region == region
        until(lambda: not held or all(clock.due_rolled for clock in self._clocks(region)))
        return self._clocks(region)

    def history(self, region: str) -> list[str]:
        lines = self._ask(region, f"/v1/cases/{self.story.case}/history")["items"]
        return [line["event"] for line in lines if line["event"] == "clocks_counted"]

    def _clocks(self, region: str) -> tuple[Clock, ...]:
        return self.nodes.case(region, self.story.case).basics.clocks

    def _ask(self, region: str, path: str) -> Any:
        return self.nodes.nodes[region].ask("GET", path).body


@pytest.fixture(params=["memory", pytest.param("nodes", marks=pytest.mark.broker)])
def told(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[Administrators]:
    began, regions = datetime(2026, 12, 28, 9, 0, tzinfo=CHINA), (ZHUJI, MACHENG)
    who: dict[str, Any] = {"regions": regions, "requester": ZHUJI, "requested": MACHENG, "began": began}
    with ExitStack() as stack:
        if request.param == "memory":
            exchange = Exchange.of(*regions)
            yield InMemory(story=Asking(place=exchange, **who), exchange=exchange)
        else:
            broker = request.getfixturevalue("calm_broker")
            brisk: dict[str, Any] = {"trust_poll": 0.2, "watch_poll": 0.2}
            nodes = stack.enter_context(dated_nodes(broker, pki, tmp_path, regions=regions, began=began, **brisk))
            yield OnNodes(story=Asking(place=nodes, **who), nodes=nodes, folder=tmp_path)


def test_a_year_that_is_announced_while_a_case_moves_gives_its_clocks_their_last_days(told: Administrators) -> None:
    """Zhuji takes the case in on 28 December, Macheng accepts it on the 30th: two reviews end in the first days of a
    year that nobody has announced. Each region loads the year, with a longer review from 2 January on."""
    story = told.story.offer(MACHENG).meet()
    story.decide(MACHENG, Step.SIGN_FOR, materials_counted=len(story.known(MACHENG).materials))
    story.on(2026, 12, 30).decide(MACHENG, Step.ACCEPT)
    assert story.known(MACHENG).holder_region == MACHENG
    for region in (ZHUJI, MACHENG):
        clocks = story.known(region).basics.clocks
        assert {(clock.due_strict, clock.due_rolled) for clock in clocks} == {(date(2027, 1, 4), None)}
    told.load(ZHUJI)
    told.load(MACHENG)
    # Only the holder counts; the other region knows what it was last told.
    assert [clock.due_rolled for clock in told.counted(ZHUJI)] == [None]
    clocks = told.counted(MACHENG)
    assert [(clock.region, clock.length, clock.rules, clock.due_rolled) for clock in clocks] == [
        (ZHUJI, 7, RELEASE, date(2027, 1, 5)),
        (MACHENG, 7, RELEASE, date(2027, 1, 5)),
    ]
    assert (told.history(ZHUJI), told.history(MACHENG)) == ([], ["clocks_counted"])
    # What begins from now on is counted by the set that was loaded.
    story.requester = MACHENG
    story.on(2027, 1, 3).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    [assign] = [clock for clock in told.counted(MACHENG) if clock.rule == "ASSIGN"]
    assert (assign.rules, assign.due_strict, assign.due_rolled) == (LOADED, date(2027, 1, 6), date(2027, 1, 6))
