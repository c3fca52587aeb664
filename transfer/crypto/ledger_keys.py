"""The keys under checkpoints: the Ed25519 key with which a region signs its messages, under the name of its ledger.

What is signed cannot be taken for one another: a token (RFC 7515) has no line feed, a checkpoint begins with its
origin, a cosignature with ``cosignature/v1``, each on a line of its own.
"""

from datetime import datetime
from typing import Protocol, TypeVar

from transfer.crypto.directory import Region
from transfer.crypto.errors import NoKeyNow
from transfer.crypto.keys import KeyState, KeyUse, PrivateKey, SuiteName
from transfer.crypto.notes import Signer, Verifier, Witness

AnyVerifier = TypeVar("AnyVerifier", bound=Verifier)


class Signs(Protocol):
    """What knows the key that this region signs with now."""

    region: str

    def signing(self, chosen: SuiteName) -> PrivateKey: ...


def origin(region: str) -> str:
    """The name of a region's ledger, and of the key under its checkpoints."""
    return f"legalaid/{region}"


def ledger_signer(wire: Signs) -> Signer:
    """What signs this region's checkpoints, and cosigns those of others; raises NoKeyNow or NoExchange."""
    return Signer(origin(wire.region), wire.signing(SuiteName.JOSE).jwk.secret)


def nobody() -> Signer:
    """Where nothing is signed; raises NoKeyNow."""
    raise NoKeyNow("nothing is signed here")


def verifiers(region: Region, at: datetime | None = None) -> tuple[Verifier, ...]:
    """The keys that may have signed the region's checkpoints: those valid at that moment, or all that are listed."""
    return _made(Verifier, region, at)


def witnesses(region: Region, at: datetime | None = None) -> tuple[Witness, ...]:
    """The keys that may have cosigned for the region, as ``verifiers``."""
    return _made(Witness, region, at)


def _made(kind: type[AnyVerifier], region: Region, at: datetime | None) -> tuple[AnyVerifier, ...]:
    listed = (one for one in region.keys if (one.suite, one.use) == (SuiteName.JOSE, KeyUse.SIGN))
    return tuple(
        kind(origin(region.code), one.jwk.point) for one in listed if at is None or one.state(at) is KeyState.CURRENT
    )
