"""Both suites keep the same promises: what was signed and sealed comes back as it was, and nothing else passes."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer.crypto import compact
from transfer.crypto.errors import (
    AlgorithmNotAllowed,
    BadSignature,
    CannotBeOpened,
    CryptoError,
    KeyUnfit,
    Malformed,
    SuiteNotInstalled,
    TooLarge,
    UnknownKey,
    UnknownSuite,
)
from transfer.crypto.keys import KeyUse, PrivateKey, PublicKey, SuiteName, key_id
from transfer.crypto.signed import Signed
from transfer.crypto.suites import Suite, suite
from transfer.messages.envelope import MAX_BYTES

CONTENT: Final = '{"said":"转交申请公函"}'.encode()
BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
ISSUED: Final = 1_780_000_000
EXPIRES: Final = ISSUED + 3600


def made(name: SuiteName, use: KeyUse, region: str = "442000") -> PrivateKey:
    jwk = suite(name).new_key(use)
    kid = key_id(region, use, jwk.public)
    end = BEGIN + timedelta(days=730)
    public = PublicKey(kid=kid, suite=name, use=use, jwk=jwk.public, not_before=BEGIN, not_after=end)
    return PrivateKey(public=public, jwk=jwk)


class Pair:
    """A suite with a sender's and a recipient's key, and what they make of the content."""

    def __init__(self, name: SuiteName) -> None:
        self.suite: Suite = suite(name)
        self.sign_key, self.seal_key = made(name, KeyUse.SIGN), made(name, KeyUse.SEAL, "510521")
        self.token = self.signed()
        self.sealed = self.suite.seal(self.token, self.seal_key.public)

    def signed(self, content: bytes = CONTENT) -> bytes:
        return self.suite.sign(content, self.sign_key, issued_at=ISSUED, expires_at=EXPIRES)

    def verified(self, token: bytes) -> Signed:
        return self.suite.verify(token, keys(self.sign_key.public))

    def opened(self, sealed: str) -> bytes:
        return self.suite.open(sealed, private_keys(self.seal_key))


def keys(*known: PublicKey) -> Callable[[str], PublicKey]:
    def find(kid: str) -> PublicKey:
        for key in known:
            if key.kid == kid:
                return key
        raise UnknownKey(kid)

    return find


def private_keys(*known: PrivateKey) -> Callable[[str], PrivateKey]:
    return lambda kid: {key.kid: key for key in known}[keys(*(key.public for key in known))(kid).kid]


def with_header(text: str, changes: dict[str, Any]) -> str:
    """The token with other members in its header; None takes one away."""
    head, _, rest = text.partition(".")
    fields = json.loads(compact.decode(head.encode())) | changes
    return compact.header({k: v for k, v in fields.items() if v is not None}).decode() + "." + rest


def with_raw_header(text: str, header: bytes) -> str:
    return compact.encode(header).decode() + "." + text.partition(".")[2]


def altered(text: str, segment: int, place: float) -> str:
    """The token with one bit of a segment's bytes changed, at a place between 0 and 1."""
    parts = text.split(".")
    data = bytearray(compact.decode(parts[segment].encode()))
    data[int(place * (len(data) - 1))] ^= 1
    parts[segment] = compact.encode(bytes(data)).decode()
    return ".".join(parts)


@pytest.fixture(params=list(SuiteName), scope="module")
def pair(request: pytest.FixtureRequest) -> Pair:
    return Pair(request.param)


@pytest.fixture(scope="module")
def other(pair: Pair) -> Pair:
    return Pair(next(name for name in SuiteName if name is not pair.suite.name))


def test_what_was_signed_and_sealed_comes_back_as_it_was(pair: Pair) -> None:
    token = pair.opened(pair.sealed)
    assert token == pair.token
    assert pair.verified(token) == Signed(content=CONTENT, kid=pair.sign_key.kid, issued_at=ISSUED, expires_at=EXPIRES)


@settings(max_examples=50, deadline=None)
@given(content=st.binary(max_size=2000))
@pytest.mark.parametrize("name", list(SuiteName))
def test_any_bytes_come_back(name: SuiteName, content: bytes) -> None:
    both = PAIRS[name]
    assert both.verified(both.opened(both.suite.seal(both.signed(content), both.seal_key.public))).content == content


