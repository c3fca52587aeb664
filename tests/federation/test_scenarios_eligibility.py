"""Scenarios of eligibility with their dates, each told twice: in memory, and by real nodes over a broker."""

from datetime import date, datetime
from typing import Any, Final

import pytest

from tests.asking import Asking, Tell, an_item
from tests.federation.exchange import migrants
from transfer.crypto.directory import Agreement
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.messages.codes import HardshipGround, Matter, Stage
from transfer.messages.codes_eligibility import RevocationReason
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult
from transfer.messages.evidence_items import Fact

ZHOUSHAN, XIAOGAN, ZHONGSHAN = "330900", "420900", "442000"
G: Final = HardshipGround

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]


def due(story: Asking, rule: str) -> tuple[date | None, date | None]:
    """The strict and the rolled last day of the clock that runs by this rule."""
    [running] = [one for one in story.known().basics.clocks if one.rule == rule and one.met_on is None]
    return running.due_strict, running.due_rolled


# SC-01 ------------------------------------------------------------------------------------------------------


def an_accident(tell: Tell) -> Asking:
    """Lian, at home in Xiaogan with a broken leg, phones Zhoushan on Monday, 9 March 2026."""
    typed: dict[str, Any] = {
        "matter": Matter.TRAFFIC_ACCIDENT,
        "applicants": migrants(1, name="练某", finding=None, household_region=XIAOGAN),
        "place_of_cause": ZHOUSHAN,
    }
    began = datetime(2026, 3, 9, 10, 0, tzinfo=CHINA)
    story: Asking = tell((ZHOUSHAN, XIAOGAN), began, typed=typed)
    return story.reach(Stage.UNDER_REVIEW)


def refused_as_a_migrant(story: Asking) -> None:
    with pytest.raises(errors.GroundNotOpen) as refused:
        story.find(G.ART42_3)
    said = str(refused.value)
    assert "pay or work-injury compensation, and nothing else" in said
    assert "open INFO_SHARING, COMMITMENT" in said
    assert story.known().applicants[0].finding is None


def test_the_limb_for_migrant_workers_covers_no_traffic_accident_and_a_commitment_needs_no_wait(tell: Tell) -> None:
    story = an_accident(tell)
    refused_as_a_migrant(story)
    with pytest.raises(errors.NoGroundHolds):
        story.reach(Stage.GRANTED)
    story.find(G.COMMITMENT, proof="个人诚信承诺书", signed_on=date(2026, 3, 9))
    assert due(story, "REVIEW") == (date(2026, 3, 16), date(2026, 3, 16))
    story.reach(Stage.GRANTED)
    assert due(story, "ASSIGN") == (date(2026, 3, 12), date(2026, 3, 12))
    finding = story.known().applicants[0].finding
    assert finding is not None
    assert (finding.ground, finding.signed_on, finding.by) == (G.COMMITMENT, date(2026, 3, 9), ZHOUSHAN)


def test_a_check_by_the_home_region_leaves_three_days_out_and_the_decision_is_due_on_the_nineteenth(
    tell: Tell,
) -> None:
    story = an_accident(tell)
    refused_as_a_migrant(story)
    story.on(2026, 3, 10)
    item = an_item(
        kind=EvidenceKind.ECON_CHECK,
        what="核查申请人家庭经济状况",
        fields=(EvidenceField.HARDSHIP_FINDING,),
        about=story.applicants,
        period_from=None,
        period_to=None,
    )
    story.ask(item).undertaken()
    with pytest.raises(errors.NoGroundHolds):
        story.reach(Stage.GRANTED)
    story.on(2026, 3, 13)
    fact = Fact(field=EvidenceField.HARDSHIP_FINDING, about=story.applicants[0], value="符合经济困难标准")
    story.found(ItemResult.OBTAINED, facts=(fact,), pieces=()).press(RequestStep.RETURN)
    assert due(story, "REVIEW") == (date(2026, 3, 19), date(2026, 3, 19))
    with pytest.raises(errors.NoHomeFinding):
        story.find(G.HOME_FINDING_RECOGNISED)
    story.on(2026, 3, 19).find(G.INFO_SHARING, proof="孝感回函").reach(Stage.GRANTED)
    assert due(story, "ASSIGN") == (date(2026, 3, 22), date(2026, 3, 23))


# A finding that is recognised -------------------------------------------------------------------------------


def test_a_home_finding_is_taken_over_a_third_region_reads_it_and_its_revocation_reaches_both(tell: Tell) -> None:
    agreements = [
        Agreement(between=(XIAOGAN, other), answer_working_days=10, mutual_recognition=True, since=date(2026, 1, 1))
        for other in (ZHOUSHAN, ZHONGSHAN)
    ]
    typed = {"matter": Matter.TRAFFIC_ACCIDENT, "applicants": migrants(1, finding=None)}
    began = datetime(2026, 3, 9, 10, 0, tzinfo=CHINA)
    regions = (XIAOGAN, ZHOUSHAN, ZHONGSHAN)
    story: Asking = tell(regions, began, agreements, typed=typed)
    story.find(G.INFO_SHARING, proof="民政查询结果")
    [person] = story.applicants
    attestation = story.attest(XIAOGAN, person, until=date(2026, 9, 8))
    for to in (ZHOUSHAN, ZHONGSHAN):
        story.offer(to).meet().decide(to, Step.SIGN_FOR, materials_counted=0).decide(to, Step.ACCEPT)
        story.requester = to
        story.find(G.HOME_FINDING_RECOGNISED, proof="孝感核查证明")
        finding = story.known().applicants[0].finding
        assert finding is not None
        assert (finding.attestation, finding.until, finding.by) == (attestation, date(2026, 9, 8), to)
    story.requested = XIAOGAN
    asked = {"kind": EvidenceKind.ECON_CHECK, "fields": (EvidenceField.HARDSHIP_FINDING,), "about": (person,)}
    with pytest.raises(errors.AlreadyRecognised):
        story.draft(an_item(**asked, period_from=None, period_to=None))
    story.on(2026, 3, 16).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    story.on(2026, 3, 20).own(
        "attestations/revoke", region=XIAOGAN, attestation=attestation, reason=RevocationReason.FINANCES_CHANGED
    )
    for region in (ZHOUSHAN, ZHONGSHAN):
        assert len(story.known(region).attestations.revoked) == 1
    assert story.known().stage.stage is Stage.GRANTED
    with pytest.raises(errors.AttestationTakenBack, match="FINANCES_CHANGED"):
        story.find(G.HOME_FINDING_RECOGNISED)
