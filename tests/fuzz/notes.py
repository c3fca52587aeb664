"""Signed notes, from whoever can write the file or the message that a directory comes in."""

from tests.fuzz.letters import directory
from tests.fuzz.target import Target
from tests.trust import shared
from transfer.crypto.errors import NoteMalformed, NoteUnverified
from transfer.crypto.notes import Signer, cosign, sign, verify

_OPERATOR = shared().operator
_WITNESS = Signer("witness.example/log", bytes(range(32)))


def once(data: bytes) -> None:
    """A note is verified or refused; one that is verified was signed by a known key over that very text."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        note = verify(text, [_OPERATOR.verifier, _WITNESS.verifier])
    except (NoteMalformed, NoteUnverified) as error:
        str(error).encode()
        return
    known = {sign(note.text, signer).removeprefix(note.text) for signer in (_OPERATOR, _WITNESS)}
    assert any(signature.strip() in text for signature in known)


def _seeds() -> list[bytes]:
    short = sign("a text\n", _OPERATOR)
    return [short.encode(), cosign(short, _WITNESS).encode(), shared().note(directory()).encode()[-2000:]]


TARGET = Target(once=once, seeds=_seeds, words=("\n\n", "\u2014 ", "\u2014", "\n", "+", "=", "test.example/directory "))
