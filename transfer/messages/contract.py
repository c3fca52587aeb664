"""The published contract as texts: schemas, code lists, AsyncAPI document and examples, made from the models."""

import inspect
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from transfer.messages import (
    codes,
    codes_clocks,
    codes_eligibility,
    codes_erasure,
    codes_evidence,
    codes_ledger,
    codes_reconciling,
)
from transfer.messages.codes import Code
from transfer.messages.contract_asyncapi import asyncapi
from transfer.messages.eligibility import Attestation, Revocation
from transfer.messages.envelope import EVENTS, MESSAGE_TYPES, SchemaViolated, UnknownType, Unreadable
from transfer.messages.erasure import DestructionReceipt
from transfer.messages.examples import EXAMPLES
from transfer.messages.examples_refused import REFUSED, event_of
from transfer.messages.sealed import SealedEvent
from transfer.messages.values import Frozen

ROOT: Final = "schemas"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

CODE_LISTS: Final[Mapping[str, type[Code]]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): one
    for module in (
        codes,
        codes_clocks,
        codes_eligibility,
        codes_erasure,
        codes_evidence,
        codes_ledger,
        codes_reconciling,
    )
    for name, one in vars(module).items()
    if inspect.isclass(one) and issubclass(one, Code) and one is not Code
}
"""The code lists by the names of their files."""

STATEMENTS: Final[Mapping[str, type[Frozen]]] = {
    "attestation": Attestation,
    "revocation": Revocation,
    "destruction_receipt": DestructionReceipt,
}
"""What regions sign for whoever may read it later: contents of tokens, by the names of their files."""

_REFUSALS: Final[Mapping[type[ValueError], codes.RefusalCode]] = {
    Unreadable: codes.RefusalCode.UNREADABLE,
    UnknownType: codes.RefusalCode.UNKNOWN_TYPE,
    SchemaViolated: codes.RefusalCode.SCHEMA_VIOLATED,
}


class _Untitled(GenerateJsonSchema):
    """Without the titles that only repeat the names of the fields."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's signature
        return False


def render() -> dict[str, str]:
    """The whole contract: texts by path, relative to the project; the same on every machine and at any time."""
    files: dict[str, Any] = {f"{ROOT}/messages/{name}.schema.json": schema_of(name) for name in EVENTS}
    files |= {f"{ROOT}/codes/{name}.json": _code_list(name, one) for name, one in CODE_LISTS.items()}
    files[f"{ROOT}/sealed.schema.json"] = _plain("sealed", "sealed event", SealedEvent)
    files |= {f"{ROOT}/{name}.schema.json": _plain(name, name, one) for name, one in STATEMENTS.items()}
    files[f"{ROOT}/asyncapi.json"] = asyncapi()
    files |= _examples()
    return {path: json.dumps(content, ensure_ascii=False, indent=2) + "\n" for path, content in files.items()}


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema 2020-12 of an event of that type, attributes and data; unknown fields are allowed."""
    generated = EVENTS[name].model_json_schema(schema_generator=_Untitled)
    file_of = {one.__name__: f"{ROOT}/codes/{file}.json" for file, one in CODE_LISTS.items()}
    for title, definition in generated["$defs"].items():
        definition.pop("title", None)
        if title in file_of:
            definition["$comment"] = f"wording of the codes: {file_of[title]}"
    definitions = generated.pop("$defs")
    head = {
        "$schema": DIALECT,
        "$id": f"urn:legalaid:schema:{name}",
        "title": name,
        "description": inspect.getdoc(MESSAGE_TYPES[name]),
    }
    return head | {k: v for k, v in generated.items() if k not in head} | {"$defs": definitions}


def _plain(name: str, title: str, model: type[Frozen]) -> dict[str, Any]:
    """The JSON Schema of what is no event: what the broker carries around a letter, and what a token holds."""
    generated = model.model_json_schema(schema_generator=_Untitled)
    head = {
        "$schema": DIALECT,
        "$id": f"urn:legalaid:schema:{name}",
        "title": title,
        "description": inspect.getdoc(model),
    }
    return head | {k: v for k, v in generated.items() if k not in head}


def _code_list(name: str, one: type[Code]) -> dict[str, Any]:
    return {
        "name": name,
        "description": inspect.getdoc(one),
        "codes": [{"value": c.value, "zh": c.zh, "en": c.en, "basis": c.basis} for c in one],
    }


def _examples() -> dict[str, Any]:
    """The examples, those to be refused, and the index that says what is expected of each."""
    files: dict[str, Any] = {}
    accepted, refused = [], []
    for name, forms in EXAMPLES.items():
        for form, event in forms.items():
            path = f"{name}/{form}.json"
            files[f"{ROOT}/examples/{path}"] = event
            accepted.append({"file": path, "type": name})
        for row in REFUSED[name]:
            path = f"{name}/refused-{row.why}.json"
            files[f"{ROOT}/examples/{path}"] = event_of(name, row)
            refused.append(
                {
                    "file": path,
                    "type": name,
                    "error": row.error.__name__,
                    "code": _REFUSALS[row.error].value,
                    "says": row.says,
                    "schema_finds": row.schema_finds,
                }
            )
    files[f"{ROOT}/examples/index.json"] = {
        "description": (
            "Events that a receiver must take, and events that it must refuse: error is the class of the refusal, "
            "code the code of the receipt, says a part of this implementation's text. Where schema_finds is false, "
            "the JSON Schema alone lets the event pass, since it cannot say the rule."
        ),
        "accepted": accepted,
        "refused": refused,
    }
    return files
