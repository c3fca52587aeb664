"""What a receiver refuses of messages on erasures; their receipts are judged behind the schema."""

from typing import Final

from transfer.messages.refused import ABSENT, Refused

REFUSED_ERASURES: Final = {
    "legalaid.case.erasure_ordered.v1": (
        Refused("no-receipt", "data.receipt", ABSENT, "data.receipt: Field required"),
        Refused("no-token", "data.receipt", "not.a token.x", "data.receipt: String should match"),
        Refused("no-basis", "data.basis", ABSENT, "data.basis: Field required"),
        Refused("unknown-basis", "data.basis", "OLD", "data.basis: Input should be"),
    ),
    "legalaid.case.erasure_answered.v1": (
        Refused("no-case", "data.case", ABSENT, "data.case: Field required"),
        Refused("no-token", "data.receipt", "x", "data.receipt: String should match"),
        Refused("no-time", "data.at", ABSENT, "data.at: Field required"),
    ),
}
