"""Urgency: found at intake, at acceptance and as days pass, stated by people, never lowered; and what it opens."""

from contextlib import suppress
from datetime import date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from tests.asking import Asking, an_item, answers_of, defects_of
from tests.builders import the_rules
from tests.federation.exchange import a_worker
from transfer.actions.commands import Occurred
from transfer.actions.desk import Order
from transfer.actions.watching import NothingToSay, watch_case
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA, happened
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.domain.watch import look_on
from transfer.messages.case import Clock, Material
from transfer.messages.codes import ApplicantCategory, LegalBasis, MaterialKind, Matter, Stage, Urgency
from transfer.messages.codes_clocks import AlarmKind, CaseEvent
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult
from transfer.messages.codes_urgency import LIMBS, PLACES, place

GUANGZHOU, HUANGCHUAN, TAIYUAN = "440100", "411526", "140100"
MAY_11 = datetime(2026, 5, 11, 10, 0, tzinfo=CHINA)
LIMITATION, NORMAL, GREEN = Urgency.LIMITATION_LT_7_DAYS, Urgency.NORMAL, Urgency.GREEN_CHANNEL
MIGRANT = ApplicantCategory.MIGRANT_WORKER


def a_story(*, began: datetime = MAY_11, here: str = GUANGZHOU, persons: int = 1, **typed: Any) -> Asking:
    return Asking(
        regions=(here, HUANGCHUAN), requester=here, requested=HUANGCHUAN, began=began, persons=persons, typed=typed
    )


def urgent(**typed: Any) -> Asking:
    return a_story(limitation_on=date(2026, 5, 15), **typed)


def urgency(story: Asking, region: str | None = None) -> Urgency:
    return story.known(region).basics.urgency


def clock(story: Asking, rule: str, *, of: str = GUANGZHOU, known_to: str | None = None) -> Clock:
    clocks = story.known(known_to).basics.clocks
    [found] = [one for one in clocks if (one.rule, one.region) == (rule, of)]
    return found


def watch(story: Asking, region: str = GUANGZHOU) -> Case:
    return story.exchange.order(region, Order(by=region, institution=region, case=story.case, decide=watch_case))


def identity_check(story: Asking) -> Asking:
    item = an_item(
        kind=EvidenceKind.IDENTITY_CHECK,
        fields=(EvidenceField.IDENTITY_CONFIRMED,),
        about=story.applicants,
        period_from=None,
        period_to=None,
    )
    return story.ask(item)


# Found ------------------------------------------------------------------------------------------------------

SEVEN_DAYS = [
    ("four days left", (2026, 5, 11), (2026, 5, 15), LIMITATION),
    ("its last day is today", (2026, 5, 15), (2026, 5, 15), LIMITATION),
    ("six days left, which end on a Sunday", (2026, 5, 11), (2026, 5, 17), LIMITATION),
    ("seven days left", (2026, 5, 11), (2026, 5, 18), NORMAL),
    ("it ended on a worked day", (2026, 5, 16), (2026, 5, 15), NORMAL),
    ("it ended on a Saturday, and today is the Monday to which it rolls", (2026, 5, 18), (2026, 5, 16), LIMITATION),
    ("it ended on a Saturday, and the Monday has passed", (2026, 5, 19), (2026, 5, 16), NORMAL),
    ("it ends in the Spring Festival, and rolls to the 24th", (2026, 2, 23), (2026, 2, 16), LIMITATION),
    ("six days left over the year's end", (2026, 12, 28), (2027, 1, 3), LIMITATION),
    ("seven days left over the year's end", (2026, 12, 28), (2027, 1, 4), NORMAL),
    ("six days left over the end of February", (2026, 2, 24), (2026, 3, 2), LIMITATION),
    ("seven days left over the end of February", (2026, 2, 24), (2026, 3, 3), NORMAL),
]


