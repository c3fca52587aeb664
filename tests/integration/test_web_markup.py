"""What people typed stands in pages as text: nothing of it runs, and nothing of it stands in an address."""

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest
from pydantic import BaseModel, ValidationError

from tests.integration.api_node import Api
from tests.integration.looked_at import Browser, Shown, hold_to_headers
from transfer.actions import commands
from transfer.web.examples import EXAMPLES
from transfer.web.routes import ROUTES
from transfer.web.served import SERVED

MARK: Final = "\"'><script>alert(1)</script>{{7*7}}"
OWN: Final = tuple(
    route for route in ROUTES if route.method == "POST" and route.path.startswith("/v1/cases/{case}/") and route.takes
)
AN_ID: Final = "01975a3e-6c00-7c11-9a52-3b1f0c7d4e01"
AN_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SHOWS_CASES: Final = any(route.path == "/cases/{case}" for route in SERVED)
NOT_PAGES: Final = ("/static/", "/v1/")
PERSON: Final = {"name": "欧阳探花", "phone": "13912345678", "number": "990000198504120010", "opponent": "探花家具公司"}

pytestmark = pytest.mark.asyncio(loop_scope="module")


def texts(schema: Mapping[str, Any], value: Any, whole: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Where free text may stand in a body: the object and the name of its field, also where the body leaves it out."""
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from texts(one, value, whole)
    if isinstance(value, list):
        for item in value:
            yield from texts(schema.get("items", {}), item, whole)
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if any(one.get("type") == "string" and "enum" not in one for one in (inner, *inner.get("anyOf", ()))):
                yield value, name
            yield from texts(inner, value.get(name), whole)


def poisoned(form: type[BaseModel], body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with markup in every field that takes it."""
    given = deepcopy(dict(body))
    schema = form.model_json_schema()
    for place, name in list(texts(schema, given, schema)):
        before = place.get(name)
        place[name] = MARK
        try:
            form.model_validate(given, extra="forbid")
        except ValidationError:
            if before is None:
                del place[name]
            else:
                place[name] = before
    return given


async def crawled(one: Browser, *starts: str) -> dict[str, Shown]:
    """These pages and those that links lead to from there, of each kind three."""
    found: dict[str, Shown] = {}
    waiting = list(starts)
    asked: dict[str, int] = {}
    while waiting:
        where = waiting.pop(0)
        kind = AN_UUID.sub("", urlsplit(where).path)
        enough = asked.get(kind, 0) >= 3 and where not in starts
        if where in found or enough or kind.startswith(("/static/", "/v1/")) or kind.endswith("/events"):
            continue
        asked[kind] = asked.get(kind, 0) + 1
        found[where] = shown = await one.get(where, Accept="text/html")
        if shown.status in {302, 303} and one.at_home(shown.location):
            waiting.append(shown.location.removeprefix(one.address))
        if shown.is_html:
            links = (link.partition("#")[0] for link in shown.page.links)
            waiting += [link for link in links if link.startswith("/")]
    return found


def hold_to_page(shown: Shown) -> None:
    """Nothing inline, nothing from elsewhere."""
    page = shown.page
    assert page.inline == [], shown.url
    for link in page.links:
        assert re.match(r"(/(?![/\\])|\?|#|tel:|blob:)", link) or link == "", (shown.url, link)
    for tag, given in page.tags:
        assert tag not in {"base", "object", "embed", "applet"}, shown.url
        assert tag != "meta" or "http-equiv" not in given, shown.url
        assert "srcdoc" not in given, shown.url


def hold_to_inert(shown: Shown) -> None:
    """Markup that somebody typed is text: it makes no tag and no attribute, and no template reads it."""
    if not shown.is_html:
        return
    hold_to_page(shown)
    assert "<script>alert(1)" not in shown.text, shown.url
    assert "</script>49" not in shown.text, shown.url
    for tag, given in shown.page.tags:
        assert tag != "script" or str(given.get("src")).startswith("/static/"), shown.url
        assert all(re.fullmatch(r"[a-z][a-z0-9-]*", name) for name in given), (shown.url, tag, given)


async def entered(api: Api) -> list[str]:
    """Cases with markup in every field that a step takes; gives their ids."""
    cases, done = [], 0
    for route in OWN:
        answer = await api.post("/v1/cases", poisoned(commands.OpenCase, EXAMPLES[commands.OpenCase]))
        assert answer.status == 201, answer
        case = answer.body
        named = {"case": case["id"], "transfer": AN_ID, "request": AN_ID}
        if "{transfer}" in route.path:
            offer = poisoned(commands.Offer, EXAMPLES[commands.Offer])
            case = (await api.post(f"/v1/cases/{case['id']}/transfers", offer)).body
            named["transfer"] = case["transfers"][0]["id"]
        assert route.takes is not None
        body = json.dumps(poisoned(route.takes, EXAMPLES.get(route.takes, {})))
        body = body.replace("01975a3e-6c02-7f43-9e24-55f1b2c3d406", case["applicants"][0]["id"])
        done += (await api.post(route.path.format(**named), body.encode())).status < 300
        cases.append(case["id"])
    assert done > 8
    return cases


async def test_markup_in_every_field_of_every_step_is_text_on_every_page(api: Api, visitor: Browser) -> None:
    cases = await entered(api)
    found = await crawled(visitor, "/", "/cases", *(f"/cases/{case}" for case in cases))
    for one in found.values():
        assert one.status < 500, one
        hold_to_inert(one)
    assert not SHOWS_CASES or "&lt;script&gt;alert(1)" in "".join(one.text for one in found.values())


async def test_markup_typed_into_every_form_comes_back_as_text(api: Api, visitor: Browser) -> None:
    case = (await api.opened())["id"]
    found = await crawled(visitor, "/", f"/cases/{case}")
    sent = set()
    for one in list(found.values()):
        for form in one.page.forms:
            kind = AN_UUID.sub("", form.action or urlsplit(one.url).path)
            if kind in sent or "sign-out" in kind or not one.is_html:
                continue
            sent.add(kind)
            typed = {name: value if name == "csrf" else MARK for name, value in form.fields.items()}
            shown = await visitor.send(one, form, **typed)
            assert shown.status < 500, shown
            hold_to_headers(shown)
            hold_to_inert(shown)
            assert "alert(1)" not in unquote(shown.headers.get("Location", ""))


async def test_no_page_leads_to_an_address_with_personal_data(api: Api, visitor: Browser) -> None:
    person = {
        "name": PERSON["name"],
        "identity": {"kind": "RESIDENT_ID", "number": PERSON["number"]},
        "phone": PERSON["phone"],
        "finding": {"ground": "COMMITMENT", "proof": "承诺书", "signed_on": "2025-01-02"},
    }
    case = (await api.opened(applicants=[person], opponents=[{"name": PERSON["opponent"]}]))["id"]
    found = await crawled(visitor, "/", "/cases", f"/cases/{case}")
    for one in found.values():
        hold_to_page(one)
        for link in one.page.links:
            assert not any(value in unquote(unquote(link)) for value in PERSON.values()), (one.url, link)
        for form in one.page.forms:
            # What is typed into a form that asks by GET stands in the address, the history and the proxy's log.
            assert form.method == "post" or not form.texts, (one.url, form)
    assert not SHOWS_CASES or PERSON["name"] in "".join(one.text for one in found.values())
