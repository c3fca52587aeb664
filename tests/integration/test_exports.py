"""What leaves a node in a file, over the command line: verified on its way, whole or not at all, and noted."""

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from click.testing import Result
from openpyxl import load_workbook
from sqlalchemy import insert, text

from tests.builders import CASE_ID, LUXIAN, TRANSFER_ID, ZHONGSHAN, a_body, an_offer
from tests.integration.test_cli_node import Place
from tests.integration.test_storage import a_case
from tests.ledger import place_all
from tests.noted import Noted, noted
from tests.paper.reading import scanned, text_of
from transfer.cli.exits import FAULT, USAGE
from transfer.cli.leaving import Leaving, let_out
from transfer.crypto.ledger_keys import ledger_signer, origin
from transfer.crypto.notes import sign as sign_note
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind
from transfer.ledger.tree import hash_of, head
from transfer.node import Node, build
from transfer.ports.work import StorageUnavailable
from transfer.storage.engine import writing
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.ledger_tables import ledger_heads
from transfer.storage.tables import cases
from transfer.telemetry.clock import now

_Given = TypeVar("_Given")


@dataclass(frozen=True)
class Ground(Place):
    """A node of Zhongshan's with an offer of Luxian's, whose ledger has its order."""

    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {"TRANSFER_DATABASE_URL": self.database}

    def at(self, work: Callable[[Node], Awaitable[_Given]]) -> _Given:
        """The result of work at the node."""

        async def done() -> _Given:
            node = build(self.settings())
            try:
                await node.ready()
                return await work(node)
            finally:
                await node.store.engine.dispose()

        return asyncio.run(done())

    def sequence(self) -> None:
        self.at(lambda node: place_all(node.store.engine))

    def noted(self, *kinds: Kind) -> list[Noted]:
        return self.at(lambda node: noted(node.store.engine, *kinds))

    def spoil(self, statement: str, **values: object) -> None:
        """Behind the service's back."""

        async def change(node: Node) -> None:
            async with writing(node.store.engine) as connection:
                await connection.execute(text(statement), values)

        self.at(change)

    def out(self, name: str, *words: str) -> Result:
        return self.run(*words, "--out", str(self.folder / name), "--by", "审计员赵敏")


@pytest.fixture
def ground(url: str, tmp_path: Path) -> Ground:
    made = Ground(tmp_path, database=url)
    assert made.run("migrate").exit_code == 0
    made.take_in(a_body(an_offer()))
    made.sequence()
    return made


def files(ground: Ground) -> set[str]:
    return {file.name for file in ground.folder.iterdir() if not file.name.startswith("node.db")}


def test_the_log_for_process_mining_has_the_facts_and_nobodys_name(ground: Ground) -> None:
    ended = ground.out("log.json", "audit", "ocel")
    assert ended.exit_code == 0, ended.output
    content = (ground.folder / "log.json").read_text(encoding="utf-8")
    made = json.loads(content)
    assert {"offered", "received"} <= {one["type"] for one in made["events"]}
    assert {str(CASE_ID), str(TRANSFER_ID), f"region:{LUXIAN}"} <= {one["id"] for one in made["objects"]}
    person = an_offer().file.applicants[0]
    assert person.name not in content
    assert an_offer().file.basics.facts not in content


def test_the_log_as_a_table_has_a_row_for_each_entry(ground: Ground) -> None:
    entries = ground.noted()
    assert ground.out("log.csv", "audit", "log", "--bom").exit_code == 0
    with (ground.folder / "log.csv").open(encoding="utf-8-sig", newline="") as content:
        found = list(csv.DictReader(content))
    assert [(int(row["place"]), row["id"]) for row in found] == [(n, str(e.entry.id)) for n, e in enumerate(entries)]
    step = next(row for row in found if row["kind"] == "step")
    assert (step["event"], step["case"], step["transfer"]) == ("offered", str(CASE_ID), str(TRANSFER_ID))
    ground.sequence()
    assert ground.out("log.xlsx", "audit", "log", "--case", str(CASE_ID)).exit_code == 0
    sheet = load_workbook(ground.folder / "log.xlsx").worksheets[0]
    assert {row[4].value for row in sheet.iter_rows(min_row=2)} == {str(CASE_ID)}
    assert all(isinstance(row[2].value, datetime) for row in sheet.iter_rows(min_row=2))


def test_days_choose_what_is_written(ground: Ground) -> None:
    assert ground.out("old.csv", "audit", "log", "--to", "2020-01-01").exit_code == 0
    assert len((ground.folder / "old.csv").read_text().splitlines()) == 1
    assert ground.out("new.csv", "audit", "log", "--from", "2020-01-02").exit_code == 0
    assert len((ground.folder / "new.csv").read_text().splitlines()) > 1


