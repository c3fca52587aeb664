"""Suites of algorithms by name: what a region can sign, verify, seal and open with."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Protocol

from transfer.crypto.errors import AlgorithmNotAllowed, CryptoError, SuiteNotInstalled, UnknownSuite
from transfer.crypto.jose import Jose
from transfer.crypto.keys import KeyUse, PrivateJwk, PrivateKey, PublicKey, SuiteName
from transfer.crypto.signed import Signed


class Suite(Protocol):
    """One set of algorithms. Nothing here waits; it may be called from any thread, several at a time.

    A key that the caller looks up is looked up by ``key_of``, which raises UnknownKey or KeyNotValid. Times are whole
    seconds since 1970; whether they are past is for the caller to say, who knows what time it is.
    """

    @property
    def name(self) -> SuiteName: ...

    def new_key(self, use: KeyUse) -> PrivateJwk:
        """A fresh key."""
        ...

    def sign(self, content: bytes, key: PrivateKey, *, issued_at: int, expires_at: int) -> bytes:
        """The content (at most MAX_BYTES) and its signature as one token; raises TooLarge or KeyUnfit."""
        ...

    def verify(self, token: bytes, key_of: Callable[[str], PublicKey]) -> Signed:
        """The content exactly as it was signed.

        Raises TooLarge, Malformed, AlgorithmNotAllowed, KeyUnfit, BadSignature, and what ``key_of`` raises.
        """
        ...

    def seal(self, token: bytes, key: PublicKey) -> str:
        """The token, readable only by the owner of the key; raises TooLarge or KeyUnfit."""
        ...

    def open(self, sealed: str, key_of: Callable[[str], PrivateKey]) -> bytes:
        """The token that was sealed.

        Raises TooLarge, Malformed, AlgorithmNotAllowed, KeyUnfit, CannotBeOpened, and what ``key_of`` raises.
        """
        ...


def suite(name: str) -> Suite:
    """The suite of that name; raises UnknownSuite, or SuiteNotInstalled, which says what to install."""
    match name:
        case SuiteName.JOSE:
            return Jose()
        case SuiteName.SM:
            if find_spec("gmssl_pyx") is None:
                raise SuiteNotInstalled("pip install 'legalaid-transfer[sm]'")
            from transfer.crypto.sm import Sm  # noqa: PLC0415 - its package is an extra

            return Sm()
        case _:
            raise UnknownSuite(f"{name}; there are: {', '.join(SuiteName)}")


def verify(token: bytes, names: Iterable[str], key_of: Callable[[str], PublicKey]) -> Signed:
    """What was signed in one of these suites; the token's own algorithm says in which.

    Raises AlgorithmNotAllowed when it is none of them, SuiteNotInstalled when it may be one that is missing here, and
    what ``Suite.verify`` raises.
    """
    fault: CryptoError = AlgorithmNotAllowed()
    for name in names:
        try:
            return suite(name).verify(token, key_of)
        except AlgorithmNotAllowed:
            continue
        except SuiteNotInstalled as error:
            fault = error
    raise fault
