"""The page that describes the API for readers: plain HTML, nothing loaded from elsewhere, no scripts."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any, Final

from transfer.domain.errors import slug
from transfer.web.pages.assets import place
from transfer.web.problems import PROBLEMS, title

Json = dict[str, Any]

STYLE: Final = "reference.css"

_NOTE: Final = """
<p class="note"><strong>登录 · Sign-in.</strong>
请求须出示令牌（<code>Authorization: Bearer</code>），或者随登录会话发出；各操作所需权限见 <code>x-rights</code>。
A request shows a token (<code>Authorization: Bearer</code>) or comes with a session; <code>x-rights</code> says what
opens each operation. Whoever is signed in may leave out <code>by</code> and <code>institution</code>.</p>
"""
_CONVENTIONS: Final = """
<h2 id="conventions">约定 · Conventions</h2>
<table>
<tr><th><code>Idempotency-Key</code></th>
<td>每个 POST 必须携带，建议使用新的 UUID。
同一键重复同一请求，得到原来的答复，并带 <code>Idempotency-Replayed: true</code>。<br>
On every POST, best a fresh UUID. The same request with the same key gets the same answer and is carried out once;
a key that comes with another request is refused.</td></tr>
<tr><th><code>ETag</code>, <code>If-Match</code></th>
<td>修改已有案件时必须携带读取时的 ETag，以免覆盖他人的修改。<br>
A change to an existing case carries the ETag that was read, so that nobody's change is lost; <code>*</code> waives
this. A stale one gets 412 with <code>current_version</code>.</td></tr>
<tr><th><code>limit</code>, <code>cursor</code></th>
<td>列表分页：按 <code>next</code> 取下一页。<br>
Follow <code>next</code> until it is null; a cursor is a place in the list, so lines that are added meanwhile shift
nothing.</td></tr>
<tr><th>时间 · Times</th><td>UTC, ISO 8601. 日期为中国法定日历日。<br>Days are calendar days in China.</td></tr>
<tr><th>错误 · Errors</th>
<td><code>application/problem+json</code> (RFC 9457), <a href="#problems">见下表 · see below</a>.</td></tr>
</table>
"""


def render(document: Json) -> str:
    """The page for an OpenAPI document."""
    return "".join(_page(document))


def _page(document: Json) -> Iterator[str]:
    info = document["info"]
    yield '<!DOCTYPE html><html lang="zh-CN"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(info['summary'])} · API</title>"
    yield f'<link rel="stylesheet" href="{place(STYLE)}"></head><body>'
    yield f"<h1>{escape(info['summary'])} <small>{escape(info['title'])}, API {escape(info['version'])}</small></h1>"
    yield _NOTE
    yield f'<p>{escape(info["description"])} <a href="/openapi.json">OpenAPI 3.1</a></p>'
    yield from _contents(document)
    yield _CONVENTIONS
    for tag in document["tags"]:
        yield f'<h2 id="{escape(tag["name"])}">{escape(tag["description"])}</h2>'
        for path, method, operation in _operations(document):
            if tag["name"] in operation["tags"]:
                yield from _operation(path, method, operation, document)
    yield from _problems()
    yield '<h2 id="schemas">数据结构 · Schemas</h2>'
    for name, schema in document["components"]["schemas"].items():
        yield from _schema(name, schema)
    yield "</body></html>"


def _contents(document: Json) -> Iterator[str]:
    yield "<nav><ul>"
    for tag in document["tags"]:
        yield f'<li><a href="#{escape(tag["name"])}">{escape(tag["description"])}</a></li>'
    yield '<li><a href="#problems">错误 · Problems</a></li>'
    yield '<li><a href="#schemas">数据结构 · Schemas</a></li></ul></nav>'


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method.upper(), operation


def _operation(path: str, method: str, operation: Json, document: Json) -> Iterator[str]:
    anchor = escape(operation["operationId"])
    yield f'<h3 id="{anchor}"><span class="method">{method}</span> <code>{escape(path)}</code></h3>'
    yield f"<p>{escape(operation['summary'])}</p>"
    if parameters := operation.get("parameters"):
        yield "<details><summary>参数 · Parameters</summary>"
        yield from _table(
            ("名称 · Name", "位置 · In", "类型 · Type", "说明 · Description"),
            (
                (_code(p["name"] + (" *" if p["required"] else "")), p["in"], _type(p["schema"]), escape(_about(p)))
                for p in parameters
            ),
        )
        yield "</details>"
    if body := operation.get("requestBody"):
        kinds = body["content"]
        content = kinds.get("application/json", {})
        said = _type(content["schema"]) if content else escape(", ".join(kinds))
        yield f"<details><summary>请求体 · Body: {said}</summary>"
        if "example" in content:
            yield f"<pre>{escape(json.dumps(content['example'], ensure_ascii=False, indent=2))}</pre>"
        yield "</details>"
    yield "<details><summary>答复 · Answers</summary>"
    yield from _table(("状态 · Status", "内容 · Content"), _answers(operation["responses"], document))
    yield "</details>"


def _answers(responses: Json, document: Json) -> Iterator[tuple[str, str]]:
    for status, response in responses.items():
        if "$ref" in response:
            known = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
            links = (f'<a href="#{escape(one)}">{escape(one)}</a>' for one in known["description"].split(", "))
            yield status, ", ".join(links)
        else:
            types = [_type(one["schema"]) for one in response.get("content", {}).values() if one["schema"]]
            yield status, " ".join([escape(response["description"]), *types])


def _problems() -> Iterator[str]:
    yield '<h2 id="problems">错误 · Problems</h2>'
    yield "<p>Each stands in the member <code>type</code> of a problem document, after <code>/docs#</code>.</p>"
    rows = sorted(PROBLEMS.items(), key=lambda item: (item[1].status, slug(item[0])))
    yield "<table><tr><th>type</th><th>状态 · Status</th><th>说明 · Meaning</th></tr>"
    for error, kind in rows:
        name = slug(error)
        yield f'<tr id="{name}"><td>{_code(name)}</td><td>{kind.status}</td>'
        yield f"<td>{escape(kind.zh)}<br>{escape(title(error))}</td></tr>"
    yield "</table>"


def _schema(name: str, schema: Json) -> Iterator[str]:
    yield f'<details id="schema-{escape(name)}"><summary>{_code(name)}</summary>'
    for paragraph in schema.get("description", "").split("\n\n"):
        yield f"<p>{escape(paragraph)}</p>"
    required = schema.get("required", ())
    if properties := schema.get("properties"):
        yield from _table(
            ("字段 · Field", "类型 · Type", "说明 · Description"),
            (
                (_code(field + (" *" if field in required else "")), _type(one), escape(_about(one)))
                for field, one in properties.items()
            ),
        )
    yield "</details>"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield "<table><tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
    yield "</table>"


def _about(schema: Json) -> str:
    return str(schema.get("description", ""))


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _type(schema: Json) -> str:
    """The type in few words, with links to the schemas that it names."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#schema-{name}">{name}</a>'
    if "anyOf" in schema:
        return " | ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"[{_type(schema.get('items', {}))}]"
    if "const" in schema or "enum" in schema:
        return " | ".join(_code(str(one)) for one in schema.get("enum", [schema.get("const")]))
    said = str(schema.get("type", "any"))
    bounds = [schema[name] for name in ("format", "pattern") if name in schema]
    return escape(f"{said} ({', '.join(bounds)})" if bounds else said)
