"""Letters between regions: what is sealed can be opened, and each way to tamper with it is told by its code."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.builders import LUXIAN, SICHUAN, ZHONGSHAN, a_body, a_stage
from tests.trust import SINCE, YEARS, Trust, shared
from transfer.crypto.directory import Directory
from transfer.crypto.keys import KeyUse, SuiteName
from transfer.crypto.letters import CannotSeal, NotOpened
from transfer.crypto.suites import suite
from transfer.crypto.wire import LETTER_LIFE, SKEW, Wire
from transfer.messages.codes import RefusalCode
from transfer.messages.envelope import MAX_BYTES
from transfer.messages.sealed import MAX_SEALED_BYTES, SealedEvent

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
CODE = RefusalCode


def wire_of(region: str, *, directory: Directory | None = None, at: datetime = NOW, trust: Trust | None = None) -> Wire:
    held = trust or shared()
    listed, store = directory or held.directory(), held.store(region)
    return Wire(region=region, directory=lambda: listed, keys=lambda: store, clock=lambda: at)


def content(**changes: Any) -> bytes:
    """A message from Zhongshan to Luxian."""
    place: dict[str, Any] = {"id": uuid4(), "source": ZHONGSHAN, "recipient": LUXIAN, "sequence": 1}
    return a_body(a_stage(), **(place | changes))


def sealed(message: bytes | None = None, **wire: Any) -> bytes:
    return wire_of(ZHONGSHAN, **wire).close(message or content())


def changed(body: bytes, **changes: Any) -> bytes:
    """The event with other attributes around the same letter."""
    return json.dumps(json.loads(body) | changes).encode()


def refused(body: bytes, **wire: Any) -> RefusalCode:
    with pytest.raises(NotOpened) as why:
        wire_of(LUXIAN, **wire).open(body)
    return why.value.code


def forged(message: bytes, *, signer: str, issued_at: datetime = NOW, life: timedelta = LETTER_LIFE) -> bytes:
    """A letter that Luxian can open, signed by another region's key than its source's, or at another time."""
    jose, trust = suite(SuiteName.JOSE), shared()
    key = trust.store(signer).signing(SuiteName.JOSE, NOW)
    issued = int(issued_at.timestamp())
    token = jose.sign(message, key, issued_at=issued, expires_at=issued + int(life.total_seconds()))
    sealer = next(one for one in trust.store(LUXIAN).public if one.use is KeyUse.SEAL)
    event = SealedEvent.decode(sealed(message))
    return event.model_copy(update={"signkey": key.kid, "data": jose.seal(token, sealer)}).encode()


def test_what_is_sealed_for_a_region_is_opened_there_byte_for_byte() -> None:
    message = content()
    letter = wire_of(LUXIAN).open(sealed(message))
    assert (letter.source, letter.content) == (ZHONGSHAN, message)


def test_the_signature_that_is_kept_proves_who_said_it() -> None:
    message = content()
    letter = wire_of(LUXIAN).open(sealed(message))
    head, empty, signature = letter.signature.split(".")
    assert empty == ""
    token = f"{head}.{urlsafe_b64encode(message).decode().rstrip('=')}.{signature}".encode()
    listed = {key.kid: key for key in shared().store(ZHONGSHAN).public}
    assert suite(SuiteName.JOSE).verify(token, listed.__getitem__).content == message


def test_nothing_of_the_content_can_be_read_on_the_way() -> None:
    message = content()
    event = SealedEvent.decode(sealed(message))
    data = json.loads(message)["data"]
    shown = event.model_dump_json(exclude={"data"})
    assert str(data["stage"]) not in shown
    assert event.datacontenttype == "application/jose"
    assert set(json.loads(event.encode())) == {
        *("specversion", "id", "type", "source", "recipient", "time", "datacontenttype", "conversation", "sequence"),
        *("suite", "signkey", "sealkey", "data"),
    }


def test_sealing_twice_gives_two_letters_with_one_content() -> None:
    message = content()
    first, second = sealed(message), sealed(message)
    assert first != second
    assert wire_of(LUXIAN).open(first).content == wire_of(LUXIAN).open(second).content


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "01975f64-d281-7000-8000-0000000a0fff"),
        ("type", "legalaid.transfer.offered.v1"),
        ("time", "2026-06-13T10:00:02+08:00"),
        ("conversation", "01975f64-d281-7000-8000-0000000a0fff"),
        ("sequence", 2),
        ("sequence", None),
    ],
)
def test_an_attribute_that_was_changed_on_the_way_is_found(name: str, value: object) -> None:
    assert refused(changed(sealed(), **{name: value})) is CODE.ATTRIBUTES_DIFFER


def test_a_letter_for_another_region_cannot_be_turned_to_this_one() -> None:
    astray = sealed(content(recipient=SICHUAN))
    assert refused(astray) is CODE.WRONG_RECIPIENT
    assert refused(changed(astray, recipient=LUXIAN)) is CODE.CANNOT_OPEN


def test_a_letter_that_a_recipient_seals_on_to_another_shows_for_whom_it_was() -> None:
    """Surreptitious forwarding: Sichuan opens what Zhongshan signed for it, and seals it for Luxian."""
    message = content(recipient=SICHUAN)
    assert refused(changed(forged(message, signer=ZHONGSHAN), recipient=LUXIAN)) is CODE.ATTRIBUTES_DIFFER


@pytest.mark.parametrize("signer", [SICHUAN, LUXIAN])
def test_nobody_speaks_for_another_region(signer: str) -> None:
    body = forged(content(), signer=signer)
    assert refused(body) is CODE.UNKNOWN_SIGNER
    assert refused(changed(body, source=signer, signkey=SealedEvent.decode(body).signkey)) in {
        CODE.ATTRIBUTES_DIFFER,
        CODE.UNKNOWN_SIGNER,
    }


def test_a_key_that_signs_under_the_id_of_another_is_found() -> None:
    event = SealedEvent.decode(forged(content(), signer=SICHUAN))
    zhongshan = next(key.kid for key in shared().store(ZHONGSHAN).public if key.use is KeyUse.SIGN)
    assert refused(event.model_copy(update={"signkey": zhongshan}).encode()) is CODE.UNKNOWN_SIGNER


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 0.999])
def test_one_character_of_the_letter_that_was_changed_is_found(place: float) -> None:
    event = SealedEvent.decode(sealed())
    at = int(place * (len(event.data) - 1))
    other = "A" if event.data[at] != "A" else "B"
    data = f"{event.data[:at]}{other}{event.data[at + 1 :]}"
    code = refused(event.model_copy(update={"data": data}).encode())
    assert code in {CODE.CANNOT_OPEN, CODE.UNREADABLE, CODE.UNKNOWN_SUITE}


def test_a_letter_of_the_future_and_one_that_is_too_old_are_refused_within_the_skew() -> None:
    ahead = forged(content(), signer=ZHONGSHAN, issued_at=NOW + SKEW + timedelta(seconds=2))
    assert refused(ahead) is CODE.NOT_YET_VALID
    assert wire_of(LUXIAN, at=NOW + timedelta(seconds=2)).open(ahead).source == ZHONGSHAN
    old = sealed()
    assert wire_of(LUXIAN, at=NOW + LETTER_LIFE).open(old).source == ZHONGSHAN
    assert refused(old, at=NOW + LETTER_LIFE + SKEW + timedelta(seconds=2)) is CODE.EXPIRED


def test_a_letter_that_gives_itself_a_longer_life_has_none() -> None:
    eternal = forged(content(), signer=ZHONGSHAN, issued_at=NOW - 2 * LETTER_LIFE, life=YEARS)
    assert refused(eternal) is CODE.EXPIRED


def test_a_revoked_key_is_refused_at_once_whenever_it_signed() -> None:
    trust = shared()
    listed = trust.directory()
    body = sealed()
    signer = SealedEvent.decode(body).signkey
    regions = tuple(
        region.model_copy(
            update={
                "keys": tuple(
                    key.model_copy(update={"revoked_at": NOW + timedelta(days=1)}) if key.kid == signer else key
                    for key in region.keys
                )
            }
        )
        for region in listed.regions
    )
    after = trust.directory(version=2).model_copy(update={"regions": regions})
    assert refused(body, directory=after, at=NOW + timedelta(days=2)) is CODE.REVOKED_SIGNER


def test_a_signature_outside_of_the_life_of_its_key_does_not_count() -> None:
    before = forged(content(), signer=ZHONGSHAN, issued_at=SINCE - timedelta(days=1), life=timedelta(days=1))
    assert refused(before, at=SINCE - timedelta(hours=1)) in {CODE.UNKNOWN_SIGNER, CODE.CANNOT_OPEN}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda _: b" " * (MAX_SEALED_BYTES + 1), CODE.TOO_LARGE),
        (lambda body: body[:-10], CODE.UNREADABLE),
        (lambda _: b"[" * 100_000, CODE.UNREADABLE),
        (lambda body: changed(body, suite="rot13"), CODE.UNKNOWN_SUITE),
        (lambda body: changed(body, suite="sm"), CODE.UNKNOWN_SUITE),
        (lambda body: changed(body, suite="JOSE"), CODE.UNREADABLE),
        (lambda body: changed(body, source="330100"), CODE.UNKNOWN_REGION),
        (lambda body: changed(body, data="a.b.c.d.e"), CODE.UNREADABLE),
        (lambda body: changed(body, data=""), CODE.UNREADABLE),
        (lambda body: changed(body, signkey="442000.sign.00000000"), CODE.UNKNOWN_SIGNER),
    ],
)
def test_what_is_no_letter_of_this_exchange_is_told_by_its_code(spoil: Callable[[bytes], bytes], code: CODE) -> None:
    assert refused(spoil(sealed())) is code


def test_what_an_event_claims_is_kept_apart_from_what_is_known() -> None:
    with pytest.raises(NotOpened) as why:
        wire_of(LUXIAN).open(changed(sealed(), sequence=9))
    assert why.value.claims is not None
    assert why.value.claims.sequence == 9


def test_the_largest_content_that_is_taken_fits_through() -> None:
    head = content()
    padded = head[:-1] + b" " * (MAX_BYTES - len(head)) + b"}"
    assert len(padded) == MAX_BYTES
    assert wire_of(LUXIAN).open(sealed(padded)).content == padded


def test_nothing_is_sealed_for_a_region_without_a_key_in_maintenance_or_unknown() -> None:
    trust = shared()
    listed = trust.directory()
    without_keys = tuple(
        one.model_copy(update={"keys": () if one.code == LUXIAN else one.keys}) for one in listed.regions
    )
    of_old = tuple(one.model_copy(update={"versions": (2,)}) for one in listed.regions)
    resting = tuple(
        one.model_copy(update={"maintenance": "moving house" if one.code == LUXIAN else None}) for one in listed.regions
    )
    for regions, said in (
        (without_keys, "NoKeyNow"),
        (of_old, "version 1"),
        (resting, "moving house"),
        (listed.regions[:1], "does not list"),
    ):
        directory = listed.model_copy(update={"regions": regions})
        with pytest.raises(CannotSeal, match=said):
            sealed(directory=Directory.model_validate(dict(directory)))


def test_nothing_is_sealed_for_a_region_that_does_not_read_the_version_that_all_must() -> None:
    listed = shared().directory()
    asking = listed.model_copy(update={"least": 2})
    with pytest.raises(CannotSeal, match=f"{LUXIAN} understands version 1 of messages, the exchange asks for 2"):
        sealed(directory=asking)
    upgraded = tuple(one.model_copy(update={"versions": (1, 2)}) for one in listed.regions)
    assert sealed(directory=Directory.model_validate(dict(asking) | {"regions": upgraded}))
