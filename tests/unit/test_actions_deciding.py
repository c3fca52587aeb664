"""What superiors, holders and the front desk can do, one sentence per rule."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.builders import GUANGDONG, LUXIAN, SICHUAN, STATION, ZHONGSHAN, an_applicant
from tests.federation.exchange import START, Exchange
from tests.story import Story, disputed, escalated, signed
from transfer.actions.buttons import stage_order
from transfer.actions.commands import NewApplicant, OpenCase, PublishStage
from transfer.actions.desk import Desk, Idempotency, KeyReused, Order
from transfer.actions.intake import open_case
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.lifecycle import State, Step
from transfer.messages.codes import AidForm, IntakeChannel, LegalBasis, Matter, Stage
from transfer.messages.envelope import digest_of
from transfer.ports.work import Answered

HEJIANG = "510522"
IN_ONE_PROVINCE = (LUXIAN, HEJIANG, SICHUAN)


# Designation ------------------------------------------------------------------------------------------------


def test_the_common_superior_alone_designates() -> None:
    story = Story(regions=IN_ONE_PROVINCE).offer(HEJIANG).press(Step.SIGN_FOR, HEJIANG).press(Step.DISPUTE, HEJIANG)
    story.press(Step.ESCALATE, LUXIAN).press(Step.DESIGNATE, SICHUAN, region=HEJIANG)
    for region in IN_ONE_PROVINCE:
        assert story.latest(region).state is State.DESIGNATED
    assert story.press(Step.ACCEPT, HEJIANG).known(SICHUAN).holder_region == HEJIANG


def test_between_provinces_one_word_is_not_enough() -> None:
    story = escalated().press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
    for region in story.regions:
        assert story.latest(region).state is State.COMPETENCE_DISPUTED
    story.press(Step.DESIGNATE, GUANGDONG, region=ZHONGSHAN)
    for region in story.regions:
        assert story.latest(region).state is State.DESIGNATED


def test_provinces_that_differ_designate_nothing_and_the_sender_recalls() -> None:
    story = escalated().press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
    story.press(Step.DESIGNATE, GUANGDONG, region=LUXIAN)
    with pytest.raises(errors.IllegalStep):
        story.press(Step.ACCEPT, ZHONGSHAN)
    assert story.press(Step.RECALL, LUXIAN).latest(ZHONGSHAN).state is State.RELEASED


def test_a_designation_of_the_sender_closes_the_transfer_and_it_stays_holder() -> None:
    story = escalated()
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=LUXIAN)
    assert story.known().open_offer is None
    with pytest.raises(errors.NotDesignatedRegion):
        story.offer()
    assert story.reach(Stage.UNDER_REVIEW).reach(Stage.GRANTED).known(ZHONGSHAN).stage.stage is Stage.GRANTED


def test_a_superior_speaks_once() -> None:
    story = escalated().press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
    for region in (ZHONGSHAN, LUXIAN):
        with pytest.raises(errors.DesignationConflict):
            story.press(Step.DESIGNATE, SICHUAN, region=region)


def test_a_superior_names_a_region_of_the_exchange_and_no_day_to_come() -> None:
    story = escalated()
    with pytest.raises(errors.UnknownRegion):
        story.press(Step.DESIGNATE, SICHUAN, region="330100")
    with pytest.raises(errors.ImplausibleDate):
        story.press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN, decided_on=story.today + timedelta(days=1))


def test_a_party_does_not_designate() -> None:
    with pytest.raises(errors.NotThisSide):
        escalated().press(Step.DESIGNATE, ZHONGSHAN, region=LUXIAN)


def test_a_designation_that_crosses_a_recall_and_an_acceptance_leaves_the_acceptance() -> None:
    story = escalated().press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN).part()
    story.press(Step.RECALL, LUXIAN).press(Step.DESIGNATE, GUANGDONG, region=ZHONGSHAN)
    exchange = story.exchange
    exchange.deliver(ZHONGSHAN, [x for x in exchange.flight if x.source == GUANGDONG and x.recipient == ZHONGSHAN])
    story.press(Step.ACCEPT, ZHONGSHAN).meet()
    for region in story.regions:
        assert story.known(region).holder_region == ZHONGSHAN
    assert story.latest().state is State.ACCEPTED


def test_the_word_of_one_province_waits_where_the_question_has_not_come_yet() -> None:
    story = disputed().part().press(Step.ESCALATE, LUXIAN)
    exchange = story.exchange
    late = [x for x in exchange.flight if x.recipient == GUANGDONG]
    exchange.deliver(SICHUAN, [x for x in exchange.flight if x.recipient == SICHUAN])
    exchange.flight = []
    story.press(Step.DESIGNATE, SICHUAN, region=ZHONGSHAN)
    exchange.deliver(GUANGDONG, [x for x in exchange.flight if x.recipient == GUANGDONG])
    assert story.case not in exchange.rooms[GUANGDONG].content.cases
    exchange.deliver(GUANGDONG, late)
    assert dict(story.latest(GUANGDONG).designations).keys() == {SICHUAN}


# Stages -----------------------------------------------------------------------------------------------------


def test_a_stage_is_told_to_all_who_took_part() -> None:
    story = signed().press(Step.ACCEPT, ZHONGSHAN).reach(Stage.UNDER_REVIEW, by=ZHONGSHAN)
    assert story.known(LUXIAN).stage == story.known(ZHONGSHAN).stage
    assert story.known().stage.tenure == 2
    assert story.known().stage.number == 1


def test_stages_count_anew_with_each_holder() -> None:
    story = Story().reach(Stage.UNDER_REVIEW).reach(Stage.SUSPENDED)
    assert (story.known().stage.tenure, story.known().stage.number) == (1, 2)
    story.offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN).reach(Stage.UNDER_REVIEW, by=ZHONGSHAN)
    assert (story.known().stage.tenure, story.known().stage.number) == (2, 1)


def test_only_the_holder_publishes_stages() -> None:
    with pytest.raises(errors.NotTheHolder):
        signed().reach(Stage.UNDER_REVIEW, by=ZHONGSHAN)


def test_a_stage_follows_the_table() -> None:
    with pytest.raises(errors.IllegalStage):
        Story().reach(Stage.ARCHIVED)


@pytest.mark.parametrize("basis", [None, LegalBasis.LAL_38])
def test_a_refusal_names_its_ground(basis: LegalBasis | None) -> None:
    story = Story().reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.BasisMissing):
        story.reach(Stage.REFUSED, basis=basis)
    assert story.reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1).known().stage.stage is Stage.REFUSED


def test_a_stage_was_reached_between_first_receipt_and_today() -> None:
    story = Story().wait(3)
    for day in (story.today + timedelta(days=1), story.today - timedelta(days=4)):
        with pytest.raises(errors.ImplausibleDate):
            story.reach(Stage.UNDER_REVIEW, occurred_on=day)
    story.reach(Stage.UNDER_REVIEW, occurred_on=story.today - timedelta(days=3))


# Intake -----------------------------------------------------------------------------------------------------


def an_application(**changes: Any) -> OpenCase:
    fields: dict[str, Any] = {
        "by": "王芳",
        "institution": LUXIAN,
        "matter": Matter.REMUNERATION,
        "aid_form": AidForm.LABOUR_ARBITRATION,
        "facts": "欠薪",
        "claim": "支付",
        "channel": IntakeChannel.WINDOW,
        "applicants": (NewApplicant.model_validate(dict(an_applicant()) | {"id": None}),),
    }
    return OpenCase(**(fields | changes))


def opened(**changes: Any) -> Case:
    exchange = Exchange.of(LUXIAN, ZHONGSHAN)
    return open_case(an_application(**changes), exchange.contexts[LUXIAN]()).case


def test_who_receives_an_application_holds_it_and_its_review_period_runs() -> None:
    case = opened()
    assert (case.holder.institution, case.holder.number, case.stage.stage) == (LUXIAN, 1, Stage.RECEIVED)
    assert [clock.due_strict for clock in case.basics.clocks] == [date(2026, 3, 9)]
    assert case.holder.since == case.basics.first_received_at == START


def test_a_workstation_takes_in_for_its_parent() -> None:
    assert opened(institution=STATION).holder.institution == LUXIAN


def test_an_applicant_without_an_id_gets_one_and_a_given_id_stays() -> None:
    assert isinstance(opened().applicants[0].id, UUID)
    named = NewApplicant.model_validate(dict(an_applicant()))
    assert opened(applicants=(named,)).applicants[0].id == named.id


def test_the_number_given_at_intake_belongs_to_the_institution() -> None:
    numbers = opened(number="泸县援字1号").basics.numbers
    assert [(n.institution, n.number) for n in numbers] == [(LUXIAN, "泸县援字1号")]


@pytest.mark.parametrize("received_at", [START + timedelta(seconds=1), START - timedelta(days=366, seconds=1)])
def test_an_application_was_received_within_the_last_year(received_at: datetime) -> None:
    with pytest.raises(errors.ImplausibleDate):
        opened(received_at=received_at)


@pytest.mark.parametrize(
    ("institution", "error"), [(ZHONGSHAN, errors.NotOfThisRegion), ("510521-X", errors.UnknownInstitution)]
)
def test_an_application_is_taken_in_by_an_institution_of_this_region(
    institution: str, error: type[errors.TransferError]
) -> None:
    with pytest.raises(error):
        opened(institution=institution)


# The desk ---------------------------------------------------------------------------------------------------


def a_desk(exchange: Exchange, region: str = LUXIAN) -> Desk:
    return Desk(room=exchange.rooms[region], context=exchange.contexts[region])


def review(case: UUID, **changes: Any) -> Order:
    command = PublishStage(by="王芳", institution=LUXIAN, stage=Stage.UNDER_REVIEW, occurred_on=date(2026, 3, 2))
    order = stage_order(case, command)
    return Order(by=order.by, institution=order.institution, case=order.case, decide=order.decide, **changes)


async def test_a_command_on_an_older_version_is_refused() -> None:
    story = Story()
    desk = a_desk(story.exchange)
    with pytest.raises(errors.StaleVersion):
        await desk.carry_out(review(story.case, version=7))
    case = await desk.carry_out(review(story.case, version=1))
    assert isinstance(case, Case)
    assert case.version == 2


async def test_a_command_on_no_case_of_this_region_is_refused() -> None:
    desk = a_desk(Exchange.of(LUXIAN, ZHONGSHAN))
    with pytest.raises(errors.UnknownCase):
        await desk.carry_out(review(UUID(int=7)))


def test_a_command_on_no_transfer_of_the_case_is_refused() -> None:
    story = Story()
    with pytest.raises(errors.UnknownTransfer):
        story.press(Step.RECALL, LUXIAN, transfer=UUID(int=7))


def a_key(request: str = "request") -> Idempotency:
    def respond(case: Case) -> Answered:
        return Answered(request=digest_of(request.encode()), status=200, body=str(case.version).encode())

    return Idempotency(key="key", request=digest_of(request.encode()), respond=respond)


async def test_a_repeated_request_gets_the_first_response_and_changes_nothing() -> None:
    story = Story()
    desk = a_desk(story.exchange)
    first = await desk.carry_out(review(story.case, idempotency=a_key()))
    again = await desk.carry_out(review(story.case, idempotency=a_key()))
    assert isinstance(first, Case)
    assert isinstance(again, Answered)
    assert again.body == b"2"
    assert story.known().version == 2


async def test_a_key_belongs_to_one_request() -> None:
    story = Story()
    desk = a_desk(story.exchange)
    await desk.carry_out(review(story.case, idempotency=a_key()))
    with pytest.raises(KeyReused):
        await desk.carry_out(review(story.case, idempotency=a_key("another")))


async def test_commands_that_wait_together_are_decided_in_order_and_one_refusal_spares_the_others() -> None:
    story = Story()
    desk = a_desk(story.exchange)
    orders = [review(story.case), review(story.case), review(UUID(int=7))]
    done = await asyncio.gather(*(desk.carry_out(order) for order in orders), return_exceptions=True)
    assert [type(one) for one in done] == [Case, errors.IllegalStage, errors.UnknownCase]
