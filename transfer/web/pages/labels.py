"""What the fields of forms are called, in both languages."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

from transfer.web.pages.fields import Field
from transfer.web.pages.languages import Language, said

_FILE: Final = Path(__file__).parent.parent / "languages" / "both" / "labels.csv"


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Label(Said):
    """What a field is called, with a hint where one helps."""

    hint: Said | None = None


@cache
def labels() -> Mapping[str, Label]:
    """By the name of a field, or of its model and field where one name has several meanings."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return MappingProxyType(
        {
            row["field"]: Label(row["zh"], row["en"], Said(row["hint_zh"], row["hint_en"]) if row["hint_en"] else None)
            for row in rows
        }
    )


def label_of(field: Field) -> Label:
    """Raises KeyError for a field without one."""
    for key in field.keys:
        if key in labels():
            return labels()[key]
    raise KeyError(field.name)


def name_said(place: str, language: Language) -> str:
    """What the last field of a place such as ``applicants.0.name`` is called; the place where that has no label."""
    name = next((part for part in reversed(place.split(".")) if part in labels()), None)
    return said(labels()[name], language) if name else place
