"""Rule sets that an administrator lays over the one of the release, in the order in which they were loaded."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import reduce

from transfer.law.book import RulesInvalid
from transfer.law.rules import Rule, RuleSet, overlap

_DAY = timedelta(days=1)


def laid_over(base: RuleSet, loaded: Sequence[RuleSet]) -> RuleSet:
    """One set in which each takes the place of what came before; its version names the base and the last of them."""
    if not loaded:
        return base
    whole = reduce(_laid, loaded, base)
    return whole.model_copy(update={"version": f"{base.version}+{loaded[-1].version}", "note": loaded[-1].note})


def check_fits(fresh: RuleSet, base: RuleSet, loaded: Sequence[RuleSet]) -> None:
    """Raises RulesInvalid for a set that does not come after those loaded, or ends what is not there."""
    if loaded and _place(fresh) <= _place(loaded[-1]):
        raise RulesInvalid(
            f"version: {fresh.version} does not come after {loaded[-1].version}, which is loaded; raise it"
        )
    under = laid_over(base, loaded)
    for number, end in enumerate(fresh.ends):
        where, what = f"ends.{number}", f"{end.code} in {', '.join(end.regions) or 'the whole country'}"
        if any(rule.key == end.key for rules in fresh.lists.values() for rule in rules):
            raise RulesInvalid(f"{where}: {what} stands in the same file; give it its valid_until there")
        held = [rule for rules in under.lists.values() for rule in rules if rule.key == end.key]
        if all(_ended(rule, end.valid_until) is rule for rule in held):
            raise RulesInvalid(
                f"{where}: no rule {what} holds after {end.valid_until}; `transfer rules show` lists them"
            )


def _place(rules: RuleSet) -> tuple[str, int]:
    day, _, number = rules.version.partition(".")
    return day, int(number or 0)


def _laid(under: RuleSet, over: RuleSet) -> RuleSet:
    ends = {end.key: end.valid_until for end in over.ends}
    lists: dict[str, tuple[Rule, ...]] = {}
    for name, fresh in over.lists.items():
        kept = reduce(_cut, fresh, under.lists[name])
        left = (_ended(rule, ends[rule.key]) if rule.key in ends else rule for rule in kept)
        # Of two that are made for a region alike, the first is taken: the one that came last.
        lists[name] = _by_code(under.lists[name], [*fresh, *(rule for rule in left if rule is not None)])
    told = {year.key for year in over.years}
    years = (*over.years, *(year for year in under.years if year.key not in told))
    return under.model_copy(update={**lists, "years": years})


def _cut(rules: Sequence[Rule], fresh: Rule) -> tuple[Rule, ...]:
    """What is left of them beside a rule that replaces those of its key from its first day on."""
    replaced = [
        rule if rule.key != fresh.key or not overlap(rule, fresh) else _until(rule, fresh.valid_from - _DAY)
        for rule in rules
    ]
    return tuple(rule for rule in replaced if rule is not None)


def _ended(rule: Rule, last: date) -> Rule | None:
    return rule if rule.valid_until is not None and rule.valid_until <= last else _until(rule, last)


def _until(rule: Rule, last: date) -> Rule | None:
    return rule.model_copy(update={"valid_until": last}) if rule.valid_from <= last else None


def _by_code(before: Iterable[Rule], rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """In the order in which their names stood before, new ones at the end."""
    order = {code: number for number, code in enumerate(dict.fromkeys(rule.code for rule in (*before, *rules)))}
    return tuple(sorted(rules, key=lambda rule: order[rule.code]))
