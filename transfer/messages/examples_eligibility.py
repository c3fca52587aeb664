"""Attestations of the invented case: Luxian attests what it found, and takes it back; nobody signed the tokens."""

from typing import Final

from transfer.messages.examples_case import ATTESTED, CASE, REVOCATION, Json, sent

_ROUTE: Final = ("510521", "442000")
_ISSUED: Final = "2026-06-16T09:00:00+08:00"
_REVOKED: Final = "2026-06-20T09:00:00+08:00"

PAIRS: Final[dict[str, tuple[Json, Json]]] = {
    "legalaid.attestation.issued.v1": sent(
        _ROUTE,
        _ISSUED,
        {"conversation": CASE, "sequence": 3},
        {"case": CASE, "at": _ISSUED, "attested": ATTESTED},
        {},
    ),
    "legalaid.attestation.revoked.v1": sent(
        _ROUTE,
        _REVOKED,
        {"conversation": CASE, "sequence": 4},
        {"case": CASE, "at": _REVOKED, "revocation": REVOCATION},
        {},
    ),
}
