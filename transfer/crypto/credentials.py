"""What people and systems prove themselves with: passwords as Argon2id hashes, random secrets by their SHA-256."""

import base64
import hashlib
import hmac
import secrets
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""As OWASP's Password Storage Cheat Sheet asks."""
_SECRET_BYTES: Final = 32
_CODE_BYTES: Final = 10


def hash_password(password: str) -> str:
    """Takes some 30 ms: call it from a thread."""
    return _HASHER.hash(password)


def password_fits(kept: str | None, password: str) -> bool:
    """Takes as long where nothing is kept, and then nothing fits: call it from a thread."""
    try:
        _HASHER.verify(kept or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made with other parameters than those of this release."""
    return _HASHER.check_needs_rehash(kept)


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_hex(_SECRET_BYTES))


def new_secret() -> str:
    """256 random bits, for a cookie or a token."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def new_code() -> str:
    """80 random bits that a person can copy: four groups of letters and digits."""
    text = base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()
    return "-".join(text[n : n + 4] for n in range(0, len(text), 4))


def plain_code(typed: str) -> str:
    """A code as it was made, however it was typed."""
    bare = "".join(typed.split()).replace("-", "").upper()
    return "-".join(bare[n : n + 4] for n in range(0, len(bare), 4))


def digest(secret: str) -> bytes:
    """By which a random secret is kept and found: it has too many bits to be guessed from this."""
    return hashlib.sha256(secret.encode()).digest()


def bound_to(seed: str) -> str:
    """What only a page for the holder of that cookie can hold."""
    made = hmac.digest(seed.encode(), b"legalaid form", "sha256")
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())
