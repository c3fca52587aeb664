"""Rules and years of the calendar that an administrator loads: kept in the database, in force in every process."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from tests.federation.exchange import an_application
from tests.noted import Noted, noted
from tests.patience import until
from tests.trust import environment_of
from transfer.actions.desk import Order
from transfer.actions.intake import open_case
from transfer.cli.exits import FAULT, USAGE
from transfer.cli.main import main
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.law.book import RulesInvalid, built_in
from transfer.law.kept import KeptRules, Origin
from transfer.ledger.entry import Kind
from transfer.messages.envelope import digest_of
from transfer.node import Node, build
from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.settings import Settings
from transfer.workers.watch import AT_ONCE, Watcher

ZHONGSHAN = "442000"
RELEASE = built_in().version
RECEIVED = datetime(2026, 12, 28, 9, 0, tzinfo=CHINA)
"""A Monday; the review ends on Monday, 4 January 2027, of which nothing is known yet."""
YEAR = {"year": 2027, "off": ["2027-01-01", "2027-01-04"], "worked": ["2027-01-09"], "notice": "国办发明电〔2026〕0号"}


@pytest.fixture
def place(url: str, tmp_path: Path) -> "Place":
    made = Place(folder=tmp_path, url=url)
    made.done("migrate")
    return made


@dataclass(slots=True, kw_only=True)
class Place:
    """A node's database and settings, what is run with them, and the time there."""

    folder: Path
    url: str
    region: str = ZHONGSHAN
    now: datetime = RECEIVED
    files: int = field(default=0)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TRANSFER_REGION": self.region,
            "TRANSFER_DATABASE_URL": self.url,
            "TRANSFER_AMQP_URL": "amqp://nobody:x@127.0.0.1:1/none",
            **environment_of(self.region),
            "TRANSFER_PORT": "0",
            "TRANSFER_TRUST_POLL": "0.2",
        }

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, words, env=self.environment)

    def done(self, *words: str) -> str:
        ended = self.run(*words)
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self.done(*words, "--json"))

    def file(self, *, version: str = "2026-12-20", **content: Any) -> str:
        self.files += 1
        made = self.folder / f"rules-{self.files}.json"
        made.write_text(json.dumps({"version": version, "note": "试", **content}, ensure_ascii=False))
        return str(made)

    def load(self, **content: Any) -> str:
        return self.done("rules", "load", self.file(**content), "--by", "周主任")

    def build(self) -> Node:
        given = {name.removeprefix("TRANSFER_").lower(): value for name, value in self.environment.items()}
        return build(Settings.load(**given), clock=lambda: self.now)

    @asynccontextmanager
    async def node(self) -> AsyncIterator[Node]:
        """As one that has just been started; it does nothing by itself."""
        node = self.build()
        await node.ready()
        yield node
        await node.store.engine.dispose()

    def case(self) -> UUID:
        return asyncio.run(self._case())

    async def _case(self) -> UUID:
        async with self.node() as node:
            return (await opened(node)).id


def longer_review(**changes: Any) -> dict[str, Any]:
    review = next(one for one in built_in().terms if one.code == "REVIEW" and not one.regions)
    return review.model_dump(mode="json", exclude_none=True) | {"valid_from": "2026-12-28", "length": 9} | changes


async def opened(node: Node) -> Case:
    command = an_application(node.settings.region, persons=1, materials=())
    order = Order(by="王芳", institution=node.settings.region, create=lambda context: open_case(command, context))
    case = await node.desk.carry_out(order)
    assert isinstance(case, Case)
    return case


async def known(node: Node, case: UUID) -> Case:
    found = await node.views.case(case)
    assert found is not None
    return found.case


def watcher(node: Node) -> Watcher:
    return Watcher(desk=node.desk, views=node.views, context=node.context)


def a_kept(version: str, content: bytes = b"{}") -> KeptRules:
    return KeptRules(
        origin=Origin.LOADED, version=version, digest=digest_of(content), content=content, by="x", at=RECEIVED
    )


# Loading ----------------------------------------------------------------------------------------------------


