"""What a receiver refuses of questions and answers after a restore."""

from typing import Final

from transfer.messages.examples import FULL
from transfer.messages.refused import ABSENT, Refused

REFUSED_RECOVERY: Final = {
    "legalaid.recovery.asked.v1": (
        Refused("no-time", "data.since", ABSENT, "data.since: Field required"),
        Refused("time-of-no-zone", "data.since", "2026-06-14T01:00:00", "data.since: "),
        Refused("no-conversation", "conversation", ABSENT, "conversation: Field required"),
        Refused("no-reason", "data.reason", ABSENT, "data.reason: Field required"),
    ),
    "legalaid.recovery.answered.v1": (
        Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
        Refused("no-outcome", "data.received.0.outcome", ABSENT, "received.0.outcome: Field required", of=FULL),
        Refused("unknown-outcome", "data.received.0.outcome", "lost", "received.0.outcome: Input should be", of=FULL),
        Refused("no-place", "data.received.0.sequence", 0, "received.0.sequence: Input should be", of=FULL),
    ),
}
