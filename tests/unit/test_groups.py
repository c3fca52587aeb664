"""What a group does: elects, is joined, is split; and what every region then knows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from tests.asking import FUSHUN, LINGWU, Asking, an_item, defects_of
from tests.builders import a_resident_id, a_tenure, the_rules
from tests.builders import changed as replaced
from tests.federation.exchange import an_application
from transfer.actions.buttons import BUTTONS, offer_order, stage_order
from transfer.actions.commands import Designate, NewApplicant, Offer, PublishStage
from transfer.actions.intake import open_case
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.decision import Decision
from transfer.domain.evidence_table import RequestStep
from transfer.domain.group import report
from transfer.domain.lifecycle import Step
from transfer.handlers.arrival import Arrival, CaseNotYetKnown
from transfer.handlers.groups import case_split
from transfer.messages.case import MAX_PERSONS, IdentityDocument, Material
from transfer.messages.case_progress import CaseSplit
from transfer.messages.codes import (
    ApplicantCategory,
    ApplicantStatus,
    Defect,
    DisputeGround,
    HardshipGround,
    IdentityKind,
    LegalBasis,
    MaterialKind,
    Stage,
)
from transfer.messages.codes_clocks import PauseReason
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind
from transfer.messages.codes_handling import RecusalReason
from transfer.messages.eligibility import Found
from transfer.messages.transfer import ApplicantLeft, SupplementAnswer, SupplementItem

LIAONING, NINGXIA, SUIYANG = "210000", "640000", "520323"
PROOF: Final = Material(kind=MaterialKind.OTHER, title="推举代表人书")
BEGAN: Final = datetime(2026, 6, 1, 9, 0, tzinfo=CHINA)


PART: Final = uuid4()


def a_group(persons: int = 10, **fields: Any) -> Asking:
    return Asking(persons=persons, began=BEGAN, **fields)


def a_person(**changes: Any) -> NewApplicant:
    number = a_resident_id(born="19790101", order=7)
    given: dict[str, Any] = {
        "name": "赵小燕",
        "identity": IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=number),
    }
    return NewApplicant(**(given | changes))


def elected(story: Asking, *places: int, **typed: Any) -> Asking:
    chosen = tuple(story.applicants[place] for place in places or (0, 1))
    given: dict[str, Any] = {"representatives": chosen, "elected_on": story.today, "proof": PROOF}
    return story.own("representatives", **(given | typed))


def split(story: Asking, *places: int, **typed: Any) -> UUID:
    """Splits these off; gives the new case."""
    story.own("split", applicants=tuple(story.applicants[place] for place in places), **typed)
    return story.known().basics.split_into[-1]


def handed_over(story: Asking) -> Asking:
    """Lingwu accepted the case, and Fushun follows it."""
    story.offer(LINGWU).meet().decide(LINGWU, Step.SIGN_FOR, materials_counted=1).decide(LINGWU, Step.ACCEPT)
    story.requester, story.requested = LINGWU, FUSHUN
    return story


def part_in(story: Asking, region: str, part: UUID) -> Case:
    return story.exchange.case(region, part)


# Representatives --------------------------------------------------------------------------------------------


def test_ten_may_elect_representatives_and_nine_may_not() -> None:
    with pytest.raises(errors.TooFewToElect) as refused:
        elected(a_group(9))
    assert refused.value.detail == {"applicants": 9, "needed": 10, "rule": "中华人民共和国劳动争议调解仲裁法第七条"}
    case = elected(a_group(10), 3, 4).known()
    assert case.election is not None
    assert case.election.representatives == tuple(case.applicants[place].id for place in (3, 4))
    assert (case.election.elected_on, case.election.proof) == (date(2026, 6, 1), PROOF.title)
    assert PROOF in case.materials


def test_who_withdrew_does_not_count_among_the_ten() -> None:
    story = a_group(10)
    story.own("withdrawals", applicants=story.applicants[:1])
    with pytest.raises(errors.TooFewToElect):
        elected(story, 4)


def test_representatives_travel_with_the_case_and_a_later_election_takes_the_place_of_the_first() -> None:
    story = handed_over(elected(elected(a_group()), 5))
    there = story.known(LINGWU)
    assert there.election is not None
    assert there.election.representatives == (there.applicants[5].id,)
    assert there.election.proof in [paper.title for paper in there.materials]


def test_only_applicants_are_elected_on_a_day_that_can_be_right() -> None:
    story = a_group()
    with pytest.raises(errors.UnknownApplicant):
        elected(story, representatives=(uuid4(),))
    for day in (date(2026, 6, 2), date(2024, 6, 1)):
        with pytest.raises(errors.ImplausibleDate):
            elected(story, elected_on=day)


def test_representatives_may_be_elected_after_the_decision_and_not_on_offer_or_at_the_end() -> None:
    story = a_group().reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    assert elected(story).known().election is not None
    story.reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_5)
    with pytest.raises(errors.CaseEnded):
        elected(story)
    with pytest.raises(errors.TransferOpen):
        elected(a_group().offer(LINGWU))


# Later joiners ----------------------------------------------------------------------------------------------


def test_who_joins_has_a_day_of_receipt_of_its_own_and_the_review_ends_when_it_did() -> None:
    story = a_group().on(2026, 6, 4)
    before = story.known().basics.clocks
    story.own("applicants", applicants=(a_person(),), received_on=date(2026, 6, 3))
    case = story.known()
    assert [one.received_on for one in case.applicants] == [None] * 10 + [date(2026, 6, 3)]
    assert case.basics.clocks == before
    assert [one.due_strict for one in before] == [date(2026, 6, 8)]
    assert handed_over(story).known(LINGWU).applicants == case.applicants


def test_what_is_found_of_each_who_joins_comes_with_them_and_a_ground_that_is_not_open_is_refused() -> None:
    story = a_group(2)
    migrant = a_person(
        categories=(ApplicantCategory.MIGRANT_WORKER,), finding=Found(ground=HardshipGround.ART42_3, proof="务工证明")
    )
    nobody_asked = a_person(identity=IdentityDocument(kind=IdentityKind.NONE))
    story.own("applicants", applicants=(nobody_asked, migrant))
    findings = [one.finding for one in story.known().applicants]
    assert [one and (one.ground, one.by) for one in findings] == [
        (HardshipGround.COMMITMENT, FUSHUN),
        (HardshipGround.COMMITMENT, FUSHUN),
        None,
        (HardshipGround.ART42_3, FUSHUN),
    ]
    other = IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=a_resident_id(order=77))
    with pytest.raises(errors.GroundNotOpen, match="NOT_OF_THE_GROUP"):
        story.own("applicants", applicants=(a_person(identity=other, finding=migrant.finding),))


@pytest.mark.parametrize(
    ("before", "error"),
    [
        (lambda story: story.offer(LINGWU), errors.TransferOpen),
        (lambda story: story.reach(Stage.UNDER_REVIEW, Stage.GRANTED), errors.IllegalStage),
        (lambda story: story.reach(Stage.UNDER_REVIEW, Stage.REFUSED, basis=LegalBasis.LAL_43_1), errors.IllegalStage),
    ],
    ids=["on offer", "after the grant", "after the refusal"],
)
def test_nobody_joins_or_is_split_off_then(before: Callable[[Asking], Any], error: type[Exception]) -> None:
    story = a_group()
    first = story.applicants[0]
    before(story)
    for place, typed in (("applicants", {"applicants": (a_person(),)}), ("split", {"applicants": (first,)})):
        with pytest.raises(error):
            story.own(place, **typed)


def test_only_the_holder_takes_joiners_in_and_splits() -> None:
    story = handed_over(a_group())
    story.requester = FUSHUN
    for place, typed in (
        ("applicants", {"applicants": (a_person(),)}),
        ("split", {"applicants": story.applicants[:1]}),
    ):
        with pytest.raises(errors.NotTheHolder):
            story.own(place, **typed)


def test_nobody_joins_before_the_case_was_received_or_tomorrow() -> None:
    story = a_group().on(2026, 6, 4)
    for day in (date(2026, 5, 31), date(2026, 6, 5)):
        with pytest.raises(errors.ImplausibleDate):
            story.own("applicants", applicants=(a_person(),), received_on=day)


def test_who_is_in_the_case_does_not_join_it_again_unless_withdrawn_meanwhile() -> None:
    story = a_group(2).on(2026, 6, 4)
    again = a_person(name="李大山", identity=story.known().applicants[0].identity)
    with pytest.raises(errors.PersonTwice, match="3 = 1"):
        story.own("applicants", applicants=(again,))
    story.own("withdrawals", applicants=story.applicants[:1]).own("applicants", applicants=(again,))
    statuses = [ApplicantStatus.WITHDRAWN, ApplicantStatus.ACTIVE, ApplicantStatus.ACTIVE]
    assert [one.status for one in story.known().applicants] == statuses


def test_a_day_of_receipt_of_ones_own_comes_by_joining_alone() -> None:
    with pytest.raises(ValueError, match="is entered when that one joins"):
        a_person(received_on=date(2026, 6, 3))


def test_a_group_does_not_grow_beyond_the_largest() -> None:
    story = a_group(MAX_PERSONS)
    with pytest.raises(ValueError, match="at most 500 items"):
        story.own("applicants", applicants=(a_person(),))


def test_the_same_person_twice_is_found_when_a_case_is_opened() -> None:
    command = an_application(FUSHUN, persons=1).model_copy(update={"applicants": (a_person(), a_person())})
    with pytest.raises(errors.PersonTwice, match="2 = 1"):
        open_case(command, a_group(1).exchange.contexts[FUSHUN]())


def missing(applicant: UUID, defect: Defect = Defect.FORM_UNSIGNED) -> SupplementItem:
    return SupplementItem(defect=defect, explanation="缺签名", applicant=applicant)


def told(story: Asking, *items: SupplementItem) -> Asking:
    return story.own("notice", items=items, due_on=date(2026, 6, 20), phoned=True)


def answered(story: Asking) -> Asking:
    notice = story.known().notice
    assert notice is not None
    answers = tuple(SupplementAnswer(defect=one.defect, applicant=one.applicant, answer="已补") for one in notice.items)
    return story.own("notice/answer", answers=answers)


def test_who_joins_after_a_notice_is_told_once_as_everybody_is() -> None:
    story = a_group(2)
    answered(told(story, missing(story.applicants[0])))
    for number in (7, 8):
        person = IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=a_resident_id(order=100 + number))
        story.own("applicants", applicants=(a_person(identity=person),))
    third, fourth = story.applicants[2:]
    with pytest.raises(errors.DefectAlreadyVisible):
        told(story, missing(third), missing(story.applicants[1]))
    told(story, missing(third))
    with pytest.raises(errors.DefectAlreadyVisible):
        told(story, missing(fourth))
    answered(story)
    answered(told(story, missing(fourth)))
    for joiner in (third, fourth):
        with pytest.raises(errors.DefectAlreadyVisible):
            told(story, missing(joiner, Defect.FACTS_UNCLEAR))


# Splitting --------------------------------------------------------------------------------------------------


def test_two_cases_come_of_one_each_naming_the_other_with_one_first_receipt() -> None:
    story = a_group(5, papers=(MaterialKind.IOU,)).on(2026, 6, 3)
    before = story.known()
    part = split(story, 1, 3, number="抚援〔2026〕2号")
    rest, own = story.known(), part_in(story, FUSHUN, part)
    assert (rest.basics.split_into, own.basics.split_from) == ((part,), story.case)
    assert (rest.basics.split_from, own.basics.split_into) == (None, ())
    off = ApplicantStatus.SPLIT_OFF
    assert [one.status for one in rest.applicants] == [*[ApplicantStatus.ACTIVE, off] * 2, ApplicantStatus.ACTIVE]
    assert own.applicants == (before.applicants[1], before.applicants[3])
    for name in ("first_received_at", "first_received_by", "opponents", "clocks", "facts", "matter"):
        assert getattr(own.basics, name) == getattr(before.basics, name), name
    assert (own.tenures, own.stage, own.materials) == (before.tenures, before.stage, before.materials)
    assert [one.number for one in own.basics.numbers] == ["抚援〔2026〕2号"]
    assert rest.basics.numbers == before.basics.numbers


def test_who_handled_the_case_and_who_is_recused_is_so_in_both() -> None:
    story = a_group(2).reach(Stage.UNDER_REVIEW)
    story.own("recusals", person="周某", reason=RecusalReason.INTEREST, since=date(2026, 6, 1))
    before = story.known().handling
    part = split(story, 0)
    assert (story.known().handling, part_in(story, FUSHUN, part).handling) == (before, before)
    assert before.recused == {"周某"}


def test_papers_go_with_their_persons_and_those_of_all_stay_in_both() -> None:
    story = a_group(2, papers=(MaterialKind.IOU,))
    joiner = uuid4()
    paper = Material(kind=MaterialKind.WAGE_RECORD, title="工资条", applicant=joiner)
    story.own("applicants", applicants=(a_person(id=joiner),), materials=(paper,))
    part = split(story, 2)
    assert [one.title for one in story.known().materials] == [MaterialKind.IOU.zh]
    assert [one.title for one in part_in(story, FUSHUN, part).materials] == [MaterialKind.IOU.zh, "工资条"]


def test_every_follower_hears_of_both_and_of_what_becomes_of_them() -> None:
    story = handed_over(a_group(4)).reach(Stage.UNDER_REVIEW)
    part = split(story, 0)
    rest, own = story.known(FUSHUN), part_in(story, FUSHUN, part)
    assert [one.status for one in rest.applicants][:2] == [ApplicantStatus.SPLIT_OFF, ApplicantStatus.ACTIVE]
    assert (rest.basics.split_into, own.basics.split_from) == ((part,), story.case)
    assert (own.applicants, own.holder.institution, own.stage.stage) == ((), LINGWU, Stage.UNDER_REVIEW)
    command = PublishStage(by="马丽", institution=LINGWU, stage=Stage.GRANTED, occurred_on=story.today)
    story.exchange.order(LINGWU, stage_order(part, command))
    story.exchange.drain()
    assert part_in(story, FUSHUN, part).stage == part_in(story, LINGWU, part).stage
    assert (part_in(story, FUSHUN, part).stage.stage, story.known(FUSHUN).stage.stage) == (
        Stage.GRANTED,
        Stage.UNDER_REVIEW,
    )


def test_a_follower_is_right_in_whatever_order_it_hears() -> None:
    story = handed_over(a_group(4)).reach(Stage.UNDER_REVIEW).part()
    part = split(story, 0)
    command = PublishStage(by="马丽", institution=LINGWU, stage=Stage.GRANTED, occurred_on=story.today)
    story.exchange.order(LINGWU, stage_order(part, command))
    story.reach(Stage.GRANTED)
    letters = story.exchange.flight
    assert len(letters) == 4
    story.exchange.flight = letters[::-1]
    story.meet()
    for case in (story.case, part):
        assert part_in(story, FUSHUN, case).stage == part_in(story, LINGWU, case).stage
    assert part_in(story, FUSHUN, part).basics.split_from == story.case


def test_the_two_cases_go_their_own_ways() -> None:
    story = a_group(4)
    part = split(story, 0)
    handed_over(story)
    assert story.known(FUSHUN).holder_region == LINGWU
    assert part_in(story, FUSHUN, part).holder_region == FUSHUN
    off = ApplicantStatus.SPLIT_OFF
    assert [one.status for region in (FUSHUN, LINGWU) for one in story.known(region).applicants][::4] == [off, off]
    offered = Offer(by="王芳", institution=FUSHUN, receiver=LINGWU, letter="函二", reason="由")
    story.exchange.order(FUSHUN, offer_order(part, offered))
    story.exchange.drain()
    assert len(part_in(story, LINGWU, part).applicants) == 1


def heard(story: Asking, *, case: Case | None, source: str = LINGWU, **changes: Any) -> Decision:
    """What Fushun makes of the word that Lingwu split off the first applicant."""
    known = story.known(FUSHUN)
    given: dict[str, Any] = {
        "case": known.id,
        "at": story.world.now,
        "origin": known.id,
        "part": PART,
        "applicants": story.applicants[:1],
        "basics": known.basics.model_copy(update={"split_into": (PART,)}),
        "stage": known.stage,
        "tenures": known.tenures,
    }
    said = CaseSplit(**(given | changes))
    context = story.exchange.contexts[FUSHUN]()
    return case_split(Arrival(case=case, source=source, digest="sha256:" + "0" * 64, context=context), said)


def test_only_the_holder_says_that_a_case_was_split() -> None:
    story = handed_over(a_group(4))
    known = story.known(FUSHUN)
    assert heard(story, case=known).case.applicants[0].status is ApplicantStatus.SPLIT_OFF
    with pytest.raises(errors.NotThisSide):
        heard(story, case=known, source=FUSHUN)
    with pytest.raises(errors.HistoryDiffers):
        heard(story, case=known, tenures=(known.tenures[0], replaced(known.tenures[1], since=BEGAN)))


def test_what_a_later_holder_said_is_not_undone_by_a_word_that_came_late() -> None:
    story = handed_over(a_group(4))
    earlier = story.known(FUSHUN)
    later = replace(earlier, tenures=(*earlier.tenures, a_tenure(number=3, institution=SUIYANG, since=BEGAN)))
    decision = heard(story, case=later)
    assert decision.case is later
    assert decision.event.name == "split_too_late"


def test_a_split_of_a_case_that_is_not_known_yet_waits_for_it() -> None:
    with pytest.raises(CaseNotYetKnown):
        heard(handed_over(a_group(4)), case=None)


def test_nobody_is_split_off_about_whom_another_region_is_being_asked() -> None:
    story = a_group(3)
    story.ask(an_item(about=story.applicants[:1]))
    with pytest.raises(errors.RequestsOpen):
        split(story, 0, 1)
    part = split(story, 1)
    assert len(part_in(story, FUSHUN, part).applicants) == 1
    story.press(RequestStep.CANCEL)
    assert len(part_in(story, FUSHUN, split(story, 0)).applicants) == 1


def test_a_check_of_those_who_stay_does_not_hold_up_those_who_leave() -> None:
    story = a_group(3)
    check = an_item(
        kind=EvidenceKind.ECON_CHECK,
        fields=(EvidenceField.HARDSHIP_FINDING,),
        about=story.applicants[:1],
        period_from=None,
        period_to=None,
    )
    story.ask(check).on(2026, 6, 3)
    [clock] = story.known().basics.clocks
    assert [pause.why for pause in clock.pauses] == [PauseReason.REMOTE_CHECK]
    part = split(story, 1)
    [own], [rest] = part_in(story, FUSHUN, part).basics.clocks, story.known().basics.clocks
    assert (own.due_strict, rest.due_strict) == (date(2026, 6, 10), clock.due_strict)
    assert rest.due_strict is not None
    assert rest.due_strict > date(2026, 6, 10)


def test_a_notice_is_answered_before_a_split_and_binds_both_cases_after_it() -> None:
    story = a_group(3)
    told(story, missing(story.applicants[0]), missing(story.applicants[2]))
    with pytest.raises(errors.NoticeOpen):
        split(story, 1)
    first, second = story.applicants[:2]
    part = split(answered(story), 0, 1)
    kept = part_in(story, FUSHUN, part).notice
    assert kept is not None
    assert [one.applicant for one in kept.items] == [first]
    assert kept.answered
    assert kept.named == {first}
    assert [one.applicant for one in kept.told] == [first]
    story.case = part
    for one in (first, second):
        with pytest.raises(errors.DefectAlreadyVisible):
            told(story, missing(one, Defect.FACTS_UNCLEAR))


def test_what_the_region_that_was_offered_the_case_asked_for_is_not_asked_again_of_a_part() -> None:
    story = a_group(2).offer(LINGWU).meet().decide(LINGWU, Step.SIGN_FOR, materials_counted=0)
    items = defects_of(story.applicants[0])
    story.decide(LINGWU, Step.REQUIRE_SUPPLEMENT, items=items, due_on=date(2026, 6, 9))
    left = (ApplicantLeft(applicant=story.applicants[0], status=ApplicantStatus.WITHDRAWN),)
    story.decide(FUSHUN, Step.SUPPLEMENT, left=left)
    story.decide(LINGWU, Step.ACCEPT)
    story.requester = LINGWU
    story.own("applicants", applicants=(a_person(),))
    story.case = split(story, 2)
    with pytest.raises(errors.DefectAlreadyVisible):
        told(story, SupplementItem(defect=Defect.FACTS_UNCLEAR, explanation="请说明"))


def test_a_superiors_word_is_followed_before_a_split() -> None:
    story = Asking(regions=(FUSHUN, LINGWU, LIAONING, NINGXIA), persons=3, began=BEGAN)
    story.offer(LINGWU).meet().decide(LINGWU, Step.SIGN_FOR, materials_counted=0)
    story.decide(
        LINGWU,
        Step.DISPUTE,
        ground=DisputeGround.COMPETENCE_CAUSE_ELSEWHERE,
        proposed_region=NINGXIA,
        explanation="由",
    )
    story.decide(FUSHUN, Step.ESCALATE, explanation="请指定")
    for superior in (LIAONING, NINGXIA):
        word = Designate(by="陈静", institution=superior, region=NINGXIA, decided_on=story.today, reason="由")
        transfer = story.known(superior).transfers[-1].id
        story.exchange.order(superior, BUTTONS[Step.DESIGNATE].order(story.case, transfer, word))
        story.meet()
    assert story.known().open_offer is None
    with pytest.raises(errors.NotDesignatedRegion):
        split(story, 0)


def test_somebody_goes_and_somebody_stays() -> None:
    story = a_group(2)
    with pytest.raises(errors.NoActiveApplicant):
        split(story, 0, 1)
    with pytest.raises(errors.UnknownApplicant):
        story.own("split", applicants=(uuid4(),))
    split(story, 0)
    with pytest.raises(errors.UnknownApplicant):
        split(story, 0)


def test_who_is_in_another_case_does_not_withdraw_from_this_one() -> None:
    story = a_group(3)
    split(story, 0)
    story.own("withdrawals", applicants=story.applicants[:2])
    statuses = [ApplicantStatus.SPLIT_OFF, ApplicantStatus.WITHDRAWN, ApplicantStatus.ACTIVE]
    assert [one.status for one in story.known().applicants] == statuses
    with pytest.raises(ValueError, match="has withdrawn, or is deemed to have"):
        ApplicantLeft(applicant=story.applicants[2], status=ApplicantStatus.SPLIT_OFF)


def test_representatives_stay_with_those_who_elected_them() -> None:
    story = elected(a_group(12), 0, 11)
    part = split(story, 11)
    ids = story.applicants
    rest, own = story.known().election, part_in(story, FUSHUN, part).election
    assert rest is not None
    assert own is not None
    assert (rest.representatives, own.representatives) == ((ids[0],), (ids[11],))
    last = split(story, 0)
    assert story.known().election is None
    assert part_in(story, FUSHUN, last).election is not None


# In figures -------------------------------------------------------------------------------------------------


def test_a_group_is_reported_in_figures_without_a_name() -> None:
    story = elected(a_group(10), 0, 9)
    joiner = a_person(
        household_region=SUIYANG,
        categories=(ApplicantCategory.MIGRANT_WORKER, ApplicantCategory.DISABLED),
        finding=Found(ground=HardshipGround.ART42_3, proof="务工证明"),
        claimed=750_000,
    )
    story.own("applicants", applicants=(joiner, a_person(identity=IdentityDocument(kind=IdentityKind.NONE))))
    story.find(None, story.applicants[1]).own("withdrawals", applicants=story.applicants[:1])
    said = report(story.known(), FUSHUN, story.today, the_rules())
    assert said.model_dump() == {
        "persons": 12,
        "status": {"ACTIVE": 11, "WITHDRAWN": 1},
        "regions": {"UNKNOWN": 10, SUIYANG: 1},
        "categories": {"MIGRANT_WORKER": 1, "DISABLED": 1},
        "grounds": {"COMMITMENT": 8, "NOT_IN_HARDSHIP": 1, "ART42_3": 1, "UNKNOWN": 1},
        "joined_later": 2,
        "claimed": 750_000,
        "claiming": 1,
        "representatives": 1,
        "opponents": 0,
        "may_elect": True,
        "city_may_take": False,
    }


@pytest.mark.parametrize(
    ("persons", "region", "city"), [(20, "510104", False), (21, "510104", True), (21, FUSHUN, False)]
)
def test_more_than_twenty_in_chengdu_may_go_to_the_citys_institution(persons: int, region: str, *, city: bool) -> None:
    story = a_group(persons)
    assert report(story.known(), region, story.today, the_rules()).city_may_take is city


def test_events_of_a_group_name_nobody() -> None:
    story = elected(a_group(12))
    story.own("applicants", applicants=(a_person(),))
    split(story, 0)
    said = repr([line.event for line in story.exchange.rooms[FUSHUN].content.history])
    assert all(name in said for name in ("representatives_elected", "applicants_joined", "case_split"))
    assert all(secret not in said for secret in ("李大山", "赵小燕", PROOF.title, "9900001"))


def test_papers_whose_files_will_not_come_do_not_hold_up_a_split() -> None:
    story = a_group(3)
    file = story.world.put(FUSHUN, b"%PDF-1.7 scan", "欠条.pdf")
    story.own(
        "applicants", applicants=(a_person(),), materials=(Material(kind=MaterialKind.IOU, title="欠条", file=file),)
    )
    handed_over(story)
    story.exchange.give_up(LINGWU, file)
    part = split(story, 0)
    assert [one.file for one in part_in(story, LINGWU, part).materials] == [file]
    assert (file.digest, part) in story.exchange.rooms[LINGWU].content.uses
