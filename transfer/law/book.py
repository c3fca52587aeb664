"""The rule set in force, asked by region and day."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Final, TypeVar

from pydantic import ValidationError

from transfer.law.rules import (
    FIRST_YEAR,
    LAST_YEAR,
    ConnectingPoint,
    Figure,
    GroundRule,
    Retention,
    Rule,
    RuleSet,
    Term,
    reach,
)
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import Procedure

AnyRule = TypeVar("AnyRule", bound=Rule)
WorkCalendar = Callable[[date], bool]
"""Whether a day is worked in China, make-up days included; raises LookupError where that is not known yet."""
COUNTRY: Final = ""
"""The region that only the rules of the whole country reach."""
NEXT_YEAR_FROM: Final = 11
"""The month in which the State Council as a rule announces the next year."""


class NoSuchRule(LookupError):
    """No rule of that name holds in that region on that day."""


class RulesInvalid(ValueError):
    """The file is no rule set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """A rule set beside the calendar that the years it does not name are looked up in."""

    rules: RuleSet
    known_years: WorkCalendar

    @property
    def version(self) -> str:
        return self.rules.version

    def term(self, code: str, region: str, day: date) -> Term:
        """Raises NoSuchRule."""
        return narrowest(self.rules.terms, code, region, day)

    def figure(self, code: str, region: str, day: date) -> Figure:
        """Raises NoSuchRule."""
        return narrowest(self.rules.figures, code, region, day)

    def retention(self, code: str, region: str, day: date) -> Retention:
        """Raises NoSuchRule."""
        return narrowest(self.rules.retentions, code, region, day)

    def terms(self, region: str, day: date, *, begins: CaseEvent | None = None) -> tuple[Term, ...]:
        """All that hold there on that day, one of each name, in the order of the set; or those that an event begins."""
        held = _holding(self.rules.terms, region, day)
        return tuple(one for one in held if begins is None or one.begins == begins)

    def in_force(self, region: str, day: date) -> Mapping[str, tuple[Rule, ...]]:
        """By the name of its list, each rule that holds there on that day, one of each name."""
        return {name: _holding(rules, region, day) for name, rules in self.rules.lists.items()}

    def closing_day(self, procedure: Procedure, days: Mapping[CaseEvent, date], region: str) -> date | None:
        """When a case of this procedure counts as closed: the latest day among the events of the lowest rank.

        None where nothing has closed it (Order 148, on the closing day).
        """
        found: dict[int, list[date]] = {}
        for rule in self.rules.closings:
            day = days.get(rule.event)
            if day is not None and rule.procedure is procedure and rule.reach(region, day) is not None:
                found.setdefault(rule.rank, []).append(day)
        return max(found[min(found)]) if found else None

    def connecting_points(self, region: str, day: date) -> tuple[ConnectingPoint, ...]:
        """All that hold there on that day, one of each name, in the order of the set."""
        return _holding(self.rules.connecting_points, region, day)

    def grounds(self, region: str, day: date) -> tuple[GroundRule, ...]:
        """All grounds on the hardship condition that hold there on that day, one of each name."""
        return _holding(self.rules.grounds, region, day)

    def is_worked(self, day: date) -> bool:
        """Whether a day is worked in the country; raises LookupError where nobody has announced it yet."""
        return self.calendar(COUNTRY)(day)

    def calendar(self, region: str) -> WorkCalendar:
        """The days of that region, with its local holidays."""
        reaching = [(digits, year) for year in self.rules.years if (digits := reach(year.regions, region)) is not None]
        years = [year for _, year in sorted(reaching, key=lambda one: one[0], reverse=True)]

        def is_worked(day: date) -> bool:
            told = (year.is_worked(day) for year in years if year.year == day.year)
            said = next((one for one in told if one is not None), None)
            return self.known_years(day) if said is None else said

        return is_worked

    def days(self, year: int, region: str = COUNTRY) -> Mapping[date, bool]:
        """The days of a year of which it is known whether they are worked, and whether they are."""
        calendar, found = self.calendar(region), {}
        for number in range((date(year + 1, 1, 1) - date(year, 1, 1)).days):
            day = date(year, 1, 1) + timedelta(days=number)
            with suppress(LookupError):
                found[day] = calendar(day)
        return found

    def years(self) -> tuple[int, ...]:
        """The years of which it is known which days are worked in the country."""
        return tuple(year for year in range(FIRST_YEAR, LAST_YEAR + 1) if self._knows(year))

    def missing_years(self, today: date) -> tuple[int, ...]:
        """Which of this year and, from November on, the next are not known."""
        wanted = (today.year, today.year + 1) if today.month >= NEXT_YEAR_FROM else (today.year,)
        return tuple(year for year in wanted if not self._knows(year))

    def known_until(self, today: date) -> date:
        """The last day up to which it is known from today on which days are worked; the end of last year when today is
        not known."""
        year = today.year
        while self._knows(year):
            year += 1
        return date(year - 1, 12, 31)

    def _knows(self, year: int) -> bool:
        try:
            self.is_worked(date(year, 1, 1))
        except LookupError:
            return False
        return True


def narrowest(rules: Sequence[AnyRule], code: str, region: str, day: date) -> AnyRule:
    """What is made for the city comes before what is made for its province, and that before the country's; of two as
    narrow, the first. Raises NoSuchRule."""
    holding = [
        (digits, rule) for rule in rules if rule.code == code and (digits := rule.reach(region, day)) is not None
    ]
    if not holding:
        raise NoSuchRule(f"{code} in {region} on {day}")
    return max(holding, key=lambda one: one[0])[1]


def _holding(rules: Sequence[AnyRule], region: str, day: date) -> tuple[AnyRule, ...]:
    held = dict.fromkeys(one.code for one in rules if one.reach(region, day) is not None)
    return tuple(narrowest(rules, code, region, day) for code in held)


def read_rules(content: bytes) -> RuleSet:
    """A rule set from its JSON text; raises RulesInvalid, which names the place and the fault."""
    try:
        return RuleSet.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RulesInvalid(f"{where}: {first['msg']}") from None


@cache
def built_in_text() -> bytes:
    """The file of the set that this release brings along."""
    return resources.files("transfer.law").joinpath("rules.json").read_bytes()


@cache
def built_in() -> RuleSet:
    """The set that this release brings along."""
    return read_rules(built_in_text())
