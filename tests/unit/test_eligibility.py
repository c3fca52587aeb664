"""What is found of each applicant: at intake, in a step of its own, before a grant, and after the case has moved."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import pytest
from pydantic import ValidationError

from tests.asking import Asking
from tests.federation.exchange import migrants
from transfer.actions.buttons import stage_order
from transfer.actions.commands import NewApplicant, PublishStage
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.eligibility import NewFinding, look_again, why_not_held
from transfer.domain.handling import Decided, Refusal
from transfer.domain.lifecycle import Step
from transfer.law.codes import WhyNot
from transfer.messages.case import Applicant, IdentityDocument
from transfer.messages.codes import ApplicantCategory, HardshipGround, IdentityKind, LegalBasis, Matter, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import RefusalReason
from transfer.messages.eligibility import Found
from transfer.web.eligibility import eligibility_of

G: Final = HardshipGround
CHENGDU, MIANYANG, KUNMING, ZHOUSHAN, XIAOGAN = "510104", "510700", "530102", "330900", "420900"
BEGAN: Final = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)


def a_story(*regions: str, persons: int = 1, found: Found | None = None, **typed: Any) -> Asking:
    """A case that the first region took in, of persons of whom nothing else was found."""
    regions = regions or (ZHOUSHAN, XIAOGAN)
    given = {"applicants": migrants(persons, finding=found), **typed}
    return Asking(
        regions=regions, requester=regions[0], requested=regions[-1], persons=persons, began=BEGAN, typed=given
    )


def a_local() -> NewApplicant:
    return NewApplicant(name="周敏", identity=IdentityDocument(kind=IdentityKind.NONE))


def held(story: Asking, region: str | None = None) -> list[WhyNot | None]:
    """Why the finding on each active applicant does not hold in the region that holds the case."""
    case = story.known(region)
    forum = story.exchange.contexts[region or story.requester]().forum(case.holder_region)
    return [why_not_held(case, one, forum) for one in case.active]


def handed_over(story: Asking, to: str) -> Asking:
    """The case is held by that region now."""
    story.offer(to).meet().decide(to, Step.SIGN_FOR, materials_counted=0).decide(to, Step.ACCEPT)
    story.requester = to
    return story


# At intake --------------------------------------------------------------------------------------------------


def test_a_ground_that_is_given_at_intake_is_found_at_once_with_its_rule_and_its_proof() -> None:
    story = a_story(found=Found(ground=G.ART42_3, proof="务工证明"))
    [applicant] = story.known().applicants
    finding = applicant.finding
    assert finding is not None
    assert (finding.ground, finding.by, finding.found_on) == (G.ART42_3, ZHOUSHAN, date(2026, 3, 9))
    assert finding.basis == "中华人民共和国法律援助法第四十二条第三项"
    assert held(story) == [None]


def test_the_limb_for_migrant_workers_is_refused_at_intake_for_a_traffic_accident_and_says_what_is_open() -> None:
    with pytest.raises(errors.GroundNotOpen) as refused:
        a_story(found=Found(ground=G.ART42_3, proof="务工证明"), matter=Matter.TRAFFIC_ACCIDENT)
    said = refused.value.message
    assert "Migrant workers who claim pay or work-injury compensation, and nothing else" in said
    assert "TRAFFIC_ACCIDENT" in said
    assert "open INFO_SHARING, COMMITMENT" in said
    assert "李大山" not in said


# In a step of its own ---------------------------------------------------------------------------------------


def test_a_commitment_names_the_day_on_which_it_was_signed_and_nothing_else_does() -> None:
    with pytest.raises(ValidationError, match="exactly for a commitment"):
        Found(ground=G.COMMITMENT, proof="承诺书")
    with pytest.raises(ValidationError, match="exactly for a commitment"):
        Found(ground=G.ART42_3, proof="务工证明", signed_on=date(2026, 3, 9))
    story = a_story().find(G.COMMITMENT, signed_on=date(2026, 3, 8))
    finding = story.known().applicants[0].finding
    assert finding is not None
    assert (finding.signed_on, finding.found_on) == (date(2026, 3, 8), date(2026, 3, 9))


@pytest.mark.parametrize(
    "days",
    [{"found_on": date(2026, 3, 10)}, {"until": date(2026, 3, 8)}, {"signed_on": date(2026, 3, 10)}],
    ids=str,
)
def test_a_finding_is_neither_of_the_future_nor_over_already(days: dict[str, date]) -> None:
    ground = G.COMMITMENT if "signed_on" in days else G.INFO_SHARING
    with pytest.raises(errors.ImplausibleDate):
        a_story().find(ground, **days)


def test_only_active_applicants_of_an_own_case_that_is_not_offered_and_has_not_ended_are_judged() -> None:
    story = a_story(persons=2)
    gone = story.applicants[1]
    story.own("withdrawals", applicants=(gone,))
    with pytest.raises(errors.UnknownApplicant):
        story.find(G.COMMITMENT, gone)
    with pytest.raises(errors.NotTheHolder):
        story.offer(XIAOGAN).meet().own("eligibility", region=XIAOGAN, findings=_one(story))
    with pytest.raises(errors.TransferOpen):
        story.find(G.COMMITMENT)
    ended = a_story().reach(Stage.UNDER_REVIEW).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    with pytest.raises(errors.CaseEnded):
        ended.find(G.COMMITMENT)


def _one(story: Asking) -> tuple[NewFinding, ...]:
    return (NewFinding(applicant=story.applicants[0], proof="证明"),)


def test_a_later_finding_takes_the_place_of_an_earlier_one_and_the_history_says_which() -> None:
    story = a_story().find(G.COMMITMENT).find(None, proof="查询结果：收入高于标准")
    assert held(story) == [WhyNot.NOT_IN_HARDSHIP]
    history = story.exchange.rooms[ZHOUSHAN].content.history
    found = [line.event.detail for line in history if line.event.name == "eligibility_found"]
    [person] = map(str, story.applicants)
    assert found == [{person: "COMMITMENT"}, {person: None}]


# Before a grant ---------------------------------------------------------------------------------------------


def granted(story: Asking) -> Asking:
    return story.reach(Stage.GRANTED)


@pytest.mark.parametrize(
    ("find", "why_not"),
    [
        ({}, WhyNot.NOTHING_FOUND),
        ({"ground": None}, WhyNot.NOT_IN_HARDSHIP),
        ({"ground": G.INFO_SHARING, "until": date(2026, 3, 10)}, WhyNot.LAPSED),
    ],
    ids=str,
)
def test_nothing_is_granted_while_nothing_holds_and_the_error_says_for_whom_why_and_what_is_open(
    find: dict[str, Any], why_not: WhyNot
) -> None:
    story = a_story(matter=Matter.TRAFFIC_ACCIDENT)
    if find:
        story.find(find.pop("ground"), **find)
    story.on(2026, 3, 11).reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.NoGroundHolds) as refused:
        granted(story)
    [applicant] = map(str, story.applicants)
    why, *is_open = refused.value.detail["applicants"][applicant]
    assert why is why_not
    assert is_open == [G.INFO_SHARING, G.COMMITMENT]
    assert granted(story.find(G.COMMITMENT)).known().stage.stage is Stage.GRANTED


def test_a_finding_holds_on_its_last_day() -> None:
    story = a_story().find(G.INFO_SHARING, until=date(2026, 3, 10)).on(2026, 3, 10, 23).reach(Stage.UNDER_REVIEW)
    assert granted(story).known().stage.stage is Stage.GRANTED


def test_in_a_mixed_group_each_has_a_ground_of_their_own_and_one_who_withdrew_needs_none() -> None:
    nineteen = migrants(19)
    story = a_story(persons=25, applicants=(*nineteen, *(a_local() for _ in range(6))))
    *_, last = locals_ = story.applicants[19:]
    with pytest.raises(errors.GroundNotOpen, match="NOT_OF_THE_GROUP"):
        story.find(G.ART42_3, *locals_)
    story.find(G.COMMITMENT, *locals_[:4]).own("withdrawals", applicants=(last,)).reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.NoGroundHolds) as refused:
        granted(story)
    assert refused.value.detail["applicants"].keys() == {str(locals_[4])}
    granted(story.find(G.COMMITMENT, locals_[4]))
    found = [one.finding.ground for one in story.known().active if one.finding]
    assert found == [G.ART42_3] * 19 + [G.COMMITMENT] * 5


def test_who_is_refused_needs_no_ground_holds_up_nobody_and_is_not_looked_at_again() -> None:
    story = a_story(persons=3).reach(Stage.UNDER_REVIEW)
    first, second, third = story.applicants
    decided = Decided(refusals=(a_refusal(second, third),))
    story.find(None, second)
    with pytest.raises(errors.NoGroundHolds) as refused:
        story.reach(Stage.GRANTED, part=decided)
    assert refused.value.detail["applicants"].keys() == {str(first)}
    story.find(G.COMMITMENT, first)
    with pytest.raises(errors.NoGroundHolds) as refused:
        story.reach(Stage.GRANTED, part=Decided(refusals=(a_refusal(third),)))
    assert refused.value.detail["applicants"].keys() == {str(second)}
    assert story.reach(Stage.GRANTED, part=decided).known().stage.stage is Stage.GRANTED
    assert [seen(story, place) for place in range(3)] == [None] * 3
    story.find(None, first)
    assert [seen(story, place) for place in range(3)] == [LegalBasis.LAL_48_4, None, None]


def a_refusal(*applicants: UUID) -> Refusal:
    reason = RefusalReason.NOT_IN_HARDSHIP
    return Refusal(applicants=applicants, reason=reason, explanation="收入高于标准。")


def test_a_grant_after_a_corrected_refusal_needs_a_ground() -> None:
    story = a_story().find(None).reach(Stage.UNDER_REVIEW).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    story.own("events", event=CaseEvent.DECISION_SERVED, occurred_on=story.today)
    story.reach(Stage.OBJECTED, Stage.CORRECTION_ORDERED)
    with pytest.raises(errors.NoGroundHolds):
        granted(story)
    granted(story.find(G.INFO_SHARING))


def test_aid_first_waits_for_no_finding_its_assignment_neither_and_its_grant_does() -> None:
    story = a_story().reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_1)
    with pytest.raises(errors.NoGroundHolds):
        granted(story)
    granted(story.find(G.COMMITMENT))
    at_once = a_story().reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_1).reach(Stage.ASSIGNED)
    assert at_once.known().stage.stage is Stage.ASSIGNED


def test_the_grant_is_refused_by_the_region_that_grants_whatever_a_person_says() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW)
    command = PublishStage(by="王芳", institution=ZHOUSHAN, stage=Stage.GRANTED, occurred_on=story.today)
    with pytest.raises(errors.NoGroundHolds):
        story.exchange.order(ZHOUSHAN, stage_order(story.case, command))


# After the case has moved -----------------------------------------------------------------------------------


def a_widened(*regions: str, matter: Matter = Matter.ECONOMIC_COMPENSATION) -> Asking:
    return a_story(*regions, matter=matter, found=Found(ground=G.ART42_4, proof="务工证明"))


def test_what_a_local_rule_opened_is_found_anew_where_it_does_not_hold_and_the_grant_waits_for_it() -> None:
    story = handed_over(a_widened(CHENGDU, ZHOUSHAN), ZHOUSHAN)
    assert held(story) == [WhyNot.NO_RULE_HERE]
    with pytest.raises(errors.NoGroundHolds):
        granted(story.reach(Stage.UNDER_REVIEW))
    assert held(granted(story.find(G.COMMITMENT))) == [None]


def test_a_local_rule_counts_for_its_own_matters_alone_also_where_another_city_has_one() -> None:
    there = handed_over(a_widened(CHENGDU, KUNMING), KUNMING)
    assert held(there) == [WhyNot.OTHER_MATTER]
    with pytest.raises(errors.GroundNotOpen):
        a_widened(CHENGDU, matter=Matter.LABOUR_PROTECTION)


def test_the_region_that_holds_the_case_says_what_holds_whoever_looks() -> None:
    story = a_widened(CHENGDU, ZHOUSHAN)
    assert (held(story), held(story.offer(ZHOUSHAN).meet(), ZHOUSHAN)) == ([None], [None])
    story.decide(ZHOUSHAN, Step.SIGN_FOR, materials_counted=0).decide(ZHOUSHAN, Step.ACCEPT)
    assert held(story, CHENGDU) == [WhyNot.NO_RULE_HERE]


@pytest.mark.parametrize("ground", [G.ART42_3, G.COMMITMENT])
def test_a_ground_by_national_law_stands_in_every_province(ground: HardshipGround) -> None:
    story = a_story(CHENGDU, ZHOUSHAN).find(ground)
    assert held(handed_over(story, ZHOUSHAN)) == [None]


@pytest.mark.parametrize(
    ("to", "why_not"), [(MIANYANG, None), (ZHOUSHAN, WhyNot.OTHER_STANDARD)], ids=["same province", "another"]
)
@pytest.mark.parametrize("ground", [G.INFO_SHARING, None])
def test_a_check_was_one_against_the_standard_of_a_province(
    ground: HardshipGround | None, to: str, why_not: WhyNot | None
) -> None:
    story = handed_over(a_story(CHENGDU, to).find(ground), to)
    assert held(story) == [WhyNot.NOT_IN_HARDSHIP if ground is None and why_not is None else why_not]
    assert held(story.find(ground))[0] in {None, WhyNot.NOT_IN_HARDSHIP}


# After a grant ----------------------------------------------------------------------------------------------


def seen(story: Asking, place: int = 0) -> LegalBasis | None:
    case = story.known()
    return look_again(case, case.active[place], story.exchange.contexts[story.requester]().forum(case.holder_region))


def test_what_lapses_after_the_grant_is_a_reason_to_look_again_and_before_it_none() -> None:
    story = a_story().find(G.INFO_SHARING, until=date(2026, 3, 31)).reach(Stage.UNDER_REVIEW)
    assert seen(story.on(2026, 4, 1)) is None
    story = a_story().find(G.INFO_SHARING, until=date(2026, 3, 31)).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    assert seen(story) is None
    assert seen(story.on(2026, 4, 1)) is LegalBasis.LAL_48_4
    assert story.known().stage.stage is Stage.GRANTED
    story.find(G.COMMITMENT)
    assert seen(story) is None
    story.find(None).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_4)
    assert seen(story) is None


def test_an_applicant_is_stored_and_sent_with_the_finding() -> None:
    story = a_story().find(G.COMMITMENT).offer(XIAOGAN).meet()
    assert story.known(XIAOGAN).applicants == story.known(ZHOUSHAN).applicants
    [applicant] = story.known(XIAOGAN).applicants
    assert Applicant.model_validate_json(applicant.model_dump_json()) == applicant
    assert ApplicantCategory.MIGRANT_WORKER in applicant.categories


def test_whoever_holds_the_case_is_told_to_look_again_and_no_follower() -> None:
    lapses = date(2026, 3, 31)
    story = handed_over(a_story().find(G.INFO_SHARING, until=lapses), XIAOGAN).find(G.INFO_SHARING, until=lapses)
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED).on(2026, 4, 1)

    def told(region: str) -> list[LegalBasis | None]:
        found = eligibility_of(story.known(region), story.exchange.contexts[region]())
        return [one.look_again for one in found.items]

    assert (told(XIAOGAN), told(ZHOUSHAN)) == ([LegalBasis.LAL_48_4], [None])
