"""The suite of Chinese national standards: SM2 with SM3 signs, SM2 and SM4-GCM make the envelope.

JOSE has no names for these algorithms, so the names in the headers are private to this exchange. The forms are those
of JWS and JWE: what is signed, what is authenticated and how it is encoded is as in RFC 7515 and RFC 7516.
"""

import secrets
from collections.abc import Callable
from typing import ClassVar, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from transfer.crypto import compact, sm2
from transfer.crypto.errors import BadSignature, CannotBeOpened, Malformed
from transfer.crypto.keys import KeyUse, PrivateJwk, PrivateKey, PublicKey, SuiteName
from transfer.crypto.signed import TYPE, Signed, claimed, fit, header_to_sign, of_allowed_size, sealable

SIGN: Final = "SM2-SM3"
WRAP: Final = "SM2"
ENCRYPT: Final = "SM4-GCM"
_NONCE: Final = 12
_TAG: Final = 16


class Sm:
    """The suite ``sm``."""

    name: ClassVar[SuiteName] = SuiteName.SM

    def new_key(self, use: KeyUse) -> PrivateJwk:
        return sm2.new_key(use)

    def sign(self, content: bytes, key: PrivateKey, *, issued_at: int, expires_at: int) -> bytes:
        fit(key.public, self.name, KeyUse.SIGN)
        head = compact.header(header_to_sign(SIGN, key, issued_at, expires_at))
        said = head + b"." + compact.encode(of_allowed_size(content))
        return said + b"." + compact.encode(sm2.sign(said, key.jwk))

    def verify(self, token: bytes, key_of: Callable[[str], PublicKey]) -> Signed:
        said = claimed(SIGN, token)
        key = fit(key_of(said.kid), self.name, KeyUse.SIGN, said.kid)
        head, payload, signature = said.segments
        if not sm2.verify(head + b"." + payload, compact.decode(signature), key.jwk):
            raise BadSignature(key.kid)
        return said.confirmed(compact.decode(payload))

    def seal(self, token: bytes, key: PublicKey) -> str:
        fit(key, self.name, KeyUse.SEAL)
        head = compact.header({"alg": WRAP, "enc": ENCRYPT, "kid": key.kid, "cty": TYPE})
        content_key, nonce = secrets.token_bytes(sm2.KEY), secrets.token_bytes(_NONCE)
        cipher = Cipher(SM4(content_key), GCM(nonce)).encryptor()
        cipher.authenticate_additional_data(head)
        ciphertext = cipher.update(sealable(token)) + cipher.finalize()
        parts = (sm2.wrap(content_key, key.jwk), nonce, ciphertext, cipher.tag)
        return b".".join([head, *map(compact.encode, parts)]).decode()

    def open(self, sealed: str, key_of: Callable[[str], PrivateKey]) -> bytes:
        head, *parts = compact.segments(compact.ascii_bytes(sealed), 5, largest=compact.MAX_SEALED)
        fields = compact.read_header(head, fixed={"alg": WRAP, "enc": ENCRYPT, "cty": TYPE}, free=("kid",))
        wrapped, nonce, ciphertext, tag = map(compact.decode, parts)
        if (len(wrapped), len(nonce), len(tag)) != (sm2.WRAPPED, _NONCE, _TAG):
            raise Malformed("a segment has the wrong length")
        key = key_of(fields["kid"])
        fit(key.public, self.name, KeyUse.SEAL, fields["kid"])
        try:
            cipher = Cipher(SM4(sm2.unwrap(wrapped, key.jwk)), GCM(nonce, tag)).decryptor()
            cipher.authenticate_additional_data(head)
            return cipher.update(ciphertext) + cipher.finalize()
        except (InvalidTag, CannotBeOpened) as error:
            raise CannotBeOpened(key.kid) from error