def test_the_largest_content_passes_and_one_byte_more_is_refused(pair: Pair) -> None:
    content = b"x" * MAX_BYTES
    token = pair.signed(content)
    assert pair.verified(pair.opened(pair.suite.seal(token, pair.seal_key.public))).content == content
    with pytest.raises(TooLarge):
        pair.signed(content + b"x")


def test_what_is_too_large_is_refused_before_anything_is_looked_at(pair: Pair) -> None:
    with pytest.raises(TooLarge):
        pair.verified(b"x" * (compact.MAX_TOKEN + 1))
    with pytest.raises(TooLarge):
        pair.opened("x" * (compact.MAX_SEALED + 1))
    with pytest.raises(TooLarge):
        pair.suite.seal(b"x" * (compact.MAX_TOKEN + 1), pair.seal_key.public)


def test_a_token_whose_content_is_a_little_too_large_is_refused(pair: Pair) -> None:
    head, _, signature = pair.token.split(b".")
    large = head + b"." + compact.encode(b"x" * (MAX_BYTES + 1)) + b"." + signature
    assert len(large) <= compact.MAX_TOKEN
    with pytest.raises((TooLarge, BadSignature)):
        pair.verified(large)


def test_signing_the_same_twice_is_the_same_to_the_reader_and_sealing_twice_is_not(pair: Pair) -> None:
    assert pair.verified(pair.signed()) == pair.verified(pair.signed())
    assert pair.suite.seal(pair.token, pair.seal_key.public) != pair.sealed


def test_the_sealed_form_shows_nothing_of_the_content_or_the_sender(pair: Pair) -> None:
    assert pair.sign_key.kid.encode() not in base64.urlsafe_b64decode(pair.sealed.partition(".")[0] + "==")
    assert pair.token.decode().partition(".")[0] not in pair.sealed


@pytest.mark.parametrize("place", [0, 0.3, 0.6, 1])
@pytest.mark.parametrize("segment", [1, 2])
def test_a_changed_content_or_signature_is_refused(pair: Pair, segment: int, place: float) -> None:
    with pytest.raises(BadSignature):
        pair.verified(altered(pair.token.decode(), segment, place).encode())


@pytest.mark.parametrize("place", [0, 0.3, 0.6, 1])
@pytest.mark.parametrize("segment", [1, 2, 3, 4], ids=["encrypted key", "iv", "ciphertext", "tag"])
def test_a_changed_envelope_is_refused(pair: Pair, segment: int, place: float) -> None:
    with pytest.raises(CannotBeOpened):
        pair.opened(altered(pair.sealed, segment, place))


@pytest.mark.parametrize("changes", [{"iat": ISSUED - 1}, {"exp": EXPIRES + 1}], ids=str)
def test_a_changed_time_is_refused(pair: Pair, changes: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        pair.verified(with_header(pair.token.decode(), changes).encode())


NOT_ALLOWED: Final = ["none", "None", "HS256", "EdDSA", "ES256", "Ed448", "RS256", "ed25519", "", None, 1, ["Ed25519"]]


@pytest.mark.parametrize("alg", NOT_ALLOWED, ids=str)
def test_another_algorithm_of_signatures_is_refused(pair: Pair, alg: object) -> None:
    with pytest.raises(AlgorithmNotAllowed):
        pair.verified(with_header(pair.token.decode(), {"alg": alg}).encode())


@pytest.mark.parametrize(
    "changes",
    [
        {"alg": alg}
        for alg in ("none", "dir", "ECDH-ES", "ECDH-ES+A128KW", "A256KW", "PBES2-HS512+A256KW", "RSA-OAEP", "", None, 1)
    ]
    + [{"enc": enc} for enc in ("A128GCM", "A256CBC-HS512", "A128CBC-HS256", "", None, 1)],
    ids=str,
)
def test_another_algorithm_of_envelopes_is_refused(pair: Pair, changes: dict[str, Any]) -> None:
    with pytest.raises(AlgorithmNotAllowed):
        pair.opened(with_header(pair.sealed, changes))


SMUGGLED: Final[list[dict[str, Any]]] = [
    {"crit": ["exp"]},
    {"crit": []},
    {"b64": False, "crit": ["b64"]},
    {"b64": True},
    {"zip": "DEF"},
    {"jku": "https://example.org/keys"},
    {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}},
    {"x5c": ["MIIB"]},
    {"x5u": "https://example.org/certificate"},
    {"apu": "QQ"},
    {"p2c": 1_000_000_000},
    {"kid": None},
    {"kid": 1},
    {"kid": ["442000.sign.00000000"]},
    {"typ": "JWT", "cty": "JWT"},
    {"typ": None, "cty": None},
]


