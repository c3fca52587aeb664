"""The passphrase that protects the keys of a region: where it is looked for, and what it must be."""

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from transfer.crypto.errors import PassphraseUnusable

VARIABLE: Final = "TRANSFER_PASSPHRASE"
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
CREDENTIAL: Final = "transfer-passphrase"
SHORTEST: Final = 12


def find_passphrase(file: Path | None, environment: Mapping[str, str]) -> SecretStr:
    """The passphrase, from the first of these that is given: the file, TRANSFER_PASSPHRASE, the systemd credential
    ``transfer-passphrase`` in $CREDENTIALS_DIRECTORY.

    A file holds it as its only line. Raises PassphraseUnusable, which names the place and never the passphrase.
    """
    if file is not None:
        return _checked(_read(file), str(file))
    if VARIABLE in environment:
        return _checked(environment[VARIABLE], VARIABLE)
    if CREDENTIALS in environment:
        credential = Path(environment[CREDENTIALS]) / CREDENTIAL
        return _checked(_read(credential), str(credential))
    raise PassphraseUnusable(f"give a file, or {VARIABLE}, or the systemd credential {CREDENTIAL}")


def _read(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & stat.S_IRWXO:
            raise PassphraseUnusable(f"{file} is open to every user of this machine; chmod 600 {file}")
        return file.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as error:
        raise PassphraseUnusable(f"{file}: {error.strerror}") from error
    except UnicodeDecodeError:
        # The error's own text would quote the passphrase.
        raise PassphraseUnusable(f"{file} is not UTF-8") from None


def _checked(text: str, place: str) -> SecretStr:
    if "\n" in text or len(text) < SHORTEST:
        raise PassphraseUnusable(f"{place} must hold one line of at least {SHORTEST} characters")
    return SecretStr(text)
