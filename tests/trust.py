"""Keys and signed directories for tests: real ones, made once and used by every node of the run."""

import atexit
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final
from unittest.mock import patch

from pydantic import SecretStr

from transfer.crypto import filekey, keyfiles
from transfer.crypto.chunks import FileKey
from transfer.crypto.directory import Directory, Draft, Region
from transfer.crypto.keys import KeyUse, PublicKey, SuiteName
from transfer.crypto.keystore import Keystore, add_key
from transfer.crypto.matching import MatchKey, take_match_key
from transfer.crypto.notes import Signer, sign
from transfer.crypto.suites import suite
from transfer.crypto.wire import Wire
from transfer.messages.envelope import Unreadable, decode_attributes
from transfer.messages.sealed import SealedEvent
from transfer.telemetry import clock

DRAFT: Final = Path(__file__).parent.parent / "deploy" / "local" / "directory.json"
PASSPHRASE: Final = SecretStr("a passphrase of the tests")
SINCE: Final = datetime(2026, 1, 1, tzinfo=UTC)
YEARS: Final = timedelta(days=3650)


@dataclass(slots=True, kw_only=True)
class Trust:
    """An operator of the directory, and the regions that it lists, each with its keys in a folder."""

    folder: Path
    operator: Signer = field(default_factory=lambda: Signer.new("test.example/directory"))
    _files: int = 0
    _default: Path | None = None

    @property
    def passphrase_file(self) -> Path:
        file = self.folder / "passphrase"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(PASSPHRASE.get_secret_value())
        return file

    def keys(self, region: str) -> Path:
        """The folder with the region's keys: one to sign and one to open with, of suite jose."""
        folder = self.folder / region
        if not folder.exists():
            self.add_key(region, KeyUse.SIGN)
            self.add_key(region, KeyUse.SEAL)
        return folder

    def file_key(self, region: str) -> FileKey:
        """The region's key for files, made when it is first asked for."""
        if not (self.keys(region) / filekey.FILE).exists():
            with _unlocked_at_once():
                return filekey.new_file_key(self.keys(region), PASSPHRASE)
        return filekey.load_file_key(self.keys(region), PASSPHRASE)

    def share(self, region: str, key: MatchKey) -> None:
        """The region takes this key that all share."""
        with _unlocked_at_once():
            take_match_key(self.keys(region), key, PASSPHRASE)

    def add_key(
        self, region: str, use: KeyUse, *, suite: SuiteName = SuiteName.JOSE, since: datetime = SINCE
    ) -> PublicKey:
        with _unlocked_at_once():
            return add_key(
                self.folder / region, PASSPHRASE, region=region, name=suite, use=use, not_before=since, validity=YEARS
            )

    def store(self, region: str) -> Keystore:
        folder = self.keys(region)
        return _loaded(folder, tuple(sorted(file.name for file in folder.iterdir())))

    def directory(self, regions: Sequence[Region] | None = None, *, version: int = 1, **changes: Any) -> Directory:
        """These regions, or those of the local stack, with the keys that are in their folders."""
        listed = Draft.load(DRAFT).regions if regions is None else regions
        with_keys = tuple(one.model_copy(update={"keys": self.store(one.code).public}) for one in listed)
        fields: dict[str, Any] = {"issued_at": SINCE, "expires_at": SINCE + YEARS, "regions": with_keys}
        return Directory(version=version, **(fields | changes))

    def note(self, directory: Directory | None = None) -> str:
        """The directory as its operator signs it."""
        return sign((directory or self.directory()).text, self.operator)

    def file(self, directory: Directory | None = None) -> Path:
        """A new file with the signed directory."""
        self._files += 1
        path = self.folder / f"directory-{self._files}.note"
        path.write_text(self.note(directory))
        return path

    def wire(self, region: str, directory: Directory | None = None) -> Wire:
        """Seals and opens as this region does."""
        listed = directory or self.directory()
        keys = self.store(region)
        return Wire(region=region, directory=lambda: listed, keys=lambda: keys, clock=clock.now)

    @property
    def default_file(self) -> Path:
        """A file with the directory of the local stack."""
        if self._default is None:
            self._default = self.file()
        return self._default

    def settings(self, region: str, note: Path | None = None) -> Mapping[str, Any]:
        """What the node of this region has to know of all this."""
        return {
            "directory": note or self.default_file,
            "directory_keys": (self.operator.verifier.text,),
            "keys": self.keys(region),
            "passphrase_file": self.passphrase_file,
            # Who may do what is a matter of its own; see test_rights.py.
            "sign_in": "off",
            # Of one database alone: the keys are those of many tests.
            "state": Path(mkdtemp(prefix="state-", dir=self.folder)),
        }


@contextmanager
def _unlocked_at_once() -> Iterator[None]:
    """A key that is made meanwhile says of itself that little is to be derived for it; every node of the tests unlocks
    several, which takes it a seventh of a second each otherwise."""
    with patch.object(keyfiles, "ITERATIONS", 1_000):
        yield


@cache
def _loaded(folder: Path, _names: tuple[str, ...]) -> Keystore:
    return Keystore.load(folder, PASSPHRASE)


@cache
def shared() -> Trust:
    """One for all tests that do not change it."""
    folder = Path(mkdtemp(prefix="transfer-trust-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Trust(folder=folder)


def environment_of(region: str, trust: Trust | None = None) -> dict[str, str]:
    """The same as variables."""
    return {f"TRANSFER_{name.upper()}": value for name, value in as_text((trust or shared()).settings(region)).items()}


def as_text(settings: Mapping[str, Any]) -> dict[str, str]:
    """Settings as they are written in a file or in the environment."""
    return {name: ",".join(value) if isinstance(value, tuple) else str(value) for name, value in settings.items()}


def letter(content: bytes, *, signed_by: str | None = None, claims: Mapping[str, object] | None = None) -> bytes:
    """A sealed event that its recipient can open, signed by its source or by whoever it is, whatever it says."""
    jose, trust = suite(SuiteName.JOSE), shared()
    attributes = decode_attributes(content)
    now = int(clock.now().timestamp())
    key = trust.store(signed_by or attributes.source).signing(SuiteName.JOSE, clock.now())
    token = jose.sign(content, key, issued_at=now, expires_at=now + 3600)
    sealer = next(one for one in trust.store(attributes.recipient).public if one.use is KeyUse.SEAL)
    event = SealedEvent.around(
        attributes, suite="jose", signkey=key.kid, sealkey=sealer.kid, letter=jose.seal(token, sealer)
    )
    return json.dumps(json.loads(event.encode()) | dict(claims or {})).encode()


def as_sent(body: bytes) -> bytes:
    """A content as its source sends it; what is no content stays as it is."""
    try:
        return letter(body)
    except Unreadable:
        return body
