"""What the law asks to be said with each stage of an accepted case, who may not do it, and what follows."""

from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import pytest
from pydantic import ValidationError

from tests.asking import CLERK, LAWYER, Asking
from tests.builders import the_rules
from tests.federation.exchange import an_application
from tests.handling import HEAD, JUSTICE, a_conclusion, a_review, an_assignment
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.duties import DUTIES, DUTY_OF, DutyRow
from transfer.domain.evidence_table import RequestStep
from transfer.domain.handling import (
    Assignment,
    ClosingDay,
    Decided,
    Entry,
    NoAgreement,
    Objection,
    Refusal,
    ReplacementDecided,
    Service,
    Termination,
)
from transfer.law.book import read_rules
from transfer.messages.case import Clock
from transfer.messages.codes import LegalBasis, Matter, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_evidence import ItemResult
from transfer.messages.codes_handling import AidUnit, Consequence, Procedure, RecusalReason, RefusalReason, Remedy
from transfer.messages.evidence_items import Lawyer

GUANGZHOU, HUANGCHUAN, HANGZHOU, TIANJIN = "440100", "411526", "330100", "120101"
BEGAN: Final = datetime(2026, 7, 1, 9, 0, tzinfo=CHINA)
TODAY: Final = date(2026, 7, 1)
FRAUD: Final = LegalBasis.LAL_48_1


def a_story(region: str = GUANGZHOU, **fields: Any) -> Asking:
    given: dict[str, Any] = {"regions": (region, HUANGCHUAN), "requester": region, "requested": HUANGCHUAN}
    return Asking(**(given | {"began": BEGAN} | fields))


def granted(**fields: Any) -> Asking:
    return a_story(**fields).reach(Stage.UNDER_REVIEW, Stage.GRANTED)


def handled(**fields: Any) -> Asking:
    return granted(**fields).reach(Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING)


def refused(**fields: Any) -> Asking:
    return a_story(**fields).reach(Stage.UNDER_REVIEW).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)


def terminated(**fields: Any) -> Asking:
    return granted(**fields).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)


def last(story: Asking) -> Entry:
    return story.known().handling.entries[-1]


def enter(story: Asking, event: CaseEvent, on: date | None = None, **typed: Any) -> Asking:
    return story.own("events", event=event, occurred_on=on or story.today, **typed)


def clock(story: Asking, rule: str) -> Clock:
    return next(one for one in reversed(story.known().basics.clocks) if one.rule == rule)


def refusal(*applicants: Any, reason: RefusalReason = RefusalReason.NOT_IN_HARDSHIP) -> Decided:
    return Decided(refusals=(Refusal(applicants=applicants, reason=reason, explanation="收入高于标准。"),))


# The table ---------------------------------------------------------------------------------------------------

TO_STAGE: Final = {
    Stage.UNDER_REVIEW: (),
    Stage.SUSPENDED: (Stage.UNDER_REVIEW,),
    Stage.AID_FIRST: (),
    Stage.GRANTED: (Stage.UNDER_REVIEW,),
    Stage.REFUSED: (Stage.UNDER_REVIEW,),
    Stage.ASSIGNED: (Stage.UNDER_REVIEW, Stage.GRANTED),
    Stage.AGREEMENT_SIGNED: (Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED),
    Stage.HANDLING: (Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED),
    Stage.TERMINATED: (Stage.UNDER_REVIEW, Stage.GRANTED),
    Stage.OBJECTED: (Stage.UNDER_REVIEW, Stage.REFUSED),
    Stage.MAINTAINED: (Stage.UNDER_REVIEW, Stage.REFUSED, Stage.OBJECTED),
    Stage.CORRECTION_ORDERED: (Stage.UNDER_REVIEW, Stage.REFUSED, Stage.OBJECTED),
    Stage.CONCLUDED: (Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED, Stage.HANDLING),
    Stage.FILE_SUBMITTED: (Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED, Stage.HANDLING, Stage.CONCLUDED),
    Stage.FILE_REVIEWED: (
        *(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED, Stage.HANDLING, Stage.CONCLUDED),
        Stage.FILE_SUBMITTED,
    ),
    Stage.ARCHIVED: (Stage.UNDER_REVIEW, Stage.REFUSED),
}
"""A way to each stage that people enter."""
BASES: Final = {
    Stage.AID_FIRST: LegalBasis.LAL_44_1,
    Stage.REFUSED: LegalBasis.LAL_43_1,
    Stage.TERMINATED: LegalBasis.LAL_48_6,
}
STAGE_ROWS: Final = [row for row in DUTIES if isinstance(row.what, Stage)]


