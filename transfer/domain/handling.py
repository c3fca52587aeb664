"""What a region keeps of its handling of a case: what was said with each stage, by whom, and who is recused.

None of it travels; followers hear of stages, their grounds and notes.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final, Literal, Self, TypeVar
from uuid import UUID

from pydantic import Field, model_validator

from transfer.domain.keeping import Erasure, Hold
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import (
    AidUnit,
    CaseResult,
    Consequence,
    Procedure,
    RecusalReason,
    RefusalReason,
    Remedy,
    ReplacementReason,
)
from transfer.messages.evidence_items import Phone
from transfer.messages.values import Day, Frozen, InstitutionCode, Line, Moment, Name, Text

Persons = Annotated[tuple[UUID, ...], Field(max_length=500, description="applicants; all active ones when empty")]
Fen = Annotated[int, Field(ge=0, le=10**12, description="an amount of money in fen")]


class Refusal(Frozen):
    """To whom aid is refused, and why (LAL 43(1): in writing, with reasons)."""

    applicants: Persons = ()
    reason: RefusalReason
    explanation: Text


class Decided(Frozen):
    """Of each applicant: who is not named as refused is granted aid."""

    kind: Literal["decision"] = "decision"
    refusals: Annotated[tuple[Refusal, ...], Field(max_length=500)] = ()


class Assignment(Frozen):
    """Who handles the case (O148 24)."""

    kind: Literal["assignment"] = "assignment"
    unit: AidUnit
    office: Annotated[Line, Field(description="name of the firm, the office, or the institution")]
    person: Name
    phone: Phone | None = None
    licence: Annotated[
        Line | None, Field(description="number of the lawyer's licence; absent when it is no lawyer")
    ] = None
    no_lawyer_because: Annotated[Text | None, Field(description="where lawyers come first: why it is none")] = None
    handed_over: Annotated[Text | None, Field(description="at a replacement: what was handed over, and how")] = None

    @model_validator(mode="after")
    def _a_firm_sends_a_lawyer(self) -> Self:
        if self.unit is AidUnit.LAW_FIRM and self.licence is None:
            raise ValueError("a law firm's person shows the licence")
        return self


class NoAgreement(Frozen):
    """The objective cause that prevents agreement and power of attorney for now (O148 27)."""

    kind: Literal["no_agreement"] = "no_agreement"
    cause: Text


class Termination(Frozen):
    """On what facts aid is terminated (LAL 48); after fraud what is to be paid (LAL 64)."""

    kind: Literal["termination"] = "termination"
    facts: Text
    recover_fen: Fen | None = None
    fine_fen: Fen | None = None


class Objection(Frozen):
    """Who objects to the decision, and why (LAL 49)."""

    kind: Literal["objection"] = "objection"
    applicants: Persons = ()
    grounds: Text


class Review(Frozen):
    """What the justice department found of the objection (LAL 49)."""

    kind: Literal["review"] = "review"
    body: Annotated[Line, Field(description="name of the justice department")]
    reviewer: Name
    reasons: Text


class ClosingDay(Frozen):
    """An event from which the closing day may follow."""

    event: CaseEvent
    on: Day


class Conclusion(Frozen):
    """How the case was concluded (LAL 50); its closing day follows from procedure and events."""

    kind: Literal["conclusion"] = "conclusion"
    procedure: Procedure
    days: Annotated[tuple[ClosingDay, ...], Field(min_length=1, max_length=10)]
    result: CaseResult
    recovered_fen: Fen | None = None
    summary: Text

    @model_validator(mode="after")
    def _was_not_terminated(self) -> Self:
        if self.procedure is Procedure.TERMINATION:
            raise ValueError(
                "what was terminated is not concluded; enter the day on which its unit received the decision"
            )
        return self


class ClosingFile(Frozen):
    """What the person in charge hands in: copies of the legal documents and a report (LAL 50)."""

    kind: Literal["closing_file"] = "closing_file"
    papers: Annotated[tuple[Line, ...], Field(min_length=1, max_length=500)]


class Archived(Frozen):
    """Where the file is kept: one case, one file; a file that touches secrets or privacy is a confidential volume."""

    kind: Literal["archive"] = "archive"
    number: Line
    confidential: bool = False


class Service(Frozen):
    """To whom a decision was served, and how (送达回证)."""

    kind: Literal["service"] = "service"
    applicants: Persons = ()
    how: Line


class ReplacementAsked(Frozen):
    """Why another person should handle the case (LAL 55)."""

    kind: Literal["replacement_asked"] = "replacement_asked"
    reason: ReplacementReason
    facts: Text


class ReplacementDecided(Frozen):
    """Whether another person is to handle the case."""

    kind: Literal["replacement"] = "replacement"
    replaced: bool
    reasons: Text


Part = Annotated[
    Decided
    | Assignment
    | NoAgreement
    | Termination
    | Objection
    | Review
    | Conclusion
    | ClosingFile
    | Archived
    | Service
    | ReplacementAsked
    | ReplacementDecided,
    Field(discriminator="kind"),
]
"""What is said with a stage or an event."""

AnyPart = TypeVar("AnyPart", bound=Frozen)

REVIEWS: Final = frozenset({Stage.UNDER_REVIEW, Stage.SUSPENDED})
DECISIONS: Final = frozenset({Stage.GRANTED, Stage.REFUSED, Stage.TERMINATED})


class Entry(Frozen):
    """A stage or an event that somebody of this region entered, with what was said."""

    what: CaseEvent | Stage
    occurred_on: Day
    by: Name
    institution: InstitutionCode
    at: Moment
    part: Part | None = None
    remedy: Remedy | None = None
    consequence: Consequence | None = None
    late: Annotated[bool, Field(description="an objection after its term, which is not lost by that")] = False

    @property
    def hand(self) -> str:
        """Whose decision it is: an objection is reviewed elsewhere, and entered here."""
        return self.part.reviewer if isinstance(self.part, Review) else self.by


class Recusal(Frozen):
    """A person who takes no step in the case, until that is lifted."""

    person: Name
    reason: RecusalReason
    since: Day
    entered_by: Name
    lifted_on: Day | None = None
    lifted_by: Name | None = None
    lifted_because: Text | None = None


class Handling(Frozen):
    """All entries, oldest first, all recusals, the hold that stands, and all erasures."""

    entries: tuple[Entry, ...] = ()
    recusals: tuple[Recusal, ...] = ()
    hold: Hold | None = None
    erasures: tuple[Erasure, ...] = ()

    def with_entry(self, entry: Entry) -> "Handling":
        """With one more; of a review that goes back and forth the latest entries of each person are enough."""
        kept = self.entries
        if entry.what in REVIEWS:
            kept = tuple(one for one in kept if (one.what, one.by) != (entry.what, entry.by))
        return self.model_copy(update={"entries": (*kept, entry)})

    def with_erasure(self, erasure: Erasure) -> "Handling":
        """With this one, in the place of an earlier one of the same applicant or of the case."""
        others = tuple(one for one in self.erasures if one.applicant != erasure.applicant)
        return self.model_copy(update={"erasures": (*others, erasure)})

    def erasure(self, applicant: UUID | None) -> Erasure | None:
        """That of the applicant, or of the case."""
        return next((one for one in self.erasures if one.applicant == applicant), None)

    @property
    def erased(self) -> bool:
        """Whether nothing personal of the case is left."""
        whole = self.erasure(None)
        return whole is not None and whole.receipt is not None

    def last(self, *whats: str) -> Entry | None:
        """The latest entry of one of these stages or events."""
        return next((entry for entry in reversed(self.entries) if entry.what in whats), None)

    def said(self, kind: type[AnyPart]) -> AnyPart | None:
        """The latest part of this kind."""
        return next((e.part for e in reversed(self.entries) if isinstance(e.part, kind)), None)

    def hands(self, *whats: str) -> frozenset[str]:
        """Who entered these stages or events."""
        return frozenset(entry.hand for entry in self.entries if entry.what in whats)

    @property
    def recused(self) -> frozenset[str]:
        """Who may take no step."""
        return frozenset(one.person for one in self.recusals if one.lifted_on is None)

    def refused(self, active: frozenset[UUID]) -> frozenset[UUID]:
        """Who of these is refused aid: by the latest decision, unless it had to be corrected for them."""
        refused: frozenset[UUID] = frozenset()
        objecting, ended = refused, False
        for entry in self.entries:
            if entry.what in DECISIONS:
                ended = entry.what == Stage.TERMINATED
            match entry.part:
                case Decided() as part:
                    refused = refused_by(part, active)
                case Objection(applicants=some):
                    objecting = frozenset() if ended else frozenset(some) or active
                case Review() if entry.what == Stage.CORRECTION_ORDERED:
                    refused -= objecting
                case None if entry.what == Stage.GRANTED:
                    refused = frozenset()
        return refused

    def served(self, active: frozenset[UUID]) -> dict[UUID, date]:
        """On which day the latest decision was served on each of these."""
        found: dict[UUID, date] = {}
        for entry in self._since_decision():
            if isinstance(entry.part, Service):
                found |= dict.fromkeys(frozenset(entry.part.applicants) or active, entry.occurred_on)
        return found

    def _since_decision(self) -> Iterator[Entry]:
        last = max((n for n, entry in enumerate(self.entries) if entry.what in DECISIONS), default=-1)
        return iter(self.entries[last + 1 :])


UNHANDLED: Final = Handling()


def refused_by(part: Decided, active: frozenset[UUID]) -> frozenset[UUID]:
    """Who of these is refused by this decision."""
    return frozenset[UUID]().union(*(frozenset(one.applicants) or active for one in part.refusals))
