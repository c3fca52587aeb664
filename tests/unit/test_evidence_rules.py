"""What one region can ask another for evidence, and be answered, one sentence per rule."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from tests.asking import CLERK, COLLECTOR, FUSHUN, HEAD, LAWYER, LINGWU, OTHER_LAWYER, Asking, a_piece, an_item
from transfer.actions import evidence_commands as commands
from transfer.domain import errors
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.messages.codes import LegalBasis, Stage
from transfer.messages.codes_evidence import (
    CancelReason,
    CustodyAct,
    DeclineReason,
    EvidenceField,
    EvidenceKind,
    ItemResult,
    SubjectRole,
)
from transfer.messages.evidence import Rework
from transfer.messages.evidence_items import Fact, Person

State, Step, Result = RequestState, RequestStep, ItemResult


# Drafting and sending ---------------------------------------------------------------------------------------


def test_a_draft_is_known_to_nobody_else() -> None:
    story = Asking().draft()
    assert story.record().state is State.DRAFTED
    assert story.case not in story.exchange.rooms[LINGWU].content.cases


def test_a_draft_is_approved_by_another_person_than_who_drafted_it() -> None:
    with pytest.raises(errors.SamePerson):
        Asking().draft().press(Step.APPROVE, by=CLERK)


def test_nothing_is_sent_that_was_not_approved() -> None:
    with pytest.raises(errors.IllegalStep):
        Asking().draft().press(Step.SEND)


def test_an_amended_draft_is_approved_anew() -> None:
    story = Asking().draft().press(Step.APPROVE)
    asked = commands.DraftRequest(
        by=CLERK,
        institution=FUSHUN,
        requested=LINGWU,
        letter="改",
        purpose="改",
        told="改",
        lawyer=story.record().lawyer,
        items=(an_item(about=story.applicants),),
    )
    story.press(Step.AMEND, **{k: v for k, v in dict(asked).items() if k not in {"by", "institution"}})
    assert (story.record().state, story.record().letter) == (State.DRAFTED, "改")
    with pytest.raises(errors.IllegalStep):
        story.press(Step.SEND)


def test_the_letter_arrives_with_its_items_purpose_and_lawyer() -> None:
    here, there = Asking(months=2).ask().both
    assert there.state is here.state is State.REQUESTED
    assert (there.items, there.purpose, there.told, there.lawyer) == (here.items, here.purpose, here.told, here.lawyer)


def test_the_requested_region_sees_of_the_case_what_it_was_told_and_no_applicants() -> None:
    known = Asking(persons=2).ask().known(LINGWU)
    assert known.applicants == ()
    assert known.basics.facts == "申请人在该厂工作六个月，工资未付。"
    assert known.holder_region == FUSHUN


def test_an_applicant_is_shown_with_what_the_kinds_of_the_items_need() -> None:
    story = Asking(persons=2).draft(
        an_item(kind=EvidenceKind.HEARING_ATTENDANCE, fields=(EvidenceField.HEARING_RECORD,))
    )
    assert story.record().persons == ()
    first, second = story.applicants
    story.draft(an_item(about=(first,)), an_item(about=(first, second)))
    assert [(p.name, p.identity is not None, p.phone) for p in story.record().persons] == [("李大山", True, None)] * 2


def test_the_requested_region_follows_the_case_from_then_on() -> None:
    story = Asking().ask().reach(Stage.UNDER_REVIEW)
    assert story.known(LINGWU).stage.stage is Stage.UNDER_REVIEW


def test_the_time_limit_is_ten_working_days_where_nothing_else_was_agreed() -> None:
    assert Asking().ask().record(LINGWU).working_days == 10
    assert Asking().ask(working_days=3).record(LINGWU).working_days == 3


def test_only_the_holder_asks() -> None:
    story = Asking().ask()
    story.requester, story.requested = LINGWU, FUSHUN
    with pytest.raises(errors.NotTheHolder):
        story.draft(an_item())


def test_one_asks_another_region() -> None:
    with pytest.raises(errors.SameRegion):
        Asking().draft(requested=FUSHUN)


def test_a_case_that_is_offered_asks_nothing_new() -> None:
    story = Asking().draft().press(Step.APPROVE).offer(LINGWU)
    with pytest.raises(errors.TransferOpen):
        story.press(Step.SEND)


def test_a_case_is_not_offered_while_others_are_asked_for_evidence() -> None:
    story = Asking().ask()
    with pytest.raises(errors.RequestsOpen):
        story.offer(LINGWU)
    story.press(Step.CANCEL).offer(LINGWU)


def test_one_case_may_ask_several_regions_at_once() -> None:
    story = Asking(regions=(FUSHUN, LINGWU, "510521"))
    first = story.ask().request
    story.requested = "510521"
    story.ask()
    assert [one.state for one in story.known().requests] == [State.REQUESTED] * 2
    assert story.known(LINGWU).requests[0].id == first
    assert story.known("510521").requests[0].id == story.request


# Least data -------------------------------------------------------------------------------------------------


def beyond(**changes: Any) -> errors.BeyondLeastData:
    with pytest.raises(errors.BeyondLeastData) as why:
        Asking().draft(an_item(**changes))
    return why.value


def test_all_bank_flows_are_refused_with_what_would_be_allowed() -> None:
    why = beyond(kind=EvidenceKind.ECON_CHECK, fields=(EvidenceField.BANK_FLOWS,))
    assert why.detail["asked"] == ["BANK_FLOWS"]
    assert why.detail["allowed"] == ["HARDSHIP_FINDING", "HOUSEHOLD_INCOME", "HOUSEHOLD_SIZE", "SOCIAL_ASSISTANCE"]


def test_no_kind_of_item_may_ask_for_all_bank_flows() -> None:
    for kind in EvidenceKind:
        beyond(kind=kind, fields=(EvidenceField.BANK_FLOWS,))


def test_what_is_kept_by_the_month_is_asked_for_a_named_time() -> None:
    assert beyond(period_from=None, period_to=None).detail["needed"] == ("period_from", "period_to")


def test_an_economic_check_is_about_applicants_and_not_their_family() -> None:
    story = Asking()
    kin = Person(id=story.case, role=SubjectRole.DEPENDANT, name="李小山")
    with pytest.raises(errors.BeyondLeastData, match="DEPENDANT"):
        story.draft(
            an_item(kind=EvidenceKind.ECON_CHECK, fields=(EvidenceField.HOUSEHOLD_INCOME,), about=(kin.id,)),
            persons=(kin,),
        )


def test_more_of_a_person_than_the_kind_needs_is_refused() -> None:
    story = Asking()
    boss = Person(id=story.case, role=SubjectRole.OPPONENT, name="某老板", phone="13800000000")
    with pytest.raises(errors.BeyondLeastData, match="phone"):
        story.draft(
            an_item(kind=EvidenceKind.ENFORCEMENT_HELP, fields=(EvidenceField.ASSET_LEAD,), about=(boss.id,)),
            persons=(boss,),
        )


def test_an_item_about_someone_unknown_is_refused() -> None:
    with pytest.raises(errors.UnknownItem):
        Asking().draft(an_item(about=(Asking().case,)))


def test_an_answer_gives_no_more_than_was_asked() -> None:
    story = Asking().ask().undertaken()
    (item,) = story.record().items
    told = Fact(field=EvidenceField.WAGE_LEDGER, value="另附工资台账")
    with pytest.raises(errors.UnknownItem, match="WAGE_LEDGER"):
        story.press(Step.RECORD, answers=(story.an_answer(item.id, facts=(told,)),))


# Answering --------------------------------------------------------------------------------------------------


def test_a_person_signs_for_it_and_the_requester_hears_from_when_the_time_runs() -> None:
    story = Asking().ask().on(2026, 2, 12).signed()
    here, there = story.both
    assert here.state is there.state is State.SIGNED_FOR
    assert here.received_on == date(2026, 2, 11)
    assert here.due_on == there.due_on == date(2026, 3, 3)


def test_a_question_is_asked_and_answered_and_is_no_decline() -> None:
    story = Asking().ask().signed().press(Step.ASK_CLARIFICATION)
    assert story.record().questions[-1].question == "哪个班组？"
    assert story.press(Step.CLARIFY).record(LINGWU).questions[-1].answer == "一班。"
    assert story.press(Step.UNDERTAKE).record().collector == COLLECTOR


def test_a_question_about_an_item_that_is_not_there_is_refused() -> None:
    story = Asking().ask().signed()
    with pytest.raises(errors.UnknownItem):
        story.press(Step.ASK_CLARIFICATION, items=(story.case,))


@pytest.mark.parametrize(
    ("reason", "said"), [("RECIPIENT_NOT_ELIGIBLE", "eligibility"), ("NOT_SPECIFIC_ENOUGH", "ask-clarification")]
)
def test_what_is_no_ground_to_decline_is_refused_with_what_to_do(reason: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        commands.Decline(by="马主任", institution=LINGWU, reason=reason, explanation="x")  # type: ignore[arg-type]


def test_a_decline_has_its_code_and_its_reason_in_writing() -> None:
    declined = Asking().ask().signed().press(Step.DECLINE).record().declined
    assert declined is not None
    assert (declined.reason.value, declined.explanation) == ("OBJECTIVE_IMPOSSIBLE", "厂房已毁。")


def test_what_was_recorded_is_not_sent_before_another_person_approves_it() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED)
    assert story.record().answers == ()
    with pytest.raises(errors.SamePerson):
        story.press(Step.SUPPLY, by=COLLECTOR)
    assert len(story.press(Step.SUPPLY).record().answers) == 1


def test_nothing_is_sent_where_nothing_was_recorded() -> None:
    with pytest.raises(errors.NothingRecorded):
        Asking().ask().undertaken().press(Step.SUPPLY)


def test_parts_come_as_they_are_found() -> None:
    story = Asking(months=3).ask().undertaken().found(Result.OBTAINED).press(Step.SUPPLY)
    assert story.record().state is State.PARTLY_SUPPLIED
    assert [one.result for one in story.record().answers] == [Result.OBTAINED]


def test_the_reply_goes_back_when_every_item_is_answered() -> None:
    story = Asking(months=2).ask().undertaken().found(Result.OBTAINED)
    with pytest.raises(errors.ItemsUnanswered):
        story.press(Step.RETURN)
    story.found(Result.OBTAINED, Result.DOES_NOT_EXIST).press(Step.RETURN)
    assert story.record().reply_letter == "灵援协复字〔2026〕第1号"
    assert [one.result for one in story.record().answers] == [Result.OBTAINED, Result.DOES_NOT_EXIST]


@pytest.mark.parametrize("result", [one for one in Result if one is not Result.NOT_BEFORE])
def test_each_result_is_an_answer(result: ItemResult) -> None:
    story = Asking().ask().undertaken().found(result).press(Step.RETURN)
    assert story.record().answers[0].result is result


def test_not_before_names_the_day() -> None:
    story = Asking().ask().undertaken().found(Result.NOT_BEFORE, not_before=date(2026, 4, 1)).press(Step.RETURN)
    assert story.record().answers[0].not_before == date(2026, 4, 1)


def test_another_collector_may_be_assigned() -> None:
    assert Asking().ask().undertaken().press(Step.ASSIGN).record(LINGWU).collector == "丁某"


def test_the_requester_confirms_and_may_say_what_it_was_used_for() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED).press(Step.RETURN).press(Step.CONFIRM, used="已提交")
    assert [one.state for one in story.both] == [State.CONFIRMED] * 2
    assert story.record(LINGWU).used == "已提交"


def test_rework_names_the_items_and_takes_new_answers_in_their_place() -> None:
    story = Asking(months=2).ask().undertaken().found(Result.OBTAINED, Result.OBTAINED).press(Step.RETURN)
    first, second = story.record().items
    story.press(Step.ASK_REWORK, items=(Rework(item=second.id, defect="模糊"),))
    assert story.record(LINGWU).state is State.REWORK_ASKED
    with pytest.raises(errors.ItemsUnanswered):
        story.press(Step.RETURN)
    story.press(Step.RECORD, answers=(story.an_answer(second.id, Result.PARTLY),)).press(Step.RETURN)
    assert {one.item: one.result for one in story.record().answers} == {
        first.id: Result.OBTAINED,
        second.id: Result.PARTLY,
    }


def test_more_time_is_asked_for_and_granted() -> None:
    story = Asking().ask().undertaken().press(Step.ASK_EXTENSION, until=date(2026, 3, 20), reason="厂里放假")
    story.press(Step.GRANT_EXTENSION)
    assert [one.due_on for one in story.both] == [date(2026, 3, 20)] * 2


def test_more_time_is_asked_for_and_refused() -> None:
    story = Asking().ask().undertaken().press(Step.ASK_EXTENSION, until=date(2026, 3, 20), reason="厂里放假")
    story.press(Step.REFUSE_EXTENSION)
    assert [one.due_on for one in story.both] == [date(2026, 3, 3)] * 2
    assert [one.extension.granted for one in story.both if one.extension] == [False] * 2


def test_time_that_nobody_asked_for_is_not_granted() -> None:
    with pytest.raises(errors.IllegalStep):
        Asking().ask().undertaken().press(Step.GRANT_EXTENSION)


def test_more_time_is_asked_for_once_until_it_is_answered() -> None:
    story = Asking().ask().undertaken().press(Step.ASK_EXTENSION, until=date(2026, 3, 20), reason="x")
    with pytest.raises(errors.IllegalStep):
        story.press(Step.ASK_EXTENSION, until=date(2026, 3, 25), reason="x")
    story.press(Step.REFUSE_EXTENSION).press(Step.ASK_EXTENSION, until=date(2026, 3, 25), reason="x")
    assert [one.extension.until for one in story.both if one.extension] == [date(2026, 3, 25)] * 2


def test_an_extension_ends_after_the_day_that_stands() -> None:
    with pytest.raises(errors.DueDatePassed):
        Asking().ask().undertaken().press(Step.ASK_EXTENSION, until=date(2026, 3, 3), reason="x")


# Ends -------------------------------------------------------------------------------------------------------


def test_a_cancelled_request_stops_the_collection() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED).press(Step.CANCEL)
    assert story.record(LINGWU).state is State.CANCELLED
    assert story.record(LINGWU).recorded == ()
    with pytest.raises(errors.IllegalStep):
        story.press(Step.SUPPLY)


def test_where_the_case_ends_open_requests_are_cancelled_with_notice() -> None:
    story = Asking().ask().undertaken()
    story.reach(Stage.AID_FIRST, basis=LegalBasis.LAL_44_1).reach(Stage.TERMINATED, basis=LegalBasis.LAL_48_6)
    assert [one.cancelled for one in story.both] == [CancelReason.CASE_ENDED] * 2
    with pytest.raises(errors.CaseEnded):
        story.draft()


def test_what_was_answered_before_the_case_ended_may_still_be_confirmed() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED).press(Step.RETURN)
    story.reach(Stage.UNDER_REVIEW).reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    assert story.record().state is State.RETURNED
    assert story.press(Step.CONFIRM).record(LINGWU).state is State.CONFIRMED


def test_another_lawyer_gets_the_open_request_at_both_ends() -> None:
    story = Asking().ask().undertaken().press(Step.CHANGE_LAWYER)
    assert [one.lawyer for one in story.both] == [OTHER_LAWYER] * 2


def test_the_lawyer_who_was_replaced_takes_no_more_steps_in_the_request() -> None:
    story = Asking().ask().undertaken().press(Step.CHANGE_LAWYER)
    with pytest.raises(errors.NoLongerHandling):
        story.press(Step.CANCEL, by=LAWYER.name)
    assert story.press(Step.CANCEL, by=OTHER_LAWYER.name).record().state is State.CANCELLED


def test_a_lawyer_who_comes_back_may_act_again() -> None:
    story = Asking().ask().undertaken().press(Step.CHANGE_LAWYER).press(Step.CHANGE_LAWYER, lawyer=LAWYER)
    with pytest.raises(errors.NoLongerHandling):
        story.press(Step.CANCEL, by=OTHER_LAWYER.name)
    assert story.press(Step.CANCEL, by=LAWYER.name).record().state is State.CANCELLED


# Custody ----------------------------------------------------------------------------------------------------


def test_each_hop_adds_to_the_chain_of_a_piece() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED).press(Step.RETURN)
    (piece,) = story.record().answers[0].pieces
    story.press(Step.HAND_ON, piece=piece.id, to="抚顺市新抚区人民法院", by=HEAD)
    (piece,) = story.record().answers[0].pieces
    assert [hop.act for hop in piece.custody] == [
        CustodyAct.COLLECTED,
        CustodyAct.SENT,
        CustodyAct.RECEIVED,
        CustodyAct.HANDED_ON,
    ]
    assert piece.custody[0].by == COLLECTOR
    assert piece.custody[-1].note == "→ 抚顺市新抚区人民法院"


def test_a_chain_that_does_not_begin_with_the_collection_is_none() -> None:
    story = Asking()
    first = a_piece(story.exchange.now).custody[0]
    with pytest.raises(ValidationError, match="begins with the collection"):
        a_piece(story.exchange.now, custody=(first.model_copy(update={"source": None}),))


def test_a_piece_that_is_not_there_is_handed_on_to_nobody() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED).press(Step.RETURN)
    with pytest.raises(errors.UnknownItem):
        story.press(Step.HAND_ON, piece=story.case, to="x")


# Crossing on the way ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("theirs", [Step.SUPPLY, Step.RETURN, Step.DECLINE, Step.ASK_EXTENSION])
def test_a_cancellation_that_crosses_an_answer_ends_alike_at_both_ends(theirs: RequestStep) -> None:
    story = Asking().ask().undertaken()
    if theirs in {Step.SUPPLY, Step.RETURN}:
        story.found(Result.OBTAINED)
    more: dict[str, Any] = {"until": date(2026, 3, 20), "reason": "x"} if theirs is Step.ASK_EXTENSION else {}
    story.part().press(Step.CANCEL).press(theirs, **more).meet()
    assert [one.state for one in story.both] == [State.CANCELLED] * 2


def test_an_extension_that_crosses_the_reply_changes_nothing() -> None:
    story = Asking().ask().undertaken().found(Result.OBTAINED)
    story.press(Step.ASK_EXTENSION, until=date(2026, 3, 20), reason="x")
    story.part().press(Step.RETURN).press(Step.GRANT_EXTENSION).meet()
    assert [one.state for one in story.both] == [State.RETURNED] * 2


# By post ----------------------------------------------------------------------------------------------------

OFFICE = {"requested": "652300", "requested_name": "昌吉州某法律援助中心", "by_post": True}
"""An office of a region that is not on the exchange."""


def posted() -> Asking:
    return Asking(months=2).ask(**OFFICE)


def test_a_letter_to_an_office_without_a_link_is_posted_and_nothing_is_sent() -> None:
    story = posted()
    assert story.record().state is State.REQUESTED
    assert story.record().posted is not None
    assert story.exchange.rooms[FUSHUN].content.outbox == {}
    assert story.known().followers == frozenset()


def test_a_reply_that_came_on_paper_is_entered_with_its_scans() -> None:
    story = posted().on(2026, 2, 27)
    answers = tuple(story.an_answer(item.id) for item in story.record().items)
    with pytest.raises(errors.ItemsUnanswered):
        story.press(Step.ENTER_REPLY, letter="昌援函1号", received_on=date(2026, 2, 26), answers=answers[:1])
    story.press(Step.ENTER_REPLY, letter="昌援函1号", received_on=date(2026, 2, 26), answers=answers)
    request = story.record()
    assert (request.state, request.reply_letter) == (State.RETURNED, "昌援函1号")
    assert [hop.act for hop in request.answers[0].pieces[0].custody] == [CustodyAct.COLLECTED, CustodyAct.RECEIVED]
    assert story.press(Step.CONFIRM).record().state is State.CONFIRMED
    assert story.exchange.rooms[FUSHUN].content.outbox == {}


def test_a_reply_is_not_entered_before_it_came() -> None:
    story = posted()
    answers = tuple(story.an_answer(item.id) for item in story.record().items)
    with pytest.raises(errors.ImplausibleDate):
        story.press(Step.ENTER_REPLY, letter="x", received_on=date(2026, 2, 12), answers=answers)


def test_a_decline_that_came_on_paper_is_entered() -> None:
    declined = posted().press(
        Step.ENTER_DECLINE, reason=DeclineReason.OBJECTIVE_IMPOSSIBLE, explanation="档案灭失", declined_by="某主任"
    )
    assert declined.record().state is State.DECLINED


def test_rework_by_post_is_answered_by_another_letter() -> None:
    story = posted()
    answers = tuple(story.an_answer(item.id) for item in story.record().items)
    story.press(Step.ENTER_REPLY, letter="一", received_on=story.today, answers=answers)
    story.press(Step.ASK_REWORK, items=(Rework(item=answers[0].item, defect="模糊"),))
    story.press(Step.ENTER_REPLY, letter="二", received_on=story.today, answers=answers[:1])
    assert story.record().reply_letter == "二"


def test_a_posted_request_is_taken_back_without_a_message() -> None:
    assert posted().press(Step.CANCEL).exchange.rooms[FUSHUN].content.outbox == {}


def test_what_comes_over_the_exchange_is_not_entered_by_hand() -> None:
    story = Asking().ask()
    answers = tuple(story.an_answer(item.id) for item in story.record().items)
    with pytest.raises(errors.IllegalStep):
        story.press(Step.ENTER_REPLY, letter="x", received_on=story.today, answers=answers)


def test_who_is_on_the_exchange_gets_no_letter_by_post() -> None:
    with pytest.raises(errors.OnTheExchange):
        Asking().draft(by_post=True, requested_name="x")


def test_a_letter_by_post_names_the_office() -> None:
    with pytest.raises(errors.NameMissing):
        Asking().draft(by_post=True, requested="652300")


def test_an_office_that_is_not_on_the_exchange_gets_no_message() -> None:
    with pytest.raises(errors.UnknownInstitution):
        Asking().draft(requested="652300")
