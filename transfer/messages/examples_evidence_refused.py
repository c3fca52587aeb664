"""What a receiver refuses of an evidence request; see ``examples_refused``."""

from typing import Final

from transfer.messages.examples import FULL
from transfer.messages.examples_case import AYGUL
from transfer.messages.examples_evidence import INTERVIEW
from transfer.messages.refused import ABSENT, Refused

_EACH: Final = (
    Refused("no-request", "data.request", ABSENT, "data.request: Field required"),
    Refused("case-without-id", "data.case", "2026-9", "data.case: Input should be a valid UUID"),
    Refused("moment-without-offset", "data.at", "2026-07-01T09:00:00", "data.at: Input should have timezone info"),
)

_OWN: Final[dict[str, tuple[Refused, ...]]] = {
    "legalaid.evidence.requested.v1": (
        Refused("no-items", "data.items", [], "data.items: Tuple should have at least 1 item"),
        Refused("unknown-kind", "data.items.0.kind", "SEARCH", "items.0.kind: Input should be"),
        Refused("asks-nothing", "data.items.0.fields", [], "fields: Tuple should have at least 1 item"),
        Refused("no-purpose", "data.purpose", ABSENT, "data.purpose: Field required"),
        Refused("limit-of-zero", "data.working_days", 0, "Input should be greater than or equal to 1"),
        Refused(
            "period-that-ends-before-it-begins",
            "data.items.0.period_to",
            "2025-10-31",
            "a period ends on or after its first day",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "period-without-end",
            "data.items.0.period_to",
            ABSENT,
            "a period has a first and a last day",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "about-a-stranger",
            "data.items.0.about",
            [INTERVIEW],
            "an item is about a person who is not in the request",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "person-for-nothing",
            "data.items.1.about",
            [AYGUL],
            "no item is about the person",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "licence-without-firm",
            "data.lawyer.firm",
            ABSENT,
            "a lawyer's licence and firm are named together",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "not-the-holder", "data.requester", "510522", "the last tenure is not the requester's", schema_finds=False
        ),
    ),
    "legalaid.evidence.signed_for.v1": (
        Refused("answers-nothing", "answers", ABSENT, "answers: Field required"),
        Refused("no-day-of-receipt", "data.received_on", ABSENT, "received_on: Field required"),
    ),
    "legalaid.evidence.clarification_asked.v1": (
        Refused("no-question", "data.question", ABSENT, "question: Field required"),
    ),
    "legalaid.evidence.clarified.v1": (Refused("empty-answer", "data.answer", "", "at least 1 character"),),
    "legalaid.evidence.undertaken.v1": (
        Refused("nobody-does-it", "data.collector", ABSENT, "collector: Field required"),
    ),
    "legalaid.evidence.supplied.v1": (
        Refused("nothing-supplied", "data.answers", [], "answers: Tuple should have at least 1 item"),
        Refused("unknown-result", "data.answers.0.result", "done", "result: Input should be"),
        Refused(
            "nothing-obtained-without-a-word",
            "data.answers.0.statement",
            ABSENT,
            "whatever is not obtained in full is explained in writing",
            schema_finds=False,
        ),
        Refused(
            "obtained-and-nothing-there",
            "data.answers.0.result",
            "obtained",
            "facts or pieces are given exactly when something was obtained",
            schema_finds=False,
        ),
        Refused(
            "later-without-a-day",
            "data.answers.1.not_before",
            ABSENT,
            "a day is given exactly when it cannot be had before that day",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "piece-nobody-collected",
            "data.answers.0.pieces.0.custody.0.act",
            "SENT",
            "custody begins with the collection",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "hop-before-the-collection",
            "data.answers.0.pieces.0.custody.1.at",
            "2026-07-01T09:00:00+08:00",
            "the hops of custody are in the order of time",
            of=FULL,
            schema_finds=False,
        ),
        Refused(
            "original-seen-or-not",
            "data.answers.0.pieces.0.original_seen",
            ABSENT,
            "original_seen: Field required",
            of=FULL,
        ),
    ),
    "legalaid.evidence.returned.v1": (
        Refused("no-reply-letter", "data.letter", ABSENT, "data.letter: Field required"),
    ),
    "legalaid.evidence.confirmed.v1": (),
    "legalaid.evidence.rework_asked.v1": (
        Refused("nothing-wrong", "data.items", [], "items: Tuple should have at least 1 item"),
    ),
    "legalaid.evidence.declined.v1": (
        Refused("recipient-not-eligible", "data.reason", "RECIPIENT_NOT_ELIGIBLE", "data.reason: Input should be"),
        Refused("without-a-word", "data.explanation", ABSENT, "explanation: Field required"),
    ),
    "legalaid.evidence.extension_asked.v1": (Refused("until-never", "data.until", ABSENT, "until: Field required"),),
    "legalaid.evidence.extension_granted.v1": (
        Refused("no-such-day", "data.due_on", "2026-06-31", "data.due_on: Input should be a valid date"),
    ),
    "legalaid.evidence.extension_refused.v1": (
        Refused("without-a-reason", "data.reason", ABSENT, "data.reason: Field required"),
    ),
    "legalaid.evidence.cancelled.v1": (
        Refused("unknown-reason", "data.reason", "LATE", "data.reason: Input should be"),
    ),
    "legalaid.evidence.lawyer_changed.v1": (Refused("nobody", "data.lawyer", ABSENT, "data.lawyer: Field required"),),
}

REFUSED_EVIDENCE: Final = {name: (*own, *_EACH) for name, own in _OWN.items()}
