"""The book takes the newest directory that its operator has signed, and never an older one again."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from transfer.crypto.book import (
    Book,
    DirectoryMissing,
    DirectoryOlder,
    DirectoryTooOld,
    NoExchange,
    read_directory,
)
from transfer.crypto.directory import Directory, DirectoryInvalid, Institution, Region
from transfer.crypto.keys import SuiteName
from transfer.crypto.notes import Signer, cosign, sign

DAY: Final = timedelta(days=1)
START: Final = datetime(2026, 3, 2, tzinfo=UTC)
OPERATOR: Final = Signer.new("test.example/directory")
STRANGER: Final = Signer.new("test.example/directory")
OF_OTHER_NAME: Final = Signer.new("other.example/directory")


def a_directory(version: int = 1, *, days: int = 10, name: str = "Zhongshan") -> Directory:
    region = Region(
        code="442000",
        name_zh="中山市",
        name_en=name,
        institutions=(Institution(code="442000", name_zh="中山市", name_en=name),),
        suites=(SuiteName.JOSE,),
    )
    return Directory(version=version, issued_at=START, expires_at=START + days * DAY, regions=(region,))


def a_note(version: int = 1, *, signer: Signer = OPERATOR, **changes: Any) -> str:
    return sign(a_directory(version, **changes).model_dump_json(indent=2, exclude_none=True) + "\n", signer)


@dataclass
class Reader:
    """A book, and the time by which it reads."""

    grace: timedelta = 2 * DAY
    now: datetime = START
    book: Book = field(init=False)

    def __post_init__(self) -> None:
        self.book = Book(verifiers=[OPERATOR.verifier], grace=self.grace, clock=lambda: self.now)

    def refuses(self, note: str, said: str) -> None:
        before = self.book.note
        with pytest.raises(DirectoryInvalid, match=said):
            self.book.offer(note)
        assert self.book.note == before, "what was in force stays"


@pytest.fixture
def reader() -> Reader:
    made = Reader()
    assert made.book.offer(a_note(5))
    return made


def test_an_empty_book_says_so() -> None:
    book = Reader().book
    assert book.note is None
    with pytest.raises(DirectoryMissing):
        _ = book.current


def test_a_newer_one_is_taken(reader: Reader) -> None:
    newer = a_note(7)
    assert reader.book.offer(newer)
    assert reader.book.current.version == 7
    assert reader.book.note == newer


def test_one_that_nobody_signed_is_refused(reader: Reader) -> None:
    bare = a_directory(6).model_dump_json(indent=2)
    reader.refuses(bare, "NoteMalformed")
    reader.refuses(bare + "\n\n", "NoteMalformed")
    reader.refuses("", "NoteMalformed")


@pytest.mark.parametrize("signer", [STRANGER, OF_OTHER_NAME], ids=["of_the_same_name", "of_another_name"])
def test_one_that_a_stranger_signed_is_refused(reader: Reader, signer: Signer) -> None:
    reader.refuses(a_note(6, signer=signer), "No known key")


def test_one_that_was_altered_by_a_byte_is_refused(reader: Reader) -> None:
    note = a_note(6)
    body = note.index("Zhongshan")
    reader.refuses(note[:body] + "z" + note[body + 1 :], "NoteUnverified")
    at = note.rindex("— test.example/directory ") + 40
    reader.refuses(note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1 :], "NoteUnverified|NoteMalformed")


def test_what_the_operator_signed_and_is_no_directory_is_refused(reader: Reader) -> None:
    reader.refuses(sign("good morning\n", OPERATOR), "JSON")
    reader.refuses(sign('{"version": 6}\n', OPERATOR), "issued_at")


def test_an_older_one_is_refused(reader: Reader) -> None:
    reader.refuses(a_note(4), "version 4; version 5 is in force")
    with pytest.raises(DirectoryOlder):
        reader.book.offer(a_note(4))


def test_the_same_one_again_changes_nothing(reader: Reader) -> None:
    before = reader.book.note
    assert not reader.book.offer(a_note(5))
    assert not reader.book.offer(cosign(a_note(5), STRANGER))
    assert reader.book.note == before


def test_another_content_under_the_version_in_force_is_refused(reader: Reader) -> None:
    reader.refuses(a_note(5, name="Elsewhere"), "version 5 is in force with another content")


def test_an_expired_one_is_used_until_its_time_of_grace_is_over(reader: Reader) -> None:
    reader.now = START + 12 * DAY - timedelta(seconds=1)
    assert reader.book.current.version == 5
    reader.now = START + 12 * DAY
    with pytest.raises(DirectoryTooOld, match=r"version 5, expired at 2026-03-12 00:00 UTC") as caught:
        _ = reader.book.current
    assert isinstance(caught.value, NoExchange)
    assert reader.book.latest.version == 5, "who is looked up and shown"
    assert reader.book.offer(a_note(6, days=30))
    assert reader.book.current.version == 6


def test_without_grace_it_is_over_at_once() -> None:
    reader = Reader(grace=timedelta())
    reader.book.offer(a_note(5))
    reader.now = START + 10 * DAY
    with pytest.raises(DirectoryTooOld):
        _ = reader.book.current


def test_an_expired_one_does_not_take_the_place_of_a_good_one(reader: Reader) -> None:
    reader.now = START + 5 * DAY
    reader.refuses(a_note(6, days=2), "version 6 expired")
    assert reader.book.offer(a_note(6, days=4)), "within its time of grace it does"


def test_an_expired_one_bars_those_before_it_and_nothing_is_exchanged_under_it() -> None:
    """A node that starts with a directory that revoked a key must not go back to one that trusts it."""
    reader = Reader(now=START + 20 * DAY)
    assert reader.book.offer(a_note(6, days=10))
    with pytest.raises(DirectoryTooOld):
        _ = reader.book.current
    reader.refuses(a_note(5, days=90), "version 5; version 6 is in force")
    assert reader.book.offer(a_note(7, days=90))


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\xff\xfe", "NoteMalformed"), (a_note(signer=STRANGER).encode(), "No known key")],
    ids=["absent", "no_text", "of_a_stranger"],
)
def test_a_file_that_cannot_be_used_is_named_with_its_fault(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "directory.note"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DirectoryInvalid, match=said) as caught:
        read_directory(file, [OPERATOR.verifier])
    assert str(file) in str(caught.value)
