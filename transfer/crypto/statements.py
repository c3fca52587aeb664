"""Statements that outlive their letter: what a region signs for whoever may read it later, without the exchange."""

from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError

from transfer.crypto.directory import Directory
from transfer.crypto.errors import CryptoError, KeyNotValid, Malformed, OfAnotherRegion, UnknownKey
from transfer.crypto.keys import PublicKey, SuiteName
from transfer.crypto.letters import CannotSeal
from transfer.crypto.suites import suite, verify
from transfer.crypto.wire import SKEW, Wire
from transfer.messages.eligibility import Statement
from transfer.messages.values import region_of

Kind = TypeVar("Kind", bound=Statement)


def sign_statement(wire: Wire, statement: Statement, expires: datetime) -> str:
    """The statement as a compact JWS of this region, in suite jose where the region has it, since every region can
    verify that one. Raises CannotSeal or NoExchange."""
    own = wire.directory().by_code.get(wire.region)
    if own is None:
        raise CannotSeal(f"the directory does not list region {wire.region}")
    chosen = SuiteName.JOSE if SuiteName.JOSE in own.suites else own.suites[0]
    content, issued = statement.model_dump_json().encode(), int(wire.clock().timestamp())
    try:
        key = wire.signing(chosen)
        return suite(chosen).sign(content, key, issued_at=issued, expires_at=int(expires.timestamp())).decode()
    except CryptoError as error:
        raise CannotSeal(f"{type(error).__name__}: {error}") from error


def read_statement(token: str, kind: type[Kind], directory: Directory, now: datetime) -> Kind:
    """What was signed, by a key that the directory lists, that was valid when it was signed and is not revoked. Whether
    it has lapsed is for the reader to say.

    Raises UnknownKey, KeyNotValid, BadSignature, OfAnotherRegion, Malformed and other CryptoErrors.
    """

    def signer(kid: str) -> PublicKey:
        region = directory.known.get(kid[:6])
        key = region.key(kid) if region is not None else None
        if key is None:
            raise UnknownKey(kid[:40])
        if key.revoked_at is not None:
            raise KeyNotValid(f"{key.kid} is revoked")
        return key

    try:
        signed = verify(token.encode("ascii"), SuiteName, signer)
        statement = kind.model_validate_json(signed.content)
    except (UnicodeEncodeError, ValidationError):
        # The error's own text would quote the content.
        raise Malformed(kind.__name__) from None
    key = signer(signed.kid)
    first, last = (key.not_before - SKEW).timestamp(), (min(key.not_after, now) + SKEW).timestamp()
    # As numbers: what a token says of itself may be no date at all.
    if not first <= signed.issued_at <= last:
        raise KeyNotValid(f"{key.kid} when it signed")
    if region_of(statement.by) != key.region:
        raise OfAnotherRegion(key.kid)
    return statement
