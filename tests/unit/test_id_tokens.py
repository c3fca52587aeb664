"""ID and logout tokens: what a provider has signed for this client, now, as an answer to this request, no more."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.registry import HeaderParameter

from transfer.crypto import errors
from transfer.crypto.errors import CryptoError
from transfer.crypto.id_tokens import ForAnotherClient, NonceDiffers, OfAnotherIssuer, TimeNotNow, Trusted

NOW: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND: Final = int(NOW.timestamp())
NONCE: Final = "a-nonce-of-this-browser"
RSA: Final = RSAKey.generate_key(2048)
KEYS: Final[Mapping[str, Key]] = {
    "RS256": RSA,
    "PS256": RSA,
    "ES256": ECKey.generate_key("P-256"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}
CLAIMS: Final[Mapping[str, Any]] = {
    "iss": "https://id.example",
    "aud": "node",
    "sub": "4711",
    "nonce": NONCE,
    "iat": SECOND,
    "exp": SECOND + 300,
}
EVENT: Final[Mapping[str, Any]] = {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}


def public(key: Key, **changes: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": "k1", "use": "sig", **changes}


def trusted(*keys: Mapping[str, Any]) -> Trusted:
    return Trusted(issuer="https://id.example", client="node", keys=keys or (public(RSA),))


def signed(
    *, key: Key = RSA, alg: str = "RS256", header: Mapping[str, Any] | None = None, drop: str = "", **changes: Any
) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if name != drop}
    head = {"alg": alg, "kid": "k1", **(header or {})}
    registry = jws.JWSRegistry({"x": HeaderParameter("x", "int")}, algorithms=[alg], strict_check_header=False)
    return jws.serialize_compact(head, json.dumps(claims), key, registry=registry)


def by_hand(header: Mapping[str, Any], signature: str = "") -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (header, CLAIMS))
    return ".".join([*parts, signature])


def refused(error: type[CryptoError], token: str, by: Trusted | None = None) -> None:
    with pytest.raises(CryptoError) as caught:
        (by or trusted()).signed_in(token, nonce=NONCE, now=NOW)
    assert type(caught.value) is error


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", KEYS)
def test_a_token_signed_by_an_allowed_algorithm_says_who_it_is(alg: str) -> None:
    by = trusted(public(KEYS[alg]))
    assert by.signed_in(signed(alg=alg, key=KEYS[alg]), nonce=NONCE, now=NOW)["sub"] == "4711"


WRONG: Final[Mapping[str, tuple[type[CryptoError], Mapping[str, Any]]]] = {
    "issuer": (OfAnotherIssuer, {"iss": "https://id.example/"}),
    "no issuer": (OfAnotherIssuer, {"drop": "iss"}),
    "audience": (ForAnotherClient, {"aud": "another"}),
    "no audience": (ForAnotherClient, {"drop": "aud"}),
    "audience that holds the name": (ForAnotherClient, {"aud": "nodes"}),
    "several audiences, none of which asked": (ForAnotherClient, {"aud": ["node", "another"]}),
    "asked for by another": (ForAnotherClient, {"azp": "another"}),
    "nonce": (NonceDiffers, {"nonce": "another"}),
    "no nonce": (NonceDiffers, {"drop": "nonce"}),
    "nonce that is no text": (NonceDiffers, {"nonce": [NONCE]}),
    "expired": (TimeNotNow, {"exp": SECOND - 60}),
    "issued in the future": (TimeNotNow, {"iat": SECOND + 61}),
    "valid later": (TimeNotNow, {"nbf": SECOND + 61}),
    "issued long ago": (TimeNotNow, {"iat": SECOND - 600}),
    "no end": (errors.Malformed, {"drop": "exp"}),
    "no begin": (errors.Malformed, {"drop": "iat"}),
    "end that is no number": (errors.Malformed, {"exp": "tomorrow"}),
    "end that is not a number": (errors.Malformed, {"exp": float("nan")}),
    "time that is no number": (errors.Malformed, {"iat": True}),
    "no subject": (errors.Malformed, {"drop": "sub"}),
    "empty subject": (errors.Malformed, {"sub": ""}),
    "long subject": (errors.Malformed, {"sub": "4" * 256}),
    "subject with signs that cannot be seen": (errors.Malformed, {"sub": "4711\u0000"}),
    "subject that is a number": (errors.Malformed, {"sub": 4711}),
    "unknown key": (errors.UnknownKey, {"header": {"kid": "k2"}}),
    "unknown critical header": (errors.Malformed, {"header": {"crit": ["x"], "x": 1}}),
    "algorithm that is not allowed": (errors.AlgorithmNotAllowed, {"alg": "RS512"}),
    "key of another": (errors.BadSignature, {"key": RSAKey.generate_key(2048)}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_token_is_refused_for(name: str) -> None:
    error, changes = WRONG[name]
    refused(error, signed(**changes))


RIGHT: Final[Mapping[str, Mapping[str, Any]]] = {
    "a minute late": {"exp": SECOND - 59},
    "a minute early": {"iat": SECOND + 60, "nbf": SECOND + 60},
    "one of several audiences, which asked": {"aud": ["node", "another"], "azp": "node"},
    "one audience in a list": {"aud": ["node"]},
    "a header that is not known": {"header": {"x": 1}},
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_token_is_taken_with(name: str) -> None:
    assert trusted().signed_in(signed(**RIGHT[name]), nonce=NONCE, now=NOW)["sub"] == "4711"


def test_a_token_without_signature_is_refused() -> None:
    for alg in ("none", "None", "", None, ["RS256"]):
        refused(errors.AlgorithmNotAllowed, by_hand({"alg": alg, "kid": "k1"}))
    refused(errors.BadSignature, by_hand({"alg": "RS256", "kid": "k1"}))


def test_the_public_key_taken_as_a_shared_secret_signs_nothing() -> None:
    for secret in (RSA.as_pem(private=False), b"the secret that provider and client share"):
        said = by_hand({"alg": "HS256", "kid": "k1"}).rpartition(".")[0]
        mac = hmac.digest(secret, said.encode(), "sha256")
        token = f"{said}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        shared = {"kty": "oct", "k": base64.urlsafe_b64encode(secret).rstrip(b"=").decode(), "kid": "k1"}
        refused(errors.AlgorithmNotAllowed, token)
        refused(errors.AlgorithmNotAllowed, token, trusted(shared))


def test_without_a_key_id_the_key_must_be_the_only_one_of_its_type() -> None:
    token = jws.serialize_compact({"alg": "RS256"}, json.dumps(dict(CLAIMS)), RSA, algorithms=["RS256"])
    both = (public(RSA), public(KEYS["ES256"], kid="k2"))
    assert trusted(*both).signed_in(token, nonce=NONCE, now=NOW)["sub"] == "4711"
    refused(errors.UnknownKey, token, trusted(*both, public(RSAKey.generate_key(2048), kid="k3")))


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"alg": "PS256"}, {"kty": "oct"}, {"kty": None}])
def test_a_key_of_another_use_counts_as_unknown(changes: Mapping[str, Any]) -> None:
    refused(errors.UnknownKey, signed(), trusted(public(RSA, **changes)))


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"n": "AQAB" * 40}, errors.KeyUnfit), ({"e": None}, errors.Malformed), ({"n": "!"}, errors.KeyUnfit)],
)
def test_a_key_that_is_none_is_refused(changes: Mapping[str, Any], error: type[CryptoError]) -> None:
    refused(error, signed(), trusted(public(RSA, **changes)))


def _nested(token: str) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{base64.urlsafe_b64encode(b'[' * 100_000).decode()}.{signature}"


@pytest.mark.parametrize("change", [lambda t: t[:-4], lambda t: t + ".x", lambda t: "中" + t, lambda t: t[:0], _nested])
def test_what_is_no_token_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(CryptoError):
        trusted().signed_in(change(signed()), nonce=NONCE, now=NOW)


def test_signed_claims_that_are_no_object_are_refused() -> None:
    for payload in ("[]", "1", "null", "no json"):
        token = jws.serialize_compact({"alg": "RS256", "kid": "k1"}, payload, RSA, algorithms=["RS256"])
        refused(errors.Malformed, token)


def test_a_logout_token_says_whose_sessions_end() -> None:
    claims = trusted().signed_out(signed(drop="nonce", **EVENT), now=NOW)
    assert (claims["sub"], claims["iat"]) == ("4711", SECOND)


@pytest.mark.parametrize(
    "changes",
    [
        {"drop": "nonce"},
        {**EVENT},
        {"drop": "nonce", "events": {"another": {}}},
        {"drop": "nonce", "events": []},
        {"drop": "nonce", **EVENT, "sub": ""},
        {"drop": "nonce", **EVENT, "exp": SECOND - 60},
        {"drop": "nonce", **EVENT, "aud": "another"},
    ],
)
def test_an_id_token_or_a_faulty_one_is_no_logout_token(changes: Mapping[str, Any]) -> None:
    with pytest.raises(CryptoError):
        trusted().signed_out(signed(**changes), now=NOW)