@pytest.mark.parametrize(("what", "day", "last", "found"), SEVEN_DAYS, ids=[row[0] for row in SEVEN_DAYS])
@pytest.mark.parametrize("by", ["stated", "clock"])
def test_a_limitation_is_urgent_while_fewer_than_seven_days_are_left(
    by: str, what: str, day: tuple[int, int, int], last: tuple[int, int, int], found: Urgency
) -> None:
    ended = date(*last)
    known = Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=ended.replace(year=ended.year - 1))
    typed: dict[str, Any] = {"limitation_on": ended} if by == "stated" else {"events": (known,)}
    story = a_story(began=datetime(*day, 9, 0, tzinfo=CHINA), **typed)
    assert urgency(story) is found, what


def test_the_figure_of_the_rule_set_decides_and_no_number_in_code() -> None:
    [figure] = [one for one in the_rules().rules.figures if one.code == "AID_FIRST_BELOW_DAYS"]
    assert clock(urgent(), "STATED_LIMITATION").aid_first_below == figure.value == 7


def test_an_ended_labour_relation_gives_the_last_day_at_intake_in_one_step() -> None:
    story = a_story(events=(Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=date(2025, 5, 15)),))
    basics = story.known().basics
    assert (basics.urgency, basics.limitation_on) == (LIMITATION, date(2026, 5, 15))
    assert basics.urgency_reason == "劳动争议仲裁时效于2026-05-15届满"
    assert clock(story, "ARBITRATION_LIMITATION").started_on == date(2025, 5, 15)


def test_of_two_limitations_the_one_that_ends_first_counts() -> None:
    award = Occurred(event=CaseEvent.AWARD_RECEIVED, occurred_on=date(2026, 5, 2))
    story = a_story(events=(award,), limitation_on=date(2026, 8, 1))
    assert (urgency(story), story.known().basics.limitation_on) == (LIMITATION, date(2026, 5, 17))


def test_a_limitation_that_ended_before_the_law_makes_nothing_urgent() -> None:
    story = a_story(events=(Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=date(2019, 5, 15)),))
    assert (urgency(story), clock(story, "ARBITRATION_LIMITATION").aid_first_below) == (NORMAL, None)


def test_what_happened_before_is_checked_as_what_happens_later() -> None:
    with pytest.raises(errors.ImplausibleDate):
        a_story(events=(Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=date(2026, 5, 12)),))
    with pytest.raises(errors.NothingRuns):
        a_story(events=(Occurred(event=CaseEvent.SUIT_FILED, occurred_on=date(2026, 5, 1)),))
    with pytest.raises(ValidationError, match="comes with its own step"):
        Occurred(event=CaseEvent.FORMALITIES_COMPLETED, occurred_on=date(2026, 5, 1))


@pytest.mark.parametrize(
    ("matter", "category", "found"),
    [
        (Matter.REMUNERATION, MIGRANT, GREEN),
        (Matter.WORK_INJURY, MIGRANT, GREEN),
        (Matter.TRAFFIC_ACCIDENT, MIGRANT, NORMAL),
        (Matter.LABOUR_RELATION, MIGRANT, NORMAL),
        (Matter.REMUNERATION, ApplicantCategory.DISABLED, NORMAL),
    ],
)
def test_pay_and_work_injury_of_migrant_workers_are_green(
    matter: Matter, category: ApplicantCategory, found: Urgency
) -> None:
    persons = (a_worker(order=1), a_worker(order=2, categories=(category,)))
    assert urgency(a_story(matter=matter, applicants=persons)) is found


def test_a_stronger_urgency_that_the_clerk_stated_stays() -> None:
    typed = {
        "urgency": Urgency.PRESERVATION,
        "urgency_reason": "转移设备",
        "applicants": (a_worker(categories=(MIGRANT,)),),
    }
    stated = urgent(**typed)
    assert (urgency(stated), stated.known().basics.urgency_reason) == (Urgency.PRESERVATION, "转移设备")
    assert urgency(a_story(urgency=GREEN)) is GREEN
    assert urgency(urgent(urgency=GREEN)) is LIMITATION


