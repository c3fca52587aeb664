"""Cursors: a place in a list, as a word that clients hand back unread."""

import base64
import binascii
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from transfer.messages.values import Day, Moment
from transfer.records import TimeKey, WorkKey
from transfer.web.faults import InvalidQuery

Place = TypeVar("Place")

MAX_ROW: Final = 2**53
_Number = Annotated[int, Field(ge=0, le=9)]
Row = Annotated[int, Field(ge=0, le=MAX_ROW)]

_WORK: Final[TypeAdapter[tuple[_Number, Day | None, Moment, UUID]]] = TypeAdapter(
    tuple[_Number, Day | None, Moment, UUID]
)
_TIME: Final[TypeAdapter[tuple[Moment, UUID]]] = TypeAdapter(tuple[Moment, UUID])
_ROW: Final[TypeAdapter[tuple[Row]]] = TypeAdapter(tuple[Row])


def work_cursor(key: WorkKey) -> str:
    return _word(_WORK, (key.place, key.act_by, key.since, key.id))


def work_place(cursor: str | None) -> WorkKey | None:
    """Raises InvalidQuery, as the others."""
    if cursor is None:
        return None
    place, act_by, since, id_ = _read(_WORK, cursor)
    return WorkKey(place=place, act_by=act_by, since=since, id=id_)


def time_cursor(key: TimeKey) -> str:
    return _word(_TIME, (key.at, key.id))


def time_key(cursor: str | None) -> TimeKey | None:
    if cursor is None:
        return None
    at, id_ = _read(_TIME, cursor)
    return TimeKey(at=at, id=id_)


def row_cursor(row: int) -> str:
    return _word(_ROW, (row,))


def row_key(cursor: str | None) -> int | None:
    return None if cursor is None else _read(_ROW, cursor)[0]


def _word(form: TypeAdapter[Any], place: tuple[Any, ...]) -> str:
    return base64.urlsafe_b64encode(form.dump_json(place)).decode().rstrip("=")


def _read(form: TypeAdapter[Place], cursor: str) -> Place:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return form.validate_json(text, strict=True)
    except (binascii.Error, ValueError, ValidationError):
        said = "not a cursor of this list: take it from `next` as it is"
        raise InvalidQuery([{"parameter": "cursor", "message": said}]) from None
