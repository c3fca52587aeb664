"""The suite of international standards: JWS with Ed25519, JWE with X25519 and AES-256-GCM.

Headers are read and written by ``compact``; here is what RFC 7515, 7516 and 7518 do with the algorithms. Decision 0021
says why this is not left to a JOSE library; one holds it to the standards in the tests.
"""

import secrets
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from transfer.crypto import compact
from transfer.crypto.errors import BadSignature, CannotBeOpened, KeyUnfit, Malformed
from transfer.crypto.keys import CURVES, KeyUse, PrivateJwk, PrivateKey, PublicJwk, PublicKey, SuiteName
from transfer.crypto.signed import TYPE, Signed, claimed, fit, header_to_sign, of_allowed_size, sealable

SIGN: Final = "Ed25519"  # RFC 9864; "EdDSA" is deprecated, since it does not name the curve
AGREE: Final = "ECDH-ES+A256KW"
ENCRYPT: Final = "A256GCM"
_KEY: Final = 32
_WRAPPED: Final = _KEY + 8
_NONCE: Final = 12
_TAG: Final = 16
_EPHEMERAL: Final = {"kty": "OKP", "crv": "X25519"}
_MANY: Final = 512


class Jose:
    """The suite ``jose``."""

    name: ClassVar[SuiteName] = SuiteName.JOSE

    def new_key(self, use: KeyUse) -> PrivateJwk:
        made = Ed25519PrivateKey.generate() if use is KeyUse.SIGN else X25519PrivateKey.generate()
        kty, crv = CURVES[self.name, use]
        return PrivateJwk.of(kty, crv, x=made.public_key().public_bytes_raw(), d=made.private_bytes_raw())

    def sign(self, content: bytes, key: PrivateKey, *, issued_at: int, expires_at: int) -> bytes:
        fit(key.public, self.name, KeyUse.SIGN)
        head = compact.header(header_to_sign(SIGN, key, issued_at, expires_at))
        said = head + b"." + compact.encode(of_allowed_size(content))
        return said + b"." + compact.encode(_signing(key.jwk).sign(said))

    def verify(self, token: bytes, key_of: Callable[[str], PublicKey]) -> Signed:
        said = claimed(SIGN, token)
        key = fit(key_of(said.kid), self.name, KeyUse.SIGN, said.kid)
        head, payload, signature = said.segments
        try:
            _verifying(key.jwk).verify(compact.decode(signature), head + b"." + payload)
        except InvalidSignature as error:
            raise BadSignature(key.kid) from error
        return said.confirmed(compact.decode(payload))

    def seal(self, token: bytes, key: PublicKey) -> str:
        fit(key, self.name, KeyUse.SEAL)
        ephemeral = X25519PrivateKey.generate()
        epk = _EPHEMERAL | {"x": compact.encode(ephemeral.public_key().public_bytes_raw()).decode()}
        head = compact.header({"alg": AGREE, "enc": ENCRYPT, "kid": key.kid, "cty": TYPE, "epk": epk})
        try:
            agreed = _agreed(ephemeral, _sealing(key.jwk))
        except ValueError as error:
            raise KeyUnfit(key.kid) from error
        content_key, nonce = secrets.token_bytes(_KEY), secrets.token_bytes(_NONCE)
        ciphertext = AESGCM(content_key).encrypt(nonce, sealable(token), head)
        parts = (aes_key_wrap(agreed, content_key), nonce, ciphertext[:-_TAG], ciphertext[-_TAG:])
        return b".".join([head, *map(compact.encode, parts)]).decode()

    def open(self, sealed: str, key_of: Callable[[str], PrivateKey]) -> bytes:
        head, *parts = compact.segments(compact.ascii_bytes(sealed), 5, largest=compact.MAX_SEALED)
        fields = compact.read_header(head, fixed={"alg": AGREE, "enc": ENCRYPT, "cty": TYPE}, free=("kid", "epk"))
        ephemeral = _ephemeral(fields["epk"])
        wrapped, nonce, ciphertext, tag = map(compact.decode, parts)
        if (len(wrapped), len(nonce), len(tag)) != (_WRAPPED, _NONCE, _TAG):
            raise Malformed("a segment has the wrong length")
        key = key_of(fields["kid"])
        fit(key.public, self.name, KeyUse.SEAL, fields["kid"])
        try:
            agreed = _agreed(_opening(key.jwk), ephemeral)
            return AESGCM(aes_key_unwrap(agreed, wrapped)).decrypt(nonce, ciphertext + tag, head)
        except (InvalidTag, InvalidUnwrap, ValueError) as error:
            raise CannotBeOpened(key.kid) from error


def _agreed(mine: X25519PrivateKey, theirs: X25519PublicKey) -> bytes:
    """The key that wraps the content's (RFC 7518, section 4.6.2); ValueError for a public key of small order."""
    named = AGREE.encode()
    info = len(named).to_bytes(4) + named + bytes(4) + bytes(4) + (_KEY * 8).to_bytes(4)
    return ConcatKDFHash(algorithm=SHA256(), length=_KEY, otherinfo=info).derive(mine.exchange(theirs))


def _ephemeral(jwk: object) -> X25519PublicKey:
    """The public key of a header; raises Malformed."""
    if not isinstance(jwk, dict) or jwk.keys() != {*_EPHEMERAL, "x"} or not isinstance(jwk["x"], str):
        raise Malformed("epk is no public key")
    if any(jwk[name] != value for name, value in _EPHEMERAL.items()):
        raise Malformed(f"epk must be of the curve {_EPHEMERAL['crv']}")
    try:
        return X25519PublicKey.from_public_bytes(compact.decode(compact.ascii_bytes(jwk["x"])))
    except ValueError as error:
        raise Malformed("epk must have 32 bytes") from error


# The library's forms of the keys; making one takes about as long as a signature.


@lru_cache(maxsize=_MANY)
def _signing(jwk: PrivateJwk) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(jwk.secret)


@lru_cache(maxsize=_MANY)
def _verifying(jwk: PublicJwk) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(jwk.point)


@lru_cache(maxsize=_MANY)
def _opening(jwk: PrivateJwk) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(jwk.secret)


@lru_cache(maxsize=_MANY)
def _sealing(jwk: PublicJwk) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(jwk.point)