def test_as_days_pass_the_case_becomes_urgent_on_the_day_and_it_is_said_once() -> None:
    story = a_story(limitation_on=date(2026, 5, 29))
    assert look_on(story.known()) == date(2026, 4, 29), "a reminder is owed thirty days before"
    said = []
    for day in (12, 22, 23, 24, 29):
        story.on(2026, 5, day)
        with suppress(NothingToSay):
            watch(story)
        said.append(urgency(story))
    assert said == [NORMAL, NORMAL, LIMITATION, LIMITATION, LIMITATION]
    lines = [one.event for one in story.exchange.rooms[GUANGZHOU].content.history if one.event.name == "clocks_watched"]
    kinds = [kind for one in lines for kind in one.detail.get("STATED_LIMITATION", ())]
    assert kinds == [AlarmKind.REMINDED, AlarmKind.AID_FIRST]


def test_the_next_look_is_on_the_first_day_with_fewer_days_left() -> None:
    story = a_story(limitation_on=date(2026, 5, 29))
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED, Stage.AGREEMENT_SIGNED)
    watch(story.on(2026, 5, 17))
    assert look_on(story.known()) == date(2026, 5, 23)


def test_what_was_found_at_intake_is_not_said_again() -> None:
    story = urgent()
    assert clock(story, "STATED_LIMITATION").told == (AlarmKind.AID_FIRST,)
    with pytest.raises(NothingToSay):
        watch(story.on(2026, 5, 12))
    watch(story.on(2026, 5, 16))
    assert clock(story, "STATED_LIMITATION").told == (AlarmKind.AID_FIRST, AlarmKind.OVERDUE)


def accepted(story: Asking) -> Asking:
    story.decide(HUANGCHUAN, Step.SIGN_FOR, materials_counted=0).decide(HUANGCHUAN, Step.ACCEPT)
    story.requester = HUANGCHUAN
    return story


def test_it_is_found_when_the_case_is_accepted() -> None:
    story = accepted(a_story(limitation_on=date(2026, 5, 20)).offer(HUANGCHUAN).meet().on(2026, 5, 14))
    assert urgency(story) is LIMITATION
    [line] = [one for one in story.exchange.rooms[HUANGCHUAN].content.history if one.event.name == "accepted"]
    assert line.event.detail["urgency"] == "LIMITATION_LT_7_DAYS"


def test_the_limitation_of_an_accepted_case_is_watched_by_its_new_holder_alone() -> None:
    story = accepted(a_story(limitation_on=date(2026, 5, 29)).offer(HUANGCHUAN).meet().on(2026, 5, 12))
    story.on(2026, 5, 23)
    with pytest.raises(NothingToSay):
        watch(story, GUANGZHOU)
    assert watch(story, HUANGCHUAN).basics.urgency is LIMITATION
    said = story.exchange.rooms[HUANGCHUAN].content.history[-1].event.detail["STATED_LIMITATION"]
    assert said == [AlarmKind.REMINDED, AlarmKind.AID_FIRST]


def test_a_person_states_what_cannot_wait_and_nobody_takes_it_back() -> None:
    story = a_story().own("urgency", urgency=Urgency.PRESERVATION, reason="转移设备")
    assert (urgency(story), story.known().basics.urgency_reason) == (Urgency.PRESERVATION, "转移设备")
    with pytest.raises(errors.UrgencyStands):
        story.own("urgency", urgency=Urgency.ADVANCE_ENFORCEMENT, reason="急需治疗")
    for found in (NORMAL, GREEN, LIMITATION):
        with pytest.raises(ValidationError, match="found from the case"):
            story.own("urgency", urgency=found, reason="由")


def test_of_a_case_that_has_ended_nothing_is_urgent() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    with pytest.raises(errors.CaseEnded):
        story.own("urgency", urgency=Urgency.PRESERVATION, reason="转移设备")


def test_a_last_day_is_stated_later_and_stated_anew() -> None:
    story = a_story()
    story.own("events", event=CaseEvent.LIMITATION_STATED, occurred_on=date(2026, 5, 11), until=date(2026, 7, 1))
    assert (urgency(story), story.known().basics.limitation_on) == (NORMAL, date(2026, 7, 1))
    story.own("events", event=CaseEvent.LIMITATION_STATED, occurred_on=date(2026, 5, 11), until=date(2026, 5, 14))
    assert (urgency(story), story.known().basics.limitation_on) == (LIMITATION, date(2026, 5, 14))


