"""Names and texts of the ledger at rest: AES-256-GCM under the key of their subject, bound to their entry."""

import secrets
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from transfer.crypto.errors import CannotBeOpened

KEY_BYTES: Final = 32
_NONCE: Final = 12


def new_key() -> bytes:
    """A key of one subject; random nonces are safe for 2**32 texts under it (NIST SP 800-38D, 8.3)."""
    return secrets.token_bytes(KEY_BYTES)


def seal_texts(key: bytes, entry: UUID, texts: bytes) -> bytes:
    """The texts of that entry as they are kept."""
    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, texts, entry.bytes)


def open_texts(key: bytes, entry: UUID, sealed: bytes) -> bytes:
    """The texts again; raises CannotBeOpened for another key, another entry, or what was altered."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], entry.bytes)
    except (InvalidTag, ValueError) as error:
        raise CannotBeOpened(f"the texts of entry {entry}") from error
