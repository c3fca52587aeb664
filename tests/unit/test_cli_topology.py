"""``transfer topology`` prints what the operator loads, and keeps passwords to their owner."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from transfer.broker.topology import definitions, password_hash, topology_of, vhost_definitions
from transfer.cli.exits import CONFIGURATION, USAGE
from transfer.cli.main import main
from transfer.crypto.directory import Draft

DIRECTORY = "deploy/local/directory.json"


def printed(*words: str) -> Any:
    ended = CliRunner().invoke(main, ["topology", "--directory", DIRECTORY, *words])
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def test_it_prints_the_definitions_of_the_whole_directory() -> None:
    whole = topology_of(Draft.load(Path(DIRECTORY)))
    assert printed("--vhost", "hub") == definitions(whole, vhost="hub")
    assert printed("--no-users") == vhost_definitions(whole)


def test_only_the_named_pairs_may_write() -> None:
    made = printed("--pair", "442000:510521", "--pair", "510521:442000")
    between = {(b["source"], b["routing_key"]) for b in made["bindings"] if str(b["source"]).startswith("out.")}
    assert between == {("out.442000", "510521"), ("out.510521", "442000")}


def test_only_the_named_regions_have_queues() -> None:
    made = printed("--region", "442000")
    assert {q["name"] for q in made["queues"]} == {"inbox.442000", "dead.442000"}


def test_drawn_passwords_are_written_for_their_owner_alone_and_never_printed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "passwords.json"
    made = printed("--new-passwords", str(file))
    drawn = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert drawn.keys() == {"442000", "510521", "510000", "210402", "640181", "directory"}
    assert not any(password in json.dumps(made) for password in drawn.values())
    again = printed("--passwords", str(file))
    for user in (*made["users"], *again["users"]):
        salt = base64.b64decode(user["password_hash"])[:4]
        assert user["password_hash"] == password_hash(drawn[user["name"]], salt)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--pair", "442000"], USAGE),
        (["--pair", "442000:110000"], USAGE),
        (["--region", "110000"], USAGE),
        (["--no-users", "--new-passwords", "x"], USAGE),
        (["--passwords", "absent.json"], CONFIGURATION),
        (["--directory", "absent.json"], CONFIGURATION),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_used_is_named(words: list[str], code: int) -> None:
    ended = CliRunner().invoke(main, ["topology", "--directory", DIRECTORY, *words])
    assert ended.exit_code == code
    assert ended.stderr
