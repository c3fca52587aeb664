"""``transfer audit verify`` against a node's database."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.integration.api_node import LUXIAN, ZHONGSHAN
from tests.integration.test_cli_node import Place
from tests.tampering import checkpoint, played
from transfer.cli.exits import FAULT, USAGE
from transfer.storage.engine import open_engine, writing


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Zhongshan's node, with a ledger under two checkpoints; the later one lies in a file, too."""

    async def play() -> None:
        async with played(tmp_path, {ZHONGSHAN: None, LUXIAN: None}) as made:
            (tmp_path / "signed").write_text(made.checkpoint)
            (tmp_path / "theirs").write_text(await checkpoint(made.there))

    asyncio.run(play())
    return Place(tmp_path)


def tamper(place: Place, statement: str) -> None:
    async def change() -> None:
        engine = open_engine(place.environment["TRANSFER_DATABASE_URL"])
        async with writing(engine) as connection:
            assert (await connection.execute(text(statement))).rowcount
        await engine.dispose()

    asyncio.run(change())


def test_a_sound_ledger_is_said_to_be_sound_with_how_much_of_it_is_signed(place: Place) -> None:
    told = place.json("audit", "verify")
    assert (told["sound"], told["faults"], told["erased"]) == (True, [], {})
    assert 256 < told["signed"] < told["size"]
    ended = place.run("audit", "verify")
    assert (ended.exit_code, ended.stdout.splitlines()) == (
        0,
        [f"sound: {told['size']} entries, {told['signed']} of them under signed checkpoints"],
    )
    for start in (str(told["signed"]), str(place.folder / "signed")):
        assert place.json("audit", "verify", "--from", start)["signed"] == told["signed"]


def test_what_is_false_is_named_and_ends_with_a_fault(place: Place) -> None:
    tamper(place, "UPDATE cases SET opponent = 'another'")
    tamper(place, "UPDATE outbox SET recipient = '510000'")
    ended = place.run("audit", "verify")
    assert ended.exit_code == FAULT
    lines = ended.stdout.splitlines()
    assert any(line.startswith("FALSE  outbox ") and line.endswith(": recipient") for line in lines)
    assert any(line.startswith("FALSE  cases/content of case ") for line in lines)
    assert not any(line.startswith("sound") for line in lines)
    told = place.run("audit", "verify", "--json")
    assert (told.exit_code, '"sound": false' in told.stdout) == (FAULT, True)


def test_a_beginning_that_is_not_known_is_wrong_usage(place: Place) -> None:
    said = {
        "7": "no checkpoint of 7 entries",
        str(place.folder / "absent"): "neither a number nor a file",
        str(place.folder / "theirs"): "",
    }
    for start, words in said.items():
        ended = place.run("audit", "verify", "--from", start)
        assert ended.exit_code == (FAULT if "theirs" in start else USAGE), ended.output
        assert words in ended.output


def test_the_place_of_an_entry_that_was_rewritten_is_named(place: Place) -> None:
    tamper(place, "UPDATE ledger_entries SET body = CAST(replace(CAST(body AS TEXT), '2026-', '2025-') AS BLOB)")
    ended = place.run("audit", "verify")
    assert ended.exit_code == FAULT
    assert "FALSE  place 0: the entry at place 0 and its leaf do not fit" in ended.stdout


def test_a_checkpoint_is_signed_at_once_where_that_is_asked(place: Place, tmp_path: Path) -> None:
    before = place.json("audit", "verify")
    assert before["signed"] < before["size"]
    state = {"TRANSFER_STATE": str(tmp_path / "state")}
    ended = place.run("audit", "checkpoints", "--sign", "--json", **state)
    assert ended.exit_code == 0, ended.output
    assert place.json("audit", "verify")["signed"] == before["size"]
    assert (tmp_path / "state" / "ledger.head").exists()
    ended = place.run("audit", "checkpoints", "--sign", TRANSFER_ROLES="api", **state)
    assert (ended.exit_code, "role relay" in ended.stderr) == (USAGE, True)
