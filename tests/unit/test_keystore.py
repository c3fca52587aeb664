"""Keys in a folder: made, read again, replaced, revoked; and what is wrong with a folder is named."""

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import SecretStr

from transfer.crypto import compact, keyfiles
from transfer.crypto.errors import (
    KeyNotValid,
    KeysUnusable,
    NoKeyNow,
    PassphraseUnusable,
    PassphraseWrong,
    UnknownKey,
)
from transfer.crypto.keys import KeyState, KeyUse, PrivateKey, PublicKey, SuiteName, states
from transfer.crypto.keystore import Keystore, add_key, revoke_key, rotate_key
from transfer.crypto.passphrase import find_passphrase
from transfer.crypto.suites import suite

T0: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)
SECRET: Final = SecretStr("correct horse battery staple")


def add(folder: Path, use: KeyUse = KeyUse.SIGN, name: SuiteName = SuiteName.JOSE, **changes: Any) -> PublicKey:
    given: dict[str, Any] = {"region": "442000", "not_before": T0, "validity": 730 * DAY} | changes
    return add_key(folder, SECRET, name=name, use=use, **given)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "keys"


def changed(folder: Path, key: PublicKey, **changes: Any) -> None:
    """The file of a key, as somebody else left it."""
    path = folder / f"{key.kid}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("name", list(SuiteName))
def test_what_is_sealed_and_signed_with_kept_keys_is_opened_and_verified(folder: Path, name: SuiteName) -> None:
    add(folder, KeyUse.SIGN, name)
    seal = add(folder, KeyUse.SEAL, name)
    store, used = Keystore.load(folder, SECRET), suite(name)
    signing = store.signing(name, T0)
    sealed = used.seal(used.sign(b"{}", signing, issued_at=1, expires_at=2), seal)
    token = used.open(sealed, lambda kid: store.opening(kid, T0))
    assert used.verify(token, lambda kid: {k.kid: k for k in store.public}[kid]).content == b"{}"


