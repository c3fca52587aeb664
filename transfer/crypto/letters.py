"""A letter that was opened, and why one cannot be sealed or opened."""

from dataclasses import dataclass

from transfer.messages.codes import RefusalCode
from transfer.messages.sealed import SealedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the source signed. ``signature`` is both parts of the JWS without its payload (RFC 7515, appendix F):
    with the content it proves who said this."""

    source: str
    content: bytes
    signature: str


class CannotSeal(Exception):
    """The message cannot be signed and sealed for its recipient now."""


class NotOpened(Exception):
    """What came is not a letter of another region for this one, or cannot be known to be one."""

    def __init__(self, code: RefusalCode, detail: object, *, claims: SealedEvent | None = None) -> None:
        """``claims`` is what the event says of itself, which nobody has vouched for."""
        self.code = code
        self.claims = claims
        super().__init__(detail)
