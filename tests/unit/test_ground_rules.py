"""Which ground on the hardship condition is open to whom, in which matters, where and from when on: every row."""

import json
from datetime import date
from typing import Any

import pytest

from tests.builders import a_case_basics, an_applicant, the_rules
from tests.federation.exchange import Exchange
from tests.unit.test_law_rules import a_book, as_text
from transfer.cli.rules_said import change_line
from transfer.domain.case import Case
from transfer.domain.eligibility import judged, why_not_at_first
from transfer.domain.recognition import STANDARD, Forum
from transfer.law.book import RuleBook, RulesInvalid, built_in, read_rules
from transfer.law.changes import changes
from transfer.law.codes import GroundProof, WhyNot
from transfer.law.overlay import laid_over
from transfer.law.rules import Ending, RuleSet
from transfer.messages.case import Tenure
from transfer.messages.codes import ApplicantCategory, HardshipGround, Matter

C, G, M = ApplicantCategory, HardshipGround, Matter
TODAY = date(2026, 11, 22)
ANYWHERE, CHENGDU, KUNMING, HANGZHOU = "442000", "510104", "530102", "330106"
EVERY_MATTER = frozenset(Matter)
LABOUR = frozenset({M.LABOUR_PROTECTION, M.SOCIAL_INSURANCE, M.LABOUR_CONTRACT})

ROWS = [
    (G.ART32_1, ANYWHERE, {C.MARTYR_KIN}, {M.OTHER_BY_LAW}),
    (G.ART32_2, ANYWHERE, {C.GOOD_SAMARITAN}, EVERY_MATTER),
    (G.ART32_3, ANYWHERE, frozenset(C), {M.STATE_COMPENSATION}),
    (G.ART32_4, ANYWHERE, {C.DOMESTIC_VIOLENCE}, EVERY_MATTER),
    (G.ART32_5, ANYWHERE, set(), set()),
    (G.ART42_1, ANYWHERE, {C.MINOR, C.ELDERLY, C.DISABLED}, EVERY_MATTER),
    (G.ART42_2, ANYWHERE, {C.SOCIAL_ASSISTANCE, C.PREFERENTIAL}, EVERY_MATTER),
    (G.ART42_3, ANYWHERE, {C.MIGRANT_WORKER}, {M.REMUNERATION, M.WORK_INJURY}),
    (G.ART42_4, ANYWHERE, set(), set()),
    (G.ART42_4, CHENGDU, {C.MIGRANT_WORKER}, {M.ECONOMIC_COMPENSATION}),
    (G.ART42_4, KUNMING, {C.MIGRANT_WORKER}, LABOUR),
    (G.ART42_4, HANGZHOU, {C.MIGRANT_WORKER}, LABOUR),
    (G.INFO_SHARING, ANYWHERE, frozenset(C), EVERY_MATTER),
    (G.COMMITMENT, ANYWHERE, frozenset(C), EVERY_MATTER),
    (G.HOME_FINDING_RECOGNISED, ANYWHERE, set(), set()),
]
"""Where each ground is asked, the only groups and the only matters to which it is open there."""


def a_forum(region: str = ANYWHERE, day: date = TODAY, rules: RuleBook | None = None) -> Forum:
    context = Exchange.of(ANYWHERE).contexts[ANYWHERE]()
    return Forum(region=region, day=day, rules=rules or the_rules(), read=context.read, recognises=lambda _: False)


def a_matter(matter: Matter, *categories: ApplicantCategory) -> Case:
    """A case of one person of these groups."""
    case = Exchange.of(ANYWHERE)
    known = case.case(ANYWHERE, case.take_in(ANYWHERE, persons=1))
    return Case(
        id=known.id,
        basics=a_case_basics(matter=matter),
        applicants=(an_applicant(categories=categories),),
        tenures=(Tenure(number=1, institution=ANYWHERE, since=known.holder.since),),
    )


def open_to(case: Case, forum: Forum) -> dict[HardshipGround, WhyNot | None]:
    return {one.ground: one.why_not for one in judged(case, case.applicants[0], forum)}


