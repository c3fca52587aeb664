"""Copies of a node and the way back from them, by the command line; no broker is needed."""

import asyncio
import json
from pathlib import Path
from uuid import uuid4

import pytest

from tests.integration.test_cli_node import Place
from tests.logbook import an_entry, append
from transfer.storage.engine import open_engine
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.store import Store
from transfer.telemetry import clock

WHO = ("--by", "周主任", "--reason", "磁盘损坏")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    assert made.run("migrate").exit_code == 0
    grow(made, 0, 10)
    return made


def grow(place: Place, start: int, stop: int) -> int:
    """The size of the ledger, after it has got these entries."""

    async def work() -> int:
        engine = open_engine(place.environment["TRANSFER_DATABASE_URL"])
        store = Store(engine=engine, region=place.region, clock=clock.now, new_id=uuid4)
        try:
            if stop > start:
                await append(store, *(an_entry(number) for number in range(start, stop)))
            return await SqlLedgerReading(store=store).size()
        finally:
            await engine.dispose()

    return asyncio.run(work())


def test_a_backup_brings_back_what_was_there_and_the_database_knows_that_it_is_old(place: Place) -> None:
    out = place.folder / "backup"
    made = place.run("backup", "--out", str(out))
    assert made.exit_code == 0, made.output
    told = json.loads((out / "manifest.json").read_text())
    assert (told["region"], told["entries"], list(told["parts"])) == (place.region, 10, ["database.sqlite"])
    assert grow(place, 10, 15) == 15
    refused = place.run("restore", "from", str(out), *WHO)
    assert (refused.exit_code, "--replace" in refused.output) == (1, True)
    restored = place.run("restore", "from", str(out), "--replace", *WHO)
    assert restored.exit_code == 0, restored.output
    assert grow(place, 0, 0) == 10
    doctor = place.run("doctor")
    assert "FAULT    recovery" in doctor.output
    assert "OK       ledger" in doctor.output
    assert (place.folder / f"{place.region}.db.before-restore").exists()


@pytest.mark.parametrize("name", ["database.sqlite", "manifest.json"])
def test_a_backup_that_was_changed_or_is_not_whole_is_refused_and_nothing_is_touched(place: Place, name: str) -> None:
    out = place.folder / "backup"
    assert place.run("backup", "--out", str(out)).exit_code == 0
    part = out / name
    part.write_bytes(part.read_bytes()[:-7])
    before = grow(place, 10, 12)
    refused = place.run("restore", "from", str(out), "--replace", *WHO)
    assert refused.exit_code == 1
    assert grow(place, 0, 0) == before


def test_a_backup_of_another_region_is_refused(place: Place) -> None:
    out = place.folder / "backup"
    assert place.run("backup", "--out", str(out)).exit_code == 0
    manifest = out / "manifest.json"
    manifest.write_text(manifest.read_text().replace(place.region, "510521"))
    refused = place.run("restore", "from", str(out), "--replace", *WHO)
    assert (refused.exit_code, "510521" in refused.output) == (1, True)
