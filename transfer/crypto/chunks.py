"""Files at rest: AES-256-GCM over chunks, each of which can be opened alone.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): a chunk's nonce is a random prefix of its file,
the chunk's number, and whether it is the last one. So no chunk can be altered, moved, repeated or left out, nor the end
be cut off, and no nonce is used twice under the key that each file has of its own.
"""

import secrets
from dataclasses import dataclass, field
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from transfer.crypto.errors import CannotBeOpened, Malformed, UnknownKey

CHUNK: Final = 64 * 1024
"""Bytes of content in each chunk but the last, which has at least one byte."""
KEY_BYTES: Final = 32
_TAG: Final = 16
SEALED_CHUNK: Final = CHUNK + _TAG

_MAGIC: Final = b"LAF1"
_ID: Final = 8
_WRAPPED: Final = KEY_BYTES + 8
_PREFIX: Final = 7
HEADER: Final = len(_MAGIC) + _ID + _WRAPPED + _PREFIX
"""Bytes before the first chunk: what this is, the id of the node's key, the file's key wrapped by it (RFC 3394), the
prefix of the nonces."""
_MOST: Final = 2**32


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKey:
    """The node's key that wraps the keys of its files, with those before it, which still open what they wrapped."""

    id: bytes
    secret: bytes = field(repr=False)
    older: tuple["FileKey", ...] = ()


def sealed_size(size: int) -> int:
    """How many bytes a file of so many bytes has at rest."""
    return HEADER + size + _TAG * -(-size // CHUNK)


def content_size(sealed: int) -> int:
    """How many bytes of content a whole file at rest of so many bytes has; raises Malformed."""
    chunks, rest = divmod(sealed - HEADER, SEALED_CHUNK)
    if sealed <= HEADER or 0 < rest <= _TAG:
        raise Malformed("no file has this size at rest")
    return chunks * CHUNK + max(0, rest - _TAG)


def place(index: int) -> int:
    """Where the chunk of that number begins at rest."""
    return HEADER + index * SEALED_CHUNK


class Sealing:
    """Seals the chunks of one new file in their order."""

    def __init__(self, key: FileKey) -> None:
        secret, self._prefix = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(_PREFIX)
        self.header: Final = _MAGIC + key.id + aes_key_wrap(key.secret, secret) + self._prefix
        self._cipher = AESGCM(secret)
        self._next = 0
        self._ended = False

    def seal(self, chunk: bytes | memoryview, *, last: bool) -> bytes:
        """The next chunk as it is kept: CHUNK bytes of content, or 1 to CHUNK in the last one."""
        if self._ended or not 0 < len(chunk) <= CHUNK or (len(chunk) < CHUNK and not last):
            raise ValueError("the chunks of a file are full but for the last one")
        nonce = _nonce(self._prefix, self._next, last=last)
        self._next, self._ended = self._next + 1, last
        return self._cipher.encrypt(nonce, chunk, self.header)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Opens chunks of one file, in any order."""

    header: bytes
    prefix: bytes
    cipher: AESGCM = field(repr=False)

    @classmethod
    def of(cls, header: bytes, key: FileKey) -> Self:
        """From the first HEADER bytes of a file; raises Malformed, UnknownKey or CannotBeOpened."""
        if len(header) != HEADER or not header.startswith(_MAGIC):
            raise Malformed("this is no file that a node keeps")
        named, wrapped = header[len(_MAGIC) :][:_ID], header[len(_MAGIC) + _ID :][:_WRAPPED]
        known = {one.id: one for one in (key, *key.older)}
        if named not in known:
            held = ", ".join(one.hex() for one in known)
            raise UnknownKey(f"the file was kept with the key {named.hex()}, this node has {held}")
        try:
            secret = aes_key_unwrap(known[named].secret, wrapped)
        except InvalidUnwrap as error:
            raise CannotBeOpened("the file's key") from error
        return cls(header=header, prefix=header[-_PREFIX:], cipher=AESGCM(secret))

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        """The content of the chunk of that number; raises CannotBeOpened."""
        try:
            return self.cipher.decrypt(_nonce(self.prefix, index, last=last), sealed, self.header)
        except InvalidTag as error:
            raise CannotBeOpened(f"chunk {index}") from error


def _nonce(prefix: bytes, index: int, *, last: bool) -> bytes:
    if index >= _MOST:
        raise ValueError("a file has less than 2**32 chunks")
    return prefix + index.to_bytes(4) + bytes([last])
