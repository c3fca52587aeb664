"""Signed notes as C2SP writes them: the published examples verify, and nothing that is malformed does."""

import base64
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transfer.crypto.errors import CryptoError, NoteMalformed, NoteUnverified
from transfer.crypto.notes import (
    MAX_NOTE,
    MAX_SIGNATURES,
    Note,
    Signer,
    Verifier,
    Witness,
    cosign,
    sign,
    verify,
    witnessed,
)

# The examples of the Go package golang.org/x/mod/sumdb/note.
TEXT: Final = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PRIVATE: Final = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
PETER: Final = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH: Final = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
BY_PETER: Final = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH: Final = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
NOTE: Final = f"{TEXT}\n{BY_PETER}"
BOTH: Final = f"{NOTE}{BY_ENOCH}"
peter, enoch = Verifier.parse(PETER), Verifier.parse(ENOCH)


def test_the_published_key_signs_the_published_note() -> None:
    signer = Signer.parse(PRIVATE)
    assert sign(TEXT, signer) == NOTE
    assert signer.verifier == peter
    assert (signer.text, peter.text, enoch.text) == (PRIVATE, PETER, ENOCH)


def test_the_note_names_those_of_the_known_keys_that_signed_it() -> None:
    assert verify(BOTH, [peter]) == Note(TEXT, (peter,))
    assert verify(BOTH, [enoch]) == Note(TEXT, (enoch,))
    assert verify(BOTH, [enoch, peter, enoch]) == Note(TEXT, (enoch, peter))


def test_a_note_that_no_known_key_signed_is_refused() -> None:
    stranger = Signer.new("PeterNeumann").verifier
    for known in ([], [enoch], [stranger]):
        with pytest.raises(NoteUnverified):
            verify(NOTE, known)


def test_a_wrong_signature_by_a_known_key_spoils_the_note_whoever_else_signed() -> None:
    wrong = BY_ENOCH.replace("5n2tiO", "5n2tiP")
    with pytest.raises(NoteUnverified, match="EnochRoot"):
        verify(f"{NOTE}{wrong}", [peter, enoch])
    assert verify(f"{NOTE}{wrong}", [peter]).signers == (peter,)


def test_a_changed_text_is_refused() -> None:
    with pytest.raises(NoteUnverified):
        verify(NOTE.replace("answer", "Answer"), [peter])


MALFORMED: Final = {
    "no signature": TEXT,
    "nothing under the line": TEXT + "\n",
    "no last line feed": NOTE[:-1],
    "control character": "\x01" + NOTE,
    "tab": NOTE.replace("is the", "is\tthe"),
    "carriage returns": NOTE.replace("\n", "\r\n"),
    "surrogate": "\ud800" + NOTE,
    "name with a space": NOTE.replace("PeterNeumann", "Bad Name"),
    "name with a wide space": NOTE.replace("PeterNeumann", "Bad\u2003Name"),
    "name with a plus": NOTE.replace("PeterNeumann", "a+b"),
    "no name": NOTE.replace("PeterNeumann", ""),
    "a line that is no signature": NOTE + "Unexpected line.\n",
    "hyphen for a dash": NOTE.replace("—", "-"),
    "no base64": NOTE.replace("x08", "!08"),
    "base64 with other spelling": NOTE.replace("nAM=", "nAN="),
    "too short": f"{TEXT}\n— PeterNeumann x08gow==\n",
    "too many": f"{TEXT}\n{BY_PETER * (MAX_SIGNATURES + 1)}",
    "too large": "x" * MAX_NOTE + NOTE,
    "empty": "",
}


@pytest.mark.parametrize("why", MALFORMED)
def test_a_malformed_note_is_refused(why: str) -> None:
    with pytest.raises(NoteMalformed):
        verify(MALFORMED[why], [peter])


def test_as_many_signatures_are_taken_as_the_standard_asks() -> None:
    signers = [Signer.new(f"example.org/{number}") for number in range(16)]
    known = [signer.verifier for signer in signers]
    assert verify(sign(TEXT, *signers), known).signers == tuple(known)


def test_a_text_may_hold_empty_lines_and_lines_that_look_like_signatures() -> None:
    signer = Signer.new("legalaid/directory")
    for text in ("\n", "a\n\n\n", f"a\n\n{BY_PETER}", "目录\n\n— 442000 x\n"):
        assert verify(sign(text, signer), [signer.verifier]).text == text


def test_a_cosigner_adds_a_line_once() -> None:
    first, second = Signer.new("442000"), Signer.new("510521")
    note = sign(TEXT, first)
    twice = cosign(cosign(note, second), second)
    assert twice.startswith(note)
    assert twice.count("\n— 510521 ") == 1
    assert verify(twice, [first.verifier, second.verifier]).signers == (first.verifier, second.verifier)


@pytest.mark.parametrize("text", ["", "no line feed", "a\tb\n", "\x00\n", "\ud800\n"])
def test_a_text_that_could_not_be_verified_is_not_signed(text: str) -> None:
    with pytest.raises(NoteMalformed):
        sign(text, Signer.new("x"))


def test_a_note_that_nobody_signs_is_none() -> None:
    with pytest.raises(NoteMalformed):
        sign(TEXT)


