"""The directory in force: the newest that a trusted operator has signed, and never an older one again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import ValidationError

from transfer.crypto.directory import Directory, DirectoryInvalid
from transfer.crypto.errors import CryptoError
from transfer.crypto.notes import Verifier, verify
from transfer.messages.envelope import explain


class DirectoryMissing(DirectoryInvalid):
    """No directory was found that a trusted operator has signed."""


class DirectoryTooOld(ConnectionError):
    """The directory expired and its time of grace is over: nothing is sent or taken in until a new one comes."""


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
    _directory: Directory | None = field(default=None)

    def offer(self, note: str) -> bool:
        """Whether this one is now in force; False when it is no newer than the one that is.

        Raises DirectoryInvalid: not signed by a trusted operator, not readable, expired, or another content under
        the version that is in force.
        """
        directory = signed_directory(note, self.verifiers)
        current = self._directory
        if current is not None and directory.version <= current.version:
            if directory.version == current.version and directory != current:
                raise DirectoryInvalid(f"version {directory.version} is in force with another content")
            return False
        if directory.expired(self.clock() - self.grace):
            raise DirectoryInvalid(f"version {directory.version} expired at {directory.expires_at:%Y-%m-%d %H:%M}")
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
        if directory.expired(self.clock() - self.grace):
            raise DirectoryTooOld(f"version {directory.version} expired at {directory.expires_at:%Y-%m-%d %H:%M}")
        return directory
