"""From the decision to the archive with dates, each told twice: in memory, and by real nodes over a broker."""

from datetime import date, datetime
from typing import Any, Final

import pytest

from tests.asking import Asking, Tell
from tests.handling import HEAD, a_conclusion, a_review, an_assignment
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.handling import Decided, Entry, Objection, Refusal, Service, Termination
from transfer.messages.case import Clock
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_evidence import CancelReason
from transfer.messages.codes_handling import Consequence, RefusalReason, Remedy
from transfer.messages.evidence_items import Lawyer

GUANGZHOU, HUANGCHUAN, LUXIAN = "440100", "411526", "510521"

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]

TOLD_BY_HOME: Final = Termination(facts="户籍地工作站报告：受援人已在当地自行委托律师。")


def clock(story: Asking, rule: str) -> Clock:
    return next(one for one in reversed(story.known().basics.clocks) if one.rule == rule)


def due(story: Asking, rule: str) -> tuple[date | None, date | None]:
    one = clock(story, rule)
    return one.due_strict, one.due_rolled


def last(story: Asking) -> Entry:
    return story.known().handling.entries[-1]


def event(story: Asking, what: CaseEvent, **typed: Any) -> Asking:
    return story.own("events", event=what, occurred_on=story.today, **typed)


def assigned(tell: Tell) -> Asking:
    """Two regions are asked for evidence, and aid is granted and assigned in time."""
    story: Asking = tell((GUANGZHOU, HUANGCHUAN, LUXIAN), datetime(2026, 7, 1, 9, 0, tzinfo=CHINA))
    story.ask().undertaken()
    story.requested = LUXIAN
    return story.ask().reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED)


# SC-12 ------------------------------------------------------------------------------------------------------


def test_own_lawyer_at_home_from_the_termination_to_the_archive(tell: Tell) -> None:
    story = assigned(tell)
    story.on(2026, 7, 31).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6, part=TOLD_BY_HOME)
    assert (last(story).part, last(story).remedy, last(story).consequence) == (TOLD_BY_HOME, Remedy.OBJECTION, None)
    assert due(story, "SEND_TERMINATION") == (date(2026, 8, 3), date(2026, 8, 3))
    assert [one.cancelled for one in story.known().requests] == [CancelReason.CASE_ENDED] * 2
    for region in (HUANGCHUAN, LUXIAN):
        known = story.known(region)
        assert (known.stage.stage, known.requests[0].cancelled) == (Stage.TERMINATED, CancelReason.CASE_ENDED)
        assert known.handling.entries == ()
    event(story.on(2026, 8, 3), CaseEvent.DECISION_SERVED)
    assert clock(story, "SEND_TERMINATION").met_on == date(2026, 8, 3)
    assert due(story, "OBJECTION") == (date(2026, 8, 18), date(2026, 8, 18))
    event(story, CaseEvent.TERMINATION_RECEIVED)
    assert due(story, "CLOSING_FILE_TERMINATED") == (date(2026, 9, 2), date(2026, 9, 2))
    story.on(2026, 8, 10).reach(Stage.OBJECTED)
    assert last(story).late is False
    assert due(story, "OBJECTION_REVIEW") == (date(2026, 8, 15), date(2026, 8, 17))
    story.on(2026, 8, 17)
    with pytest.raises(errors.SamePerson):
        story.reach(Stage.MAINTAINED, part=a_review(reviewer=HEAD))
    with pytest.raises(errors.SameBody):
        story.reach(Stage.MAINTAINED, part=a_review(body=f"Region {GUANGZHOU}"))
    story.reach(Stage.MAINTAINED)
    assert (clock(story, "OBJECTION_REVIEW").met_on, last(story).remedy) == (
        date(2026, 8, 17),
        Remedy.RECONSIDERATION_OR_SUIT,
    )
    assert due(story, "RECONSIDERATION") == (date(2026, 10, 16), date(2026, 10, 16))
    story.on(2026, 8, 31).reach(Stage.FILE_SUBMITTED).reach(Stage.FILE_REVIEWED, by=HEAD).reach(Stage.ARCHIVED)
    assert clock(story, "CLOSING_FILE_TERMINATED").met_on == date(2026, 8, 31)
    assert [story.known(region).stage.stage for region in (HUANGCHUAN, LUXIAN)] == [Stage.ARCHIVED] * 2