@pytest.mark.parametrize("changes", SMUGGLED, ids=str)
def test_a_header_with_more_less_or_other_members_is_refused(pair: Pair, changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        pair.verified(with_header(pair.token.decode(), changes).encode())
    with pytest.raises(Malformed):
        pair.opened(with_header(pair.sealed, changes))


def doubled(text: str, name: str) -> str:
    """The token with a member of its header written twice."""
    head = compact.decode(text.partition(".")[0].encode())
    member = json.dumps({name: json.loads(head)[name]}).encode()[1:-1]
    return with_raw_header(text, head.replace(b"{", b"{" + member + b",", 1))


@pytest.mark.parametrize("name", ["kid", "alg"])
def test_a_member_that_stands_twice_is_refused(pair: Pair, name: str) -> None:
    with pytest.raises(Malformed, match="twice"):
        pair.verified(doubled(pair.token.decode(), name).encode())
    with pytest.raises(Malformed, match="twice"):
        pair.opened(doubled(pair.sealed, name))


HEADERS: Final = [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 350, '{"alg":"É"}'.encode(), b"{" + b" " * 600]


@pytest.mark.parametrize("header", HEADERS, ids=repr)
def test_a_header_that_is_no_small_object_is_refused(pair: Pair, header: bytes) -> None:
    with pytest.raises(Malformed):
        pair.verified(with_raw_header(pair.token.decode(), header).encode())
    with pytest.raises(Malformed):
        pair.opened(with_raw_header(pair.sealed, header))


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [1.5, "1780000000", True, -1, 2**60, None, float("nan")], ids=str)
def test_a_time_that_is_no_whole_second_is_refused(pair: Pair, name: str, value: object) -> None:
    with pytest.raises(Malformed):
        pair.verified(with_header(pair.token.decode(), {name: value}).encode())


def test_a_token_that_expires_before_it_was_issued_is_refused_and_never_made(pair: Pair) -> None:
    with pytest.raises(Malformed):
        pair.verified(with_header(pair.token.decode(), {"exp": ISSUED}).encode())
    with pytest.raises(ValueError, match="expires after"):
        pair.suite.sign(CONTENT, pair.sign_key, issued_at=ISSUED, expires_at=ISSUED)


def test_a_key_that_is_not_known_is_named(pair: Pair) -> None:
    with pytest.raises(UnknownKey, match=pair.sign_key.kid):
        pair.suite.verify(pair.token, keys())
    with pytest.raises(UnknownKey, match=pair.seal_key.kid):
        pair.suite.open(pair.sealed, private_keys())


def test_the_key_of_somebody_else_does_not_fit(pair: Pair) -> None:
    stranger_signs, stranger_opens = made(pair.suite.name, KeyUse.SIGN), made(pair.suite.name, KeyUse.SEAL)
    theirs = with_header(pair.token.decode(), {"kid": stranger_signs.kid}).encode()
    with pytest.raises(BadSignature):
        pair.suite.verify(theirs, keys(stranger_signs.public))
    with pytest.raises(CannotBeOpened):
        pair.suite.open(with_header(pair.sealed, {"kid": stranger_opens.kid}), private_keys(stranger_opens))
    with pytest.raises(KeyUnfit):
        pair.suite.verify(pair.token, lambda _: stranger_signs.public)
    with pytest.raises(KeyUnfit):
        pair.suite.open(pair.sealed, lambda _: stranger_opens)


