"""The line by which a court can check a printed letter: it names the message that the letter stands for.


Grammar, ASCII only and lower case throughout, no spaces:

    line    = "legalaid:1:" region ":" message ":" digest
    region  = 6 digits, the first from 1 to 9    ; GB/T 2260 code of the region whose message it is
    message = UUID in its hyphened form          ; RFC 9562
    digest  = 64 hexadecimal digits              ; SHA-256 of the message

The 1 is the version of the grammar; another version is another line.
"""

import re
from dataclasses import dataclass
from typing import Final, Self
from uuid import UUID


class NotACheckLine(ValueError):
    """The line is not one by which a message can be checked."""


_LINE: Final = re.compile(
    r"legalaid:1:(?P<region>[1-9][0-9]{5})"
    r":(?P<message>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r":(?P<digest>[0-9a-f]{64})"
)
_GROUP: Final = 8


def _grouped(text: str, digest: str) -> tuple[str, str]:
    return text.removesuffix(digest), " ".join(digest[at : at + _GROUP] for at in range(0, len(digest), _GROUP))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """Names one message by its id and its content. ``digest`` is 64 digits, without a prefix.

    Raises NotACheckLine when a part does not have its form.
    """

    region: str
    message: UUID
    digest: str

    def __post_init__(self) -> None:
        if _LINE.fullmatch(self.text) is None:
            raise NotACheckLine(NotACheckLine.__doc__)

    @property
    def text(self) -> str:
        """The line as the QR code holds it."""
        return f"legalaid:1:{self.region}:{self.message}:{self.digest}"

    @property
    def grouped(self) -> tuple[str, str]:
        """The line for the eye, in two parts: up to the digest, and the digest in groups of eight."""
        return _grouped(self.text, self.digest)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of the exact line, as a scanner gives it. Raises NotACheckLine."""
        found = _LINE.fullmatch(text)
        if found is None:
            raise NotACheckLine(NotACheckLine.__doc__)
        return cls(region=found["region"], message=UUID(found["message"]), digest=found["digest"])

    @classmethod
    def parse_typed(cls, text: str) -> Self:
        """Of the line as a person copies it from the paper: spaces and line ends are left out. Raises NotACheckLine."""
        return cls.parse(re.sub(r"[ \r\n]", "", text))


@dataclass(frozen=True, slots=True, kw_only=True)
class RootLine:
    """Names the ledger of a region at one size by its root, against which a printed history was held; it can be laid
    beside a checkpoint that other regions signed, too.

        line = "legalaid-ledger:1:" region ":" size ":" root    ; size in decimal, root 64 hexadecimal digits
    """

    region: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The line as the QR code holds it."""
        return f"legalaid-ledger:1:{self.region}:{self.size}:{self.root.hex()}"

    @property
    def grouped(self) -> tuple[str, str]:
        """As of a CheckLine."""
        return _grouped(self.text, self.root.hex())
