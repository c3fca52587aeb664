"""The proof of one entry as a small text file (C2SP tlog-proof): entry, place, hashes, signed checkpoint."""

import base64
import binascii
from dataclasses import dataclass
from typing import Final, Self

from transfer.ledger.checkpoint import CheckpointMalformed, parse_hash, parse_size

HEADER: Final = "c2sp.org/tlog-proof@v1"
MOST_HASHES: Final = 63
MAX_PROOF: Final = 16 * 1024 * 1024
"""Characters; an entry is far smaller."""
_EXTRA: Final = "extra "
_INDEX: Final = "index "


class ProofMalformed(ValueError):
    """The text is no proof."""


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry and what shows that it stands at one place of a ledger; ``note`` is the signed checkpoint as it came.

    The format lets the entry ride as extra data, which a verifier trusts for its hash alone.
    """

    entry: bytes
    index: int
    hashes: tuple[bytes, ...]
    note: str

    @property
    def text(self) -> str:
        """The file."""
        encoded = (base64.b64encode(one).decode() for one in self.hashes)
        head = (HEADER, _EXTRA + base64.b64encode(self.entry).decode(), f"{_INDEX}{self.index}", *encoded)
        return "\n".join(head) + "\n\n" + self.note

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ProofMalformed, which names the line."""
        if len(text) > MAX_PROOF:
            raise ProofMalformed(f"longer than {MAX_PROOF} characters")
        above, blank, note = text.partition("\n\n")
        header, *lines = above.split("\n")
        if header != HEADER:
            raise ProofMalformed(f"line 1: {HEADER} is due")
        if not blank or not note:
            raise ProofMalformed("an empty line and the signed checkpoint are due at the end")
        if not lines or not lines[0].startswith(_EXTRA):
            raise ProofMalformed("line 2: the entry is due, after the word extra")
        if len(lines) == 1 or not lines[1].startswith(_INDEX):
            raise ProofMalformed("line 3: the place of the entry is due, after the word index")
        extra, index, *hashes = lines
        if len(hashes) > MOST_HASHES:
            raise ProofMalformed(f"more than {MOST_HASHES} hashes")
        try:
            return cls(
                entry=_entry(extra.removeprefix(_EXTRA)),
                index=parse_size(index.removeprefix(_INDEX), "line 3, the place"),
                hashes=tuple(parse_hash(one, f"line {number}, a hash") for number, one in enumerate(hashes, 4)),
                note=note,
            )
        except CheckpointMalformed as error:
            raise ProofMalformed(str(error)) from None


def _entry(encoded: str) -> bytes:
    try:
        entry = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ProofMalformed("line 2, the entry: base64 is due") from None
    if base64.b64encode(entry).decode() != encoded:
        raise ProofMalformed("line 2, the entry: base64 in its one form is due")
    return entry
