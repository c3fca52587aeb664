"""SC-10 as far as it is a group's, told twice: in memory, and by real nodes over a broker."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from tests.asking import Asking
from tests.builders import a_resident_id, the_rules
from tests.federation.dated import dated_nodes
from tests.federation.exchange import Exchange, an_application
from tests.pki import Pki
from transfer.actions.desk import Order
from transfer.actions.intake import open_case
from transfer.actions.roster import read_roster
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.group import report
from transfer.domain.lifecycle import Step
from transfer.messages.case import Material
from transfer.messages.codes import HardshipGround, MaterialKind, Stage
from transfer.sheets.files import read_sheet

YIZHENG, LUXIAN = "321081", "510521"
HEADINGS: Final = "序号,姓名,证件号码,户籍地代码,人员类别,经济困难依据,依据材料,承诺书签署日期,请求金额（元）"
MIGRANT: Final = "510521,进城务工人员,ART42_3,务工证明,"
COMMITTED: Final = "321081,,个人诚信承诺,承诺书,2026-06-14"
NOT_ASKED: Final = "321081,,,,"
"""Local residents: they signed a commitment, or nobody asked them yet."""
PROOF: Final = Material(kind=MaterialKind.OTHER, title="推举代表人书")

Tell = Callable[[str], Asking]
BEGAN: Final = datetime(2026, 6, 14, 9, 0, tzinfo=CHINA)

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]


def nannies(local: str) -> bytes:
    """24 persons with 7,500 yuan each: 19 migrant workers and 5 local residents."""
    rows = []
    for number in range(1, 25):
        person = f"{number},赵某{number},{a_resident_id(born='19790101', order=number)}"
        rows.append(f"{person},{MIGRANT if number <= 19 else local},7500")
    return "\r\n".join([HEADINGS, *rows]).encode("gb18030")


def opened(place: Any, sheet: bytes) -> UUID:
    """A case of Yizheng for all persons of the sheet."""
    given = an_application(YIZHENG, persons=1)
    if not isinstance(place, Exchange):
        body = given.model_dump(mode="json", exclude_none=True, exclude={"applicants"})
        return UUID(place.nodes[YIZHENG].do("/v1/groups", body | {"sheet": b64encode(sheet).decode()})["id"])
    persons = read_roster(read_sheet(sheet), test_identities=True).persons
    command = given.model_copy(update={"applicants": persons})
    order = Order(by=command.by, institution=YIZHENG, create=lambda context: open_case(command, context))
    return place.order(YIZHENG, order).id


@pytest.fixture(params=["memory", pytest.param("nodes", marks=pytest.mark.broker)])
def tell(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[Tell]:
    """Begins the story of Yizheng and Luxian; what their sheet says of the local residents is given."""
    regions: Sequence[str] = (YIZHENG, LUXIAN)
    with ExitStack() as stack:

        def begin(local: str) -> Asking:
            place: Any = Exchange.of(*regions)
            if request.param == "nodes":
                broker = request.getfixturevalue("calm_broker")
                place = stack.enter_context(
                    dated_nodes(broker, pki, tmp_path, regions=regions, began=BEGAN, agreements=())
                )
            story = Asking(place=place, regions=tuple(regions), began=BEGAN, requester=YIZHENG, requested=LUXIAN)
            story.case = opened(place, nannies(local))
            return story

        yield begin


def grounds(case: Case) -> list[HardshipGround | None]:
    return [one.finding.ground for one in case.active if one.finding is not None]


def last_day(story: Asking, rule: str) -> date | None:
    """The strict last day of the clock that runs by this rule."""
    [running] = [one for one in story.known().basics.clocks if one.rule == rule and one.met_on is None]
    return running.due_strict


def test_nineteen_nannies_are_migrant_workers_five_commit_all_settle_and_their_file_is_due_in_a_month(
    tell: Tell,
) -> None:
    story = tell(NOT_ASKED)
    said = report(story.known(), YIZHENG, story.today, the_rules())
    assert (said.persons, said.claimed, said.claiming) == (24, 18_000_000, 24)
    assert said.grounds == {"ART42_3": 19, "UNKNOWN": 5}
    assert said.categories == {"MIGRANT_WORKER": 19}
    assert said.regions == {LUXIAN: 19, YIZHENG: 5}
    assert last_day(story, "REVIEW") == date(2026, 6, 21)
    speakers = story.applicants[:2]
    story.own("representatives", representatives=speakers, elected_on=date(2026, 6, 14), proof=PROOF)
    locals_ = story.reach(Stage.UNDER_REVIEW).applicants[19:]
    with pytest.raises(errors.GroundNotOpen, match="why NOT_OF_THE_GROUP"):
        story.find(HardshipGround.ART42_3, *locals_)
    with pytest.raises(errors.NoGroundHolds) as refused:
        story.reach(Stage.GRANTED)
    assert all(str(one) in str(refused.value) for one in locals_)
    story.find(HardshipGround.COMMITMENT, *locals_)
    said = report(story.known(), YIZHENG, story.today, the_rules())
    assert said.grounds == {"ART42_3": 19, "COMMITMENT": 5}
    story.reach(Stage.GRANTED, Stage.ASSIGNED, Stage.AGREEMENT_SIGNED, Stage.HANDLING)
    story.on(2026, 6, 15).reach(Stage.CONCLUDED)
    assert last_day(story, "CLOSING_FILE") == date(2026, 7, 15)
    election = story.known().election
    assert election is not None
    assert election.representatives == speakers


def test_the_five_of_yizheng_stay_and_the_nineteen_of_luxian_are_handed_over_as_one_case(tell: Tell) -> None:
    story = tell(COMMITTED)
    story.on(2026, 6, 15).own("split", applicants=story.applicants[19:])
    [stayed] = story.known().basics.split_into
    story.own("representatives", representatives=story.applicants[:1], elected_on=date(2026, 6, 15), proof=PROOF)
    story.offer(LUXIAN).meet()
    with pytest.raises(errors.TransferOpen):
        story.own("split", applicants=story.applicants[:1])
    story.decide(LUXIAN, Step.SIGN_FOR, materials_counted=1).decide(LUXIAN, Step.ACCEPT)
    there, here = story.known(LUXIAN), story.world.case(YIZHENG, stayed)
    assert grounds(there) == [HardshipGround.ART42_3] * 19
    assert grounds(here) == [HardshipGround.COMMITMENT] * 5
    assert (there.election, there.basics.split_into) == (story.known().election, (stayed,))
    assert (here.basics.split_from, here.holder_region, there.holder_region) == (story.case, YIZHENG, LUXIAN)
    assert here.basics.first_received_at == there.basics.first_received_at
    story.requester, story.requested = LUXIAN, YIZHENG
    story.on(2026, 6, 16).own("split", applicants=story.applicants[:1])
    part = story.known().basics.split_into[-1]
    assert [story.world.case(region, part).holder_region for region in (YIZHENG, LUXIAN)] == [LUXIAN, LUXIAN]
    assert story.known(YIZHENG).basics.split_into == story.known().basics.split_into