@pytest.mark.parametrize(
    "typed",
    [
        {"event": CaseEvent.LIMITATION_STATED},
        {"event": CaseEvent.LIMITATION_STATED, "until": date(2026, 5, 10)},
        {"event": CaseEvent.RIGHT_KNOWN, "until": date(2026, 6, 1)},
        {"event": CaseEvent.COMPLETION_ASKED},
    ],
)
def test_a_last_day_is_given_exactly_where_the_term_has_no_length(typed: dict[str, Any]) -> None:
    with pytest.raises(errors.LastDayUnclear):
        a_story().own("events", occurred_on=date(2026, 5, 11), **typed)


def test_a_term_without_a_length_begins_only_with_a_last_day() -> None:
    case = a_story().known()
    assert happened(case, CaseEvent.LIMITATION_STATED, date(2026, 5, 11), the_rules(), GUANGZHOU) is case


# Aid first --------------------------------------------------------------------------------------------------


def test_an_urgent_case_is_not_suspended_and_the_refusal_says_what_to_do() -> None:
    story = urgent().reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.NotParked, match=r"aid first today.*LAL_44_1"):
        story.reach(Stage.SUSPENDED)
    assert a_story().reach(Stage.UNDER_REVIEW, Stage.SUSPENDED).known().stage.stage is Stage.SUSPENDED


def test_the_green_channel_may_wait_for_papers() -> None:
    story = a_story(urgency=GREEN).reach(Stage.UNDER_REVIEW, Stage.SUSPENDED)
    assert story.known().stage.stage is Stage.SUSPENDED


def test_what_is_asked_for_an_urgent_case_is_sent_and_pauses_nothing() -> None:
    story = identity_check(urgent())
    story.own("notice", items=defects_of(story.applicants[0]), due_on=date(2026, 5, 20), phoned=True)
    review = clock(story, "REVIEW")
    assert (review.pauses, review.due_strict) == ((), date(2026, 5, 18))
    story.on(2026, 5, 13).own("notice/answer", answers=answers_of(story.applicants[0]))
    story.undertaken().found(ItemResult.NOT_FOUND).press(RequestStep.RETURN)
    assert clock(story, "REVIEW").due_strict == date(2026, 5, 18)


def test_a_pause_ends_on_the_day_on_which_the_case_becomes_urgent_and_no_answer_brings_it_back() -> None:
    story = identity_check(a_story())
    assert clock(story, "REVIEW").due_strict == date(2026, 6, 1)
    story.on(2026, 5, 13).own("urgency", urgency=Urgency.PRESERVATION, reason="转移设备")
    review = clock(story, "REVIEW")
    assert (review.due_strict, review.pauses[0].until, review.pauses[0].answered) == (
        date(2026, 5, 20),
        date(2026, 5, 13),
        True,
    )
    story.on(2026, 5, 18).undertaken().found(ItemResult.NOT_FOUND).press(RequestStep.RETURN)
    assert clock(story, "REVIEW").due_strict == date(2026, 5, 20)


def test_what_the_receiver_of_an_urgent_case_asks_for_pauses_nothing_on_either_side() -> None:
    story = urgent().offer(HUANGCHUAN).meet().decide(HUANGCHUAN, Step.SIGN_FOR, materials_counted=0)
    items = defects_of(story.applicants[0])
    story.decide(HUANGCHUAN, Step.REQUIRE_SUPPLEMENT, items=items, due_on=date(2026, 5, 20))
    assert [clock(story, "REVIEW", known_to=region).pauses for region in (GUANGZHOU, HUANGCHUAN)] == [(), ()]


@pytest.mark.parametrize("before", [(), (Stage.UNDER_REVIEW,), (Stage.UNDER_REVIEW, Stage.SUSPENDED)])
@pytest.mark.parametrize("receivers", [(), (HUANGCHUAN,)], ids=["free", "offered"])
def test_aid_is_given_first_at_once_from_every_stage_before_a_decision(
    before: tuple[Stage, ...], receivers: tuple[str, ...]
) -> None:
    story = a_story().reach(*before)
    for receiver in receivers:
        story.offer(receiver).meet()
    story.own("urgency", urgency=Urgency.ADVANCE_ENFORCEMENT, reason="急需治疗")
    story.reach(Stage.AID_FIRST, Stage.ASSIGNED)
    assert story.known().stage.stage is Stage.ASSIGNED


