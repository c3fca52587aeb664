"""The files under schemas/ are what the models say, and the examples are taken or refused as the index says."""

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from transfer.cli.schemas import generated
from transfer.messages import (
    codes,
    codes_clocks,
    codes_eligibility,
    codes_erasure,
    codes_evidence,
    codes_ledger,
    codes_reconciling,
    envelope,
)
from transfer.messages.case import CaseBasics, Clock, IdentityDocument
from transfer.messages.codes import Code
from transfer.messages.contract import CODE_LISTS, ROOT, STATEMENTS, render
from transfer.messages.envelope import ANSWERS, MESSAGE_TYPES, RECEIPT_TYPE, TYPE_NAMES, decode
from transfer.messages.evidence_items import ItemAnswer
from transfer.messages.examples import EXAMPLES, FULL, MINIMAL
from transfer.messages.ledger import CheckpointAnswered
from transfer.messages.receipts import Receipt
from transfer.messages.values import Frozen

PROJECT: Final = Path(__file__).parents[2]
EXAMPLE_FOLDER: Final = PROJECT / ROOT / "examples"
GENERATED: Final = ("messages", "codes", "examples")


def loaded(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


INDEX: Final = loaded(EXAMPLE_FOLDER / "index.json")
TYPES: Final = sorted(MESSAGE_TYPES)
DUE_BY_RULE: Final = {
    (IdentityDocument, "number"),
    (Receipt, "digest"),
    (ItemAnswer, "statement"),
    (CaseBasics, "clocks"),
    (CaseBasics, "split_into"),
    (Clock, "length"),
    (CheckpointAnswered, "cosignature"),
}
"""Fields that may be left out by their form, but not by the rules of the model."""
ONE_OF_TWO: Final = {(CheckpointAnswered, "cosignature")}
"""Fields that exclude another one, which the fullest example shows."""


def validator_of(name: str) -> Draft202012Validator:
    schema = loaded(PROJECT / ROOT / "messages" / f"{name}.schema.json")
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def instances(value: object) -> Iterator[Frozen]:
    """All models within a value, itself included."""
    if isinstance(value, Frozen):
        yield value
        for _, inner in value:
            yield from instances(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from instances(inner)


def test_the_files_are_what_the_models_say() -> None:
    stale = [
        path
        for path, text in render().items()
        if not (PROJECT / path).is_file() or (PROJECT / path).read_text(encoding="utf-8") != text
    ]
    assert stale == []


def test_no_file_is_left_of_what_is_no_longer_rendered() -> None:
    found = {path for folder in GENERATED for path in (PROJECT / ROOT / folder).rglob("*") if path.is_file()}
    assert found - {PROJECT / path for path in generated()} == set()


def test_rendering_twice_gives_the_same_texts() -> None:
    assert list(render().items()) == list(render().items())


@pytest.mark.parametrize("name", TYPES)
def test_a_schema_is_a_valid_schema_with_its_name_and_words(name: str) -> None:
    schema = loaded(PROJECT / ROOT / "messages" / f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == f"urn:legalaid:schema:{name}"
    assert schema["title"] == name
    assert schema["description"]


@pytest.mark.parametrize("name", TYPES)
def test_no_schema_closes_an_object_to_unknown_fields(name: str) -> None:
    text = (PROJECT / ROOT / "messages" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert "additionalProperties" not in text
    assert "unevaluatedProperties" not in text


@pytest.mark.parametrize("name", [name for name in TYPES if name != RECEIPT_TYPE])
def test_every_message_but_a_receipt_must_have_its_place(name: str) -> None:
    required = loaded(PROJECT / ROOT / "messages" / f"{name}.schema.json")["required"]
    assert {"specversion", "conversation", "sequence"} <= set(required)
    assert ("answers" in required) == (MESSAGE_TYPES[name] in ANSWERS)


def test_every_code_list_is_published_with_its_wording() -> None:
    modules = (codes, codes_clocks, codes_eligibility, codes_erasure, codes_evidence, codes_ledger, codes_reconciling)
    lists = {one for m in modules for _, one in inspect.getmembers(m, inspect.isclass) if issubclass(one, Code)} - {
        Code
    }
    assert set(CODE_LISTS.values()) == lists
    for name, one in CODE_LISTS.items():
        published = loaded(PROJECT / ROOT / "codes" / f"{name}.json")["codes"]
        assert [row["value"] for row in published] == [member.value for member in one]
        assert all(row["zh"] and row["en"] for row in published)


def test_the_schemas_list_the_same_codes_as_the_code_lists() -> None:
    values = {one.__name__: [member.value for member in one] for one in CODE_LISTS.values()}
    seen = set()
    files = [*(f"messages/{name}" for name in TYPES), *STATEMENTS]
    for file in files:
        definitions = loaded(PROJECT / ROOT / f"{file}.schema.json").get("$defs", {})
        for title in definitions.keys() & values.keys():
            assert definitions[title]["enum"] == values[title]
            seen.add(title)
    assert seen == values.keys()


def test_the_index_names_every_example_once() -> None:
    named = [row["file"] for row in (*INDEX["accepted"], *INDEX["refused"])]
    events = (path for path in EXAMPLE_FOLDER.glob("*/*.json") if path.parent.name != "crypto")
    found = {str(path.relative_to(EXAMPLE_FOLDER)) for path in events}
    assert len(named) == len(set(named))
    assert set(named) == found


@pytest.mark.parametrize("name", TYPES)
def test_every_type_has_both_examples_and_several_that_are_refused(name: str) -> None:
    assert {row["file"] for row in INDEX["accepted"] if row["type"] == name} == {
        f"{name}/minimal.json",
        f"{name}/full.json",
    }
    assert len([row for row in INDEX["refused"] if row["type"] == name]) >= 3


@pytest.mark.parametrize("row", INDEX["accepted"], ids=lambda row: row["file"])
def test_an_example_is_taken_by_its_schema_and_by_decode(row: dict[str, Any]) -> None:
    body = (EXAMPLE_FOLDER / row["file"]).read_bytes()
    validator_of(row["type"]).validate(json.loads(body))
    attributes, data = decode(body)
    assert attributes.type == row["type"]
    assert TYPE_NAMES[type(data)] == row["type"]


@pytest.mark.parametrize("row", INDEX["refused"], ids=lambda row: row["file"])
def test_an_example_to_be_refused_is_refused_as_the_index_says(row: dict[str, Any]) -> None:
    with pytest.raises(getattr(envelope, row["error"])) as refusal:
        decode((EXAMPLE_FOLDER / row["file"]).read_bytes())
    assert type(refusal.value).__name__ == row["error"]
    assert row["says"] in str(refusal.value)


@pytest.mark.parametrize("row", INDEX["refused"], ids=lambda row: row["file"])
def test_the_index_says_truly_what_a_schema_alone_finds(row: dict[str, Any]) -> None:
    event = loaded(EXAMPLE_FOLDER / row["file"])
    assert validator_of(row["type"]).is_valid(event) is not row["schema_finds"]


def test_every_kind_of_refusal_has_an_example() -> None:
    kinds = {(row["error"], row["code"]) for row in INDEX["refused"]}
    assert kinds == {
        ("Unreadable", "UNREADABLE"),
        ("UnknownType", "UNKNOWN_TYPE"),
        ("SchemaViolated", "SCHEMA_VIOLATED"),
    }


@pytest.mark.parametrize("name", TYPES)
def test_the_full_example_shows_every_field(name: str) -> None:
    _, data = decode((EXAMPLE_FOLDER / name / f"{FULL}.json").read_bytes())
    shown: dict[type[Frozen], set[str]] = {}
    for one in instances(data):
        shown.setdefault(type(one), set()).update(one.model_fields_set)
    left_out = {(model, field) for model, fields in shown.items() for field in set(model.model_fields) - fields}
    assert left_out - ONE_OF_TWO == set()


@pytest.mark.parametrize("name", TYPES)
def test_the_minimal_example_shows_no_field_that_may_be_left_out(name: str) -> None:
    _, data = decode((EXAMPLE_FOLDER / name / f"{MINIMAL}.json").read_bytes())
    spare = {(type(one), f) for one in instances(data) for f in one.model_fields_set}
    assert {(model, f) for model, f in spare - DUE_BY_RULE if not model.model_fields[f].is_required()} == set()


def test_no_example_names_a_resident_of_a_real_region() -> None:
    numbers = [
        applicant["identity"]["number"]
        for forms in EXAMPLES.values()
        for event in forms.values()
        for applicant in event["data"].get("file", {}).get("applicants", [])
    ]
    assert numbers
    assert all(number.startswith("990000") for number in numbers)


def test_no_two_examples_that_are_taken_have_the_same_id() -> None:
    ids = [event["id"] for forms in EXAMPLES.values() for event in forms.values()]
    assert len(ids) == len(set(ids))
