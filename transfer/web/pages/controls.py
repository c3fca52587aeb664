"""A form as it is shown: each field with its label, its value, its choices and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from transfer.domain.clocks import CHINA
from transfer.web.pages.fields import KIND, Field, Kind
from transfer.web.pages.filled import Tree
from transfer.web.pages.labels import label_of
from transfer.web.pages.languages import Language, said

Option = tuple[str, str]
Choices = Mapping[str, Sequence[Option]]
"""Values and their names, by the name of a field or of its model and field."""
_FEW: Final = 4
"""So many choices are shown beside each other; more in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What all fields of one form are shown by. ``fixed`` are values that nobody changes here, by their names;
    ``leaves_out`` are fields that are not asked for, and ``begins`` what stands in one that is empty, by their keys."""

    language: Language
    choices: Choices = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    leaves_out: frozenset[str] = frozenset()
    begins: Mapping[str, str] = field(default_factory=dict)
    rows_stay: bool = False
    """Rows are neither added nor removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field as it is shown."""

    name: str
    kind: str
    label: str
    hint: str = ""
    needed: bool = False
    value: Any = ""
    options: tuple[tuple[str, str, bool], ...] = ()
    listed: bool = False
    """The choices are proposals; anything may be typed."""
    few: bool = False
    most: int | None = None
    wrong: str = ""
    opened: bool = True
    parts: tuple["Control", ...] = ()
    rows: tuple[tuple["Control", ...], ...] = ()
    fixed_rows: bool = False

    @property
    def id(self) -> str:
        """The name of the element."""
        return "f-" + self.name.replace(".", "-")

    @property
    def aria(self) -> dict[str, str | None]:
        """What a screen reader says besides its name."""
        about = [f"{self.id}-{what}" for what, text in (("hint", self.hint), ("error", self.wrong)) if text]
        return {"aria-describedby": " ".join(about) or None, "aria-invalid": "true" if self.wrong else None}


def controls(fields: Iterable[Field], tree: Tree, form: Form, prefix: str = "") -> tuple[Control, ...]:
    """The fields, filled with what the tree has."""
    shown = (one for one in fields if form.leaves_out.isdisjoint(one.keys))
    return tuple(_control(one, tree.get(one.name), form, prefix) for one in shown)


def _control(one: Field, value: Any, form: Form, prefix: str) -> Control:  # noqa: ANN401 - JSON
    name, label = prefix + one.name, label_of(one)
    made: dict[str, Any] = {
        "name": name,
        "kind": one.kind.name.lower(),
        "label": said(label, form.language),
        "hint": said(label.hint, form.language) if label.hint else "",
        "needed": one.needed,
        "most": one.most,
        "wrong": form.wrong.get(name, ""),
    }
    if (fixed := form.fixed.get(name)) is not None:
        return Control(**made | {"kind": "fixed"}, value=fixed)
    if value is None:
        value = next((form.begins[key] for key in one.keys if key in form.begins), one.default)
    match one.kind:
        case Kind.ROWS:
            rows = value or ([] if form.rows_stay or not one.needed else [{}])
            shown = tuple(_row(one, row, form, f"{name}.{index}.") for index, row in enumerate(rows))
            return Control(**made, rows=shown, fixed_rows=form.rows_stay)
        case Kind.PART:
            parts = controls(one.parts, value or {}, form, f"{name}.")
            return Control(**made, parts=parts, opened=one.needed or bool(value) or bool(_below(name, form)))
        case Kind.VARIANTS:
            return Control(**made, **_variants(one, value or {}, form, name))
        case Kind.CHOICE | Kind.CHOICES | Kind.TEXT:
            return Control(**made | _choosing(one, value, form))
        case _:
            return Control(**made, value=_written(one.kind, value))


def _row(one: Field, row: Any, form: Form, prefix: str) -> tuple[Control, ...]:  # noqa: ANN401 - JSON
    """A row has its id from the first, so that others can name it."""
    tree = row if isinstance(row, dict) else {}
    if any(part.name == "id" for part in one.parts):
        tree = {"id": str(uuid4())} | tree
    return controls(one.parts, tree, form, prefix)


def _below(name: str, form: Form) -> list[str]:
    return [place for place in form.wrong if place.startswith(f"{name}.")]


def _variants(one: Field, value: Tree, form: Form, name: str) -> dict[str, Any]:
    kind = str(value.get(KIND, "")) or form.fixed.get(f"{name}.{KIND}", "")
    named = dict(form.choices.get(one.name, ()))
    options = tuple((key, named.get(key, key), key == kind) for key in one.variants)
    inner = [part for part in one.variants.get(kind, ()) if part.name != KIND]
    given = form.fixed.get(f"{name}.{KIND}")
    return {"options": options, "value": given or "", "parts": controls(inner, value, form, f"{name}.")}


def _choosing(one: Field, value: Any, form: Form) -> dict[str, Any]:  # noqa: ANN401 - JSON
    given = next((form.choices[key] for key in one.keys if key in form.choices), None)
    if given is None and one.codes is not None:
        given = [(str(code), _named(code, form.language)) for code in one.codes]
    several = one.kind is Kind.CHOICES
    chosen = [str(each) for each in value or ()] if several else [str(value)] if value not in (None, "") else []
    typed = "" if several or not chosen else chosen[0]
    if given is None:
        return {"value": " ".join(chosen)} if several else {"value": typed}
    if one.needed and not several and not chosen and len(given) == 1:
        chosen = [given[0][0]]
    known = {key for key, _ in given}
    listed = one.kind is Kind.TEXT and ("listed", "") in given
    offers = [(key, text) for key, text in given if key != "listed"]
    if not listed:
        # What stood there and is no choice any more stays to be seen.
        offers += [(key, key) for key in chosen if key not in known]
    options = tuple((key, text, key in chosen) for key, text in offers)
    kind = "choice" if one.kind is Kind.TEXT and not listed else one.kind.name.lower()
    return {"value": typed, "options": options, "listed": listed, "few": len(options) <= _FEW} | (
        {"kind": kind} if kind != one.kind.name.lower() else {}
    )


def _named(code: Any, language: Language) -> str:  # noqa: ANN401 - a code
    return said(code, language) if hasattr(code, "zh") else str(code)


def _yuan(value: Any) -> str:  # noqa: ANN401 - JSON
    return f"{value // 100}.{value % 100:02}" if isinstance(value, int) else str(value)


def _local(value: Any) -> str:  # noqa: ANN401 - JSON
    try:
        moment = datetime.fromisoformat(str(value)).astimezone(CHINA)
    except ValueError:
        return str(value)
    return moment.strftime("%Y-%m-%dT%H:%M" + (":%S" if moment.second else ""))


def _written(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value as it stands in its field."""
    match kind:
        case _ if value is None:
            return ""
        case Kind.MONEY:
            return _yuan(value)
        case Kind.MOMENT:
            return _local(value)
        case Kind.LINES:
            return "\n".join(value)
        case Kind.YES_OR_NO:
            return str(value).lower()
        case _:
            return value
