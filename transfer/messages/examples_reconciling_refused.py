"""What a receiver refuses of questions and answers of reconciling."""

from typing import Final

from transfer.messages.examples import FULL
from transfer.messages.refused import ABSENT, Refused

_LINE: Final = "data.received.lines.0"

REFUSED_RECONCILING: Final = {
    "legalaid.reconcile.asked.v1": (
        Refused("no-start", "data.start", ABSENT, "data.start: Field required"),
        Refused("ends-before", "data.stop", "01970000-0000-0000-0000-000000000000", "ends after", schema_finds=False),
        Refused(
            "range-too-high", "data.sent.0.range", 256, "data.sent.0.range: Input should be less than 256", of=FULL
        ),
        Refused("nothing-in-it", "data.sent.0.count", 0, "data.sent.0.count: Input should be greater", of=FULL),
        Refused("short-root", "data.sent.0.root", "b0e2", "data.sent.0.root: String should match", of=FULL),
        Refused(
            "range-twice",
            "data.received",
            [{"range": 7, "count": 1, "root": "0" * 64}, {"range": 7, "count": 2, "root": "1" * 64}],
            "the ranges must be in their order, each once",
            schema_finds=False,
        ),
        Refused("no-conversation", "conversation", ABSENT, "conversation: Field required"),
    ),
    "legalaid.reconcile.answered.v1": (
        Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
        Refused("no-end", "data.through", ABSENT, "data.through: Field required"),
        Refused("unknown-state", f"{_LINE}.state", "lost", "lines.0.state: Input should be", of=FULL),
        Refused("state-of-a-sender", f"{_LINE}.state", "sent", "cannot have", of=FULL, schema_finds=False),
        Refused("no-digest", f"{_LINE}.digest", ABSENT, "lines.0.digest: Field required", of=FULL),
        Refused("message-as-number", f"{_LINE}.message", 7, "lines.0.message: UUID input should be", of=FULL),
        Refused("place-below-none", f"{_LINE}.sequence", -1, "lines.0.sequence: Input should be greater", of=FULL),
        Refused(
            "ranges-in-disorder", "data.sent.ranges", [9, 7], "the ranges must be in their order", schema_finds=False
        ),
        Refused(
            "line-of-no-range",
            f"{_LINE}.conversation",
            "01976a10-c400-7000-8000-0000000c00ff",
            "a line of a range that is not listed",
            of=FULL,
            schema_finds=False,
        ),
    ),
}
