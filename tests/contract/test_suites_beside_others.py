"""The suites against published vectors, and against other implementations of the same standards."""

import json
from typing import Any, Final

import gmalg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from joserfc import jwe, jws
from joserfc.jwk import OKPKey

from transfer.crypto import compact, examples, sm2
from transfer.crypto.errors import CannotBeOpened, KeyUnfit, Malformed
from transfer.crypto.examples import CONTENT, EXPIRES_AT, GIVEN, ISSUED_AT
from transfer.crypto.keys import KeyUse, PrivateJwk, PrivateKey, PublicJwk, PublicKey, SuiteName, key_id
from transfer.crypto.signed import TYPE
from transfer.crypto.sm2_curve import NUMBER, identified, sm3
from transfer.crypto.suites import suite

TOKEN: Final = GIVEN[SuiteName.JOSE].signed
SM: Final = suite(SuiteName.SM)
JOSE: Final = suite(SuiteName.JOSE)


def signer(name: SuiteName) -> PrivateKey:
    return examples.key(name, KeyUse.SIGN)


def recipient(name: SuiteName) -> PrivateKey:
    return examples.key(name, KeyUse.SEAL)


def other(jwk: PublicJwk) -> OKPKey:
    """The key in the other library's form."""
    return OKPKey.import_key(jwk.model_dump(exclude_none=True))


ED25519: Final = jws.JWSRegistry(algorithms=["Ed25519"], strict_check_header=False)
"""Of the other library: iat and exp may stand in a header, too."""


class TestJose:
    """``joserfc`` is another implementation, by other people."""

    def test_the_key_and_signature_of_rfc_8037_are_made_and_verified(self) -> None:
        jwk = PrivateJwk(
            kty="OKP",
            crv="Ed25519",
            d="nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
            x="11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        )
        thumbprint = compact.encode(jwk.thumbprint())
        assert thumbprint == b"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        token = (
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        )
        said, _, signature = token.rpartition(".")
        made = Ed25519PrivateKey.from_private_bytes(jwk.secret).sign(said.encode())
        assert compact.encode(made).decode() == signature
        with pytest.warns(UserWarning, match="EdDSA"):
            verified = jws.deserialize_compact(token, other(jwk.public), algorithms=["EdDSA"])
        assert verified.payload == b"Example of Ed25519 signing"

    def test_what_is_signed_here_the_other_verifies(self) -> None:
        key = signer(SuiteName.JOSE)
        token = JOSE.sign(CONTENT.encode(), key, issued_at=ISSUED_AT, expires_at=EXPIRES_AT)
        verified = jws.deserialize_compact(token, other(key.public.jwk), registry=ED25519)
        assert verified.payload.decode() == CONTENT
        fields = {"alg": "Ed25519", "kid": key.kid, "iat": ISSUED_AT, "exp": EXPIRES_AT, "typ": TYPE}
        assert verified.headers() == fields

    def test_what_the_other_signs_is_verified_here(self) -> None:
        key = signer(SuiteName.JOSE)
        fields = {"typ": TYPE, "exp": EXPIRES_AT, "iat": ISSUED_AT, "kid": key.kid, "alg": "Ed25519"}
        token = jws.serialize_compact(fields, CONTENT, other(key.jwk), registry=ED25519)
        assert JOSE.verify(token.encode(), lambda _: key.public).content.decode() == CONTENT

    def test_spaces_in_a_header_are_read(self) -> None:
        key = signer(SuiteName.JOSE)
        fields = {"typ": TYPE, "exp": EXPIRES_AT, "iat": ISSUED_AT, "kid": key.kid, "alg": "Ed25519"}
        said = compact.encode(json.dumps(fields, indent=1).encode()) + b"." + compact.encode(CONTENT.encode())
        signature = Ed25519PrivateKey.from_private_bytes(key.jwk.secret).sign(said)
        assert JOSE.verify(said + b"." + compact.encode(signature), lambda _: key.public).content.decode() == CONTENT

    def test_the_other_opens_what_was_sealed_here(self) -> None:
        key = recipient(SuiteName.JOSE)
        opened = jwe.decrypt_compact(JOSE.seal(TOKEN.encode(), key.public), other(key.jwk))
        assert (opened.plaintext or b"").decode() == TOKEN
        fields = opened.headers()
        assert fields.pop("epk").keys() == {"kty", "crv", "x"}
        assert fields == {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "kid": key.kid, "cty": TYPE}

    def test_what_the_other_seals_is_opened_here(self) -> None:
        key = recipient(SuiteName.JOSE)
        fields = {"enc": "A256GCM", "cty": TYPE, "kid": key.kid, "alg": "ECDH-ES+A256KW"}
        sealed = jwe.encrypt_compact(fields, TOKEN, other(key.public.jwk))
        assert JOSE.open(sealed, lambda _: key).decode() == TOKEN

    def test_each_seal_has_its_own_keys(self) -> None:
        key = recipient(SuiteName.JOSE)
        one, two = (JOSE.seal(TOKEN.encode(), key.public).split(".") for _ in range(2))
        assert all(first != second for first, second in zip(one, two, strict=True))

    def test_nothing_is_sealed_to_a_key_of_small_order(self) -> None:
        jwk = PublicJwk(kty="OKP", crv="X25519", x=compact.encode(bytes(32)).decode())
        given = recipient(SuiteName.JOSE).public.model_dump() | {"kid": key_id("510521", KeyUse.SEAL, jwk), "jwk": jwk}
        with pytest.raises(KeyUnfit):
            JOSE.seal(TOKEN.encode(), PublicKey.model_validate(given))

    @pytest.mark.parametrize(
        "epk",
        [
            None,
            "x",
            {},
            {"kty": "OKP", "crv": "X25519", "x": "AA"},
            {"kty": "OKP", "crv": "Ed25519", "x": GIVEN[SuiteName.JOSE].sign.x},
            {"kty": "EC", "crv": "SM2", "x": GIVEN[SuiteName.SM].seal.x, "y": GIVEN[SuiteName.SM].seal.y},
            GIVEN[SuiteName.JOSE].seal.model_dump(exclude_none=True),
        ],
        ids=str,
    )
    def test_an_ephemeral_key_that_is_no_public_key_of_the_curve_is_refused(self, epk: object) -> None:
        head, _, rest = GIVEN[SuiteName.JOSE].sealed.partition(".")
        fields = json.loads(compact.decode(head.encode())) | {"epk": epk}
        with pytest.raises(Malformed, match="epk"):
            JOSE.open(compact.header(fields).decode() + "." + rest, lambda _: recipient(SuiteName.JOSE))

    def test_an_ephemeral_key_of_small_order_opens_nothing(self) -> None:
        head, _, rest = GIVEN[SuiteName.JOSE].sealed.partition(".")
        zero = {"kty": "OKP", "crv": "X25519", "x": compact.encode(bytes(32)).decode()}
        fields = json.loads(compact.decode(head.encode())) | {"epk": zero}
        with pytest.raises((CannotBeOpened, Malformed)):
            JOSE.open(compact.header(fields).decode() + "." + rest, lambda _: recipient(SuiteName.JOSE))