@pytest.mark.parametrize(("ground", "region", "groups", "matters"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_a_ground_is_open_to_its_groups_in_its_matters_and_to_nobody_else(
    ground: HardshipGround, region: str, groups: set[ApplicantCategory], matters: set[Matter]
) -> None:
    for matter in Matter:
        for group in ApplicantCategory:
            found = open_to(a_matter(matter, group), a_forum(region))[ground]
            assert (found is None) == (matter in matters and group in groups), (matter, group, found)


def test_every_ground_and_every_row_is_in_this_table() -> None:
    assert {ground for ground, *_ in ROWS} == set(HardshipGround)
    rows = {(rule.ground, rule.regions) for rule in built_in().grounds}
    assert len(built_in().grounds) == len(rows) == len(ROWS) - 2, "ART32_5 and the country's ART42_4 have no row"


def test_one_of_several_groups_is_enough_and_a_person_without_any_commits_or_is_checked() -> None:
    assert open_to(a_matter(M.POLLUTION, C.OTHER, C.DISABLED), a_forum())[G.ART42_1] is None
    nobody = open_to(a_matter(M.POLLUTION), a_forum())
    assert {ground for ground, why_not in nobody.items() if why_not is None} == {G.INFO_SHARING, G.COMMITMENT}


@pytest.mark.parametrize(
    ("matter", "ground", "why_not"),
    [
        (M.TRAFFIC_ACCIDENT, G.ART42_3, WhyNot.OTHER_MATTER),
        (M.LABOUR_RELATION, G.ART42_3, WhyNot.OTHER_MATTER),
        (M.ECONOMIC_COMPENSATION, G.ART42_3, WhyNot.OTHER_MATTER),
        (M.REMUNERATION, G.ART42_1, WhyNot.NOT_OF_THE_GROUP),
        (M.REMUNERATION, G.ART42_4, WhyNot.NO_RULE_HERE),
        (M.REMUNERATION, G.HOME_FINDING_RECOGNISED, WhyNot.NO_HOME_FINDING),
    ],
)
def test_each_ground_that_is_not_open_says_why(matter: Matter, ground: HardshipGround, why_not: WhyNot) -> None:
    assert open_to(a_matter(matter, C.MIGRANT_WORKER), a_forum())[ground] is why_not


@pytest.mark.parametrize(
    ("region", "day", "is_open"),
    [
        (CHENGDU, date(2019, 12, 31), False),
        (CHENGDU, date(2020, 1, 1), True),
        ("510700", TODAY, False),
        (KUNMING, TODAY, False),
    ],
)
def test_a_local_widening_holds_in_its_city_from_its_day_on(region: str, day: date, is_open: bool) -> None:  # noqa: FBT001 - a column
    found = open_to(a_matter(M.ECONOMIC_COMPENSATION, C.MIGRANT_WORKER), a_forum(region, day))
    assert (found[G.ART42_4] is None) == is_open


def test_the_law_of_2021_opens_nothing_before_it_was_in_force() -> None:
    found = open_to(a_matter(M.REMUNERATION, C.MIGRANT_WORKER), a_forum(day=date(2021, 12, 31)))
    assert set(found.values()) == {WhyNot.NO_RULE_HERE}


@pytest.mark.parametrize("rule", built_in().grounds, ids=lambda rule: f"{rule.code} {rule.regions}")
def test_every_row_names_its_source_and_the_proof_that_its_ground_needs(rule: Any) -> None:
    assert rule.source.law
    proofs = {
        G.INFO_SHARING: GroundProof.CHECK,
        G.COMMITMENT: GroundProof.COMMITMENT,
        G.HOME_FINDING_RECOGNISED: GroundProof.ATTESTATION,
    }
    assert rule.proof is proofs.get(rule.ground, GroundProof.PAPER)


def test_a_rule_that_an_administrator_adds_opens_its_ground() -> None:
    row = {
        "code": "RIDERS",
        "zh": "新就业形态劳动者",
        "en": "Workers in new forms of employment",
        "source": {"law": "某省规定", "confirmed": True},
        "regions": ["44"],
        "valid_from": "2026-01-01",
        "ground": "ART42_4",
        "proof": "PAPER",
        "matters": ["TRAFFIC_ACCIDENT"],
    }
    rows = [*json.loads(as_text(built_in()))["grounds"], row]
    found = open_to(a_matter(M.TRAFFIC_ACCIDENT), a_forum(rules=a_book(grounds=rows)))
    assert found[G.ART42_4] is None
    with pytest.raises(RulesInvalid, match="RIDERS holds twice"):
        a_book(grounds=[*rows, row])
    with pytest.raises(RulesInvalid, match="ground"):
        read_rules(json.dumps(json.loads(as_text(built_in())) | {"grounds": [row | {"ground": "ART99"}]}).encode())


def test_a_loaded_ground_takes_the_place_of_an_earlier_one_and_what_changes_is_told_in_words() -> None:
    [before] = [one for one in built_in().grounds if one.code == "ART42_3"]
    after = before.model_copy(update={"matters": (M.REMUNERATION,), "valid_from": TODAY})
    ended = Ending(code="COMMITMENT", valid_until=TODAY)
    over = RuleSet(version="2026-12-01", note="示例", grounds=(after,), ends=(ended,))
    old, new = the_rules(), RuleBook(rules=laid_over(built_in(), [over]), known_years=the_rules().known_years)
    changed, gone = [change_line(one) for one in changes(old, new)]
    assert changed.startswith(f"ART42_3 {before.zh}, in the whole country, from 2026-11-22 on: ")
    assert changed.endswith('matters ["REMUNERATION", "WORK_INJURY"] -> ["REMUNERATION"]')
    assert gone == "COMMITMENT 个人诚信承诺, in the whole country, from 2026-11-23 on: holds no more"
    assert open_to(a_matter(M.WORK_INJURY, C.MIGRANT_WORKER), a_forum(rules=new))[G.ART42_3] is WhyNot.OTHER_MATTER


@pytest.mark.parametrize("region", [ANYWHERE, CHENGDU, HANGZHOU])
def test_of_a_person_whom_nobody_has_attested_anything_the_same_is_said_before_there_is_a_case(region: str) -> None:
    forum = a_forum(region)
    for matter in Matter:
        for categories in ((), *((one,) for one in C)):
            found = open_to(a_matter(matter, *categories), forum)
            assert {ground: why_not_at_first(ground, matter, categories, forum) for ground in G} == found


def test_the_standard_of_a_province_is_a_figure_that_is_loaded_and_none_is_invented() -> None:
    assert a_forum("330900").standard is None
    figure = {
        "code": STANDARD,
        "zh": "经济困难标准（元每月）",
        "en": "Hardship standard, yuan a month",
        "source": {"law": "浙江省公布的标准", "confirmed": True},
        "regions": ["33"],
        "valid_from": "2026-01-01",
        "value": 1,
    }
    book = a_book(figures=[*json.loads(as_text(built_in()))["figures"], figure])
    loaded = a_forum("330900", rules=book).standard
    assert loaded is not None
    assert loaded.value == 1
    assert a_forum("420900", rules=book).standard is None