def test_a_key_is_good_for_its_own_use_and_suite_alone(pair: Pair, other: Pair) -> None:
    wrong_use, wrong_suite = pair.seal_key, other.sign_key
    for key in (wrong_use, wrong_suite):
        with pytest.raises(KeyUnfit):
            pair.suite.sign(CONTENT, key, issued_at=ISSUED, expires_at=EXPIRES)
        with pytest.raises(KeyUnfit):
            pair.suite.verify(with_header(pair.token.decode(), {"kid": key.kid}).encode(), keys(key.public))
    for key in (pair.sign_key, other.seal_key):
        with pytest.raises(KeyUnfit):
            pair.suite.seal(pair.token, key.public)
        with pytest.raises(KeyUnfit):
            pair.suite.open(with_header(pair.sealed, {"kid": key.kid}), private_keys(key))


def test_the_tokens_of_the_other_suite_are_refused(pair: Pair, other: Pair) -> None:
    with pytest.raises(AlgorithmNotAllowed):
        pair.verified(other.token)
    with pytest.raises(AlgorithmNotAllowed):
        pair.opened(other.sealed)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "....", "x", "{}", "a.b.c", "a.b.c.d.e", "é.b.c", "a.b.c.d.\N{SNOWMAN}"]
)
def test_what_is_no_token_is_refused(pair: Pair, text: str) -> None:
    with pytest.raises(Malformed):
        pair.verified(text.encode())
    with pytest.raises(Malformed):
        pair.opened(text)


def test_a_token_that_was_cut_off_is_refused_wherever_it_ends(pair: Pair) -> None:
    for end in range(0, len(pair.token), 7):
        with pytest.raises((Malformed, BadSignature)):
            pair.verified(pair.token[:end])
    for end in range(0, len(pair.sealed), 7):
        with pytest.raises((Malformed, CannotBeOpened)):
            pair.opened(pair.sealed[:end])


def spellings(text: str, segment: int) -> list[str]:
    """Other ways to write a segment that careless readers take for the same bytes."""
    parts = text.split(".")
    own = parts[segment]
    loose = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [own + "=", own + "==", own + "\n", " " + own, own + "A", own[:-1] + loose[loose.index(own[-1]) ^ 1]]
    return [".".join([*parts[:segment], one, *parts[segment + 1 :]]) for one in others]


def test_no_token_has_two_spellings(pair: Pair) -> None:
    for segment in range(3):
        for text in spellings(pair.token.decode(), segment):
            with pytest.raises(CryptoError):
                pair.verified(text.encode())
    for segment in range(5):
        for text in spellings(pair.sealed, segment):
            with pytest.raises(CryptoError):
                pair.opened(text)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("name", list(SuiteName))
def test_whatever_comes_the_error_is_one_of_the_family_and_quotes_nothing(name: SuiteName, data: st.DataObject) -> None:
    both = PAIRS[name]
    segment = st.one_of(st.binary(max_size=40).map(lambda b: compact.encode(b).decode()), st.text(max_size=20))
    heads = st.sampled_from([both.token.decode().partition(".")[0], both.sealed.partition(".")[0]])
    text = ".".join([data.draw(st.one_of(heads, segment)), *data.draw(st.lists(segment, max_size=5))])
    for attempt in (
        lambda: both.verified(text.encode("utf-8", "surrogatepass")),
        lambda: both.opened(text),
    ):
        with pytest.raises(CryptoError) as caught:
            attempt()
        long = [part for part in text.split(".") if len(part) > 8]
        assert not any(part in str(caught.value) for part in long)


def test_a_private_key_is_not_printed(pair: Pair) -> None:
    for key in (pair.sign_key, pair.seal_key):
        shown = f"{key} {key!r} {key.jwk} {key.jwk!r} {key.public!r}"
        assert key.jwk.d not in shown
        assert key.jwk.secret.hex() not in shown


def test_a_suite_that_nobody_knows_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UnknownSuite, match=r"rot13; there are: jose, sm"):
        suite("rot13")


def test_a_suite_whose_package_is_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.crypto.suites.find_spec", lambda _: None)
    with pytest.raises(SuiteNotInstalled, match=r"legalaid-transfer\[sm\]"):
        suite("sm")
    assert suite("jose").name is SuiteName.JOSE


PAIRS: Final = {name: Pair(name) for name in SuiteName}
