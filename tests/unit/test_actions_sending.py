"""What a holder can do to hand a case over, one sentence per rule."""

import pytest

from tests.builders import GUANGDONG, LUXIAN, SICHUAN, STATION, ZHONGSHAN, a_material
from tests.story import CLEARED, MISSING, Story, disputed, escalated, signed
from transfer.domain import errors
from transfer.domain.lifecycle import State, Step
from transfer.messages.case import Material
from transfer.messages.codes import ApplicantStatus, Defect, LegalBasis, RecallReason, Stage
from transfer.messages.transfer import ApplicantLeft, SupplementItem
from transfer.ports.files import FileNotKept, FileOnItsWay

HEJIANG = "510522"
WITH_A_THIRD = (LUXIAN, ZHONGSHAN, HEJIANG, SICHUAN, GUANGDONG)


# Offering ---------------------------------------------------------------------------------------------------


def test_an_offer_leaves_the_case_with_its_sender_until_it_is_accepted() -> None:
    story = Story().offer()
    assert story.known(LUXIAN).tenures == story.known(ZHONGSHAN).tenures
    assert story.known(ZHONGSHAN).holder_region == LUXIAN
    assert story.latest(ZHONGSHAN).state is State.OFFERED


def test_a_case_is_offered_to_one_region_at_a_time() -> None:
    with pytest.raises(errors.TransferOpen):
        Story().offer().offer(GUANGDONG)


def test_only_the_holder_offers() -> None:
    with pytest.raises(errors.NotTheHolder):
        signed().press(Step.ACCEPT, ZHONGSHAN).offer(GUANGDONG)


def test_a_workstation_offers_for_its_parent() -> None:
    story = Story()
    story.offer(institution=STATION)
    assert story.latest().sender == LUXIAN


def test_an_offer_goes_to_another_region() -> None:
    with pytest.raises(errors.SameRegion):
        Story().offer(STATION)


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"receiver": "330100"}, errors.UnknownRegion),
        ({"receiver": "442000-X"}, errors.UnknownInstitution),
        ({"institution": "510521-X"}, errors.UnknownInstitution),
        ({"institution": ZHONGSHAN}, errors.NotOfThisRegion),
    ],
)
def test_an_offer_names_institutions_that_exist(typed: dict[str, str], error: type[errors.TransferError]) -> None:
    with pytest.raises(error):
        Story().offer(**typed)


def test_a_decided_case_is_not_offered() -> None:
    story = Story().reach(Stage.UNDER_REVIEW).reach(Stage.GRANTED)
    with pytest.raises(errors.IllegalStage):
        story.offer()


def test_a_case_without_applicants_is_not_offered() -> None:
    story = Story().offer().press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT)
    with pytest.raises(errors.NoActiveApplicant):
        story.offer()


# Attempts ---------------------------------------------------------------------------------------------------


def tried_twice(*regions: str) -> Story:
    story = Story(regions=regions) if regions else Story()
    other = next(region for region in story.regions if region != LUXIAN)
    for _ in range(2):
        story.offer(other).press(Step.SIGN_FOR, other).press(Step.RECALL, LUXIAN)
    return story


def test_a_case_that_was_signed_for_twice_in_vain_goes_to_the_superior_not_to_a_third() -> None:
    with pytest.raises(errors.MustEscalate):
        tried_twice().offer(GUANGDONG)


def test_an_offer_that_nobody_signed_for_does_not_count_as_an_attempt() -> None:
    story = Story().offer().press(Step.RECALL, LUXIAN)
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.RECALL, LUXIAN)
    assert story.offer().latest().attempt == 3


def test_where_nobody_is_above_a_third_offer_stands() -> None:
    assert tried_twice(LUXIAN, ZHONGSHAN).offer().latest().state is State.OFFERED


def test_where_the_provinces_differ_on_every_attempt_the_sender_offers_anew() -> None:
    story = Story()
    for _ in range(2):
        story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.DISPUTE, ZHONGSHAN).press(Step.ESCALATE, LUXIAN)
        story.press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
        with pytest.raises(errors.TransferOpen):
            story.offer()
        story.press(Step.DESIGNATE, GUANGDONG, region=LUXIAN).press(Step.RECALL, LUXIAN)
    assert story.offer().latest(ZHONGSHAN).state is State.OFFERED