def before(stage: Stage) -> Asking:
    story = a_story()
    for one in TO_STAGE[stage]:
        walk(story, one)
    return story


def walk(story: Asking, stage: Stage, **typed: Any) -> Asking:
    hands = {Stage.FILE_REVIEWED: HEAD}
    fields = {"basis": BASES.get(stage)} | ({"by": hands[stage]} if stage in hands else {})
    return story.reach(stage, **(fields | typed))


def test_every_stage_but_the_first_has_a_row_and_no_row_stands_twice() -> None:
    assert {row.what for row in STAGE_ROWS} == set(Stage) - {Stage.RECEIVED}
    assert len(DUTY_OF) == len(DUTIES)


@pytest.mark.parametrize("row", STAGE_ROWS, ids=lambda row: row.what.value)
def test_every_stage_keeps_what_was_said_by_whom_and_on_which_day(row: DutyRow) -> None:
    assert isinstance(row.what, Stage)
    story = walk(before(row.what), row.what)
    entry = last(story)
    assert (entry.what, entry.occurred_on, entry.institution) == (row.what, story.today, GUANGZHOU)
    assert (entry.part is not None) is (row.part is not None and row.needed)
    assert entry.remedy is row.remedy


@pytest.mark.parametrize("row", [row for row in STAGE_ROWS if row.part and row.needed], ids=lambda row: row.what.value)
def test_a_stage_without_what_must_be_said_is_refused(row: DutyRow) -> None:
    assert isinstance(row.what, Stage)
    story = before(row.what)
    with pytest.raises(errors.PartNeeded, match=f"part {row.kind}"):
        walk(story, row.what, part=None)


@pytest.mark.parametrize("row", STAGE_ROWS, ids=lambda row: row.what.value)
def test_what_belongs_to_another_stage_is_refused(row: DutyRow) -> None:
    assert isinstance(row.what, Stage)
    foreign = Service(how="邮寄")
    story = before(row.what)
    with pytest.raises(errors.PartNeeded):
        walk(story, row.what, part=foreign)


@pytest.mark.parametrize("event", [row.what for row in DUTIES if isinstance(row.what, CaseEvent)])
def test_an_event_of_the_table_without_what_must_be_said_is_refused(event: CaseEvent) -> None:
    with pytest.raises(errors.PartNeeded):
        enter(terminated(), event, part=None)


def test_an_event_outside_the_table_says_nothing_but_its_day() -> None:
    with pytest.raises(errors.PartNeeded, match="part none"):
        enter(a_story(), CaseEvent.INJURED, part=Service(how="邮寄"))


@pytest.mark.parametrize(
    ("stage", "by"),
    [
        (Stage.GRANTED, CLERK),
        (Stage.REFUSED, CLERK),
        (Stage.FILE_REVIEWED, CLERK),
    ],
)
def test_who_reviewed_or_submitted_does_not_approve(stage: Stage, by: str) -> None:
    story = before(stage)
    with pytest.raises(errors.SamePerson):
        walk(story, stage, by=by)
    assert walk(story, stage, by=HEAD).known().stage.stage is stage


def test_who_suspended_the_review_has_reviewed() -> None:
    story = (
        a_story().reach(Stage.UNDER_REVIEW, by="甲").reach(Stage.SUSPENDED, by="乙").reach(Stage.UNDER_REVIEW, by="甲")
    )
    for one in ("甲", "乙"):
        with pytest.raises(errors.SamePerson):
            story.reach(Stage.GRANTED, by=one)


@pytest.mark.parametrize("stage", [Stage.MAINTAINED, Stage.CORRECTION_ORDERED])
@pytest.mark.parametrize("hand", [CLERK, HEAD], ids=["who reviewed", "who decided"])
def test_who_had_a_hand_in_the_decision_does_not_review_the_objection(stage: Stage, hand: str) -> None:
    story = refused().reach(Stage.OBJECTED)
    with pytest.raises(errors.SamePerson):
        story.reach(stage, part=a_review(reviewer=hand))
    assert story.reach(stage, part=a_review()).known().stage.stage is stage


