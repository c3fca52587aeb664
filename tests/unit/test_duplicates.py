"""The same matter in two regions, or twice in one, is found without naming anyone."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.builders import LUXIAN, SICHUAN, ZHONGSHAN, a_case_basics, a_message, a_resident_id, an_applicant
from tests.federation.exchange import START, Exchange, an_application
from tests.story import Story
from transfer.actions.buttons import BUTTONS, OWN_BUTTONS, offer_order
from transfer.actions.commands import NewApplicant, Offer, OpenCase
from transfer.actions.desk import Desk, Order
from transfer.actions.intake import open_case
from transfer.crypto.matching import MatchKey
from transfer.domain.case import Case
from transfer.domain.duplicates import LinkedCase, matter_lines, same_name, same_number
from transfer.domain.errors import NotThisSide
from transfer.domain.lifecycle import Step
from transfer.domain.rights import UNBOUND
from transfer.handlers.arrival import Arrival
from transfer.handlers.duplicates import matter_noticed
from transfer.messages.case import IdentityDocument, Opponent
from transfer.messages.codes import IdentityKind, Matter, ReceiptOutcome
from transfer.messages.codes_competence import DuplicateAdvice
from transfer.messages.duplicates import MatterNoticed
from transfer.messages.envelope import decode, digest_of
from transfer.records import KnownCase
from transfer.web.case_body import case_body, case_in_full

CREDIT = "91990000MA0000001B"
OLD_KEY = MatchKey(version=1, secret=bytes(range(32)), locked="")
NEW_KEY = MatchKey(version=2, secret=bytes(range(1, 33)), locked="")
EMPLOYER = Opponent(name="中山市某某建筑有限公司", credit_code=CREDIT)
NOTICED, KNOWN = "legalaid.case.matter_noticed.v1", "legalaid.case.same_matter_known.v1"


def person(order: int = 1, **fields: Any) -> NewApplicant:
    paper = IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=a_resident_id(order=order))
    given: dict[str, Any] = {"name": "李大山", "identity": paper}
    return NewApplicant(**(given | fields))


def opened(exchange: Exchange, region: str, **fields: Any) -> UUID:
    given: dict[str, Any] = {"applicants": (person(),), "opponents": (EMPLOYER,), "place_of_cause": ZHONGSHAN}
    return exchange.open(region, OpenCase.model_validate(dict(an_application(region, persons=1)) | given | fields))


def three(*keys: MatchKey) -> Exchange:
    return Exchange.of(LUXIAN, ZHONGSHAN, SICHUAN).share(*(keys or (OLD_KEY,)))


def shown(exchange: Exchange, region: str, case: UUID) -> list[tuple[UUID, DuplicateAdvice]]:
    body = case_body(exchange.case(region, case), exchange.contexts[region](), UNBOUND)
    return [(one.case, one.advice) for one in body.possible_duplicates]


def sent(exchange: Exchange, region: str, type_: str) -> list[str]:
    return [one.recipient for one in exchange.rooms[region].content.outbox.values() if one.type == type_]


def both_ways(exchange: Exchange, second: UUID, first: UUID) -> None:
    """The second case is Luxian's, the first Zhongshan's."""
    assert shown(exchange, LUXIAN, second) == [(first, DuplicateAdvice.OFFER_TO_EARLIER)]
    assert shown(exchange, ZHONGSHAN, first) == [(second, DuplicateAdvice.AWAIT_THEIR_OFFER)]


def test_both_regions_show_a_possible_duplicate_with_who_came_first_and_what_to_do() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    exchange.drain()
    second = opened(exchange, LUXIAN)
    exchange.drain()
    both_ways(exchange, second, first)
    [other] = exchange.case(LUXIAN, second).same_matter
    basics = exchange.case(ZHONGSHAN, first).basics
    assert (other.institution, other.first_received_at) == (ZHONGSHAN, basics.first_received_at)
    assert [exchange.case(r, c).duplicate_of for r, c in ((LUXIAN, second), (ZHONGSHAN, first))] == [None, None]


def test_a_notice_goes_to_the_competent_regions_and_to_the_applicants_homes_on_the_exchange() -> None:
    exchange = three()
    opened(exchange, LUXIAN, applicants=(person(household_region=SICHUAN), person(2, household_region="330106")))
    assert sent(exchange, LUXIAN, NOTICED) == [ZHONGSHAN, SICHUAN]
    opened(exchange, ZHONGSHAN)
    assert sent(exchange, ZHONGSHAN, NOTICED) == [], "the competent region is this one"


def test_a_notice_names_nobody_and_nothing() -> None:
    exchange = three()
    opened(exchange, LUXIAN, applicants=(person(household_region=SICHUAN),))
    [one, _] = exchange.rooms[LUXIAN].content.outbox.values()
    _, data = decode(one.body)
    said = set(json.loads(data.model_dump_json()))
    assert said == {"case", "at", "institution", "first_received_at", "first_received_by", "fingerprints"}
    for secret in ("李大山", a_resident_id(), "中山", CREDIT, SICHUAN, "REMUNERATION"):
        assert secret not in one.body.decode().replace(f'"recipient":"{SICHUAN}"', "")


def test_what_matches_nothing_leaves_no_trace_but_its_receipt() -> None:
    exchange = three()
    opened(exchange, LUXIAN)
    exchange.drain()
    content = exchange.rooms[ZHONGSHAN].content
    assert (content.cases, content.history, content.fingerprints) == ({}, (), frozenset())
    assert [entry.outcome for entry in content.inbox.values()] == [ReceiptOutcome.APPLIED]
    assert sent(exchange, ZHONGSHAN, KNOWN) == []


@pytest.mark.parametrize(
    "other",
    [
        {"applicants": (person(2),)},
        {"opponents": (Opponent(name="另一家公司"),)},
        {"matter": Matter.SOCIAL_INSURANCE},
        {"applicants": (NewApplicant(name="李大山", identity=IdentityDocument(kind=IdentityKind.NONE)),)},
    ],
    ids=["another person", "another opponent", "another matter", "nobody known by a number"],
)
def test_another_person_opponent_or_matter_is_no_duplicate(other: dict[str, Any]) -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN, **other)
    second = opened(exchange, LUXIAN)
    exchange.drain()
    assert shown(exchange, LUXIAN, second) == shown(exchange, ZHONGSHAN, first) == []


def test_one_common_person_among_many_is_enough() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN, applicants=(person(7), person(8)))
    second = opened(exchange, LUXIAN, applicants=(person(1), person(8)))
    exchange.drain()
    both_ways(exchange, second, first)


def test_kin_of_one_victim_claim_on_one_matter() -> None:
    exchange, victim = three(), person(9).identity
    first = opened(exchange, ZHONGSHAN, applicants=(person(1, victim=victim),))
    second = opened(exchange, LUXIAN, applicants=(person(2, victim=victim),))
    exchange.drain()
    both_ways(exchange, second, first)


def test_an_opponent_whose_credit_code_one_region_does_not_know_is_found_by_its_name() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    second = opened(exchange, LUXIAN, opponents=(Opponent(name="中山市 某某建筑有限公司"),))
    exchange.drain()
    both_ways(exchange, second, first)


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("990000198504120010", "990000198504120010"),
        ("99000019850412001x", "99000019850412001X"),
        ("990000 1985 0412 0010", "990000198504120010"),
        ("990000850412001", a_resident_id(born="19850412", order=1)),
        ("H08056677(01)", "H0805667701"),
    ],
)
def test_a_number_is_the_same_however_it_is_written(given: str, same: str) -> None:
    assert same_number(given) == same


def test_a_name_is_the_same_whatever_its_width_spaces_and_brackets_and_its_suffix_counts() -> None:
    names = (
        "中山市某某(集团)有限公司",
        "中山市某某（集团）有限公司",
        "中山市 某某【集团】有限公司",
        "中山市某某集团有限公司",
    )
    assert len({same_name(one) for one in names}) == 1
    assert same_name("ＡＢＣ Ｌｔｄ") == same_name("abc ltd")
    assert same_name("某某有限公司") != same_name("某某公司")


def test_each_person_and_opponent_makes_one_line_and_no_opponent_is_one_too() -> None:
    basics = a_case_basics(opponents=(EMPLOYER,))
    two = (an_applicant(), an_applicant())
    assert len(matter_lines(basics, two)) == 2, "one person twice; the opponent by its code and its name"
    assert len(matter_lines(a_case_basics(opponents=()), two)) == 1


def test_regions_with_different_keys_find_nothing_and_while_keys_change_either_serves() -> None:
    exchange = three().share(NEW_KEY, regions=[LUXIAN])
    opened(exchange, ZHONGSHAN)
    assert not shown(exchange, LUXIAN, opened(exchange, LUXIAN))
    changing = three(OLD_KEY).share(OLD_KEY, NEW_KEY, regions=[LUXIAN])
    first = opened(changing, ZHONGSHAN)
    second = opened(changing, LUXIAN)
    changing.drain()
    both_ways(changing, second, first)


def test_without_a_shared_key_nothing_is_said() -> None:
    exchange = Exchange.of(LUXIAN, ZHONGSHAN)
    opened(exchange, LUXIAN)
    assert exchange.flight == []


def test_within_one_region_both_cases_show_the_other_at_intake() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    second = opened(exchange, ZHONGSHAN)
    assert shown(exchange, ZHONGSHAN, second) == [(first, DuplicateAdvice.HERE_TWICE)]
    assert shown(exchange, ZHONGSHAN, first) == [(second, DuplicateAdvice.HERE_TWICE)]
    names = [line.event.name for line in exchange.rooms[ZHONGSHAN].content.history if line.case == first]
    assert names == ["case_opened", "same_matter_found"]


async def test_two_applications_of_one_matter_that_are_taken_in_together_show_each_other() -> None:
    exchange = three()
    command = OpenCase.model_validate(
        dict(an_application(ZHONGSHAN, persons=1)) | {"applicants": (person(),), "opponents": (EMPLOYER,)}
    )
    order = Order(by="王芳", institution=ZHONGSHAN, create=lambda at: open_case(command, at))
    desk = Desk(room=exchange.rooms[ZHONGSHAN], context=exchange.contexts[ZHONGSHAN])
    cases = await asyncio.gather(desk.carry_out(order), desk.carry_out(order))
    one, other = (case.id for case in cases if isinstance(case, Case))
    assert shown(exchange, ZHONGSHAN, one) == [(other, DuplicateAdvice.HERE_TWICE)]
    assert shown(exchange, ZHONGSHAN, other) == [(one, DuplicateAdvice.HERE_TWICE)]


def test_of_several_cases_the_one_received_first_is_the_answer() -> None:
    exchange = three()
    later = opened(exchange, ZHONGSHAN)
    first = opened(exchange, ZHONGSHAN, received_at=START - timedelta(days=3))
    second = opened(exchange, LUXIAN)
    exchange.drain()
    assert [case for case, _ in shown(exchange, LUXIAN, second)] == [first]
    assert second not in [case for case, _ in shown(exchange, ZHONGSHAN, later)]


def test_a_region_that_becomes_competent_by_a_place_that_is_entered_is_told_then_and_nobody_twice() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    second = opened(exchange, LUXIAN, place_of_cause=None)
    assert sent(exchange, LUXIAN, NOTICED) == []
    button = OWN_BUTTONS["places"]
    for place in ("place_of_cause", "place_of_performance"):
        command = button.command(by="王芳", institution=LUXIAN, **{place: ZHONGSHAN})
        exchange.order(LUXIAN, button.order(second, command))
    assert sent(exchange, LUXIAN, NOTICED) == [ZHONGSHAN]
    exchange.drain()
    both_ways(exchange, second, first)


def test_a_region_that_sends_too_many_notices_in_a_day_is_answered_again_tomorrow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("transfer.handlers.duplicates.NOTICES_A_DAY", 2)
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    guesses = [opened(exchange, LUXIAN) for _ in range(2)]
    exchange.drain()
    late = opened(exchange, LUXIAN)
    letters, exchange.flight = exchange.flight, []
    with pytest.raises(AssertionError, match="too many notices"):
        exchange.deliver(ZHONGSHAN, letters)
    exchange.now += timedelta(days=1)
    next_day = opened(exchange, LUXIAN)
    exchange.flight = [one for one in exchange.flight if one.recipient == ZHONGSHAN]
    exchange.deliver(ZHONGSHAN, exchange.flight[-1:])
    assert {case for case, _ in shown(exchange, ZHONGSHAN, first)} == {*guesses, next_day} - {late}


def test_many_notices_in_one_batch_are_counted_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transfer.handlers.duplicates.NOTICES_A_DAY", 2)
    exchange = three()
    for _ in range(3):
        opened(exchange, LUXIAN)
    letters, exchange.flight = exchange.flight, []
    with pytest.raises(AssertionError, match="too many notices"):
        exchange.deliver(ZHONGSHAN, letters)


def test_a_notice_that_comes_twice_is_answered_once() -> None:
    exchange = three()
    opened(exchange, ZHONGSHAN)
    opened(exchange, LUXIAN)
    exchange.flight *= 2
    exchange.drain()
    assert sent(exchange, ZHONGSHAN, KNOWN) == [LUXIAN]


def test_a_region_that_took_a_case_over_knows_its_matter_too() -> None:
    story = Story(persons=1)
    exchange = story.exchange.share(OLD_KEY)
    story.offer(ZHONGSHAN).press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN)
    again = exchange.take_in(ZHONGSHAN, persons=1)
    assert shown(exchange, ZHONGSHAN, again) == [(story.case, DuplicateAdvice.HERE_TWICE)]


def test_a_case_is_no_duplicate_of_itself_where_it_was_before() -> None:
    exchange = three()
    case = opened(exchange, ZHONGSHAN, place_of_cause=None)
    offer = Offer(by="王芳", institution=ZHONGSHAN, receiver=LUXIAN, letter="函", reason="由")
    exchange.order(ZHONGSHAN, offer_order(case, offer))
    exchange.drain()
    for step, typed in ((Step.SIGN_FOR, {"materials_counted": 0}), (Step.ACCEPT, {})):
        button, transfer = BUTTONS[step], exchange.case(LUXIAN, case).transfers[-1].id
        pressed = button.command(by="张伟", institution=LUXIAN, **typed)
        exchange.order(LUXIAN, button.order(case, transfer, pressed))
    named = OWN_BUTTONS["places"].command(by="张伟", institution=LUXIAN, place_of_cause=ZHONGSHAN)
    exchange.order(LUXIAN, OWN_BUTTONS["places"].order(case, named))
    exchange.drain()
    assert sent(exchange, LUXIAN, NOTICED) == [ZHONGSHAN]
    assert shown(exchange, LUXIAN, case) == shown(exchange, ZHONGSHAN, case) == []


def test_a_notice_of_another_regions_case_is_refused() -> None:
    notice = a_message(MatterNoticed, institution=SICHUAN)
    exchange = three()
    arrival = Arrival(case=None, source=LUXIAN, digest=digest_of(b"what came"), context=exchange.contexts[ZHONGSHAN]())
    with pytest.raises(NotThisSide):
        matter_noticed(arrival, notice)


def test_the_fingerprint_is_the_one_of_the_standard() -> None:
    """HMAC-SM3, with the key and the text of GM/T 0042."""
    text = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq" * 2
    expected = "2:ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"
    assert NEW_KEY.fingerprint(text) == expected


def test_what_is_linked_is_no_possible_duplicate_any_more() -> None:
    exchange = three()
    first = opened(exchange, ZHONGSHAN)
    second = opened(exchange, LUXIAN)
    exchange.drain()
    offer = Offer(by="张伟", institution=LUXIAN, receiver=ZHONGSHAN, letter="函", reason="由")
    exchange.order(LUXIAN, offer_order(second, offer))
    exchange.drain()
    transfer = exchange.case(ZHONGSHAN, second).transfers[-1].id
    for step, typed in ((Step.SIGN_FOR, {"materials_counted": 0}), (Step.LINK, {"surviving_case": first})):
        pressed = BUTTONS[step].command(by="王芳", institution=ZHONGSHAN, **typed)
        exchange.order(ZHONGSHAN, BUTTONS[step].order(second, transfer, pressed))
    exchange.drain()
    assert shown(exchange, LUXIAN, second) == []
    known = KnownCase(
        case=exchange.case(ZHONGSHAN, first),
        stages=(),
        linked=(LinkedCase(case=second, institution=LUXIAN),),
        opened_at=START,
        changed_at=START,
    )
    body = case_in_full(known, exchange.contexts[ZHONGSHAN](), UNBOUND)
    assert (body.possible_duplicates, body.assisting) == ((), (LUXIAN,))


def test_a_case_that_is_taken_over_where_another_is_linked_to_it_is_not_doubted_again() -> None:
    story = Story(persons=1)
    exchange = story.exchange.share(OLD_KEY)
    later = exchange.take_in(ZHONGSHAN, persons=1)
    room = exchange.rooms[ZHONGSHAN]
    room.content.cases[later] = replace(room.content.cases[later], duplicate_of=story.case)
    story.offer(ZHONGSHAN).press(Step.SIGN_FOR, ZHONGSHAN).press(Step.ACCEPT, ZHONGSHAN)
    assert shown(exchange, ZHONGSHAN, story.case) == []