def mangled(text: str) -> list[str]:
    cut = [text[i:j] for i in range(len(text) + 1) for j in range(i + 1, len(text) + 1) if (i, j) != (0, len(text))]
    raised = [text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(len(text))]
    return cut + raised


@pytest.mark.parametrize("parse", [Verifier.parse, Signer.parse], ids=["public", "private"])
def test_no_mangled_key_is_taken(parse: type[Verifier] | type[Signer]) -> None:
    for text in mangled(PETER if parse == Verifier.parse else PRIVATE):
        with pytest.raises(NoteMalformed):
            parse(text)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "text",
    [
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
    ids=["longer key", "other type"],
)
def test_a_key_of_another_size_or_type_is_refused(text: str) -> None:
    with pytest.raises(NoteMalformed):
        Verifier.parse(text)


def test_a_signing_key_is_not_printed() -> None:
    signer = Signer.parse(PRIVATE)
    assert repr(signer) == "Signer(name='PeterNeumann')"


@settings(deadline=None)
@given(text=st.text().map(lambda text: text + "\n"), seed=st.binary(min_size=32, max_size=32))
def test_whatever_is_signed_is_verified(text: str, seed: bytes) -> None:
    signer = Signer("442000", seed)
    try:
        note = sign(text, signer)
    except NoteMalformed:
        return
    assert verify(note, [signer.verifier]) == Note(text, (signer.verifier,))


@settings(deadline=None)
@given(note=st.text(), point=st.binary(min_size=32, max_size=32))
def test_whatever_comes_the_error_is_one_of_the_family(note: str, point: bytes) -> None:
    with pytest.raises(CryptoError):
        verify(f"{note}\n\n{BY_PETER}{note}", [Verifier("PeterNeumann", point), peter])


@settings(deadline=None)
@given(point=st.binary(min_size=32, max_size=32), signature=st.binary(min_size=60, max_size=68))
def test_a_point_that_is_none_verifies_nothing(point: bytes, signature: bytes) -> None:
    assert not Verifier("x", point).verifies("text\n", signature)


CHECKPOINT: Final = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
SEEN: Final = datetime(2023, 3, 20, 12, 25, 47, tzinfo=UTC)


def cosigned(signer: Signer, at: datetime = SEEN, text: str = CHECKPOINT) -> str:
    return sign(text, Signer.new("example.com/behind-the-sofa")) + signer.cosignature(text, at)


def test_the_key_of_a_public_witness_is_read() -> None:
    text = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    assert Witness.parse(text).text == text
    with pytest.raises(NoteMalformed):
        Verifier.parse(text)
    with pytest.raises(NoteMalformed):
        Witness.parse(PETER)


def test_a_witness_signs_what_the_standard_says_it_signs() -> None:
    signer = Signer.new("witness.example.com/w1")
    line = signer.cosignature(CHECKPOINT, SEEN)
    made = base64.b64decode(line.rpartition(" ")[2])
    assert made[:4] == signer.witness.id != signer.verifier.id
    assert int.from_bytes(made[4:12]) == 1679315147
    assert signer.verifier.verifies(f"cosignature/v1\ntime 1679315147\n{CHECKPOINT}", made[12:])


def test_the_witnesses_of_a_checkpoint_are_told_with_their_times() -> None:
    one, other = Signer.new("witness.example.com/w1"), Signer.new("witness.example.com/w2")
    later = datetime(2026, 7, 1, tzinfo=UTC)
    note = cosigned(one) + other.cosignature(CHECKPOINT, later)
    assert witnessed(note, [one.witness, other.witness]) == {one.witness: SEEN, other.witness: later}
    assert witnessed(note, [other.witness]) == {other.witness: later}
    assert witnessed(note, [Signer.new("witness.example.com/w1").witness]) == {}


def test_a_cosignature_is_no_signature_and_a_signature_no_cosignature() -> None:
    signer = Signer.new("witness.example.com/w1")
    with pytest.raises(NoteUnverified):
        verify(cosigned(signer), [signer.verifier])
    assert witnessed(sign(CHECKPOINT, signer), [signer.witness]) == {}


@pytest.mark.parametrize("place", [4, 11, 12, 75])
def test_a_cosignature_with_another_time_or_signature_is_refused(place: int) -> None:
    signer = Signer.new("witness.example.com/w1")
    above, _, line = cosigned(signer).rstrip("\n").rpartition(" ")
    made = bytearray(base64.b64decode(line))
    made[place] ^= 1
    with pytest.raises(NoteUnverified, match="w1"):
        witnessed(f"{above} {base64.b64encode(made).decode()}\n", [signer.witness])


@pytest.mark.parametrize("kept", [12, 75])
def test_a_cosignature_that_is_cut_short_is_refused(kept: int) -> None:
    signer = Signer.new("witness.example.com/w1")
    above, _, line = cosigned(signer).rstrip("\n").rpartition(" ")
    with pytest.raises(NoteUnverified):
        witnessed(f"{above} {base64.b64encode(base64.b64decode(line)[:kept]).decode()}\n", [signer.witness])


def test_a_cosignature_of_another_checkpoint_does_not_count() -> None:
    signer = Signer.new("witness.example.com/w1")
    with pytest.raises(NoteUnverified):
        witnessed(cosigned(signer).replace("20852163", "20852164"), [signer.witness])
