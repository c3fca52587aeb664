"""Which regions are competent for a case, row by row, and what an offer elsewhere needs."""

from typing import Any
from uuid import UUID

import pytest

from tests.builders import LUXIAN, SICHUAN, ZHONGSHAN
from tests.federation.exchange import Exchange, an_application
from tests.story import Story
from transfer.actions.buttons import OWN_BUTTONS, offer_order
from transfer.actions.commands import Offer, OpenCase
from transfer.actions.situation import competence_of
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.competence import Competence, Support
from transfer.domain.lifecycle import Step
from transfer.messages.codes import AidForm, Matter
from transfer.messages.codes_competence import CasePlace, NotCompetent

GUANGZHOU, TIANHE, GUANGDONG, WUHOU = "440100", "440106", "440000", "510107"
PERFORMED, SEAT, CAUSE = "place_of_performance", "place_of_employer", "place_of_cause"
COURT, COMMISSION = "place_of_organ", "place_of_dispute_organ"
ARBITRATION, COURTS, OUTSIDE = AidForm.LABOUR_ARBITRATION, AidForm.LITIGATION, AidForm.NON_LITIGATION
PRESENT = (LUXIAN, ZHONGSHAN, SICHUAN, GUANGDONG)


def opened(exchange: Exchange, region: str = LUXIAN, *, home: str | None = None, **fields: Any) -> UUID:
    """A case taken in there, with these fields."""
    given = an_application(region, persons=1)
    if home is not None:
        person = given.applicants[0].model_copy(update={"household_region": home})
        fields["applicants"] = (person,)
    return exchange.open(region, OpenCase.model_validate(dict(given) | fields))


def who(exchange: Exchange, case: UUID, region: str = LUXIAN) -> Competence:
    return competence_of(exchange.case(region, case), exchange.contexts[region]())


def answer(**fields: Any) -> Competence:
    exchange = Exchange.of(*PRESENT)
    return who(exchange, opened(exchange, **fields))


def offered(exchange: Exchange, case: UUID, receiver: str, **typed: Any) -> Case:
    command = Offer(by="王芳", institution=LUXIAN, receiver=receiver, letter="函", reason="由", **typed)
    return exchange.order(LUXIAN, offer_order(case, command))


@pytest.mark.parametrize(
    ("matter", "form", "places", "found"),
    [
        # Litigation: the organ that handles the case, and nothing else.
        (Matter.MAINTENANCE, COURTS, {COURT: ZHONGSHAN}, {ZHONGSHAN: ["ORGAN"]}),
        (Matter.TRAFFIC_ACCIDENT, COURTS, {CAUSE: ZHONGSHAN}, {}),
        (Matter.OTHER_BY_LAW, AidForm.CRIMINAL_DEFENCE, {COURT: LUXIAN, CAUSE: ZHONGSHAN}, {LUXIAN: ["ORGAN"]}),
        # Otherwise the organ of the dispute, or where the cause arose.
        (Matter.TRAFFIC_ACCIDENT, OUTSIDE, {CAUSE: ZHONGSHAN}, {ZHONGSHAN: ["CAUSE"]}),
        (
            Matter.TRAFFIC_ACCIDENT,
            OUTSIDE,
            {CAUSE: ZHONGSHAN, COMMISSION: LUXIAN},
            {LUXIAN: ["DISPUTE_ORGAN"], ZHONGSHAN: ["CAUSE"]},
        ),
        # The employer's seat connects labour disputes, and no traffic accident.
        (Matter.TRAFFIC_ACCIDENT, OUTSIDE, {SEAT: ZHONGSHAN, PERFORMED: ZHONGSHAN}, {}),
        # Labour disputes: where the work was done before the seat; an organ that is seized decides.
        (
            Matter.REMUNERATION,
            ARBITRATION,
            {SEAT: LUXIAN, PERFORMED: ZHONGSHAN},
            {ZHONGSHAN: ["PERFORMANCE"], LUXIAN: ["EMPLOYER_SEAT"]},
        ),
        (
            Matter.REMUNERATION,
            ARBITRATION,
            {SEAT: LUXIAN, PERFORMED: ZHONGSHAN, COMMISSION: LUXIAN},
            {LUXIAN: ["DISPUTE_ORGAN"]},
        ),
        (
            Matter.LABOUR_RELATION,
            COURTS,
            {SEAT: LUXIAN, PERFORMED: ZHONGSHAN},
            {ZHONGSHAN: ["PERFORMANCE_COURT"], LUXIAN: ["EMPLOYER_COURT"]},
        ),
        # Recognition of a work injury: the employer's pooling area.
        (
            Matter.WORK_INJURY,
            OUTSIDE,
            {SEAT: ZHONGSHAN, PERFORMED: LUXIAN},
            {ZHONGSHAN: ["EMPLOYER_POOLING"]},
        ),
    ],
)
def test_the_places_that_connect_by_matter_and_form_of_aid(
    matter: Matter, form: AidForm, places: dict[str, str], found: dict[str, list[str]]
) -> None:
    given = answer(matter=matter, aid_form=form, **places)
    assert {one.region: [ground.rule for ground in one.grounds] for one in given.competent} == found


