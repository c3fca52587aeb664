"""The rule set in force, asked by region and day."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TypeVar

from pydantic import ValidationError

from transfer.law.rules import Figure, GroundRule, Rule, RuleSet, Term
from transfer.messages.codes_clocks import CaseEvent

AnyRule = TypeVar("AnyRule", bound=Rule)
WorkCalendar = Callable[[date], bool]
"""Whether a day is worked in China, make-up days included; raises LookupError where that is not known yet."""


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
        return _narrowest(self.rules.terms, code, region, day)

    def figure(self, code: str, region: str, day: date) -> Figure:
        """Raises NoSuchRule."""
        return _narrowest(self.rules.figures, code, region, day)

    def terms(self, region: str, day: date, *, begins: CaseEvent | None = None) -> tuple[Term, ...]:
        """All that hold there on that day, one of each name, in the order of the set; or those that an event begins."""
        wanted = (one for one in self.rules.terms if begins is None or one.begins == begins)
        return tuple(self.term(code, region, day) for code in _held(wanted, region, day))

    def grounds(self, region: str, day: date) -> tuple[GroundRule, ...]:
        """All grounds on the hardship condition that hold there on that day, one of each name."""
        rules = self.rules.grounds
        return tuple(_narrowest(rules, code, region, day) for code in _held(rules, region, day))

    def is_worked(self, day: date) -> bool:
        """Whether a day is worked; raises LookupError where nobody has announced it yet."""
        for year in self.rules.years:
            if year.year == day.year:
                return year.is_worked(day)
        return self.known_years(day)


def _held(rules: Iterable[Rule], region: str, day: date) -> Iterable[str]:
    """The names of those that hold, each once, in their order."""
    return dict.fromkeys(one.code for one in rules if one.reach(region, day) is not None)


def _narrowest(rules: Sequence[AnyRule], code: str, region: str, day: date) -> AnyRule:
    """What is made for the city comes before what is made for its province, and that before the country's."""
    holding = [(reach, rule) for rule in rules if rule.code == code and (reach := rule.reach(region, day)) is not None]
    if not holding:
        raise NoSuchRule(f"{code} in {region} on {day}")
    return max(holding, key=lambda one: one[0])[1]


def read_rules(content: bytes) -> RuleSet:
    """A rule set from its JSON text; raises RulesInvalid, which names the place and the fault."""
    try:
        return RuleSet.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise RulesInvalid(f"{where}: {first['msg']}") from None


@cache
def built_in() -> RuleSet:
    """The set that this release brings along."""
    return read_rules(resources.files("transfer.law").joinpath("rules.json").read_bytes())
