"""The door: a delivery is opened with a real key, and its letter is altered in front of, under and behind its seal.

The first byte of an input says which part the rest of it stands for; all other parts are true.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from tests.builders import nobody_signs, the_rules
from tests.fuzz.letters import NOW, RECIPIENT, SOURCE, contents, directory, sealed_examples, wire
from tests.fuzz.target import JSON, Target
from transfer.crypto import compact
from transfer.crypto.errors import CryptoError
from transfer.crypto.jose import SIGN, Jose
from transfer.crypto.keys import KeyUse, PrivateKey, SuiteName, newest
from transfer.crypto.signed import header_to_sign
from transfer.handlers.opening import open_delivery
from transfer.ports.work import Context, Delivery

_CONTEXT: Final = Context(
    region=RECIPIENT,
    directory=directory(),
    now=NOW,
    new_id=lambda: UUID(int=1),
    rules=the_rules(),
    sign=nobody_signs,
)
_SUITE: Final = Jose()
_TIMES: Final = {"issued_at": int(NOW.timestamp()), "expires_at": int(NOW.timestamp()) + 3600}


@cache
def _signer() -> PrivateKey:
    return wire(SOURCE).signing(SuiteName.JOSE)


@cache
def _event() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(sealed_examples()[0])
    return found


def _carrying(letter: str) -> bytes:
    return json.dumps({**_event(), "data": letter}).encode()


def _sealed(token: bytes) -> bytes:
    seal = newest(directory().by_code[RECIPIENT].keys, SuiteName.JOSE, KeyUse.SEAL, NOW)
    return _carrying(_SUITE.seal(token, seal))


def _token(content: bytes) -> bytes:
    return _SUITE.sign(content, _signer(), **_TIMES)


def _head(head: bytes) -> bytes:
    """A true signature over any header, which the library would not make."""
    signed = compact.encode(head) + b"." + compact.encode(contents()[0])
    return signed + b"." + compact.encode(_signature(signed))


def _signature(signed: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - imported uncounted

    return Ed25519PrivateKey.from_private_bytes(_signer().jwk.secret).sign(signed)


def _cover(head: bytes) -> bytes:
    """Another header over the key and the text that were sealed."""
    _, rest = _event()["data"].split(".", 1)
    return _carrying(f"{compact.encode(head).decode()}.{rest}")


FORMS: Final[Mapping[int, Callable[[bytes], bytes]]] = {
    0: lambda body: body,
    1: lambda content: _sealed(_token(content)),
    2: _sealed,
    3: lambda head: _sealed(_head(head)),
    4: _cover,
    5: lambda letter: _carrying(letter.decode("latin-1")),
}
"""What the rest of an input is: the body of a delivery, a content, a signed token, the header of one, the header of a
sealed letter, a whole letter."""


def once(data: bytes) -> None:
    """Whatever comes is opened, not understood or refused, and what is said of it can be sent and logged."""
    form = FORMS.get(data[0] if data else 0)
    if form is None:
        return
    try:
        body = form(data[1:])
    except CryptoError:
        return  # no sender can make it either
    delivery = Delivery(body=body, exchange=f"out.{SOURCE}", user_id=SOURCE)
    arrived = open_delivery(delivery, _CONTEXT, wire(RECIPIENT))
    if (refusal := getattr(arrived, "refusal", None)) is not None:
        refusal.model_dump_json().encode()


def _seeds() -> list[bytes]:
    signed = _token(contents()[0])
    head = json.dumps(header_to_sign(SIGN, _signer(), _TIMES["issued_at"], _TIMES["expires_at"])).encode()
    cover = compact.decode(_event()["data"].split(".")[0].encode())
    made: dict[int, list[bytes]] = {
        0: sealed_examples(),
        1: contents(),
        2: [signed],
        3: [head],
        4: [cover],
        5: [_event()["data"].encode()],
    }
    return [bytes([form]) + one for form, ones in made.items() for one in ones]


_HEADER_WORDS: Final = ("alg", "enc", "kid", "iat", "exp", "typ", "cty", "epk", "crit", "zip", "b64", "crv", "kty", "x")
TARGET = Target(once=once, seeds=_seeds, words=(*JSON, *_HEADER_WORDS, "DEF", "EC", "OKP", "X25519", "sm"), prefix=1)
