"""Files that messages name: a file does not travel in a message, its recipient fetches it from its source."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Final, get_args

from pydantic import AfterValidator, BaseModel, Field

from transfer.messages.codes import MediaType
from transfer.messages.values import Digest, Frozen, Line

MAX_FILE_BYTES: Final = 4 * 2**30


def _plain_name(name: str) -> str:
    if name in {".", ".."} or any(sign in name for sign in '/\\:*?"<>|'):
        raise ValueError("must be a plain file name, without a folder")
    return name


FileName = Annotated[
    Line, AfterValidator(_plain_name), Field(description="file name as its owner gave it, without a folder")
]


class Attachment(Frozen):
    """A file, named by its content."""

    digest: Digest
    size: Annotated[int, Field(ge=1, le=MAX_FILE_BYTES, description="bytes")]
    media_type: MediaType
    name: FileName


def attachments_of(data: object) -> Iterator[Attachment]:
    """All files that a message names, wherever in it, in its order; the same file may come more than once."""
    match data:
        case Attachment():
            yield data
        case BaseModel():
            for name in _naming(type(data)):
                yield from attachments_of(getattr(data, name))
        case tuple():
            for one in data:
                yield from attachments_of(one)
        case _:
            return


@cache
def _naming(model: type[BaseModel]) -> tuple[str, ...]:
    """Those of its fields that may hold a file; most models of a large case have none."""
    return tuple(name for name, field in model.model_fields.items() if _may_hold(field.annotation))


def _may_hold(kind: object) -> bool:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind is Attachment or bool(_naming(kind))
    return any(_may_hold(one) for one in get_args(kind))
