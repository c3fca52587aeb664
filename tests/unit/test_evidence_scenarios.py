"""Scenarios of evidence requests, with their dates, over the real rules and the real door; storage in memory."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.asking import LINGWU, Asking, a_piece, an_item
from transfer.actions.buttons import BUTTONS, OWN_BUTTONS
from transfer.crypto.directory import Agreement
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.attachments import Attachment
from transfer.messages.case import Material
from transfer.messages.codes import ApplicantStatus, Defect, LegalBasis, MaterialKind, MediaType, Stage
from transfer.messages.codes_evidence import CancelReason, EvidenceField, EvidenceKind, ItemResult
from transfer.messages.envelope import digest_of
from transfer.messages.transfer import ApplicantLeft, SupplementAnswer, SupplementItem
from transfer.ports.files import FileNotKept

CANGNAN, FUDING = "330327", "350982"


def test_a_letter_across_spring_festival_is_due_on_the_third_of_march_and_five_of_six_months_are_found() -> None:
    story = Asking(months=6).ask()
    story.on(2026, 2, 12).signed().press(RequestStep.ASK_CLARIFICATION, question="需要哪些班次、哪些材料？")
    assert story.record().state is RequestState.CLARIFICATION_ASKED
    assert [one.due_on for one in story.both] == [date(2026, 3, 3)] * 2
    story.press(RequestStep.CLARIFY, answer="夜班考勤表，三月至八月。").press(RequestStep.UNDERTAKE)
    story.on(2026, 2, 27).found(*[ItemResult.OBTAINED] * 5).press(RequestStep.SUPPLY)
    missing = story.record(LINGWU).items[-1].id
    answer = story.an_answer(missing, ItemResult.DOES_NOT_EXIST, statement="厂方书面说明：八月未保存。")
    story.on(2026, 3, 2).press(RequestStep.RECORD, answers=(answer,)).press(RequestStep.RETURN)
    here = story.record()
    assert [one.result for one in here.answers] == [ItemResult.OBTAINED] * 5 + [ItemResult.DOES_NOT_EXIST]
    assert here.answers[-1].statement == "厂方书面说明：八月未保存。"
    assert all(piece.original_seen for one in here.answers for piece in one.pieces)
    assert story.press(RequestStep.CONFIRM).record(LINGWU).state is RequestState.CONFIRMED


def border_pair(*papers: MaterialKind) -> Asking:
    """Cangnan and Fuding answer within three working days, and take each other's findings."""
    story = Asking(
        regions=(CANGNAN, FUDING),
        requester=FUDING,
        requested=CANGNAN,
        began=datetime(2026, 5, 11, 10, 0, tzinfo=CHINA),
        papers=papers,
    )
    agreed = Agreement(
        between=(CANGNAN, FUDING), answer_working_days=3, mutual_recognition=True, since=date(2026, 1, 1)
    )
    story.exchange.directory = story.exchange.directory.model_copy(update={"agreements": (agreed,)})
    return story


def test_a_border_pair_answers_within_its_three_working_days() -> None:
    story = border_pair().ask()
    assert story.record(CANGNAN).due_on == date(2026, 5, 14)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (EvidenceKind.IDENTITY_CHECK, EvidenceField.IDENTITY_CONFIRMED),
        (EvidenceKind.ECON_CHECK, EvidenceField.HARDSHIP_FINDING),
    ],
)
def test_what_two_regions_recognise_and_the_package_holds_is_not_asked_again(
    kind: EvidenceKind, field: EvidenceField
) -> None:
    story = border_pair(MaterialKind.IDENTITY, MaterialKind.ECON_STATEMENT)
    item = an_item(kind=kind, fields=(field,), about=story.applicants)
    with pytest.raises(errors.AlreadyRecognised, match=r"身份证明|经济困难状况说明表"):
        story.draft(item)


