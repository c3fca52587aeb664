"""What is left of a case or of one applicant when personal data are destroyed."""

import json
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from tests.asking import FUSHUN, HEAD, Asking, an_item
from tests.federation.exchange import Exchange
from tests.story import Story
from tests.unit.test_law_rules import a_book
from transfer.actions.erasing import check_may_be_erased, erase
from transfer.actions.erasing_commands import Erase
from transfer.actions.situation import Situation
from transfer.domain.case import Case
from transfer.domain.erasing import ERASED, erased
from transfer.domain.errors import NotProposed, RequestsOpen, RetentionRuns, TransferOpen, UnknownApplicant
from transfer.domain.evidence_table import RequestStep
from transfer.domain.handling import Entry as Entered
from transfer.domain.keeping import Erasure
from transfer.law.book import NoSuchRule
from transfer.law.rules import Retention
from transfer.ledger.entry import Entry, Kind
from transfer.ledger.erasures import Erasures
from transfer.messages.codes import Stage
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_evidence import ItemResult
from transfer.storage import rows
from transfer.telemetry import clock

TODAY = date(2026, 11, 22)
BASIS = ErasureBasis.TERM_OVER


def whole() -> Erasure:
    return Erasure(basis=BASIS, receipt="a.b.c", proposed_by=None)


def texts(case: Case) -> str:
    """All that is written of the case."""
    kept = [rows.case_row(case), rows.content_row(case), *rows.applicant_rows(case)]
    kept += [rows.transfer_row(case, one) for one in case.transfers]
    return str(kept + [rows.request_row(case, one) for one in case.requests])


@pytest.fixture
def case() -> Case:
    """Two persons; another region was asked for evidence about both, and about the first alone, and answered."""
    story = Asking(persons=2)
    first, second = story.applicants
    items = (an_item(about=(first,), what="甲的工资单"), an_item(about=(first, second), what="两人的考勤"))
    story.ask(*items).undertaken().found(*[ItemResult.OBTAINED] * 2)
    case = story.press(RequestStep.SUPPLY).press(RequestStep.RETURN).known()
    [request] = case.requests
    return replace(
        case,
        applicants=tuple(one.model_copy(update=_name(one.id, first)) for one in case.applicants),
        requests=(
            request.changed(persons=tuple(one.model_copy(update=_name(one.id, first)) for one in request.persons)),
        ),
    )


def _name(of: UUID, first: UUID) -> dict[str, str]:
    return {"name": "甲某某" if of == first else "乙某某"}


def test_nothing_is_left_of_what_persons_wrote_or_are(case: Case) -> None:
    names = {one.name for one in case.applicants} | {case.basics.facts, case.basics.claim}
    assert all(name in texts(case) for name in names)
    left = erased(case, whole())
    assert not [name for name in names if name in texts(left)]
    assert (left.tenures, left.stage, left.id, left.basics.matter) == (
        case.tenures,
        case.stage,
        case.id,
        case.basics.matter,
    )
    assert [one.id for one in left.applicants] == [one.id for one in case.applicants]
    assert left.handling.erased
    assert not case.handling.erased


def test_of_one_person_what_is_about_that_one_goes_and_the_rest_stays(case: Case) -> None:
    first, second = case.applicants
    left = erased(case, replace_applicant(first.id))
    assert first.name not in texts(left)
    assert left.applicants[1] == second
    assert left.basics == case.basics
    [request], [was] = left.requests, case.requests
    assert [one.name for one in request.persons] == [ERASED if one.id == first.id else one.name for one in was.persons]
    assert [item.what for item in request.items] == [ERASED, "两人的考勤"]
    alone, both = request.answers
    assert {piece.title for piece in alone.pieces} <= {ERASED}
    assert all(piece.file is None for piece in alone.pieces)
    assert both.pieces == was.answers[1].pieces
    assert {fact.value for fact in alone.facts} <= {ERASED}
    assert not left.handling.erased


def replace_applicant(applicant: UUID) -> Erasure:
    return whole().model_copy(update={"applicant": applicant})


def test_what_is_left_can_be_read_from_its_rows_again(case: Case) -> None:
    for erasure in (whole(), replace_applicant(case.applicants[0].id)):
        left = erased(case, erasure)
        for request in left.requests:
            assert type(request).model_validate_json(request.model_dump_json(exclude_none=True)) == request
        for applicant in left.applicants:
            assert type(applicant).model_validate_json(applicant.model_dump_json(exclude_none=True)) == applicant
        handling = left.handling
        assert type(handling).model_validate_json(handling.model_dump_json(exclude_none=True)) == handling


def archived(case: Case) -> Situation:
    """As if its file had been put away in 2010."""
    entry = Entered(what=Stage.ARCHIVED, occurred_on=date(2010, 1, 4), by=HEAD, institution=FUSHUN, at=clock.now())
    put_away = replace(
        case,
        stage=case.stage.model_copy(update={"stage": Stage.ARCHIVED}),
        handling=case.handling.with_entry(entry),
    )
    context = Exchange.of(FUSHUN).contexts[FUSHUN]()
    return Situation(case=put_away, context=replace(context, rules=a_book(retentions=[a_retention()])))


