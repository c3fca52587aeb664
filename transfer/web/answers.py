"""Values as the bytes of an answer: JSON with readable Chinese, times in UTC."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

JSON: Final = "application/json"
EVENT_STREAM: Final = "text/event-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer to a request; one with a stream has ``length`` bytes of it instead of a body, or as many as come where
    that is not known. ``count`` is how many things a list shows."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: tuple[str, ...] = ()
    stream: AsyncIterator[bytes] | None = None
    length: int | None = 0
    count: int = 1


def to_json(value: BaseModel) -> bytes:
    """The value in UTF-8; a field without a value is null, never absent."""
    return json.dumps(value.model_dump(), ensure_ascii=False, default=_plain, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:  # noqa: ANN401 - of the types that the models hold
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case set() | frozenset():
            return sorted(value)
        case _:
            raise TypeError(type(value).__name__)


def reply(value: BaseModel, *, status: int = 200, headers: Mapping[str, str] | None = None, count: int = 1) -> Reply:
    """The value as an answer."""
    return Reply(status=status, body=to_json(value), headers=headers or {}, count=count)
