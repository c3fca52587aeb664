"""The node's key for files at rest, in the folder of its other keys, locked by the same passphrase."""

import hashlib
import secrets
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from transfer.crypto import compact
from transfer.crypto.chunks import KEY_BYTES, FileKey
from transfer.crypto.errors import KeysUnusable
from transfer.crypto.keyfiles import lock_text, read_folder, read_private, unlock, unlock_text, write_private

FILE: Final = "files.key"
_KIND: Final = "oct"
_ID_BYTES: Final = 8


def new_file_key(folder: Path, passphrase: SecretStr) -> FileKey:
    """A new key, written to the folder. Raises KeyExists when there is one: without it no kept file can be read;
    PassphraseWrong when the other keys have another passphrase; KeysUnusable."""
    if folder.exists() and (kept := read_folder(folder)):
        unlock(kept[0], passphrase)
    secret = secrets.token_bytes(KEY_BYTES)
    text = lock_text(compact.encode(secret).decode(), passphrase, name=FILE, kind=_KIND)
    write_private(folder / FILE, text + "\n", new=True)
    return _key(secret)


def load_file_key(folder: Path, passphrase: SecretStr) -> FileKey:
    """The key; takes as long as the derivation from the passphrase. Raises KeysUnusable or PassphraseWrong."""
    path = folder / FILE
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