def test_while_something_is_open_nothing_is_erased(case: Case) -> None:
    with pytest.raises(RequestsOpen):
        check_may_be_erased(archived(case))
    check_may_be_erased(archived(replace(case, requests=())))
    offered = Story().offer().known()
    with pytest.raises(TransferOpen):
        check_may_be_erased(archived(offered))


@pytest.mark.parametrize("known", [None, {"order": "a.b.c"}, {"receipt": "a.b.c"}], ids=str)
def test_only_what_a_person_proposed_is_carried_out(case: Case, known: dict[str, Any] | None) -> None:
    given = replace(case, requests=())
    if known is not None:
        one = Erasure(applicant=case.applicants[0].id, basis=BASIS, **known)
        given = replace(given, handling=given.handling.with_erasure(one))
    command = Erase(by=HEAD, institution=FUSHUN, applicant=case.applicants[0].id)
    with pytest.raises(NotProposed):
        erase(archived(given), command)


@pytest.mark.parametrize(("until", "over"), [("2020-01-04", False), ("2020-01-05", True)])
def test_the_last_day_of_the_term_is_a_day_on_which_the_file_is_kept(case: Case, until: str, *, over: bool) -> None:
    at = archived(replace(case, requests=()))
    day = datetime.fromisoformat(f"{until}T12:00:00+08:00")
    at = replace(at, context=replace(at.context, now=day))
    if over:
        check_may_be_erased(at)
    else:
        with pytest.raises(RetentionRuns, match=until):
            check_may_be_erased(at)


def test_who_is_not_in_the_case_is_not_erased(case: Case) -> None:
    with pytest.raises(UnknownApplicant):
        erased(case, replace_applicant(uuid4()))


def test_a_proposal_that_nobody_carried_out_goes_with_the_case(case: Case) -> None:
    open_one = Erasure(applicant=case.applicants[0].id, basis=BASIS, proposed_by=HEAD)
    proposed = replace(case, handling=case.handling.with_erasure(open_one))
    assert erased(proposed, whole()).handling.erasures == (whole(),)


# What verification says -------------------------------------------------------------------------------------


def an_entry(case: UUID, subject: UUID, **changes: str) -> Entry:
    facts = {
        "subject": str(subject),
        "of": "case" if subject == case else "applicant",
        "basis": "TERM_OVER",
        "institution": "442000",
        "receipt": "a.b.c",
    }
    return Entry(id=clock.new_id(), at=clock.now(), kind=Kind.ERASED, case=case, facts=facts | changes)


def test_what_cannot_be_looked_at_any_more_was_erased_by_somebody_or_is_gone() -> None:
    case, person, other = uuid4(), uuid4(), uuid4()
    found = Erasures.read([an_entry(case, person), an_entry(case, case)])
    said = f"erased on {clock.now():%Y-%m-%d} by 442000 (TERM_OVER), chain intact"
    assert {str(found.key(case)), str(found.key(person)), str(found.body(case)), str(found.row(case))} == {said}
    assert (found.key(other), found.body(other), found.row(other)) == (None, None, None)


def test_when_one_person_was_erased_no_row_of_the_case_may_be_gone() -> None:
    case, person = uuid4(), uuid4()
    found = Erasures.read([an_entry(case, person)])
    assert found.body(case) is not None
    assert (found.row(case), found.key(case)) == (None, None)


def test_an_erasing_that_was_done_again_is_told_by_its_first_entry() -> None:
    case = uuid4()
    found = Erasures.read([an_entry(case, case), an_entry(case, case, institution="510521")])
    assert "442000" in str(found.row(case))


# How long it is kept ----------------------------------------------------------------------------------------


def a_retention(**changes: object) -> dict[str, object]:
    return {
        "code": "CASE_FILE",
        "zh": "案卷",
        "en": "Case files",
        "source": {"law": "表", "confirmed": True},
        "valid_from": "2020-01-01",
        "length": 10,
        "unit": "YEAR",
        "begins": "archived",
    } | changes


def test_the_release_does_not_say_how_long_case_files_are_kept() -> None:
    rule = a_book().retention("CASE_FILE", "442000", TODAY)
    assert (rule.length, rule.begins) == (None, Stage.ARCHIVED)
    assert "条文待核" in rule.source.printed
    assert a_book().retention("PROCESSING_RECORDS", "442000", TODAY).length == 3
    assert a_book().retention("NETWORK_LOGS", "442000", TODAY).length == 6


def test_a_regions_table_comes_before_the_countrys() -> None:
    book = a_book(retentions=[a_retention(), a_retention(regions=["4420"], length=30)])
    assert [book.retention("CASE_FILE", region, TODAY).length for region in ("442000", "510521")] == [30, 10]
    with pytest.raises(NoSuchRule):
        book.retention("CASE_FILE", "442000", date(2019, 1, 1))


@pytest.mark.parametrize("unit", ["HOUR", "CALENDAR_DAY", "WORKING_DAY"])
def test_a_retention_is_counted_in_months_or_years(unit: str) -> None:
    with pytest.raises(ValidationError, match="months or years"):
        Retention.model_validate_json(json.dumps(a_retention(unit=unit)))