def test_only_the_owner_may_look_into_the_folder_and_the_files_and_no_private_part_is_in_clear(folder: Path) -> None:
    key = add(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [f"{key.kid}.json"]
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    private = Keystore.load(folder, SECRET).signing(SuiteName.JOSE, T0)
    assert private.jwk.d not in (folder / f"{key.kid}.json").read_text()
    header = json.loads(compact.decode(keyfiles.read_folder(folder)[0].private.encode().partition(b".")[0]))
    assert header["alg"] == "PBES2-HS512+A256KW"
    assert header["p2c"] >= 210_000


def test_nothing_secret_is_printed(folder: Path) -> None:
    add(folder)
    store = Keystore.load(folder, SECRET)
    shown = f"{store!r} {store}"
    assert SECRET.get_secret_value() not in shown
    assert store.signing(SuiteName.JOSE, T0).jwk.d not in shown


def test_another_passphrase_opens_nothing_and_adds_nothing(folder: Path) -> None:
    add(folder)
    wrong = SecretStr("correct horse battery stable")
    with pytest.raises(PassphraseWrong):
        Keystore.load(folder, wrong)
    with pytest.raises(PassphraseWrong):
        add_key(folder, wrong, region="442000", name=SuiteName.JOSE, use=KeyUse.SEAL, not_before=T0)
    assert len(list(folder.iterdir())) == 1


def test_a_folder_holds_the_keys_of_one_region(folder: Path) -> None:
    add(folder)
    with pytest.raises(KeysUnusable, match="of region 442000"):
        add(folder, region="510521")


def test_a_rotated_key_signs_until_the_new_one_begins_and_opens_until_the_overlap_ends(folder: Path) -> None:
    first = add(folder, KeyUse.SIGN)
    old = add(folder, KeyUse.SEAL)
    now = T0 + 100 * DAY
    new_sign, ended_sign = rotate_key(folder, SECRET, first.kid, now, lead=7 * DAY, overlap=30 * DAY)
    new_seal, ended_seal = rotate_key(folder, SECRET, old.kid, now, lead=7 * DAY, overlap=30 * DAY)
    assert new_sign.not_before == new_seal.not_before == now + 7 * DAY
    assert ended_sign.not_after == ended_seal.not_after == now + 37 * DAY
    store = Keystore.load(folder, SECRET)
    assert store.signing(SuiteName.JOSE, now + 6 * DAY).kid == first.kid
    assert store.signing(SuiteName.JOSE, now + 7 * DAY).kid == new_sign.kid
    assert store.opening(old.kid, now + 36 * DAY).kid == old.kid
    assert store.opening(new_seal.kid, now + 36 * DAY).kid == new_seal.kid
    with pytest.raises(KeyNotValid, match="expired"):
        store.opening(old.kid, now + 37 * DAY)
    assert states(store.public, now + 8 * DAY)[first.kid] is KeyState.SUPERSEDED


def test_there_is_no_gap_when_the_old_key_expires_before_the_lead_is_over(folder: Path) -> None:
    old = add(folder, validity=10 * DAY)
    new, ended = rotate_key(folder, SECRET, old.kid, T0 + 8 * DAY, lead=7 * DAY)
    assert new.not_before == ended.not_after == old.not_after


def test_a_key_that_has_a_successor_or_was_revoked_is_not_rotated(folder: Path) -> None:
    old = add(folder)
    new, _ = rotate_key(folder, SECRET, old.kid, T0)
    with pytest.raises(KeyNotValid, match="successor"):
        rotate_key(folder, SECRET, old.kid, T0 + DAY)
    revoke_key(folder, new.kid, T0 + DAY, "stolen")
    with pytest.raises(KeyNotValid):
        rotate_key(folder, SECRET, new.kid, T0 + 2 * DAY)
    with pytest.raises(UnknownKey):
        rotate_key(folder, SECRET, "442000.sign.00000000", T0)


def test_a_revoked_key_is_of_no_use_from_then_on(folder: Path) -> None:
    seal, sign = add(folder, KeyUse.SEAL), add(folder)
    revoked = revoke_key(folder, seal.kid, T0 + DAY, "the machine was stolen")
    revoke_key(folder, sign.kid, T0 + DAY, "the machine was stolen")
    assert revoked.revoked_at == T0 + DAY
    store = Keystore.load(folder, SECRET)
    with pytest.raises(KeyNotValid, match="revoked"):
        store.opening(seal.kid, T0 + DAY)
    with pytest.raises(NoKeyNow):
        store.signing(SuiteName.JOSE, T0 + DAY)
    assert store.files[seal.kid].revoked_because == "the machine was stolen"
    with pytest.raises(KeyNotValid, match="already"):
        revoke_key(folder, seal.kid, T0 + 2 * DAY, "again")


def test_a_refresh_sees_new_keys_and_revocations_and_derives_only_what_is_new(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = add(folder)
    store = Keystore.load(folder, SECRET)
    second = add(folder, KeyUse.SEAL)
    revoke_key(folder, first.kid, T0 + DAY, "lost")
    derived = []

    def counted(file: keyfiles.KeyFile, passphrase: SecretStr) -> PrivateKey:
        derived.append(file.public.kid)
        return keyfiles.unlock(file, passphrase)

    monkeypatch.setattr("transfer.crypto.keystore.unlock", counted)
    fresh = store.refreshed()
    assert derived == [second.kid]
    assert fresh.keys.keys() == {first.kid, second.kid}
    assert fresh.keys[first.kid].public.revoked_at == T0 + DAY
    assert store.keys[first.kid].public.revoked_at is None
    fresh.refreshed()
    assert derived == [second.kid]


def test_a_private_part_of_another_key_is_not_taken(folder: Path) -> None:
    one, two = add(folder), add(folder, KeyUse.SEAL)
    other = {file.public.kid: file for file in keyfiles.read_folder(folder)}[two.kid].private
    changed(folder, one, private=other)
    with pytest.raises(KeysUnusable, match=one.kid):
        Keystore.load(folder, SECRET)


def test_a_private_part_that_names_the_key_and_is_another_is_not_taken(folder: Path) -> None:
    key = add(folder)
    stranger = suite(SuiteName.JOSE).new_key(KeyUse.SIGN)
    changed(folder, key, private=keyfiles.lock(stranger, key, SECRET).private)
    with pytest.raises(KeysUnusable, match="belongs to another key"):
        Keystore.load(folder, SECRET)


def test_a_public_part_that_was_exchanged_is_noticed_on_refresh(folder: Path) -> None:
    one = add(folder)
    store = Keystore.load(folder, SECRET)
    stranger = suite(SuiteName.JOSE).new_key(KeyUse.SIGN).public
    changed(folder, one, public=one.model_copy(update={"jwk": stranger}).model_dump(mode="json", exclude_none=True))
    with pytest.raises(KeysUnusable, match="does not fit"):
        store.refreshed()


@pytest.mark.parametrize("text", ["", "{}", "[]", "\xff", '{"public": {}, "private": "x", "more": 1}'], ids=repr)
def test_a_file_that_holds_no_key_is_named(folder: Path, text: str) -> None:
    key = add(folder)
    (folder / f"{key.kid}.json").write_text(text)
    with pytest.raises(KeysUnusable, match=key.kid):
        Keystore.load(folder, SECRET)


@pytest.mark.parametrize("private", ["", "x", "a.b.c.d.e", "{}"])
def test_a_damaged_private_part_is_named(folder: Path, private: str) -> None:
    key = add(folder)
    changed(folder, key, private=private)
    with pytest.raises(KeysUnusable, match=key.kid):
        Keystore.load(folder, SECRET)


def test_a_file_under_another_name_is_refused(folder: Path) -> None:
    key = add(folder)
    (folder / f"{key.kid}.json").rename(folder / "copy.json")
    with pytest.raises(KeysUnusable, match=r"copy\.json holds the key"):
        Keystore.load(folder, SECRET)


def test_what_a_crash_left_half_written_is_passed_over(folder: Path) -> None:
    key = add(folder)
    (folder / f"{key.kid}.4711.new").write_text('{"public"')
    assert Keystore.load(folder, SECRET).signing(SuiteName.JOSE, T0).kid == key.kid


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o707])
def test_a_folder_that_others_may_enter_is_refused(folder: Path, mode: int) -> None:
    add(folder)
    folder.chmod(mode)
    with pytest.raises(KeysUnusable, match="chmod"):
        Keystore.load(folder, SECRET)


