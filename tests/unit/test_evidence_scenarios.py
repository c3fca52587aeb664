"""What the scenarios of evidence requests forbid, case by case; the scenarios themselves are told on real nodes in
tests/federation."""

from datetime import date, datetime

import pytest

from tests.asking import LINGWU, Asking, a_piece, an_item, answers_of, defects_of, knitters_answered
from transfer.crypto.directory import Agreement
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState
from transfer.domain.lifecycle import Step
from transfer.messages.attachments import Attachment
from transfer.messages.case import Material
from transfer.messages.codes import ApplicantStatus, Defect, MaterialKind, MediaType, Stage
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult
from transfer.messages.envelope import digest_of
from transfer.messages.transfer import SupplementItem
from transfer.ports.files import FileNotKept

CANGNAN, FUDING = "330327", "350982"


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
    story.meet().decide(FUDING, Step.SIGN_FOR, materials_counted=1)
    missing = SupplementItem(defect=Defect.ID_MISSING, explanation="请补交身份证明", applicant=story.applicants[0])
    with pytest.raises(errors.AlreadyInPackage, match="身份证明"):
        story.decide(FUDING, Step.REQUIRE_SUPPLEMENT, items=(missing,), due_on=date(2026, 5, 20))
    blurred = missing.model_copy(update={"defect": Defect.EVIDENCE_ILLEGIBLE})
    story.decide(FUDING, Step.REQUIRE_SUPPLEMENT, items=(blurred,), due_on=date(2026, 5, 20))


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


# Three knitters: two sign before their home station, the third's photo cannot be read ------------------------


ZHUJI, MACHENG = "330681", "421181"
BEGAN = datetime(2026, 6, 10, 9, 0, tzinfo=CHINA)


def knitters() -> Asking:
    """Zhuji has asked Macheng to witness three signatures and check three identities; two are fine."""
    story = Asking(regions=(ZHUJI, MACHENG), requester=ZHUJI, requested=MACHENG, persons=3, began=BEGAN)
    return knitters_answered(story)


def test_a_second_notice_for_a_defect_that_was_visible_is_refused() -> None:
    story = knitters()
    third = story.applicants[2]
    story.own("notice", items=defects_of(third)[:1], due_on=date(2026, 6, 17), phoned=True)
    with pytest.raises(errors.DefectAlreadyVisible, match="FORM_UNSIGNED"):
        story.own("notice", items=defects_of(third)[1:], due_on=date(2026, 6, 20), phoned=True)


def test_a_paper_that_came_with_the_answer_may_have_a_defect_of_its_own() -> None:
    story = knitters()
    third = story.applicants[2]
    story.own("notice", items=defects_of(third), due_on=date(2026, 6, 17), phoned=True)
    photo = Material(kind=MaterialKind.IDENTITY, title="身份证照片（重拍）", applicant=third)
    story.own("notice/answer", answers=answers_of(third), materials=(photo,))
    again = SupplementItem(
        defect=Defect.EVIDENCE_ILLEGIBLE, explanation="仍然模糊", applicant=third, paper="身份证照片（重拍）"
    )
    assert story.own("notice", items=(again,), due_on=date(2026, 6, 25), phoned=False).known().notice is not None


def test_a_notice_is_answered_once() -> None:
    with pytest.raises(errors.NoticeMissing):
        knitters().own("notice/answer")


def test_a_notice_is_for_the_receiver_to_give_while_the_case_is_offered() -> None:
    story = Asking(regions=(ZHUJI, MACHENG), requester=ZHUJI, requested=MACHENG, began=BEGAN).offer(MACHENG)
    with pytest.raises(errors.TransferOpen):
        story.own("notice", items=defects_of(story.applicants[0]), due_on=date(2026, 6, 17), phoned=True)


def test_after_the_decision_nothing_is_missing_any_more() -> None:
    story = knitters().reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    with pytest.raises(errors.IllegalStage):
        story.own("notice", items=defects_of(story.applicants[0]), due_on=date(2026, 6, 17), phoned=True)


def test_applicants_may_withdraw_and_once_the_last_has_the_application_is_put_away() -> None:
    story = knitters()
    story.own("withdrawals", applicants=story.applicants[:2])
    assert [one.status for one in story.known().applicants] == [
        ApplicantStatus.WITHDRAWN,
        ApplicantStatus.WITHDRAWN,
        ApplicantStatus.ACTIVE,
    ]
    story.own("withdrawals", applicants=story.applicants[2:])
    assert story.known().active == ()
    assert all(clock.met_on is not None for clock in story.known().basics.clocks)
    with pytest.raises(errors.IllegalStage):
        story.reach(Stage.GRANTED)
    assert story.reach(Stage.ARCHIVED).known().stage.stage is Stage.ARCHIVED


def test_whoever_is_asked_for_evidence_is_told_to_stop_when_everybody_has_withdrawn() -> None:
    story = Asking().ask()
    story.own("withdrawals", applicants=story.applicants).reach(Stage.ARCHIVED)
    assert {one.state for one in story.known().requests} == {RequestState.CANCELLED}


def test_the_file_of_a_piece_is_here_before_it_is_recorded() -> None:
    story = Asking().ask().undertaken()
    file = Attachment(digest=digest_of(b"x"), size=1, media_type=MediaType.PDF, name="x.pdf")
    piece = a_piece(story.exchange.now, file=file)
    with pytest.raises(FileNotKept):
        story.found(ItemResult.OBTAINED, pieces=(piece,))
    story.exchange.keep(LINGWU, file)
    assert story.found(ItemResult.OBTAINED, pieces=(piece,)).record(LINGWU).recorded[0].pieces == (piece,)
