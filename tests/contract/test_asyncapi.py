"""The AsyncAPI document is well formed, complete, and agrees with what the broker is given."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator, Draft202012Validator

from tests.builders import CASE_ID, ZHONGSHAN, a_body, a_stage
from tests.trust import shared
from transfer.broker import topology
from transfer.broker.publisher import CONTENT_TYPE
from transfer.messages.contract import ROOT, render
from transfer.messages.envelope import MESSAGE_TYPES, TYPE_NAMES
from transfer.messages.transfer import Offered
from transfer.ports.traffic import OutMessage
from transfer.workers.relay import _parcel

PROJECT: Final = Path(__file__).parents[2]
DOCUMENT: Final = json.loads((PROJECT / ROOT / "asyncapi.json").read_text(encoding="utf-8"))
META_SCHEMA: Final = Path(__file__).with_name("asyncapi-3.0.0.schema.json")


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def found(document: dict[str, Any], pointer: str) -> dict[str, Any]:
    for part in pointer.removeprefix("/").split("/"):
        document = document[part]
    return document


def test_the_document_fits_the_schema_of_asyncapi_3() -> None:
    meta_schema = json.loads(META_SCHEMA.read_text(encoding="utf-8"))
    assert [f"{e.json_path}: {e.message}" for e in Draft7Validator(meta_schema).iter_errors(DOCUMENT)] == []


def test_every_reference_leads_somewhere() -> None:
    files = render()
    for reference in references(DOCUMENT):
        file, _, pointer = reference.partition("#")
        if file:
            assert f"{ROOT}/{file}" in files
        else:
            assert found(DOCUMENT, pointer)


def test_every_reference_within_a_schema_leads_somewhere() -> None:
    schemas = [json.loads(text) for path, text in render().items() if path.startswith(f"{ROOT}/messages/")]
    pointers = [(schema, reference) for schema in schemas for reference in references(schema)]
    assert pointers
    assert all(found(schema, reference.removeprefix("#")) for schema, reference in pointers)


def test_both_operations_carry_every_message_and_each_refers_to_its_own_schema() -> None:
    messages = DOCUMENT["components"]["messages"]
    assert {message["name"] for message in messages.values()} == MESSAGE_TYPES.keys()
    for message in messages.values():
        assert message["payload"]["$ref"] == "sealed.schema.json"
        assert message["x-content"]["$ref"] == f"messages/{message['name']}.schema.json"
        assert message["bindings"]["amqp"]["messageType"] == message["name"]
    for operation in DOCUMENT["operations"].values():
        channel = found(DOCUMENT, operation["channel"]["$ref"].removeprefix("#"))
        assert channel["messages"].keys() == messages.keys()
        assert len(operation["messages"]) == len(messages)


def test_the_addresses_are_those_of_the_topology() -> None:
    out, inbox = DOCUMENT["channels"]["out"], DOCUMENT["channels"]["inbox"]
    assert out["address"] == topology.outgoing("{region}") == out["bindings"]["amqp"]["exchange"]["name"]
    assert inbox["address"] == topology.inbox("{region}") == inbox["bindings"]["amqp"]["queue"]["name"]
    assert topology.dead("{region}") in inbox["description"]


def test_messages_are_sent_persistent_and_mandatory_and_acknowledged() -> None:
    operations = DOCUMENT["operations"]
    assert operations["send"]["bindings"]["amqp"].items() >= {"deliveryMode": 2, "mandatory": True}.items()
    assert operations["receive"]["bindings"]["amqp"]["ack"] is True


def test_the_headers_are_those_that_the_relay_sends() -> None:
    message = OutMessage(
        row=1,
        id=CASE_ID,
        type=TYPE_NAMES[Offered],
        recipient=ZHONGSHAN,
        conversation=CASE_ID,
        sequence=1,
        body=b"{}",
        attempts=0,
    )
    described = DOCUMENT["components"]["messages"]["transfer_offered_v1"]["headers"]
    assert described["properties"].keys() == _parcel(message).headers.keys()
    Draft7Validator(described).validate(dict(_parcel(message).headers))


def test_the_content_type_is_the_publishers() -> None:
    assert DOCUMENT["defaultContentType"] == CONTENT_TYPE
    assert {m["contentType"] for m in DOCUMENT["components"]["messages"].values()} == {CONTENT_TYPE}


def test_a_sealed_message_fits_its_published_schema() -> None:
    content = a_body(a_stage(), source=ZHONGSHAN, recipient="510521")
    event = json.loads(shared().wire(ZHONGSHAN).close(content))
    schema = json.loads((PROJECT / ROOT / "sealed.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(event)
    assert not Draft202012Validator(schema).is_valid(event | {"data": "two words"})
