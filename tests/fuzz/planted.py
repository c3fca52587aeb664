"""A reader with a fault, which the fuzzer must find: it forgets that base64 can be wrong."""

import base64
import json

from tests.fuzz.letters import sealed_examples
from tests.fuzz.target import JSON, Target
from transfer.messages.envelope import Unreadable
from transfer.messages.sealed import SealedEvent


def once(data: bytes) -> None:
    try:
        event = SealedEvent.decode(data)
    except Unreadable:
        return
    head = event.data.split(".")[0]
    base64.b64decode(head + "=" * (-len(head) % 4), b"-_", validate=True)


def _seeds() -> list[bytes]:
    return [json.dumps(json.loads(body) | {"data": "eyJhIjoxfQ.eA.eA"}).encode() for body in sealed_examples()]


TARGET = Target(once=once, seeds=_seeds, words=JSON)
