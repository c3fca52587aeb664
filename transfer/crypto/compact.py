"""The compact form that all suites share: segments of base64url between dots, the first a small JSON header."""

import base64
import json
from collections.abc import Collection, Mapping
from typing import Any, Final

from transfer.crypto.errors import AlgorithmNotAllowed, Malformed, TooLarge
from transfer.messages.envelope import MAX_BYTES

MAX_HEADER: Final = 512
"""Characters of an encoded header; the largest that a suite makes has about 300."""
_MAX_KEY_AND_TAG: Final = 512
"""Characters of all segments but the header and the content, dots included."""


def encoded_size(size: int) -> int:
    """The length of so many bytes in base64url without padding."""
    return -(-size * 4 // 3)


MAX_TOKEN: Final = MAX_HEADER + encoded_size(MAX_BYTES) + _MAX_KEY_AND_TAG
MAX_SEALED: Final = MAX_HEADER + encoded_size(MAX_TOKEN) + _MAX_KEY_AND_TAG


def encode(data: bytes) -> bytes:
    """base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def decode(segment: bytes) -> bytes:
    """The bytes of a segment; raises Malformed for anything but the one right way to write them."""
    try:
        data = base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError as error:
        raise Malformed("not base64url") from error
    # Signs that the library passes over, and bits of the last one that mean nothing, gave one token many spellings.
    if encode(data) != segment:
        raise Malformed("not base64url")
    return data


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("a member of the header stands twice")
    return fields


_JSON: Final = json.JSONEncoder(separators=(",", ":"))
_STRICT_JSON: Final = json.JSONDecoder(object_pairs_hook=_each_once)


def header(fields: Mapping[str, Any]) -> bytes:
    """A header as a segment."""
    return encode(_JSON.encode(fields).encode("ascii"))


def segments(token: bytes, count: int, *, largest: int) -> list[bytes]:
    """The segments of a token; raises TooLarge before it looks at anything, or Malformed."""
    if len(token) > largest:
        raise TooLarge(f"at most {largest} bytes")
    parts = token.split(b".")
    if len(parts) != count:
        raise Malformed(f"not {count} segments")
    return parts


def read_header(segment: bytes, *, fixed: Mapping[str, str], free: Collection[str]) -> dict[str, Any]:
    """The members of a header: exactly those that are fixed and those that are free, each once.

    Everything that another form could smuggle in (crit, zip, b64, jku, jwk, x5c, a second kid) is thereby refused.
    Raises AlgorithmNotAllowed when alg or enc is another, else Malformed.
    """
    if len(segment) > MAX_HEADER:
        raise Malformed("the header is too long")
    text = decode(segment)
    try:
        fields = _STRICT_JSON.decode(text.decode("ascii"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Malformed("the header is no JSON") from error
    if not isinstance(fields, dict):
        raise Malformed("the header is no JSON object")
    for name in ("alg", "enc"):
        if fields.get(name) != fixed.get(name):
            raise AlgorithmNotAllowed(f"{name} must be {fixed.get(name)}")
    if fields.keys() != {*fixed, *free}:
        raise Malformed(f"the header must have exactly {', '.join(sorted({*fixed, *free}))}")
    if any(fields[name] != value for name, value in fixed.items()):
        raise Malformed(f"the header must say {', '.join(f'{name} {value}' for name, value in fixed.items())}")
    if not isinstance(fields["kid"], str):
        raise Malformed("kid must be a text")
    return fields


def moment(fields: Mapping[str, Any], name: str) -> int:
    """Seconds since 1970 (RFC 7519, NumericDate, whole); raises Malformed."""
    value = fields[name]
    if type(value) is not int or not 0 <= value < 2**40:
        raise Malformed(f"{name} must be whole seconds since 1970")
    return value


def ascii_bytes(text: str) -> bytes:
    """The text as bytes; raises Malformed."""
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        # The error's own text would quote the token.
        raise Malformed("not ASCII") from None