@pytest.mark.parametrize("urgency", LIMBS)
def test_aid_first_names_the_limb_that_the_case_is_urgent_under(urgency: Urgency) -> None:
    story = a_story(urgency=urgency, urgency_reason="由", limitation_on=date(2026, 5, 15)).reach(Stage.AID_FIRST)
    [said] = story.exchange.rooms[GUANGZHOU].content.stages.values()
    assert said.basis is LIMBS[urgency]


def test_a_case_that_is_not_urgent_names_the_limb_or_is_refused() -> None:
    story = a_story(urgency=GREEN)
    with pytest.raises(errors.BasisMissing):
        story.reach(Stage.AID_FIRST)
    assert story.reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_3).known().stage.stage is Stage.AID_FIRST


@pytest.mark.parametrize("stages", [(Stage.AID_FIRST,), (Stage.AID_FIRST, Stage.ASSIGNED, Stage.HANDLING)])
def test_who_accepts_a_case_with_aid_given_first_owes_no_review(stages: tuple[Stage, ...]) -> None:
    story = accepted(urgent().offer(HUANGCHUAN).meet().reach(*stages))
    reviews = [one for one in story.known(HUANGCHUAN).basics.clocks if one.rule == "REVIEW"]
    assert [(one.region, one.met_on) for one in reviews] == [(GUANGZHOU, date(2026, 5, 11))]
    assert story.known(HUANGCHUAN).stage.stage is stages[-1]


@pytest.mark.parametrize("event", [CaseEvent.ARBITRATION_FILED, CaseEvent.SUIT_FILED])
def test_what_is_filed_meets_every_limitation(event: CaseEvent) -> None:
    known = Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=date(2025, 5, 15))
    story = urgent(events=(known,)).own("events", event=event, occurred_on=date(2026, 5, 11))
    limits = ("STATED_LIMITATION", "ARBITRATION_LIMITATION")
    assert [clock(story, rule).met_on for rule in limits] == [date(2026, 5, 11)] * 2
    watch(story.on(2026, 5, 16))
    assert {clock(story, rule).told for rule in limits} == {(AlarmKind.AID_FIRST,)}


def test_the_region_that_is_asked_hears_that_the_case_is_urgent() -> None:
    story = identity_check(urgent())
    told = story.known(HUANGCHUAN).basics
    assert (told.urgency, told.limitation_on) == (LIMITATION, date(2026, 5, 15))


def test_a_region_that_knew_the_case_hears_with_the_next_request_that_it_is_urgent() -> None:
    story = identity_check(a_story())
    assert urgency(story, HUANGCHUAN) is NORMAL
    story.own("events", event=CaseEvent.LIMITATION_STATED, occurred_on=date(2026, 5, 11), until=date(2026, 5, 15))
    item = an_item(kind=EvidenceKind.DOCUMENT, about=story.applicants)
    assert urgency(story.ask(item), HUANGCHUAN) is LIMITATION
    assert story.known(HUANGCHUAN).basics.limitation_on == date(2026, 5, 15)


# Completion -------------------------------------------------------------------------------------------------


def given_first(**typed: Any) -> Asking:
    return urgent(**typed).reach(Stage.AID_FIRST, Stage.ASSIGNED)


def to_complete(story: Asking, until: date = date(2026, 5, 25)) -> Asking:
    return story.own("events", event=CaseEvent.COMPLETION_ASKED, occurred_on=date(2026, 5, 11), until=until)


def test_the_institution_sets_the_day_for_the_formalities_and_may_set_a_later_one() -> None:
    story = to_complete(given_first())
    first = clock(story, "AID_FIRST_COMPLETION")
    assert (first.due_strict, first.length, first.basis) == (
        date(2026, 5, 25),
        None,
        "办理法律援助案件程序规定（条文待核）",
    )
    to_complete(story, date(2026, 6, 1))
    assert [one.due_strict for one in story.known().basics.clocks if one.met_on is None and one.set_for] == [
        date(2026, 5, 15),
        date(2026, 6, 1),
    ]


