"""The OpenAPI 3.1 document, made from the table of routes and the models."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from transfer.actions.desk import KeyReused
from transfer.domain import errors
from transfer.domain.errors import slug
from transfer.domain.rights import Anyone, Right
from transfer.messages import codes, codes_handling
from transfer.ports.work import StorageRefused, StorageUnavailable
from transfer.web import conditions, faults
from transfer.web.answers import JSON
from transfer.web.commanding import Nothing
from transfer.web.cookies import SESSION
from transfer.web.examples import EXAMPLES
from transfer.web.problems import MEDIA_TYPE, PROBLEMS, Problem
from transfer.web.readings import HEADER
from transfer.web.route import Change, Route, Shows, Tag

Json = dict[str, Any]

FILE: Final = "schemas/openapi.json"
VERSION: Final = "1.0.0"
SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "token of an account"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION,
        "description": "behind https __Host-session",
    },
}

TAGS: Final[Mapping[Tag, tuple[str, str]]] = {
    Tag.CASES: ("案件", "Cases: taken in, read, brought to their next stage"),
    Tag.TRANSFERS: ("转交", "Transfers: a case is handed to an institution of another region"),
    Tag.EVIDENCE: ("协作函", "Evidence requests: one region asks another for evidence, item by item"),
    Tag.MESSAGES: ("消息", "Messages between regions and what became of them"),
    Tag.FILES: ("文件", "Files that papers name: put here, read, fetched from other regions"),
    Tag.AUDIT: ("审计", "The ledger, for auditors: histories, proofs and bundles to be checked elsewhere"),
    Tag.QUARANTINE: ("隔离区", "Messages that could not be applied"),
    Tag.NODE: ("节点", "This node, and what monitoring asks"),
}
ABOUT: Final = (
    "The API of one region's node on the exchange that hands legal aid cases from region to region. "
    "Whoever asks shows a token as Authorization: Bearer, or is signed in by a session cookie and then sends every "
    "POST from a page of this site, or with the token of one as X-CSRF-Token. x-rights says what opens an operation. "
    "Whoever is signed in may leave out by and institution. "
    "Every POST but that of a file carries Idempotency-Key, and one that changes an existing case carries If-Match. "
    "Errors are problem documents (RFC 9457); their kinds are listed on the page /docs."
)

_ALWAYS: Final = (
    faults.BadRequest,
    faults.NotThisHost,
    faults.InvalidQuery,
    StorageUnavailable,
    faults.Unexpected,
)
_WITH_BODY: Final = (faults.MalformedJson, faults.InvalidBody, faults.TooLarge, faults.WrongContentType)
_WITH_KEY: Final = (faults.KeyMissing, faults.KeyInvalid, KeyReused, StorageRefused)
_WITH_VERSION: Final = (
    faults.VersionMissing,
    faults.VersionInvalid,
    errors.StaleVersion,
    errors.CaseErased,
    faults.BeyondExchange,
)
_TEXT: Final = {"schema": {"type": "string"}}
_UUID: Final = {"type": "string", "format": "uuid"}
_IN_PATH: Final = {
    "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    "entry": {"type": "string", "pattern": "^([0-9]{1,18}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})$"},
}
_PART_HEADERS: Final = {
    "Range": "the bytes that are wanted, one range: bytes=0-99, bytes=100- or bytes=-100",
    "If-Range": "the ETag of which a part is at hand; of another file all is sent",
    "If-Match": "the ETag that is wanted, and no other",
}
_BY_RULE: Final = (errors.NotOfThisRegion, errors.UnknownInstitution, errors.Recused)


class _Untitled(GenerateJsonSchema):
    """Without the titles that only repeat the names of the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's signature
        return False


def render(routes: Sequence[Route]) -> str:
    """The text of the committed file."""
    return json.dumps(document(routes), ensure_ascii=False, indent=2) + "\n"


