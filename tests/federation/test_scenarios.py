"""Scenarios of evidence requests with their dates, each told twice: in memory, and by real nodes over a broker."""

from datetime import date, datetime
from typing import Final

import pytest

from tests.asking import COLLECTOR, FUSHUN, LINGWU, Asking, Tell, a_piece, an_item, defects_of, knitters_answered
from tests.samples import a_pdf
from transfer.crypto.directory import Agreement
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.codes import ApplicantStatus, Defect, LegalBasis, MaterialKind, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_evidence import CancelReason, CollectionMethod, EvidenceField, EvidenceKind, ItemResult
from transfer.messages.evidence_items import Lawyer
from transfer.messages.transfer import ApplicantLeft, SupplementItem

CANGNAN, FUDING = "330327", "350982"
ZHUJI, MACHENG = "330681", "421181"
GUANGZHOU, HUANGCHUAN, LUXIAN = "440100", "411526", "510521"

MONTHS: Final = ("三月", "四月", "五月", "六月", "七月", "八月")

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]


def due(story: Asking, rule: str) -> tuple[date | None, date | None]:
    """The strict and the rolled last day of the clock that runs by this rule."""
    [running] = [one for one in story.known().basics.clocks if one.rule == rule and one.met_on is None]
    return running.due_strict, running.due_rolled


# SC-04 ------------------------------------------------------------------------------------------------------


def test_a_letter_across_spring_festival_is_due_on_the_third_of_march_and_five_of_six_months_are_found(
    tell: Tell,
) -> None:
    story = tell((FUSHUN, LINGWU), datetime(2026, 2, 11, 9, 0, tzinfo=CHINA), months=6)
    licence = story.world.put(FUSHUN, a_pdf(700), "律师执业证.pdf")
    letter = story.world.put(FUSHUN, a_pdf(900), "律师事务所证明.pdf")
    lawyer = Lawyer(
        name="周律师", licence="12104202010123456", firm="某所", licence_file=licence, firm_certificate=letter
    )
    story.ask(lawyer=lawyer)
    assert story.world.holds(LINGWU, licence) == a_pdf(700)
    story.on(2026, 2, 12).signed().press(RequestStep.ASK_CLARIFICATION, question="需要哪些班次、哪些材料？")
    assert story.record().state is RequestState.CLARIFICATION_ASKED
    assert [one.due_on for one in story.both] == [date(2026, 3, 3)] * 2
    story.press(RequestStep.CLARIFY, answer="夜班考勤表，三月至八月。").press(RequestStep.UNDERTAKE)
    story.on(2026, 2, 27)
    items = [item.id for item in story.record(LINGWU).items]
    sheets = {
        item: story.world.put(LINGWU, a_pdf(1000 + place), f"{MONTHS[place]}考勤表.pdf")
        for place, item in enumerate(items[:5])
    }
    found = tuple(
        story.an_answer(
            item, pieces=(a_piece(story.world.now, file=file, sent_by_post=None, original_seen=place != 4),)
        )
        for place, (item, file) in enumerate(sheets.items())
    )
    story.press(RequestStep.RECORD, answers=found).press(RequestStep.SUPPLY)
    for place, file in enumerate(sheets.values()):
        assert story.world.holds(FUSHUN, file) == a_pdf(1000 + place)
    missing = story.an_answer(items[5], ItemResult.DOES_NOT_EXIST, statement="厂方书面说明：八月未保存。")
    story.on(2026, 3, 2).press(RequestStep.RECORD, answers=(missing,)).press(RequestStep.RETURN)
    here = story.record()
    assert [one.result for one in here.answers] == [ItemResult.OBTAINED] * 5 + [ItemResult.DOES_NOT_EXIST]
    assert here.answers[-1].statement == "厂方书面说明：八月未保存。"
    pieces = [piece for one in here.answers for piece in one.pieces]
    assert [piece.original_seen for piece in pieces] == [True] * 4 + [False]
    assert [piece.file for piece in pieces] == list(sheets.values())
    collected = pieces[0].custody[0]
    assert (collected.by, collected.how, collected.source) == (COLLECTOR, CollectionMethod.COPIED, "人事部")
    assert story.press(RequestStep.CONFIRM).record(LINGWU).state is RequestState.CONFIRMED


# SC-06 ------------------------------------------------------------------------------------------------------


