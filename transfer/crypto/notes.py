"""Signed notes (C2SP signed-note, Ed25519): a text for people and programs, with the signatures under it."""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Final, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from transfer.crypto.errors import NoteMalformed, NoteUnverified

MAX_NOTE: Final = 4 * 1024 * 1024
"""Bytes; room for the directory of a country."""
MAX_SIGNATURES: Final = 64

_ED25519: Final = b"\x01"
_SIZE: Final = 32
_SIGNATURE: Final = 64
_ID: Final = 4
_TIME: Final = 8
_LATEST: Final = 253402300799
"""Seconds at the end of the year 9999."""
_DASH: Final = "\N{EM DASH} "
_PRIVATE: Final = "PRIVATE+KEY+"
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that is known by a name, ``example.org/directory`` for instance."""

    name: str
    point: bytes
    kind: ClassVar[bytes] = _ED25519

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.point) != _SIZE:
            raise NoteMalformed("an Ed25519 key has 32 bytes")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``name+id+key``, as ``text`` gives it; raises NoteMalformed."""
        name, _, rest = text.partition("+")
        identity, _, key = rest.partition("+")
        made = cls(name, _key_bytes(key, cls.kind))
        if made.id.hex() != identity:
            raise NoteMalformed("the id of the key does not fit the key")
        return made

    @property
    def text(self) -> str:
        """The form in which keys are handed on."""
        return f"{self.name}+{self.id.hex()}+{_base64(self.kind + self.point)}"

    @property
    def id(self) -> bytes:
        """Four bytes, by which a signature names its key beside the name."""
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.point).digest()[:_ID]

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the signature for the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.point).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Witness(Verifier):
    """The key of one who signs the checkpoints of others, with the time (C2SP tlog-cosignature, Ed25519)."""

    kind: ClassVar[bytes] = b"\x04"

    def verifies(self, text: str, signature: bytes) -> bool:
        """Whether this key made the cosignature for the text of a checkpoint."""
        at, made = int.from_bytes(signature[:_TIME]), signature[_TIME:]
        return at <= _LATEST and len(made) == _SIGNATURE and Verifier.verifies(self, _witnessed(text, at), made)


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its name; the seed is not shown when it is printed."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check_name(self.name)
        if len(self.seed) != _SIZE:
            raise NoteMalformed("an Ed25519 key has 32 bytes")

    @classmethod
    def new(cls, name: str) -> Self:
        """A fresh key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> Self:
        """From ``PRIVATE+KEY+name+id+key``, as ``text`` gives it; raises NoteMalformed."""
        if not text.startswith(_PRIVATE):
            raise NoteMalformed("not a private key")
        name, _, rest = text.removeprefix(_PRIVATE).partition("+")
        identity, _, key = rest.partition("+")
        made = cls(name, _key_bytes(key))
        if made.verifier.id.hex() != identity:
            raise NoteMalformed("the id of the key does not fit the key")
        return made

    @property
    def text(self) -> str:
        """The form in which the key is kept; secret."""
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{_base64(_ED25519 + self.seed)}"

    @property
    def verifier(self) -> Verifier:
        """The key that others know."""
        return Verifier(self.name, Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    @property
    def witness(self) -> Witness:
        """The same key, as others know it under the checkpoints that it saw."""
        return Witness(self.name, self.verifier.point)

    def signature(self, text: str) -> str:
        """The line under a note, with its line feed."""
        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return f"{_DASH}{self.name} {_base64(self.verifier.id + made)}\n"

    def cosignature(self, text: str, at: datetime) -> str:
        """The line under the checkpoint of another, to be made once it is known to go on from the last one seen."""
        seconds = int(at.timestamp())
        made = Ed25519PrivateKey.from_private_bytes(self.seed).sign(_witnessed(text, seconds).encode())
        return f"{_DASH}{self.name} {_base64(self.witness.id + seconds.to_bytes(_TIME) + made)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A text that was verified, and the keys that signed it."""

    text: str
    signers: tuple[Verifier, ...]


def sign(text: str, *signers: Signer) -> str:
    """The note: the text, which ends with a line feed, and a signature by each; raises NoteMalformed."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteMalformed("the text must end with a line feed and hold no other control characters")
    if not signers:
        raise NoteMalformed("nobody signs it")
    return text + "\n" + "".join(signer.signature(text) for signer in signers)


def cosign(note: str, *signers: Signer) -> str:
    """The note with further signatures under those that it has, which are not looked into; raises NoteMalformed."""
    text, _ = _parts(note)
    return note + "".join(line for signer in signers if (line := signer.signature(text)) not in note)


def verify(note: str, known: Sequence[Verifier]) -> Note:
    """The text of a note and those of the known keys that signed it, in the order of the list.

    Signatures by other keys are passed over. Raises NoteMalformed, or NoteUnverified when no known key signed it or a
    signature by a known key is wrong.
    """
    text, found = _verified(note, known)
    if not found:
        raise NoteUnverified
    return Note(text, tuple(verifier for verifier in dict.fromkeys(known) if verifier in found))


def witnessed(note: str, known: Sequence[Witness]) -> Mapping[Witness, datetime]:
    """Those of the known witnesses that signed a checkpoint, and when; raises NoteMalformed, and NoteUnverified when a
    cosignature by a known key is wrong."""
    _, found = _verified(note, known)
    return {one: datetime.fromtimestamp(int.from_bytes(made[:_TIME]), UTC) for one, made in found.items()}


def claimed(note: str) -> tuple[str, tuple[str, ...]]:
    """The text of a note and the names under it, of which nothing is verified; raises NoteMalformed."""
    text, signatures = _parts(note)
    return text, tuple(name for name, _ in signatures)


AnyVerifier = TypeVar("AnyVerifier", bound=Verifier)


def _verified(note: str, known: Sequence[AnyVerifier]) -> tuple[str, dict[AnyVerifier, bytes]]:
    """The text, and the signatures by known keys."""
    text, signatures = _parts(note)
    by_id = {(verifier.name, verifier.id): verifier for verifier in known}
    found: dict[AnyVerifier, bytes] = {}
    for name, signature in signatures:
        verifier = by_id.get((name, signature[:_ID]))
        if verifier is None:
            continue
        if not verifier.verifies(text, signature[_ID:]):
            raise NoteUnverified(f"the signature by {name} is wrong")
        found[verifier] = signature[_ID:]
    return text, found


def _witnessed(text: str, seconds: int) -> str:
    """What a witness signs."""
    return f"cosignature/v1\ntime {seconds}\n{text}"


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text, and names and decoded signatures."""
    if len(note) > MAX_NOTE:
        raise NoteMalformed("too large")
    text, blank, below = note.rpartition("\n\n")
    if not blank or not below.endswith("\n") or _CONTROL.search(note):
        raise NoteMalformed("a text, an empty line and signatures are due")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteMalformed("too many signatures")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise NoteMalformed("a line under the text is no signature")
    _check_name(name)
    signature = _from_base64(encoded)
    if len(signature) <= _ID:
        raise NoteMalformed("a signature is too short")
    return name, signature


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name) or _CONTROL.search(name):
        raise NoteMalformed("the name of a key has no spaces and no plus")


def _key_bytes(encoded: str, kind: bytes = _ED25519) -> bytes:
    key = _from_base64(encoded)
    if key[:1] != kind:
        raise NoteMalformed("the key is not of type Ed25519")
    return key[1:]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _from_base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError as error:
        raise NoteMalformed("not base64") from error
    if _base64(data) != text:
        raise NoteMalformed("not base64")
    return data
