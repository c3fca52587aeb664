"""The directory in force: the newest that a trusted operator has signed, and never an older one again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from transfer.crypto.directory import Directory, DirectoryInvalid
from transfer.crypto.errors import CryptoError
from transfer.crypto.notes import Verifier, verify
from transfer.messages.envelope import explain


class DirectoryMissing(DirectoryInvalid):
    """No directory was found that a trusted operator has signed."""


class DirectoryOlder(DirectoryInvalid):
    """A newer directory is known here."""


class NoExchange(ConnectionError):
    """Nothing is sent or taken in until a new directory comes."""


class DirectoryTooOld(NoExchange):
    """The directory expired and its time of grace is over."""


class RegionNotListed(NoExchange):
    """The directory does not list this node's region."""


def read_directory(file: Path, verifiers: Sequence[Verifier]) -> Directory:
    """The directory in a file with a signed note; raises DirectoryInvalid, which names the file and the fault."""
    try:
        return signed_directory(file.read_bytes().decode(errors="replace"), verifiers)
    except OSError as error:
        raise DirectoryInvalid(f"{file}: {error.strerror}") from error
    except DirectoryInvalid as error:
        raise DirectoryInvalid(f"{file}: {error}") from error


def signed_directory(note: str, verifiers: Sequence[Verifier]) -> Directory:
    """The directory in a signed note; raises DirectoryInvalid."""
    try:
        return Directory.model_validate_json(verify(note, verifiers).text)
    except CryptoError as error:
        raise DirectoryInvalid(f"{type(error).__name__}: {error}") from error
    except ValidationError as error:
        raise DirectoryInvalid(explain(error)) from error


@dataclass(slots=True, kw_only=True)
class Book:
    """Holds the directory in force. One that has expired stays in force for ``grace``."""

    verifiers: Sequence[Verifier]
    grace: timedelta
    clock: Callable[[], datetime]
    _note: str | None = None
    _directory: Directory | None = None

    def offer(self, note: str) -> bool:
        """Whether this one is now the latest; False when it was already.

        An expired one is taken only where there is none: nothing is exchanged under it, but it bars those before it,
        and what it revoked stays revoked. Raises DirectoryInvalid: not signed by a trusted operator, not readable,
        expired, older (DirectoryOlder), or another content under the version that is in force.
        """
        directory = signed_directory(note, self.verifiers)
        latest = self._directory
        if directory == latest:
            return False
        if latest is not None:
            if directory.version == latest.version:
                raise DirectoryInvalid(f"version {latest.version} is in force with another content")
            if directory.version < latest.version:
                raise DirectoryOlder(f"version {directory.version}; version {latest.version} is in force")
            if self._too_old(directory):
                raise DirectoryInvalid(f"version {directory.version} {_expired(directory)}")
        self._directory, self._note = directory, note
        return True

    @property
    def note(self) -> str | None:
        """The signed text of the directory in force."""
        return self._note

    @property
    def latest(self) -> Directory:
        """The directory in force, however old; raises DirectoryMissing."""
        if self._directory is None:
            raise DirectoryMissing(DirectoryMissing.__doc__)
        return self._directory

    @property
    def current(self) -> Directory:
        """The directory in force; raises DirectoryMissing or DirectoryTooOld."""
        directory = self.latest
        if self._too_old(directory):
            raise DirectoryTooOld(f"the directory, version {directory.version}, {_expired(directory)}")
        return directory

    def _too_old(self, directory: Directory) -> bool:
        return directory.expired(self.clock() - self.grace)


def _expired(directory: Directory) -> str:
    return f"expired at {directory.expires_at:%Y-%m-%d %H:%M} UTC, and its time of grace is over"
