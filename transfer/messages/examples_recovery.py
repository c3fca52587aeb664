"""Luxian came back from a backup and asks Zhongshan what it has forgotten."""

from typing import Final

from transfer.messages.examples_case import CASE, Json, sent

_QUESTION: Final = "01976a10-c400-7000-8000-0000000d0000"
_MESSAGE: Final = "019ebeb5-1900-7000-8000-0000000a0000"
_ASKS: Final = "sha256:5a0fd1b2f4e3c6a798b1d0e2f3c4a5b6978899aabbccddeeff00112233445566"
_KEPT: Final[Json] = {"message": _MESSAGE, "conversation": CASE, "sequence": 1, "outcome": "applied"}

PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.recovery.asked.v1": sent(
        ("510521", "442000"),
        "2026-06-14T09:00:00+08:00",
        {"conversation": _QUESTION, "sequence": 1},
        {"since": "2026-06-14T01:00:00+08:00", "reason": "磁盘损坏"},
        {"after": _MESSAGE, "note": "legalaid/510521\n7\nc29tZSByb290\n"},
    ),
    "legalaid.recovery.answered.v1": sent(
        ("442000", "510521"),
        "2026-06-14T09:00:10+08:00",
        {"conversation": _QUESTION, "sequence": 1, "answers": _ASKS},
        {},
        {
            "through": _MESSAGE,
            "known": "legalaid/510521\n9\nc29tZSByb290\n",
            "sent": [
                {
                    **_KEPT,
                    "withheld": True,
                    "outcome": "refused",
                    "refusal": {
                        "code": "ILLEGAL_STEP",
                        "hop": "recipient",
                        "detail": "no such transfer",
                        "resend": False,
                    },
                }
            ],
            "received": [{**_KEPT, "content": "{}", "signature": "e30..AA"}],
        },
    ),
}
