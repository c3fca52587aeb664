"""Bundles: entries of a ledger in one file, with all that shows where they stand in it. JSON Lines.

The first line is the head: what is shown, the signed checkpoint, and the notes by which it is checked. The others are
the tree under the checkpoint from left to right: an entry that is shown, or the hash of a whole subtree of which
nothing is shown. Who has read them once, holding no more than a hash per level, has made the root again.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self
from uuid import UUID

from transfer.ledger.checkpoint import LARGEST, CheckpointMalformed, parse_hash
from transfer.ledger.entry import Entry, EntryMalformed, Opened, canonical, texts_digest
from transfer.ledger.tree import Growing, Node, leaf_hash

VERSION: Final = 1
BEGIN: Final = b'{"bundle":'
"""By which a bundle is known, whatever its file is called."""
MAX_LINE: Final = 32 * 1024 * 1024
"""Bytes; room for the directory of a country in the head."""
MOST_LEVELS: Final = 62
_HEAD: Final = {"bundle", "case", "from", "to", "checkpoint", "directory", "seen"}
_SHOWN: Final = {"place", "body", "hash", "texts"}
_HIDDEN: Final = {"level", "index", "hash"}


class BundleMalformed(ValueError):
    """The file is no bundle."""


class BundleFalse(Exception):
    """What the file says of itself does not hold."""

    def __init__(self, what: str, **detail: object) -> None:
        self.what = what
        self.detail = detail
        super().__init__(what)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleHead:
    """What a bundle shows: the entries of a case, or those from one place to another, both included. The notes are as
    they came: the checkpoint with its cosignatures, the directory in force, the newest checkpoints of other regions."""

    case: UUID | None = None
    first: int = 0
    last: int = -1
    checkpoint: str
    directory: str
    seen: tuple[str, ...] = ()

    @property
    def line(self) -> bytes:
        """As it stands in the file."""
        return _line(
            {
                "bundle": VERSION,
                "case": str(self.case) if self.case else None,
                "from": None if self.case else self.first,
                "to": None if self.case else self.last,
                "checkpoint": self.checkpoint,
                "directory": self.directory,
                "seen": list(self.seen),
            }
        )

    @classmethod
    def parse(cls, line: bytes) -> Self:
        """Raises BundleMalformed, which names the field."""
        found = _object(line, 1)
        if found.keys() != _HEAD or _number(found["bundle"], "line 1, bundle") != VERSION:
            raise BundleMalformed(f"line 1: the head of a bundle of version {VERSION} is due")
        for name in ("checkpoint", "directory"):
            _text(found[name], f"line 1, {name}")
        if not isinstance(found["seen"], list):
            raise BundleMalformed("line 1, seen: a list is due")
        seen = tuple(_text(one, "line 1, seen") for one in found["seen"])
        notes = {"checkpoint": found["checkpoint"], "directory": found["directory"], "seen": seen}
        if found["case"] is None:
            first, last = (_number(found[name], f"line 1, {name}") for name in ("from", "to"))
            if first > last:
                raise BundleMalformed("line 1, to: not before from")
            return cls(first=first, last=last, **notes)
        if found["from"] is not None or found["to"] is not None:
            raise BundleMalformed("line 1: either a case, or from and to")
        try:
            return cls(case=UUID(_text(found["case"], "line 1, case")), **notes)
        except ValueError:
            raise BundleMalformed("line 1, case: a UUID is due") from None


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry at its place; ``texts`` are the bytes that its digest is of, where they may be shown."""

    place: int
    body: bytes
    texts: bytes | None = None

    @property
    def line(self) -> bytes:
        """As it stands in the file. The hash shows which entry was altered, where one was."""
        texts = None if self.texts is None else self.texts.decode()
        hashed = _base64(leaf_hash(self.body))
        return _line({"place": self.place, "body": self.body.decode(), "hash": hashed, "texts": texts})


def hidden_line(node: Node, hashed: bytes) -> bytes:
    """A whole subtree of which nothing is shown, as it stands in the file."""
    return _line({"level": node.level, "index": node.index, "hash": _base64(hashed)})


