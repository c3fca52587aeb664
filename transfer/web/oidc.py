"""A client of OpenID Connect: sends a browser to the provider, and makes out of what comes back who it is.

Authorization code with PKCE (RFC 7636, S256), as the security practice for OAuth 2.0 asks (RFC 9700).
"""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus, urlencode, urlsplit

import aiohttp
from pydantic import BaseModel, ValidationError

from transfer.crypto.errors import CryptoError, UnknownKey
from transfer.crypto.id_tokens import SKEW, Trusted
from transfer.domain.errors import slug
from transfer.settings import Settings
from transfer.web.faults import ProviderSaysNo, ProviderUnavailable, SignInStale, SignInUnproven

PLACE: Final = "/.well-known/openid-configuration"
KNOWN_FOR: Final = timedelta(hours=1)
KEYS_AGAIN: Final = timedelta(minutes=1)
"""However many tokens name unknown keys, the keys are not asked for more often."""
ANSWER_SECONDS: Final = 10.0
MOST_BYTES: Final = 256 * 1024
_M = TypeVar("_M", bound=BaseModel)
_T = TypeVar("_T")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class _Metadata(BaseModel):
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(BaseModel):
    keys: tuple[dict[str, Any], ...]


class _Tokens(BaseModel):
    id_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One sign-in under way. All that must not be guessed is made from one secret that the browser keeps, so that the
    node keeps nothing; ``account`` is who wants to be linked, empty where somebody signs in."""

    secret: str
    account: str = ""

    def part(self, name: str) -> str:
        """One of its values: 43 characters that say nothing about the others."""
        return _text(hmac.digest(self.secret.encode(), f"{name} {self.account}".encode(), "sha256"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who signed in, as that provider knows the person; ``acr`` is how, in the provider's words."""

    issuer: str
    subject: str
    acr: str


@dataclass(frozen=True, slots=True)
class _Known:
    metadata: _Metadata
    trusted: Trusted
    at: datetime


