"""Within a major version only optional fields are added, and each kind of break is found."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from transfer.messages.compatibility import breaking_changes
from transfer.messages.contract import ROOT, schema_of
from transfer.messages.envelope import MESSAGE_TYPES

PUBLISHED: Final = Path(__file__).parents[2] / ROOT / "published"

Schema = dict[str, Any]


def a_schema(*, required: tuple[str, ...] = ("name",), **properties: Schema) -> Schema:
    """An event with a name, a list of things, each with a kind out of a code list, and a nullable note."""
    own = {
        "name": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[a-z]+$"},
        "major": {"const": "v1"},
        "things": {"type": "array", "items": {"$ref": "#/$defs/Thing"}, "maxItems": 5},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
    }
    return {
        "type": "object",
        "properties": own | properties,
        "required": list(required),
        "$defs": {
            "Thing": {"type": "object", "properties": {"kind": {"$ref": "#/$defs/Kind"}}},
            "Kind": {"type": "string", "enum": ["A", "B"]},
        },
    }


def with_kinds(*kinds: str, **more: object) -> Schema:
    schema = a_schema()
    schema["$defs"]["Kind"] = {"type": "string", "enum": list(kinds), **more}
    return schema


def without(name: str) -> Schema:
    schema = a_schema()
    del schema["properties"][name]
    return schema


@pytest.mark.parametrize("name", sorted(MESSAGE_TYPES))
def test_a_schema_keeps_what_its_published_form_promised(name: str) -> None:
    published = json.loads((PUBLISHED / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert breaking_changes(published, schema_of(name)) == []


def test_what_was_published_is_still_there_and_what_is_there_was_published() -> None:
    assert {path.name.removesuffix(".schema.json") for path in PUBLISHED.iterdir()} == MESSAGE_TYPES.keys()


def test_the_same_schema_breaks_nothing() -> None:
    assert breaking_changes(a_schema(), a_schema()) == []


def test_an_added_optional_field_breaks_nothing() -> None:
    assert breaking_changes(a_schema(), a_schema(phone={"type": "string"})) == []


def test_an_added_optional_field_deep_inside_breaks_nothing() -> None:
    new = a_schema()
    new["$defs"]["Thing"]["properties"]["colour"] = {"type": "string"}
    assert breaking_changes(a_schema(), new) == []


def test_other_words_and_other_names_of_definitions_break_nothing() -> None:
    new = a_schema()
    new["title"], new["description"], new["examples"] = "Other", "Other words.", [{"name": "x"}]
    new["$defs"] = {"Item": new["$defs"]["Thing"], "Kind": new["$defs"]["Kind"]}
    new["properties"]["things"]["items"] = {"$ref": "#/$defs/Item", "description": "One of them."}
    assert breaking_changes(a_schema(), new) == []


@pytest.mark.parametrize(
    ("new", "fault"),
    [
        (without("note"), "event.note: removed"),
        (a_schema(required=("name", "note")), "event.note: was optional and is required"),
        (
            a_schema(required=("name", "phone"), phone={"type": "string"}),
            "event.phone: added as required",
        ),
        (a_schema(required=()), "event.name: was required and may be left out, which older readers refuse"),
        (a_schema(note={"type": "string", "default": None}), "event.note: anyOf … removed"),
        (
            a_schema(note={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}),
            "event.note anyOf: type changed from 'string' to 'integer'",
        ),
        (
            a_schema(note={"anyOf": [{"type": "string"}], "default": None}),
            "event.note anyOf: 2 schemas became 1",
        ),
        (
            a_schema(note={"anyOf": [{"type": "string"}, {"type": "null"}], "default": "none"}),
            "event.note: default changed from None to 'none'",
        ),
        (a_schema(major={"const": "v2"}), "event.major: const changed from 'v1' to 'v2'"),
        (with_kinds("A"), "event.things[].kind: code B removed"),
        (
            with_kinds("A", "B", "C"),
            "event.things[].kind: code C added to a closed list, which older readers refuse",
        ),
    ],
)
def test_a_break_is_found(new: Schema, fault: str) -> None:
    assert fault in breaking_changes(a_schema(), new)


@pytest.mark.parametrize(
    ("keyword", "value", "fault"),
    [
        ("minLength", 2, "minLength changed from 1 to 2: narrowed, which new readers refuse"),
        ("minLength", 0, "minLength changed from 1 to 0: widened, which older readers refuse"),
        ("maxLength", 99, "maxLength changed from 100 to 99: narrowed, which new readers refuse"),
        ("maxLength", 101, "maxLength changed from 100 to 101: widened, which older readers refuse"),
        ("pattern", "^[a-y]+$", "pattern changed from '^[a-z]+$' to '^[a-y]+$'"),
        ("type", "integer", "type changed from 'string' to 'integer'"),
        ("type", ["string", "null"], "type changed from 'string' to …"),
        ("format", "uuid", "format 'uuid' added"),
        ("uniqueItems", True, "uniqueItems changed from False to True"),
        ("additionalProperties", False, "additionalProperties changed from True to False"),
    ],
)
def test_a_change_of_a_fields_form_is_found(keyword: str, value: object, fault: str) -> None:
    name = a_schema()["properties"]["name"]
    assert breaking_changes(a_schema(), a_schema(name=name | {keyword: value})) == [f"event.name: {fault}"]


def test_a_bound_that_is_taken_away_is_found() -> None:
    things = {k: v for k, v in a_schema()["properties"]["things"].items() if k != "maxItems"}
    assert breaking_changes(a_schema(), a_schema(things=things)) == ["event.things: maxItems 5 removed"]


def test_a_code_may_be_added_to_a_list_that_was_published_as_open_but_not_removed() -> None:
    old = with_kinds("A", "B", **{"x-open": True})
    assert breaking_changes(old, with_kinds("A", "B", "C", **{"x-open": True})) == []
    assert breaking_changes(old, with_kinds("B", **{"x-open": True})) == ["event.things[].kind: code A removed"]


def test_a_closed_list_cannot_be_opened_after_the_fact() -> None:
    new = with_kinds("A", "B", "C", **{"x-open": True})
    assert "event.things[].kind: x-open True added" in breaking_changes(with_kinds("A", "B"), new)


def test_a_field_added_to_an_object_that_takes_no_others_is_found() -> None:
    old = a_schema() | {"additionalProperties": False}
    new = a_schema(phone={"type": "string"}) | {"additionalProperties": False}
    assert breaking_changes(old, new) == ["event.phone: added, which older readers refuse"]


def test_a_schema_that_holds_itself_is_compared_once_around() -> None:
    def tree(leaf: str) -> Schema:
        node = {"properties": {"leaf": {"type": leaf}, "below": {"$ref": "#/$defs/Node"}}}
        return {"properties": {"root": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}

    assert breaking_changes(tree("string"), tree("string")) == []
    assert breaking_changes(tree("string"), tree("integer")) == [
        "event.root.leaf: type changed from 'string' to 'integer'"
    ]
