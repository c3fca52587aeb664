"""What a rule says, where it comes from, and where and when it holds."""

from datetime import date
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from transfer.law.codes import GroundProof
from transfer.messages.case import RULE_CODE
from transfer.messages.codes import ApplicantCategory, HardshipGround, Matter
from transfer.messages.codes_clocks import CaseEvent, PauseReason, TimeUnit
from transfer.messages.values import Day, Frozen, Line

_SATURDAY: Final = 5


class Source(Frozen, extra="forbid"):
    """Where a rule stands. What nobody has read in a public text is not confirmed, and its article is never printed."""

    law: Line
    article: Line | None = None
    confirmed: bool

    @property
    def printed(self) -> str:
        """As it may stand on paper and pages."""
        return f"{self.law}{self.article or ''}" if self.confirmed else f"{self.law}（条文待核）"


class Rule(Frozen, extra="forbid"):
    """What all rules have. A region is named by the leading digits of its GB/T 2260 code: two a province, four a city;
    none means the whole country."""

    code: Annotated[str, Field(pattern=RULE_CODE)]
    zh: Line
    en: Line
    source: Source
    regions: tuple[Annotated[str, Field(pattern=r"^[1-9][0-9](?:[0-9]{2}){0,2}$")], ...] = ()
    valid_from: Day
    valid_until: Day | None = None

    @model_validator(mode="after")
    def _ends_later(self) -> Self:
        if self.valid_until is not None and self.valid_until < self.valid_from:
            raise ValueError("a rule is valid until a day on or after the day from which it is")
        return self

    def reach(self, region: str, day: date) -> int | None:
        """How narrowly the rule is made for this region, in digits of its code; None where or when it does not hold."""
        if day < self.valid_from or (self.valid_until is not None and day > self.valid_until):
            return None
        if not self.regions:
            return 0
        return max((len(one) for one in self.regions if region.startswith(one)), default=None)


class Term(Rule):
    """A time limit: how long, from which event on, and which events meet it."""

    length: Annotated[int, Field(ge=1, le=3660)]
    unit: TimeUnit
    begins: Annotated[CaseEvent, Field(description="the event from which it runs; its day is not counted")]
    met_by: Annotated[tuple[CaseEvent, ...], Field(max_length=10)] = ()
    suspended_by: Annotated[tuple[PauseReason, ...], Field(max_length=5)] = ()
    remind_before: Annotated[int | None, Field(ge=0, le=365, description="days before its last day")] = None
    escalate_after: Annotated[
        int | None, Field(ge=0, le=365, description="days after it was overdue until the superior region is told")
    ] = None


class Figure(Rule):
    """A number that a rule turns on."""

    value: int


class GroundRule(Rule):
    """A ground on which the hardship condition is met, not checked or not asked for: to whom it is open, and in which
    matters. Where none is named it is open to anyone, or in any matter. What local rules add to Legal Aid Law 42 is a
    row of its ground 42(4), so that it holds where they do and nowhere else."""

    ground: HardshipGround
    proof: GroundProof
    categories: Annotated[tuple[ApplicantCategory, ...], Field(max_length=50, description="any one of them")] = ()
    matters: Annotated[tuple[Matter, ...], Field(max_length=50)] = ()


class WorkYear(Frozen, extra="forbid"):
    """Which days of a year are worked, as the State Council has announced: days off on weekdays, worked weekends."""

    year: Annotated[int, Field(ge=2020, le=2100)]
    off: tuple[Day, ...]
    worked: tuple[Day, ...]
    notice: Annotated[Line, Field(description="number of the notice")]

    @model_validator(mode="after")
    def _days_are_of_the_year(self) -> Self:
        if others := sorted(day for day in (*self.off, *self.worked) if day.year != self.year):
            raise ValueError(f"{others[0]} is no day of {self.year}")
        if both := sorted(set(self.off) & set(self.worked)):
            raise ValueError(f"{both[0]} cannot be both off and worked")
        return self

    def is_worked(self, day: date) -> bool:
        """Of a day of this year."""
        return day in self.worked or (day.weekday() < _SATURDAY and day not in self.off)


class RuleSet(Frozen, extra="forbid"):
    """All rules that a node evaluates, under one version that is noted with what was decided by them."""

    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]+)?$")]
    note: Line
    terms: tuple[Term, ...]
    figures: tuple[Figure, ...]
    grounds: tuple[GroundRule, ...] = ()
    years: tuple[WorkYear, ...] = ()

    @model_validator(mode="after")
    def _nothing_is_ambiguous(self) -> Self:
        for rules in (self.terms, self.figures, self.grounds):
            seen: dict[tuple[str, tuple[str, ...]], list[Rule]] = {}
            for rule in rules:
                others = seen.setdefault((rule.code, tuple(sorted(rule.regions))), [])
                if clash := next((one for one in others if _overlap(one, rule)), None):
                    raise ValueError(f"{rule.code} holds twice from {max(clash.valid_from, rule.valid_from)} on")
                others.append(rule)
        if len({year.year for year in self.years}) != len(self.years):
            raise ValueError("a year stands twice")
        return self


def _overlap(one: Rule, other: Rule) -> bool:
    first, second = sorted((one, other), key=lambda rule: rule.valid_from)
    return first.valid_until is None or first.valid_until >= second.valid_from
