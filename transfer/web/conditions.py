"""The headers that make a request safe to repeat and a change safe to make: Idempotency-Key, ETag, If-Match."""

import re
from typing import Final

from transfer.web.faults import KeyInvalid, KeyMissing, VersionInvalid, VersionMissing

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
KEY_PATTERN: Final = r"[A-Za-z0-9._:+/=~-]{8,200}"

_KEY: Final = re.compile(rf'"({KEY_PATTERN})"|({KEY_PATTERN})')
_TAG: Final = re.compile(r'"([1-9][0-9]{0,8})"')
_TAGS: Final = re.compile(r'(?:W/)?"[^"]*"')


def key_in(header: str | None) -> str:
    """The idempotency key in the header, with or without the quotes of a structured field.

    Raises KeyMissing, KeyInvalid.
    """
    if header is None:
        raise KeyMissing(
            f"Send a fresh UUID in the header {KEY_HEADER}, for example from `uuidgen` or "
            "/proc/sys/kernel/random/uuid, and the same one when you repeat the request because no answer came: "
            "it is then carried out once."
        )
    found = _KEY.fullmatch(header.strip())
    if found is None:
        raise KeyInvalid("Send 8 to 200 letters, digits and . _ : + / = ~ -, best a fresh UUID.")
    return found[1] or found[2]


def etag_of(version: int) -> str:
    """The version of a case as its ETag."""
    return f'"{version}"'


def version_in(header: str | None) -> int | None:
    """The version that the client has read; None for ``*``, whatever the version is now.

    Raises VersionMissing, VersionInvalid.
    """
    if header is None:
        raise VersionMissing(
            "Read the case and send its ETag in the header If-Match, so that nobody's change is lost; "
            "or send If-Match: * to change it whatever others did."
        )
    if header.strip() == "*":
        return None
    found = _TAG.fullmatch(header.strip())
    if found is None:
        raise VersionInvalid('Send one ETag as it was received, for example "3" with its quotes, or *.')
    return int(found[1])


def is_known(header: str | None, etag: str) -> bool:
    """Whether the client says in If-None-Match that it has this version; tags are compared weakly (RFC 9110)."""
    if header is None:
        return False
    return header.strip() == "*" or etag in {tag.removeprefix("W/") for tag in _TAGS.findall(header)}
