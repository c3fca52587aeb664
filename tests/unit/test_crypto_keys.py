"""What a key may be, what it is called, and which key is taken at what time."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from transfer.crypto import compact
from transfer.crypto.errors import KeyNotValid, Malformed, NoKeyNow
from transfer.crypto.examples import GIVEN
from transfer.crypto.examples import key as example
from transfer.crypto.keys import KeyState, KeyUse, PublicJwk, PublicKey, SuiteName, key_id, newest, states
from transfer.crypto.keystore import expiring
from transfer.crypto.suites import suite

T0: Final = datetime(2026, 1, 1, tzinfo=UTC)
DAY: Final = timedelta(days=1)


def public(begins: int, ends: int, *, use: KeyUse = KeyUse.SIGN, revoked: int | None = None) -> PublicKey:
    """A fresh key of suite ``jose``, its dates in days after T0."""
    jwk = suite(SuiteName.JOSE).new_key(use).public
    return PublicKey(
        kid=key_id("442000", use, jwk),
        suite=SuiteName.JOSE,
        use=use,
        jwk=jwk,
        not_before=T0 + begins * DAY,
        not_after=T0 + ends * DAY,
        revoked_at=None if revoked is None else T0 + revoked * DAY,
    )


def dumped(name: SuiteName = SuiteName.JOSE, use: KeyUse = KeyUse.SIGN) -> dict[str, Any]:
    return example(name, use).public.model_dump()


@pytest.mark.parametrize("name", list(SuiteName))
@pytest.mark.parametrize("use", list(KeyUse))
def test_a_key_is_read_again_as_it_was_written(name: SuiteName, use: KeyUse) -> None:
    key = example(name, use).public
    assert PublicKey.model_validate_json(key.model_dump_json(exclude_none=True), extra="forbid") == key
    assert key.kid.startswith(f"{key.region}.{use}.")


@pytest.mark.parametrize("name", list(SuiteName))
def test_a_public_key_with_a_private_part_is_refused(name: SuiteName) -> None:
    with pytest.raises(ValidationError) as caught:
        PublicKey.model_validate(dumped(name) | {"jwk": GIVEN[name].sign.model_dump(exclude_none=True)})
    assert GIVEN[name].sign.d not in str(caught.value)


JOSE: Final = GIVEN[SuiteName.JOSE].sign.public.model_dump(exclude_none=True)
SM: Final = GIVEN[SuiteName.SM].sign.public.model_dump(exclude_none=True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kid": "510521.sign.00000000"}, "does not fit"),
        ({"kid": "442000.sign.0000"}, "kid"),
        ({"use": KeyUse.SEAL}, "the curve"),
        ({"suite": SuiteName.SM}, "the curve"),
        ({"jwk": JOSE | {"crv": "X25519"}}, "the curve"),
        ({"jwk": SM}, "the curve"),
        ({"not_after": T0}, "later"),
    ],
    ids=str,
)
def test_a_key_that_contradicts_itself_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        PublicKey.model_validate(dumped() | changes)


@pytest.mark.parametrize(
    "jwk",
    [
        JOSE | {"x": JOSE["x"][:-1]},
        JOSE | {"x": JOSE["x"] + "A"},
        JOSE | {"x": JOSE["x"][:-1] + "B"},  # bits that mean nothing, and are not zero
        JOSE | {"y": JOSE["x"]},
        JOSE | {"alg": "EdDSA"},
        {name: SM[name] for name in ("kty", "crv", "x")},
        SM | {"y": SM["x"]},
        SM | {"x": compact.encode(b"\xff" * 32).decode()},
    ],
    ids=lambda jwk: str(sorted(jwk)),
)
def test_what_is_no_point_of_its_curve_is_no_key(jwk: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        PublicJwk.model_validate(jwk)


def test_the_newest_valid_key_is_taken_and_a_revoked_one_never() -> None:
    old, new, revoked, sealing = (
        public(0, 100),
        public(10, 200),
        public(20, 200, revoked=30),
        public(0, 9, use=KeyUse.SEAL),
    )
    keys = [old, new, revoked, sealing]

    def taken(day: float) -> PublicKey:
        return newest(keys, SuiteName.JOSE, KeyUse.SIGN, T0 + day * DAY)

    assert [taken(day) for day in (0, 9.9, 10, 25, 30, 150)] == [old, old, new, revoked, new, new]
    for day in (-1, 200):
        with pytest.raises(NoKeyNow):
            taken(day)
    with pytest.raises(NoKeyNow):
        newest(keys, SuiteName.SM, KeyUse.SIGN, T0)


def test_the_state_of_each_key_is_told() -> None:
    old, new, later, gone = public(0, 40), public(10, 200), public(30, 300), public(0, 5)
    stolen = public(0, 100, revoked=15)
    found = states([old, new, later, gone, stolen], T0 + 20 * DAY)
    assert [found[key.kid] for key in (old, new, later, gone, stolen)] == [
        KeyState.SUPERSEDED,
        KeyState.CURRENT,
        KeyState.FUTURE,
        KeyState.EXPIRED,
        KeyState.REVOKED,
    ]


def test_a_superseded_key_still_verifies_and_an_expired_or_revoked_one_does_not() -> None:
    key = public(0, 40, revoked=30)
    assert key.checked(T0 + 29 * DAY) is key
    for day, says in ((-1, "future"), (30, "revoked"), (50, "revoked")):
        with pytest.raises(KeyNotValid, match=says):
            key.checked(T0 + day * DAY)
    with pytest.raises(KeyNotValid, match="expired"):
        public(0, 40).checked(T0 + 40 * DAY)


def test_a_key_that_expires_without_a_successor_is_named_in_time() -> None:
    old, seal = public(0, 40), public(0, 35, use=KeyUse.SEAL)
    assert expiring([old, seal], T0) == ()
    assert expiring([old, seal], T0 + 11 * DAY) == (seal, old)
    assert expiring([old, seal, public(20, 100)], T0 + 11 * DAY) == (seal,)
    assert expiring([old, seal, public(0, 100, revoked=1)], T0 + 11 * DAY) == (seal, old)


@given(st.binary(max_size=100))
def test_base64url_comes_back_and_has_one_spelling(data: bytes) -> None:
    text = compact.encode(data)
    assert compact.decode(text) == data
    assert len(text) == compact.encoded_size(len(data))


@given(st.binary(max_size=12))
def test_what_is_read_as_base64url_is_written_the_same(text: bytes) -> None:
    try:
        data = compact.decode(text)
    except Malformed:
        return
    assert compact.encode(data) == text
