"""What the institution that was offered a case can do, one sentence per rule."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.builders import GUANGDONG, LUXIAN, SICHUAN, ZHONGSHAN, a_material
from tests.federation.exchange import START
from tests.story import CLEARED, MISSING, Story, disputed, escalated, signed
from transfer.domain import errors
from transfer.domain.lifecycle import State, Step
from transfer.messages.codes import Defect, RecallReason, Stage
from transfer.messages.transfer import SupplementItem

# Signing and accepting --------------------------------------------------------------------------------------


def test_a_person_takes_charge_and_the_sender_learns_who() -> None:
    story = signed()
    for region in (LUXIAN, ZHONGSHAN):
        assert (story.latest(region).state, story.latest(region).signed_by) == (State.SIGNED_FOR, "陈静")


def test_nobody_accepts_what_nobody_signed_for() -> None:
    with pytest.raises(errors.IllegalStep):
        Story().offer().press(Step.ACCEPT, ZHONGSHAN)


def test_the_receiver_holds_the_case_from_its_acceptance_on_and_both_know() -> None:
    story = signed().part().press(Step.ACCEPT, ZHONGSHAN, number="中山援字1号")
    assert story.known(ZHONGSHAN).holder_region == ZHONGSHAN
    assert story.known(LUXIAN).holder_region == LUXIAN
    story.meet()
    assert story.known(LUXIAN).tenures == story.known(ZHONGSHAN).tenures
    assert [t.number for t in story.known().tenures] == [1, 2]
    assert [n.number for n in story.known(LUXIAN).basics.numbers] == ["中山援字1号"]


def test_only_the_institution_that_was_asked_answers() -> None:
    with pytest.raises(errors.NotOfThisRegion):
        signed().press(Step.ACCEPT, ZHONGSHAN, institution=LUXIAN)


def test_the_sender_does_not_accept_its_own_offer() -> None:
    with pytest.raises(errors.NotThisSide):
        signed().press(Step.ACCEPT, LUXIAN)


def test_followers_of_the_case_hear_of_the_new_holder() -> None:
    story = Story()
    story.offer(GUANGDONG).press(Step.RECALL, LUXIAN)
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN).reach(Stage.UNDER_REVIEW, by=ZHONGSHAN)
    for region in (LUXIAN, GUANGDONG):
        assert story.known(region).holder_region == ZHONGSHAN
        assert story.known(region).stage.stage is Stage.UNDER_REVIEW


def test_the_acceptance_may_come_after_word_of_the_next_holder() -> None:
    """Zhongshan accepts and hands on to Guangdong before Luxian hears anything."""
    story = signed().part().press(Step.ACCEPT, ZHONGSHAN, number="中山援字1号")
    exchange = story.exchange
    held = [x for x in exchange.flight if x.recipient == LUXIAN]
    exchange.flight = []
    story.offer(GUANGDONG, by=ZHONGSHAN)
    exchange.deliver(GUANGDONG, exchange.flight)
    exchange.flight = []
    story.press(Step.SIGN_FOR, GUANGDONG).press(Step.ACCEPT, GUANGDONG)
    exchange.deliver(LUXIAN, [x for x in exchange.flight if x.recipient == LUXIAN])
    assert story.known(LUXIAN).holder_region == GUANGDONG
    assert story.latest(LUXIAN).state is State.SIGNED_FOR
    exchange.deliver(LUXIAN, held)
    assert story.latest(LUXIAN).state is State.ACCEPTED
    story.meet()
    assert story.known(LUXIAN).tenures == story.known(GUANGDONG).tenures
    assert len(story.known(LUXIAN).tenures) == 3


def test_a_number_that_an_institution_gives_again_is_kept_once() -> None:
    story = signed().press(Step.ACCEPT, ZHONGSHAN, number="1")
    story.offer(LUXIAN, by=ZHONGSHAN).press(Step.SIGN_FOR, LUXIAN).press(Step.ACCEPT, LUXIAN, number="1")
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN, number="1")
    for region in (LUXIAN, ZHONGSHAN):
        numbers = [(n.institution, n.number) for n in story.known(region).basics.numbers]
        assert numbers == [(ZHONGSHAN, "1"), (LUXIAN, "1")]


# Notices ----------------------------------------------------------------------------------------------------


def test_all_that_is_missing_is_told_once() -> None:
    story = signed().press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN).press(Step.SUPPLEMENT, LUXIAN)
    with pytest.raises(errors.DefectAlreadyVisible):
        story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN)


def test_a_second_notice_names_only_papers_that_came_with_the_answer_to_the_first() -> None:
    paper = a_material(applicant=None)
    story = signed().put(LUXIAN, paper).press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN)
    story.press(Step.SUPPLEMENT, LUXIAN, answers=(CLEARED,), materials=(paper,))
    faulty = SupplementItem(defect=Defect.EVIDENCE_ILLEGIBLE, explanation="模糊", paper=paper.title)
    for items in ((faulty, MISSING), (faulty.model_copy(update={"paper": "另一份"}),)):
        with pytest.raises(errors.DefectAlreadyVisible):
            story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items)
    assert story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=(faulty,)).latest().notice is not None


def test_a_notice_leaves_at_least_the_rest_of_the_day() -> None:
    story = signed()
    for days in (-1, 0):
        with pytest.raises(errors.DueDatePassed):
            story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, due_on=story.today + timedelta(days=days))
    story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, due_on=story.today + timedelta(days=1))


def test_a_notice_asks_only_persons_of_the_case_who_have_not_left() -> None:
    story = signed()
    first = story.known().applicants[0].id
    story.press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(first,))
    for person in (first, story.case):
        with pytest.raises(errors.UnknownApplicant):
            items = (MISSING.model_copy(update={"applicant": person}),)
            story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items)


# Disputes ---------------------------------------------------------------------------------------------------


def test_after_a_dispute_the_sender_still_holds_the_case_and_the_receiver_cannot_change_its_mind() -> None:
    story = disputed()
    for region in (LUXIAN, ZHONGSHAN):
        assert story.latest(region).state is State.COMPETENCE_DISPUTED
        assert story.known(region).holder_region == LUXIAN
    with pytest.raises(errors.IllegalStep):
        story.press(Step.ACCEPT, ZHONGSHAN)


def test_a_dispute_names_another_region() -> None:
    with pytest.raises(errors.SameRegion):
        signed().press(Step.DISPUTE, ZHONGSHAN, proposed_region=ZHONGSHAN)


def test_a_region_that_was_designated_accepts() -> None:
    story = escalated()
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=ZHONGSHAN)
    for step in (Step.DISPUTE, Step.LINK):
        with pytest.raises(errors.IllegalStep):
            story.press(step, ZHONGSHAN, **({"surviving_case": story.case} if step is Step.LINK else {}))
    assert story.press(Step.ACCEPT, ZHONGSHAN).known().holder_region == ZHONGSHAN


def test_a_region_that_was_not_designated_does_not_accept() -> None:
    story = escalated()
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=LUXIAN)
    with pytest.raises(errors.NotDesignatedRegion):
        story.press(Step.ACCEPT, ZHONGSHAN)


def test_an_offer_that_carries_a_designation_is_not_disputed_again() -> None:
    story = escalated(regions=(LUXIAN, ZHONGSHAN, "510522", SICHUAN, GUANGDONG))
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region="510522")
    story.offer("510522").press(Step.SIGN_FOR, "510522")
    with pytest.raises(errors.DesignationStands):
        story.press(Step.DISPUTE, "510522")
    assert story.press(Step.ACCEPT, "510522").known(ZHONGSHAN).holder_region == "510522"


# Duplicates -------------------------------------------------------------------------------------------------


def one_matter_twice(*, apart: int) -> tuple[Story, Story]:
    """Luxian's case and Zhongshan's on the same matter, received ``apart`` seconds later, offered to one another."""
    mine, theirs = Story(), Story()
    theirs.exchange = mine.exchange
    received = START - timedelta(days=1)
    mine.case = mine.exchange.take_in(LUXIAN, received_at=received)
    theirs.case = mine.exchange.take_in(ZHONGSHAN, received_at=received + timedelta(seconds=apart))
    mine.part().offer()
    theirs.offer(LUXIAN, by=ZHONGSHAN)
    mine.meet().press(Step.SIGN_FOR, ZHONGSHAN)
    theirs.press(Step.SIGN_FOR, LUXIAN)
    return mine, theirs


@pytest.mark.parametrize(
    ("apart", "survives"), [(1, LUXIAN), (-1, ZHONGSHAN), (0, ZHONGSHAN)], ids=["earlier", "later", "a tie"]
)
def test_of_two_cases_offered_both_ways_exactly_one_is_linked(apart: int, survives: str) -> None:
    mine, theirs = one_matter_twice(apart=apart)
    early, late = (mine, theirs) if survives == LUXIAN else (theirs, mine)
    other = ZHONGSHAN if survives == LUXIAN else LUXIAN
    with pytest.raises(errors.EarlierCaseSurvives):
        early.press(Step.LINK, other, surviving_case=late.case)
    late.press(Step.LINK, survives, surviving_case=early.case)
    for region in (LUXIAN, ZHONGSHAN):
        assert late.latest(region).state is State.LINKED_AS_DUPLICATE
        assert late.known(region).duplicate_of == early.case
        assert early.known(region).duplicate_of is None


def test_a_linked_case_only_assists() -> None:
    mine, theirs = one_matter_twice(apart=-1)
    mine.press(Step.LINK, ZHONGSHAN, surviving_case=theirs.case)
    with pytest.raises(errors.NotYoursToAssist):
        mine.offer(GUANGDONG)
    with pytest.raises(errors.NotYoursToAssist):
        mine.reach(Stage.UNDER_REVIEW)


def test_a_recall_that_crosses_the_link_has_come_too_late() -> None:
    mine, theirs = one_matter_twice(apart=-1)
    mine.part().press(Step.RECALL, LUXIAN).press(Step.LINK, ZHONGSHAN, surviving_case=theirs.case).meet()
    for region in (LUXIAN, ZHONGSHAN):
        assert mine.latest(region).state is State.LINKED_AS_DUPLICATE


def test_the_surviving_case_is_one_that_this_region_holds() -> None:
    mine, theirs = one_matter_twice(apart=-1)
    for unknown in (mine.case, UUID(int=0)):
        with pytest.raises(errors.UnknownCase):
            mine.press(Step.LINK, ZHONGSHAN, surviving_case=unknown)
    theirs.press(Step.ACCEPT, LUXIAN)
    with pytest.raises(errors.NotTheHolder):
        mine.press(Step.LINK, ZHONGSHAN, surviving_case=theirs.case)


def test_a_case_is_not_linked_to_one_that_only_assists() -> None:
    mine, theirs = one_matter_twice(apart=-1)
    mine.press(Step.LINK, ZHONGSHAN, surviving_case=theirs.case)
    third = Story()
    third.exchange = mine.exchange
    third.case = mine.exchange.take_in(GUANGDONG)
    third.offer(LUXIAN, by=GUANGDONG).press(Step.SIGN_FOR, LUXIAN)
    with pytest.raises(errors.NotYoursToAssist):
        third.press(Step.LINK, LUXIAN, surviving_case=mine.case)
