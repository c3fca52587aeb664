"""The suite of international standards: JWS with Ed25519, JWE with X25519 and AES-256-GCM."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Final

from joserfc import jwe, jws
from joserfc.errors import BadSignatureError, ExceededSizeError, JoseError
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter
from pydantic import ValidationError

from transfer.crypto import compact
from transfer.crypto.errors import BadSignature, CannotBeOpened, KeyUnfit, Malformed, TooLarge
from transfer.crypto.keys import CURVES, KeyUse, PrivateJwk, PrivateKey, PublicJwk, PublicKey, SuiteName
from transfer.crypto.signed import TYPE, Signed, claimed, fit, header_to_sign, of_allowed_size, sealable
from transfer.messages.envelope import MAX_BYTES

SIGN: Final = "Ed25519"  # RFC 9864; "EdDSA" is deprecated, since it does not name the curve
AGREE: Final = "ECDH-ES+A256KW"
ENCRYPT: Final = "A256GCM"
_CURVE: Final = "X25519"
_MANY: Final = 512


class _Signatures(jws.JWSRegistry):
    """The library's limits, with room for the largest content."""

    max_header_length = compact.MAX_HEADER
    max_payload_length = compact.encoded_size(MAX_BYTES)
    max_signature_length = compact.encoded_size(64)


class _Envelopes(jwe.JWERegistry):
    """The library's limits, with room for the token of the largest content."""

    max_protected_header_length = compact.MAX_HEADER
    max_encrypted_key_length = compact.encoded_size(40)
    max_initialization_vector_length = compact.encoded_size(12)
    max_ciphertext_length = compact.encoded_size(compact.MAX_TOKEN)
    max_auth_tag_length = compact.encoded_size(16)


_SIGNATURES: Final = _Signatures(
    algorithms=[SIGN],
    header_registry={
        "iat": HeaderParameter("Issued at", "int", required=True),
        "exp": HeaderParameter("Expires at", "int", required=True),
    },
)
_ENVELOPES: Final = _Envelopes(algorithms=[AGREE, ENCRYPT])


class Jose:
    """The suite ``jose``."""

    name: ClassVar[SuiteName] = SuiteName.JOSE

    def new_key(self, use: KeyUse) -> PrivateJwk:
        made = OKPKey.generate_key(_curve_of(use))
        return PrivateJwk.model_validate(made.as_dict(private=True))

    def sign(self, content: bytes, key: PrivateKey, *, issued_at: int, expires_at: int) -> bytes:
        fit(key.public, self.name, KeyUse.SIGN)
        head = header_to_sign(SIGN, key, issued_at, expires_at)
        return jws.serialize_compact(head, of_allowed_size(content), _key(key.jwk), registry=_SIGNATURES).encode()

    def verify(self, token: bytes, key_of: Callable[[str], PublicKey]) -> Signed:
        said = claimed(SIGN, token)
        key = fit(key_of(said.kid), self.name, KeyUse.SIGN, said.kid)
        try:
            verified = jws.deserialize_compact(token, _key(key.jwk), registry=_SIGNATURES)
        except BadSignatureError as error:
            raise BadSignature(said.kid) from error
        except ExceededSizeError as error:
            raise TooLarge(f"at most {MAX_BYTES} bytes") from error
        except JoseError as error:
            raise Malformed from error
        return said.confirmed(verified.payload)

    def seal(self, token: bytes, key: PublicKey) -> str:
        fit(key, self.name, KeyUse.SEAL)
        head = {"alg": AGREE, "enc": ENCRYPT, "kid": key.kid, "cty": TYPE}
        content = sealable(token)
        try:
            return jwe.encrypt_compact(head, content, _key(key.jwk), registry=_ENVELOPES)
        except (JoseError, ValueError) as error:
            raise KeyUnfit(key.kid) from error

    def open(self, sealed: str, key_of: Callable[[str], PrivateKey]) -> bytes:
        parts = compact.segments(compact.ascii_bytes(sealed), 5, largest=compact.MAX_SEALED)
        fixed = {"alg": AGREE, "enc": ENCRYPT, "cty": TYPE}
        head = compact.read_header(parts[0], fixed=fixed, free=("kid", "epk"))
        _check_ephemeral(head["epk"])
        key = key_of(head["kid"])
        fit(key.public, self.name, KeyUse.SEAL, head["kid"])
        try:
            opened = jwe.decrypt_compact(sealed, _key(key.jwk), registry=_ENVELOPES)
        except ExceededSizeError as error:
            raise TooLarge(f"at most {compact.MAX_SEALED} bytes") from error
        except JoseError as error:
            raise CannotBeOpened(key.kid) from error
        except ValueError as error:
            raise Malformed from error
        return opened.plaintext or b""


def _curve_of(use: KeyUse) -> Any:  # noqa: ANN401 - the library's literal type
    return CURVES[SuiteName.JOSE, use][1]


def _check_ephemeral(jwk: object) -> None:
    try:
        found = PublicJwk.model_validate(jwk)
    except ValidationError as error:
        raise Malformed("epk is no public key") from error
    if found.crv != _CURVE:
        raise Malformed(f"epk must be of the curve {_CURVE}")


@lru_cache(maxsize=_MANY)
def _key(jwk: PublicJwk) -> OKPKey:
    """The library's form of a key; making it takes about as long as a signature."""
    return OKPKey.import_key(jwk.model_dump(exclude_none=True))
