"""What a rule says, where it comes from, and where and when it holds."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Final, Self, get_args

from pydantic import Field, model_validator

from transfer.law.codes import GroundProof
from transfer.messages.case import RULE_CODE
from transfer.messages.codes import AidForm, ApplicantCategory, HardshipGround, Matter, Stage
from transfer.messages.codes_clocks import CaseEvent, PauseReason, TimeUnit
from transfer.messages.codes_competence import CasePlace
from transfer.messages.codes_handling import Procedure
from transfer.messages.values import Day, Frozen, Line

_SATURDAY: Final = 5
FIRST_YEAR: Final = 2020
LAST_YEAR: Final = 2100

Region = Annotated[
    str, Field(pattern=r"^[1-9][0-9](?:[0-9]{2}){0,2}$", description="leading digits of a region's code")
]
"""By GB/T 2260: two digits name a province, four a city, six a county."""


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
    """What all rules have. One that names no region holds in the whole country."""

    code: Annotated[str, Field(pattern=RULE_CODE)]
    zh: Line
    en: Line
    source: Source
    regions: tuple[Region, ...] = ()
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
        return reach(self.regions, region)

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """What no other rule of its list has on the same day."""
        return self.code, frozenset(self.regions)

    @property
    def says(self) -> Mapping[str, Any]:
        """What the rule itself lays down, without its names, its source, and where and when it holds; as in JSON."""
        return self.model_dump(mode="json", exclude=set(Rule.model_fields), exclude_defaults=True)


class Term(Rule):
    """A time limit: how long, from which event on, and which events meet it."""

    length: Annotated[int | None, Field(ge=1, le=3660, description="absent where its last day is set")] = None
    unit: TimeUnit
    begins: Annotated[CaseEvent, Field(description="the event from which it runs; its day is not counted")]
    met_by: Annotated[tuple[CaseEvent, ...], Field(max_length=10)] = ()
    suspended_by: Annotated[tuple[PauseReason, ...], Field(max_length=5)] = ()
    remind_before: Annotated[int | None, Field(ge=0, le=365, description="days before its last day")] = None
    escalate_after: Annotated[
        int | None, Field(ge=0, le=365, description="days after it was overdue until the superior region is told")
    ] = None
    limitation: Annotated[bool, Field(description="what is filed after it comes too late (LAL 44(1))")] = False


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


class ConnectingPoint(Rule):
    """A place whose institution is competent for some matters in some forms of aid.

    What only says where an organ will be holds ``until_known``: once the place of that organ is known, it decides."""

    place: CasePlace
    matters: Annotated[tuple[Matter, ...], Field(max_length=20, description="none means every matter")] = ()
    aid_forms: Annotated[tuple[AidForm, ...], Field(min_length=1, max_length=20)]
    until_known: CasePlace | None = None
    rank: Annotated[int, Field(ge=1, le=9, description="where several organs are seized the lowest goes first")] = 1

    def concerns(self, matter: Matter, aid_form: AidForm) -> bool:
        """Whether it is made for such a case."""
        return aid_form in self.aid_forms and (not self.matters or matter in self.matters)


class Closing(Rule):
    """An event from whose day a case counts as closed, by its procedure; of several the lowest rank counts."""

    procedure: Procedure
    event: CaseEvent
    rank: Annotated[int, Field(ge=1, le=9)]


class Retention(Rule):
    """How long something is kept, from an event on. Where it has no length the institution sets one, and until then
    nothing of it is erased because it is old."""

    length: Annotated[int | None, Field(ge=1, le=1200)] = None
    unit: Annotated[TimeUnit, Field(description="months or years")]
    begins: Annotated[
        Stage | CaseEvent, Field(description="the stage or event from which it runs; its day is not counted")
    ]

    @model_validator(mode="after")
    def _is_long(self) -> Self:
        if self.unit not in {TimeUnit.MONTH, TimeUnit.YEAR}:
            raise ValueError("a retention is counted in months or years")
        return self

    @property
    def suspended_by(self) -> tuple[PauseReason, ...]:
        """Nothing: what is kept is kept on."""
        return ()


class WorkYear(Frozen, extra="forbid"):
    """Which days of a year are worked, as the State Council has announced: days off on weekdays, worked weekends. One
    that names regions tells only their own days (local holidays: Measures on public holidays, article 4)."""

    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    regions: tuple[Region, ...] = ()
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

    @property
    def key(self) -> tuple[int, frozenset[str]]:
        """What no other year of a set has."""
        return self.year, frozenset(self.regions)

    def is_worked(self, day: date) -> bool | None:
        """Of a day of this year; None where a region's year leaves it to the country's."""
        if day in self.worked or day in self.off:
            return day in self.worked
        return None if self.regions else day.weekday() < _SATURDAY


class Ending(Frozen, extra="forbid"):
    """The last day of a rule that was in force, or was to be."""

    code: Annotated[str, Field(pattern=RULE_CODE)]
    regions: Annotated[tuple[Region, ...], Field(description="exactly those that the rule names")] = ()
    valid_until: Day

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        """The key of the rule."""
        return self.code, frozenset(self.regions)


class RuleSet(Frozen, extra="forbid"):
    """All rules that a node evaluates, under one version that is noted with what was decided by them; or those that an
    administrator lays over them."""

    version: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(\.[0-9]{1,4})?$")]
    note: Line
    terms: tuple[Term, ...] = ()
    figures: tuple[Figure, ...] = ()
    closings: tuple[Closing, ...] = ()
    connecting_points: tuple[ConnectingPoint, ...] = ()
    grounds: tuple[GroundRule, ...] = ()
    retentions: tuple[Retention, ...] = ()
    years: tuple[WorkYear, ...] = ()
    ends: Annotated[tuple[Ending, ...], Field(description="rules of earlier sets that hold no longer")] = ()

    @property
    def lists(self) -> Mapping[str, tuple[Rule, ...]]:
        """Its lists of rules by name, of whatever kinds there are."""
        return {
            name: getattr(self, name) for name, field in type(self).model_fields.items() if _rules(field.annotation)
        }

    @model_validator(mode="after")
    def _nothing_is_ambiguous(self) -> Self:
        for rules in self.lists.values():
            seen: dict[tuple[str, frozenset[str]], list[Rule]] = {}
            for rule in rules:
                others = seen.setdefault(rule.key, [])
                if clash := next((one for one in others if overlap(one, rule)), None):
                    raise ValueError(f"{rule.code} holds twice from {max(clash.valid_from, rule.valid_from)} on")
                others.append(rule)
        if len({year.key for year in self.years}) != len(self.years):
            raise ValueError("a year stands twice")
        if len({end.key for end in self.ends}) != len(self.ends):
            raise ValueError("a rule ends twice")
        return self


def reach(regions: Sequence[str], region: str) -> int | None:
    """How narrowly these regions are meant for that one, in digits of its code; None when it is not among them."""
    if not regions:
        return 0
    return max((len(one) for one in regions if region.startswith(one)), default=None)


def overlap(one: Rule, other: Rule) -> bool:
    """Whether there is a day on which both are valid."""
    first, second = sorted((one, other), key=lambda rule: rule.valid_from)
    return first.valid_until is None or first.valid_until >= second.valid_from


def _rules(annotation: Any) -> bool:  # noqa: ANN401 - whatever a field is declared as
    held = get_args(annotation)
    return bool(held) and isinstance(held[0], type) and issubclass(held[0], Rule)