def document(routes: Sequence[Route]) -> Json:
    """The document for these routes."""
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(Problem, "serialization")]
    for route in routes:
        wanted += [(route.takes, "validation")] if route.takes else []
        wanted += [(route.gives, "serialization")] if route.gives else []
        wanted += [(route.query, "validation")] if route.query else []
    places, generated = models_json_schema(
        list(dict.fromkeys(wanted)), ref_template="#/components/schemas/{model}", schema_generator=_Untitled
    )
    schemas: Json = generated["$defs"]
    parameters = {route.key: _parameters(route, schemas, places) for route in routes}
    for query in {route.query for route in routes if route.query}:
        schemas.pop(_name(places[query, "validation"]), None)
    _close(schemas, [_name(places[route.takes, "validation"]) for route in routes if route.takes])
    _word_codes(schemas)
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, places, parameters[route.key])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Cross-region legal aid case transfer",
            "summary": "跨地区法律援助案件转交",
            "description": ABOUT,
            "version": VERSION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "this node"}],
        "tags": [{"name": tag.value, "description": f"{zh} · {en}"} for tag, (zh, en) in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": _problem_responses(paths),
            "securitySchemes": SCHEMES,
        },
        "security": [{name: []} for name in SCHEMES],
    }


def _name(place: Json) -> str:
    """The name of the schema that is referred to."""
    return str(place["$ref"]).rpartition("/")[2]


def problems_of(route: Route) -> tuple[type[Exception], ...]:
    """The kinds of problem that a route may answer with, each once."""
    kinds = [*_ALWAYS, *route.problems]
    kinds += [faults.NotFound] if route.names else []
    kinds += [faults.NotSignedIn]
    kinds += [faults.NotAllowed] if isinstance(route.right, Right) else []
    kinds += [faults.NotYourCase] if {"case", "digest"} & set(route.names) and route.right is not Right.AUDIT else []
    kinds += [faults.CrossSite, faults.FormNotYours] if route.method == "POST" else []
    kinds += [faults.NotYou, faults.NotYourInstitution] if route.names_actor else []
    kinds += _WITH_BODY if route.takes else ()
    kinds += _WITH_KEY if route.change is not Change.NOTHING else ()
    kinds += (*_WITH_VERSION, *_BY_RULE) if route.change is Change.CASE else ()
    return tuple(dict.fromkeys(kinds))


def _operation(route: Route, places: Any, parameters: list[Json]) -> Json:  # noqa: ANN401 - pydantic's mapping
    operation: Json = {
        "operationId": route.key,
        "summary": f"{route.zh} · {route.en}",
        "tags": [route.tag.value],
        "responses": _responses(route, places),
    }
    if route.right is Anyone.EVERYBODY:
        operation["security"] = []
    operation["x-rights"] = [route.right.value]
    if parameters:
        operation["parameters"] = parameters
    if route.takes is not None:
        content: Json = {"schema": places[route.takes, "validation"]}
        if (example := EXAMPLES.get(route.takes)) is not None:
            content["example"] = example
        operation["requestBody"] = {"required": route.takes is not Nothing, "content": {JSON: content}}
    if route.takes_file:
        kinds: Json = {kind.value: {"schema": {}} for kind in codes.MediaType}
        operation["requestBody"] = {"required": True, "description": "the content of the file", "content": kinds}
    return operation


def _parameters(route: Route, schemas: Json, places: Any) -> list[Json]:  # noqa: ANN401 - pydantic's mapping
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": _IN_PATH.get(name, _UUID)} for name in route.names
    ]
    if route.query is not None:
        model = schemas[_name(places[route.query, "validation"])]
        needed = model.get("required", ())
        found += [_query_parameter(n, dict(schema), needed=n in needed) for n, schema in model["properties"].items()]
    if route.change is not Change.NOTHING:
        pattern = rf'^("{conditions.KEY_PATTERN}"|{conditions.KEY_PATTERN})$'
        said = "a fresh UUID per request; a repeated request with the same one gets the same answer"
        found.append(_header(conditions.KEY_HEADER, said, pattern))
    if route.change is Change.CASE:
        said = "the ETag of the case as it was read, or * to change it whatever others did"
        found.append(_header("If-Match", said, r'^("[1-9][0-9]{0,8}"|\*)$'))
    if route.may_be_known:
        said = "the ETag that is at hand: 304 when it is still the one"
        found.append({**_header("If-None-Match", said, "^.*$"), "required": False})
    if route.shows not in (None, Shows.NOTHING, Shows.AUDITED):
        said = "who reads, percent-encoded UTF-8; the ledger keeps it"
        found.append({**_header(HEADER, said, "^.*$"), "required": False})
    if route.part:
        for name, said in _PART_HEADERS.items():
            found.append({**_header(name, said, "^.*$"), "required": False})
    return found


