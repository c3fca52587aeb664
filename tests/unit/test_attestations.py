"""Attestations: one region's finding, signed, taken by another without a check of its own, and taken back."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from tests.asking import CLERK, Asking, an_item
from tests.federation.exchange import Exchange, migrants
from tests.trust import Trust, shared
from transfer.crypto.directory import Agreement, Directory
from transfer.crypto.errors import KeyNotValid
from transfer.crypto.keys import KeyUse, SuiteName
from transfer.crypto.statements import read_statement, sign_statement
from transfer.crypto.suites import suite
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.clocks import CHINA
from transfer.domain.eligibility import judged, look_again
from transfer.domain.errors import TransferError
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.domain.recognition import digest_of_person, home_finding
from transfer.handlers import attestations
from transfer.handlers.arrival import Arrival
from transfer.messages.codes import Defect, HardshipGround, LegalBasis, Matter, Stage
from transfer.messages.codes_eligibility import RevocationReason
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult
from transfer.messages.eligibility import (
    Attestation,
    AttestationIssued,
    AttestationRevoked,
    Attestations,
    Attested,
    Revocation,
)
from transfer.messages.evidence_items import Fact
from transfer.messages.transfer import SupplementItem

G: Final = HardshipGround
HOME, THERE, THIRD, FAR = "500235", "310115", "330900", "442000"
BEGAN: Final = datetime(2026, 3, 9, 9, 0, tzinfo=CHINA)
NOTICE_BY: Final = date(2026, 3, 20)


def agreed(one: str = HOME, other: str = THERE, **changes: Any) -> Agreement:
    given: dict[str, Any] = {"answer_working_days": 10, "mutual_recognition": True, "since": date(2026, 1, 1)}
    return Agreement(between=(one, other), **(given | changes))


def a_story(*agreements: Agreement, requester: str = HOME, requested: str = THERE, persons: int = 1) -> Asking:
    """A traffic accident, taken in by the requester; nothing is found yet."""
    place = Exchange.of(HOME, THERE, THIRD, FAR)
    place.directory = place.directory.model_copy(update={"agreements": agreements})
    given = {"applicants": migrants(persons, finding=None), "matter": Matter.TRAFFIC_ACCIDENT}
    return Asking(place=place, persons=persons, began=BEGAN, typed=given, requester=requester, requested=requested)


def handed(story: Asking, to: str) -> Asking:
    story.offer(to).meet().decide(to, Step.SIGN_FOR, materials_counted=0).decide(to, Step.ACCEPT)
    story.requester = to
    return story


def attested_at_home(*agreements: Agreement, to: str = THERE, **said: Any) -> tuple[Asking, UUID]:
    """Home checks the person, attests the finding, and hands the case over."""
    story = a_story(*(agreements or (agreed(),))).find(G.INFO_SHARING)
    attestation = story.attest(HOME, story.applicants[0], **said)
    return handed(story, to), attestation


def home(story: Asking, region: str | None = None) -> Attestation:
    """The finding that is recognised in that region; raises why there is none."""
    region = region or story.requester
    case = story.known(region)
    return home_finding(case, case.applicants[0], _exchange(story).contexts[region]().forum(region))


def _exchange(story: Asking) -> Exchange:
    assert isinstance(story.world, Exchange)
    return story.world


# Recognised -------------------------------------------------------------------------------------------------


def test_a_home_finding_travels_with_the_case_opens_its_ground_and_ends_with_the_attestation() -> None:
    story, attestation = attested_at_home()
    story.find(G.HOME_FINDING_RECOGNISED, until=date(2027, 6, 30)).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    finding = story.known().applicants[0].finding
    assert finding is not None
    assert (finding.attestation, finding.until, finding.by) == (attestation, date(2026, 12, 31), THERE)
    said = home(story)
    assert (said.by, said.found_on, said.basis, said.in_hardship) == (HOME, date(2026, 3, 9), "本省标准", True)


def test_an_answer_to_a_check_becomes_an_attestation_and_the_requester_gets_it() -> None:
    story = a_story(agreed(), requester=THERE, requested=HOME)
    checked(story)
    attestation = story.attest(HOME, story.applicants[0])
    assert home(story).id == attestation
    story.find(G.HOME_FINDING_RECOGNISED).reach(Stage.UNDER_REVIEW, Stage.GRANTED)
    history = _exchange(story).rooms[THERE].content.history
    [told] = [line.event.detail for line in history if line.event.name == "attestation_issued"]
    assert told["attestation"] == str(attestation)


def checked(story: Asking, asked: EvidenceField = EvidenceField.HARDSHIP_FINDING) -> Asking:
    """The home region was asked, and answered."""
    item = an_item(
        kind=EvidenceKind.ECON_CHECK, fields=(asked,), about=story.applicants, period_from=None, period_to=None
    )
    story.ask(item).undertaken()
    fact = Fact(field=asked, about=story.applicants[0], value="符合")
    return story.found(ItemResult.OBTAINED, facts=(fact,), pieces=()).press(RequestStep.RETURN)


def test_whom_a_finding_is_recognised_nobody_asks_again() -> None:
    story, _ = attested_at_home()
    story.requested = HOME
    item = an_item(
        kind=EvidenceKind.ECON_CHECK,
        fields=(EvidenceField.HOUSEHOLD_INCOME,),
        about=story.applicants,
        period_from=None,
        period_to=None,
    )
    with pytest.raises(errors.AlreadyRecognised):
        story.draft(item)
    story.requested = FAR
    with pytest.raises(errors.AlreadyRecognised):
        story.draft(item)
    for about in (story.applicants[0], None):
        missing = SupplementItem(defect=Defect.ECON_STATEMENT_MISSING, explanation="请补交", applicant=about)
        with pytest.raises(errors.AlreadyRecognised):
            story.own("notice", items=(missing,), due_on=NOTICE_BY, phoned=True)
    unsigned = SupplementItem(defect=Defect.FORM_UNSIGNED, explanation="缺签名", applicant=story.applicants[0])
    story.own("notice", items=(unsigned,), due_on=NOTICE_BY, phoned=True)


def test_the_receiver_of_an_offer_asks_for_no_statement_either() -> None:
    story = a_story(agreed()).find(G.INFO_SHARING)
    story.attest(HOME, story.applicants[0])
    story.offer(THERE).meet().decide(THERE, Step.SIGN_FOR, materials_counted=0)
    missing = SupplementItem(defect=Defect.ECON_STATEMENT_MISSING, explanation="请补交", applicant=story.applicants[0])
    with pytest.raises(errors.AlreadyRecognised):
        story.decide(THERE, Step.REQUIRE_SUPPLEMENT, items=(missing,), due_on=NOTICE_BY)


@pytest.mark.parametrize("which", [1, None], ids=["the other person", "the case"])
def test_of_two_persons_the_one_without_attestation_may_be_asked(which: int | None) -> None:
    story = a_story(agreed(), persons=2).find(G.INFO_SHARING)
    story.attest(HOME, story.applicants[0])
    handed(story, THERE)
    about = story.applicants[which] if which is not None else None
    missing = SupplementItem(defect=Defect.ECON_STATEMENT_MISSING, explanation="请补交", applicant=about)
    story.own("notice", items=(missing,), due_on=NOTICE_BY, phoned=True)


@pytest.mark.parametrize(
    "agreement",
    [
        agreed(mutual_recognition=False),
        agreed(HOME, THIRD),
        agreed(until=date(2026, 3, 8)),
        agreed(since=date(2026, 3, 10)),
    ],
    ids=["not mutual", "with another", "over", "not yet"],
)
def test_without_an_agreement_in_force_it_is_not_recognised_and_the_person_may_be_asked(agreement: Agreement) -> None:
    story, _ = attested_at_home(agreement)
    with pytest.raises(errors.NotRecognised, match=HOME):
        story.find(G.HOME_FINDING_RECOGNISED)
    missing = SupplementItem(defect=Defect.ECON_STATEMENT_MISSING, explanation="请补交", applicant=story.applicants[0])
    story.own("notice", items=(missing,), due_on=NOTICE_BY, phoned=True)


def test_a_third_region_that_gets_the_case_later_verifies_it_and_takes_it_by_its_own_agreement() -> None:
    story, attestation = attested_at_home(agreed(), agreed(HOME, FAR))
    handed(story, THIRD)
    with pytest.raises(errors.NotRecognised):
        home(story)
    handed(story, FAR)
    assert home(story).id == attestation
    assert story.find(G.HOME_FINDING_RECOGNISED).known().applicants[0].finding is not None


def test_what_it_attests_itself_opens_nothing_for_a_region() -> None:
    story = a_story(agreed()).find(G.INFO_SHARING)
    story.attest(HOME, story.applicants[0])
    with pytest.raises(errors.NotRecognised):
        story.find(G.HOME_FINDING_RECOGNISED)


def test_of_two_attestations_the_one_that_counts_longest_is_taken() -> None:
    story = a_story(agreed()).find(G.INFO_SHARING)
    [person] = story.applicants
    story.attest(HOME, person, until=date(2026, 4, 1))
    longest = story.attest(HOME, person, until=date(2026, 9, 1))
    story.attest(HOME, person, until=date(2026, 5, 1))
    assert home(handed(story, THERE)).id == longest


def test_what_is_attested_of_a_person_goes_with_that_person_when_the_case_is_split() -> None:
    story = a_story(agreed(), persons=2).find(G.INFO_SHARING)
    first, second = [story.attest(HOME, one) for one in story.applicants]
    handed(story, THERE).find(G.HOME_FINDING_RECOGNISED)
    story.own("attestations/revoke", region=HOME, attestation=first, reason=RevocationReason.FOUND_WRONG)
    story.own("split", applicants=story.applicants[1:])
    assert len(story.known().attestations.issued) == 2
    story.case = story.known().basics.split_into[-1]
    assert [one.applicant for one in story.known().attestations.issued] == list(story.applicants)
    assert len(story.known().attestations.revoked) == 1
    assert home(story).id == second
    story.reach(Stage.UNDER_REVIEW, Stage.GRANTED)


def test_what_is_taken_back_after_a_split_reaches_the_case_in_which_the_person_is_now() -> None:
    story = a_story(agreed(), agreed(HOME, FAR), persons=3).find(G.INFO_SHARING)
    _, second, third = [story.attest(HOME, one) for one in story.applicants]
    handed(story, THERE).find(G.HOME_FINDING_RECOGNISED)
    whole = story.case
    story.own("split", applicants=story.applicants[1:])
    first_part = story.case = story.known().basics.split_into[-1]
    story.own("split", applicants=story.applicants[1:])
    story.case = story.known().basics.split_into[-1]
    handed(story, FAR).find(G.HOME_FINDING_RECOGNISED)
    last_part, story.case = story.case, whole
    for attestation in (second, third):
        story.own("attestations/revoke", region=HOME, attestation=attestation, reason=RevocationReason.FOUND_WRONG)
    for region, case in ((THERE, whole), (THERE, first_part), (THERE, last_part), (FAR, last_part)):
        assert len(_exchange(story).case(region, case).attestations.revoked) == 2, (region, case)
    story.case = last_part
    with pytest.raises(errors.AttestationTakenBack):
        home(story)
    with pytest.raises(errors.NoGroundHolds):
        story.reach(Stage.UNDER_REVIEW, Stage.GRANTED)


def test_what_is_attested_after_a_split_comes_to_the_case_in_which_the_person_is_now() -> None:
    story = handed(a_story(agreed(), persons=3).find(G.INFO_SHARING), THERE)
    _, second, third = story.applicants
    for one in (second, third):
        story.own("split", applicants=(one,))
    story.attest(HOME, second)
    mine, other = [_exchange(story).case(THERE, part) for part in story.known().basics.split_into]
    assert [one.applicant for one in mine.attestations.issued] == [second]
    assert other.attestations.issued == ()
    story.case = mine.id
    story.find(G.HOME_FINDING_RECOGNISED)


# Who may attest, and what -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("find", "in_hardship"),
    [((), True), ((G.COMMITMENT,), True), ((G.INFO_SHARING,), False), ((None,), True)],
    ids=["nothing found", "a commitment", "found the contrary", "found not in hardship"],
)
def test_a_region_attests_what_it_found_by_a_check_and_nothing_else(find: tuple[Any, ...], in_hardship: bool) -> None:  # noqa: FBT001 - a column
    story = a_story(agreed())
    if find:
        story.find(*find)
    with pytest.raises(errors.NothingToAttest):
        story.attest(HOME, story.applicants[0], in_hardship=in_hardship)


def test_a_region_does_not_attest_what_another_one_found() -> None:
    story = handed(a_story(agreed()).find(G.INFO_SHARING), THERE)
    with pytest.raises(errors.NothingToAttest):
        story.attest(THERE, story.applicants[0])
    assert story.attest(HOME, story.applicants[0]) == home(story).id, "who found it, also after it handed the case over"


@pytest.mark.parametrize("answered", [False, True], ids=["not answered yet", "asked for the income alone"])
def test_a_region_that_was_asked_attests_only_after_it_answered_that_question(answered: bool) -> None:  # noqa: FBT001 - a column
    story = a_story(agreed(), requester=THERE, requested=HOME)
    if answered:
        checked(story, EvidenceField.HOUSEHOLD_INCOME)
    else:
        item = an_item(
            kind=EvidenceKind.ECON_CHECK,
            fields=(EvidenceField.HARDSHIP_FINDING,),
            about=story.applicants,
            period_from=None,
            period_to=None,
        )
        story.ask(item).undertaken()
    with pytest.raises(errors.NothingToAttest):
        story.attest(HOME, story.applicants[0])


@pytest.mark.parametrize("days", [{"found_on": date(2026, 3, 10)}, {"until": date(2026, 3, 8)}], ids=str)
def test_an_attestation_is_of_a_finding_that_was_made_and_has_days_left(days: dict[str, date]) -> None:
    story = a_story(agreed()).find(G.INFO_SHARING)
    with pytest.raises(errors.ImplausibleDate):
        story.attest(HOME, story.applicants[0], **days)


def test_a_node_without_a_valid_key_says_that_it_cannot_attest() -> None:
    story = a_story(agreed()).on(2025, 12, 1)
    world = _exchange(story)
    world.now = datetime(2026, 1, 1, 1, tzinfo=UTC) - timedelta(days=1)
    story.case = world.take_in(HOME, persons=1, matter=Matter.TRAFFIC_ACCIDENT, applicants=migrants(1, finding=None))
    story.find(G.INFO_SHARING)
    with pytest.raises(errors.CannotAttest):
        story.attest(HOME, story.applicants[0])


# What is wrong with one -------------------------------------------------------------------------------------


def a_directory(story: Asking) -> Directory:
    return _exchange(story).directory


def signed(region: str, story: Asking, statement: Attestation | Revocation, *, at: datetime = BEGAN) -> str:
    wire = replace(shared().wire(region, a_directory(story)), clock=lambda: at)
    return sign_statement(wire, statement, at + timedelta(days=400))


def an_attestation(story: Asking, **changes: Any) -> tuple[Attestation, Attested]:
    """One on the applicant, signed by home unless another region is named."""
    [person] = story.known().applicants
    signer, salt = changes.pop("signer", HOME), uuid4()
    given: dict[str, Any] = {
        "id": uuid4(),
        "applicant": person.id,
        "person": digest_of_person(salt, person.name, person.identity),
        "in_hardship": True,
        "by": HOME,
        "found_on": date(2026, 3, 9),
        "until": date(2026, 12, 31),
        "basis": "本省标准",
    }
    said = Attestation(**(given | changes))
    return said, Attested(applicant=person.id, salt=salt, token=signed(signer, story, said))


def _altered(attested: Attested) -> Attested:
    head, payload, signature = attested.token.split(".")
    content = json.loads(base64.urlsafe_b64decode(payload + "==")) | {"until": "2030-12-31"}
    payload = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()
    return attested.model_copy(update={"token": f"{head}.{payload}.{signature}"})


Make = Callable[[Asking], Attested]
WRONG: Final[dict[str, tuple[Make, type[TransferError], bool]]] = {
    "altered": (lambda s: _altered(an_attestation(s)[1]), errors.AlteredAttestation, True),
    "signed by another region": (
        lambda s: an_attestation(s, signer=FAR)[1],
        errors.AttestationOfAnotherRegion,
        True,
    ),
    "of another applicant": (
        lambda s: an_attestation(s, applicant=uuid4())[1],
        errors.AttestationOfAnotherPerson,
        True,
    ),
    "of another identity": (
        lambda s: an_attestation(s, person="sha256:" + "0" * 64)[1],
        errors.AttestationOfAnotherPerson,
        True,
    ),
    "with another salt": (
        lambda s: an_attestation(s)[1].model_copy(update={"salt": uuid4()}),
        errors.AttestationOfAnotherPerson,
        True,
    ),
    "no attestation": (
        lambda s: an_attestation(s)[1].model_copy(update={"token": signed(HOME, s, _a_revocation(uuid4()))}),
        errors.ForgedAttestation,
        True,
    ),
    "made up": (
        lambda s: an_attestation(s)[1].model_copy(update={"token": "aaaa.bbbb.cccc"}),
        errors.ForgedAttestation,
        True,
    ),
    "expired": (lambda s: an_attestation(s, until=date(2026, 3, 8))[1], errors.AttestationExpired, False),
    "not in hardship": (lambda s: an_attestation(s, in_hardship=False)[1], errors.FoundNotInHardship, False),
    "of a region without agreement": (
        lambda s: an_attestation(s, by=FAR, signer=FAR)[1],
        errors.NotRecognised,
        False,
    ),
}
"""What is wrong, the error that says so, and whether the door refuses it already."""


def _a_revocation(attestation: UUID, by: str = HOME) -> Revocation:
    return Revocation(attestation=attestation, by=by, revoked_on=date(2026, 3, 9), reason=RevocationReason.FOUND_WRONG)


def with_keys() -> Asking:
    """A case at THERE; the directory lists keys."""
    story = a_story(agreed(), requester=THERE)
    world = _exchange(story)
    world.directory = shared().directory(world.directory.regions, agreements=world.directory.agreements)
    return story


@pytest.mark.parametrize("wrong", WRONG)
def test_one_that_does_not_hold_opens_nothing_and_says_what_is_wrong_with_it(wrong: str) -> None:
    make, error, _ = WRONG[wrong]
    story = with_keys()
    _put(story, Attestations(issued=(make(story),)))
    with pytest.raises(error):
        story.find(G.HOME_FINDING_RECOGNISED)
    context = _exchange(story).contexts[THERE]()
    [ground] = [
        one
        for one in judged(story.known(), story.known().applicants[0], context.forum(THERE))
        if one.ground is G.HOME_FINDING_RECOGNISED
    ]
    assert isinstance(ground.fault, error)
    assert "李大山" not in str(ground.fault)


def _put(story: Asking, held: Attestations) -> None:
    room = _exchange(story).rooms[THERE]
    content = room.content.copy()
    content.cases[story.case] = replace(story.known(), attestations=held)
    room.content = content


@pytest.mark.parametrize("wrong", [name for name, (*_, at_door) in WRONG.items() if at_door])
def test_the_door_refuses_what_proves_nothing_and_keeps_what_is_only_over(wrong: str) -> None:
    make, error, _ = WRONG[wrong]
    story = with_keys()
    with pytest.raises(error):
        arrive(story, AttestationIssued(case=story.case, attested=make(story), at=BEGAN))


def arrive(story: Asking, message: AttestationIssued | AttestationRevoked, source: str = HOME) -> Case:
    context = _exchange(story).contexts[THERE]()
    arrival = Arrival(case=story.known(THERE), source=source, digest="sha256:" + "0" * 64, context=context)
    if isinstance(message, AttestationIssued):
        return attestations.issued(arrival, message).case
    return attestations.revoked(arrival, message).case


def test_one_of_a_stranger_is_refused_at_the_door() -> None:
    story = with_keys()
    attested = an_attestation(story)[1].model_copy(update={"applicant": uuid4()})
    with pytest.raises(errors.UnknownApplicant):
        arrive(story, AttestationIssued(case=story.case, attested=attested, at=BEGAN))


def test_a_sound_one_is_taken_in_once_however_often_it_comes() -> None:
    story = with_keys()
    message = AttestationIssued(case=story.case, attested=an_attestation(story)[1], at=BEGAN)
    held = arrive(story, message).attestations
    assert held.issued == (message.attested,)
    _put(story, held)
    assert arrive(story, message) is story.known()


def test_it_counts_on_its_last_day_in_china_and_not_on_the_next() -> None:
    story, _ = attested_at_home(until=date(2026, 3, 20))
    assert home(story.on(2026, 3, 20, 23)).until == date(2026, 3, 20)
    with pytest.raises(errors.AttestationExpired):
        home(story.on(2026, 3, 21, 0))


def test_a_key_that_was_revoked_or_was_not_valid_then_proves_nothing() -> None:
    story = with_keys()
    said, attested = an_attestation(story)
    directory = a_directory(story)
    assert read_statement(attested.token, Attestation, directory, BEGAN) == said

    def with_key(**changes: Any) -> Directory:
        def of(region: Any) -> Any:
            keys = tuple(k.model_copy(update=changes) if k.use is KeyUse.SIGN else k for k in region.keys)
            return region.model_copy(update={"keys": keys})

        regions = tuple(of(region) for region in directory.regions)
        return Directory(**(dict(directory) | {"regions": regions}))

    late = BEGAN + timedelta(days=1)
    for changes in ({"revoked_at": late}, {"not_before": late}, {"not_after": BEGAN - timedelta(days=1)}):
        with pytest.raises(KeyNotValid):
            read_statement(attested.token, Attestation, with_key(**changes), late + timedelta(days=1))
    assert read_statement(attested.token, Attestation, with_key(not_after=late), late + timedelta(days=300)) == said
    with pytest.raises(KeyNotValid):
        read_statement(attested.token, Attestation, directory, BEGAN - timedelta(days=1))


def test_the_token_shows_nothing_of_the_person_and_only_its_salt_binds_it_to_one() -> None:
    story = with_keys()
    [person] = story.known().applicants
    said, attested = an_attestation(story)
    shown = base64.urlsafe_b64decode(attested.token.split(".")[1] + "==").decode()
    assert person.name not in shown
    assert person.identity.number not in shown
    assert str(attested.salt) not in shown
    others = [
        digest_of_person(uuid4(), person.name, person.identity),
        digest_of_person(attested.salt, "李小山", person.identity),
        digest_of_person(attested.salt, person.name, None),
    ]
    assert said.person == digest_of_person(attested.salt, person.name, person.identity)
    assert said.person not in others


def test_a_region_without_suite_jose_signs_in_its_own_and_a_token_that_names_no_date_is_no_key_of_then(
    tmp_path: Path,
) -> None:
    trust = Trust(folder=tmp_path)
    for use in KeyUse:
        trust.add_key(HOME, use, suite=SuiteName.SM)
    [region] = [one for one in Exchange.of(HOME).directory.regions if one.code == HOME]
    directory = trust.directory([region.model_copy(update={"suites": (SuiteName.SM,)})])
    wire = replace(trust.wire(HOME, directory), clock=lambda: BEGAN)
    said = _a_revocation(uuid4())
    assert read_statement(sign_statement(wire, said, BEGAN + timedelta(days=1)), Revocation, directory, BEGAN) == said
    key = wire.signing(SuiteName.SM)
    absurd = suite(SuiteName.SM).sign(said.model_dump_json().encode(), key, issued_at=2**40 - 2, expires_at=2**40 - 1)
    with pytest.raises(KeyNotValid):
        read_statement(absurd.decode(), Revocation, directory, BEGAN)


# Taken back -------------------------------------------------------------------------------------------------


def revoke(story: Asking, attestation: UUID, region: str = HOME) -> Asking:
    return story.own(
        "attestations/revoke",
        region=region,
        attestation=attestation,
        reason=RevocationReason.FOUND_WRONG,
    )


def test_a_revocation_reaches_every_region_that_has_a_copy_and_none_of_them_takes_it_any_more() -> None:
    story, attestation = attested_at_home(agreed(), agreed(HOME, THIRD), agreed(HOME, FAR))
    handed(handed(story, THIRD), FAR)
    assert home(story).id == attestation
    revoke(story, attestation)
    for region in (THERE, THIRD, FAR):
        with pytest.raises(errors.AttestationTakenBack, match="FOUND_WRONG"):
            home(story, region)
        assert len(story.known(region).attestations.revoked) == 1


def test_a_revocation_undoes_no_grant_and_is_a_reason_to_look_again() -> None:
    story, attestation = attested_at_home()
    story.find(G.HOME_FINDING_RECOGNISED).reach(Stage.UNDER_REVIEW, Stage.GRANTED)

    def seen() -> LegalBasis | None:
        case = story.known()
        return look_again(case, case.applicants[0], _exchange(story).contexts[THERE]().forum(THERE))

    assert seen() is None
    revoke(story, attestation)
    assert (seen(), story.known().stage.stage) == (LegalBasis.LAL_48_4, Stage.GRANTED)
    history = _exchange(story).rooms[THERE].content.history
    [told] = [line.event.detail for line in history if line.event.name == "attestation_revoked"]
    assert told == {"attestation": str(attestation), "reason": "FOUND_WRONG"}


def test_a_revocation_before_the_grant_makes_it_wait() -> None:
    story, attestation = attested_at_home()
    story.find(G.HOME_FINDING_RECOGNISED).reach(Stage.UNDER_REVIEW)
    revoke(story, attestation)
    with pytest.raises(errors.NoGroundHolds):
        story.reach(Stage.GRANTED)
    assert story.find(G.COMMITMENT).reach(Stage.GRANTED).known().stage.stage is Stage.GRANTED


def test_only_the_region_that_attested_takes_it_back_and_once() -> None:
    story, attestation = attested_at_home()
    for unknown, region in ((attestation, THERE), (uuid4(), HOME)):
        with pytest.raises(errors.UnknownAttestation):
            revoke(story, unknown, region)
    revoke(story, attestation)
    with pytest.raises(errors.AttestationTakenBack):
        revoke(story, attestation)
    story, attestation = attested_at_home(until=date(2026, 3, 10))
    with pytest.raises(errors.AttestationExpired):
        revoke(story.on(2026, 3, 11), attestation)


def test_the_word_of_another_region_takes_nothing_back() -> None:
    story = with_keys()
    said, attested = an_attestation(story)
    theirs = signed(FAR, story, _a_revocation(said.id, by=FAR))
    forged = signed(FAR, story, _a_revocation(said.id))
    _put(story, Attestations(issued=(attested,), revoked=(theirs, forged, "aaaa.bbbb.cccc")))
    assert home(story) == said
    with pytest.raises(errors.AttestationOfAnotherRegion):
        arrive(story, AttestationRevoked(case=story.case, revocation=forged, at=BEGAN))
    with pytest.raises(errors.ForgedAttestation):
        arrive(story, AttestationRevoked(case=story.case, revocation="aaaa.bbbb.cccc", at=BEGAN))


def test_a_revocation_that_overtakes_its_attestation_counts_all_the_same() -> None:
    story = with_keys()
    said, attested = an_attestation(story)
    token = signed(HOME, story, _a_revocation(said.id))
    case = arrive(story, AttestationRevoked(case=story.case, revocation=token, at=BEGAN))
    _put(story, case.attestations)
    _put(story, arrive(story, AttestationIssued(case=story.case, attested=attested, at=BEGAN)).attestations)
    with pytest.raises(errors.AttestationTakenBack):
        home(story)


def test_what_comes_while_the_case_is_on_offer_reaches_its_receiver_too() -> None:
    story, attestation = attested_at_home(agreed(), agreed(HOME, THIRD))
    story.part().offer(THIRD)
    revoke(story, attestation)
    story.meet()
    with pytest.raises(errors.AttestationTakenBack):
        home(story, THIRD)
    later = story.attest(HOME, story.applicants[0])
    assert home(story, THIRD).id == later


def test_a_case_that_comes_back_does_not_lose_a_revocation_that_was_known_here() -> None:
    story, attestation = attested_at_home()
    story.part()
    revoke(story, attestation)
    story.offer(HOME)
    story.meet()
    assert len(story.known(HOME).attestations.revoked) == 1


def test_no_event_names_a_person() -> None:
    story, attestation = attested_at_home()
    revoke(story, attestation)
    for region in (HOME, THERE):
        said = [repr(line.event.detail) for line in _exchange(story).rooms[region].content.history]
        assert not any("李大山" in one or "990000" in one or CLERK in one for one in said)
