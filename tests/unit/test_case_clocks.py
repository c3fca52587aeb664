"""Clocks on a case: what begins, meets and pauses them, and that they travel with it."""

from datetime import date, datetime

import pytest
from pydantic import ValidationError

from tests.asking import Asking, an_item, answers_of, defects_of
from transfer.domain import errors
from transfer.domain.clocks import CHINA, ClockState, state_of
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.law.book import built_in
from transfer.messages.case import Clock
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.codes_clocks import CaseEvent, PauseReason
from transfer.messages.codes_evidence import CancelReason, EvidenceField, EvidenceKind, ItemResult

ZHOUSHAN, XIAOGAN = "330900", "420900"
BEGAN = datetime(2026, 3, 9, 10, 0, tzinfo=CHINA)


def a_story(*, persons: int = 1) -> Asking:
    return Asking(regions=(ZHOUSHAN, XIAOGAN), requester=ZHOUSHAN, requested=XIAOGAN, began=BEGAN, persons=persons)


def clock(story: Asking, rule: str, *, of: str = ZHOUSHAN, known_to: str | None = None) -> Clock:
    clocks = story.known(known_to).basics.clocks
    [found] = [one for one in clocks if (one.rule, one.region) == (rule, of)]
    return found


def econ_check(story: Asking) -> Asking:
    item = an_item(
        kind=EvidenceKind.ECON_CHECK,
        fields=(EvidenceField.HARDSHIP_FINDING,),
        about=story.applicants,
        period_from=None,
        period_to=None,
    )
    return story.ask(item)


def test_the_receipt_of_an_application_begins_its_review() -> None:
    review = clock(a_story(), "REVIEW")
    assert (review.started_on, review.due_strict, review.due_rolled) == (
        date(2026, 3, 9),
        date(2026, 3, 16),
        date(2026, 3, 16),
    )
    assert (review.basis, review.rules, review.met_on) == (
        "中华人民共和国法律援助法第四十三条第一款",
        built_in().version,
        None,
    )


def test_an_evening_receipt_counts_for_its_day_in_shanghai() -> None:
    story = Asking(began=datetime(2026, 2, 11, 23, 59, tzinfo=CHINA))
    review = clock(story, "REVIEW", of="210402")
    assert (review.started_on, review.due_strict, review.due_rolled) == (
        date(2026, 2, 11),
        date(2026, 2, 18),
        date(2026, 2, 24),
    )


def test_a_remote_check_does_not_count_until_its_answer() -> None:
    story = a_story().on(2026, 3, 10)
    econ_check(story)
    waiting = clock(story, "REVIEW")
    assert [(one.why, one.asked_on, one.until, one.answered) for one in waiting.pauses] == [
        (PauseReason.REMOTE_CHECK, date(2026, 3, 10), date(2026, 3, 24), False)
    ]
    assert waiting.due_strict == date(2026, 3, 30)
    story.on(2026, 3, 13).undertaken().found(ItemResult.NOT_FOUND).press(RequestStep.RETURN)
    assert clock(story, "REVIEW").due_strict == date(2026, 3, 19)


def test_a_remote_check_that_nobody_answers_ends_with_the_limit_in_its_letter() -> None:
    story = a_story().on(2026, 3, 10)
    econ_check(story).on(2026, 4, 20).press(RequestStep.CANCEL, reason=CancelReason.NOT_NEEDED)
    review = clock(story, "REVIEW")
    assert (review.pauses[0].until, review.due_strict) == (date(2026, 3, 24), date(2026, 3, 30))


def test_a_check_that_is_taken_back_ends_there() -> None:
    story = a_story().on(2026, 3, 10)
    econ_check(story).on(2026, 3, 12).press(RequestStep.CANCEL, reason=CancelReason.NOT_NEEDED)
    [pause] = clock(story, "REVIEW").pauses
    assert (pause.until, pause.answered) == (date(2026, 3, 12), True)


def test_a_case_that_ends_leaves_no_pause_open() -> None:
    story = econ_check(a_story().on(2026, 3, 10)).reach(Stage.UNDER_REVIEW)
    story.on(2026, 3, 12).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    review = clock(story, "REVIEW")
    assert (review.pauses[0].until, review.pauses[0].answered) == (date(2026, 3, 12), True)
    assert review.met_on == date(2026, 3, 12)