def test_aid_got_by_fraud_is_terminated_with_its_cost_and_a_fine(tell: Tell) -> None:
    story = assigned(tell).on(2026, 7, 31)
    fraud = Termination(facts="伪造欠条骗取援助。", recover_fen=260_000, fine_fen=300_000)
    with pytest.raises(errors.NoFraud):
        story.reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6, part=fraud)
    too_much = fraud.model_copy(update={"fine_fen": 300_001})
    with pytest.raises(errors.NoFraud):
        story.reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_1, part=too_much)
    story.reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_1, part=fraud)
    assert (last(story).part, last(story).consequence) == (fraud, Consequence.COST_AND_FINE)
    assert [one.cancelled for one in story.known().requests] == [CancelReason.CASE_ENDED] * 2


def test_an_objection_that_comes_late_is_heard_and_its_correction_leads_back(tell: Tell) -> None:
    story = assigned(tell).on(2026, 7, 31).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    event(story.on(2026, 8, 3), CaseEvent.DECISION_SERVED)
    event(story, CaseEvent.TERMINATION_RECEIVED)
    story.on(2026, 8, 19).reach(Stage.OBJECTED)
    assert (last(story).late, clock(story, "OBJECTION").met_on) == (True, date(2026, 8, 19))
    story.on(2026, 8, 24).reach(Stage.CORRECTION_ORDERED)
    assert clock(story, "CLOSING_FILE_TERMINATED").met_on == date(2026, 8, 24)
    story.reach(Stage.HANDLING).ask()
    assert story.known(LUXIAN).stage.stage is Stage.HANDLING
    assert story.record().cancelled is None


# From a decision that differs to the archive ----------------------------------------------------------------


def test_one_is_granted_one_refused_and_the_case_changes_hands_before_it_is_won(tell: Tell) -> None:
    story: Asking = tell((GUANGZHOU, HUANGCHUAN), datetime(2026, 7, 1, 9, 0, tzinfo=CHINA), persons=2)
    first, second = story.applicants
    refused = Refusal(applicants=(second,), reason=RefusalReason.NOT_IN_HARDSHIP, explanation="收入高于标准。")
    story.reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.SamePerson):
        story.reach(Stage.GRANTED, by=story.known().handling.entries[0].by)
    story.on(2026, 7, 6).reach(Stage.GRANTED, part=Decided(refusals=(refused,)))
    assert due(story, "ASSIGN") == (date(2026, 7, 9), date(2026, 7, 9))
    event(story, CaseEvent.DECISION_SERVED, part=Service(applicants=(first,), how="当面送达"))
    event(story.on(2026, 7, 8), CaseEvent.DECISION_SERVED, part=Service(applicants=(second,), how="邮寄送达"))
    assert due(story, "OBJECTION") == (date(2026, 7, 23), date(2026, 7, 23))
    story.on(2026, 7, 9).reach(Stage.ASSIGNED)
    assert due(story, "SIGN_AGREEMENT") == (date(2026, 7, 14), date(2026, 7, 14))
    story.on(2026, 7, 13).reach(Stage.AGREEMENT_SIGNED, Stage.HANDLING).ask().undertaken()
    event(story, CaseEvent.OBJECTED, part=Objection(applicants=(second,), grounds="收入有误。"))
    event(story.on(2026, 7, 17), CaseEvent.MAINTAINED)
    assert last(story).remedy is Remedy.RECONSIDERATION_OR_SUIT
    assert story.known().handling.refused(frozenset(story.applicants)) == {second}
    event(story, CaseEvent.REPLACEMENT_REQUESTED)
    assert due(story, "REPLACEMENT") == (date(2026, 7, 22), date(2026, 7, 22))
    event(story.on(2026, 7, 20), CaseEvent.REPLACEMENT_DECIDED)
    wu = an_assignment(person="吴律师", handed_over="全部案卷，当面移交。")
    story.reach(Stage.ASSIGNED, part=wu)
    lawyer = Lawyer(name="吴律师", licence=wu.licence, firm=wu.office)
    assert [one.lawyer for one in story.both] == [lawyer, lawyer]
    story.reach(Stage.AGREEMENT_SIGNED, Stage.HANDLING)
    story.on(2026, 9, 1).reach(Stage.CONCLUDED, occurred_on=date(2026, 8, 28), part=a_conclusion(date(2026, 8, 28)))
    assert story.record(HUANGCHUAN).cancelled is CancelReason.CASE_ENDED
    assert due(story, "CLOSING_FILE") == (date(2026, 9, 27), date(2026, 9, 28))
    assert due(story, "SUE_AFTER_AWARD") == (date(2026, 9, 12), date(2026, 9, 14))
    story.on(2026, 9, 10).reach(Stage.FILE_SUBMITTED)
    assert due(story, "FILE_REVIEW") == (date(2026, 10, 10), date(2026, 10, 10))
    story.reach(Stage.FILE_REVIEWED, by=HEAD).reach(Stage.ARCHIVED)
    assert story.known(HUANGCHUAN).stage.stage is Stage.ARCHIVED
