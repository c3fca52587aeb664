"""Zhongshan asks Luxian to compare a day, and Luxian has one message less."""

from typing import Final

from transfer.messages.examples_case import CASE, Json, sent

_QUESTION: Final = "01976a10-c400-7000-8000-0000000c0000"
_START: Final = "019ebc8f-c800-0000-0000-000000000000"
_MIDDLE: Final = "019ebf22-f600-0000-0000-000000000000"
_STOP: Final = "019ec1b6-2400-0000-0000-000000000000"
_ASKED: Final = "2026-06-14T01:00:00+08:00"
_ANSWERED: Final = "2026-06-14T01:00:10+08:00"
_ROOT: Final = "b0e2bf8c3d1a7f8b7e6f1f3c8e1a0f9d4b5c6a7980f1e2d3c4b5a69788796a5b"
_ASKS: Final = "sha256:5a0fd1b2f4e3c6a798b1d0e2f3c4a5b6978899aabbccddeeff00112233445566"
_RANGE: Final = int(CASE[-2:], 16)

PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.reconcile.asked.v1": sent(
        ("442000", "510521"),
        _ASKED,
        {"conversation": _QUESTION, "sequence": 1},
        {"start": _START, "stop": _STOP, "sent": [], "received": []},
        {"sent": [{"range": _RANGE, "count": 2, "root": _ROOT}], "received": [{"range": 7, "count": 1, "root": _ROOT}]},
    ),
    "legalaid.reconcile.answered.v1": sent(
        ("510521", "442000"),
        _ANSWERED,
        {"conversation": _QUESTION, "sequence": 1, "answers": _ASKS},
        {"through": _STOP, "sent": {"ranges": [], "lines": []}, "received": {"ranges": [], "lines": []}},
        {
            "through": _MIDDLE,
            "received": {
                "ranges": [_RANGE],
                "lines": [
                    {
                        "message": "019ebeb5-1900-7000-8000-0000000a0000",
                        "conversation": CASE,
                        "sequence": 1,
                        "digest": _ASKS,
                        "state": "applied",
                    }
                ],
            },
        },
    ),
}
