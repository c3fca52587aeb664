"""SM2 as GB/T 32918 writes it: signatures and encrypted keys as plain bytes, over a library that speaks DER."""

from functools import lru_cache
from typing import Final

import gmssl_pyx
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from transfer.crypto.errors import CannotBeOpened, KeyUnfit
from transfer.crypto.keys import CURVES, KeyUse, PrivateJwk, PublicJwk, SuiteName
from transfer.crypto.sm2_curve import NUMBER, identified, sm3

SIGNER: Final = b"1234567812345678"
"""The id of a signer where none was agreed (GM/T 0009, 10); who signed is said by the key id."""
KEY: Final = 16
"""Bytes of an SM4 key."""
WRAPPED: Final = 1 + 2 * NUMBER + NUMBER + KEY
"""Bytes of an encrypted SM4 key: C1 (0x04, x, y), C3 and C2, in the order of GB/T 32918.4-2016."""

_UNCOMPRESSED: Final = b"\x04"
_MANY: Final = 512


def new_key(use: KeyUse) -> PrivateJwk:
    """A fresh key."""
    public, private = gmssl_pyx.sm2_key_generate()
    kty, crv = CURVES[SuiteName.SM, use]
    return PrivateJwk.of(kty, crv, x=public[:NUMBER], y=public[NUMBER:], d=private)


def sign(message: bytes, key: PrivateJwk) -> bytes:
    """The signature (GB/T 32918.2): r and s, 64 bytes; raises KeyUnfit."""
    # The library also signs messages, but makes many random points each time, which takes ten times as long.
    try:
        der = gmssl_pyx.sm2_sign_sm3_digest(key.secret, sm3(_identified(key.public) + message))
    except gmssl_pyx.GmsslInnerError as error:
        raise KeyUnfit from error
    return b"".join(number.to_bytes(NUMBER) for number in decode_dss_signature(der))


def verify(message: bytes, signature: bytes, key: PublicJwk) -> bool:
    """Whether the owner of the key signed the message."""
    if len(signature) != 2 * NUMBER:
        return False
    der = encode_dss_signature(int.from_bytes(signature[:NUMBER]), int.from_bytes(signature[NUMBER:]))
    try:
        fits: bool = gmssl_pyx.sm2_verify_sm3_digest(key.point, sm3(_identified(key) + message), der)
    except gmssl_pyx.GmsslInnerError:
        return False
    return fits


def wrap(content_key: bytes, key: PublicJwk) -> bytes:
    """An SM4 key, encrypted (GB/T 32918.4): C1, C3, C2; raises KeyUnfit."""
    try:
        der = gmssl_pyx.sm2_encrypt(key.point, content_key)
    except gmssl_pyx.GmsslInnerError as error:
        raise KeyUnfit from error
    return _UNCOMPRESSED + _from_der(der)


def unwrap(wrapped: bytes, key: PrivateJwk) -> bytes:
    """The SM4 key that was encrypted; raises CannotBeOpened."""
    if len(wrapped) != WRAPPED or wrapped[:1] != _UNCOMPRESSED:
        raise CannotBeOpened
    try:
        content_key: bytes = gmssl_pyx.sm2_decrypt(key.secret, _to_der(wrapped[1:]))
    except gmssl_pyx.GmsslInnerError as error:
        raise CannotBeOpened from error
    return content_key


@lru_cache(maxsize=_MANY)
def _identified(key: PublicJwk) -> bytes:
    return identified(SIGNER, key.point[:NUMBER], key.point[NUMBER:])


# The library speaks SM2Cipher of GM/T 0009: SEQUENCE { INTEGER x, INTEGER y, OCTET STRING C3, OCTET STRING C2 }.
# Two integers in a sequence are what an ECDSA signature is, too; all lengths stay below 128, so each takes one byte.
_STRINGS: Final = 2 + NUMBER + 2 + KEY


def _to_der(raw: bytes) -> bytes:
    x, y, c3, c2 = raw[:NUMBER], raw[NUMBER : 2 * NUMBER], raw[2 * NUMBER : 3 * NUMBER], raw[3 * NUMBER :]
    numbers = encode_dss_signature(int.from_bytes(x), int.from_bytes(y))[2:]
    body = numbers + bytes([4, len(c3)]) + c3 + bytes([4, len(c2)]) + c2
    return bytes([0x30, len(body)]) + body


def _from_der(der: bytes) -> bytes:
    numbers, strings = der[2:-_STRINGS], der[-_STRINGS:]
    x, y = decode_dss_signature(bytes([0x30, len(numbers)]) + numbers)
    return x.to_bytes(NUMBER) + y.to_bytes(NUMBER) + strings[2 : 2 + NUMBER] + strings[-KEY:]
