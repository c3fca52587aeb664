"""Key files: one JSON file per key, its public part in clear, its private part sealed with the passphrase."""

import stat
from pathlib import Path
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import SecretStr, ValidationError

from transfer.crypto import compact
from transfer.crypto.errors import KeyExists, KeysUnusable, PassphraseWrong
from transfer.crypto.files import PRIVATE, put
from transfer.crypto.keys import PrivateJwk, PrivateKey, PublicKey
from transfer.messages.envelope import explain
from transfer.messages.values import Frozen, Line

ITERATIONS: Final = 210_000
"""Of PBKDF2 with HMAC-SHA-512, as OWASP's Password Storage Cheat Sheet asks; about 0.1 s."""
_DERIVE: Final = "PBES2-HS512+A256KW"
_ENCRYPT: Final = "A256GCM"
_TYPE: Final = "jwk+json"
_REGISTRY: Final = jwe.JWERegistry(algorithms=[_DERIVE, _ENCRYPT])


class KeyFile(Frozen):
    """What a key file holds. Who can write the folder can change the dates of a key, but not the key."""

    public: PublicKey
    revoked_because: Line | None = None
    private: str


def lock(jwk: PrivateJwk, public: PublicKey, passphrase: SecretStr) -> KeyFile:
    """The content of a new key file; takes as long as the derivation from the passphrase."""
    text = jwk.model_dump_json(exclude_none=True)
    return KeyFile(public=public, private=lock_text(text, passphrase, name=public.kid, kind=_TYPE))


def unlock(file: KeyFile, passphrase: SecretStr) -> PrivateKey:
    """The key with its private part; takes as long as the derivation from the passphrase.

    Raises PassphraseWrong, or KeysUnusable when the private part is of another key.
    """
    kid = file.public.kid
    text = unlock_text(file.private, passphrase, name=kid, kind=_TYPE)
    try:
        jwk = PrivateJwk.model_validate_json(text)
    except ValueError:
        raise KeysUnusable(f"{kid}: the private part is damaged") from None
    if jwk.public != file.public.jwk:
        raise KeysUnusable(f"{kid}: the private part belongs to another key")
    return PrivateKey(public=file.public, jwk=jwk)


def lock_text(text: str, passphrase: SecretStr, *, name: str, kind: str) -> str:
    """The text, readable only with the passphrase; its name and kind stand beside it in clear and cannot be changed."""
    head = {"alg": _DERIVE, "enc": _ENCRYPT, "p2c": ITERATIONS, "kid": name, "cty": kind}
    return jwe.encrypt_compact(head, text, _secret(passphrase), registry=_REGISTRY)


def unlock_text(locked: str, passphrase: SecretStr, *, name: str, kind: str) -> str:
    """The text; raises PassphraseWrong, or KeysUnusable when what is locked is damaged or something else."""
    fixed = {"alg": _DERIVE, "enc": _ENCRYPT, "cty": kind, "kid": name}
    try:
        compact.read_header(locked.encode().partition(b".")[0], fixed=fixed, free=("p2s", "p2c"))
        return (jwe.decrypt_compact(locked, _secret(passphrase), registry=_REGISTRY).plaintext or b"").decode()
    except JoseError as error:
        raise PassphraseWrong(name) from error
    except ValueError:
        raise KeysUnusable(f"{name}: the private part is damaged") from None


def read_folder(folder: Path) -> list[KeyFile]:
    """The key files of a folder, by name; raises KeysUnusable, which names the file and the fault."""
    try:
        _closed_to_others(folder)
        return [_read(path) for path in sorted(folder.glob("*.json"))]
    except OSError as error:
        raise KeysUnusable(f"{error.filename}: {error.strerror}") from error


def write(folder: Path, file: KeyFile, *, new: bool) -> None:
    """Put a key file in place in one step, for its owner alone; the folder is made when it is missing.

    If we crash here, the file is as it was before, or as it should be; what is left of a temporary one has another
    ending and is passed over. Raises KeyExists, or KeysUnusable.
    """
    write_private(folder / _name(file.public), file.model_dump_json(indent=2, exclude_none=True) + "\n", new=new)


def write_private(target: Path, text: str, *, new: bool) -> None:
    """As ``write``, for any text that only its owner may read."""
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if new and target.exists():
            raise KeyExists(target.name)
        put(target, text.encode(), mode=PRIVATE)
    except OSError as error:
        raise KeysUnusable(f"{error.filename or target}: {error.strerror}") from error


def read_private(path: Path) -> str:
    """A text that only its owner may read; raises KeysUnusable when others may, and FileNotFoundError."""
    try:
        _closed_to_others(path)
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise KeysUnusable(f"{path}: cannot be read") from error


def _read(path: Path) -> KeyFile:
    _closed_to_others(path)
    try:
        file = KeyFile.model_validate_json(path.read_bytes(), extra="forbid")
    except ValidationError as error:
        raise KeysUnusable(f"{path}: {explain(error)}") from error
    if path.name != _name(file.public):
        raise KeysUnusable(f"{path} holds the key {file.public.kid}")
    return file


def _name(public: PublicKey) -> str:
    return f"{public.kid}.json"


def _secret(passphrase: SecretStr) -> OctKey:
    return OctKey.import_key(passphrase.get_secret_value())


def _closed_to_others(path: Path) -> None:
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IRWXO):
        raise KeysUnusable(f"{path} is open to other users of this machine; chmod go= {path}")