def test_a_file_that_others_may_read_or_write_is_refused(folder: Path) -> None:
    key = add(folder)
    (folder / f"{key.kid}.json").chmod(0o644)
    with pytest.raises(KeysUnusable, match="chmod"):
        Keystore.load(folder, SECRET)


def test_a_folder_that_is_missing_is_named(folder: Path) -> None:
    with pytest.raises(KeysUnusable, match=str(folder)):
        Keystore.load(folder, SECRET)


def owned(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_passphrase_is_looked_for_in_the_stated_order(tmp_path: Path) -> None:
    file = owned(tmp_path / "pp", "from the file here\n")
    owned(tmp_path / "transfer-passphrase", "from the credential\n", 0o400)
    credential = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    both = credential | {"TRANSFER_PASSPHRASE": "from the variable"}
    places = ((file, both), (None, both), (None, credential))
    assert [find_passphrase(given, environment).get_secret_value() for given, environment in places] == [
        "from the file here",
        "from the variable",
        "from the credential",
    ]


@pytest.mark.parametrize("text", ["", "\n", "short", "two lines of it\nand more", "é" * 11])
def test_a_passphrase_that_is_too_short_or_of_two_lines_is_refused_and_not_quoted(tmp_path: Path, text: str) -> None:
    with pytest.raises(PassphraseUnusable) as caught:
        find_passphrase(owned(tmp_path / "pp", text), {})
    assert str(tmp_path / "pp") in str(caught.value)
    assert not text.strip() or text not in str(caught.value)


def test_a_passphrase_that_is_missing_unreadable_or_open_to_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PassphraseUnusable, match="TRANSFER_PASSPHRASE"):
        find_passphrase(None, {})
    with pytest.raises(PassphraseUnusable, match="No such file"):
        find_passphrase(tmp_path / "absent", {})
    with pytest.raises(PassphraseUnusable, match="No such file"):
        find_passphrase(None, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    with pytest.raises(PassphraseUnusable, match="chmod 600"):
        find_passphrase(owned(tmp_path / "pp", "long enough as it is", 0o644), {})
    (tmp_path / "bytes").write_bytes(b"\xff" * 20)
    (tmp_path / "bytes").chmod(0o600)
    with pytest.raises(PassphraseUnusable, match="UTF-8"):
        find_passphrase(tmp_path / "bytes", {})