def test_of_stages_that_say_nothing_the_latest_of_each_person_is_kept() -> None:
    story = a_story()
    for _ in range(3):
        story.reach(Stage.UNDER_REVIEW).on(2026, 7, 2).reach(Stage.SUSPENDED)
    assert [entry.what for entry in story.known().handling.entries] == [Stage.UNDER_REVIEW, Stage.SUSPENDED]


def test_what_was_said_stays_with_the_holder() -> None:
    story = a_story().ask().signed()
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED)
    assert story.known(HUANGCHUAN).stage.stage is Stage.ASSIGNED
    assert story.known(HUANGCHUAN).handling.entries == ()


# Decisions ---------------------------------------------------------------------------------------------------


def test_a_decision_that_names_nobody_grants_aid_to_all_alike() -> None:
    story = granted(persons=3)
    assert story.known().handling.refused(frozenset(story.applicants)) == frozenset()
    assert last(story).remedy is None


def test_a_case_is_granted_while_one_is_granted_and_the_refused_one_is_told_the_remedy() -> None:
    story = a_story(persons=2).reach(Stage.UNDER_REVIEW)
    first, second = story.applicants
    story.reach(Stage.GRANTED, part=refusal(second))
    assert story.known().handling.refused(frozenset(story.applicants)) == {second}
    assert last(story).remedy is Remedy.OBJECTION
    assert first not in story.known().handling.refused(frozenset(story.applicants))


def test_a_case_in_which_all_are_refused_is_not_granted() -> None:
    story = a_story(persons=2).reach(Stage.UNDER_REVIEW)
    for part in (refusal(), refusal(*story.applicants)):
        with pytest.raises(errors.DecisionDiffers, match="granted 0; refused 2"):
            story.reach(Stage.GRANTED, part=part)


def test_a_case_in_which_one_is_granted_is_not_refused() -> None:
    story = a_story(persons=2).reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.DecisionDiffers):
        story.reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1, part=refusal(story.applicants[0]))
    with pytest.raises(errors.DecisionDiffers):
        story.reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1, part=Decided())


def test_each_may_be_refused_for_a_reason_of_their_own() -> None:
    story = a_story(persons=2).reach(Stage.UNDER_REVIEW)
    first, second = story.applicants
    both = (refusal(first), refusal(second, reason=RefusalReason.HAS_OWN_AGENT))
    part = Decided(refusals=tuple(one.refusals[0] for one in both))
    story.reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1, part=part)
    assert last(story).part == part


def test_a_decision_about_nobody_known_is_refused() -> None:
    story = a_story().reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.UnknownApplicant):
        story.reach(Stage.GRANTED, part=refusal(uuid4()))


def test_aid_given_first_may_end_in_a_grant_or_a_termination() -> None:
    for stage in (Stage.GRANTED, Stage.TERMINATED):
        story = walk(a_story(), Stage.AID_FIRST)
        assert walk(story, stage).known().stage.stage is stage


# Service -----------------------------------------------------------------------------------------------------


def test_a_decision_counts_as_served_when_the_last_applicant_has_it() -> None:
    story = terminated(persons=2).on(2026, 7, 3)
    first, second = story.applicants
    enter(story, CaseEvent.DECISION_SERVED, part=Service(applicants=(first,), how="当面送达"))
    assert clock(story, "SEND_TERMINATION").met_on is None
    story.on(2026, 7, 6)
    enter(story, CaseEvent.DECISION_SERVED, date(2026, 7, 2), part=Service(applicants=(second,), how="邮寄"))
    assert clock(story, "SEND_TERMINATION").met_on == date(2026, 7, 3)
    assert clock(story, "OBJECTION").started_on == date(2026, 7, 3)
    assert story.known().handling.served(frozenset(story.applicants)) == {
        first: date(2026, 7, 3),
        second: date(2026, 7, 2),
    }


def test_a_decision_that_all_have_is_not_served_again() -> None:
    story = enter(terminated(), CaseEvent.DECISION_SERVED)
    with pytest.raises(errors.NothingRuns):
        enter(story, CaseEvent.DECISION_SERVED)