def test_check_says_in_plain_words_what_would_change_and_changes_nothing(place: Place) -> None:
    case = place.case()
    file = place.file(terms=[longer_review()], years=[YEAR], ends=[ending("DESIGNATION", "45")])
    said = place.done("rules", "check", file)
    assert f"{RELEASE}+2026-12-20, in place of {RELEASE}" in said
    assert "REVIEW 审查并作出决定, in the whole country, from 2026-12-28 on: length 7 -> 9" in said
    assert "DESIGNATION 指定管辖, in 45, from 2027-01-01 on: holds no more" in said
    assert "2027, in the whole country (国办发明电〔2026〕0号): was not known: 2 days off, 1 worked weekends" in said
    assert (
        f"1 running clocks that have no last day would be counted\n  {case} REVIEW: 2027-01-04, rolled to 2027-01-05"
        in said
    )
    assert [one["origin"] for one in place.json("rules", "list")] == ["built_in"]
    told = place.json("rules", "check", file)
    assert [one["code"] for one in told["changes"]] == ["REVIEW", "DESIGNATION"]
    assert told["clocks"] == [
        {"case": str(case), "rule": "REVIEW", "due_strict": "2027-01-04", "due_rolled": "2027-01-05"}
    ]


def test_the_set_in_the_documentation_can_be_loaded(place: Place) -> None:
    [example] = re.findall(r"```json\n(.*?)```", Path("docs/law.md").read_text(), re.DOTALL)
    file = place.folder / "example.json"
    file.write_text(example)
    said = place.done("rules", "check", str(file))
    for what in ("REPLACEMENT", "DESIGNATION", "2027"):
        assert f"\n  {what}" in said


def ending(code: str, *regions: str) -> dict[str, Any]:
    return {"code": code, "regions": regions, "valid_until": "2026-12-31"}


def test_load_says_the_same_and_keeps_who_when_and_the_file_itself(place: Place) -> None:
    file = place.file(terms=[longer_review()])
    checked = place.done("rules", "check", file)
    loaded = place.done("rules", "load", file, "--by", " 周主任 ")
    assert loaded.startswith(checked)
    assert "is in force" in loaded
    first, last = place.json("rules", "list")
    assert (first["origin"], first["version"], first["by"]) == ("built_in", RELEASE, "release")
    content = Path(file).read_bytes()
    assert (last["origin"], last["version"], last["by"]) == ("loaded", "2026-12-20", "周主任")
    assert last["digest"] == digest_of(content)
    assert place.done("rules", "show", "--file").encode() == content
    assert place.done("rules", "show", f"{RELEASE}+2026-12-20", "--file").encode() == content