@dataclass(slots=True)
class BundleReader:
    """Takes the lines after the head one by one, and makes the tree again."""

    head: BundleHead
    tree: Growing = field(default_factory=Growing)
    number: int = 1

    def take(self, line: bytes) -> Opened | None:
        """The entry of the line, where it shows one; raises BundleMalformed, which names line and field, or
        BundleFalse: altered, texts, not_in_place, another_case, outside, left_out."""
        self.number += 1
        found = _object(line, self.number)
        if found.keys() == _HIDDEN:
            self._hide(found)
            return None
        if found.keys() != _SHOWN:
            raise BundleMalformed(f"line {self.number}: an entry or the hash of a subtree is due")
        return self._show(found)

    def _hide(self, found: Mapping[str, Any]) -> None:
        level = _number(found["level"], f"line {self.number}, level", MOST_LEVELS)
        index = _number(found["index"], f"line {self.number}, index")
        start, stop = index << level, (index + 1) << level
        if start != self.tree.size:
            raise BundleFalse("not_in_place", place=self.tree.size)
        if self.head.case is None and start <= self.head.last and self.head.first < stop:
            raise BundleFalse("left_out", place=max(start, self.head.first))
        self.tree.append(_hash(found["hash"], self.number), level)

    def _show(self, found: Mapping[str, Any]) -> Opened:
        where = f"line {self.number}"
        place = _number(found["place"], f"{where}, place")
        try:
            body = _text(found["body"], f"{where}, body").encode()
            entry = Entry.parse(body)
        except (EntryMalformed, UnicodeEncodeError) as error:
            raise BundleMalformed(f"{where}, body: {error}") from None
        hashed = leaf_hash(body)
        if hashed != _hash(found["hash"], self.number):
            raise BundleFalse("altered", place=place)
        if place != self.tree.size:
            raise BundleFalse("not_in_place", place=self.tree.size)
        if self.head.case is not None and entry.case != self.head.case:
            raise BundleFalse("another_case", place=place)
        if self.head.case is None and not self.head.first <= place <= self.head.last:
            raise BundleFalse("outside", place=place)
        self.tree.append(hashed)
        return Opened(entry, place, self._texts(found["texts"], entry, place))

    def _texts(self, given: object, entry: Entry, place: int) -> Mapping[str, Any] | None:
        if given is None:
            return None
        where = f"line {self.number}, texts"
        try:
            content = _text(given, where).encode()
        except UnicodeEncodeError:
            raise BundleMalformed(f"{where}: UTF-8 is due") from None
        if texts_digest(content) != entry.texts:
            raise BundleFalse("texts", place=place)
        return _object(content, self.number)


def lines_of(file: Any) -> Iterator[bytes]:  # noqa: ANN401 - a file, or whatever else has its readline
    """The lines of a file without their ends, none held longer than it is looked at; raises BundleMalformed."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE or not line.endswith(b"\n"):
            raise BundleMalformed(f"a line has no end, or more than {MAX_LINE} bytes")
        yield line[:-1]


def _base64(hashed: bytes) -> str:
    return base64.b64encode(hashed).decode()


def _line(value: Mapping[str, Any]) -> bytes:
    return canonical(value) + b"\n"


def _object(line: bytes, number: int) -> dict[str, Any]:
    """In its one form, since two readers might see two things in another."""
    try:
        found = json.loads(line)
        as_due = canonical(found) == line
    except (ValueError, RecursionError):
        raise BundleMalformed(f"line {number}: not JSON") from None
    if not isinstance(found, dict) or not as_due:
        raise BundleMalformed(f"line {number}: an object in its one form is due")
    return found


def _text(given: object, where: str) -> str:
    if not isinstance(given, str):
        raise BundleMalformed(f"{where}: a text is due")
    return given


def _number(given: object, where: str, most: int = LARGEST) -> int:
    if type(given) is not int or not 0 <= given <= most:
        raise BundleMalformed(f"{where}: a number from 0 to {most} is due")
    return given


def _hash(given: object, number: int) -> bytes:
    try:
        return parse_hash(_text(given, f"line {number}, hash"), f"line {number}, hash")
    except CheckpointMalformed as error:
        raise BundleMalformed(str(error)) from None
