"""The signed form of a content, the same in every suite but for the names of the algorithms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from transfer.crypto import compact
from transfer.crypto.errors import KeyUnfit, Malformed, TooLarge
from transfer.crypto.keys import KeyUse, PrivateKey, PublicKey, SuiteName
from transfer.messages.envelope import MAX_BYTES

TYPE: Final = "legalaid+jws"
"""Says in the header what a token is, so that one made for another purpose is none of ours (RFC 8725, 3.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A content whose signature was verified; times in whole seconds since 1970, as its signer gave them."""

    content: bytes
    kid: str
    issued_at: int
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a token says of itself before its signature is verified, and its segments."""

    kid: str
    issued_at: int
    expires_at: int
    segments: Sequence[bytes]

    def confirmed(self, content: bytes) -> Signed:
        """What it says, once its signature is verified; raises TooLarge."""
        of_allowed_size(content)
        return Signed(content=content, kid=self.kid, issued_at=self.issued_at, expires_at=self.expires_at)


def header_to_sign(algorithm: str, key: PrivateKey, issued_at: int, expires_at: int) -> dict[str, Any]:
    """The header of a new token."""
    if not 0 <= issued_at < expires_at:
        raise ValueError("a token expires after it was issued")
    return {"alg": algorithm, "kid": key.kid, "iat": issued_at, "exp": expires_at, "typ": TYPE}


def claimed(algorithm: str, token: bytes) -> Claimed:
    """What a token says of itself; raises TooLarge, Malformed or AlgorithmNotAllowed."""
    segments = compact.segments(token, 3, largest=compact.MAX_TOKEN)
    fields = compact.read_header(segments[0], fixed={"alg": algorithm, "typ": TYPE}, free=("kid", "iat", "exp"))
    issued_at, expires_at = compact.moment(fields, "iat"), compact.moment(fields, "exp")
    if expires_at <= issued_at:
        raise Malformed("exp must be later than iat")
    return Claimed(kid=fields["kid"], issued_at=issued_at, expires_at=expires_at, segments=segments)


def of_allowed_size(content: bytes) -> bytes:
    """The content; raises TooLarge."""
    if len(content) > MAX_BYTES:
        raise TooLarge(f"at most {MAX_BYTES} bytes")
    return content


def sealable(token: bytes) -> bytes:
    """The token; raises TooLarge when no content that is allowed makes one so large."""
    if len(token) > compact.MAX_TOKEN:
        raise TooLarge(f"at most {compact.MAX_TOKEN} bytes")
    return token


def fit(key: PublicKey, suite: SuiteName, use: KeyUse, kid: str | None = None) -> PublicKey:
    """The key, when it is one of this suite and use, and the one that was asked for; raises KeyUnfit."""
    if key.suite is not suite or key.use is not use or (kid is not None and key.kid != kid):
        raise KeyUnfit(f"{key.kid} of suite {key.suite}")
    return key