def test_one_attempt_on_which_a_superior_may_still_speak_keeps_the_third_offer_back() -> None:
    story = Story()
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.DISPUTE, ZHONGSHAN).press(Step.ESCALATE, LUXIAN)
    story.press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN).press(Step.DESIGNATE, GUANGDONG, region=LUXIAN)
    story.press(Step.RECALL, LUXIAN).offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.RECALL, LUXIAN)
    with pytest.raises(errors.MustEscalate):
        story.offer()
    assert story.press(Step.ESCALATE, LUXIAN).latest().escalated


def test_attempts_of_an_earlier_holder_do_not_count() -> None:
    story = Story()
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.RECALL, LUXIAN)
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN)
    assert story.offer(LUXIAN, by=ZHONGSHAN).latest(ZHONGSHAN).attempt == 1


def test_after_two_attempts_a_designation_opens_the_way_to_the_region_it_names_and_to_no_other() -> None:
    story = tried_twice().press(Step.ESCALATE, LUXIAN)
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=GUANGDONG)
    with pytest.raises(errors.NotDesignatedRegion):
        story.offer(ZHONGSHAN)
    designation = story.offer(GUANGDONG).latest(GUANGDONG).designation
    assert designation is not None
    assert (designation.region, designation.by) == (GUANGDONG, (GUANGDONG, SICHUAN))


# Supplement -------------------------------------------------------------------------------------------------


def asked(*items: SupplementItem) -> Story:
    story = signed()
    return story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items or (MISSING,))


def one_person_each(story: Story) -> tuple[SupplementItem, ...]:
    return tuple(
        SupplementItem(applicant=a.id, defect=Defect.ID_MISSING, explanation="缺") for a in story.known().applicants
    )


def left(story: Story, place: int, status: ApplicantStatus) -> tuple[ApplicantLeft, ...]:
    return (ApplicantLeft(applicant=story.known().applicants[place].id, status=status),)


def test_the_answer_and_its_papers_reach_the_receiver() -> None:
    paper = a_material(applicant=None)
    story = asked().put(LUXIAN, paper).press(Step.SUPPLEMENT, LUXIAN, answers=(CLEARED,), materials=(paper,))
    assert story.latest(ZHONGSHAN).state is State.SUPPLEMENTED
    assert story.known(ZHONGSHAN).materials == story.known().materials == (paper,)
    assert story.latest(ZHONGSHAN).supplied == {paper.title}


def test_a_paper_whose_file_is_not_kept_here_is_not_supplied_and_nothing_is_left_behind() -> None:
    story = asked()
    with pytest.raises(FileNotKept, match="sha256:"):
        story.press(Step.SUPPLEMENT, LUXIAN, answers=(CLEARED,), materials=(a_material(applicant=None),))
    assert story.latest().state is State.SUPPLEMENT_REQUIRED
    assert story.known().materials == ()


def test_a_file_that_is_on_its_way_here_cannot_be_sent_on_yet() -> None:
    paper = a_material(applicant=None)
    story = asked().put(LUXIAN, paper).press(Step.SUPPLEMENT, LUXIAN, answers=(CLEARED,), materials=(paper,))
    story.press(Step.ACCEPT, ZHONGSHAN)
    with pytest.raises(FileOnItsWay, match="sha256:"):
        story.offer(LUXIAN, by=ZHONGSHAN)
    assert story.put(ZHONGSHAN, paper).offer(LUXIAN, by=ZHONGSHAN).known().materials == (paper,)


def lost(paper: Material) -> Story:
    """Zhongshan holds a case with a paper whose file it will never have, and offers it back."""
    story = asked().put(LUXIAN, paper).press(Step.SUPPLEMENT, LUXIAN, answers=(CLEARED,), materials=(paper,))
    return story.press(Step.ACCEPT, ZHONGSHAN).lose(ZHONGSHAN, paper).offer(LUXIAN, by=ZHONGSHAN)


def test_a_file_that_never_came_holds_up_no_case() -> None:
    paper = a_material(applicant=None)
    assert lost(paper).latest(LUXIAN).state is State.OFFERED
    assert lost(paper).known(LUXIAN).materials == (paper,)


def test_a_person_does_not_add_a_paper_whose_file_never_came() -> None:
    paper = a_material(applicant=None)
    story = lost(paper).press(Step.SIGN_FOR, LUXIAN).press(Step.REQUIRE_SUPPLEMENT, LUXIAN)
    again = paper.model_copy(update={"title": "again"})
    with pytest.raises(FileNotKept):
        story.press(Step.SUPPLEMENT, ZHONGSHAN, answers=(CLEARED,), materials=(again,))