def test_what_leaves_is_noted_with_its_digest_and_who_took_it_out(ground: Ground) -> None:
    assert ground.out("log.json", "audit", "ocel", "--case", str(CASE_ID), "--reason", "投诉核查").exit_code == 0
    content = (ground.folder / "log.json").read_bytes()
    [export] = ground.noted(Kind.EXPORT)
    assert export.facts == {
        "what": "ocel",
        "range": str(CASE_ID),
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "size": len(content),
    }
    assert export.texts == {"by": "审计员赵敏", "reason": "投诉核查"}
    assert export.entry.case == CASE_ID


@pytest.mark.parametrize("words", [("audit", "ocel"), ("audit", "log"), ("audit", "log", "--case", str(CASE_ID))])
def test_a_ledger_that_does_not_hold_lets_nothing_out(ground: Ground, words: tuple[str, ...]) -> None:
    before = files(ground)
    changed = ground.noted(Kind.STEP)[-1]
    ground.spoil(
        "UPDATE ledger_entries SET body = :body WHERE body = :was",
        body=changed.body.replace(b'"offered"', b'"refused"'),
        was=changed.body,
    )
    ended = ground.out("log.csv", *words)
    assert ended.exit_code == FAULT
    assert "does not hold" in ended.stderr
    assert "the entry is not what its leaf says" in ended.stderr
    assert files(ground) == before
    assert not ground.noted(Kind.EXPORT)


def sign_now(ground: Ground, *, root: bytes | None = None) -> int:
    """The node signs a checkpoint of all that has its place, with another root where one is given; gives its size."""

    async def sign(node: Node) -> int:
        _ = node.trust.keys
        ledger = SqlLedgerReading(store=node.store)
        size = await ledger.size()
        real = hash_of(head(size), await ledger.hashes(head(size)))
        text_ = Checkpoint(origin(ZHONGSHAN), size, root or real).text
        note = sign_note(text_, ledger_signer(node.wire))
        async with writing(node.store.engine) as connection:
            row = {"size": size, "root": root or real, "note": note, "at": now()}
            await connection.execute(insert(ledger_heads).values(row))
        return size

    return ground.at(sign)


@pytest.mark.parametrize("words", [("audit", "ocel"), ("audit", "log", "--case", str(CASE_ID))])
def test_a_ledger_made_anew_as_a_whole_is_told_by_its_signed_checkpoint(ground: Ground, words: tuple[str, ...]) -> None:
    size = sign_now(ground)
    assert ground.out("before.csv", *words).exit_code == 0
    ground.sequence()
    assert ground.out("grown.csv", *words).exit_code == 0
    changed = ground.noted(Kind.STEP)[-1]
    ground.spoil(
        "UPDATE ledger_entries SET body = :body WHERE body = :was",
        body=changed.body.replace(b'"offered"', b'"refused"'),
        was=changed.body,
    )
    ground.sequence()
    ended = ground.out("after.csv", *words)
    assert ended.exit_code == FAULT
    assert f"place {size}" in ended.stderr
    assert not (ground.folder / "after.csv").exists()


def test_a_checkpoint_that_nobody_signed_lets_nothing_out(ground: Ground) -> None:
    sign_now(ground)
    ground.spoil("UPDATE ledger_heads SET note = 'x'")
    ended = ground.out("log.csv", "audit", "log")
    assert ended.exit_code == FAULT
    assert "checkpoint" in ended.stderr


def test_a_file_that_cannot_be_noted_does_not_leave(ground: Ground) -> None:
    lost = ground.settings().model_copy(update={"database_url": f"sqlite:///{ground.folder}/none/x.db"})

    async def leave(_: Node) -> None:
        async def write(file: Path) -> None:
            file.write_text("secret")  # noqa: ASYNC240 - a few bytes

        node = build(lost)
        with pytest.raises(StorageUnavailable):
            await let_out(node, ground.folder / "out.txt", Leaving(what="x", range="", by="甲"), write)
        await node.store.engine.dispose()

    before = files(ground)
    ground.at(leave)
    assert files(ground) == before


def test_wrong_usage_is_named_before_anything_is_read(ground: Ground) -> None:
    for words in (
        ("audit", "log", "--out", "log.txt", "--by", "甲"),
        ("audit", "log", "--out", "log.csv"),
        ("audit", "ocel", "--out", "x", "--by", "甲", "--case", str(CASE_ID), "--from", "2026-01-01"),
        ("audit", "history", str(CASE_ID), "--out", "x.pdf", "--by", "甲", "--unmask"),
        ("report", "pairs", "--from", "2026-01-01", "--out", "x.csv"),
        ("report", "pairs", "--from", "2026-01-01", "--out", "x.doc", "--by", "甲"),
        ("report", "pairs", "--from", "2026-01-01", "--to", "2025-01-01"),
    ):
        assert ground.run(*words).exit_code == USAGE, words


# The history of a case as a paper --------------------------------------------------------------------------------