def test_the_receiver_of_a_case_does_not_ask_for_papers_that_are_in_its_package() -> None:
    story = Asking(regions=(CANGNAN, FUDING), requester=CANGNAN, papers=(MaterialKind.IDENTITY,)).offer(FUDING)
    transfer = story.meet().known(FUDING).transfers[0].id
    missing = SupplementItem(defect=Defect.ID_MISSING, explanation="请补交身份证明", applicant=story.applicants[0])
    who: dict[str, Any] = {"by": "陈静", "institution": FUDING}
    sign, ask = BUTTONS[Step.SIGN_FOR], BUTTONS[Step.REQUIRE_SUPPLEMENT]
    story.exchange.order(FUDING, sign.order(story.case, transfer, sign.command(**who, materials_counted=1)))
    with pytest.raises(errors.AlreadyInPackage, match="身份证明"):
        story.exchange.order(
            FUDING, ask.order(story.case, transfer, ask.command(**who, items=(missing,), due_on=date(2026, 5, 20)))
        )
    blurred = missing.model_copy(update={"defect": Defect.EVIDENCE_ILLEGIBLE})
    story.exchange.order(
        FUDING, ask.order(story.case, transfer, ask.command(**who, items=(blurred,), due_on=date(2026, 5, 20)))
    )


def test_without_an_agreement_a_finding_may_be_checked() -> None:
    story = Asking(papers=(MaterialKind.IDENTITY,))
    story.draft(
        an_item(kind=EvidenceKind.IDENTITY_CHECK, fields=(EvidenceField.IDENTITY_CONFIRMED,), about=story.applicants)
    )


def test_a_paper_that_is_in_the_package_is_not_asked_again() -> None:
    story = Asking(papers=(MaterialKind.LABOUR_CONTRACT,))
    item = an_item(fields=(EvidenceField.LABOUR_CONTRACT,), about=story.applicants)
    with pytest.raises(errors.AlreadyInPackage, match="劳动合同"):
        story.draft(item)


def test_own_lawyer_at_home_ends_the_case_and_every_open_request_hears_of_it() -> None:
    story = Asking(regions=("440100", "411526", "510521"), requester="440100", requested="411526")
    story.exchange.now = datetime(2026, 7, 1, 1, 0, tzinfo=UTC)
    first = story.ask().undertaken().request
    story.requested = "510521"
    second = story.ask().request
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED)
    story.on(2026, 7, 31).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    assert [one.cancelled for one in story.known().requests] == [CancelReason.CASE_ENDED] * 2
    assert story.known("411526").request(first).cancelled is CancelReason.CASE_ENDED
    assert story.known("510521").request(second).cancelled is CancelReason.CASE_ENDED
    assert story.known("411526").stage.stage is Stage.TERMINATED


# Three knitters: two sign before their home station, the third's photo cannot be read ------------------------


ZHUJI, MACHENG = "330681", "421181"
BEGAN = datetime(2026, 6, 10, 9, 0, tzinfo=CHINA)


def knitters() -> Asking:
    """Zhuji has asked Macheng to witness three signatures and check three identities; two are fine."""
    story = Asking(regions=(ZHUJI, MACHENG), requester=ZHUJI, requested=MACHENG, persons=3, began=BEGAN)
    kinds = (
        (EvidenceKind.SIGNING_WITNESS, EvidenceField.SIGNED_PAPER),
        (EvidenceKind.IDENTITY_CHECK, EvidenceField.IDENTITY_CONFIRMED),
    )
    items = [
        an_item(kind=kind, fields=(field,), about=(one,), period_from=None, period_to=None)
        for one in story.applicants
        for kind, field in kinds
    ]
    story.ask(*items).undertaken()
    story.found(*[ItemResult.OBTAINED] * 4).press(RequestStep.SUPPLY)
    unsigned, blurred = (
        story.an_answer(item.id, ItemResult.PARTLY, statement="照片无法辨认；表格缺签名。")
        for item in story.record(MACHENG).items[4:]
    )
    return story.press(RequestStep.RECORD, answers=(unsigned, blurred)).press(RequestStep.RETURN)


def own(story: Asking, place: str, **typed: Any) -> Asking:
    button = OWN_BUTTONS[place]
    command = button.command(by="王芳", institution=story.requester, **typed)
    story.exchange.order(story.requester, button.order(story.case, command))
    return story


def defects(person: Any) -> tuple[SupplementItem, ...]:
    return (
        SupplementItem(defect=Defect.EVIDENCE_ILLEGIBLE, explanation="身份证照片模糊", applicant=person),
        SupplementItem(defect=Defect.FORM_UNSIGNED, explanation="申请表缺签名", applicant=person),
    )


