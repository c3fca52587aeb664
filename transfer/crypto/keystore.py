"""The keys of one region: which one signs, which one opens, and how they are made, replaced and revoked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from pydantic import SecretStr

from transfer.crypto.errors import KeyNotValid, KeysUnusable, UnknownKey
from transfer.crypto.keyfiles import KeyFile, lock, read_folder, unlock, write
from transfer.crypto.keys import KeyState, KeyUse, PrivateKey, PublicKey, SuiteName, key_id, newest, states
from transfer.crypto.matching import MatchKeys
from transfer.crypto.suites import suite

VALIDITY: Final = timedelta(days=730)
LEAD: Final = timedelta(days=7)
"""How long others know a new key before it is used; the directory must reach them in that time."""
OVERLAP: Final = timedelta(days=30)
"""How long the old key still verifies and opens once the new one is used."""
WARNING: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keystore:
    """The keys of a folder with their private parts, as they were when it was read.

    ``load`` and ``refreshed`` take 0.1 s for each key that they have not seen: call them from a thread.
    """

    folder: Path
    passphrase: SecretStr = field(repr=False)
    files: Mapping[str, KeyFile] = field(repr=False)
    keys: Mapping[str, PrivateKey]
    matching: MatchKeys = field(default_factory=MatchKeys)

    @classmethod
    def load(cls, folder: Path, passphrase: SecretStr) -> Self:
        """All keys of the folder; raises KeysUnusable or PassphraseWrong."""
        return cls(folder=folder, passphrase=passphrase, files={}, keys={}).refreshed()

    def refreshed(self) -> Self:
        """The keys as they are now, with new ones, changed dates and revocations; raises as ``load``."""
        files = {file.public.kid: file for file in read_folder(self.folder)}
        return type(self)(
            folder=self.folder,
            passphrase=self.passphrase,
            files=MappingProxyType(files),
            keys=MappingProxyType({kid: self._unlocked(file) for kid, file in files.items()}),
            matching=self.matching.refreshed(self.folder, self.passphrase),
        )

    def _unlocked(self, file: KeyFile) -> PrivateKey:
        known = self.files.get(file.public.kid)
        if known is not None and (known.private, known.public.jwk) == (file.private, file.public.jwk):
            return PrivateKey(public=file.public, jwk=self.keys[file.public.kid].jwk)
        return unlock(file, self.passphrase)

    @property
    def public(self) -> tuple[PublicKey, ...]:
        """What the directory holds of these keys."""
        return tuple(key.public for key in self.keys.values())

    def signing(self, name: SuiteName, at: datetime) -> PrivateKey:
        """The newest key that signs at that moment; raises NoKeyNow."""
        return self.keys[newest(self.public, name, KeyUse.SIGN, at).kid]

    def opening(self, kid: str, at: datetime) -> PrivateKey:
        """The key of that id, when it is valid at that moment; raises UnknownKey or KeyNotValid."""
        if kid not in self.keys:
            raise UnknownKey(kid)
        self.keys[kid].public.checked(at)
        return self.keys[kid]

    def expiring(self, at: datetime, within: timedelta = WARNING) -> tuple[PublicKey, ...]:
        """The keys that are used at that moment and have none to take their place so much later."""
        return expiring(self.public, at, within)


def expiring(keys: Iterable[PublicKey], at: datetime, within: timedelta = WARNING) -> tuple[PublicKey, ...]:
    """Of the keys of one region those that are used and have none to take their place, the first to expire first."""
    listed = list(keys)
    now, later = states(listed, at), states(listed, at + within)
    followed = {(key.suite, key.use) for key in listed if later[key.kid] is KeyState.CURRENT}
    due = [k for k in listed if now[k.kid] is KeyState.CURRENT and (k.suite, k.use) not in followed]
    return tuple(sorted(due, key=lambda key: key.not_after))


def add_key(  # noqa: PLR0913 - what a key is
    folder: Path,
    passphrase: SecretStr,
    *,
    region: str,
    name: SuiteName,
    use: KeyUse,
    not_before: datetime,
    validity: timedelta = VALIDITY,
) -> PublicKey:
    """A new key, written to the folder, which is made when it is missing.

    Raises PassphraseWrong or KeysUnusable when the keys that are there have another passphrase or are of another
    region, and SuiteNotInstalled.
    """
    if folder.exists() and (kept := read_folder(folder)):
        if kept[0].public.region != region:
            raise KeysUnusable(f"{folder} holds the keys of region {kept[0].public.region}")
        unlock(kept[0], passphrase)
    jwk = suite(name).new_key(use)
    kid = key_id(region, use, jwk.public)
    public = PublicKey(
        kid=kid, suite=name, use=use, jwk=jwk.public, not_before=not_before, not_after=not_before + validity
    )
    write(folder, lock(jwk, public, passphrase), new=True)
    return public


def rotate_key(  # noqa: PLR0913 - the three spans each have a default
    folder: Path,
    passphrase: SecretStr,
    kid: str,
    at: datetime,
    *,
    lead: timedelta = LEAD,
    overlap: timedelta = OVERLAP,
    validity: timedelta = VALIDITY,
) -> tuple[PublicKey, PublicKey]:
    """A new key beside the old one, and the old one as it ends: ``overlap`` after the new one begins.

    The new one begins after ``lead``, or when the old one expires, if that is sooner. Raises UnknownKey, KeyNotValid
    (revoked, or replaced already) and what ``add_key`` raises.
    """
    files = read_folder(folder)
    file = _find(files, kid)
    old = file.public
    alike = [k.public for k in files if (k.public.suite, k.public.use) == (old.suite, old.use)]
    latest = max((k for k in alike if k.revoked_at is None), key=lambda k: (k.not_before, k.kid), default=None)
    if latest is None or latest.kid != kid:
        raise KeyNotValid(f"{kid} was revoked or has a successor already")
    begins = max(at, min(at + lead, old.not_after))
    new = add_key(
        folder, passphrase, region=old.region, name=old.suite, use=old.use, not_before=begins, validity=validity
    )
    ended = old.model_copy(update={"not_after": min(old.not_after, begins + overlap)})
    # If we crash here, the old key lives as long as it was meant to at first.
    write(folder, file.model_copy(update={"public": ended}), new=False)
    return new, ended


def revoke_key(folder: Path, kid: str, at: datetime, reason: str) -> PublicKey:
    """The key, of no use from now on; needs no passphrase. Raises UnknownKey, KeyNotValid or KeysUnusable."""
    file = _find(read_folder(folder), kid)
    if file.public.revoked_at is not None:
        raise KeyNotValid(f"{kid} was revoked already")
    public = file.public.model_copy(update={"revoked_at": at})
    write(folder, KeyFile(public=public, revoked_because=reason, private=file.private), new=False)
    return public


def _find(files: Iterable[KeyFile], kid: str) -> KeyFile:
    for file in files:
        if file.public.kid == kid:
            return file
    raise UnknownKey(kid)