def test_what_was_not_decided_is_not_served() -> None:
    with pytest.raises(errors.NothingToReview):
        enter(a_story().reach(Stage.UNDER_REVIEW), CaseEvent.DECISION_SERVED)


def test_a_later_decision_is_served_anew() -> None:
    story = enter(granted(), CaseEvent.DECISION_SERVED)
    story.reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    assert story.known().handling.served(frozenset(story.applicants)) == {}


def test_a_decision_is_served_on_applicants_of_the_case() -> None:
    with pytest.raises(errors.UnknownApplicant):
        enter(terminated(), CaseEvent.DECISION_SERVED, part=Service(applicants=(uuid4(),), how="邮寄"))


# Assignment --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", [AidUnit.GRASSROOTS_OFFICE, AidUnit.OWN_STAFF])
def test_a_claim_for_pay_goes_to_a_lawyer_first_or_says_why_not(unit: AidUnit) -> None:
    story = granted()
    assert story.known().basics.matter is Matter.REMUNERATION
    nobody = {"unit": unit, "licence": None}
    with pytest.raises(errors.LawyersFirst):
        story.reach(Stage.ASSIGNED, part=an_assignment(**nobody))
    story.reach(Stage.ASSIGNED, part=an_assignment(**nobody, no_lawyer_because="本县没有律师事务所。"))
    assert last(story).part == an_assignment(**nobody, no_lawyer_because="本县没有律师事务所。")


def test_a_lawyer_on_the_institutions_own_staff_is_a_lawyer() -> None:
    part = an_assignment(unit=AidUnit.OWN_STAFF)
    assert granted().reach(Stage.ASSIGNED, part=part).known().handling.said(Assignment) == part


def test_a_law_firm_names_the_licence_of_its_lawyer() -> None:
    with pytest.raises(ValidationError, match="shows the licence"):
        an_assignment(licence=None)


def test_handling_without_an_agreement_names_the_cause_that_prevents_it_and_stops_its_term() -> None:
    story = granted().reach(Stage.ASSIGNED)
    assert clock(story, "SIGN_AGREEMENT").due_strict == date(2026, 7, 6)
    with pytest.raises(errors.PartNeeded):
        story.reach(Stage.HANDLING, part=None)
    story.on(2026, 7, 4).reach(Stage.HANDLING, part=NoAgreement(cause="受援人住院"))
    assert clock(story, "SIGN_AGREEMENT").met_on == date(2026, 7, 4)


def test_after_an_agreement_nothing_is_said_to_prevent_it() -> None:
    story = granted().reach(Stage.ASSIGNED, Stage.AGREEMENT_SIGNED)
    with pytest.raises(errors.PartNeeded):
        story.reach(Stage.HANDLING, part=NoAgreement(cause="受援人住院"))
    assert story.reach(Stage.HANDLING).known().stage.stage is Stage.HANDLING


# Replacement -------------------------------------------------------------------------------------------------

WU: Final = an_assignment(person="吴律师", handed_over="全部案卷和证据原件，7月9日当面移交。")


def replaced(story: Asking, **typed: Any) -> Asking:
    enter(story, CaseEvent.REPLACEMENT_REQUESTED)
    return enter(story, CaseEvent.REPLACEMENT_DECIDED, **typed)


@pytest.mark.parametrize("stage", [Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING])
def test_another_person_is_assigned_only_after_a_replacement_was_decided(stage: Stage) -> None:
    story = granted().reach(Stage.ASSIGNED)
    if stage is not Stage.ASSIGNED:
        story.reach(stage)
    with pytest.raises(errors.NotReplaced):
        story.reach(Stage.ASSIGNED, part=WU)
    replaced(story).reach(Stage.ASSIGNED, part=WU)
    assert story.known().handling.said(Assignment) == WU
    with pytest.raises(errors.NotReplaced):
        story.reach(Stage.ASSIGNED, part=an_assignment(handed_over="移交"))


@pytest.mark.parametrize(
    "part",
    [an_assignment(person="吴律师"), an_assignment(handed_over="移交")],
    ids=["nothing handed over", "the same person"],
)
def test_a_replacement_hands_the_case_over_to_another_person(part: Assignment) -> None:
    story = replaced(handled())
    with pytest.raises(errors.NotReplaced):
        story.reach(Stage.ASSIGNED, part=part)


