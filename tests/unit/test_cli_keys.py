"""``transfer keys`` makes keys, says what state they are in, and replaces and revokes them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result
from pydantic import SecretStr, TypeAdapter

from transfer.cli.exits import CONFIGURATION, FAULT, USAGE
from transfer.cli.main import main
from transfer.crypto.keys import KeyUse, PublicKey, SuiteName
from transfer.crypto.keystore import Keystore
from transfer.crypto.second_factor import AccountsKey

SECRET: Final = "correct horse battery staple"
PUBLIC: Final = TypeAdapter(list[PublicKey])


class Region:
    """A region's folder of keys and its passphrase."""

    def __init__(self, base: Path) -> None:
        self.folder = base / "keys"
        self.passphrase = base / "passphrase"
        self.passphrase.write_text(SECRET + "\n")
        self.passphrase.chmod(0o600)

    def keys(self, *words: str) -> Result:
        environment = {"TRANSFER_KEYS": str(self.folder), "TRANSFER_REGION": "442000", "TRANSFER_PASSPHRASE": None}
        return CliRunner(env=environment).invoke(main, ["keys", *words])

    def unlocking(self, *words: str) -> Result:
        return self.keys(*words, "--passphrase-file", str(self.passphrase))

    def told(self, *words: str) -> Any:
        ended = self.keys(*words, "--json") if words[0] in {"list", "revoke"} else self.unlocking(*words, "--json")
        assert ended.exit_code == 0, ended.output
        return json.loads(ended.stdout)


@pytest.fixture
def region(tmp_path: Path) -> Region:
    return Region(tmp_path)


def test_new_makes_a_key_to_sign_and_one_to_seal_to(region: Region) -> None:
    made = region.told("new")
    assert [(key["suite"], key["use"]) for key in made] == [("jose", "sign"), ("jose", "seal")]
    spans = {datetime.fromisoformat(key["not_after"]) - datetime.fromisoformat(key["not_before"]) for key in made}
    assert spans == {timedelta(days=730)}
    assert Keystore.load(region.folder, SecretStr(SECRET)).keys.keys() == {key["kid"] for key in made}


def test_new_makes_the_key_of_the_accounts_once(region: Region) -> None:
    region.told("new")
    made = (region.folder / "accounts.key").read_bytes()
    region.told("new", "--use", "sign")
    assert (region.folder / "accounts.key").read_bytes() == made
    assert len(AccountsKey(region.folder, lambda: SecretStr(SECRET))()) == 32


def test_new_makes_what_is_asked_for(region: Region) -> None:
    (made,) = region.told("new", "--suite", "sm", "--use", "seal", "--days", "90", "--region", "510521")
    key = PublicKey.model_validate_json(json.dumps(made))
    assert (key.region, key.suite, key.use) == ("510521", SuiteName.SM, KeyUse.SEAL)
    assert key.not_after - key.not_before == timedelta(days=90)


def test_list_json_is_what_the_directory_holds(region: Region) -> None:
    made = region.told("new")
    listed = region.told("list")
    assert sorted(listed, key=lambda key: key["kid"]) == sorted(made, key=lambda key: key["kid"])
    keys = PUBLIC.validate_json(json.dumps(listed), extra="forbid")
    assert PUBLIC.dump_python(keys, mode="json", exclude_none=True) == listed


def test_list_says_what_state_each_key_is_in(region: Region) -> None:
    sign, seal = (key["kid"] for key in region.told("new", "--days", "20"))
    future, _ = (key["kid"] for key in region.told("rotate", sign))
    region.told("revoke", seal, "--reason", "磁盘丢失")
    shown = {line.split()[0]: line for line in region.keys("list").stdout.splitlines() if line.startswith(" 442000")}
    assert "current" in shown[sign]
    assert "expires" not in shown[sign]
    assert "future" in shown[future]
    assert "revoked" in shown[seal]
    assert "磁盘丢失" in shown[seal]


def test_list_names_a_key_that_expires_soon_and_has_no_successor(region: Region) -> None:
    region.told("new", "--days", "20")
    assert region.keys("list").stdout.count("expires in 19 days") == 2


def test_rotate_at_once_supersedes_the_old_key(region: Region) -> None:
    sign = region.told("new", "--use", "sign")[0]["kid"]
    new, old = region.told("rotate", sign, "--lead", "0", "--overlap", "5")
    assert old["kid"] == sign
    left = datetime.fromisoformat(old["not_after"]) - datetime.fromisoformat(new["not_before"])
    assert left == timedelta(days=5)
    assert "superseded" in region.keys("list").stdout


def test_revoke_needs_no_passphrase_and_a_reason(region: Region) -> None:
    sign = region.told("new", "--use", "sign")[0]["kid"]
    assert region.keys("revoke", sign).exit_code == USAGE
    assert region.keys("revoke", sign, "--reason", "two\nlines").exit_code == USAGE
    ended = region.keys("revoke", sign, "--reason", "lost")
    assert ended.exit_code == 0
    assert f"{sign}  suite jose" in ended.stdout
    assert "revoked" in ended.stdout


def test_no_output_holds_a_private_part(region: Region) -> None:
    shown = region.unlocking("new").output + region.unlocking("new", "--json").output + region.keys("list").output
    keys = Keystore.load(region.folder, SecretStr(SECRET)).keys.values()
    assert not any(key.jwk.d in shown for key in keys)
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["list"], CONFIGURATION),
        (["new"], CONFIGURATION),
        (["new", "--passphrase-file", "absent"], CONFIGURATION),
        (["new", "--region", "Zhongshan"], USAGE),
        (["new", "--suite", "rot13"], USAGE),
        (["new", "--days", "0"], USAGE),
        (["revoke", "442000.sign.00000000", "--reason", "x"], CONFIGURATION),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_used_is_named(region: Region, words: list[str], code: int) -> None:
    ended = region.keys(*words)
    assert ended.exit_code == code, ended.output
    assert ended.stderr


def test_a_key_that_is_not_there_is_named(region: Region) -> None:
    region.told("new", "--use", "sign")
    ended = region.keys("revoke", "442000.sign.00000000", "--reason", "x")
    assert ended.exit_code == FAULT
    assert "442000.sign.00000000" in ended.stderr