def test_a_paper_of_nobody_in_the_case_is_not_supplied() -> None:
    with pytest.raises(errors.UnknownApplicant):
        asked().press(Step.SUPPLEMENT, LUXIAN, materials=(a_material(),))


def test_each_defect_is_answered() -> None:
    with pytest.raises(errors.DefectUnanswered):
        asked().press(Step.SUPPLEMENT, LUXIAN, answers=())


def test_a_defect_of_somebody_who_left_meanwhile_needs_no_answer() -> None:
    story = signed()
    first, _ = story.known().applicants
    items = one_person_each(story)
    story.part().press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(first.id,))
    story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items[:1]).meet()
    assert story.press(Step.SUPPLEMENT, LUXIAN, answers=()).latest().state is State.SUPPLEMENTED


def test_nobody_is_deemed_withdrawn_before_the_day_has_passed() -> None:
    story = asked()
    deemed = left(story, 0, ApplicantStatus.DEEMED_WITHDRAWN)
    for _ in range(2):
        with pytest.raises(errors.DueDateAhead):
            story.press(Step.SUPPLEMENT, LUXIAN, left=deemed)
        story.wait(5)
    story.tell()
    story.press(Step.SUPPLEMENT, LUXIAN, left=deemed)
    assert story.known(ZHONGSHAN).applicants[0].status is ApplicantStatus.DEEMED_WITHDRAWN


def test_who_does_not_answer_in_time_is_deemed_withdrawn_alone() -> None:
    story = signed()
    items = one_person_each(story)
    story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items).tell().wait(6)
    answer = CLEARED.model_copy(update={"applicant": items[1].applicant, "defect": Defect.ID_MISSING})
    deemed = left(story, 0, ApplicantStatus.DEEMED_WITHDRAWN)
    story.press(Step.SUPPLEMENT, LUXIAN, answers=(answer,), left=deemed).press(Step.ACCEPT, ZHONGSHAN)
    for region in (LUXIAN, ZHONGSHAN):
        assert [a.id for a in story.known(region).active] == [items[1].applicant]


def test_a_supplement_that_leaves_nobody_is_a_recall() -> None:
    story = signed(persons=1).press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN)
    with pytest.raises(errors.NoActiveApplicant):
        story.press(Step.SUPPLEMENT, LUXIAN, left=left(story, 0, ApplicantStatus.WITHDRAWN))


def test_nothing_is_supplied_unasked() -> None:
    with pytest.raises(errors.IllegalStep):
        signed().press(Step.SUPPLEMENT, LUXIAN)


# Recall -----------------------------------------------------------------------------------------------------


def test_a_recall_in_time_releases_the_case() -> None:
    story = signed().press(Step.RECALL, LUXIAN)
    for region in (LUXIAN, ZHONGSHAN):
        assert story.latest(region).state is State.RELEASED
        assert story.known(region).holder_region == LUXIAN


def test_a_recall_that_crosses_the_acceptance_has_come_too_late() -> None:
    story = signed().part().press(Step.RECALL, LUXIAN).press(Step.ACCEPT, ZHONGSHAN).meet()
    for region in (LUXIAN, ZHONGSHAN):
        assert story.latest(region).state is State.ACCEPTED
        assert story.known(region).holder_region == ZHONGSHAN
    events = [line.event.name for line in story.exchange.rooms[ZHONGSHAN].content.history]
    assert events[-1] == "recall_too_late"


def test_a_recall_is_asked_for_once() -> None:
    story = signed().part().press(Step.RECALL, LUXIAN)
    with pytest.raises(errors.IllegalStep):
        story.press(Step.RECALL, LUXIAN)


def test_a_person_withdraws_alone_when_the_receiver_has_let_them_go() -> None:
    story = signed()
    first, second = story.known().applicants
    story.part().press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(first.id,))
    assert len(story.known().active) == 2
    story.meet()
    for region in (LUXIAN, ZHONGSHAN):
        assert story.known(region).active == (second,)
        assert story.latest(region).state is State.SIGNED_FOR


def test_a_withdrawal_that_crosses_the_acceptance_changes_nothing() -> None:
    story = signed().part()
    first = story.known().applicants[0]
    story.press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(first.id,))
    story.press(Step.ACCEPT, ZHONGSHAN).meet()
    assert story.known(LUXIAN).active == story.known(ZHONGSHAN).active
    assert len(story.known().active) == 2