def test_a_replacement_that_was_denied_replaces_nobody() -> None:
    story = replaced(handled(), part=ReplacementDecided(replaced=False, reasons="理由不成立。"))
    with pytest.raises(errors.NotReplaced):
        story.reach(Stage.ASSIGNED, part=WU)


def test_a_replacement_is_decided_in_five_days_in_hangzhou_in_five_working_days() -> None:
    for region, due in ((GUANGZHOU, date(2026, 7, 6)), (HANGZHOU, date(2026, 7, 8))):
        story = enter(handled(region=region), CaseEvent.REPLACEMENT_REQUESTED)
        assert clock(story, "REPLACEMENT").due_strict == due


def test_open_evidence_requests_go_to_the_new_person_on_both_sides() -> None:
    story = handled().ask().undertaken()
    asked = story.request
    drafted = story.draft().request
    replaced(story).reach(Stage.ASSIGNED, part=WU)
    new = Lawyer(name="吴律师", licence=WU.licence, firm=WU.office)
    assert [story.known(region).request(asked).lawyer for region in (GUANGZHOU, HUANGCHUAN)] == [new, new]
    assert story.known().request(drafted).lawyer == new


def test_a_request_that_has_ended_keeps_the_person_who_asked() -> None:
    story = handled().ask().undertaken().found(ItemResult.OBTAINED)
    story.press(RequestStep.RETURN).press(RequestStep.CONFIRM)
    replaced(story).reach(Stage.ASSIGNED, part=WU)
    assert story.record().lawyer == LAWYER


# Termination -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(1, 9))
def test_aid_is_terminated_on_each_of_the_eight_grounds_with_its_facts(number: int) -> None:
    basis = LegalBasis(f"LAL_48_{number}")
    entry = last(granted().reach(Stage.TERMINATED, basis=basis))
    assert isinstance(entry.part, Termination)
    assert (entry.remedy, entry.consequence) == (
        Remedy.OBJECTION,
        Consequence.COST_AND_FINE if basis is FRAUD else None,
    )


@pytest.mark.parametrize("number", range(2, 9))
@pytest.mark.parametrize("money", [{"recover_fen": 1}, {"fine_fen": 1}])
def test_only_fraud_costs_money(number: int, money: dict[str, Any]) -> None:
    story = granted()
    with pytest.raises(errors.NoFraud):
        story.reach(Stage.TERMINATED, basis=LegalBasis(f"LAL_48_{number}"), part=Termination(facts="由", **money))


def test_the_fine_for_fraud_is_at_most_3000_yuan() -> None:
    story = granted()
    with pytest.raises(errors.NoFraud):
        story.reach(Stage.TERMINATED, basis=FRAUD, part=Termination(facts="伪造欠条", fine_fen=300_001))
    story.reach(
        Stage.TERMINATED, basis=FRAUD, part=Termination(facts="伪造欠条", recover_fen=250_000, fine_fen=300_000)
    )
    assert last(story).consequence is Consequence.COST_AND_FINE


# Objection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arrives", "late"), [(date(2026, 7, 20), False), (date(2026, 7, 21), True)], ids=["on the last day", "a day later"]
)
def test_an_objection_after_its_term_is_late_and_not_lost(arrives: date, late: bool) -> None:  # noqa: FBT001 - a table
    story = refused()
    # Saturday 4 July and 15 days are Sunday 19 July, so Monday is in time.
    story.on(2026, 7, 5)
    enter(story, CaseEvent.DECISION_SERVED, date(2026, 7, 4))
    story.on(arrives.year, arrives.month, arrives.day).reach(Stage.OBJECTED)
    assert (last(story).late, story.known().stage.stage) == (late, Stage.OBJECTED)
    assert clock(story, "OBJECTION_REVIEW").due_strict == arrives + timedelta(days=5)


def test_each_applicants_term_runs_from_the_service_on_that_person() -> None:
    story = refused(persons=2)
    first, second = story.applicants
    enter(story, CaseEvent.DECISION_SERVED, part=Service(applicants=(first,), how="当面送达"))
    story.on(2026, 7, 10)
    enter(story, CaseEvent.DECISION_SERVED, part=Service(applicants=(second,), how="当面送达"))
    story.on(2026, 7, 20).reach(Stage.OBJECTED, part=Objection(applicants=(second,), grounds="由"))
    assert last(story).late is False
    again = refused(persons=2)
    enter(again, CaseEvent.DECISION_SERVED)
    again.on(2026, 7, 20).reach(Stage.OBJECTED, part=Objection(applicants=again.applicants[:1], grounds="由"))
    assert last(again).late is True


