"""The fields of a form, made from the model of a command: what the API takes is what a page asks for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum, StrEnum, auto
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

from transfer.messages.attachments import Attachment

LONG: Final = 400
"""Texts that may be longer are asked for in an area of several lines."""
KIND: Final = "kind"
"""Tells the variants of a union apart."""


class Kind(Enum):
    """How a field is asked for."""

    TEXT = auto()
    LONG_TEXT = auto()
    LINES = auto()
    """Several texts, one to a line."""
    PHONE = auto()
    DAY = auto()
    MOMENT = auto()
    """A time of day in China."""
    NUMBER = auto()
    MONEY = auto()
    """Yuan; the model has fen."""
    TICK = auto()
    YES_OR_NO = auto()
    CHOICE = auto()
    CHOICES = auto()
    FILE = auto()
    FILES = auto()
    SHEET = auto()
    FIXED = auto()
    """What the form itself knows: an id, the name of a variant."""
    PART = auto()
    ROWS = auto()
    VARIANTS = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field; ``keys`` are the names by which its label and its choices are found, the most particular first."""

    name: str
    kind: Kind
    keys: tuple[str, ...]
    needed: bool
    default: Any = None
    most: int | None = None
    codes: type[StrEnum] | None = None
    parts: tuple["Field", ...] = ()
    variants: Mapping[str, tuple["Field", ...]] = field(default_factory=dict)


@cache
def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """The fields of a model in its order, those of nested models within them."""
    return tuple(_field(model, name, info) for name, info in model.model_fields.items())


def all_fields(fields: Iterable[Field]) -> Iterator[Field]:
    """These and all within them."""
    for one in fields:
        yield one
        for inner in (one.parts, *one.variants.values()):
            yield from all_fields(inner)


def _field(model: type[BaseModel], name: str, info: FieldInfo) -> Field:
    kinds, about = _unwrapped(info.annotation, info.metadata)
    keys = (*(f"{owner.__name__}.{name}" for owner in model.__mro__ if issubclass(owner, BaseModel)), name)
    empty = info.is_required() or info.default is None or info.default == ()
    default = None if empty else info.default
    whole: dict[str, Any] = {"name": name, "keys": keys, "needed": info.is_required(), "default": default}
    most = min((one for one in _limits(about)), default=None)
    if len(kinds) > 1:
        variants = {str(one.model_fields[KIND].default): fields_of(one) for one in kinds}
        return Field(**whole, kind=Kind.VARIANTS, variants=variants)
    (kind,) = kinds
    if get_origin(kind) is tuple:
        (of,), about = _unwrapped(get_args(kind)[0], ())
        return Field(**whole, **_several(of), most=most)
    return Field(**whole, **_single(name, kind, most, required=info.is_required()), most=most)


def _unwrapped(annotation: Any, about: Iterable[Any]) -> tuple[tuple[Any, ...], list[Any]]:  # noqa: ANN401 - a type
    """The types below Annotated and None, and what is said of them."""
    said = list(about)
    while True:
        origin, given = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            annotation, said = given[0], [*said, *given[1:]]
        elif origin in (Union, UnionType):
            some = tuple(one for one in given if one is not NoneType)
            if len(some) > 1:
                return some, said
            annotation = some[0]
        else:
            return (annotation,), said


def _limits(about: Iterable[Any]) -> Iterator[int]:
    for one in about:
        if isinstance(one, FieldInfo):
            yield from _limits(one.metadata)
        elif getattr(one, "max_length", None) is not None:
            yield one.max_length


def _several(of: Any) -> dict[str, Any]:  # noqa: ANN401 - a type
    if of is Attachment:
        return {"kind": Kind.FILES}
    if issubclass(of, BaseModel):
        return {"kind": Kind.ROWS, "parts": fields_of(of)}
    if issubclass(of, StrEnum):
        return {"kind": Kind.CHOICES, "codes": of}
    return {"kind": Kind.CHOICES if of is UUID else Kind.LINES}


def _single(name: str, kind: Any, most: int | None, *, required: bool) -> dict[str, Any]:  # noqa: ANN401 - a type
    if get_origin(kind) is Literal:
        return {"kind": Kind.FIXED}
    if kind in _PLAIN:
        return {"kind": _PLAIN[kind]}
    if issubclass(kind, BaseModel):
        return {"kind": Kind.PART, "parts": fields_of(kind)}
    if issubclass(kind, StrEnum):
        return {"kind": Kind.CHOICE, "codes": kind}
    if kind is bool:
        return {"kind": Kind.YES_OR_NO if required else Kind.TICK}
    named = {
        str: Kind.PHONE if name == "phone" else Kind.LONG_TEXT if most is not None and most > LONG else Kind.TEXT,
        int: Kind.MONEY if name == "claimed" or name.endswith("_fen") else Kind.NUMBER,
        UUID: Kind.FIXED if name == "id" else Kind.CHOICE,
    }
    return {"kind": named[kind]}


_PLAIN: Final = {Attachment: Kind.FILE, bytes: Kind.SHEET, date: Kind.DAY, AwareDatetime: Kind.MOMENT}
