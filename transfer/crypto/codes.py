"""Codes by which people without an account find a case again: short enough to read out, too costly to guess."""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final, Self

ALPHABET: Final = "34679ACDEFGHJKMNPQRTWXY"
"""Without signs that are taken for each other, printed, written or read out: 0 O, 1 I L, 2 Z, 5 S, 8 B, U V."""
LENGTH: Final = 10
"""23 to the 10th: 45 bits, each guess of which costs a scrypt."""
_COST: Final = 2**14
_SALT: Final = b"transfer/code/v1"
"""The same for all, since the code is what is looked for; its 45 bits are what keeps it from tables made ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What is kept of a code (``key``), and what proves the second fact beside it. Neither gives the code away, and
    without the code nobody can try the ten thousand ends of a number on a copy of the database."""

    key: str
    _secret: bytes

    @classmethod
    def of(cls, text: str) -> Self:
        """From a code as ``read_code`` gives it; takes some 40 ms and 16 MB (RFC 7914), so not in the event loop."""
        whole = hashlib.scrypt(text.encode(), salt=_SALT, n=_COST, r=8, p=1, dklen=64)
        return cls(key=whole[:32].hex(), _secret=whole[32:])

    def mark(self, fact: str) -> str:
        """What is kept of a second fact."""
        return hmac.digest(self._secret, fact.encode(), "sha256").hex()


def new_code() -> str:
    """A code that nobody has had."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def read_code(typed: str) -> str:
    """A code as people type it: in full width, in small letters, with blanks and hyphens. Empty for what is none."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", typed).upper() if sign.isalnum())
    return plain if len(plain) == LENGTH and set(plain) <= set(ALPHABET) else ""


def in_groups(code: str) -> str:
    """The code as it is printed and read out."""
    return f"{code[:5]}-{code[5:]}"


def new_secret() -> str:
    """What a browser keeps while somebody looks; the database has its hash."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """What is kept of such a secret; it has 256 bits, so one round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def hidden(code: str, secret: str) -> str:
    """The code so that only who has this secret can read it; a secret hides one code."""
    return bytes(a ^ b for a, b in zip(code.encode(), _pad(secret), strict=False)).hex()


def revealed(kept: str, secret: str) -> str:
    """The code that was hidden."""
    return bytes(a ^ b for a, b in zip(bytes.fromhex(kept), _pad(secret), strict=False)).decode("ascii", "replace")


def _pad(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"code", "sha256")


def signature(secret: str, *parts: str) -> str:
    """By which two systems that share a secret know each other's messages (HMAC-SHA-256, RFC 2104)."""
    return hmac.digest(secret.encode(), "\n".join(parts).encode(), "sha256").hex()


def is_signed(given: str, secret: str, *parts: str) -> bool:
    """Whether that is their signature."""
    return hmac.compare_digest(given.encode(), signature(secret, *parts).encode())
