"""The content of a letter, as a region on the exchange can sign it."""

import json

from tests.fuzz.target import JSON, Target, examples
from transfer.messages.envelope import SchemaViolated, UnknownType, Unreadable, decode, encode


def once(data: bytes) -> None:
    """What is decoded can be encoded, and then says the same; anything else is refused in words that can be sent."""
    try:
        attributes, message = decode(data)
    except (Unreadable, UnknownType, SchemaViolated) as error:
        str(error).encode()
        return
    assert decode(encode(attributes, message)) == (attributes, message)


def _seeds() -> list[bytes]:
    return [json.dumps(event, ensure_ascii=False).encode() for _, _, event in examples()]


TARGET = Target(once=once, seeds=_seeds, words=JSON)
