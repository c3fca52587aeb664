"""The node's key for files at rest, in the folder of its other keys, locked by the same passphrase; those before it lie
beside it."""

import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from transfer.crypto import compact
from transfer.crypto.chunks import KEY_BYTES, FileKey
from transfer.crypto.errors import KeysUnusable
from transfer.crypto.keyfiles import lock_text, read_folder, read_private, unlock, unlock_text, write_private

FILE: Final = "files.key"
_OLDER: Final = "files-*.key"
_KIND: Final = "oct"
_ID_BYTES: Final = 8


def new_file_key(folder: Path, passphrase: SecretStr) -> FileKey:
    """A new key, written to the folder. Raises KeyExists when there is one: without it no kept file can be read;
    PassphraseWrong when the other keys have another passphrase; KeysUnusable."""
    if folder.exists() and (kept := read_folder(folder)):
        unlock(kept[0], passphrase)
    return _write(folder, passphrase, new=True)


def rotate_file_key(folder: Path, passphrase: SecretStr) -> FileKey:
    """A new key in the place of the one there is, which is kept to open what it wrapped. Raises as ``load_file_key``.

    If we crash in between, the old key lies there twice and is the one that counts."""
    was = load_file_key(folder, passphrase)
    write_private(folder / f"files-{was.id.hex()}.key", read_private(folder / FILE), new=False)
    return replace(_write(folder, passphrase, new=False), older=(was, *was.older))


def load_file_key(folder: Path, passphrase: SecretStr) -> FileKey:
    """The key and those before it; takes as long as the derivation from the passphrase for each. Raises KeysUnusable or
    PassphraseWrong."""
    older = tuple(_read(path, passphrase) for path in sorted(folder.glob(_OLDER)))
    return replace(_read(folder / FILE, passphrase), older=older)


@dataclass(slots=True)
class HeldFileKey:
    """The key of a folder; it is loaded when it is first asked for, and again when another one has taken its place."""

    folder: Path
    passphrase: Callable[[], SecretStr]
    _written: int = 0
    _key: FileKey | None = None

    def __call__(self) -> FileKey:
        """Raises as ``load_file_key``; what a folder that is away would say is not asked of a key that is held."""
        written = self._written
        with suppress(OSError):
            written = (self.folder / FILE).stat().st_mtime_ns
        if self._key is None or written != self._written:
            self._key, self._written = load_file_key(self.folder, self.passphrase()), written
        return self._key


def _write(folder: Path, passphrase: SecretStr, *, new: bool) -> FileKey:
    secret = secrets.token_bytes(KEY_BYTES)
    text = lock_text(compact.encode(secret).decode(), passphrase, name=FILE, kind=_KIND)
    write_private(folder / FILE, text + "\n", new=new)
    return _key(secret)


def _read(path: Path, passphrase: SecretStr) -> FileKey:
    try:
        locked = read_private(path).strip()
    except FileNotFoundError:
        raise KeysUnusable(f"{path} is missing; `transfer files init` makes it") from None
    secret = compact.decode(unlock_text(locked, passphrase, name=FILE, kind=_KIND).encode())
    if len(secret) != KEY_BYTES:
        raise KeysUnusable(f"{path}: the key is damaged")
    return _key(secret)


def _key(secret: bytes) -> FileKey:
    return FileKey(id=hashlib.sha256(b"legalaid file key\n" + secret).digest()[:_ID_BYTES], secret=secret)
