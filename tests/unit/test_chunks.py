"""Files at rest: what was kept comes back, from any place in it, and nothing that was altered does."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from tests.trust import PASSPHRASE, Trust
from transfer.crypto.chunks import (
    CHUNK,
    HEADER,
    SEALED_CHUNK,
    FileKey,
    Opening,
    Sealing,
    content_size,
    place,
    sealed_size,
)
from transfer.crypto.errors import CannotBeOpened, KeyExists, KeysUnusable, Malformed, PassphraseWrong, UnknownKey
from transfer.crypto.filekey import FILE, HeldFileKey, load_file_key, new_file_key, rotate_file_key

KEY = FileKey(id=b"12345678", secret=bytes(range(32)))
CONTENT = bytes(range(256)) * 1024  # four chunks to the byte


def sealed(content: bytes, key: FileKey = KEY) -> bytes:
    sealing = Sealing(key)
    parts = [content[start : start + CHUNK] for start in range(0, len(content), CHUNK)]
    return sealing.header + b"".join(sealing.seal(p, last=n == len(parts) - 1) for n, p in enumerate(parts))


def chunk(data: bytes, index: int) -> bytes:
    return data[place(index) :][:SEALED_CHUNK]


def test_each_chunk_comes_back_alone_and_in_any_order() -> None:
    data = sealed(CONTENT + b"tail")
    opening = Opening.of(data[:HEADER], KEY)
    for index in (4, 0, 2):
        expected = (CONTENT + b"tail")[index * CHUNK :][:CHUNK]
        assert opening.open(index, chunk(data, index), last=index == 4) == expected


@pytest.mark.parametrize("at", [0, CHUNK, SEALED_CHUNK - 1])
def test_an_altered_chunk_does_not_open(at: int) -> None:
    data = sealed(CONTENT)
    broken = bytearray(chunk(data, 1))
    broken[at] ^= 1
    with pytest.raises(CannotBeOpened, match="chunk 1"):
        Opening.of(data[:HEADER], KEY).open(1, bytes(broken), last=False)


def test_chunks_cannot_change_places_or_files() -> None:
    data, other = sealed(CONTENT), sealed(CONTENT)
    opening = Opening.of(data[:HEADER], KEY)
    for moved in (chunk(data, 2), chunk(other, 1)):
        with pytest.raises(CannotBeOpened):
            opening.open(1, moved, last=False)


def test_the_end_of_a_file_cannot_be_cut_off() -> None:
    data = sealed(CONTENT)
    opening = Opening.of(data[:HEADER], KEY)
    with pytest.raises(CannotBeOpened):
        opening.open(2, chunk(data, 2), last=True)
    with pytest.raises(CannotBeOpened):
        opening.open(3, chunk(data, 3), last=False)


def test_every_byte_of_the_header_counts() -> None:
    data = sealed(b"x")
    for at in range(HEADER):
        broken = bytearray(data[:HEADER])
        broken[at] ^= 1
        with pytest.raises((Malformed, UnknownKey, CannotBeOpened)):
            Opening.of(bytes(broken), KEY).open(0, data[HEADER:], last=True)


def test_two_files_of_one_content_have_nothing_in_common_at_rest() -> None:
    one, other = sealed(CONTENT), sealed(CONTENT)
    assert one[HEADER:][:32] != other[HEADER:][:32]
    assert CONTENT[:64] not in one


def test_a_file_of_another_key_says_which() -> None:
    other = FileKey(id=b"87654321", secret=bytes(32))
    with pytest.raises(UnknownKey, match=other.id.hex()):
        Opening.of(sealed(b"x", other)[:HEADER], KEY)


@pytest.mark.parametrize(("part", "last"), [(b"", True), (b"short", False), (bytes(CHUNK + 1), True)])
def test_a_chunk_of_a_wrong_length_is_not_sealed(part: bytes, last: bool) -> None:  # noqa: FBT001 - a column of the table
    with pytest.raises(ValueError, match="full but for the last"):
        Sealing(KEY).seal(part, last=last)


def test_nothing_is_sealed_behind_the_last_chunk() -> None:
    sealing = Sealing(KEY)
    sealing.seal(b"x", last=True)
    with pytest.raises(ValueError, match="last"):
        sealing.seal(b"y", last=True)


@given(st.integers(min_value=1, max_value=5 * CHUNK))
def test_sizes_at_rest_and_of_the_content_follow_from_each_other(size: int) -> None:
    assert content_size(sealed_size(size)) == size


def test_the_size_at_rest_is_the_real_one() -> None:
    for size in (1, CHUNK - 1, CHUNK, CHUNK + 1, 4 * CHUNK):
        assert len(sealed(bytes(size))) == sealed_size(size)


@pytest.mark.parametrize("size", [0, HEADER, HEADER + 16, HEADER + SEALED_CHUNK + 1, HEADER + SEALED_CHUNK + 16])
def test_a_size_that_no_file_has_is_refused(size: int) -> None:
    with pytest.raises(Malformed):
        content_size(size)


def test_a_key_that_was_made_is_the_one_that_is_loaded(tmp_path: Path) -> None:
    made = new_file_key(tmp_path / "keys", PASSPHRASE)
    loaded = load_file_key(tmp_path / "keys", PASSPHRASE)
    assert (loaded.id, loaded.secret) == (made.id, made.secret)
    assert (tmp_path / "keys" / FILE).stat().st_mode & 0o777 == 0o600
    assert repr(made.secret) not in repr(made)


def test_a_key_is_never_made_over_another(tmp_path: Path) -> None:
    new_file_key(tmp_path, PASSPHRASE)
    with pytest.raises(KeyExists):
        new_file_key(tmp_path, PASSPHRASE)


def test_a_new_key_opens_what_those_before_it_wrapped_and_not_the_other_way_round(tmp_path: Path) -> None:
    first = new_file_key(tmp_path, PASSPHRASE)
    second = rotate_file_key(tmp_path, PASSPHRASE)
    third = rotate_file_key(tmp_path, PASSPHRASE)
    assert third.id not in {first.id, second.id}
    for keys in (third, load_file_key(tmp_path, PASSPHRASE)):
        assert keys.id == third.id
        for wrapped_by in (first, second, third):
            content = sealed(b"x", wrapped_by)
            assert Opening.of(content[:HEADER], keys).open(0, content[HEADER:], last=True) == b"x"
    with pytest.raises(UnknownKey, match=third.id.hex()):
        Opening.of(Sealing(third).header, second)


def test_a_key_is_not_replaced_with_another_passphrase(tmp_path: Path) -> None:
    made = new_file_key(tmp_path, PASSPHRASE)
    with pytest.raises(PassphraseWrong):
        rotate_file_key(tmp_path, SecretStr("another passphrase"))
    assert [file.name for file in tmp_path.iterdir()] == [FILE]
    assert load_file_key(tmp_path, PASSPHRASE).id == made.id


def test_a_key_that_is_held_is_loaded_anew_only_when_another_took_its_place(tmp_path: Path) -> None:
    made = new_file_key(tmp_path, PASSPHRASE)
    held = HeldFileKey(tmp_path, lambda: PASSPHRASE)
    assert held().id == made.id
    assert held() is held()
    new = rotate_file_key(tmp_path, PASSPHRASE)
    assert (held().id, [one.id for one in held().older]) == (new.id, [made.id])
    (tmp_path / FILE).unlink()
    assert held().id == new.id


def test_a_missing_key_says_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(KeysUnusable, match="transfer files init"):
        load_file_key(tmp_path, PASSPHRASE)


def test_another_passphrase_does_not_open_the_key(tmp_path: Path) -> None:
    new_file_key(tmp_path, PASSPHRASE)
    with pytest.raises(PassphraseWrong):
        load_file_key(tmp_path, SecretStr("another passphrase"))


def test_the_key_is_made_with_the_passphrase_of_the_other_keys(tmp_path: Path) -> None:
    keys = Trust(folder=tmp_path).keys("442000")
    with pytest.raises(PassphraseWrong):
        new_file_key(keys, SecretStr("another passphrase"))
    assert not (keys / FILE).exists()


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    new_file_key(tmp_path, PASSPHRASE)
    (tmp_path / FILE).chmod(0o644)
    with pytest.raises(KeysUnusable, match="open to other users"):
        load_file_key(tmp_path, PASSPHRASE)
