"""Whether a schema still fits the one that was published under the same type."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_WORDING: Final = frozenset({"$schema", "$comment", "$defs", "title", "description", "examples", "deprecated"})
"""Keywords that no validator acts on, and the definitions, which are compared where they are used."""
_INNER: Final = {
    "items": "[]",
    "additionalProperties": ".*",
    "contains": "[any]",
    "propertyNames": " names",
    "not": " not",
}
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_LOWER_BOUNDS: Final = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_UPPER_BOUNDS: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_UNSAID: Final[Schema] = {"additionalProperties": True, "uniqueItems": False}
"""What holds where a schema does not say it."""
_ABSENT: Final = object()


def breaking_changes(old: Schema, new: Schema) -> list[str]:
    """What in ``new`` breaks a promise of ``old``, one line per fault; empty when only optional fields were added.

    Regions upgrade at different times, so both directions count: a new reader must take what old writers send, and
    an old reader what new writers send. A bound that is widened breaks as one that is narrowed, and a field that
    may newly be left out as one that is newly required. An added enum value breaks too, since readers refuse codes
    that they do not know; unless the published schema marks its list with ``"x-open": true``, a promise that
    readers take unknown codes. No list does so today. A value removed breaks in either case.

    Keywords that are not known here are compared for equality, so a new one is a fault and not an oversight.
    """
    return list(_faults("event", old, new, (old, new), frozenset()))


def _faults(
    place: str, old: Schema, new: Schema, roots: tuple[Schema, Schema], seen: frozenset[tuple[str, str]]
) -> Iterator[str]:
    pair = (old.get("$ref", ""), new.get("$ref", ""))
    if pair in seen and pair != ("", ""):
        return
    old, new = _resolved(old, roots[0]), _resolved(new, roots[1])
    seen |= {pair}
    for keyword in sorted((old.keys() | new.keys()) - _WORDING):
        before = old.get(keyword, _UNSAID.get(keyword, _ABSENT))
        after = new.get(keyword, _UNSAID.get(keyword, _ABSENT))
        match keyword:
            case "properties":
                yield from _property_faults(place, old, new, roots, seen)
            case "required":
                yield from _required_faults(place, old, new)
            case _ if keyword in _INNER and isinstance(before, Mapping) and isinstance(after, Mapping):
                yield from _faults(f"{place}{_INNER[keyword]}", before, after, roots, seen)
            case "enum" if before is not _ABSENT and after is not _ABSENT:
                yield from _enum_faults(place, before, after, is_open=old.get("x-open", False))
            case _ if keyword in _LISTS and before is not _ABSENT and after is not _ABSENT:
                yield from _list_faults(f"{place} {keyword}", before, after, roots, seen)
            case _ if before != after:
                yield f"{place}: {keyword} {_moved(keyword, before, after)}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    """The schema with its reference followed, what stands beside the reference added."""
    while "$ref" in schema:
        target: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}
    return schema


def _property_faults(
    place: str, old: Schema, new: Schema, roots: tuple[Schema, Schema], seen: frozenset[tuple[str, str]]
) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in before:
        if name in after:
            yield from _faults(f"{place}.{name}", before[name], after[name], roots, seen)
        else:
            yield f"{place}.{name}: removed"
    if old.get("additionalProperties", True) is False:
        yield from (f"{place}.{name}: added, which older readers refuse" for name in after if name not in before)


def _required_faults(place: str, old: Schema, new: Schema) -> Iterator[str]:
    before, after = set(old.get("required", ())), set(new.get("required", ()))
    for name in sorted(after - before):
        fault = "was optional and is required" if name in old.get("properties", {}) else "added as required"
        yield f"{place}.{name}: {fault}"
    for name in sorted((before - after) & new.get("properties", {}).keys()):
        yield f"{place}.{name}: was required and may be left out, which older readers refuse"


def _enum_faults(place: str, before: list[Any], after: list[Any], *, is_open: bool) -> Iterator[str]:
    for value in before:
        if value not in after:
            yield f"{place}: code {value} removed"
    for value in after:
        if value not in before and not is_open:
            yield f"{place}: code {value} added to a closed list, which older readers refuse"


def _list_faults(
    place: str,
    before: list[Schema],
    after: list[Schema],
    roots: tuple[Schema, Schema],
    seen: frozenset[tuple[str, str]],
) -> Iterator[str]:
    if len(before) != len(after):
        yield f"{place}: {len(before)} schemas became {len(after)}"
        return
    for one, other in zip(before, after, strict=True):
        yield from _faults(place, one, other, roots, seen)


def _moved(keyword: str, before: object, after: object) -> str:
    if before is _ABSENT:
        return f"{_said(after)} added"
    if after is _ABSENT:
        return f"{_said(before)} removed"
    said = f"changed from {_said(before)} to {_said(after)}"
    if keyword in _LOWER_BOUNDS | _UPPER_BOUNDS and isinstance(before, int | float) and isinstance(after, int | float):
        narrowed = after < before if keyword in _UPPER_BOUNDS else after > before
        return f"{said}: {'narrowed, which new readers refuse' if narrowed else 'widened, which older readers refuse'}"
    return said


def _said(value: object) -> str:
    return repr(value) if isinstance(value, str | int | float | bool | None) else "…"