def test_three_knitters_two_go_on_and_the_third_alone_is_deemed_withdrawn() -> None:
    story = knitters()
    assert [one.result for one in story.record().answers] == [ItemResult.OBTAINED] * 4 + [ItemResult.PARTLY] * 2
    third = story.applicants[2]
    own(story, "notice", items=defects(third), due_on=date(2026, 6, 17), phoned=True)
    left = (ApplicantLeft(applicant=third, status=ApplicantStatus.DEEMED_WITHDRAWN),)
    with pytest.raises(errors.DueDateAhead):
        own(story.on(2026, 6, 17), "notice/answer", left=left)
    own(story.on(2026, 6, 18), "notice/answer", left=left)
    assert [one.status for one in story.known().applicants] == [
        ApplicantStatus.ACTIVE,
        ApplicantStatus.ACTIVE,
        ApplicantStatus.DEEMED_WITHDRAWN,
    ]
    assert story.reach(Stage.UNDER_REVIEW).known().stage.stage is Stage.UNDER_REVIEW


def test_a_second_notice_for_a_defect_that_was_visible_is_refused() -> None:
    story = knitters()
    third = story.applicants[2]
    own(story, "notice", items=defects(third)[:1], due_on=date(2026, 6, 17), phoned=True)
    with pytest.raises(errors.DefectAlreadyVisible, match="FORM_UNSIGNED"):
        own(story, "notice", items=defects(third)[1:], due_on=date(2026, 6, 20), phoned=True)


def test_a_paper_that_came_with_the_answer_may_have_a_defect_of_its_own() -> None:
    story = knitters()
    third = story.applicants[2]
    own(story, "notice", items=defects(third), due_on=date(2026, 6, 17), phoned=True)
    answers = tuple(SupplementAnswer(defect=one.defect, applicant=third, answer="已补") for one in defects(third))
    photo = Material(kind=MaterialKind.IDENTITY, title="身份证照片（重拍）", applicant=third)
    own(story, "notice/answer", answers=answers, materials=(photo,))
    again = SupplementItem(
        defect=Defect.EVIDENCE_ILLEGIBLE, explanation="仍然模糊", applicant=third, paper="身份证照片（重拍）"
    )
    assert own(story, "notice", items=(again,), due_on=date(2026, 6, 25), phoned=False).known().notice is not None


def test_a_notice_is_answered_once() -> None:
    with pytest.raises(errors.NoticeMissing):
        own(knitters(), "notice/answer")


def test_a_notice_is_for_the_receiver_to_give_while_the_case_is_offered() -> None:
    story = Asking(regions=(ZHUJI, MACHENG), requester=ZHUJI, requested=MACHENG, began=BEGAN).offer(MACHENG)
    with pytest.raises(errors.TransferOpen):
        own(story, "notice", items=defects(story.applicants[0]), due_on=date(2026, 6, 17), phoned=True)


def test_after_the_decision_nothing_is_missing_any_more() -> None:
    story = knitters().reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    with pytest.raises(errors.IllegalStage):
        own(story, "notice", items=defects(story.applicants[0]), due_on=date(2026, 6, 17), phoned=True)


def test_applicants_may_withdraw_and_the_last_one_does_not_leave_an_empty_case() -> None:
    story = knitters()
    own(story, "withdrawals", applicants=story.applicants[:2])
    assert [one.status for one in story.known().applicants] == [
        ApplicantStatus.WITHDRAWN,
        ApplicantStatus.WITHDRAWN,
        ApplicantStatus.ACTIVE,
    ]
    with pytest.raises(errors.NoActiveApplicant):
        own(story, "withdrawals", applicants=story.applicants[2:])


def test_the_file_of_a_piece_is_here_before_it_is_recorded() -> None:
    story = Asking().ask().undertaken()
    file = Attachment(digest=digest_of(b"x"), size=1, media_type=MediaType.PDF, name="x.pdf")
    piece = a_piece(story.exchange.now, file=file)
    with pytest.raises(FileNotKept):
        story.found(ItemResult.OBTAINED, pieces=(piece,))
    story.exchange.keep(LINGWU, file)
    assert story.found(ItemResult.OBTAINED, pieces=(piece,)).record(LINGWU).recorded[0].pieces == (piece,)
