"""The sealed event, as anyone who reaches the broker can write it."""

import json

from tests.fuzz.letters import sealed_examples
from tests.fuzz.target import JSON, Target
from transfer.messages.envelope import Unreadable
from transfer.messages.sealed import SealedEvent


def once(data: bytes) -> None:
    """What is read can be written and read again; anything else is Unreadable."""
    try:
        event = SealedEvent.decode(data)
    except Unreadable as error:
        str(error).encode()
        return
    assert SealedEvent.decode(event.encode()) == event


def _seeds() -> list[bytes]:
    found = sealed_examples()
    return [*found, *(json.dumps(json.loads(body) | {"data": "x"}).encode() for body in found)]


TARGET = Target(once=once, seeds=_seeds, words=JSON)
