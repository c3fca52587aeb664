"""What another rule set would change, in plain words and as JSON."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from transfer.law.changes import Change, YearChange
from transfer.law.rules import Rule


def place(regions: Sequence[str]) -> str:
    """Where a rule or a year holds."""
    return ", ".join(regions) or "the whole country"


def rule_line(rule: Rule) -> str:
    """A rule as it stands in a set."""
    return f"{_start(rule, rule.regions, rule.valid_from, rule.valid_until)}: {_says(rule)}"


def change_line(change: Change) -> str:
    """Which rule, where, from when on, and from what to what."""
    was, becomes = change.was, change.becomes
    regions = [change.region] if change.region else []
    start = _start(becomes or was, regions, change.since, change.until)
    if becomes is None:
        return f"{start}: holds no more"
    if was is None:
        return f"{start}: new: {_says(becomes)}"
    return f"{start}: " + ", ".join(f"{name} {_word(a)} -> {_word(b)}" for name, (a, b) in change.fields.items())


def year_line(change: YearChange) -> str:
    """Which year, where, and its days that change."""
    year = change.year
    start = f"{year.year}, in {place(year.regions)} ({year.notice})"
    if not change.known_before:
        return f"{start}: was not known: {len(year.off)} days off, {len(year.worked)} worked weekends"
    turned = (f"{day} becomes {'worked' if worked else 'free'}" for day, worked in change.turned.items())
    return f"{start}: " + (", ".join(turned) or "no day changes")


def _start(rule: Rule | None, regions: Sequence[str], since: date, until: date | None) -> str:
    named = f"{rule.code} {rule.zh}" if rule else ""
    return f"{named}, in {place(regions)}, from {since} " + ("on" if until is None else f"to {until}")


def _says(rule: Rule) -> str:
    return ", ".join((*(f"{name} {_word(value)}" for name, value in rule.says.items()), rule.source.printed))


def _word(value: Any) -> str:  # noqa: ANN401 - whatever a rule may hold
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