def test_an_answer_after_its_day_prolongs_nothing() -> None:
    story = a_story().on(2026, 3, 10)
    applicant = story.applicants[0]
    story.own("notice", items=defects_of(applicant), due_on=date(2026, 3, 12), phoned=True)
    story.on(2026, 3, 16).own("notice/answer", answers=answers_of(applicant))
    review = clock(story, "REVIEW")
    assert (review.pauses[0].until, review.due_strict) == (date(2026, 3, 12), date(2026, 3, 18))


def test_evidence_for_the_hearing_suspends_nothing() -> None:
    story = a_story().ask().undertaken()
    assert clock(story, "REVIEW").pauses == ()


def test_the_holders_own_notice_suspends_until_it_is_answered() -> None:
    story = a_story(persons=2).on(2026, 3, 10)
    third = story.applicants[1]
    story.own("notice", items=defects_of(third), due_on=date(2026, 3, 20), phoned=True)
    assert clock(story, "REVIEW").due_strict == date(2026, 3, 26)
    story.on(2026, 3, 12).own("notice/answer", answers=answers_of(third))
    assert clock(story, "REVIEW").due_strict == date(2026, 3, 18)


def test_both_sides_of_a_transfer_count_a_supplement_alike_and_its_receiver_has_a_clock_of_its_own() -> None:
    story = a_story().on(2026, 3, 10).offer(XIAOGAN).meet()
    [applicant] = story.applicants
    story.decide(XIAOGAN, Step.SIGN_FOR, materials_counted=0)
    story.on(2026, 3, 11).decide(
        XIAOGAN, Step.REQUIRE_SUPPLEMENT, items=defects_of(applicant), due_on=date(2026, 3, 20)
    )
    story.on(2026, 3, 13).decide(ZHOUSHAN, Step.SUPPLEMENT, answers=answers_of(applicant))
    seen = [clock(story, "REVIEW", known_to=region) for region in (ZHOUSHAN, XIAOGAN)]
    assert [one.due_strict for one in seen] == [date(2026, 3, 18)] * 2
    story.on(2026, 3, 14).decide(XIAOGAN, Step.ACCEPT)
    own = clock(story, "REVIEW", of=XIAOGAN, known_to=XIAOGAN)
    assert (own.started_on, own.due_strict) == (date(2026, 3, 10), date(2026, 3, 19))
    assert clock(story, "REVIEW", known_to=XIAOGAN).met_on is None


def test_a_decision_meets_every_review_and_begins_what_follows() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW).on(2026, 3, 12).reach(Stage.GRANTED)
    assert clock(story, "REVIEW").met_on == date(2026, 3, 12)
    assign = clock(story, "ASSIGN")
    assert (assign.started_on, assign.due_strict, assign.met_on) == (date(2026, 3, 12), date(2026, 3, 15), None)
    assert assign.due_rolled == date(2026, 3, 16)
    story.on(2026, 3, 16).reach(Stage.ASSIGNED)
    assert (clock(story, "ASSIGN").met_on, clock(story, "SIGN_AGREEMENT").due_strict) == (
        date(2026, 3, 16),
        date(2026, 3, 21),
    )


def test_aid_that_is_given_first_is_the_decision_on_the_application() -> None:
    story = a_story().on(2026, 3, 12).reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_1)
    story.on(2026, 3, 13).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    assert clock(story, "REVIEW").met_on == date(2026, 3, 12)


def test_what_has_been_met_is_not_paused_any_more() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW, Stage.GRANTED).on(2026, 3, 10)
    assert clock(econ_check(story), "REVIEW").pauses == ()


def test_clocks_travel_with_the_case() -> None:
    story = a_story().on(2026, 3, 10)
    econ_check(story).on(2026, 3, 13).undertaken().found(ItemResult.NOT_FOUND).press(RequestStep.RETURN)
    story.press(RequestStep.CONFIRM).offer(XIAOGAN).meet()
    assert clock(story, "REVIEW", known_to=XIAOGAN) == clock(story, "REVIEW")