class TestSm:
    """Vectors of the standards; ``gmalg`` is another implementation, by other people."""

    def test_the_hash_of_abc_is_that_of_the_standard(self) -> None:
        assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    def test_the_cipher_gives_what_rfc_8998_says(self) -> None:
        cipher = Cipher(
            SM4(bytes.fromhex("0123456789abcdeffedcba9876543210")), GCM(bytes.fromhex("00001234567800000000abcd"))
        )
        encryptor = cipher.encryptor()
        encryptor.authenticate_additional_data(bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"))
        plain = bytes.fromhex("".join(letter * 16 for letter in "abcdefea"))
        assert (encryptor.update(plain) + encryptor.finalize()).hex() == (
            "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
            "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        )
        assert encryptor.tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"

    KEY: Final = PrivateJwk.of(
        "EC",
        "SM2",
        d=bytes.fromhex("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"),
        x=bytes.fromhex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"),
        y=bytes.fromhex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"),
    )
    """The key of the examples of GB/T 32918.5."""

    def test_the_signature_of_the_standard_is_verified(self) -> None:
        z = identified(sm2.SIGNER, self.KEY.point[:32], self.KEY.point[32:])
        assert z.hex() == "b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3"
        signature = bytes.fromhex(
            "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
            "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
        )
        assert sm2.verify(b"message digest", signature, self.KEY.public)
        assert not sm2.verify(b"message digesT", signature, self.KEY.public)

    def test_what_is_signed_here_the_other_verifies(self) -> None:
        key = signer(SuiteName.SM)
        token = SM.sign(CONTENT.encode(), key, issued_at=ISSUED_AT, expires_at=EXPIRES_AT)
        said, _, signature = token.rpartition(b".")
        raw = compact.decode(signature)
        other = gmalg.SM2(uid=sm2.SIGNER, pk=b"\x04" + key.public.jwk.point)
        assert other.verify(said, raw[:32], raw[32:])

    def test_what_the_other_signs_is_verified_here(self) -> None:
        key = signer(SuiteName.SM)
        fields = {"alg": "SM2-SM3", "kid": key.kid, "iat": ISSUED_AT, "exp": EXPIRES_AT, "typ": TYPE}
        said = compact.header(fields) + b"." + compact.encode(CONTENT.encode())
        other = gmalg.SM2(sk=key.jwk.secret, uid=sm2.SIGNER, pk=b"\x04" + key.public.jwk.point)
        # It leaves leading zeros out.
        r, s = (number.rjust(NUMBER, b"\0") for number in other.sign(said))
        token = said + b"." + compact.encode(r + s)
        assert SM.verify(token, lambda _: key.public).content.decode() == CONTENT

    def test_the_other_opens_what_was_sealed_here(self) -> None:
        key = recipient(SuiteName.SM)
        head, wrapped, nonce, ciphertext, tag = SM.seal(TOKEN.encode(), key.public).encode().split(b".")
        raw = compact.decode(wrapped)
        content_key = gmalg.SM2(sk=key.jwk.secret).decrypt(raw)
        cipher = Cipher(SM4(content_key), GCM(compact.decode(nonce), compact.decode(tag))).decryptor()
        cipher.authenticate_additional_data(head)
        assert (cipher.update(compact.decode(ciphertext)) + cipher.finalize()).decode() == TOKEN

    def test_what_the_other_seals_is_opened_here(self) -> None:
        key = recipient(SuiteName.SM)
        content_key = bytes(range(16))
        wrapped = gmalg.SM2(pk=b"\x04" + key.public.jwk.point).encrypt(content_key)
        assert sm2.unwrap(wrapped, key.jwk) == content_key

    def test_thumbprints_are_by_sm3(self) -> None:
        jwk = self.KEY.public
        text = f'{{"crv":"SM2","kty":"EC","x":"{jwk.x}","y":"{jwk.y}"}}'
        digest: Any = gmalg.SM3()
        digest.update(text.encode())
        assert jwk.thumbprint() == digest.value()
