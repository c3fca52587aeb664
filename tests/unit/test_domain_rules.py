"""The pure rules: superiors, designation, clocks, precedence of duplicates, and the record of a case."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.builders import (
    GUANGDONG,
    LUXIAN,
    SICHUAN,
    ZHONGSHAN,
    a_case_basics,
    a_tenure,
    a_word_of_the_superior,
    an_applicant,
)
from transfer.domain import errors
from transfer.domain.case import Case, Transfer
from transfer.domain.clocks import legal_day
from transfer.domain.designation import hear, judges
from transfer.domain.duplicates import precedence
from transfer.domain.lifecycle import Side, State
from transfer.domain.regions import designators, province_of, superiors
from transfer.handlers.arrival import longer
from transfer.messages.case import StageReached
from transfer.messages.codes import ApplicantStatus, Stage
from transfer.messages.transfer import ApplicantLeft

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
BOTH = frozenset({SICHUAN, GUANGDONG})


# Regions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "above"),
    [
        ("510521", ("510500", "510000")),
        ("442000", ("440000",)),
        ("110105", ("110100", "110000")),
        ("510500", ("510000",)),
        ("510000", ()),
        ("512501", ("512500", "510000")),
    ],
    ids=[
        "a county",
        "a city without counties",
        "a district of Beijing",
        "a prefecture",
        "a province",
        "a retired code",
    ],
)
def test_the_superiors_of_a_region_are_its_prefecture_and_its_province(region: str, above: tuple[str, ...]) -> None:
    assert superiors(region) == above


def test_the_nearest_common_superior_on_the_exchange_names_the_region() -> None:
    assert designators("510521", "510522", {"510500", "510000"}) == {"510500"}
    assert designators("510521", "510522", {"510000"}) == {"510000"}
    assert designators("510521", "510681", {"510500", "510000"}) == {"510000"}


def test_between_provinces_both_provincial_regions_name_it_or_nobody_does() -> None:
    assert designators(LUXIAN, ZHONGSHAN, BOTH) == BOTH
    assert designators(LUXIAN, ZHONGSHAN, {SICHUAN}) == frozenset()
    assert province_of(ZHONGSHAN) == GUANGDONG


def a_transfer(**changes: Any) -> Transfer:
    transfer = Transfer(
        id=uuid4(),
        side=Side.SENDER,
        state=State.COMPETENCE_DISPUTED,
        sender=LUXIAN,
        receiver=ZHONGSHAN,
        attempt=1,
        letter="函",
        reason="由",
        opened_at=NOW,
        changed_at=NOW,
    )
    return replace(transfer, **changes)


def test_a_superior_that_is_a_party_judges_nothing() -> None:
    assert judges(a_transfer(), BOTH) == BOTH
    with pytest.raises(errors.NoSuperior):
        judges(a_transfer(receiver=GUANGDONG), BOTH)
    with pytest.raises(errors.NoSuperior):
        judges(a_transfer(), {LUXIAN, ZHONGSHAN})


# Designation ------------------------------------------------------------------------------------------------


def words(transfer: Transfer, *said: tuple[str, str]) -> Transfer:
    for by, region in said:
        transfer = hear(transfer, by, a_word_of_the_superior(region=region), needed=BOTH, at=NOW)
    return transfer


def test_one_province_alone_designates_nothing() -> None:
    heard = words(a_transfer(), (SICHUAN, ZHONGSHAN))
    assert (heard.state, heard.designation) == (State.COMPETENCE_DISPUTED, None)


def test_two_provinces_that_name_the_same_region_designate_it_on_the_later_day() -> None:
    first = a_word_of_the_superior(region=ZHONGSHAN, decided_on=date(2026, 3, 1))
    second = a_word_of_the_superior(region=ZHONGSHAN, decided_on=date(2026, 3, 2))
    heard = hear(a_transfer(), SICHUAN, second, needed=BOTH, at=NOW)
    heard = hear(heard, GUANGDONG, first, needed=BOTH, at=NOW)
    assert heard.state is State.DESIGNATED
    assert heard.designation is not None
    assert (heard.designation.region, heard.designation.by) == (ZHONGSHAN, (GUANGDONG, SICHUAN))
    assert heard.designation.decided_on == date(2026, 3, 2)


def test_two_provinces_that_differ_designate_nothing() -> None:
    heard = words(a_transfer(), (SICHUAN, ZHONGSHAN), (GUANGDONG, LUXIAN))
    assert (heard.state, heard.designation) == (State.COMPETENCE_DISPUTED, None)
    assert len(heard.designations) == 2


def test_a_superior_names_a_region_once_and_may_repeat_it() -> None:
    heard = words(a_transfer(), (SICHUAN, ZHONGSHAN))
    assert words(heard, (SICHUAN, ZHONGSHAN)) == heard
    with pytest.raises(errors.DesignationConflict):
        words(heard, (SICHUAN, LUXIAN))


def test_who_is_not_asked_designates_nothing() -> None:
    with pytest.raises(errors.NotThisSide):
        words(a_transfer(), ("510500", ZHONGSHAN))


@pytest.mark.parametrize("state", [State.ACCEPTED, State.RELEASED])
def test_a_designation_after_the_end_is_kept_and_moves_nothing(state: State) -> None:
    heard = words(a_transfer(state=state), (SICHUAN, ZHONGSHAN), (GUANGDONG, ZHONGSHAN))
    assert heard.state is state
    assert heard.designation is not None


def test_a_designation_of_another_region_closes_the_transfer() -> None:
    both = (SICHUAN, GUANGDONG)
    assert words(a_transfer(), *((by, ZHONGSHAN) for by in both)).is_open
    assert not words(a_transfer(), *((by, LUXIAN) for by in both)).is_open
    assert not words(a_transfer(), *((by, "510522") for by in both)).is_open


# Clocks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 2, 11, 15, 59, 59, tzinfo=UTC), date(2026, 2, 11)),
        (datetime(2026, 2, 11, 16, 0, tzinfo=UTC), date(2026, 2, 12)),
        (datetime(2026, 2, 11, 23, 30, tzinfo=ZoneInfo("Asia/Urumqi")), date(2026, 2, 12)),
    ],
    ids=["a second before midnight in Shanghai", "midnight in Shanghai", "an evening in Urumqi"],
)
def test_the_day_of_a_moment_is_the_one_in_shanghai(moment: datetime, day: date) -> None:
    assert legal_day(moment) == day


# Duplicates -------------------------------------------------------------------------------------------------


LOW, HIGH = UUID(int=1), UUID(int=2)


def test_of_two_cases_the_one_first_received_survives() -> None:
    assert precedence(NOW, LUXIAN, HIGH) < precedence(NOW + timedelta(seconds=1), ZHONGSHAN, LOW)


def test_a_tie_goes_to_the_lower_region_code_also_of_a_workstation() -> None:
    assert precedence(NOW, ZHONGSHAN, HIGH) < precedence(NOW, "510521-ZS", LOW)


def test_a_tie_in_one_region_goes_to_the_lower_case_id() -> None:
    assert precedence(NOW, LUXIAN, LOW) < precedence(NOW, "510521-ZS", HIGH)


def test_the_same_moment_in_two_zones_is_a_tie() -> None:
    elsewhere = NOW.astimezone(ZoneInfo("Asia/Shanghai"))
    assert precedence(elsewhere, LUXIAN, LOW) == precedence(NOW, LUXIAN, LOW)


# The record of a case ---------------------------------------------------------------------------------------


def a_case(**changes: Any) -> Case:
    case = Case(id=uuid4(), basics=a_case_basics(), applicants=(an_applicant(),), tenures=(a_tenure(),))
    return replace(case, **changes)


SECOND = a_tenure(number=2, institution=ZHONGSHAN)
THIRD = a_tenure(number=3, institution=GUANGDONG)


def test_the_holder_is_the_last_of_the_tenures() -> None:
    case = a_case(tenures=(a_tenure(), SECOND))
    assert (case.holder, case.holder_region) == (SECOND, ZHONGSHAN)
    assert case.held_by(ZHONGSHAN) is case
    with pytest.raises(errors.NotTheHolder):
        case.held_by(LUXIAN)


def test_of_two_lists_of_holders_the_longer_counts_when_it_begins_with_the_other() -> None:
    short, long = (a_tenure(),), (a_tenure(), SECOND)
    assert longer(short, long) == longer(long, short) == long
    assert longer(long, long) == long


def test_lists_of_holders_that_part_ways_are_refused() -> None:
    with pytest.raises(errors.HistoryDiffers):
        longer((a_tenure(), SECOND), (a_tenure(), replace_institution(THIRD, 2)))


def replace_institution(tenure: Any, number: int) -> Any:
    return tenure.model_copy(update={"number": number})


@pytest.mark.parametrize(
    ("earlier", "later"),
    [((1, 1), (1, 2)), ((1, 9), (2, 0)), ((1, 9), (2, 1))],
    ids=["a later stage of a tenure", "a later tenure", "the first stage of a later tenure"],
)
def test_a_later_stage_counts_whatever_the_order_of_arrival(earlier: tuple[int, int], later: tuple[int, int]) -> None:
    first, second = (StageReached(stage=Stage.UNDER_REVIEW, tenure=t, number=n) for t, n in (earlier, later))
    for order in ((first, second), (second, first), (second, second, first)):
        case = a_case()
        for stage in order:
            case = case.reached(stage)
        assert case.stage == second


def test_a_case_has_the_transfers_that_it_knows() -> None:
    transfer = a_transfer()
    case = a_case().with_transfer(transfer)
    assert case.transfer(transfer.id) is transfer
    assert case.with_transfer(replace(transfer, state=State.RELEASED)).transfers[0].state is State.RELEASED
    with pytest.raises(errors.UnknownTransfer):
        case.transfer(uuid4())


def left(case: Case, status: ApplicantStatus) -> Case:
    return case.without_applicants((ApplicantLeft(applicant=case.applicants[0].id, status=status),))


def test_who_left_is_not_active_and_stays_in_the_case() -> None:
    case = left(a_case(), ApplicantStatus.DEEMED_WITHDRAWN)
    assert case.active == ()
    assert [one.status for one in case.applicants] == [ApplicantStatus.DEEMED_WITHDRAWN]


def test_withdrawn_by_will_and_deemed_withdrawn_end_alike_in_either_order() -> None:
    deemed, willed = ApplicantStatus.DEEMED_WITHDRAWN, ApplicantStatus.WITHDRAWN
    assert left(left(a := a_case(), deemed), willed) == left(left(a, willed), deemed)
    assert left(left(a, deemed), willed).applicants[0].status is willed


def test_an_applicant_of_another_case_cannot_leave() -> None:
    with pytest.raises(errors.UnknownApplicant):
        a_case().withdrawn([uuid4()])


def test_the_message_of_an_error_is_its_docstring_with_its_details() -> None:
    assert str(errors.MustEscalate(attempts=2)).endswith("name the competent one. (attempts 2)")
    assert str(errors.NoActiveApplicant()) == errors.NoActiveApplicant.__doc__
