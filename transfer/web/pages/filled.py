"""What a form sent, as the JSON that the model takes: names are paths (``applicants.0.name``), blank rows fall away."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from transfer.domain.clocks import CHINA
from transfer.web.pages.fields import KIND, Field, Kind

Tree = dict[str, Any]
ADD: Final = "form-add"
REMOVE: Final = "form-remove"
SHOW: Final = "form-show"
"""Buttons that change the form and send nothing."""
_CHANGES: Final = {ADD, REMOVE, SHOW}
_FEN: Final = Decimal(100)
_ABSENT: Final = object()
_ABOUT: Final = {"id", "item", "applicant"}


def read(fields: Iterable[Field], pairs: Sequence[tuple[str, str]]) -> Tree:
    """What was filled in, with the row that a button adds and without that which one removes; what cannot be read
    stays as it was typed, for the model to refuse."""
    removed = tuple(f"{where}." for name, where in pairs if name == REMOVE)
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if not name.startswith(removed):
            given.setdefault(name, []).append(value.replace("\r\n", "\n").strip())
    tree = _read(fields, given, "")
    for where in given.get(ADD, ()):
        _rows(tree, where.split(".")).append({})
    return tree


def only_changes(names: Iterable[str]) -> bool:
    """Whether a button was pressed that changes the form and sends nothing, by the names of what was sent."""
    return not _CHANGES.isdisjoint(names)


def _rows(tree: Any, path: Sequence[str]) -> list[Any]:  # noqa: ANN401 - JSON
    """The rows at a path; where there are none, nothing that anyone sees."""
    for place, part in enumerate(path):
        match tree:
            case dict():
                tree = tree.setdefault(part, [] if place == len(path) - 1 else {})
            case list() if part.isdecimal() and int(part) < len(tree):
                tree = tree[int(part)]
            case _:
                return []
    return tree if isinstance(tree, list) else []


def _read(fields: Iterable[Field], given: Mapping[str, list[str]], prefix: str) -> Tree:
    found = {one.name: _value(one, given, prefix + one.name) for one in fields}
    return {name: value for name, value in found.items() if value is not _ABSENT}


def _value(field: Field, given: Mapping[str, list[str]], name: str) -> Any:  # noqa: ANN401, PLR0911 - JSON; one per kind
    values = [one for one in given.get(name, ()) if one]
    match field.kind:
        case Kind.ROWS:
            rows = [_read(field.parts, given, f"{name}.{index}.") for index in _indices(given, name)]
            # A button names a row by its place, so while it changes the form none falls away.
            return [row for row in rows if only_changes(given) or not is_blank(row)] or _ABSENT
        case Kind.PART:
            part = _read(field.parts, given, f"{name}.")
            return _ABSENT if is_blank(part) else part
        case Kind.VARIANTS:
            kind = (given.get(f"{name}.{KIND}") or [""])[-1]
            if kind not in field.variants:
                return _ABSENT
            return {**_read(field.variants[kind], given, f"{name}."), KIND: kind}
        case Kind.CHOICES:
            return list(dict.fromkeys(values)) or _ABSENT
        case Kind.FILES:
            return [_json(one) for one in values] or _ABSENT
        case Kind.LINES:
            return [line.strip() for one in values for line in one.split("\n") if line.strip()] or _ABSENT
        case _ if not values:
            return _ABSENT
        case _:
            value = _READERS.get(field.kind, str)(values[-1])
            return _ABSENT if value == field.default and field.default is not None else value


def is_blank(row: Tree) -> bool:
    """Whether nothing was filled in but what the row is about, which the form may have said itself."""
    return not row.keys() - _ABOUT


def _indices(given: Mapping[str, list[str]], name: str) -> list[int]:
    found = (re.match(rf"{re.escape(name)}\.([0-9]{{1,4}})\.", key) for key in given)
    return sorted({int(one[1]) for one in found if one})


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else text


def _fen(text: str) -> int | str:
    with suppress(InvalidOperation, ValueError, OverflowError):
        fen = Decimal(re.sub(r"[¥元,，\s]", "", text)) * _FEN
        if fen == fen.to_integral_value():
            return int(fen)
    return text


def _moment(text: str) -> str:
    with suppress(ValueError):
        typed = datetime.fromisoformat(text)
        return (typed if typed.tzinfo else typed.replace(tzinfo=CHINA)).isoformat()
    return text


def _yes(text: str) -> bool | str:
    return {"true": True, "false": False}.get(text, text)


def _json(text: str) -> Any:  # noqa: ANN401 - JSON
    try:
        return json.loads(text)
    except ValueError:
        return text


_READERS: Final = {
    Kind.NUMBER: _number,
    Kind.MONEY: _fen,
    Kind.MOMENT: _moment,
    Kind.TICK: _yes,
    Kind.YES_OR_NO: _yes,
    Kind.FILE: _json,
}