def test_before_the_decision_was_served_no_objection_is_late() -> None:
    assert last(refused().on(2026, 9, 1).reach(Stage.OBJECTED)).late is False


@pytest.mark.parametrize("name", [GUANGZHOU, f"Region {GUANGZHOU}"])
def test_the_institution_that_decided_does_not_review(name: str) -> None:
    story = refused().reach(Stage.OBJECTED)
    with pytest.raises(errors.SameBody):
        story.reach(Stage.MAINTAINED, part=a_review(body=name))


def test_what_is_maintained_may_be_taken_to_reconsideration_or_to_court() -> None:
    story = refused().reach(Stage.OBJECTED).reach(Stage.MAINTAINED)
    assert last(story).remedy is Remedy.RECONSIDERATION_OR_SUIT
    assert last(story).part == a_review(body=JUSTICE)
    assert clock(story, "RECONSIDERATION").due_strict == date(2026, 8, 30)


def test_a_corrected_refusal_leads_to_a_grant_and_not_to_the_handling() -> None:
    story = refused().reach(Stage.OBJECTED, Stage.CORRECTION_ORDERED)
    with pytest.raises(errors.IllegalStage):
        story.reach(Stage.HANDLING)
    story.reach(Stage.GRANTED)
    assert story.known().handling.refused(frozenset(story.applicants)) == frozenset()
    assert clock(story, "ASSIGN").due_strict == date(2026, 7, 4)


def test_a_corrected_termination_leads_back_to_the_handling() -> None:
    story = terminated().reach(Stage.OBJECTED, Stage.CORRECTION_ORDERED, Stage.HANDLING)
    assert story.known().stage.stage is Stage.HANDLING


def partly_refused() -> Asking:
    story = a_story(persons=2).reach(Stage.UNDER_REVIEW)
    return story.reach(Stage.GRANTED, part=refusal(story.applicants[1])).reach(Stage.ASSIGNED)


def test_who_was_refused_may_object_while_the_case_goes_on_for_the_others() -> None:
    story = partly_refused()
    first, second = story.applicants
    with pytest.raises(errors.NothingToReview):
        enter(story, CaseEvent.OBJECTED, part=Objection(applicants=(first,), grounds="由"))
    with pytest.raises(errors.NothingToReview):
        enter(story, CaseEvent.CORRECTION_ORDERED)
    enter(story, CaseEvent.OBJECTED, part=Objection(applicants=(second,), grounds="由"))
    assert clock(story, "OBJECTION_REVIEW").due_strict == date(2026, 7, 6)
    enter(story, CaseEvent.CORRECTION_ORDERED)
    assert story.known().stage.stage is Stage.ASSIGNED
    assert story.known().handling.refused(frozenset(story.applicants)) == frozenset()
    with pytest.raises(errors.NothingToReview):
        enter(story, CaseEvent.OBJECTED, part=Objection(applicants=(second,), grounds="由"))


def test_a_refusal_that_is_maintained_stays() -> None:
    story = partly_refused()
    second = story.applicants[1]
    enter(story, CaseEvent.OBJECTED, part=Objection(applicants=(second,), grounds="由"))
    enter(story, CaseEvent.MAINTAINED)
    assert story.known().handling.refused(frozenset(story.applicants)) == {second}


@pytest.mark.parametrize("made", [refused, terminated, a_story], ids=["refused", "terminated", "undecided"])
def test_where_the_case_goes_on_for_nobody_an_objection_is_a_stage(made: Any) -> None:
    with pytest.raises(errors.NothingToReview):
        enter(made(), CaseEvent.OBJECTED)


# Conclusion --------------------------------------------------------------------------------------------------

AWARD, JUDGMENT, RULING = CaseEvent.AWARD_RECEIVED, CaseEvent.JUDGMENT_RECEIVED, CaseEvent.RULING_RECEIVED
MEDIATED, SETTLED, PERFORMED = (
    CaseEvent.MEDIATION_PAPER_RECEIVED,
    CaseEvent.SETTLEMENT_AGREED,
    CaseEvent.PERFORMANCE_BEGUN,
)
ON: Final = date(2026, 7, 10)


