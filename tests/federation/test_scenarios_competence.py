"""Competence and duplicates with their dates, each told twice: in memory, and by real nodes over a broker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.asking import Asking, an_item
from tests.builders import a_resident_id
from tests.federation.dated import dated_nodes
from tests.federation.exchange import Exchange
from tests.federation.promise import check_every_moment, check_quiet
from tests.pki import Pki
from transfer.actions.commands import NewApplicant, OpenCase
from transfer.crypto.matching import MatchKey
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.competence import competence
from transfer.domain.duplicates import LinkedCase, advice, assisting
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.case import IdentityDocument, Opponent
from transfer.messages.codes import (
    AidForm,
    ApplicantCategory,
    HardshipGround,
    IdentityKind,
    IntakeChannel,
    Matter,
    Stage,
)
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_competence import DuplicateAdvice, NotCompetent
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult
from transfer.node import rule_book

Tell = Callable[..., Asking]

LUXIAN, STATION, ZHONGSHAN = "510521", "510521-ZS", "442000"
REGIONS: Final = (LUXIAN, ZHONGSHAN)
FIRST_RECEIVED: Final = "泸县中山工作站收到在先"
EMPLOYER: Final = Opponent(name="中山市某某建筑有限公司", credit_code="91990000MA0000001B")

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]


def number(order: int, born: str = "19850412") -> IdentityDocument:
    return IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=a_resident_id(born=born, order=order))


XIANG: Final = number(1)
WIDOW: Final = NewApplicant(name="陈秀兰", identity=number(22), victim=XIANG, household_region=LUXIAN)
CHILD: Final = NewApplicant(
    name="向小明",
    identity=number(3, "20170301"),
    victim=XIANG,
    household_region=LUXIAN,
    categories=(ApplicantCategory.MINOR,),
)
BROTHER: Final = NewApplicant(name="向国强", identity=number(5), victim=XIANG, household_region=LUXIAN)


def an_application(institution: str, *applicants: NewApplicant) -> OpenCase:
    """Kin of Xiang, who died on a building site in Zhongshan."""
    return OpenCase(
        by="张伟",
        institution=institution,
        matter=Matter.WORK_INJURY,
        aid_form=AidForm.NON_LITIGATION,
        facts="向某2026年6月10日在中山工地死亡。",
        claim="工亡赔偿",
        channel=IntakeChannel.WORKSTATION if institution == STATION else IntakeChannel.WINDOW,
        place_of_cause=ZHONGSHAN,
        place_of_employer=ZHONGSHAN,
        applicants=applicants,
        opponents=(EMPLOYER,),
    )


@pytest.fixture(params=["memory", pytest.param("nodes", marks=pytest.mark.broker)])
def begin(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[Tell]:
    """Begins the story of a case at an institution, or that of another case in the same place."""
    with ExitStack() as stack:

        def begun(institution: str, began: datetime, *applicants: NewApplicant, beside: Asking | None = None) -> Asking:
            if beside is not None:
                place: Any = beside.place
            elif request.param == "memory":
                place = Exchange.of(*REGIONS).share(MatchKey(version=1, secret=bytes(32), locked=""))
            else:
                broker = request.getfixturevalue("calm_broker")
                place = stack.enter_context(
                    dated_nodes(broker, pki, tmp_path, regions=REGIONS, began=began, agreements=())
                )
            here = institution[:6]
            story = Asking(
                place=place,
                regions=REGIONS,
                requester=here,
                requested=next(one for one in REGIONS if one != here),
                began=began,
                application=an_application(institution, *applicants),
            )
            return story.meet()

        yield begun


def due(story: Asking, rule: str) -> date | None:
    """The strict last day of the clock that runs by this rule."""
    [running] = [one for one in story.known().basics.clocks if one.rule == rule and one.met_on is None]
    return running.due_strict


def shows(story: Asking, other: Asking) -> DuplicateAdvice | None:
    """What this case's region is advised about the other case."""
    case = story.known()
    found = [one for one in case.same_matter if one.case == other.case]
    return advice(case.id, case.basics, found[0], story.requester) if found else None


def one_holder(story: Asking) -> str:
    """The holder whom all name; in memory promise 1 is checked too."""
    if isinstance(story.place, Exchange):
        check_every_moment(story.place)
        check_quiet(story.place)
    [holder] = {story.known(region).holder.institution for region in REGIONS}
    return holder


def taken_over(story: Asking, receiver: str, **typed: Any) -> None:
    """The case is offered to the receiver, signed for and accepted; nobody holds it twice meanwhile."""
    before = story.requester
    story.offer(receiver, **typed).meet()
    assert one_holder(story) == before
    story.decide(receiver, Step.SIGN_FOR, materials_counted=0)
    assert one_holder(story) == before
    story.decide(receiver, Step.ACCEPT)
    assert one_holder(story) == receiver
    story.requester, story.requested = receiver, before


def linked_to(surviving: Asking, later: Asking, **typed: Any) -> None:
    """The later case is offered to the region of the earlier, which links it."""
    region = surviving.requester
    later.offer(STATION if region == LUXIAN else region, **typed).meet()
    later.decide(region, Step.SIGN_FOR, materials_counted=0).decide(region, Step.LINK, surviving_case=surviving.case)
    assert [later.known(one).duplicate_of for one in REGIONS] == [surviving.case] * 2
    assert one_holder(later) == later.requester
    with pytest.raises(errors.NotYoursToAssist):
        later.reach(Stage.UNDER_REVIEW)


