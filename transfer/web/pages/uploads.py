"""Files that come in pieces and go on where they broke off: tus 1.0.0, core and creation."""

from base64 import b64decode
from typing import Final
from uuid import UUID

from transfer.messages.codes import MediaType
from transfer.ports.files import FileRefused, NoFiles, Uploads
from transfer.web.answers import Reply, reply
from transfer.web.faults import BadRequest, NotAFileType
from transfer.web.files import unless_stalled
from transfer.web.multipart import plain_name
from transfer.web.pages.rendering import language
from transfer.web.pages.wrong import problem_text
from transfer.web.problems import PROBLEMS
from transfer.web.route import Ask

TUS: Final = {"Tus-Resumable": "1.0.0"}
PIECE: Final = "application/offset+octet-stream"
_DIGITS: Final = 13


async def begin(ask: Ask) -> Reply:
    """A place for a file of that size, kind and name; raises NotAFileType, FileRefused."""
    said = _metadata(ask.headers.get("Upload-Metadata", ""))
    try:
        kind = MediaType(said.get("filetype", ""))
    except ValueError:
        raise NotAFileType(f"Send one of: {', '.join(MediaType)}.") from None
    size, name = _number(ask, "Upload-Length"), plain_name(said.get("filename", ""))
    try:
        upload = await _uploads(ask).begin(owner=_owner(ask), size=size, media_type=kind, name=name)
    except FileRefused as error:
        return _refused(ask, error)
    return Reply(status=201, headers={**TUS, "Location": f"/uploads/{upload}", "Upload-Offset": "0"})


async def progress(ask: Ask) -> Reply:
    """How much of it is here."""
    got, size = await _uploads(ask).progress(_id(ask), _owner(ask))
    return Reply(headers={**TUS, "Upload-Offset": str(got), "Upload-Length": str(size)})


async def append(ask: Ask) -> Reply:
    """The next piece; with the last one the answer is the attachment that names the file."""
    if ask.headers.get("Content-Type", "") != PIECE or ask.content is None:
        raise NotAFileType(f"A piece is sent as {PIECE}.")
    offset = _number(ask, "Upload-Offset")
    try:
        got, kept = await _uploads(ask).append(_id(ask), _owner(ask), offset, unless_stalled(ask.content))
    except FileRefused as error:
        return _refused(ask, error)
    headers = {**TUS, "Upload-Offset": str(got)}
    return Reply(status=204, headers=headers) if kept is None else reply(kept, headers=headers)


def _refused(ask: Ask, error: FileRefused) -> Reply:
    """Said in a line, for the field to which the file was put."""
    text = problem_text(type(error), language(ask))
    return Reply(status=PROBLEMS[type(error)].status, body=text.encode(), media_type="text/plain", headers=TUS)


def _uploads(ask: Ask) -> Uploads:
    if ask.parts.uploads is None:
        raise NoFiles
    return ask.parts.uploads


def _owner(ask: Ask) -> str:
    return str(ask.who.account or "")


def _id(ask: Ask) -> UUID:
    return ask.id("upload")


def _number(ask: Ask, header: str) -> int:
    text = ask.headers.get(header, "")
    if not text.isdecimal() or len(text) > _DIGITS:
        raise BadRequest(f"{header} is a number of bytes.")
    return int(text)


def _metadata(header: str) -> dict[str, str]:
    """Keys and values of Upload-Metadata; values are in base64."""
    try:
        pairs = (one.strip().partition(" ") for one in header.split(",") if one.strip())
        return {key: b64decode(value, validate=True).decode() for key, _, value in pairs}
    except ValueError:
        raise BadRequest("Upload-Metadata is not well-formed.") from None
