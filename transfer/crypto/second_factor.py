"""Codes of the second factor (RFC 6238), their secrets sealed with a key in the folder of the region's other keys."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import pyotp
from pydantic import SecretStr

from transfer.crypto import compact
from transfer.crypto.errors import KeyExists, KeysUnusable
from transfer.crypto.keyfiles import lock_text, read_private, unlock_text, write_private
from transfer.crypto.texts import KEY_BYTES, open_texts, seal_texts

FILE: Final = "accounts.key"
STEP_SECONDS: Final = 30
DIGITS: Final = 6
_DRIFT: Final = 1
_KIND: Final = "oct"
_ISSUER: Final = "法律援助"


@dataclass(slots=True)
class AccountsKey:
    """The key of a folder, made when it is first asked for; without it second factors have to be set up again.

    Calling it takes 0.1 s the first time: call it from a thread. Raises KeysUnusable or PassphraseWrong.
    """

    folder: Path
    passphrase: Callable[[], SecretStr]
    _key: bytes | None = None

    def __call__(self) -> bytes:
        if self._key is None:
            passphrase = self.passphrase()
            if not (self.folder / FILE).exists():
                made = compact.encode(secrets.token_bytes(KEY_BYTES)).decode()
                # Another process may make it at this moment; then it is that one.
                with suppress(KeyExists):
                    write_private(
                        self.folder / FILE, lock_text(made, passphrase, name=FILE, kind=_KIND) + "\n", new=True
                    )
            text = unlock_text(read_private(self.folder / FILE).strip(), passphrase, name=FILE, kind=_KIND)
            key = compact.decode(text.encode())
            if len(key) != KEY_BYTES:
                raise KeysUnusable(f"{self.folder / FILE}: the key is damaged")
            self._key = key
        return self._key


def new_totp_secret() -> str:
    """160 random bits, as apps take them."""
    return pyotp.random_base32()


def seal_totp(key: bytes, account: UUID, secret: str) -> bytes:
    """As it is kept, bound to its account."""
    return seal_texts(key, account, secret.encode())


def open_totp(key: bytes, account: UUID, sealed: bytes) -> str:
    """The secret; raises CannotBeOpened."""
    return open_texts(key, account, sealed).decode()


def totp_address(secret: str, login: str) -> str:
    """What the QR code for the app holds."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=_ISSUER)


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step whose code this is, of this moment's and its two neighbours; None for a wrong one."""
    now = int(at.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    bare = "".join(code.split())
    if not (bare.isascii() and bare.isdigit()):
        return None
    near = range(now - _DRIFT, now + _DRIFT + 1)
    fitting = [step for step in near if pyotp.utils.strings_equal(totp.generate_otp(step), bare)]
    return fitting[-1] if fitting else None