def test_who_held_the_case_before_sees_its_clocks_met() -> None:
    story = a_story().on(2026, 3, 10).offer(XIAOGAN).meet()
    story.decide(XIAOGAN, Step.SIGN_FOR, materials_counted=0).decide(XIAOGAN, Step.ACCEPT)
    story.requester = XIAOGAN
    story.reach(Stage.UNDER_REVIEW).on(2026, 3, 12).reach(Stage.GRANTED)
    assert clock(story, "REVIEW", known_to=ZHOUSHAN).met_on == date(2026, 3, 12)
    assert clock(story, "REVIEW", of=XIAOGAN, known_to=XIAOGAN).met_on == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("today", "met_on", "state"),
    [
        (date(2026, 2, 18), None, ClockState.RUNNING),
        (date(2026, 2, 19), None, ClockState.DUE),
        (date(2026, 2, 24), None, ClockState.DUE),
        (date(2026, 2, 25), None, ClockState.OVERDUE),
        (date(2026, 3, 1), date(2026, 2, 24), ClockState.MET),
        (date(2026, 3, 1), date(2026, 2, 25), ClockState.MET_LATE),
    ],
)
def test_a_clock_is_late_only_after_its_rolled_day(today: date, met_on: date | None, state: ClockState) -> None:
    story = Asking(began=datetime(2026, 2, 11, 9, 0, tzinfo=CHINA))
    review = clock(story, "REVIEW", of="210402").model_copy(update={"met_on": met_on})
    assert state_of(review, today) is state
    unknown = review.model_copy(update={"due_strict": None, "due_rolled": None})
    assert state_of(unknown, today) is (ClockState.UNKNOWN if met_on is None else ClockState.MET)


# Events that are no stages ----------------------------------------------------------------------------------


def test_an_event_that_a_person_enters_begins_its_term_and_another_meets_it() -> None:
    story = a_story().on(2026, 3, 10)
    story.own("events", event=CaseEvent.REPLACEMENT_REQUESTED, occurred_on=date(2026, 3, 10))
    running = clock(story, "REPLACEMENT")
    assert (running.due_strict, running.due_rolled) == (date(2026, 3, 15), date(2026, 3, 16))
    story.on(2026, 3, 12).own("events", event=CaseEvent.REPLACEMENT_DECIDED, occurred_on=date(2026, 3, 12))
    assert clock(story, "REPLACEMENT").met_on == date(2026, 3, 12)


def test_the_objection_runs_from_the_day_on_which_the_decision_was_served() -> None:
    story = Asking(regions=("440100", "411526"), requester="440100", requested="411526", began=BEGAN)
    story.on(2026, 7, 31).reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    story.on(2026, 8, 3).own("events", event=CaseEvent.DECISION_SERVED, occurred_on=date(2026, 8, 3))
    assert clock(story, "SEND_TERMINATION", of="440100").met_on == date(2026, 8, 3)
    assert clock(story, "OBJECTION", of="440100").due_strict == date(2026, 8, 18)
    story.on(2026, 8, 10).reach(Stage.OBJECTED)
    review = clock(story, "OBJECTION_REVIEW", of="440100")
    assert (review.due_strict, review.due_rolled) == (date(2026, 8, 15), date(2026, 8, 17))
    story.on(2026, 8, 17).reach(Stage.MAINTAINED)
    assert clock(story, "RECONSIDERATION", of="440100").due_strict == date(2026, 10, 16)


def test_an_event_that_concerns_no_term_is_refused() -> None:
    story = a_story()
    with pytest.raises(errors.NothingRuns, match="replacement_decided"):
        story.own("events", event=CaseEvent.REPLACEMENT_DECIDED, occurred_on=date(2026, 3, 9))


def test_an_event_before_the_beginning_meets_nothing() -> None:
    story = a_story().on(2026, 3, 12)
    story.own("events", event=CaseEvent.REPLACEMENT_REQUESTED, occurred_on=date(2026, 3, 12))
    with pytest.raises(errors.NothingRuns):
        story.own("events", event=CaseEvent.REPLACEMENT_DECIDED, occurred_on=date(2026, 3, 11))


def test_an_event_of_tomorrow_is_refused() -> None:
    with pytest.raises(errors.ImplausibleDate):
        a_story().own("events", event=CaseEvent.INJURED, occurred_on=date(2026, 3, 10))


@pytest.mark.parametrize("event", [CaseEvent.RECEIVED, CaseEvent.GRANTED, CaseEvent.ASSIGNED])
def test_a_stage_is_not_entered_as_an_event(event: CaseEvent) -> None:
    with pytest.raises(ValidationError, match="its own step"):
        a_story().own("events", event=event, occurred_on=date(2026, 3, 9))


def test_what_happens_again_while_its_term_runs_begins_nothing_twice() -> None:
    story = a_story()
    story.own("events", event=CaseEvent.REPLACEMENT_REQUESTED, occurred_on=date(2026, 3, 9))
    with pytest.raises(errors.NothingRuns):
        story.own("events", event=CaseEvent.REPLACEMENT_REQUESTED, occurred_on=date(2026, 3, 9))