def test_an_auditor_reads_every_version_that_ever_was_in_force(place: Place) -> None:
    place.load(terms=[longer_review()])
    place.load(terms=[longer_review(length=8)], version="2026-12-21")

    def length(*version: str) -> int:
        terms = place.json("rules", "show", *version)["terms"]
        return int(
            next(one["length"] for one in terms if one["code"] == "REVIEW" and one["valid_from"] == "2026-12-28")
        )

    assert [length(*version) for version in ((f"{RELEASE}+2026-12-20",), (f"{RELEASE}+2026-12-21",), ())] == [9, 8, 8]
    assert 9 not in [one["length"] for one in place.json("rules", "show", RELEASE)["terms"] if one["code"] == "REVIEW"]
    shown = place.done("rules", "show")
    assert "length 8, unit CALENDAR_DAY" in shown
    assert "中华人民共和国法律援助法第四十三条第一款" in shown
    unknown = place.run("rules", "show", f"{RELEASE}+2027-01-01")
    assert unknown.exit_code == FAULT
    assert "`transfer rules list`" in unknown.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "the file: Invalid JSON"),
        ('{"version": "2026-12-20", "note": "试", "more": 1}', "more: Extra inputs are not permitted"),
        ('{"version": "2026-12-20", "note": "试", "terms": [{"code": "X1"}]}', "terms.0"),
        (
            json.dumps({"version": "2026-12-20", "note": "试", "terms": [longer_review(), longer_review()]}),
            "REVIEW holds twice from 2026-12-28 on",
        ),
        (
            json.dumps({"version": "2026-12-20", "note": "试", "ends": [ending("NO_SUCH")]}),
            "ends.0: no rule NO_SUCH in the whole country",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_place_and_what_to_do(
    place: Place, content: str, said: str
) -> None:
    file = place.folder / "wrong.json"
    file.write_text(content)
    for words in (("check", str(file)), ("load", str(file), "--by", "周主任")):
        ended = place.run("rules", *words)
        assert ended.exit_code == FAULT, ended.output
        assert said in ended.stderr
        assert "docs/law.md" in ended.stderr
    assert len(place.json("rules", "list")) == 1


def test_the_same_version_is_loaded_once_and_never_with_other_content(place: Place) -> None:
    file = place.file(terms=[longer_review()])
    place.done("rules", "load", file, "--by", "周主任")
    for words in (("check", file), ("load", file, "--by", "吴某")):
        again = place.run("rules", *words)
        assert (again.exit_code, "was loaded by 周主任 already" in again.stderr) == (0, True)
    other = place.run("rules", "load", place.file(terms=[longer_review(length=8)]), "--by", "吴某")
    assert (other.exit_code, "give the next version" in other.stderr) == (FAULT, True)
    earlier = place.run("rules", "load", place.file(version="2026-12-19"), "--by", "吴某")
    assert (earlier.exit_code, "does not come after 2026-12-20" in earlier.stderr) == (FAULT, True)
    assert place.run("rules", "load", file, "--by", " ").exit_code == USAGE
    assert [one["by"] for one in place.json("rules", "list")] == ["release", "周主任"]


async def test_of_two_sets_that_come_at_once_one_is_refused_and_nothing_kept_is_changed(place: Place) -> None:
    async with place.node() as node:
        sets = node.rules.sets
        before = await sets.all()
        ended = await asyncio.gather(
            sets.keep(a_kept("2026-12-20"), after=1), sets.keep(a_kept("2026-12-21"), after=1), return_exceptions=True
        )
        assert [type(one) for one in ended if one is not None] == [StorageRefused]
        for version, after in (((await sets.all())[-1].version, 2), ("2026-12-22", 1)):
            with pytest.raises(StorageRefused):
                await sets.keep(a_kept(version), after=after)
        kept = await sets.all()
        assert (kept[:1], len(kept), await sets.count()) == (list(before), 2, 2)


async def test_a_power_cut_between_check_and_load_changes_nothing(place: Place) -> None:
    await asyncio.to_thread(place.load, version="2026-12-19")
    file = place.file(terms=[longer_review()])
    words = ("rules", "load", file, "--by", "周主任")
    async with place.node() as node:
        async with node.store.writing() as connection:
            if not node.store.is_sqlite:
                await connection.execute(text("LOCK TABLE rule_sets IN SHARE MODE"))
            await asyncio.to_thread(killed_on_its_way, place, *words)
        assert [one.version for one in await node.rules.sets.all()] == [RELEASE, "2026-12-19"]
    assert (await asyncio.to_thread(place.json, "rules", "check", file))["before"] == f"{RELEASE}+2026-12-19"
    assert "in force" in await asyncio.to_thread(place.done, *words)


def killed_on_its_way(place: Place, *words: str) -> None:
    """A command that has opened the database, and cannot write since somebody else does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "transfer", *words],
        env={**os.environ, **place.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    place_of = Path(f"/proc/{process.pid}/fd")
    until(lambda: any("socket:" in one or one.endswith("node.db") for one in links(place_of)))
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=2)
    process.kill()
    process.communicate()


def links(folder: Path) -> list[str]:
    found = []
    for one in folder.iterdir():
        with suppress(OSError):
            found.append(str(one.readlink()))
    return found


def test_clocks_are_counted_by_the_rules_of_the_node_where_that_is_asked(place: Place) -> None:
    file = place.file(terms=[longer_review(valid_from="2026-01-01")])
    place.done("rules", "load", file, "--by", "周主任")

    def counted(*here: str) -> str:
        [one] = json.loads(place.done("clock", "count", "REVIEW", "--from", "2026-03-09", "--json", *here))
        return str(one["clock"]["due_strict"])

    assert (counted(), counted("--here")) == ("2026-03-16", "2026-03-18")
    assert "9 日" in place.done("clock", "list", "--here")


# In force ---------------------------------------------------------------------------------------------------


def test_processes_that_run_take_a_new_set_without_a_restart(place: Place) -> None:
    with process(place) as one, process(place) as other:
        assert {version_at(one), version_at(other)} == {RELEASE}
        place.load(terms=[longer_review()])
        for address in (one, other):
            until(partial(has_version, address, f"{RELEASE}+2026-12-20"))


@contextmanager
def process(place: Place) -> Iterator[str]:
    """A process that serves the API; its address."""
    started = subprocess.Popen(
        [sys.executable, "-m", "transfer", "serve", "--roles", "api"],
        env={**os.environ, **place.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert started.stdout is not None
        start = "listening on "
        yield next(line for line in started.stdout if line.startswith(start)).removeprefix(start).strip()
    finally:
        started.kill()
        started.communicate()


def has_version(address: str, version: str) -> bool:
    return version_at(address) == version


def version_at(address: str) -> str:
    with urlopen(f"{address}/v1/rules") as answer:  # noqa: S310 - the address of the process above
        return str(json.loads(answer.read())["version"])


async def test_a_clock_begun_before_keeps_its_rule_and_one_begun_after_has_the_new_one(place: Place) -> None:
    async with place.node() as node:
        before = await opened(node)
        await asyncio.to_thread(place.load, terms=[longer_review()])
        assert [await node.rules.look_once() for _ in range(2)] == [1, 0]
        after = await opened(node)
        clocks = [(await known(node, case.id)).basics.clocks[0] for case in (before, after)]
    assert [(one.length, one.rules) for one in clocks] == [(7, RELEASE), (9, f"{RELEASE}+2026-12-20")]
    assert [str(one.due_strict) for one in clocks] == ["2027-01-04", "2027-01-06"]


async def test_nothing_is_decided_before_the_rules_were_read(place: Place) -> None:
    node = place.build()
    await node.trust.ready(ZHONGSHAN)
    with pytest.raises(StorageUnavailable, match="have not been read yet"):
        await opened(node)
    await node.rules.look_once()
    await opened(node)
    await node.store.engine.dispose()


async def test_rules_stay_in_force_while_the_database_holds_one_that_cannot_be_read(place: Place) -> None:
    async with place.node() as node:
        await node.rules.sets.keep(a_kept("2026-12-20", b"{"), after=1)
        with pytest.raises(RulesInvalid, match="2026-12-20, kept in the database"):
            await node.rules.look_once()
        assert node.rules.book.version == RELEASE
    started = place.build()
    with pytest.raises(RulesInvalid):
        await started.ready()
    await started.store.engine.dispose()


async def test_processes_that_start_at_once_keep_the_release_s_set_once(place: Place) -> None:
    nodes = [place.build() for _ in range(4)]
    await asyncio.gather(*(node.ready() for node in nodes))
    assert len(await nodes[0].rules.sets.all()) == 1
    for node in nodes:
        assert await node.rules.look_once() == 0
        await node.store.engine.dispose()


# Years ------------------------------------------------------------------------------------------------------


async def test_when_a_year_becomes_known_clocks_that_waited_are_counted_once_by_their_own_rule(place: Place) -> None:
    async with place.node() as node:
        case = (await opened(node)).id
        [clock] = (await known(node, case)).basics.clocks
        assert (str(clock.due_strict), clock.due_rolled) == ("2027-01-04", None)
        assert await watcher(node).watch_once() == 0
        await asyncio.to_thread(place.load, terms=[longer_review(valid_from="2022-01-01")], years=[YEAR])
        await node.rules.look_once()
        counted = await asyncio.gather(watcher(node).watch_once(), watcher(node).watch_once())
        assert sum(counted) == 1
        [clock] = (await known(node, case)).basics.clocks
        assert (clock.length, clock.rules, str(clock.due_rolled)) == (7, RELEASE, "2027-01-05")
        assert await watcher(node).watch_once() == 0
        lines = await node.views.history(case, after=None, limit=10) or ()
    assert [(one.event, one.by) for one in lines] == [("case_opened", "王芳"), ("clocks_counted", ZHONGSHAN)]
    assert lines[-1].detail == {"clocks": ["REVIEW"], "rules": f"{RELEASE}+2026-12-20"}


async def test_a_case_that_another_region_holds_is_left_to_it(place: Place) -> None:
    async with place.node() as node:
        case = (await opened(node)).id
        async with node.store.writing() as connection:
            words = "UPDATE cases SET holder = '510521', holder_region = '510521'"
            await connection.execute(text(words))
            await connection.execute(text("UPDATE tenures SET institution = '510521'"))
        file = place.file(years=[YEAR])
        assert (await asyncio.to_thread(place.json, "rules", "check", file))["clocks"] == []
        await asyncio.to_thread(place.load, years=[YEAR])
    async with place.node() as node:
        assert await watcher(node).watch_once() == 0
        assert (await known(node, case)).basics.clocks[0].due_rolled is None


async def test_clocks_that_wait_for_yet_another_year_keep_no_other_waiting(place: Place) -> None:
    """A review that ends on the last day of 2027, a day of rest, rolls into 2028."""
    async with place.node() as node:
        for place.now in (RECEIVED + timedelta(days=361), RECEIVED):
            for _ in range(AT_ONCE + 2):
                await opened(node)
        off = [f"2027-12-{number}" for number in (30, 31)]
        await asyncio.to_thread(place.load, years=[YEAR | {"off": off, "worked": []}])
        await node.rules.look_once()
        watching = watcher(node)
        assert [await watching.watch_once() for _ in range(4)] == [0, AT_ONCE - 2, 4, 0]
        await asyncio.to_thread(
            place.load, version="2026-12-21", years=[YEAR | {"year": 2028, "off": [], "worked": []}]
        )
        await node.rules.look_once()
        assert [await watching.watch_once() for _ in range(3)] == [2, AT_ONCE, 0]


def test_years_are_shown_with_where_they_are_from(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2026, 11, 22, tzinfo=CHINA))
    before = place.done("rules", "years")
    assert "warning: which days of 2027 are worked is not known" in before
    local = YEAR | {"regions": ["65"], "off": ["2027-03-10"], "worked": [], "notice": "新政办〔2026〕0号"}
    place.load(years=[YEAR, local])
    after = place.done("rules", "years")
    assert "warning" not in after
    told = place.json("rules", "years")
    assert (told["known_until"], told["missing"]) == ("2027-12-31", [])
    [known] = [one for one in told["years"] if one["year"] == 2026]
    assert ("2026-02-16" in known["off"], known["worked"][0], len(known["worked"])) == (True, "2026-01-04", 6)
    assert [(one["year"], one["regions"], one["set"]) for one in told["years"]] == [
        (2025, [], None),
        (2026, [], None),
        (2027, [], "2026-12-20"),
        (2027, ["65"], "2026-12-20"),
    ]


def test_in_october_the_next_year_is_not_missed_yet(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, datetime(2026, 10, 31, tzinfo=CHINA))
    assert place.json("rules", "years")["missing"] == []


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr("transfer.cli.rules.now", lambda: moment)


def test_each_set_of_rules_is_noted_once_with_who_loaded_it(place: Place) -> None:
    async def told() -> list[Noted]:
        async with place.node() as node:
            return await noted(node.store.engine, Kind.RULES)

    [built] = asyncio.run(told())
    assert (built.facts["origin"], built.entry.texts) == ("built_in", None)
    file = place.file(terms=[longer_review()])
    for _ in range(2):
        place.done("rules", "load", file, "--by", "周主任")
        [_, loaded] = asyncio.run(told())
        digest = digest_of(Path(file).read_bytes())
        assert loaded.facts == {"origin": "loaded", "version": "2026-12-20", "digest": digest}
        assert loaded.texts == {"by": "周主任"}