@pytest.mark.parametrize(
    ("procedure", "days", "closing"),
    [
        (Procedure.LITIGATION, {JUDGMENT: ON}, ON),
        (Procedure.LITIGATION, {RULING: ON}, ON),
        (Procedure.LITIGATION, {MEDIATED: ON}, ON),
        (Procedure.LITIGATION, {RULING: date(2026, 7, 2), JUDGMENT: ON}, ON),
        (Procedure.LITIGATION, {AWARD: ON}, None),
        (Procedure.LABOUR_ARBITRATION, {AWARD: ON}, ON),
        (Procedure.LABOUR_ARBITRATION, {JUDGMENT: ON}, None),
        (Procedure.NON_LITIGATION, {SETTLED: ON}, ON),
        (Procedure.NON_LITIGATION, {PERFORMED: ON}, ON),
        (Procedure.NON_LITIGATION, {SETTLED: ON, PERFORMED: date(2026, 7, 20)}, ON),
        (Procedure.NON_LITIGATION, {PERFORMED: date(2026, 7, 2), SETTLED: ON}, ON),
        (Procedure.NON_LITIGATION, {AWARD: ON}, None),
        (Procedure.TERMINATION, {CaseEvent.TERMINATION_RECEIVED: ON}, ON),
    ],
)
def test_the_closing_day_follows_from_the_procedure(
    procedure: Procedure, days: dict[CaseEvent, date], closing: date | None
) -> None:
    assert the_rules().closing_day(procedure, days, GUANGZHOU) == closing
    if procedure is Procedure.TERMINATION:
        return
    story = handled().on(2026, 7, 25)
    part = a_conclusion(ON, procedure=procedure, days=tuple(ClosingDay(event=e, on=day) for e, day in days.items()))
    with pytest.raises(errors.NotTheClosingDay):
        story.reach(Stage.CONCLUDED, occurred_on=date(2026, 7, 11), part=part)
    if closing is None:
        with pytest.raises(errors.NotTheClosingDay):
            story.reach(Stage.CONCLUDED, occurred_on=ON, part=part)
    else:
        story.reach(Stage.CONCLUDED, occurred_on=ON, part=part)
        assert clock(story, "CLOSING_FILE").due_strict == date(2026, 8, 9)


def test_every_closing_rule_has_its_source_and_none_is_printed_as_an_article() -> None:
    closings = the_rules().rules.closings
    assert {one.procedure for one in closings} == set(Procedure)
    assert [one.source.confirmed for one in closings] == [False] * len(closings)


def test_an_administrator_may_change_a_closing_rule() -> None:
    one = the_rules().rules.closings[0]
    twice = the_rules().rules.model_copy(update={"closings": (one, one)})
    with pytest.raises(ValueError, match="holds twice"):
        read_rules(twice.model_dump_json().encode())


def test_what_was_terminated_is_not_concluded() -> None:
    with pytest.raises(ValidationError, match="terminated is not concluded"):
        a_conclusion(ON, procedure=Procedure.TERMINATION)


def test_a_paper_of_tomorrow_concludes_nothing() -> None:
    story = handled().on(2026, 7, 10)
    days = (ClosingDay(event=SETTLED, on=ON), ClosingDay(event=PERFORMED, on=date(2026, 7, 11)))
    with pytest.raises(errors.ImplausibleDate):
        story.reach(Stage.CONCLUDED, part=a_conclusion(ON, procedure=Procedure.NON_LITIGATION, days=days))


def test_an_award_that_concludes_the_case_begins_the_term_to_sue() -> None:
    story = handled().on(2026, 7, 10).reach(Stage.CONCLUDED)
    assert clock(story, "SUE_AFTER_AWARD").due_strict == date(2026, 7, 25)


def test_after_a_termination_the_file_is_due_from_the_day_on_which_the_unit_received_it() -> None:
    story = terminated().on(2026, 7, 3)
    enter(story, CaseEvent.TERMINATION_RECEIVED)
    assert clock(story, "CLOSING_FILE_TERMINATED").due_strict == date(2026, 8, 2)
    story.on(2026, 7, 20).reach(Stage.FILE_SUBMITTED)
    assert clock(story, "CLOSING_FILE_TERMINATED").met_on == date(2026, 7, 20)


