"""Cookies: the session, what stands for one before sign-in, a worker's visit, and the token that ties forms to them."""

from collections.abc import Mapping
from typing import Final

from transfer.crypto.credentials import bound_to, same
from transfer.settings import Settings

SESSION: Final = "session"
VISIT: Final = "visit"
WORKER: Final = "worker"
"""The visit of somebody who has shown a code."""
FIELD: Final = "csrf"
HEADER: Final = "X-CSRF-Token"
_HOST: Final = "__Host-"


def name_of(cookie: str, settings: Settings) -> str:
    """As it is called here: behind https so that no other host can set it (RFC 6265bis 4.1.3.2)."""
    return f"{_HOST}{cookie}" if settings.public_url else cookie


def setting(cookie: str, value: str, settings: Settings, *, seconds: float | None = None) -> str:
    """The header that sets it; 0 seconds remove it."""
    parts = [f"{name_of(cookie, settings)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    parts += ["Secure"] if settings.public_url else []
    parts += [f"Max-Age={seconds:.0f}"] if seconds is not None else []
    return "; ".join(parts)


def seed_of(cookies: Mapping[str, str], settings: Settings) -> str:
    """What ties forms to this browser: its session, else its visit; empty when it has neither."""
    return cookies.get(name_of(SESSION, settings)) or cookies.get(name_of(VISIT, settings)) or ""


def form_fits(seed: str, given: str) -> bool:
    """Whether the token of a form belongs to the browser that sends it."""
    return bool(seed) and same(bound_to(seed), given)
