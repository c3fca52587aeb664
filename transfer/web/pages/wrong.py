"""What is wrong with a form, said to a person: at which field, and in which words."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from transfer.domain.errors import slug
from transfer.web.multipart import REFUSED
from transfer.web.pages.fields import KIND
from transfer.web.pages.filled import Tree
from transfer.web.pages.labels import Said
from transfer.web.pages.languages import Language, said
from transfer.web.problems import PROBLEMS, title

_FILE: Final = Path(__file__).parent.parent / "languages" / "both" / "faults.csv"


@cache
def _texts() -> Mapping[str, Said]:
    """By kind of fault, or by the beginning of what the model says."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["fault"]: Said(row["zh"], row["en"]) for row in csv.DictReader(file)})


def faults(error: ValidationError, tree: Tree, language: Language) -> dict[str, str]:
    """What is wrong, by the names of fields; what is wrong with all of it stands under no name."""
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        name, value = _place(fault["loc"], tree)
        found.setdefault(name, _refused(value, language) or _said(fault, language))
    return found


def problem_text(kind: type[Exception], language: Language) -> str:
    """A kind of problem in words; raises KeyError for one that the table of problems does not have."""
    return PROBLEMS[kind].zh if language is Language.ZH else title(kind)


def _place(where: tuple[int | str, ...], tree: Any) -> tuple[str, Any]:  # noqa: ANN401 - JSON
    """The name of the field, and what stands there; pydantic names the variant of a union too."""
    parts: list[str] = []
    for part in where:
        if isinstance(tree, dict) and part not in tree and part == tree.get(KIND):
            continue
        parts.append(str(part))
        match tree:
            case dict():
                tree = tree.get(part)
            case list() if isinstance(part, int):
                tree = tree[part] if part < len(tree) else None
            case _:
                tree = None
    return ".".join(parts), tree


def _refused(value: Any, language: Language) -> str:  # noqa: ANN401 - JSON
    """Why a file was not taken."""
    if not isinstance(value, str) or not value.startswith(REFUSED):
        return ""
    kind = next((one for one in PROBLEMS if slug(one) == value.removeprefix(REFUSED)), None)
    return problem_text(kind, language) if kind is not None else said(_texts()["model_type"], language)


def _said(fault: Mapping[str, Any], language: Language) -> str:
    if (text := _texts().get(fault["type"])) is not None:
        return said(text, language).format(**fault.get("ctx", {}))
    return sentence(str(fault["msg"]).removeprefix("Value error, "), language)


def sentence(text: str, language: Language) -> str:
    """What a model says, in this language; what varies in it stands behind what is known."""
    known = max((one for one in _texts() if one and text.startswith(one)), key=len, default="")
    if not known:
        return text
    rest = text.removeprefix(known)
    whole = said(_texts()[known], language)
    return whole + sentence(rest, language) if known.endswith(" ") and rest else whole