def test_where_several_are_seized_the_place_of_performance_goes_first() -> None:
    given = answer(**{SEAT: LUXIAN, PERFORMED: ZHONGSHAN})
    assert [one.region for one in given.competent] == [ZHONGSHAN, LUXIAN]


def test_each_ground_names_its_source() -> None:
    given = answer(**{CAUSE: ZHONGSHAN, PERFORMED: ZHONGSHAN, SEAT: ZHONGSHAN})
    [competent] = given.competent
    law, labour = "中华人民共和国法律援助法第三十八条", "中华人民共和国劳动争议调解仲裁法第二十一条"
    assert [ground.basis for ground in competent.grounds] == [law, labour, labour]


@pytest.mark.parametrize(
    ("fields", "region", "why"),
    [
        ({CAUSE: ZHONGSHAN, "home": WUHOU}, WUHOU, NotCompetent.HOUSEHOLD_ONLY),
        ({CAUSE: ZHONGSHAN}, LUXIAN, NotCompetent.NO_CONNECTION),
        ({CAUSE: ZHONGSHAN, COURT: WUHOU}, WUHOU, NotCompetent.PLACE_DOES_NOT_CONNECT),
        ({COMMISSION: ZHONGSHAN, SEAT: WUHOU}, WUHOU, NotCompetent.ORGAN_IS_KNOWN),
    ],
)
def test_a_region_that_is_not_competent_is_named_with_the_reason(
    fields: dict[str, Any], region: str, why: NotCompetent
) -> None:
    given = answer(**fields)
    assert why in {one.why for one in given.others if one.region == region}
    assert region not in {one.region for one in given.competent}


def test_the_home_region_is_competent_when_a_connecting_point_leads_there_too() -> None:
    given = answer(home=LUXIAN, **{SEAT: LUXIAN})
    assert [one.region for one in given.competent] == [LUXIAN]
    assert not given.others


def test_what_is_not_known_and_would_decide_is_named() -> None:
    places = {one.place for one in answer(**{CAUSE: ZHONGSHAN}).unknown}
    assert places == {CasePlace.DISPUTE_ORGAN, CasePlace.PERFORMANCE, CasePlace.EMPLOYER}
    known = {one.place for one in answer(**{COMMISSION: ZHONGSHAN}).unknown}
    assert known == {CasePlace.CAUSE}, "an organ that is seized leaves open only where the cause arose"


@pytest.mark.parametrize(
    ("region", "reached"),
    [(ZHONGSHAN, ZHONGSHAN), (TIANHE, GUANGDONG), (GUANGZHOU, GUANGDONG), (GUANGDONG, GUANGDONG), ("330106", None)],
)
def test_a_region_that_is_not_on_the_exchange_is_named_with_its_nearest_superior_that_is(
    region: str, reached: str | None
) -> None:
    [competent] = answer(**{CAUSE: region}).competent
    assert (competent.region, competent.reached_by) == (region, reached)


def test_of_several_competent_ones_the_first_that_received_accepts() -> None:
    assert answer(**{CAUSE: ZHONGSHAN, SEAT: LUXIAN}).accepts == LUXIAN
    assert answer(**{CAUSE: ZHONGSHAN}).accepts == ZHONGSHAN, "the first receiver is not competent"
    assert answer(**{CAUSE: ZHONGSHAN, SEAT: TIANHE}).accepts is None, "nobody of several has received it"
    assert answer().accepts is None


