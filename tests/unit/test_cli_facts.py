"""Two regions' knowledge of a case, compared fact by fact."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

from transfer.cli.facts import Attempt, Facts, Stage, Tenure, compare

FIRST, SECOND, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)
SINCE = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)

ZHONGSHAN = Facts(
    holder="510521",
    stage="granted",
    tenures={1: Tenure("442000", SINCE), 2: Tenure("510521", SINCE)},
    stages={(2, 1): Stage("granted", date(2026, 3, 3))},
    transfers={
        FIRST: Attempt("442000", "510000", "released"),
        SECOND: Attempt("442000", "510521-ZS", "accepted"),
    },
    requests={THIRD: Attempt("510521", "442000", "returned")},
)


def differing(here: Facts, there: Facts) -> list[str]:
    return [one.fact for one in compare(here, there) if one.agree is False]


def test_a_region_agrees_with_itself() -> None:
    assert all(one.agree is True for one in compare(ZHONGSHAN, ZHONGSHAN))


def test_a_transfer_that_only_one_side_took_part_in_is_no_disagreement() -> None:
    luxian = replace(ZHONGSHAN, transfers={SECOND: ZHONGSHAN.transfers[SECOND]})
    assert differing(ZHONGSHAN, luxian) == []
    assert [one.fact for one in compare(ZHONGSHAN, luxian) if one.agree is None] == ["transfer"]


def test_a_request_that_was_not_sent_yet_is_no_disagreement() -> None:
    assert differing(ZHONGSHAN, replace(ZHONGSHAN, requests={})) == []


def test_a_stage_from_before_a_region_followed_is_no_disagreement() -> None:
    assert differing(ZHONGSHAN, replace(ZHONGSHAN, stages={})) == []


def test_holder_tenures_stage_and_states_must_be_the_same() -> None:
    behind = Facts(
        holder="442000",
        stage="received",
        tenures={1: Tenure("442000", SINCE)},
        stages={(2, 1): Stage("refused", date(2026, 3, 3))},
        transfers={SECOND: Attempt("442000", "510521-ZS", "signed_for")},
        requests={THIRD: Attempt("510521", "442000", "undertaken")},
    )
    assert differing(ZHONGSHAN, behind) == ["holder", "tenure 2", "transfer", "request", "stage", "stage 2.1"]
