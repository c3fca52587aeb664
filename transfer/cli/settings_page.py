"""The page docs/settings.md, made from the settings."""

import types
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from transfer.settings import PREFIX, Settings

_HEAD: Final = """\
# Settings

<!-- Made by `transfer schemas --write` from transfer/settings.py; a test compares them. -->

A node reads its settings from environment variables, or from a file given by `--env-file` with one `NAME=VALUE` per
line; the environment goes first. Durations are in seconds. `transfer config check` tells whether they work.
"""

_NAMES: Final[dict[Any, str]] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "file",
    SecretStr: "text, secret",
}


def settings_page() -> str:
    """The text of docs/settings.md."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_kind(field)} | {_default(field)} | {field.description or ''} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join([_HEAD, "| variable | type | default | meaning |", "|---|---|---|---|", *rows]) + "\n"


def _kind(field: FieldInfo) -> str:
    named = _named(field.annotation)
    bounds = _bounds(field)
    return f"{named}, {bounds}" if bounds else named


def _named(annotation: Any) -> str:  # noqa: ANN401 - a type of any form
    origin = get_origin(annotation)
    if origin is Literal:
        return _either(str(one) for one in get_args(annotation))
    if origin in {Union, types.UnionType}:
        return _named(next(one for one in get_args(annotation) if one is not type(None)))
    if origin is frozenset:
        return f"any of {_named(get_args(annotation)[0])}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _either(str(one.value) for one in annotation)
    return _NAMES.get(annotation, str(annotation))


def _either(values: Any) -> str:  # noqa: ANN401 - an iterable of text
    return ", ".join(f"`{value}`" for value in values)


def _bounds(field: FieldInfo) -> str:
    said = []
    for rule in field.metadata:
        for name, words in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
            if (bound := getattr(rule, name, None)) is not None:
                said.append(f"{words} {bound:g}")
        if pattern := getattr(rule, "pattern", None):
            said.append(f"`{pattern}`")
    return ", ".join(said)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, frozenset):
        return f"`{','.join(sorted(str(one) for one in value))}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "none"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