@pytest.mark.parametrize("region", [GUANGZHOU, TIANJIN])
def test_the_file_is_submitted_reviewed_and_archived_each_in_thirty_days(region: str) -> None:
    story = handled(region=region).on(2026, 7, 10).reach(Stage.CONCLUDED)
    assert clock(story, "CLOSING_FILE").due_strict == date(2026, 8, 9)
    story.on(2026, 7, 20).reach(Stage.FILE_SUBMITTED)
    assert clock(story, "FILE_REVIEW").due_strict == date(2026, 8, 19)
    story.on(2026, 7, 30).reach(Stage.FILE_REVIEWED, by=HEAD).reach(Stage.ARCHIVED)
    assert [entry.what for entry in story.known().handling.entries][-4:] == [
        Stage.CONCLUDED,
        Stage.FILE_SUBMITTED,
        Stage.FILE_REVIEWED,
        Stage.ARCHIVED,
    ]


_WHY: Final[dict[str, Any]] = {"reason": RecusalReason.IS_PARTY_OR_KIN, "since": TODAY}

# Recusal -----------------------------------------------------------------------------------------------------


def recused(story: Asking, person: str) -> Asking:
    return story.own("recusals", person=person, reason=RecusalReason.IS_PARTY_OR_KIN, since=story.today)


def test_who_is_recused_takes_no_step_until_another_person_lifts_it() -> None:
    story = recused(a_story().reach(Stage.UNDER_REVIEW), HEAD)
    with pytest.raises(errors.Recused):
        story.reach(Stage.GRANTED)
    with pytest.raises(errors.Recused):
        story.own("recusals/lift", by=HEAD, person=HEAD, because="由")
    story.own("recusals/lift", person=HEAD, because="经查没有亲属关系。")
    [one] = story.known().handling.recusals
    assert (one.lifted_on, one.lifted_by, one.lifted_because) == (story.today, CLERK, "经查没有亲属关系。")
    assert story.reach(Stage.GRANTED).known().stage.stage is Stage.GRANTED


def test_a_recusal_that_is_lifted_leaves_the_others() -> None:
    story = recused(recused(a_story(), HEAD), "丁某").own("recusals/lift", person="丁某", because="由")
    assert story.known().handling.recused == {HEAD}


def test_a_recusal_holds_for_every_step_on_the_case_and_for_no_other_case() -> None:
    story = a_story().own("recusals", by=HEAD, person=CLERK, **_WHY)
    with pytest.raises(errors.Recused):
        story.draft()
    with pytest.raises(errors.Recused):
        enter(story, CaseEvent.INJURED)
    other = story.world.open(GUANGZHOU, an_application(GUANGZHOU, persons=1))
    story.case = other
    assert enter(story, CaseEvent.INJURED).known().handling.recused == frozenset()


def test_a_recused_person_is_neither_assigned_nor_made_reviewer() -> None:
    story = granted().own("recusals", person="周律师", **_WHY)
    with pytest.raises(errors.Recused):
        story.reach(Stage.ASSIGNED)
    again = refused().reach(Stage.OBJECTED).own("recusals", person="赵敏", **_WHY)
    with pytest.raises(errors.Recused):
        again.reach(Stage.MAINTAINED)


def test_a_region_that_does_not_hold_the_case_may_recuse_its_own_people() -> None:
    story = a_story().ask()
    story.requester, story.requested = HUANGCHUAN, GUANGZHOU
    story.own("recusals", person="丁某", **_WHY)
    assert story.known(HUANGCHUAN).handling.recused == {"丁某"}
    assert story.known(GUANGZHOU).handling.recused == frozenset()


def test_a_recusal_is_entered_once_not_for_tomorrow_and_lifted_once() -> None:
    story = recused(a_story(), HEAD)
    with pytest.raises(errors.Recused):
        recused(story, HEAD)
    with pytest.raises(errors.ImplausibleDate):
        story.own("recusals", person="丁某", reason=RecusalReason.INTEREST, since=date(2026, 7, 2))
    story.own("recusals/lift", person=HEAD, because="由")
    with pytest.raises(errors.NotRecused):
        story.own("recusals/lift", person=HEAD, because="由")