def who(surviving: Asking, later: Asking, region: str) -> tuple[str, tuple[str, ...]]:
    """The accepting institution and those that assist, as that region knows them."""
    case, other = surviving.known(region), later.known(region)
    linked = (LinkedCase(case=other.id, institution=other.holder.institution),)
    return case.holder.institution, assisting(case.tenures, linked)


# SC-02 ------------------------------------------------------------------------------------------------------


def test_a_fatal_accident_is_accepted_by_the_first_receiver_and_the_later_region_assists(begin: Tell) -> None:
    widow = begin(STATION, datetime(2026, 6, 10, 15, 0, tzinfo=CHINA), WIDOW, CHILD)
    assert widow.known().holder.institution == LUXIAN, "a workstation takes applications for its institution"
    found = competence(widow.known(), rule_book(), LUXIAN, widow.today, REGIONS)
    assert [(one.region, one.reached_by) for one in found.competent] == [(ZHONGSHAN, ZHONGSHAN)]
    assert [(one.region, one.why) for one in found.others] == [(LUXIAN, NotCompetent.HOUSEHOLD_ONLY)]
    widow.own("events", event=CaseEvent.INJURED, occurred_on=date(2026, 6, 10))
    assert due(widow, "INJURY_BY_EMPLOYER") == date(2026, 7, 10)
    assert due(widow, "INJURY_BY_WORKER") == date(2027, 6, 10)

    brother = begin(ZHONGSHAN, datetime(2026, 6, 11, 9, 0, tzinfo=CHINA), BROTHER, beside=widow)
    assert shows(widow, brother) is DuplicateAdvice.AWAIT_THEIR_OFFER
    assert shows(brother, widow) is DuplicateAdvice.OFFER_TO_EARLIER
    with pytest.raises(errors.NoConnectingPoint):
        brother.offer(STATION)
    linked_to(widow, brother, despite=FIRST_RECEIVED)
    assert who(widow, brother, LUXIAN) == (LUXIAN, (ZHONGSHAN,))

    proof = an_item(kind=EvidenceKind.DOCUMENT, what="死亡证明", fields=(EvidenceField.ATTENDANCE,))
    widow.ask(proof).undertaken().found(ItemResult.OBTAINED)
    widow.press(RequestStep.RETURN).press(RequestStep.CONFIRM)
    mother, child = widow.applicants
    widow.find(HardshipGround.COMMITMENT, mother).find(HardshipGround.ART42_1, child)
    widow.reach(Stage.UNDER_REVIEW, Stage.GRANTED, Stage.ASSIGNED, Stage.HANDLING)
    widow.on(2026, 6, 15).reach(Stage.CONCLUDED)
    assert due(widow, "CLOSING_FILE") == date(2026, 7, 15)
    assert [widow.known(region).stage.stage for region in REGIONS] == [Stage.CONCLUDED] * 2


def test_the_accepting_and_the_assisting_institution_swap_and_swap_back(begin: Tell) -> None:
    widow = begin(STATION, datetime(2026, 6, 10, 15, 0, tzinfo=CHINA), WIDOW)
    brother = begin(ZHONGSHAN, datetime(2026, 6, 11, 9, 0, tzinfo=CHINA), BROTHER, beside=widow)
    linked_to(widow, brother, despite=FIRST_RECEIVED)
    taken_over(widow, ZHONGSHAN)
    assert [who(widow, brother, region) for region in REGIONS] == [(ZHONGSHAN, (LUXIAN,))] * 2
    assert brother.known().holder_region == ZHONGSHAN, "the linked case is now where the surviving one is"
    taken_over(widow, LUXIAN, despite="家属已返乡")
    assert [who(widow, brother, region) for region in REGIONS] == [(LUXIAN, (ZHONGSHAN,))] * 2
    assert [one.number for one in widow.known().tenures] == [1, 2, 3]


def test_where_the_place_of_the_accident_received_first_it_accepts_and_the_home_assists_until_they_swap(
    begin: Tell,
) -> None:
    brother = begin(ZHONGSHAN, datetime(2026, 6, 10, 9, 0, tzinfo=CHINA), BROTHER)
    widow = begin(STATION, datetime(2026, 6, 10, 15, 0, tzinfo=CHINA), WIDOW, beside=brother)
    assert shows(widow, brother) is DuplicateAdvice.OFFER_TO_EARLIER
    assert shows(brother, widow) is DuplicateAdvice.AWAIT_THEIR_OFFER
    linked_to(brother, widow)
    assert who(brother, widow, ZHONGSHAN) == (ZHONGSHAN, (LUXIAN,))
    taken_over(brother, LUXIAN, despite="家属均在泸县")
    assert [who(brother, widow, region) for region in REGIONS] == [(LUXIAN, (ZHONGSHAN,))] * 2


def test_the_earlier_case_is_never_linked_to_the_later_one(begin: Tell) -> None:
    widow = begin(STATION, datetime(2026, 6, 10, 15, 0, tzinfo=CHINA), WIDOW)
    brother = begin(ZHONGSHAN, datetime(2026, 6, 11, 9, 0, tzinfo=CHINA), BROTHER, beside=widow)
    widow.offer(ZHONGSHAN).meet().decide(ZHONGSHAN, Step.SIGN_FOR, materials_counted=0)
    with pytest.raises(errors.EarlierCaseSurvives):
        widow.decide(ZHONGSHAN, Step.LINK, surviving_case=brother.case)