def _header(name: str, description: str, pattern: str) -> Json:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": description, "schema": schema}


def _query_parameter(name: str, schema: Json, *, needed: bool) -> Json:
    """A field of a query's model; what may be null there may be left out here."""
    description = schema.pop("description", None)
    choices = [one for one in schema.pop("anyOf", ()) if one.get("type") != "null"]
    if schema.get("default", 0) in (None, []):
        del schema["default"]
    schema |= choices[0] if len(choices) == 1 else {"anyOf": choices} if choices else {}
    inner = schema.pop("description", None)
    return {
        "name": name,
        "in": "query",
        "required": needed,
        "description": description or inner or name,
        "schema": schema,
    }


def _responses(route: Route, places: Any) -> Json:  # noqa: ANN401 - pydantic's mapping
    good: Json = {"description": route.en}
    if route.gives is not None:
        good["content"] = {JSON: {"schema": places[route.gives, "serialization"]}}
    elif route.status == 200:  # noqa: PLR2004 - OK
        schema = {} if route.media_type == JSON else {"type": "string"}
        good["content"] = {route.media_type: {"schema": schema}}
    if headers := _answer_headers(route):
        good["headers"] = headers
    responses: Json = {str(route.status): good}
    if route.takes_file:
        responses["200"] = {**good, "description": "the file is kept here already"}
    if route.part:
        responses["206"] = {**good, "description": "the part that Range asks for"}
    if route.may_be_known:
        responses["304"] = {"description": "still the version in If-None-Match", "headers": {"ETag": _TEXT}}
    by_status: dict[int, list[str]] = {}
    for kind in problems_of(route):
        by_status.setdefault(PROBLEMS[kind].status, []).append(slug(kind))
    for status, slugs in sorted(by_status.items()):
        responses[str(status)] = {"$ref": f"#/components/responses/{'.'.join([str(status), *slugs])}"}
    return responses


def _problem_responses(paths: Json) -> Json:
    """The responses that the paths refer to, each named by its status and its kinds of problems."""
    answers = [answer for path in paths.values() for one in path.values() for answer in one["responses"].values()]
    names = {answer["$ref"].rpartition("/")[2] for answer in answers if "$ref" in answer}
    content = {MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}}
    return {name: {"description": ", ".join(name.split(".")[1:]), "content": content} for name in sorted(names)}


def _close(schemas: Json, names: Iterable[str]) -> None:
    """Requests may not hold unknown fields, at no depth."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if "properties" in schemas[name]:
            schemas[name]["additionalProperties"] = False
        waiting += re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(schemas[name]))


def _answer_headers(route: Route) -> Json:
    headers: Json = {}
    if route.change is Change.CASE or route.status == 201 or route.may_be_known:  # noqa: PLR2004 - Created
        headers["ETag"] = _TEXT
    if route.part:
        headers |= {"Content-Range": _TEXT, "Content-Disposition": _TEXT}
    if route.status in (201, 302):
        headers["Location"] = _TEXT
    if route.change is not Change.NOTHING:
        headers[conditions.REPLAYED_HEADER] = {"description": "true on a repeated request", **_TEXT}
    return headers


def _word_codes(schemas: Json) -> None:
    """The wording of each code, in both languages and with its source."""
    for name, one in (vars(codes) | vars(codes_handling)).items():
        if name in schemas and isinstance(one, type) and issubclass(one, codes.Code):
            sourced = [f"{code.value}: {code.zh} · {code.en}{f' ({code.basis})' if code.basis else ''}" for code in one]
            schemas[name]["description"] = "\n\n".join([str(one.__doc__), *sourced])