def test_the_last_person_withdraws_by_recalling_the_whole() -> None:
    story = signed(persons=1)
    with pytest.raises(errors.NoActiveApplicant):
        story.press(Step.RECALL, LUXIAN, applicants=(story.known().applicants[0].id,))
    story.press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT)
    for region in (LUXIAN, ZHONGSHAN):
        assert [a.status for a in story.known(region).applicants] == [ApplicantStatus.WITHDRAWN]


def test_when_all_persons_left_one_by_one_the_transfer_can_still_be_recalled() -> None:
    story = signed().part()
    for applicant in story.known().applicants:
        story.press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(applicant.id,))
    story.meet()
    assert story.known().active == ()
    with pytest.raises(errors.NoActiveApplicant):
        story.press(Step.ACCEPT, ZHONGSHAN)
    assert story.press(Step.RECALL, LUXIAN).latest().state is State.RELEASED


def test_nobody_is_recalled_who_is_not_in_the_case() -> None:
    story = signed()
    with pytest.raises(errors.UnknownApplicant):
        story.press(Step.RECALL, LUXIAN, applicants=(story.case,))


def test_only_the_sender_recalls() -> None:
    with pytest.raises(errors.NotTheHolder):
        signed().press(Step.RECALL, ZHONGSHAN)


def test_a_withdrawal_that_crosses_being_deemed_withdrawn_ends_alike_in_both_records() -> None:
    story = signed()
    first, second = story.known().applicants
    items = one_person_each(story)
    story.part().press(Step.RECALL, LUXIAN, reason=RecallReason.WITHDRAWN_BY_APPLICANT, applicants=(first.id,))
    story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items)
    exchange = story.exchange
    notice = [x for x in exchange.flight if x.recipient == LUXIAN]
    exchange.deliver(LUXIAN, notice)
    answer = CLEARED.model_copy(update={"applicant": second.id, "defect": Defect.ID_MISSING})
    story.tell().wait(6).press(
        Step.SUPPLEMENT, LUXIAN, answers=(answer,), left=left(story, 0, ApplicantStatus.DEEMED_WITHDRAWN)
    )
    story.meet()
    assert story.known(LUXIAN).applicants == story.known(ZHONGSHAN).applicants
    assert story.known().applicants[0].status is ApplicantStatus.WITHDRAWN


# Escalation -------------------------------------------------------------------------------------------------


def test_between_provinces_both_are_asked() -> None:
    story = escalated()
    for province in (SICHUAN, GUANGDONG):
        assert story.latest(province).state is State.COMPETENCE_DISPUTED
        assert story.known(province).holder_region == LUXIAN


def test_an_escalation_is_sent_once() -> None:
    with pytest.raises(errors.IllegalStep):
        escalated().press(Step.ESCALATE, LUXIAN)


def test_where_nobody_is_above_a_dispute_ends_by_recall() -> None:
    story = disputed(regions=(LUXIAN, ZHONGSHAN))
    with pytest.raises(errors.NoSuperior):
        story.press(Step.ESCALATE, LUXIAN)
    assert story.press(Step.RECALL, LUXIAN).latest().state is State.RELEASED


def test_what_was_never_disputed_nor_released_is_not_escalated() -> None:
    with pytest.raises(errors.IllegalStep):
        signed().press(Step.ESCALATE, LUXIAN)


def test_an_earlier_offer_is_not_escalated_while_another_is_open() -> None:
    story = signed().press(Step.RECALL, LUXIAN)
    first = story.latest().id
    with pytest.raises(errors.TransferOpen):
        story.offer().press(Step.ESCALATE, LUXIAN, transfer=first)


def test_an_offer_that_carries_a_designation_is_not_escalated_again() -> None:
    story = escalated(regions=WITH_A_THIRD)
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, transfer=story.latest().id, region=HEJIANG)
    story.offer(HEJIANG).press(Step.RECALL, LUXIAN)
    with pytest.raises(errors.DesignationStands):
        story.press(Step.ESCALATE, LUXIAN)


# Aid first --------------------------------------------------------------------------------------------------


def test_while_an_offer_is_open_its_sender_gives_aid_first_but_neither_grants_nor_refuses() -> None:
    story = Story().reach(Stage.UNDER_REVIEW).offer()
    for stage in (Stage.GRANTED, Stage.REFUSED):
        with pytest.raises(errors.IllegalStage):
            story.reach(stage, basis=LegalBasis.LAL_43_1)
    story.reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_1).reach(Stage.ASSIGNED)
    assert story.known(ZHONGSHAN).stage == story.known().stage
