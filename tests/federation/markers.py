"""Personal data that are known by a mark."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from pydantic import BaseModel

from transfer.messages.attachments import Attachment
from transfer.messages.case import RULE_CODE
from transfer.messages.codes import MediaType
from transfer.messages.duplicates import FINGERPRINT
from transfer.messages.ledger import COSIGNATURE, HASH, NOTE
from transfer.messages.numbers import credit_code_fault, resident_id_fault

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
NO_FILE: Final[Mapping[str, Any]] = {"digest": f"sha256:{'0' * 64}", "size": 1, "media_type": MediaType.PDF.value}
"""What a message names that no node keeps."""
PUBLIC: Final = frozenset(
    {
        r"^[1-9][0-9]{5}$",
        r"^[1-9][0-9]{5}(-[A-Z0-9]{1,12})?$",
        r"^sha256:[0-9a-f]{64}$",
        r"^[0-9a-f]{64}$",
        r"^[a-z]+/[a-z0-9.+-]+$",
        RULE_CODE,
        FINGERPRINT,
        HASH,
        NOTE,
        COSIGNATURE,
        r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
    }
)
"""Patterns of texts that say nothing of a person: regions, institutions, digests, media types, rules, keyed hashes,
signed attestations, which show nobody, and what checkpoints are made of."""


class NobodySaid(AssertionError):
    """A text has a pattern of which it is not known whether it holds personal data: list it above."""


@dataclass(slots=True, kw_only=True)
class Marker:
    """Fills the texts of any model with marked values, so that a field that comes later is marked, too; where it takes
    a file, it gets ``file``, under a marked name."""

    file: Mapping[str, Any] = field(default_factory=lambda: NO_FILE)
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
        if "oneOf" in schema:
            if given is None:
                return None
            schema = defs[schema["discriminator"]["mapping"][given["kind"]].rpartition("/")[2]]
        match schema.get("type"):
            case "object":
                return self._object(schema, defs, given or {}, needed=needed or given is not None)
            case "array":
                items = [self._value(schema["items"], defs, one, needed=False) for one in given or [None]]
                return [item for item in items if item is not None] or given
            case "string" if not schema.keys() & {"enum", "const", "format"}:
                return self._marked(schema.get("pattern"), given)
            case _:
                first = schema.get("enum", [schema.get("const", schema.get("minimum"))])[0]
                return first if given is None and needed else given

    def _object(
        self, schema: Mapping[str, Any], defs: Mapping[str, Any], given: Mapping[str, Any], *, needed: bool
    ) -> Any:
        required = schema.get("required", [])
        if schema["title"] == Attachment.__name__:
            given = {**self.file, **given}
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
