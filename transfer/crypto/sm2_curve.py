"""The curve SM2 and the hash SM3: what is needed to read keys of the suite ``sm``, whether or not it is installed."""

from typing import Final

from cryptography.hazmat.primitives import hashes

# The recommended curve of GB/T 32918.5: y² = x³ + A x + B modulo P, with the base point (G_X, G_Y).
P: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A: Final = P - 3
B: Final = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
G_X: Final = 0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7
G_Y: Final = 0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0

NUMBER: Final = 32
"""Bytes of a number on the curve."""


def on_curve(x: int, y: int) -> bool:
    """Whether it is a point; the curve has no other subgroup, so every point is a sound key."""
    return x < P and y < P and (y * y - (x * x + A) * x - B) % P == 0


def sm3(data: bytes) -> bytes:
    """The SM3 hash (GB/T 32905), 32 bytes."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def identified(signer: bytes, x: bytes, y: bytes) -> bytes:
    """Z of GB/T 32918.2, 5.5: the hash of the signer's id, the curve and the public key, 32 bytes."""
    numbers = b"".join(number.to_bytes(NUMBER) for number in (A, B, G_X, G_Y))
    return sm3((len(signer) * 8).to_bytes(2) + signer + numbers + x + y)