def test_an_offer_where_no_connecting_point_leads_says_why_in_its_letter_and_is_marked() -> None:
    exchange = Exchange.of(*PRESENT)
    case = opened(exchange, **{CAUSE: ZHONGSHAN})
    with pytest.raises(errors.NoConnectingPoint, match=ZHONGSHAN):
        offered(exchange, case, SICHUAN)
    offered(exchange, case, SICHUAN, despite="用工地点尚待核实")
    exchange.drain()
    told = [exchange.case(region, case).transfers[-1].despite for region in (LUXIAN, SICHUAN)]
    assert told == ["用工地点尚待核实"] * 2


@pytest.mark.parametrize(
    ("places", "receiver"),
    [({CAUSE: ZHONGSHAN}, ZHONGSHAN), ({CAUSE: TIANHE}, GUANGDONG), ({CAUSE: GUANGDONG}, ZHONGSHAN), ({}, ZHONGSHAN)],
)
def test_a_supported_offer_or_one_of_which_nothing_is_known_needs_no_such_reason(
    places: dict[str, str], receiver: str
) -> None:
    exchange = Exchange.of(*PRESENT)
    case = opened(exchange, **places)
    assert offered(exchange, case, receiver).transfers[-1].despite is None


def test_nothing_known_is_told_apart_from_nothing_that_supports() -> None:
    assert answer().support(ZHONGSHAN) is Support.NOTHING_KNOWN
    assert answer(**{CAUSE: LUXIAN}).support(ZHONGSHAN) is Support.UNSUPPORTED


def test_a_designation_overrides_every_connecting_point() -> None:
    story = Story().offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.DISPUTE, ZHONGSHAN, proposed_region=SICHUAN)
    story.press(Step.ESCALATE, LUXIAN)
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=SICHUAN)
    button = OWN_BUTTONS["places"]
    command = button.command(by="王芳", institution=LUXIAN, place_of_cause=ZHONGSHAN)
    story.exchange.order(LUXIAN, button.order(story.case, command))
    given = who(story.exchange, story.case)
    assert (given.designated, given.accepts, [one.region for one in given.competent]) == (SICHUAN, SICHUAN, [SICHUAN])
    assert {one.why for one in given.others if one.region == ZHONGSHAN} == {NotCompetent.DESIGNATED_ELSEWHERE}
    assert given.unknown == ()
    story.offer(SICHUAN)
    assert story.latest().despite is None


def test_who_became_holder_by_a_designation_needs_a_reason_to_offer_elsewhere() -> None:
    story = Story().offer().press(Step.SIGN_FOR, ZHONGSHAN).press(Step.DISPUTE, ZHONGSHAN)
    story.press(Step.ESCALATE, LUXIAN)
    for province in (SICHUAN, GUANGDONG):
        story.press(Step.DESIGNATE, province, region=ZHONGSHAN)
    story.press(Step.ACCEPT, ZHONGSHAN)
    assert who(story.exchange, story.case, ZHONGSHAN).designated == ZHONGSHAN
    with pytest.raises(errors.NoConnectingPoint):
        story.offer(LUXIAN, by=ZHONGSHAN)
    assert story.offer(LUXIAN, by=ZHONGSHAN, despite="申请人已返乡").latest(LUXIAN).despite == "申请人已返乡"


def test_places_that_become_known_are_entered_while_the_case_is_not_offered() -> None:
    exchange = Exchange.of(*PRESENT)
    case = opened(exchange, **{CAUSE: ZHONGSHAN})
    button = OWN_BUTTONS["places"]
    command = button.command(by="王芳", institution=LUXIAN, place_of_dispute_organ=LUXIAN)
    exchange.order(LUXIAN, button.order(case, command))
    assert [one.region for one in who(exchange, case).competent] == [LUXIAN, ZHONGSHAN]
    offered(exchange, case, ZHONGSHAN)
    with pytest.raises(errors.TransferOpen):
        exchange.order(LUXIAN, button.order(case, command))


def test_somebody_who_enters_places_names_one() -> None:
    with pytest.raises(ValueError, match="name at least one place"):
        OWN_BUTTONS["places"].command(by="王芳", institution=LUXIAN)
