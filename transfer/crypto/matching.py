"""The keys that all regions of an exchange share, by which each finds the same matter in another without naming anyone.

Each version is one file beside the region's own keys, locked by the same passphrase. While one takes another's place
both are used. A plain hash of a number would be no secret: there are fewer numbers than a machine can try in a minute.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC
from pydantic import SecretStr

from transfer.crypto import compact
from transfer.crypto.errors import KeysUnusable
from transfer.crypto.keyfiles import lock_text, read_folder, read_private, unlock, unlock_text, write_private

KEY_BYTES: Final = 32
LATEST_VERSION: Final = 9999
_KIND: Final = "legalaid-match-key"
_FILE: Final = re.compile(r"match-([1-9][0-9]{0,3})\.key")


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchKey:
    """One version of the shared key, and the text of its file."""

    version: int
    secret: bytes = field(repr=False)
    locked: str = field(repr=False)

    def fingerprint(self, line: str) -> str:
        """HMAC-SM3 (GM/T 0042) after the version."""
        made = HMAC(self.secret, hashes.SM3())
        made.update(line.encode())
        return f"{self.version}:{made.finalize().hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchKeys:
    """All versions that a region holds."""

    keys: tuple[MatchKey, ...] = ()

    def fingerprints(self, lines: Sequence[str]) -> tuple[str, ...]:
        """Of every line by every key; none without a key."""
        return tuple(key.fingerprint(line) for line in lines for key in self.keys)

    def refreshed(self, folder: Path, passphrase: SecretStr) -> "MatchKeys":
        """The keys as the folder holds them now; takes 0.1 s for each that was not seen. Raises KeysUnusable,
        PassphraseWrong."""
        seen = {key.locked: key for key in self.keys}
        texts = [_text(folder / f"match-{version}.key") for version in versions(folder)]
        return MatchKeys(keys=tuple(seen.get(text) or read_match_key(text, passphrase) for text in texts))


def versions(folder: Path) -> tuple[int, ...]:
    """The versions that lie in a folder, the oldest first."""
    found = (_FILE.fullmatch(path.name) for path in folder.glob("match-*.key"))
    return tuple(sorted(int(one[1]) for one in found if one is not None))


def new_match_key(version: int, passphrase: SecretStr) -> MatchKey:
    """A new shared key, locked for its way to the regions."""
    return _locked(version, secrets.token_bytes(KEY_BYTES), passphrase)


def read_match_key(text: str, passphrase: SecretStr) -> MatchKey:
    """The key in the text of a file; raises KeysUnusable, PassphraseWrong."""
    version, _, locked = text.partition(":")
    if not version.isdecimal():
        raise KeysUnusable("this is no shared key")
    secret = compact.decode(unlock_text(locked, passphrase, name=f"match-{version}", kind=_KIND).encode())
    if len(secret) != KEY_BYTES:
        raise KeysUnusable(f"match-{version}: the key is damaged")
    return MatchKey(version=int(version), secret=secret, locked=text)


def take_match_key(folder: Path, key: MatchKey, passphrase: SecretStr) -> MatchKey:
    """The key put beside the region's own, locked by their passphrase.

    Raises KeyExists for a version that is there, PassphraseWrong when the other keys have another passphrase."""
    if folder.exists() and (kept := read_folder(folder)):
        unlock(kept[0], passphrase)
    taken = _locked(key.version, key.secret, passphrase)
    write_private(folder / f"match-{key.version}.key", taken.locked + "\n", new=True)
    return taken


def drop_match_key(folder: Path, version: int) -> None:
    """A version that is used no more; raises KeysUnusable where there is none."""
    try:
        (folder / f"match-{version}.key").unlink()
    except OSError as error:
        raise KeysUnusable(f"match-{version}.key: {error.strerror}") from error


def _locked(version: int, secret: bytes, passphrase: SecretStr) -> MatchKey:
    text = lock_text(compact.encode(secret).decode(), passphrase, name=f"match-{version}", kind=_KIND)
    return MatchKey(version=version, secret=secret, locked=f"{version}:{text}")


def _text(path: Path) -> str:
    try:
        return read_private(path).strip()
    except FileNotFoundError as error:
        raise KeysUnusable(f"{path} is gone") from error
