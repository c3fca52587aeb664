"""Personal data and secrets that are known by a mark, and the search for them in whatever a system leaves behind."""

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from pydantic import BaseModel

from transfer.messages.case import credit_code_fault, resident_id_fault

TEXT: Final = "QZLEAKZQ"
NUMBER: Final = "9900008765"
PHONE: Final = "8765-0909-8765"
CREDIT: Final = "QLEAKQLEAK"
MARKS: Final = {
    "a text": TEXT.encode(),
    "an identity number": NUMBER.encode(),
    "a phone number": PHONE.encode(),
    "a credit code": CREDIT.encode(),
}

_IDENTITY, _PHONE, _CREDIT = r"^[0-9A-Z()-]{0,30}$", r"^[0-9+ -]{5,20}$", r"^[0-9A-Z]{18}$"
_DIGEST: Final = r"^sha256:[0-9a-f]{64}$"
NO_DIGEST: Final = f"sha256:{'0' * 64}"
PUBLIC: Final = frozenset(
    {
        r"^[1-9][0-9]{5}$",
        r"^[1-9][0-9]{5}(-[A-Z0-9]{1,12})?$",
        _DIGEST,
        r"^[a-z]+/[a-z0-9.+-]+$",
    }
)
"""Patterns of texts that say nothing of a person: regions, institutions, digests, media types."""


class NobodySaid(AssertionError):
    """A text has a pattern of which it is not known whether it holds personal data: list it above."""


@dataclass(slots=True)
class Marker:
    """Fills the texts of any model with marked values, so that a field that comes later is marked, too."""

    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def filled(self, model: type[BaseModel], given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A body of the model: every text that may be personal is marked; the rest is as given, or left out where
        it may be."""
        schema = model.model_json_schema()
        made: dict[str, Any] = self._value(schema, schema.get("$defs", {}), dict(given or {}), needed=True)
        return made

    def text(self) -> str:
        """One marked text."""
        return f"{TEXT}{next(self._numbers):04d}甲"

    def _value(self, schema: Mapping[str, Any], defs: Mapping[str, Any], given: Any, *, needed: bool) -> Any:
        while "$ref" in schema or "anyOf" in schema:
            if "$ref" in schema:
                schema = defs[schema["$ref"].rpartition("/")[2]]
            else:
                [schema] = [one for one in schema["anyOf"] if one.get("type") != "null"]
        match schema.get("type"):
            case "object":
                return self._object(schema, defs, given or {}, needed=needed or given is not None)
            case "array":
                items = [self._value(schema["items"], defs, one, needed=False) for one in given or [None]]
                return [item for item in items if item is not None] or given
            case "string" if schema.get("pattern") == _DIGEST and given is None and needed:
                return NO_DIGEST
            case "string" if not schema.keys() & {"enum", "const", "format"}:
                return self._marked(schema.get("pattern"), given)
            case _:
                first = schema.get("enum", [schema.get("const", schema.get("minimum"))])[0]
                return first if given is None and needed else given

    def _object(
        self, schema: Mapping[str, Any], defs: Mapping[str, Any], given: Mapping[str, Any], *, needed: bool
    ) -> Any:
        required = schema.get("required", [])
        made = {
            name: self._value(one, defs, given.get(name), needed=name in required)
            for name, one in schema["properties"].items()
        }
        marked = any(mark.decode() in repr(made) for mark in MARKS.values())
        return {name: one for name, one in made.items() if one is not None} if marked or needed else None

    def _marked(self, pattern: str | None, given: Any) -> Any:
        number = next(self._numbers)
        if pattern is None:
            return f"{TEXT}{number:04d}甲"
        if pattern == _PHONE:
            return f"{PHONE}-{number:04d}"
        if pattern == _IDENTITY:
            return next(n for n in _checked(f"{NUMBER}0412{number % 1000:03d}") if not resident_id_fault(n))
        if pattern == _CREDIT:
            return next(n for n in _checked(f"{CREDIT}{number:07d}") if not credit_code_fault(n))
        if pattern not in PUBLIC:
            raise NobodySaid(pattern)
        return given


def _checked(start: str) -> Iterator[str]:
    return (start + last for last in "0123456789ABCDEFGHJKLMNPQRTUWXY")


_BASE64: Final = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX: Final = re.compile(rb"[0-9A-Fa-f]{16,}")
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


def found(left: Mapping[str, bytes], sought: Mapping[str, bytes]) -> list[str]:
    """Where something of what is sought stands in what was left behind: as it is, in base64 or in hex."""
    return [
        f"{what} in {where}{how}, near {_around(content, secret)!r}"
        for where, written in left.items()
        for how, content in _readings(written)
        for what, secret in sought.items()
        if secret.lower() in content.lower()
    ]


def _around(content: bytes, secret: bytes) -> bytes:
    at = content.lower().index(secret.lower())
    return content[max(0, at - 60) : at + 60]


def _readings(written: bytes) -> Iterable[tuple[str, bytes]]:
    yield "", written
    runs = [run.translate(_STANDARD) for run in _BASE64.findall(written)]
    for skipped in range(4):
        parts = [run[skipped : skipped + (len(run) - skipped) // 4 * 4] for run in runs]
        yield ", in base64", b"\n".join(base64.b64decode(part) for part in parts)
    runs = _HEX.findall(written)
    for skipped in range(2):
        parts = [run[skipped : skipped + (len(run) - skipped) // 2 * 2] for run in runs]
        yield ", in hex", b"\n".join(bytes.fromhex(part.decode()) for part in parts)