def test_in_shanxi_seven_days_run_from_the_decision_to_give_aid_first() -> None:
    story = given_first(here=TAIYUAN)
    assert clock(story, "AID_FIRST_COMPLETION", of=TAIYUAN).due_strict == date(2026, 5, 18)
    with pytest.raises(errors.LastDayUnclear):
        to_complete(story)
    ordinary = a_story(here=TAIYUAN).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    assert "AID_FIRST_COMPLETION" not in [one.rule for one in ordinary.known().basics.clocks]


def test_formalities_are_complete_with_the_papers_that_came() -> None:
    story = to_complete(given_first())
    paper = Material(kind=MaterialKind.IDENTITY, title="身份证复印件", applicant=story.applicants[0])
    story.on(2026, 5, 20).own("completion", occurred_on=date(2026, 5, 20), materials=(paper,))
    assert clock(story, "AID_FIRST_COMPLETION").met_on == date(2026, 5, 20)
    assert [one.title for one in story.known().materials] == ["身份证复印件"]
    with pytest.raises(errors.NothingRuns):
        story.own("completion", occurred_on=date(2026, 5, 20))


def test_completion_waits_for_a_day_that_was_set_lies_not_ahead_and_has_no_offer_open() -> None:
    with pytest.raises(errors.NothingRuns):
        given_first().own("completion", occurred_on=date(2026, 5, 11))
    story = to_complete(urgent().reach(Stage.AID_FIRST))
    for day, error in ((10, errors.NothingRuns), (12, errors.ImplausibleDate)):
        with pytest.raises(error):
            story.own("completion", occurred_on=date(2026, 5, day))
    stranger = (Material(kind=MaterialKind.IDENTITY, title="身份证", applicant=story.case),)
    with pytest.raises(errors.UnknownApplicant):
        story.own("completion", occurred_on=date(2026, 5, 11), materials=stranger)
    with pytest.raises(errors.TransferOpen):
        story.offer(HUANGCHUAN).own("completion", occurred_on=date(2026, 5, 11))


def test_aid_ends_for_want_of_formalities_only_after_the_day_as_rolled() -> None:
    story = to_complete(given_first(), date(2026, 5, 23))
    for month, day in ((5, 23), (5, 25)):
        with pytest.raises(errors.CompletionNotOverdue):
            story.on(2026, month, day).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)
    story.on(2026, 5, 26).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)
    assert clock(story, "SEND_TERMINATION").due_strict == date(2026, 5, 29)
    story.on(2026, 5, 28).own("events", event=CaseEvent.DECISION_SERVED, occurred_on=date(2026, 5, 28))
    assert clock(story, "OBJECTION").due_strict == date(2026, 6, 12)
    assert story.on(2026, 6, 1).reach(Stage.OBJECTED).known().stage.stage is Stage.OBJECTED


def test_who_completed_in_time_is_not_ended_for_want_of_formalities() -> None:
    story = to_complete(given_first()).own("completion", occurred_on=date(2026, 5, 11))
    with pytest.raises(errors.CompletionNotOverdue):
        story.on(2026, 6, 30).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)


def test_without_aid_first_nothing_ends_for_want_of_its_formalities() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    with pytest.raises(errors.CompletionNotOverdue):
        story.on(2026, 8, 1).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)


# Places in worklists ----------------------------------------------------------------------------------------


def test_every_urgency_has_a_place_and_article_44_has_the_first() -> None:
    assert set(PLACES) == set(Urgency)
    assert {one for one, at in PLACES.items() if at == 0} == set(LIMBS)
    assert PLACES[GREEN] < PLACES[NORMAL]


def test_what_is_done_goes_with_the_rest_and_an_item_that_cannot_wait_with_article_44() -> None:
    assert place(LIMITATION, open=False) == place(NORMAL, open=True)
    assert place(NORMAL, open=True, pressing=True) == place(LIMITATION, open=True)
    assert place(NORMAL, open=False, pressing=True) == place(NORMAL, open=True)
