"""Scenarios of evidence requests, with their dates, over the real rules and the real door; storage in memory."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tests.asking import LINGWU, Asking, an_item
from transfer.actions.buttons import BUTTONS
from transfer.crypto.directory import Agreement
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.codes import Defect, LegalBasis, MaterialKind, Stage
from transfer.messages.codes_evidence import CancelReason, EvidenceField, EvidenceKind, ItemResult
from transfer.messages.transfer import SupplementItem

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
