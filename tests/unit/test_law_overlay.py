"""Rule sets laid over the one of a release: what replaces what, what ends, which years are known, and what is said."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from transfer.law.book import RuleBook, RulesInvalid, built_in, read_rules
from transfer.law.changes import Change, changes, year_changes
from transfer.law.kept import AlreadyLoaded, KeptRules, NoSuchVersion, Origin, named, with_another
from transfer.law.overlay import check_fits, laid_over
from transfer.law.rules import Rule, RuleSet, WorkYear
from transfer.messages.envelope import digest_of
from transfer.telemetry.calendar import is_worked

Told = list[tuple[str, str, str | None, Any, Any]]
AT = datetime(2026, 12, 1, tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def a_rule(length: int = 5, **changes: Any) -> dict[str, Any]:
    return {
        "code": "A_TERM",
        "zh": "期限",
        "en": "A term",
        "source": {"law": "法", "confirmed": True},
        "valid_from": "2022-01-01",
        "length": length,
        "unit": "CALENDAR_DAY",
        "begins": "received",
    } | changes


def a_set(*terms: Mapping[str, Any], version: str = "2026-12-01", **more: Any) -> RuleSet:
    return read_rules(json.dumps({"version": version, "note": "试", "terms": terms, **more}).encode())


def a_year(number: int, *off: str, worked: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {"year": number, "off": off, "worked": worked, "notice": f"{number}号", **more}


BASE = a_set(a_rule(), a_rule(6, regions=["33"]), version="2026-11-22")


def a_book(*loaded: RuleSet, base: RuleSet = BASE) -> RuleBook:
    return RuleBook(rules=laid_over(base, loaded), known_years=is_worked)


def lengths(book: RuleBook, *days: str, region: str = "442000") -> list[int | None]:
    found = [[one.length for one in book.terms(region, day(at)) if one.code == "A_TERM"] for at in days]
    return [one[0] if one else None for one in found]


@pytest.mark.parametrize(
    ("over", "country", "zhejiang"),
    [
        # On 2026-12-31, 2027-01-01, 2027-07-01 and 2028-01-01.
        ([], [5, 5, 5, 5], [6, 6, 6, 6]),
        ([a_rule(7, valid_from="2027-01-01")], [5, 7, 7, 7], [6, 6, 6, 6]),
        ([a_rule(7, valid_from="2027-01-01", valid_until="2027-06-30")], [5, 7, None, None], [6, 6, 6, 6]),
        ([a_rule(7, valid_from="2020-01-01")], [7, 7, 7, 7], [6, 6, 6, 6]),
        ([a_rule(7, valid_from="2020-01-01", valid_until="2021-12-31")], [5, 5, 5, 5], [6, 6, 6, 6]),
        ([a_rule(7, valid_from="2027-01-01", regions=["33"])], [5, 5, 5, 5], [6, 7, 7, 7]),
        ([a_rule(7, valid_from="2027-01-01", regions=["3301"])], [5, 5, 5, 5], [6, 7, 7, 7]),
        ([a_rule(7, valid_from="2027-01-01", regions=["44", "33"])], [5, 7, 7, 7], [6, 7, 7, 7]),
        (
            [
                a_rule(7, valid_from="2027-01-01", valid_until="2027-06-30"),
                a_rule(8, valid_from="2027-07-01"),
            ],
            [5, 7, 8, 8],
            [6, 6, 6, 6],
        ),
    ],
)
def test_a_loaded_rule_replaces_the_earlier_one_of_its_regions_from_its_first_day_on(
    over: list[dict[str, Any]], country: list[int | None], zhejiang: list[int | None]
) -> None:
    days = ("2026-12-31", "2027-01-01", "2027-07-01", "2028-01-01")
    book = a_book(a_set(*over))
    assert (lengths(book, *days), lengths(book, *days, region="330106")) == (country, zhejiang)
    whole = book.rules.model_dump(mode="json", exclude_defaults=True) | {"version": "2026-12-01"}
    assert read_rules(json.dumps(whole).encode()).terms == book.rules.terms, "no rule holds twice on a day"


def test_a_set_holds_over_those_loaded_before_it() -> None:
    first = a_set(a_rule(7, valid_from="2027-01-01"), version="2026-12-01")
    second = a_set(a_rule(8, valid_from="2027-07-01"), version="2026-12-01.2")
    book = a_book(first, second)
    assert lengths(book, "2026-12-31", "2027-06-30", "2027-07-01") == [5, 7, 8]
    assert book.version == "2026-11-22+2026-12-01.2"


@pytest.mark.parametrize(
    ("end", "found"),
    [
        # In Hangzhou on 2026-12-31 and 2027-01-01.
        ({"code": "A_TERM", "regions": ["33"], "valid_until": "2026-12-31"}, [6, 5]),
        ({"code": "A_TERM", "regions": ["33"], "valid_until": "2021-12-31"}, [5, 5]),
        ({"code": "A_TERM", "valid_until": "2026-12-31"}, [6, 6]),
    ],
)
def test_a_rule_can_be_ended_and_then_the_wider_one_holds(end: dict[str, Any], found: list[int]) -> None:
    book = a_book(a_set(ends=[end]))
    assert lengths(book, "2026-12-31", "2027-01-01", region="330106") == found


def test_what_ends_a_rule_of_a_set_may_take_back_one_that_was_to_come() -> None:
    planned = a_set(a_rule(9, code="ANOTHER", valid_from="2030-01-01"))
    back = a_set(version="2026-12-02", ends=[{"code": "ANOTHER", "valid_until": "2029-12-31"}])
    assert "ANOTHER" not in [one.code for one in a_book(planned, back).rules.terms]


@pytest.mark.parametrize(
    ("fresh", "said"),
    [
        (a_set(version="2026-12-01"), "version: 2026-12-01 does not come after 2026-12-01.9"),
        (a_set(version="2026-11-30"), "does not come after"),
        (a_set(version="2026-12-01.9"), "does not come after"),
        (
            a_set(version="2027-01-01", ends=[{"code": "NO_SUCH", "valid_until": "2026-12-31"}]),
            "ends.0: no rule NO_SUCH in the whole country",
        ),
        (
            a_set(version="2027-01-01", ends=[{"code": "A_TERM", "regions": ["3301"], "valid_until": "2026-12-31"}]),
            "ends.0: no rule A_TERM in 3301",
        ),
        (
            a_set(a_rule(), version="2027-01-01", ends=[{"code": "A_TERM", "valid_until": "2026-12-31"}]),
            "ends.0: A_TERM in the whole country stands in the same file",
        ),
    ],
)
def test_a_set_that_does_not_fit_is_refused_with_the_place_and_what_to_do(fresh: RuleSet, said: str) -> None:
    with pytest.raises(RulesInvalid, match=said):
        check_fits(fresh, BASE, [a_set(version="2026-12-01.9")])


def test_the_tenth_set_of_a_day_comes_after_the_ninth() -> None:
    check_fits(a_set(version="2026-12-01.10"), BASE, [a_set(version="2026-12-01.9")])


class Place(Rule):
    """A kind of rule that the release does not have."""

    keyword: str


class WiderSet(RuleSet):
    """A set with a list more."""

    places: tuple[Place, ...] = ()


def test_sets_are_merged_and_compared_list_by_list_whatever_lists_there_are() -> None:
    def of(version: str, *words: str, since: str = "2022-01-01") -> WiderSet:
        plain = {k: v for k, v in a_rule().items() if k not in {"length", "unit", "begins"}}
        places = [Place.model_validate_json(json.dumps(plain | {"valid_from": since, "keyword": w})) for w in words]
        return WiderSet(version=version, note="试", places=tuple(places))

    base, over = of("2026-11-22", "户籍"), of("2026-12-01", "居所", since="2027-01-01")
    before, after = a_book(base=base), a_book(over, base=base)
    [found] = changes(before, after)
    assert (found.kind, found.since, found.fields) == ("places", day("2027-01-01"), {"keyword": ("户籍", "居所")})
    clash = [a_rule() | {"keyword": word} for word in ("户籍", "居所")]
    for one in clash:
        del one["length"], one["unit"], one["begins"]
    with pytest.raises(ValueError, match="A_TERM holds twice"):
        WiderSet.model_validate_json(json.dumps({"version": "2026-12-01", "note": "试", "places": clash}))


def test_a_file_need_name_no_list() -> None:
    needed = {name for name, field in RuleSet.model_fields.items() if field.is_required()}
    assert needed == {"version", "note"}


def test_a_name_keeps_its_place_among_the_others() -> None:
    book = RuleBook(rules=laid_over(built_in(), [a_set(a_rule(9, code="REVIEW"))]), known_years=is_worked)
    before = RuleBook(rules=built_in(), known_years=is_worked)
    codes = [[one.code for one in each.terms("442000", day("2027-06-01"))] for each in (before, book)]
    assert codes[0] == codes[1]


# Years ------------------------------------------------------------------------------------------------------


def test_a_loaded_year_comes_before_what_was_known_and_a_later_one_before_it() -> None:
    first = a_set(years=[a_year(2026, "2026-06-10")])
    second = a_set(years=[a_year(2026, "2026-06-11")], version="2026-12-02")
    days = [day("2026-06-10"), day("2026-06-11")]
    assert [[book.is_worked(one) for one in days] for book in (a_book(), a_book(first), a_book(first, second))] == [
        [True, True],
        [False, True],
        [True, False],
    ]


def test_a_local_holiday_is_free_in_its_region_and_worked_elsewhere() -> None:
    local = a_year(2027, "2027-03-10", regions=["65"], worked=("2027-03-13",))
    book = a_book(a_set(years=[a_year(2027, "2027-03-11"), local]))
    days = [day(f"2027-03-{number}") for number in (10, 11, 12, 13, 14)]
    assert [book.calendar("650100")(one) for one in days] == [False, False, True, True, False]
    assert [book.calendar("442000")(one) for one in days] == [True, False, True, False, False]


def test_a_region_that_names_its_days_makes_no_year_known() -> None:
    book = a_book(a_set(years=[a_year(2027, "2027-03-10", regions=["65"])]))
    assert 2027 not in book.years()
    assert not book.calendar("650100")(day("2027-03-10"))
    with pytest.raises(LookupError):
        book.calendar("650100")(day("2027-03-11"))


@pytest.mark.parametrize(
    ("years", "today", "missing", "until"),
    [
        ([], "2026-10-31", (), "2026-12-31"),
        ([], "2026-11-01", (2027,), "2026-12-31"),
        ([a_year(2027)], "2026-11-01", (), "2027-12-31"),
        ([a_year(2028)], "2026-11-01", (2027,), "2026-12-31"),
        ([], "2027-01-01", (2027,), "2026-12-31"),
        ([], "2027-11-01", (2027, 2028), "2026-12-31"),
    ],
)
def test_this_year_and_from_november_on_the_next_must_be_known(
    years: list[dict[str, Any]], today: str, missing: tuple[int, ...], until: str
) -> None:
    book = a_book(a_set(years=years))
    assert (book.missing_years(day(today)), book.known_until(day(today))) == (missing, day(until))


# What changes -----------------------------------------------------------------------------------------------


def told(*loaded: RuleSet) -> Told:
    def length(rule: Rule | None) -> Any:
        return None if rule is None else rule.says["length"]

    def line(one: Change) -> tuple[str, str, str | None, Any, Any]:
        return one.region, str(one.since), str(one.until) if one.until else None, length(one.was), length(one.becomes)

    return [line(one) for one in changes(a_book(*loaded[:-1]), a_book(*loaded))]


@pytest.mark.parametrize(
    ("over", "found"),
    [
        (a_set(a_rule()), []),
        (a_set(a_rule(7, valid_from="2027-01-01")), [("", "2027-01-01", None, 5, 7)]),
        (
            a_set(a_rule(7, valid_from="2027-01-01", valid_until="2027-06-30")),
            [("", "2027-01-01", "2027-06-30", 5, 7), ("", "2027-07-01", None, 5, None)],
        ),
        (a_set(a_rule(7, valid_from="2027-01-01", regions=["3301"])), [("3301", "2027-01-01", None, 6, 7)]),
        (
            a_set(ends=[{"code": "A_TERM", "regions": ["33"], "valid_until": "2026-12-31"}]),
            [("33", "2027-01-01", None, 6, 5)],
        ),
        (
            a_set(a_rule(7, code="B_TERM", valid_from="2027-01-01", regions=["65"])),
            [("65", "2027-01-01", None, None, 7)],
        ),
    ],
)
def test_each_change_is_told_once_with_its_days_and_what_was_there(over: RuleSet, found: Told) -> None:
    assert told(over) == found


def test_a_region_whose_own_rule_has_ended_is_not_told_of_the_country_s_change_again() -> None:
    base = a_set(a_rule(), a_rule(6, regions=["33"], valid_until="2023-12-31"), version="2026-11-22")
    over = a_set(a_rule(7, valid_from="2027-01-01"))
    found = changes(a_book(base=base), a_book(over, base=base))
    assert [(one.region, one.since, one.until) for one in found] == [("", day("2027-01-01"), None)]


def test_a_change_of_the_source_alone_is_told() -> None:
    [found] = changes(a_book(), a_book(a_set(a_rule(source={"law": "新法", "article": "第一条", "confirmed": True}))))
    assert found.fields == {"source": ("法", "新法第一条")}


def test_a_year_is_told_by_what_was_not_known_or_is_otherwise() -> None:
    fresh = a_set(years=[a_year(2027, "2027-01-01"), a_year(2026, "2026-01-01")])
    known, amended = year_changes(a_book(), a_book(fresh))
    assert (known.year.year, known.known_before, known.turned) == (2027, False, {})
    assert amended.known_before
    assert amended.turned[day("2026-02-14")] is False, "a worked Saturday of the true year"
    assert day("2026-01-01") not in amended.turned


def test_a_local_year_is_told_by_its_own_days() -> None:
    fresh = a_set(years=[a_year(2026, "2026-06-10", regions=["65"])])
    [found] = year_changes(a_book(), a_book(fresh))
    assert found.turned == {day("2026-06-10"): False}


# Kept sets --------------------------------------------------------------------------------------------------


def kept(rules: RuleSet, origin: Origin = Origin.LOADED) -> KeptRules:
    content = json.dumps(rules.model_dump(mode="json", exclude_defaults=True)).encode()
    return KeptRules(
        origin=origin, version=rules.version, digest=digest_of(content), content=content, by="周主任", at=AT
    )


SHELF = [
    kept(BASE, Origin.BUILT_IN),
    kept(a_set(a_rule(7, valid_from="2027-01-01"), version="2026-12-01")),
    kept(a_set(a_rule(9), version="2027-02-01"), Origin.BUILT_IN),
    kept(a_set(a_rule(8, valid_from="2027-03-01"), version="2027-02-01")),
]


@pytest.mark.parametrize(
    ("version", "found"),
    [
        ("2026-11-22", [5, 5, 5]),
        ("2026-11-22+2026-12-01", [5, 7, 7]),
        ("2026-11-22+2027-02-01", [5, 7, 8]),
        ("2027-02-01", [9, 9, 9]),
        ("2027-02-01+2026-12-01", [9, 7, 7]),
        ("2027-02-01+2027-02-01", [9, 7, 8]),
    ],
)
def test_the_version_of_a_clock_names_the_release_s_set_and_the_last_that_was_loaded(
    version: str, found: list[int]
) -> None:
    rules, newest = named(SHELF, version)
    book = RuleBook(rules=rules, known_years=is_worked)
    assert (book.version, lengths(book, "2026-12-31", "2027-01-01", "2027-03-01")) == (version, found)
    assert newest.version == version.rpartition("+")[2]


@pytest.mark.parametrize("version", ["2026-12-01", "2026-11-22+2026-11-22", "2026-11-22+", "x", "2025-01-01"])
def test_a_version_that_never_was_in_force_is_none(version: str) -> None:
    with pytest.raises(NoSuchVersion):
        named(SHELF, version)


def test_a_file_that_was_loaded_is_known_again_and_another_of_its_version_is_refused() -> None:
    with pytest.raises(AlreadyLoaded, match="by 周主任"):
        with_another(SHELF, SHELF[1].content, BASE)
    other = kept(a_set(a_rule(10), version="2026-12-01")).content
    with pytest.raises(RulesInvalid, match="2026-12-01 was loaded by 周主任 with other content"):
        with_another(SHELF, other, BASE)


def test_a_kept_set_that_this_release_cannot_read_is_named() -> None:
    bad = KeptRules(origin=Origin.LOADED, version="2027-01-01", digest="x", content=b"{", by="x", at=AT)
    with pytest.raises(RulesInvalid, match="2027-01-01, kept in the database: the file"):
        with_another([bad], SHELF[1].content, BASE)


def test_a_year_of_a_set_says_nothing_of_other_days_of_a_region() -> None:
    local = WorkYear.model_validate_json(json.dumps(a_year(2027, "2027-03-10", regions=["65"])))
    assert (local.is_worked(day("2027-03-10")), local.is_worked(day("2027-03-11"))) == (False, None)
