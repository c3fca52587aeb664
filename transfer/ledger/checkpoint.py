"""Checkpoints: what a region says of its ledger at one size (C2SP tlog-checkpoint), before it is signed."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from transfer.ledger.tree import HASH_SIZE

LARGEST: Final = 2**63 - 1
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_ORIGIN: Final = re.compile(r"[^\s+]{1,200}")
_LINES: Final = 3


class CheckpointMalformed(ValueError):
    """The text is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The number of entries of one ledger, named by its origin, and the root over them.

    Extension lines, which nobody could check, are not taken.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """As it is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the text of a note; raises CheckpointMalformed, which names the line."""
        lines = text.split("\n")
        if lines.pop() or len(lines) != _LINES:
            raise CheckpointMalformed(f"a checkpoint has {_LINES} lines: origin, size, root")
        origin, size, root = lines
        if not _ORIGIN.fullmatch(origin):
            raise CheckpointMalformed("line 1, the origin: a name without spaces and plus signs")
        return cls(origin, parse_size(size, "line 2, the size"), parse_hash(root, "line 3, the root"))

    @classmethod
    def of_note(cls, note: str) -> Self:
        """From a signed note whose signatures are taken for granted; raises CheckpointMalformed."""
        return cls.parse(note.partition("\n\n")[0] + "\n")


def parse_size(text: str, where: str) -> int:
    """A number of entries, or the place of one; raises CheckpointMalformed."""
    if not _SIZE.fullmatch(text) or (size := int(text)) > LARGEST:
        raise CheckpointMalformed(f"{where}: a decimal number without leading zeroes")
    return size


def parse_hash(text: str, where: str) -> bytes:
    """The base64 of a hash, in its one form; raises CheckpointMalformed."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != HASH_SIZE or base64.b64encode(found).decode() != text:
        raise CheckpointMalformed(f"{where}: the base64 of {HASH_SIZE} bytes")
    return found
