"""Rules as data: which one holds where and when, and what a rule set may not say."""

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from transfer.law.book import NoSuchRule, RuleBook, RulesInvalid, built_in, read_rules
from transfer.law.rules import RuleSet
from transfer.messages.codes_clocks import TimeUnit
from transfer.telemetry.calendar import is_worked

TODAY = date(2026, 11, 22)


def as_text(rules: RuleSet) -> str:
    """As it is written to a file."""
    return json.dumps(rules.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False)


def a_book(**changes: Any) -> RuleBook:
    content = json.loads(as_text(built_in())) | changes
    return RuleBook(rules=read_rules(json.dumps(content).encode()), known_years=is_worked)


def a_rule(**changes: Any) -> Mapping[str, Any]:
    return {
        "code": "A_TERM",
        "zh": "期限",
        "en": "A term",
        "source": {"law": "法", "confirmed": True},
        "valid_from": "2022-01-01",
        "length": 5,
        "unit": "CALENDAR_DAY",
        "begins": "received",
    } | changes


@pytest.mark.parametrize(
    ("region", "unit"),
    [("442000", TimeUnit.CALENDAR_DAY), ("330100", TimeUnit.WORKING_DAY), ("330106", TimeUnit.WORKING_DAY)],
)
def test_a_citys_rule_comes_before_the_countrys(region: str, unit: TimeUnit) -> None:
    assert a_book().term("REPLACEMENT", region, TODAY).unit is unit


def test_a_provinces_rule_comes_before_the_countrys_and_after_its_citys() -> None:
    rules = [a_rule(), a_rule(regions=["33"], length=6), a_rule(regions=["3301"], length=7)]
    book = a_book(terms=rules)
    lengths = [book.term("A_TERM", region, TODAY).length for region in ("442000", "330200", "330106")]
    assert lengths == [5, 6, 7]


def test_a_rule_holds_from_its_first_day_to_its_last() -> None:
    book = a_book(terms=[a_rule(valid_until="2025-12-31"), a_rule(valid_from="2026-01-01", length=6)])
    found = [book.term("A_TERM", "442000", day).length for day in (date(2025, 12, 31), date(2026, 1, 1))]
    assert found == [5, 6]
    with pytest.raises(NoSuchRule, match="A_TERM in 442000 on 2021-12-31"):
        book.term("A_TERM", "442000", date(2021, 12, 31))


def test_a_local_rule_does_not_hold_elsewhere() -> None:
    with pytest.raises(NoSuchRule):
        a_book().term("DESIGNATION", "442000", TODAY)
    assert a_book().term("DESIGNATION", "450100", TODAY).length == 3


def test_what_nobody_has_read_is_never_printed_as_an_article() -> None:
    for source in (
        rule.source
        for rule in (*built_in().terms, *built_in().figures, *built_in().connecting_points)
        if rule.source.article
    ):
        assert (str(source.article) in source.printed) == source.confirmed
    objection = a_book().term("OBJECTION", "442000", TODAY)
    assert (objection.source.article, "第" in objection.source.printed) == ("第二十二条", False)


def test_the_deadlines_of_the_law_are_all_there() -> None:
    held = {one.code: (one.length, one.unit.value) for one in a_book().terms("442000", TODAY)}
    assert held["REVIEW"] == (7, "CALENDAR_DAY")
    assert held["ASSIGN"] == (3, "CALENDAR_DAY")
    assert held["SIGN_AGREEMENT"] == (5, "CALENDAR_DAY")
    assert held["OBJECTION"] == (15, "CALENDAR_DAY")
    assert held["OBJECTION_REVIEW"] == (5, "CALENDAR_DAY")
    assert held["RECONSIDERATION"] == (60, "CALENDAR_DAY")
    assert held["CLOSING_FILE"] == held["FILE_REVIEW"] == (30, "CALENDAR_DAY")
    assert held["ARBITRATION_LIMITATION"] == (1, "YEAR")
    assert held["WAGE_LEDGER"] == (3, "YEAR")
    assert a_book().figure("AID_FIRST_BELOW_DAYS", "442000", TODAY).value == 7
    assert a_book().figure("REPRESENTATIVES_FROM", "442000", TODAY).value == 10


def test_a_years_notice_comes_before_what_the_release_knows() -> None:
    year = {"year": 2099, "off": ["2099-06-10"], "worked": ["2099-06-13"], "notice": "国办发明电〔2098〕1号"}
    book = a_book(years=[year])
    days = [date(2099, 6, number) for number in (9, 10, 13, 14)]
    assert [book.is_worked(day) for day in days] == [True, False, True, False]
    with pytest.raises(LookupError):
        book.is_worked(date(2098, 6, 10))
    assert book.is_worked(date(2026, 2, 14))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "new"}, "version"),
        ({"terms": [a_rule(), a_rule(valid_from="2023-01-01")]}, "A_TERM holds twice from 2023-01-01"),
        ({"terms": [a_rule(valid_until="2021-01-01")]}, "terms.0"),
        ({"terms": [a_rule(regions=["4"])]}, "terms.0.regions.0"),
        ({"terms": [a_rule(length=0)]}, "terms.0.length"),
        ({"terms": [a_rule(more="x")]}, "terms.0.more"),
        (
            {"years": [{"year": 2027, "off": ["2026-01-01"], "worked": [], "notice": "x"}]},
            "2026-01-01 is no day of 2027",
        ),
        (
            {"years": [{"year": 2027, "off": ["2027-01-01"], "worked": ["2027-01-01"], "notice": "x"}]},
            "both off and worked",
        ),
        ({"years": [{"year": 2027, "off": [], "worked": [], "notice": "x"}] * 2}, "a year stands twice"),
    ],
)
def test_a_rule_set_that_is_wrong_is_refused_with_the_place(changes: Mapping[str, Any], said: str) -> None:
    with pytest.raises(RulesInvalid, match=said):
        a_book(**changes)


def test_what_is_no_json_is_no_rule_set() -> None:
    with pytest.raises(RulesInvalid, match="the file"):
        read_rules(b"{")


def test_a_rule_set_is_read_as_it_was_written() -> None:
    assert read_rules(as_text(built_in()).encode()) == built_in()
