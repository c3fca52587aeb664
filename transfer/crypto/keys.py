"""Keys: their ids, their public and private parts, and when they are valid."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Self

from pydantic import ConfigDict, Field, model_validator

from transfer.crypto import compact
from transfer.crypto.errors import KeyNotValid, Malformed, NoKeyNow
from transfer.crypto.sm2_curve import NUMBER, on_curve, sm3
from transfer.messages.sealed import KeyId
from transfer.messages.values import Frozen, Moment, RegionCode


class SuiteName(StrEnum):
    """A set of algorithms that belong together."""

    JOSE = "jose"
    SM = "sm"


class KeyUse(StrEnum):
    """What a key is for; none has both uses."""

    SIGN = "sign"
    SEAL = "seal"


class KeyState(StrEnum):
    """What may be done with a key: a superseded one still verifies and opens, but no longer signs or seals."""

    FUTURE = "future"
    CURRENT = "current"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REVOKED = "revoked"


CURVES: Final[Mapping[tuple[SuiteName, KeyUse], tuple[str, str]]] = MappingProxyType(
    {
        (SuiteName.JOSE, KeyUse.SIGN): ("OKP", "Ed25519"),
        (SuiteName.JOSE, KeyUse.SEAL): ("OKP", "X25519"),
        (SuiteName.SM, KeyUse.SIGN): ("EC", "SM2"),
        (SuiteName.SM, KeyUse.SEAL): ("EC", "SM2"),
    }
)
"""Type and curve of the keys of each suite and use."""
Encoded = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$", description="32 bytes in base64url without padding")]


class PublicJwk(Frozen):
    """The public part of a key as a JSON Web Key (RFC 7517, RFC 8037); the curve SM2 is a name of this exchange.

    Anything else in it is refused, a private part above all.
    """

    model_config = ConfigDict(extra="forbid")

    kty: str
    crv: str
    x: Encoded
    y: Encoded | None = None

    @model_validator(mode="after")
    def _a_point(self) -> Self:
        if (self.y is None) != (self.kty == "OKP"):
            raise ValueError("exactly the keys of type EC have y")
        try:
            point = self.point
        except Malformed as error:
            raise ValueError("x and y must be 32 bytes in base64url") from error
        if self.crv == "SM2" and not on_curve(int.from_bytes(point[:NUMBER]), int.from_bytes(point[NUMBER:])):
            raise ValueError("the point is not on the curve SM2")
        return self

    @property
    def point(self) -> bytes:
        """x, and y where there is one: 32 or 64 bytes."""
        return compact.decode(self.x.encode()) + compact.decode((self.y or "").encode())

    def thumbprint(self) -> bytes:
        """RFC 7638: over the required members in the order of their names; by SM3 where the curve is SM2."""
        members = {name: value for name in ("crv", "kty", "x", "y") if (value := getattr(self, name)) is not None}
        text = json.dumps(members, separators=(",", ":")).encode("ascii")
        return sm3(text) if self.crv == "SM2" else hashlib.sha256(text).digest()


class PrivateJwk(PublicJwk):
    """A key with its private part, which is not shown when the key is printed."""

    d: Annotated[Encoded, Field(repr=False)]

    @classmethod
    def of(cls, kty: str, crv: str, *, x: bytes, d: bytes, y: bytes = b"") -> Self:
        """From its numbers, 32 bytes each."""
        written = {name: compact.encode(value).decode() for name, value in (("x", x), ("y", y), ("d", d)) if value}
        return cls(kty=kty, crv=crv, **written)

    @property
    def public(self) -> PublicJwk:
        """The key without its private part."""
        return PublicJwk(kty=self.kty, crv=self.crv, x=self.x, y=self.y)

    @property
    def secret(self) -> bytes:
        """The private part, 32 bytes."""
        return compact.decode(self.d.encode())


class PublicKey(Frozen):
    """What others know of a key of a region, as it stands in the directory."""

    kid: KeyId
    suite: SuiteName
    use: KeyUse
    jwk: PublicJwk
    not_before: Moment
    not_after: Moment
    revoked_at: Moment | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if (self.jwk.kty, self.jwk.crv) != CURVES[self.suite, self.use]:
            raise ValueError("the curve is not the one of this suite and use")
        if self.kid != key_id(self.region, self.use, self.jwk):
            raise ValueError("the key id does not fit the use and the key")
        if self.not_after <= self.not_before:
            raise ValueError("not_after must be later than not_before")
        return self

    @property
    def region(self) -> str:
        """The region whose key it is."""
        return self.kid[:6]

    def state(self, at: datetime) -> KeyState:
        """At that moment, by the clock of who asks and not by what a token says of itself; never superseded."""
        if self.revoked_at is not None and self.revoked_at <= at:
            return KeyState.REVOKED
        if at < self.not_before:
            return KeyState.FUTURE
        return KeyState.CURRENT if at < self.not_after else KeyState.EXPIRED

    def checked(self, at: datetime) -> Self:
        """This key, when it is valid at that moment; raises KeyNotValid."""
        if (state := self.state(at)) is not KeyState.CURRENT:
            raise KeyNotValid(f"{self.kid} is {state}")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateKey:
    """A key of this region with its private part, which is not shown when the key is printed."""

    public: PublicKey
    jwk: PrivateJwk = field(repr=False)

    @property
    def kid(self) -> str:
        return self.public.kid


def key_id(region: RegionCode, use: KeyUse, jwk: PublicJwk) -> str:
    """The id of a key of that region."""
    return f"{region}.{use}.{jwk.thumbprint().hex()[:8]}"


def newest(keys: Iterable[PublicKey], suite: SuiteName, use: KeyUse, at: datetime) -> PublicKey:
    """The key to sign with, or to seal to, at that moment: of those that are valid, the one that began last.

    Raises NoKeyNow.
    """
    fit = [k for k in keys if k.suite is suite and k.use is use and k.state(at) is KeyState.CURRENT]
    if not fit:
        raise NoKeyNow(f"suite {suite}, use {use}")
    return max(fit, key=lambda key: (key.not_before, key.kid))


def states(keys: Iterable[PublicKey], at: datetime) -> dict[str, KeyState]:
    """The state of each key of one region by its id; superseded where another key is taken in its place."""
    listed = list(keys)
    found = {key.kid: key.state(at) for key in listed}
    for key in listed:
        if found[key.kid] is KeyState.CURRENT and newest(listed, key.suite, key.use, at).kid != key.kid:
            found[key.kid] = KeyState.SUPERSEDED
    return found
