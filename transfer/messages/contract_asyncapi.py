"""The AsyncAPI 3 document: channels, operations and messages, as a region's programmer needs them."""

import inspect
from typing import Any, Final

from transfer.messages.envelope import ANSWERS, MAX_BYTES, MESSAGE_TYPES, RECEIPT_TYPE
from transfer.messages.values import Frozen

_BINDING: Final = "0.3.0"

_INFO: Final = f"""\
Regions hand legal aid cases to one another through one broker.

**Message.** The content of a message is a CloudEvents 1.0 event in JSON, structured mode, at most {MAX_BYTES} bytes \
of UTF-8 (`x-content`). The attributes tell source, recipient, type, and the message's place in its conversation. A \
reader ignores fields that it does not know and refuses codes that it does not know.

**Letter.** The content is signed with a key of the source, and the token is sealed for a key of the recipient, in a \
suite of algorithms that the directory names for the recipient (`schemas/examples/crypto/`). What the broker carries \
is the payload: an event that repeats the attributes, `answers` excepted, around that letter. A reader refuses one \
whose attributes are not those of the content. The AMQP properties content-type, message-id, type and user-id repeat \
the media type, `id`, `type` and `source`. Nothing personal stands in attributes, AMQP properties, headers or \
routing keys.

**Place.** `conversation` is the id of the case. What is said of a ledger has the one of that ledger: the UUID, \
version 5, of `legalaid:ledger:REGION` in the namespace of URLs; other messages about no case have one of their own. \
`sequence` counts 1, 2, 3 … for each source, recipient and conversation. A message that comes before its predecessors \
is parked; one that is known already changes nothing. A message that answers another one names it in `answers`, by the \
SHA-256 of its content.

**Delivery.** At least once. A sender writes its decision and the message in one database transaction, publishes \
persistent and mandatory with publisher confirms, and sends the same content under the same id again, signed and \
sealed anew, until the recipient's receipt is in. A recipient acknowledges to the broker only after its own \
transaction is committed.

**Receipts.** `{RECEIPT_TYPE}` says of each message whether it was applied, parked or refused, and binds that to the \
digest of what was received; of what could not be opened there is none. A refusal names the hop, a code, and whether \
sending again can help. Receipts are not receipted and have no place in a conversation.

**Versions.** Within a major version only optional fields are added. Whatever else changes becomes a new type \
`….v2`.
"""

_OUT: Final = """\
The one exchange that a region publishes to; nobody else may write to it. The routing key is the code of the \
recipient. One binding per allowed pair of regions leads to the recipient's inbox: a message to a region without such \
a binding is returned, which is an error and never a success."""

_INBOX: Final = """\
The one queue that a region reads: a quorum queue with a single active consumer, which refuses new messages when it \
is full and keeps undeliverable ones in `dead.{region}`. The exchange that a message came through, its user-id \
property and its `source` must name the same region, else it is refused."""


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0.0 document; its payloads refer to the schema files beside it."""
    keys = {name: _key(name) for name in MESSAGE_TYPES}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:legalaid:exchange",
        "info": {
            "title": "Cross-region legal aid case transfer",
            "version": "1.0.0",
            "description": _INFO,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "out": _channel("out.{region}", "What a region says", _OUT, _OUT_BINDING, keys),
            "inbox": _channel("inbox.{region}", "What a region is told", _INBOX, _INBOX_BINDING, keys),
        },
        "operations": {
            "send": _operation("send", "out", "Publish, and wait for the broker's confirm", _SEND_BINDING, keys),
            "receive": _operation("receive", "inbox", "Apply, then acknowledge", _RECEIVE_BINDING, keys),
        },
        "components": {
            "messages": {keys[name]: _message(name, model) for name, model in MESSAGE_TYPES.items()},
            "parameters": {
                "region": {
                    "description": "Six-digit GB/T 2260 code of the region",
                    "examples": ["442000", "510521", "510000"],
                }
            },
        },
    }


_OUT_BINDING: Final = {
    "is": "routingKey",
    "exchange": {"name": "out.{region}", "type": "direct", "durable": True, "autoDelete": False},
    "bindingVersion": _BINDING,
}
_INBOX_BINDING: Final = {
    "is": "queue",
    "queue": {"name": "inbox.{region}", "durable": True, "exclusive": False, "autoDelete": False},
    "bindingVersion": _BINDING,
}
_HEADERS: Final = {
    "type": "object",
    "description": "For those who look at the broker; a reader takes both from the event.",
    "properties": {
        "conversation": {"type": "string", "format": "uuid"},
        "sequence": {"type": "integer", "minimum": 1},
    },
}
_SEND_BINDING: Final = {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING}
_RECEIVE_BINDING: Final = {"ack": True, "bindingVersion": _BINDING}


def _key(name: str) -> str:
    """The name of a message in the document: ``transfer_offered_v1``."""
    return name.removeprefix("legalaid.").replace(".", "_")


def _channel(
    address: str, title: str, description: str, binding: dict[str, Any], keys: dict[str, str]
) -> dict[str, Any]:
    return {
        "address": address,
        "title": title,
        "description": description,
        "parameters": {"region": {"$ref": "#/components/parameters/region"}},
        "messages": {key: {"$ref": f"#/components/messages/{key}"} for key in keys.values()},
        "bindings": {"amqp": binding},
    }


def _operation(
    action: str, channel: str, summary: str, binding: dict[str, Any], keys: dict[str, str]
) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{key}"} for key in keys.values()],
        "bindings": {"amqp": binding},
    }


def _message(name: str, model: type[Frozen]) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": name,
        "title": name,
        "summary": inspect.getdoc(model),
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": "sealed.schema.json"},
        "x-content": {"$ref": f"messages/{name}.schema.json"},
        "bindings": {"amqp": {"messageType": name, "bindingVersion": _BINDING}},
    }
    if name != RECEIPT_TYPE:
        message["headers"] = _HEADERS
        message["correlationId"] = {
            "description": "Id of the case, or of the ledger",
            "location": "$message.payload#/conversation",
        }
    if model in ANSWERS:
        message["tags"] = [{"name": "answer", "description": "names in `answers` the message that it answers"}]
    return message
