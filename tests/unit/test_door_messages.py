"""What each handler refuses: only the right region says the right thing about a case that it may speak of."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.builders import (
    GUANGDONG,
    LUXIAN,
    SICHUAN,
    ZHONGSHAN,
    a_case_basics,
    a_change_of_holder,
    a_dispute,
    a_late_term,
    a_link,
    a_material,
    a_recall,
    a_release,
    a_signature,
    a_stage,
    a_supplement,
    a_tenure,
    a_word_of_the_superior,
    an_acceptance,
    an_escalation,
    an_offer,
)
from tests.story import Story, disputed, escalated, signed
from transfer.domain import errors
from transfer.domain.decision import Decision
from transfer.domain.lifecycle import State, Step
from transfer.handlers.arrival import Arrival, CaseNotYetKnown
from transfer.handlers.dispatch import HANDLERS
from transfer.messages.case import StageReached
from transfer.messages.codes import ApplicantStatus, Defect, RecallReason, Stage
from transfer.messages.envelope import MESSAGE_TYPES, digest_of
from transfer.messages.receipts import ReceiptIssued
from transfer.messages.transfer import ApplicantLeft, ApplicantTold, SupplementItem, TransferMessage
from transfer.messages.values import Frozen

DIGEST = digest_of(b"message")


def tell(story: Story, region: str, source: str, message: Frozen) -> Decision:
    """What the region decides on that message from that source."""
    exchange = story.exchange
    arrival = Arrival(
        case=exchange.rooms[region].content.cases.get(story.case),
        source=source,
        digest=DIGEST,
        context=exchange.contexts[region](),
    )
    if isinstance(message, TransferMessage) and arrival.case is not None and arrival.case.transfers:
        named = message.transfer if message.transfer == OTHER else arrival.case.transfers[-1].id
        message = message.model_copy(update={"case": story.case, "transfer": named})
    decision = HANDLERS[type(message)](arrival, message)
    assert isinstance(decision, Decision)
    return decision


OTHER = UUID(int=7)


def offer_of(story: Story, **changes: Any) -> Any:
    known = story.known()
    return an_offer(case=story.case, tenures=known.tenures, file=known.file, **changes)


def test_every_message_of_a_conversation_has_a_handler() -> None:
    assert set(HANDLERS) == set(MESSAGE_TYPES.values()) - {ReceiptIssued}


@pytest.mark.parametrize(
    "message",
    [a_signature(), an_acceptance(), a_dispute(), a_link(), a_release(), a_supplement(), a_recall()],
    ids=lambda message: type(message).__name__,
)
def test_what_is_said_of_an_unknown_case_or_transfer_is_refused(message: TransferMessage) -> None:
    with pytest.raises(errors.UnknownCase):
        tell(Story(), ZHONGSHAN, LUXIAN, message)
    with pytest.raises(errors.UnknownTransfer):
        tell(signed(), LUXIAN, ZHONGSHAN, message.model_copy(update={"transfer": OTHER}))


@pytest.mark.parametrize(
    "message",
    [a_signature(), an_acceptance(), a_dispute(), a_link(), a_release()],
    ids=lambda message: type(message).__name__,
)
def test_only_the_receiver_answers_an_offer(message: TransferMessage) -> None:
    with pytest.raises(errors.NotThisSide):
        tell(signed(), LUXIAN, GUANGDONG, message)
    with pytest.raises(errors.NotThisSide):
        tell(signed(), ZHONGSHAN, LUXIAN, message)


@pytest.mark.parametrize("message", [a_supplement(), a_recall()], ids=lambda message: type(message).__name__)
def test_only_the_sender_supplements_and_recalls(message: TransferMessage) -> None:
    with pytest.raises(errors.NotThisSide):
        tell(signed(), ZHONGSHAN, GUANGDONG, message)
    with pytest.raises(errors.NotThisSide):
        tell(signed(), LUXIAN, ZHONGSHAN, message)


def test_an_offer_comes_from_the_institution_that_it_names() -> None:
    with pytest.raises(errors.NotThisSide):
        tell(Story(), ZHONGSHAN, GUANGDONG, an_offer())


def test_an_offer_is_for_an_institution_of_this_region_that_exists() -> None:
    with pytest.raises(errors.WrongDestination):
        tell(Story(), ZHONGSHAN, LUXIAN, an_offer(receiver=GUANGDONG))
    with pytest.raises(errors.UnknownInstitution):
        tell(Story(), ZHONGSHAN, LUXIAN, an_offer(receiver="442000-X"))


def test_a_transfer_is_offered_once() -> None:
    story = signed()
    with pytest.raises(errors.CaseExists):
        tell(story, ZHONGSHAN, LUXIAN, offer_of(story))


def test_an_offer_by_one_who_holds_no_longer_is_refused() -> None:
    story = signed()
    stale = offer_of(story, transfer=OTHER)
    story.press(Step.ACCEPT, ZHONGSHAN)
    with pytest.raises(errors.HistoryDiffers):
        tell(story, ZHONGSHAN, LUXIAN, stale)


def test_an_offer_with_another_past_is_refused() -> None:
    story = signed()
    other = (a_tenure(institution=GUANGDONG), a_tenure(number=2, institution=LUXIAN))
    with pytest.raises(errors.HistoryDiffers):
        tell(story, ZHONGSHAN, LUXIAN, an_offer(case=story.case, transfer=OTHER, tenures=other))


def test_an_offer_at_a_stage_of_a_tenure_to_come_is_refused() -> None:
    with pytest.raises(errors.HistoryDiffers):
        tell(Story(), ZHONGSHAN, LUXIAN, an_offer(stage=StageReached(stage=Stage.GRANTED, tenure=2, number=1)))


@pytest.mark.parametrize(
    ("days", "told", "error"),
    [(5, True, errors.DueDateAhead), (6, False, errors.NotTold), (6, True, None)],
    ids=["on its day", "not told", "told, a day later"],
)
def test_who_is_deemed_withdrawn_was_told_and_let_the_day_pass(
    days: int,
    told: bool,  # noqa: FBT001 - a table
    error: type[Exception] | None,
) -> None:
    story = signed().press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN)
    notice = story.latest(ZHONGSHAN).notice
    assert notice is not None
    first, at = story.known().applicants[0].id, notice.at + timedelta(days=days)
    message = a_supplement(
        case=story.case,
        transfer=notice.transfer,
        at=at,
        left=(ApplicantLeft(applicant=first, status=ApplicantStatus.DEEMED_WITHDRAWN),),
        told=(ApplicantTold(applicant=first, by="王芳", written_on=notice.at.date()),) if told else (),
    )
    if error is None:
        case = tell(story, ZHONGSHAN, LUXIAN, message).case
        assert case.applicants[0].status is ApplicantStatus.DEEMED_WITHDRAWN
        return
    with pytest.raises(error):
        tell(story, ZHONGSHAN, LUXIAN, message)


def test_who_lacks_nothing_is_not_deemed_withdrawn_whatever_the_sender_says() -> None:
    first, second = (one.id for one in Story().known().applicants)
    item = SupplementItem(applicant=first, defect=Defect.ID_MISSING, explanation="缺")
    story = signed().press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=(item,))
    message = a_supplement(
        at=story.exchange.now + timedelta(days=6),
        left=(ApplicantLeft(applicant=second, status=ApplicantStatus.DEEMED_WITHDRAWN),),
        told=(ApplicantTold(applicant=second, by="王芳", written_on=story.today),),
    )
    with pytest.raises(errors.NotTold):
        tell(story, ZHONGSHAN, LUXIAN, message)


def test_a_paper_of_nobody_in_the_case_is_refused() -> None:
    story = signed().press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN)
    with pytest.raises(errors.UnknownApplicant):
        tell(story, ZHONGSHAN, LUXIAN, a_supplement(materials=(a_material(),)))


def test_an_acceptance_is_by_an_institution_of_the_receiver_and_for_the_next_tenure() -> None:
    story = signed()
    people = tuple(a.id for a in story.known().applicants)
    with pytest.raises(errors.NotThisSide):
        tell(story, LUXIAN, ZHONGSHAN, an_acceptance(institution=GUANGDONG, applicants=people))
    with pytest.raises(errors.HistoryDiffers):
        tell(story, LUXIAN, ZHONGSHAN, an_acceptance(tenure=3, applicants=people))


def test_an_acceptance_of_a_tenure_that_another_held_is_refused() -> None:
    story = signed().part()
    now = story.exchange.now
    tenures = (*story.known().tenures, a_tenure(number=2, institution=GUANGDONG, since=now))
    case = replace(story.known(), tenures=tenures)
    arrival = Arrival(case=case, source=ZHONGSHAN, digest=DIGEST, context=story.exchange.contexts[LUXIAN]())
    message = an_acceptance(transfer=case.transfers[0].id, case=case.id, tenure=2)
    with pytest.raises(errors.HistoryDiffers):
        HANDLERS[type(message)](arrival, message)


def test_persons_whom_the_receiver_did_not_take_have_withdrawn() -> None:
    story = signed()
    first, second = story.known().applicants
    case = tell(story, LUXIAN, ZHONGSHAN, an_acceptance(applicants=(second.id,), institution=ZHONGSHAN)).case
    assert [a.id for a in case.active] == [second.id]
    assert case.applicants[0].id == first.id


@pytest.mark.parametrize(("seconds", "by"), [(1, ZHONGSHAN), (0, "659000")], ids=["later", "a tie that it lost"])
def test_a_link_to_a_case_that_does_not_come_first_is_refused(seconds: int, by: str) -> None:
    story = signed()
    at = story.known().basics.first_received_at + timedelta(seconds=seconds)
    with pytest.raises(errors.EarlierCaseSurvives):
        tell(story, LUXIAN, ZHONGSHAN, a_link(first_received_at=at, first_received_by=by))


def test_a_link_to_an_earlier_case_makes_this_one_assist() -> None:
    earlier = a_link(first_received_at=a_case_basics().first_received_at.replace(year=2025), surviving_case=OTHER)
    case = tell(signed(), LUXIAN, ZHONGSHAN, earlier).case
    assert (case.duplicate_of, case.transfers[0].state) == (OTHER, State.LINKED_AS_DUPLICATE)


def test_a_release_lets_go_of_all_who_withdrew_or_of_those_it_names() -> None:
    story = signed().part().press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT)
    assert tell(story, LUXIAN, ZHONGSHAN, a_release()).case.active == ()
    first, second = story.known().applicants
    some = tell(story, LUXIAN, ZHONGSHAN, a_release(applicants=(first.id,))).case
    assert some.active == (second,)
    assert some.transfers[0].state is State.RECALL_REQUESTED


def test_only_who_holds_a_tenure_publishes_its_stages() -> None:
    story = signed().press(Step.ACCEPT, ZHONGSHAN)
    for source, institution, tenure in (
        (LUXIAN, ZHONGSHAN, 2),
        (LUXIAN, LUXIAN, 2),
        (GUANGDONG, ZHONGSHAN, 2),
        (ZHONGSHAN, ZHONGSHAN, 1),
    ):
        stage = a_stage(case=story.case, tenure=tenure, institution=institution)
        with pytest.raises(errors.NotThisSide):
            tell(story, LUXIAN, source, stage)


def test_a_stage_of_a_tenure_that_is_not_known_is_refused() -> None:
    with pytest.raises(errors.HistoryDiffers):
        tell(signed(), LUXIAN, ZHONGSHAN, a_stage(tenure=2, institution=ZHONGSHAN))


def test_a_late_stage_of_an_earlier_tenure_is_kept_and_hides_nothing() -> None:
    story = signed().press(Step.ACCEPT, ZHONGSHAN).reach(Stage.UNDER_REVIEW, by=ZHONGSHAN)
    late = a_stage(case=story.case, tenure=1, number=5, institution=LUXIAN)
    decision = tell(story, ZHONGSHAN, LUXIAN, late)
    assert decision.stages == (late,)
    assert decision.case.stage == story.known(ZHONGSHAN).stage


@pytest.mark.parametrize("message", [a_stage(), a_change_of_holder()], ids=lambda message: type(message).__name__)
def test_news_of_an_unknown_case_waits(message: Frozen) -> None:
    with pytest.raises(CaseNotYetKnown):
        tell(Story(), GUANGDONG, LUXIAN, message)


def test_only_the_new_holder_says_that_the_holder_changed() -> None:
    story = signed()
    tenures = (*story.known().tenures, a_tenure(number=2, institution=GUANGDONG))
    with pytest.raises(errors.NotThisSide):
        tell(story, ZHONGSHAN, LUXIAN, a_change_of_holder(tenures=tenures))
    case = tell(story, ZHONGSHAN, GUANGDONG, a_change_of_holder(tenures=tenures)).case
    assert case.holder_region == GUANGDONG


def test_a_change_of_holder_only_adds_to_the_list() -> None:
    story = signed()
    rewritten = (a_tenure(institution=SICHUAN), a_tenure(number=2, institution=GUANGDONG))
    with pytest.raises(errors.HistoryDiffers):
        tell(story, ZHONGSHAN, GUANGDONG, a_change_of_holder(tenures=rewritten))


def test_only_a_superior_is_told_of_what_is_overdue_and_only_by_the_holder() -> None:
    story = Story(regions=(LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG))
    for region, source in ((ZHONGSHAN, LUXIAN), (GUANGDONG, LUXIAN), (SICHUAN, ZHONGSHAN)):
        with pytest.raises(errors.NotThisSide):
            tell(story, region, source, a_late_term())
    case = tell(story, SICHUAN, LUXIAN, a_late_term()).case
    assert (case.holder_region, case.applicants, case.basics.clocks[0].rule) == (LUXIAN, (), "REVIEW")


def test_a_superior_that_knows_the_case_hears_of_it_again() -> None:
    story = escalated(regions=(LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG))
    known = story.known(SICHUAN)
    late = a_late_term(case=known.id, tenures=known.tenures)
    case = tell(story, SICHUAN, LUXIAN, late).case
    assert (case.transfers, case.basics.clocks) == (known.transfers, late.basics.clocks)


def an_appeal(**changes: Any) -> Any:
    return an_escalation(transfer=uuid4(), sender=LUXIAN, receiver=ZHONGSHAN, **changes)


def test_only_the_sender_of_a_transfer_asks_who_is_competent() -> None:
    with pytest.raises(errors.NotThisSide):
        tell(Story(), SICHUAN, ZHONGSHAN, an_appeal())


def test_a_region_that_is_not_asked_first_designates_nothing() -> None:
    story = Story(regions=(LUXIAN, "510522", "510500", SICHUAN))
    appeal = an_escalation(sender=LUXIAN, receiver="510522")
    with pytest.raises(errors.NotThisSide):
        tell(story, SICHUAN, LUXIAN, appeal)
    assert tell(story, "510500", LUXIAN, appeal).case.transfers[0].state is State.COMPETENCE_DISPUTED


def test_a_transfer_is_escalated_once() -> None:
    with pytest.raises(errors.CaseExists):
        tell(escalated(), SICHUAN, LUXIAN, an_escalation(sender=LUXIAN, receiver=ZHONGSHAN))


def test_a_superior_that_is_not_asked_has_no_say_in_the_parties_records() -> None:
    story = escalated(regions=(LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG, "510500"))
    for source in ("510500", LUXIAN):
        with pytest.raises(errors.NotThisSide):
            tell(story, ZHONGSHAN, source, a_word_of_the_superior(region=ZHONGSHAN))


def test_a_superior_that_changes_its_word_is_refused() -> None:
    story = escalated().press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
    with pytest.raises(errors.DesignationConflict):
        tell(story, LUXIAN, SICHUAN, a_word_of_the_superior(region=LUXIAN))


def test_a_word_where_nobody_can_designate_is_refused() -> None:
    story = disputed(regions=(LUXIAN, ZHONGSHAN, SICHUAN))
    with pytest.raises(errors.NoSuperior):
        tell(story, LUXIAN, SICHUAN, a_word_of_the_superior(region=ZHONGSHAN))


def test_a_word_on_a_transfer_that_is_not_known_yet_waits() -> None:
    message = a_word_of_the_superior(transfer=OTHER, region=ZHONGSHAN)
    with pytest.raises(CaseNotYetKnown):
        tell(escalated(), GUANGDONG, SICHUAN, message)
    with pytest.raises(CaseNotYetKnown):
        tell(Story(), GUANGDONG, SICHUAN, message)
