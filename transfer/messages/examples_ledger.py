"""Checkpoints of the invented case's regions; the keys under them are nobody's."""

from typing import Final

from transfer.messages.examples_case import Json, sent
from transfer.messages.ledger import ledger_conversation

_PUBLISHED: Final = "2026-06-16T10:00:00+08:00"
_ANSWERED: Final = "2026-06-16T10:00:02+08:00"
_CONVERSATION: Final = str(ledger_conversation("442000"))
_QUESTION: Final = "sha256:2f3d8a1d6a7b61f4d5a3bb2cf9a7c1e1f4f6d6e31f0c9a0f8f6f7b2b1d0c5e4a"
_SIGNED: Final = "— legalaid/442000 " + "A" * 91 + "=\n"
_OTHER: Final = "B" * 42 + "A="
NOTE: Final = "legalaid/442000\n4711\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n" + _SIGNED
_FORKED: Final = f"legalaid/442000\n4711\n{_OTHER}\n\n{_SIGNED}"
_LINE: Final = "— legalaid/510521 " + "C" * 102 + "==\n"
_ANSWER: Final[Json] = {"conversation": _CONVERSATION, "sequence": 1, "answers": _QUESTION}
_OF: Final[Json] = {"region": "442000", "size": 4711}
_FORK: Final[Json] = {"code": "FORK", "known": 4711, "notes": [NOTE, _FORKED]}

_COSIGNED, _ = sent(("510521", "442000"), _ANSWERED, _ANSWER, _OF | {"cosignature": _LINE}, {})
_REFUSED, _ = sent(("510521", "442000"), _ANSWERED, _ANSWER, _OF | {"refusal": _FORK}, {})

PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.ledger.checkpoint_published.v1": sent(
        ("442000", "510521"),
        _PUBLISHED,
        {"conversation": _CONVERSATION, "sequence": 1},
        {"region": "442000", "old": 0, "proof": [], "note": NOTE},
        {"old": 4096, "proof": [_OTHER, _OTHER]},
    ),
    "legalaid.ledger.checkpoint_answered.v1": (_COSIGNED, _REFUSED),
}
