"""What another rule set would change: which rule, where, from what to what, and from which day on."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from transfer.law.book import COUNTRY, NoSuchRule, RuleBook, narrowest
from transfer.law.rules import Rule, WorkYear

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From one day to another a rule of this name says something else in a region, is new there, or holds no more."""

    kind: str
    code: str
    region: str
    since: date
    until: date | None
    was: Rule | None
    becomes: Rule | None

    @property
    def fields(self) -> Mapping[str, tuple[Any, Any]]:
        """What differs, by its name in the file: from what to what."""
        was, becomes = _said(self.was), _said(self.becomes)
        names = dict.fromkeys((*was, *becomes))
        return {name: (was.get(name), becomes.get(name)) for name in names if was.get(name) != becomes.get(name)}


@dataclass(frozen=True, slots=True, kw_only=True)
class YearChange:
    """A year that was loaded, and the days of one known before that are worked or free otherwise."""

    year: WorkYear
    known_before: bool
    turned: Mapping[date, bool]


def changes(before: RuleBook, after: RuleBook) -> Iterator[Change]:
    """In the order of the lists and of their rules. A change of the country's rule is told once, and of a region only
    where it is another one there."""
    for kind, fresh in after.rules.lists.items():
        old = before.rules.lists[kind]
        for code in dict.fromkeys(rule.code for rule in (*old, *fresh)):
            yield from _of(kind, code, [r for r in old if r.code == code], [r for r in fresh if r.code == code])


def year_changes(before: RuleBook, after: RuleBook) -> Iterator[YearChange]:
    """Of the years that the earlier set has not, or has otherwise."""
    for year in after.rules.years:
        if year in before.rules.years:
            continue
        region = next(iter(year.regions), COUNTRY)
        was, becomes = before.days(year.year, region), after.days(year.year, region)
        turned = {day: worked for day, worked in becomes.items() if worked != was.get(day, worked)}
        yield YearChange(year=year, known_before=bool(was), turned=turned)


def _of(kind: str, code: str, old: Sequence[Rule], fresh: Sequence[Rule]) -> Iterator[Change]:
    found: list[Change] = []
    for region in sorted({COUNTRY, *(region for rule in (*old, *fresh) for region in rule.regions)}):
        for change in _in(region, kind, code, old, fresh):
            if not any(_same(change, wider) for wider in found):
                found.append(change)
                yield change


def _in(region: str, kind: str, code: str, old: Sequence[Rule], fresh: Sequence[Rule]) -> Iterator[Change]:
    days = {rule.valid_from for rule in (*old, *fresh)}
    days |= {rule.valid_until + _DAY for rule in (*old, *fresh) if rule.valid_until is not None}
    spans: list[tuple[date, Rule | None, Rule | None]] = []
    for day in sorted(days):
        was, becomes = _holding(old, code, region, day), _holding(fresh, code, region, day)
        if not spans or (_said(was), _said(becomes)) != (_said(spans[-1][1]), _said(spans[-1][2])):
            spans.append((day, was, becomes))
    ends = [day - _DAY for day, _, _ in spans[1:]]
    for (since, was, becomes), until in zip(spans, (*ends, None), strict=True):
        if _said(was) != _said(becomes):
            yield Change(kind=kind, code=code, region=region, since=since, until=until, was=was, becomes=becomes)


def _same(one: Change, wider: Change) -> bool:
    places = (one.since, one.until, _said(one.was), _said(one.becomes))
    return one.region.startswith(wider.region) and places == (
        wider.since,
        wider.until,
        _said(wider.was),
        _said(wider.becomes),
    )


def _said(rule: Rule | None) -> Mapping[str, Any]:
    if rule is None:
        return {}
    return {"zh": rule.zh, "en": rule.en, "source": rule.source.printed, **rule.says}


def _holding(rules: Sequence[Rule], code: str, region: str, day: date) -> Rule | None:
    try:
        return narrowest(rules, code, region, day)
    except NoSuchRule:
        return None
