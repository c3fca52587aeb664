"""The keys that all regions share: made once, handed on, taken, replaced."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr

from transfer.cli.main import main
from transfer.crypto.errors import KeyExists, KeysUnusable, PassphraseWrong
from transfer.crypto.keys import KeyUse, SuiteName
from transfer.crypto.keystore import Keystore, add_key
from transfer.crypto.matching import drop_match_key, new_match_key, read_match_key, take_match_key, versions
from transfer.telemetry.clock import now

WAY, OWN = SecretStr("told by telephone 1"), SecretStr("the region's own 22")


def taken(folder: Path, *numbers: int) -> Path:
    """The folder of a region that holds these versions."""
    for number in numbers:
        take_match_key(folder, new_match_key(number, WAY), OWN)
    return folder


def test_two_regions_that_took_one_key_make_the_same_fingerprints(tmp_path: Path) -> None:
    made = new_match_key(1, WAY)
    for region in ("a", "b"):
        take_match_key(tmp_path / region, read_match_key(made.locked, WAY), OWN)
    prints = {Keystore.load(tmp_path / one, OWN).matching.fingerprints(["line"]) for one in ("a", "b")}
    assert prints == {(made.fingerprint("line"),)}


def test_two_versions_are_used_at_once_until_one_is_dropped(tmp_path: Path) -> None:
    store = Keystore.load(taken(tmp_path, 1, 2), OWN)
    assert [one.partition(":")[0] for one in store.matching.fingerprints(["line"])] == ["1", "2"]
    drop_match_key(tmp_path, 1)
    assert [one.version for one in store.refreshed().matching.keys] == [2]
    with pytest.raises(KeysUnusable):
        drop_match_key(tmp_path, 1)


def test_a_version_that_is_taken_while_the_node_runs_is_used(tmp_path: Path) -> None:
    store = Keystore.load(taken(tmp_path, 1), OWN)
    taken(tmp_path, 2)
    assert [one.version for one in store.refreshed().matching.keys] == [1, 2]


def test_the_key_lies_locked_and_its_owner_alone_may_read_it(tmp_path: Path) -> None:
    key = new_match_key(1, WAY)
    take_match_key(tmp_path, key, OWN)
    file = tmp_path / "match-1.key"
    assert key.secret not in file.read_bytes()
    assert file.stat().st_mode & 0o77 == 0
    assert "secret" not in repr(key)
    with pytest.raises(PassphraseWrong):
        Keystore.load(tmp_path, WAY)


def test_a_version_is_taken_once_and_by_the_passphrase_of_the_other_keys(tmp_path: Path) -> None:
    with pytest.raises(KeyExists):
        taken(tmp_path, 1, 1)
    other = tmp_path / "other"
    add_key(other, WAY, region="442000", name=SuiteName.JOSE, use=KeyUse.SIGN, not_before=now())
    with pytest.raises(PassphraseWrong):
        taken(other, 1)
    assert versions(other) == ()


def test_a_file_of_another_version_than_it_says_is_no_key(tmp_path: Path) -> None:
    _, _, locked = new_match_key(1, WAY).locked.partition(":")
    with pytest.raises(KeysUnusable):
        read_match_key(f"2:{locked}", WAY)
    with pytest.raises(KeysUnusable):
        read_match_key("no key", WAY)


def transfer(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


def test_an_operator_makes_a_key_and_a_region_takes_lists_and_drops_it(tmp_path: Path) -> None:
    way, own, keys, file = (tmp_path / name for name in ("way", "own", "keys", "match.key"))
    way.write_text(WAY.get_secret_value())
    own.write_text(OWN.get_secret_value())
    way.chmod(0o600)
    own.chmod(0o600)
    at = ("--keys", keys)
    for words in (
        ("new", "--version", 1, "--out", file, "--way-passphrase-file", way),
        ("take", file, "--way-passphrase-file", way, "--passphrase-file", own, *at),
    ):
        done = transfer("keys", "match", *words)
        assert done.exit_code == 0, done.output
    assert transfer("keys", "match", "list", *at).output == "1\n"
    assert len(Keystore.load(keys, OWN).matching.keys) == 1
    assert transfer("keys", "match", "drop", 1, *at).exit_code == 0
    assert "no shared key" in transfer("keys", "match", "list", *at).output
    assert transfer("keys", "match", "drop", 1, *at).exit_code != 0
