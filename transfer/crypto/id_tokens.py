"""What a provider of OpenID Connect signs: who has signed in there (OpenID Connect Core 1.0, section 3.1.3.7), and who
has signed out (Back-Channel Logout 1.0, section 2.6)."""

import hmac
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final

from joserfc.errors import BadSignatureError, JoseError, SecurityWarning, UnsupportedAlgorithmError
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import CompactSignature, JWSRegistry, extract_compact, validate_compact

from transfer.crypto.errors import AlgorithmNotAllowed, BadSignature, CryptoError, KeyUnfit, Malformed, UnknownKey

ALGORITHMS: Final[Mapping[str, str]] = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""What may sign, and with which type of key. A key that both sides share (HS256) is not among them: the client's secret
would then sign in anybody."""
SKEW: Final = 60
OLDEST: Final = 600
"""Seconds that a token may be old; it is asked for right before it comes."""
_SHORTEST_RSA: Final = 342
"""Characters of a modulus of 2048 bits."""
_LONGEST_SUBJECT: Final = 255
_LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"


class OfAnotherIssuer(CryptoError):
    """The token comes from another issuer than the one that was asked."""


class ForAnotherClient(CryptoError):
    """The token was made for another client."""


class NonceDiffers(CryptoError):
    """The token answers another request."""


class TimeNotNow(CryptoError):
    """The token is expired, too old, or not valid yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusted:
    """Whose tokens count, and for whom they must be made; ``keys`` is the provider's set (RFC 7517) as it came."""

    issuer: str
    client: str
    keys: Sequence[Mapping[str, Any]]

    def signed_in(self, token: str, *, nonce: str, now: datetime) -> Mapping[str, Any]:
        """The claims of an ID token; raises UnknownKey where the set has not its key, or another CryptoError."""
        claims = self._claims(token, now)
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise NonceDiffers
        if not _is_subject(claims.get("sub")):
            raise Malformed("sub")
        return claims

    def signed_out(self, token: str, *, now: datetime) -> Mapping[str, Any]:
        """The claims of a logout token: of ``sub`` the sessions end that began before ``iat``; raises CryptoError."""
        claims = self._claims(token, now)
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT), dict) or "nonce" in claims:
            raise Malformed("no logout token")
        if not _is_subject(claims.get("sub")):
            raise Malformed("sub")
        return claims

    def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        claims = self._signed(token)
        if claims.get("iss") != self.issuer:
            raise OfAnotherIssuer
        said = claims.get("aud")
        audience = said if isinstance(said, list) else [said]
        if self.client not in audience:
            raise ForAnotherClient
        # A token that is also for others must say that this client asked for it.
        if claims.get("azp", self.client if len(audience) == 1 else None) != self.client:
            raise ForAnotherClient("azp")
        moment = now.timestamp()
        expires, issued, begins = (_seconds(claims, name) for name in ("exp", "iat", "nbf"))
        if expires is None or issued is None:
            raise Malformed("exp and iat are due")
        if expires <= moment - SKEW or issued <= moment - OLDEST or max(issued, begins or 0) > moment + SKEW:
            raise TimeNotNow
        return claims

    def _signed(self, token: str) -> Mapping[str, Any]:
        """The claims, once the signature over them holds."""
        # Headers that a provider adds are passed over; one that is critical and unknown is refused (RFC 7515 4.1.11).
        registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
        try:
            said = extract_compact(token.encode("ascii"), None, registry)
            with warnings.catch_warnings():
                # EdDSA is an old name that providers use (RFC 9864).
                warnings.simplefilter("ignore", SecurityWarning)
                whole = validate_compact(said, self._key(said), list(ALGORITHMS), registry)
            claims = json.loads(said.payload)
        except UnsupportedAlgorithmError:
            raise AlgorithmNotAllowed from None
        except BadSignatureError:
            raise BadSignature from None
        except (JoseError, ValueError, RecursionError) as error:
            if isinstance(error, CryptoError):
                raise
            raise Malformed(type(error).__name__) from None
        if not whole:
            raise BadSignature
        if not isinstance(claims, dict):
            raise Malformed("no claims")
        return claims

    def _key(self, said: CompactSignature) -> Key:
        """The one key that the header names, or, where it names none, the one key there is for its algorithm."""
        header = said.headers()
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise AlgorithmNotAllowed
        fit = [
            one
            for one in self.keys
            if one.get("kty") == ALGORITHMS[algorithm]
            and one.get("use", "sig") == "sig"
            and one.get("alg", algorithm) == algorithm
            and (kid is None or one.get("kid") == kid)
        ]
        if len(fit) != 1:
            raise UnknownKey
        if fit[0]["kty"] == "RSA" and len(str(fit[0].get("n", ""))) < _SHORTEST_RSA:
            raise KeyUnfit
        return JWKRegistry.import_key(dict(fit[0]))


def _is_subject(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_SUBJECT and value.isascii() and value.isprintable()


def _seconds(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise Malformed(name)
    return value
