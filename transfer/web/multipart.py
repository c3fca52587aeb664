"""Forms with files: each file is kept as it comes, and stands among the fields as the attachment that names it."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Final

from aiohttp import BodyPartReader, web

from transfer.domain.errors import slug
from transfer.messages.codes import MediaType
from transfer.ports.files import FileFate, FileRefused, KindUnknown, told
from transfer.ports.sheets import MAX_SHEET
from transfer.web.answers import to_json
from transfer.web.cookies import FIELD
from transfer.web.faults import BadRequest, TooLarge, WrongContentType
from transfer.web.parts import Parts

MULTIPART: Final = "multipart/form-data"
MAX_TEXT: Final = 1024 * 1024
"""Bytes of all fields of a form that are no files."""
SHEET: Final = "sheet"
"""A field of this name takes a list of persons, which is read and not kept: it stands in base64."""
REFUSED: Final = "!"
"""Stands before the kind of problem, where a file was not taken: the form is shown again with what was typed."""
_PIECE: Final = 256 * 1024


async def fields_with_files(
    request: web.Request, parts: Parts, check: Callable[[str], None], *, most: int
) -> tuple[tuple[str, str], ...]:
    """All fields in their order but the token of the page, which ``check`` is given before any file is taken; a file
    field that was left empty is none. Beyond ``most`` bytes no further part is taken, and none at all where that is
    known from the first. Raises TooLarge, BadRequest, and as ``check``."""
    found: list[tuple[str, str]] = []
    left, checked = {False: MAX_TEXT, True: MAX_SHEET}, False
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise BadRequest
            _check_bound(request, most or MAX_TEXT, takes=part.filename is None or most > 0)
            if part.filename is not None and not checked:
                check(dict(found).get(FIELD, ""))
                checked = True
            if part.filename is None or part.name.rpartition(".")[2] == SHEET:
                content = await _all(part, left[part.filename is not None])
                left[part.filename is not None] -= len(content)
                text = content.decode() if part.filename is None else base64.b64encode(content).decode()
                if part.filename != "":
                    found.append((part.name, text))
            elif part.filename:
                found.append((part.name, await _kept(part, part.filename, parts)))
    except ValueError:
        raise BadRequest("The form is not well-formed.") from None
    if not checked:
        check(dict(found).get(FIELD, ""))
    return tuple((name, value) for name, value in found if name != FIELD)


def _check_bound(request: web.Request, most: int, *, takes: bool) -> None:
    if max(request.content_length or 0, request.content.total_bytes) > most:
        raise TooLarge(f"At most {most} bytes are taken.")
    if not takes:
        raise WrongContentType("This form takes no files.")


async def _all(part: BodyPartReader, most: int) -> bytes:
    content = bytearray()
    async for piece in _pieces(part):
        content += piece
        if len(content) > most:
            raise TooLarge(f"At most {most} bytes are taken.")
    return bytes(content)


async def _kept(part: BodyPartReader, name: str, parts: Parts) -> str:
    """The attachment as JSON, or why there is none."""
    try:
        kept, _ = await parts.shelf.take(_pieces(part), media_type=_kind(part), name=plain_name(name))
    except FileRefused as error:
        await part.release()
        refused = told(FileFate.REFUSED, None, None, code=error.code, at=parts.clock())
        await parts.ledger.note(refused)
        return REFUSED + slug(type(error))
    return to_json(kept).decode()


def _kind(part: BodyPartReader) -> MediaType:
    try:
        return MediaType(part.headers.get("Content-Type", "").partition(";")[0].strip().lower())
    except ValueError:
        raise KindUnknown from None


def plain_name(name: str) -> str:
    """The name of a file as messages may have it."""
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isprintable() and sign not in ':*?"<>|' else "_" for sign in last).strip()
    return plain[-200:] if plain.strip(".") else "file"


async def _pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    while piece := await part.read_chunk(_PIECE):
        yield piece