@dataclass(slots=True, kw_only=True)
class Provider:
    """The provider of this node. Its description and keys are kept for an hour."""

    issuer: str
    client: str
    secret_file: Path | None
    acr: tuple[str, ...]
    clock: Callable[[], datetime]
    _known: _Known | None = None
    _again_at: datetime | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin(self, flow: Flow, redirect: str) -> str:
        """Where the browser is sent; raises ProviderUnavailable."""
        metadata = (await self._look()).metadata
        asked = {
            "response_type": "code",
            "client_id": self.client,
            "redirect_uri": redirect,
            "scope": "openid",
            "state": flow.part("state"),
            "nonce": flow.part("nonce"),
            "code_challenge": _text(hashlib.sha256(flow.part("verifier").encode()).digest()),
            "code_challenge_method": "S256",
            # Machines at windows are shared: who was signed in there before must not be signed in here now.
            "prompt": "login",
        } | ({"acr_values": " ".join(self.acr)} if self.acr else {})
        mark = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{mark}{urlencode(asked)}"

    async def finish(self, flow: Flow, redirect: str, answer: Mapping[str, str]) -> Subject:
        """Who came back. Raises SignInStale, ProviderSaysNo, SignInUnproven, ProviderUnavailable."""
        if not hmac.compare_digest(answer.get("state", "").encode(), flow.part("state").encode()):
            raise SignInStale
        known = await self._look()
        # From another provider than the one that was asked: mix-up (RFC 9207).
        named = answer.get("iss")
        if named != self.issuer and (named or known.metadata.authorization_response_iss_parameter_supported):
            raise SignInUnproven(code="of-another-issuer")
        if "error" in answer or not answer.get("code"):
            raise ProviderSaysNo
        token = await self._redeem(known.metadata, flow, redirect, answer["code"])
        claims = await self._proven(lambda by: by.signed_in(token, nonce=flow.part("nonce"), now=self.clock()))
        return Subject(issuer=self.issuer, subject=str(claims["sub"]), acr=str(claims.get("acr", "")))

    async def signed_out(self, token: str) -> tuple[Subject, datetime]:
        """Whose sessions end, and before when they began, by any clock that a token is taken from; raises
        SignInUnproven, ProviderUnavailable."""
        claims = await self._proven(lambda by: by.signed_out(token, now=self.clock()))
        issued = datetime.fromtimestamp(claims["iat"] + SKEW, UTC)
        return Subject(issuer=self.issuer, subject=str(claims["sub"]), acr=""), issued

    async def _proven(self, holds: Callable[[Trusted], _T]) -> _T:
        """What holds under the keys as they are known, or, where they have not the one, as they are now."""
        try:
            try:
                return holds((await self._look()).trusted)
            except UnknownKey:
                return holds((await self._look(again=True)).trusted)
        except CryptoError as error:
            raise SignInUnproven(code=slug(type(error))) from None

    async def _redeem(self, metadata: _Metadata, flow: Flow, redirect: str, code: str) -> str:
        """The ID token for a code (RFC 6749, section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect,
            "code_verifier": flow.part("verifier"),
        }
        headers = {}
        secret = await asyncio.to_thread(self.secret_file.read_text) if self.secret_file is not None else ""
        if secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote_plus(self.client)}:{quote_plus(secret.strip())}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": self.client} | ({"client_secret": secret.strip()} if secret else {})
        status, content = await _asked("POST", metadata.token_endpoint, data=form, headers=headers)
        if status in {400, 401}:
            raise SignInUnproven(code="code-refused")
        return _read(_Tokens, status, content).id_token

    async def _look(self, *, again: bool = False) -> _Known:
        """What is known of the provider; ``again`` where a key is missing."""
        async with self._turn:
            now = self.clock()
            known = self._known
            if known is not None and now - known.at < KNOWN_FOR:
                if not again or (self._again_at is not None and now - self._again_at < KEYS_AGAIN):
                    return known
                self._again_at = now
            metadata = _read(_Metadata, *await _asked("GET", self.issuer.rstrip("/") + PLACE))
            if metadata.issuer != self.issuer:
                raise ProviderUnavailable(code="of-another-issuer")
            keys = _read(_Keys, *await _asked("GET", metadata.jwks_uri)).keys
            _secure(metadata.authorization_endpoint)
            trusted = Trusted(issuer=self.issuer, client=self.client, keys=keys)
            self._known = _Known(metadata=metadata, trusted=trusted, at=now)
            return self._known


def provider_of(settings: Settings, clock: Callable[[], datetime]) -> Provider | None:
    """The one that the settings name; None where they name none."""
    if settings.oidc_issuer is None:
        return None
    return Provider(
        issuer=settings.oidc_issuer,
        client=settings.oidc_client,
        secret_file=settings.oidc_secret_file,
        acr=settings.oidc_acr,
        clock=clock,
    )


async def _asked(method: str, url: str, **options: Any) -> tuple[int, bytes]:  # noqa: ANN401 - aiohttp's own
    """Status and content of an answer; what is slow, huge, or led elsewhere is no answer."""
    _secure(url)
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, url, allow_redirects=False, **options) as answer,
        ):
            content = await answer.content.read(MOST_BYTES + 1)
            while len(content) <= MOST_BYTES and (more := await answer.content.read(MOST_BYTES)):
                content += more
            status = answer.status
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise ProviderUnavailable(code="no-answer") from None
    if len(content) > MOST_BYTES:
        raise ProviderUnavailable(code="too-large")
    return status, content


def _read(form: type[_M], status: int, content: bytes) -> _M:
    if status != 200:  # noqa: PLR2004 - OK
        raise ProviderUnavailable(code=f"status-{status}")
    try:
        return form.model_validate_json(content)
    except ValidationError:
        raise ProviderUnavailable(code="malformed") from None


def _secure(url: str) -> None:
    """Raises ProviderUnavailable for an address that is not https, but on this machine."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ProviderUnavailable(code="malformed") from None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ProviderUnavailable(code="not-https")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