def test_a_border_pair_answers_in_three_working_days_and_asks_for_nothing_twice(tell: Tell) -> None:
    agreed = Agreement(
        between=(CANGNAN, FUDING), answer_working_days=3, mutual_recognition=True, since=date(2026, 1, 1)
    )
    began = datetime(2026, 5, 11, 10, 0, tzinfo=CHINA)
    papers = (MaterialKind.IDENTITY, MaterialKind.ECON_STATEMENT)
    story = tell((CANGNAN, FUDING), began, (agreed,), papers=papers, requester=CANGNAN).offer(FUDING).meet()
    assert due(story, "REVIEW") == (date(2026, 5, 18), date(2026, 5, 18))
    story.decide(FUDING, Step.SIGN_FOR, materials_counted=2)
    missing = tuple(
        SupplementItem(defect=defect, explanation="请补交", applicant=story.applicants[0])
        for defect in (Defect.ID_MISSING, Defect.ECON_STATEMENT_MISSING)
    )
    for item in missing:
        with pytest.raises(errors.AlreadyInPackage):
            story.decide(FUDING, Step.REQUIRE_SUPPLEMENT, items=(item,), due_on=date(2026, 5, 20))
    story.decide(FUDING, Step.ACCEPT)
    assert story.known(CANGNAN).holder_region == FUDING
    story.requester, story.requested = FUDING, CANGNAN
    for kind, asked in (
        (EvidenceKind.IDENTITY_CHECK, EvidenceField.IDENTITY_CONFIRMED),
        (EvidenceKind.ECON_CHECK, EvidenceField.HARDSHIP_FINDING),
    ):
        with pytest.raises(errors.AlreadyRecognised, match=r"身份证明|经济困难状况说明表"):
            story.draft(an_item(kind=kind, fields=(asked,), about=story.applicants))
    story.ask()
    assert [one.due_on for one in story.both] == [date(2026, 5, 14)] * 2


# SC-12 ------------------------------------------------------------------------------------------------------


def test_own_lawyer_at_home_ends_the_case_and_every_open_request_hears_of_it(tell: Tell) -> None:
    story = tell((GUANGZHOU, HUANGCHUAN, LUXIAN), datetime(2026, 7, 1, 9, 0, tzinfo=CHINA))
    first = story.ask().undertaken().request
    story.requested = LUXIAN
    second = story.ask().request
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED)
    story.on(2026, 7, 31).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    assert [one.cancelled for one in story.known().requests] == [CancelReason.CASE_ENDED] * 2
    assert story.known(HUANGCHUAN).request(first).cancelled is CancelReason.CASE_ENDED
    assert story.known(LUXIAN).request(second).cancelled is CancelReason.CASE_ENDED
    assert [story.known(region).stage.stage for region in (HUANGCHUAN, LUXIAN)] == [Stage.TERMINATED] * 2
    story.on(2026, 8, 3).own("events", event=CaseEvent.DECISION_SERVED, occurred_on=date(2026, 8, 3))
    assert due(story, "OBJECTION") == (date(2026, 8, 18), date(2026, 8, 18))
    story.on(2026, 8, 10).reach(Stage.OBJECTED)
    assert due(story, "OBJECTION_REVIEW") == (date(2026, 8, 15), date(2026, 8, 17))


# SC-03 ------------------------------------------------------------------------------------------------------


def test_three_knitters_two_go_on_and_the_third_alone_is_deemed_withdrawn(tell: Tell) -> None:
    story = tell((ZHUJI, MACHENG), datetime(2026, 6, 10, 9, 0, tzinfo=CHINA), persons=3)
    knitters_answered(story)
    assert [one.result for one in story.record().answers] == [ItemResult.OBTAINED] * 4 + [ItemResult.PARTLY] * 2
    third = story.applicants[2]
    story.own("notice", items=defects_of(third), due_on=date(2026, 6, 17), phoned=True)
    forgotten = SupplementItem(defect=Defect.ID_MISSING, explanation="缺身份证复印件", applicant=third)
    with pytest.raises(errors.DefectAlreadyVisible):
        story.own("notice", items=(forgotten,), due_on=date(2026, 6, 20), phoned=True)
    left = (ApplicantLeft(applicant=third, status=ApplicantStatus.DEEMED_WITHDRAWN),)
    with pytest.raises(errors.DueDateAhead):
        story.on(2026, 6, 17).own("notice/answer", left=left)
    story.on(2026, 6, 18).own("notice/answer", left=left)
    stayed = [ApplicantStatus.ACTIVE] * 2 + [ApplicantStatus.DEEMED_WITHDRAWN]
    assert [one.status for one in story.known().applicants] == stayed
    assert story.reach(Stage.UNDER_REVIEW).known().stage.stage is Stage.UNDER_REVIEW
