"""Sends text messages through a gateway over HTTP: JSON, signed with a secret that both share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import aiohttp

from transfer.crypto.codes import signature
from transfer.ports.texts import GatewayRefused, GatewayUnavailable, Text

TIMEOUT_SECONDS: Final = 20.0
_PASSING: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGateway:
    """See ports.SmsGateway. ``id`` makes a repetition known; ``signature`` is the HMAC-SHA-256 over id, at, phone and
    text, each on a line of its own."""

    url: str
    secret_file: Path
    sign: str
    clock: Callable[[], datetime]

    async def send(self, text: Text) -> None:
        try:
            secret = self.secret_file.read_text("utf-8").strip()
        except OSError as error:
            raise GatewayUnavailable(f"the secret of the gateway: {error.strerror}") from error
        words, at = f"【{self.sign}】{text.words}", str(int(self.clock().timestamp()))
        body = {"id": str(text.id), "at": at, "phone": text.phone, "text": words}
        body["signature"] = signature(secret, *body.values())
        limit = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self.url, json=body, allow_redirects=False) as response,
            ):
                status = response.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Neither address nor body, which names a person.
            raise GatewayUnavailable(type(error).__name__) from error
        if status in _PASSING or status >= 500 or 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, 15
            raise GatewayUnavailable(f"status {status}")
        if status >= 400:  # noqa: PLR2004 - as above
            raise GatewayRefused(f"status {status}")
