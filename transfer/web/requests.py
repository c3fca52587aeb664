"""Reads a request: its conditions, its query and its body, each refused with a reason when it has not the form."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from transfer.domain.rights import Person
from transfer.web import conditions
from transfer.web.answers import JSON
from transfer.web.commanding import Nothing
from transfer.web.cookies import FIELD
from transfer.web.faults import InvalidBody, InvalidQuery, MalformedJson, TooLarge, WrongContentType
from transfer.web.gate import Asking, check_form, check_script, filled, from_here
from transfer.web.multipart import MULTIPART, fields_with_files
from transfer.web.parts import Parts
from transfer.web.route import Ask, Change, Route

MAX_BYTES: Final = 1024 * 1024
MAX_ERRORS: Final = 50
FORM: Final = "application/x-www-form-urlencoded"
_PIECE: Final = 256 * 1024

_PLAIN_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,40}")
_QUOTING: Final[Mapping[str, str]] = {
    "uuid_parsing": "Input should be a valid UUID",
}
"""What is said where pydantic's own text would quote the content."""


async def read(request: web.Request, route: Route, parts: Parts, routes: Sequence[Route], asking: Asking) -> Ask:
    """The request, ready for its handler.

    Raises CrossSite, FormNotYours, WrongContentType, TooLarge, KeyMissing, KeyInvalid, VersionMissing, VersionInvalid,
    MalformedJson, InvalidBody, InvalidQuery; the first that applies.
    """
    if not route.takes_form:
        check_script(asking, request, parts)
    content = _by(asking.who, route, await _content(request, route))
    changes = route.change is not Change.NOTHING
    parameters = tuple(request.query.items())
    fields = await _form(request, asking, route, parts) if route.takes_form else ()
    return Ask(
        parts=parts,
        routes=routes,
        path=request.path,
        named=dict(request.match_info),
        key=conditions.key_in(request.headers.get(conditions.KEY_HEADER)) if changes else "",
        version=conditions.version_in(request.headers.get("If-Match")) if route.change is Change.CASE else None,
        if_none_match=request.headers.get("If-None-Match"),
        headers=request.headers,
        known=asking.known,
        came=asking.came,
        fields=fields,
        form=dict(fields),
        cookies=request.cookies,
        who=asking.who,
        client=asking.came.address,
        content=request.content.iter_chunked(_PIECE) if route.takes_file else None,
        parameters=parameters,
        query=_query(route, parameters),
        body=_body(route.takes, content) if route.takes is not None else None,
        digest=_digest(request, content) if changes else "",
    )


async def _form(request: web.Request, asking: Asking, route: Route, parts: Parts) -> tuple[tuple[str, str], ...]:
    """The fields of a form in their order; raises CrossSite, FormNotYours, WrongContentType, TooLarge."""
    from_here(request, parts)

    def check(field: str) -> None:
        check_form(asking, request, parts, field)

    if request.content_type == MULTIPART:
        return await fields_with_files(request, parts, check, most=route.takes_files)
    if request.content_type != FORM:
        raise WrongContentType(f"The body must be sent as Content-Type: {FORM}.")
    try:
        given = tuple((name, str(value)) for name, value in (await request.post()).items())
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(f"At most {MAX_BYTES} bytes are taken.") from None
    check(dict(given).get(FIELD, ""))
    return tuple((name, value) for name, value in given if name != FIELD)


async def _content(request: web.Request, route: Route) -> bytes:
    """The bytes of the body, at most MAX_BYTES of them."""
    if route.takes is None:
        return b""
    if not request.can_read_body and route.takes is Nothing:
        return b""
    if request.content_type != JSON or (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise WrongContentType
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WrongContentType("The body must not be compressed.")
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise TooLarge(f"At most {MAX_BYTES} bytes are taken.") from None


def _by(who: Person, route: Route, content: bytes) -> bytes:
    """The body with who acts, where it is a command that leaves that out."""
    if who.unbound or not route.names_actor:
        return content
    try:
        return to_json(filled(who, from_json(content)))
    except ValueError:
        return content  # it is refused as what it is


def _digest(request: web.Request, content: bytes) -> str:
    """What makes two requests the same: method, path and the exact body."""
    whole = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    whole.update(content)
    return f"sha256:{whole.hexdigest()}"


def _body(form: type[BaseModel], content: bytes) -> BaseModel:
    if not content and form is Nothing:
        return Nothing()
    try:
        return form.model_validate_json(content, extra="forbid")
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        if faults[0]["type"] == "json_invalid":
            raise MalformedJson(str(faults[0]["msg"])) from None
        raise InvalidBody([{"pointer": _pointer(f), "message": _message(f)} for f in faults[:MAX_ERRORS]]) from None


def _query(route: Route, parameters: Sequence[tuple[str, str]]) -> BaseModel | None:
    """The parameters; a list takes several of one name, everything else one."""
    form = route.query
    if form is None:
        if parameters:
            raise InvalidQuery([{"parameter": _plain(parameters[0][0]), "message": "This parameter is unknown"}])
        return None
    lists = {name for name, one in form.model_fields.items() if one.default == ()}
    given: dict[str, Any] = {}
    for name, value in parameters:
        if name in lists:
            given.setdefault(name, []).append(value)
        elif name in given:
            raise InvalidQuery([{"parameter": _plain(name), "message": "This parameter may be given once"}])
        else:
            given[name] = value
    try:
        return form.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise InvalidQuery(
            [{"parameter": _plain(str(f["loc"][0])), "message": _message(f, "parameter")} for f in faults[:MAX_ERRORS]]
        ) from None


def _pointer(fault: Mapping[str, Any]) -> str:
    """Where it is, as a JSON Pointer (RFC 6901). A name that the client made up is repeated only when it looks like
    one, since a person's data may stand in its place."""
    parts = [str(part) for part in fault["loc"]]
    if fault["type"] == "extra_forbidden" and _PLAIN_NAME.fullmatch(parts[-1]) is None:
        parts = parts[:-1]
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def _plain(name: str) -> str:
    return name if _PLAIN_NAME.fullmatch(name) else "?"


def _message(fault: Mapping[str, Any], what: str = "field") -> str:
    if fault["type"] == "extra_forbidden":
        return f"This {what} is unknown"
    return _QUOTING.get(fault["type"], str(fault["msg"]).removeprefix("Value error, "))