def test_a_printed_history_shows_root_and_steps_and_no_names_unless_asked(ground: Ground, tmp_path: Path) -> None:
    assert ground.run("case", "list").exit_code == 0
    assert ground.out("case.csv", "audit", "log", "--case", str(CASE_ID)).exit_code == 0
    ground.sequence()
    assert ground.out("masked.pdf", "audit", "history", str(CASE_ID)).exit_code == 0
    masked = text_of(ground.folder / "masked.pdf")
    for part in ("案件办理历程", "转交", "offered", "导出", "姓名已隐去", f"legalaid-ledger:1:{ZHONGSHAN}:"):
        assert part in masked
    assert "赵敏" not in masked
    named = ground.out("named.pdf", "audit", "history", str(CASE_ID), "--unmask", "--reason", "投诉核查")
    assert named.exit_code == 0, named.output
    assert "审计员赵敏" in text_of(ground.folder / "named.pdf")
    assert ground.noted(Kind.EXPORT)[-1].texts == {"by": "审计员赵敏", "reason": "投诉核查"}


def test_the_code_on_a_printed_history_names_the_ledger_at_that_size(ground: Ground, tmp_path: Path) -> None:
    size = len(ground.noted())
    assert ground.out("case.pdf", "audit", "history", str(CASE_ID)).exit_code == 0
    pdf = ground.folder / "case.pdf"
    found = [line for page in (1, 2) for line in scanned(pdf, page)]
    assert [line.rpartition(":")[0] for line in found] == [f"legalaid-ledger:1:{ZHONGSHAN}:{size}"]


def test_what_was_erased_is_said_to_be_unreadable(ground: Ground) -> None:
    assert ground.out("case.csv", "audit", "log", "--case", str(CASE_ID)).exit_code == 0
    ground.sequence()
    ground.spoil("DELETE FROM ledger_keys")
    assert ground.out("case.pdf", "audit", "history", str(CASE_ID), "--unmask", "--reason", "由").exit_code == 0
    said = text_of(ground.folder / "case.pdf")
    assert "不可读" in said
    assert "赵敏" not in said


# Case lists ------------------------------------------------------------------------------------------------------


def test_a_list_of_cases_leaves_as_a_table_and_is_noted(ground: Ground) -> None:
    assert ground.out("cases.csv", "case", "list", "--bom").exit_code == 0
    [row] = csv.DictReader(io.StringIO((ground.folder / "cases.csv").read_text(encoding="utf-8-sig")))
    assert (row["案件 case"], row["申请人 applicants"]) == (str(CASE_ID), an_offer().file.applicants[0].name)
    assert ground.out("cases.xlsx", "case", "list").exit_code == 0
    sheet = load_workbook(ground.folder / "cases.xlsx").worksheets[0]
    assert (sheet["A2"].value, isinstance(sheet["E2"].value, datetime)) == (str(CASE_ID), True)
    assert ground.out("none.csv", "case", "list", "--held").exit_code == 0
    assert len((ground.folder / "none.csv").read_text(encoding="utf-8").splitlines()) == 1
    assert [one.facts["what"] for one in ground.noted(Kind.EXPORT)] == ["cases"] * 3
    assert ground.run("case", "list", "--out", "x.csv").exit_code == USAGE


def test_a_long_list_has_every_case_once(ground: Ground) -> None:
    rows = [a_case(first_received_at=now() - timedelta(minutes=n // 3)) for n in range(450)]

    async def fill(node: Node) -> None:
        async with writing(node.store.engine) as connection:
            await connection.execute(insert(cases), rows)

    ground.at(fill)
    assert ground.out("cases.csv", "case", "list").exit_code == 0
    content = (ground.folder / "cases.csv").read_text(encoding="utf-8")
    found = [row["案件 case"] for row in csv.DictReader(io.StringIO(content))]
    assert sorted(found) == sorted([str(CASE_ID), *(str(row["id"]) for row in rows)])


# The report on pairs ---------------------------------------------------------------------------------------------


def test_the_report_on_pairs_comes_in_every_form(ground: Ground) -> None:
    asked = ("report", "pairs", "--from", "2020-01-01")
    data = ground.json(*asked)
    assert [(one["sender"], one["receiver"], one["offers"]["sent"]) for one in data["pairs"]] == [
        (LUXIAN, ZHONGSHAN, 1)
    ]
    assert "→" in ground.run(*asked).output
    for ending in ("json", "csv", "xlsx", "svg", "pdf"):
        ended = ground.out(f"pairs.{ending}", *asked)
        assert ended.exit_code == 0, ended.output
    assert json.loads((ground.folder / "pairs.json").read_text()) == data
    [row] = csv.DictReader(io.StringIO((ground.folder / "pairs.csv").read_text(encoding="utf-8")))
    assert (row["发出地区 sender"], row["转交发出 transfers sent"]) == (LUXIAN, "1")
    assert load_workbook(ground.folder / "pairs.xlsx").worksheets[0]["C2"].value == 1
    assert (ground.folder / "pairs.svg").read_text().startswith("<svg")
    assert "地区间转交与协作统计" in text_of(ground.folder / "pairs.pdf")
    assert [one.facts["what"] for one in ground.noted(Kind.EXPORT)] == ["pairs"] * 5
