"""The invented case is erased, many years later: Luxian tells Zhongshan, which answers; nobody signed the receipts."""

from typing import Final

from transfer.messages.examples_case import AYGUL, CASE, REVOCATION, Json, sent

_ORDERED: Final = "2046-07-02T09:00:00+08:00"
_ANSWERED: Final = "2046-07-02T09:01:00+08:00"

PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.case.erasure_ordered.v1": sent(
        ("510521", "442000"),
        _ORDERED,
        {"conversation": CASE, "sequence": 20},
        {"case": CASE, "at": _ORDERED, "basis": "TERM_OVER", "receipt": REVOCATION},
        {"applicant": AYGUL, "basis": "CONSENT_WITHDRAWN", "told": ["440000", "442000"]},
    ),
    "legalaid.case.erasure_answered.v1": sent(
        ("442000", "510521"),
        _ANSWERED,
        {"conversation": CASE, "sequence": 12},
        {"case": CASE, "at": _ANSWERED},
        {"applicant": AYGUL, "receipt": REVOCATION},
    ),
}
