"""The one door: what it takes, holds, parks and refuses, one sentence per rule."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from tests.builders import (
    CASE_ID,
    GUANGDONG,
    LUXIAN,
    SICHUAN,
    ZHONGSHAN,
    a_batch_of_receipts,
    a_body,
    a_change_of_holder,
    a_material,
    a_recall,
    a_receipt,
    a_resident_id,
    a_signature,
    a_stage,
    a_tenure,
    an_acceptance,
    an_applicant,
    an_offer,
    changed,
    nobody_signs,
    the_rules,
)
from tests.fakes import MemoryRoom, run
from tests.federation.exchange import START, a_directory
from tests.plain import opened
from tests.story import PROVINCES, Story
from transfer.domain.decision import Decision
from transfer.domain.lifecycle import State
from transfer.handlers import dispatch, opening
from transfer.handlers.receive import Applied, Duplicate, Early, Refused, Verdict, receive, set_aside
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import IdentityKind, ReceiptOutcome, RefusalCode
from transfer.messages.envelope import MAX_BYTES, Attributes, UnknownType, decode_attributes, digest_of
from transfer.messages.receipts import Receipt
from transfer.messages.transfer import RecallRequested
from transfer.messages.values import Frozen
from transfer.ports.work import Context, Delivery


@dataclass(slots=True, kw_only=True)
class Node:
    """A region with an empty database, and its door."""

    region: str = ZHONGSHAN
    room: MemoryRoom = field(init=False)

    def __post_init__(self) -> None:
        self.room = MemoryRoom(region=self.region, clock=lambda: START, new_id=uuid4)

    @property
    def context(self) -> Context:
        return Context(
            region=self.region,
            directory=a_directory(PROVINCES),
            now=START,
            new_id=uuid4,
            rules=the_rules(),
            sign=nobody_signs,
        )

    def take(self, *bodies: bytes, replay: bool = False) -> list[Verdict]:
        """One batch, as it comes from the source that each body names."""
        return self.deliver([a_delivery(body) for body in bodies], replay=replay)

    def deliver(self, deliveries: Sequence[Delivery], *, replay: bool = False) -> list[Verdict]:
        async def taken() -> list[Verdict]:
            async with self.room.work() as work:
                return await receive(work, opened(deliveries, self.context), self.context, replay=replay)

        return run(taken())

    @property
    def receipts(self) -> list[Receipt]:
        return [receipt for _, receipt in self.room.content.receipts.values()]

    @property
    def told(self) -> list[tuple[ReceiptOutcome, RefusalCode | None]]:
        return [(r.outcome, r.refusal.code if r.refusal else None) for r in self.receipts]

    @property
    def kept(self) -> list[RefusalCode]:
        return [one.refusal.code for one in self.room.content.quarantine.values()]

    def applied(self, source: str = LUXIAN, conversation: UUID = CASE_ID) -> int:
        lane = self.room.content.lanes.get((conversation, source))
        return lane.applied if lane else 0

    @property
    def state(self) -> State:
        return self.room.content.cases[CASE_ID].transfers[0].state


def a_delivery(body: bytes, *, exchange: str | None = None, user_id: str | None = None) -> Delivery:
    try:
        source = decode_attributes(body).source
    except ValueError:
        source = LUXIAN
    return Delivery(body=body, exchange=exchange or f"out.{source}", user_id=user_id or source)


def message(data: Frozen, **changes: Any) -> bytes:
    """A message from Luxian to Zhongshan unless it says otherwise, under a new id."""
    place: dict[str, Any] = {"id": uuid4(), "source": LUXIAN, "recipient": ZHONGSHAN, "sequence": 1}
    if isinstance(data, RecallRequested):
        place["answers"] = None
    return a_body(data, **(place | changes))


def refusal_of(verdict: Verdict) -> tuple[RefusalCode, bool]:
    assert isinstance(verdict, Refused)
    return verdict.refusal.code, verdict.refusal.resend


# Taking in --------------------------------------------------------------------------------------------------


def test_a_message_in_its_place_is_applied_and_its_sender_told() -> None:
    node = Node()
    body = message(an_offer())
    assert node.take(body) == [Applied()]
    assert node.state is State.OFFERED
    assert [(r.digest, r.outcome) for r in node.receipts] == [(digest_of(body), ReceiptOutcome.APPLIED)]
    assert node.applied() == 1


def test_the_files_that_an_applied_message_names_are_wanted_from_its_source() -> None:
    node, paper = Node(), a_material(applicant=None)
    offer = an_offer()
    offer = offer.model_copy(update={"file": offer.file.model_copy(update={"materials": (paper,)})})
    assert paper.file is not None
    assert node.take(message(offer, sequence=2)) == [Early()]
    assert node.room.content.wanted == {}
    other = Node()
    assert other.take(message(offer)) == [Applied()]
    assert other.room.content.wanted == {(paper.file.digest, LUXIAN): paper.file}


def test_the_same_envelope_twice_changes_nothing_and_is_told_the_same() -> None:
    node = Node()
    body = message(an_offer())
    assert node.take(body, body) == [Applied(), Duplicate()]
    before = node.room.content
    assert node.take(body) == [Duplicate()]
    assert (node.room.content.cases, node.room.content.history) == (before.cases, before.history)
    assert len({receipt.model_dump_json() for receipt in node.receipts}) == 1
    assert len(node.receipts) == 3


def test_an_early_message_waits_for_those_before_it() -> None:
    node = Node()
    recall, offer = message(a_recall(), sequence=2), message(an_offer())
    assert node.take(recall) == [Early()]
    assert node.told == [(ReceiptOutcome.PARKED, None)]
    assert node.take(recall) == [Duplicate()]
    assert node.take(offer) == [Applied()]
    assert node.state is State.RELEASED
    assert node.told[-2:] == [(ReceiptOutcome.APPLIED, None)] * 2
    assert node.applied() == 2


def test_a_batch_in_any_order_is_applied_in_the_order_of_the_conversation() -> None:
    node = Node()
    assert node.take(message(a_recall(), sequence=2), message(an_offer())) == [Early(), Applied()]
    assert node.state is State.RELEASED


def test_lanes_of_two_sources_do_not_wait_for_one_another() -> None:
    node = Node()
    other = a_stage(case=uuid4())
    verdicts = node.take(message(other, source=SICHUAN, conversation=other.case, sequence=2), message(an_offer()))
    assert verdicts == [Early(), Applied()]


def test_news_of_a_case_that_is_not_known_yet_waits_for_the_region_that_makes_it_known() -> None:
    node = Node()
    tenures = (a_tenure(), a_tenure(number=2, institution=GUANGDONG))
    news = message(a_change_of_holder(tenures=tenures), source=GUANGDONG)
    stage = message(a_stage(tenure=2, number=1, institution=GUANGDONG), source=GUANGDONG, sequence=2)
    assert node.take(stage, news) == [Early(), Early()]
    assert node.take(message(an_offer())) == [Applied()]
    case = node.room.content.cases[CASE_ID]
    assert case.holder_region == GUANGDONG
    assert case.stage.tenure == 2
    assert node.applied(GUANGDONG) == 2


def test_receipts_are_taken_without_a_receipt() -> None:
    story = Story().part().offer()
    (sent,) = story.exchange.rooms[LUXIAN].unsettled()
    receipt = a_receipt(message=sent.id, digest=sent.digest, outcome=ReceiptOutcome.APPLIED, refusal=None)
    node = Node(region=LUXIAN)
    node.room.content = story.exchange.rooms[LUXIAN].content
    issued = message(a_batch_of_receipts(receipt), source=ZHONGSHAN, recipient=LUXIAN, sequence=None)
    assert node.take(issued) == [Applied()]
    assert node.room.unsettled() == []
    assert node.receipts == []


# Form and addresses -----------------------------------------------------------------------------------------


def test_what_is_no_message_is_kept_and_nobody_is_told() -> None:
    node = Node()
    assert [refusal_of(v) for v in node.take(b"{}", b"\xff", b"")] == [(RefusalCode.UNREADABLE, True)] * 3
    assert node.kept == [RefusalCode.UNREADABLE] * 3
    assert node.receipts == []


def test_what_is_too_large_is_not_even_read() -> None:
    node = Node()
    (verdict,) = node.take(b" " * (MAX_BYTES + 1))
    assert refusal_of(verdict) == (RefusalCode.TOO_LARGE, True)


@pytest.mark.parametrize(
    "claims", [{"exchange": "out.510000"}, {"user_id": SICHUAN}, {"exchange": "out.510000", "user_id": SICHUAN}]
)
def test_exchange_user_and_source_name_one_region_or_the_message_is_forged(claims: dict[str, str]) -> None:
    node = Node()
    (verdict,) = node.deliver([a_delivery(message(an_offer()), **claims)])
    assert refusal_of(verdict) == (RefusalCode.SENDER_MISMATCH, True)
    assert (node.receipts, node.room.content.inbox, node.room.content.cases) == ([], {}, {})
    assert node.kept == [RefusalCode.SENDER_MISMATCH]


def test_a_message_without_a_broker_user_is_forged() -> None:
    node = Node()
    body = message(an_offer())
    (verdict,) = node.deliver([Delivery(body=body, exchange=f"out.{LUXIAN}", user_id=None)])
    assert refusal_of(verdict) == (RefusalCode.SENDER_MISMATCH, True)


def test_a_region_that_is_not_in_the_directory_is_not_heard() -> None:
    node = Node()
    (verdict,) = node.take(message(an_offer(), source="330100"))
    assert refusal_of(verdict) == (RefusalCode.UNKNOWN_REGION, True)
    assert node.receipts == []


def test_a_message_for_another_region_is_refused_and_takes_no_place() -> None:
    node = Node()
    (verdict,) = node.take(message(an_offer(), recipient=SICHUAN))
    assert refusal_of(verdict) == (RefusalCode.WRONG_RECIPIENT, True)
    assert node.told == [(ReceiptOutcome.REFUSED, RefusalCode.WRONG_RECIPIENT)]
    assert node.applied() == 0
    assert node.take(message(an_offer())) == [Applied()]


@pytest.mark.parametrize(
    "body",
    [
        message(an_offer(), conversation=uuid4()),
        message(an_offer(), conversation=None),
        message(an_offer(), sequence=None),
        message(a_signature(), answers=None),
    ],
    ids=["another conversation", "no conversation", "no place", "an answer to nothing"],
)
def test_a_message_out_of_its_conversation_does_not_fit_the_schema(body: bytes) -> None:
    node = Node()
    (verdict,) = node.take(body)
    assert refusal_of(verdict) == (RefusalCode.SCHEMA_VIOLATED, True)
    assert node.applied() == 0


# Versions ---------------------------------------------------------------------------------------------------


def older_version_takes(monkeypatch: pytest.MonkeyPatch, node: Node, *bodies: bytes) -> list[Verdict]:
    """Take them in as a version that knows none of these types."""

    def decoded(body: bytes) -> tuple[Attributes, UnknownType]:
        attributes = decode_attributes(body)
        return attributes, UnknownType(attributes.type)

    with monkeypatch.context() as before_the_upgrade:
        before_the_upgrade.setattr(opening, "decode", decoded)
        return node.take(*bodies)


def test_what_this_version_does_not_know_is_held_and_applied_after_the_upgrade(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, body = Node(), message(an_offer())
    refused, again = older_version_takes(monkeypatch, node, body, body)
    assert refusal_of(refused) == (RefusalCode.UNKNOWN_TYPE, True)
    assert again == Duplicate()
    assert node.applied() == 0
    assert node.take(body) == [Applied()]
    assert node.told == [(ReceiptOutcome.REFUSED, RefusalCode.UNKNOWN_TYPE)] * 2 + [(ReceiptOutcome.APPLIED, None)]


def test_what_follows_a_message_that_is_held_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    node, offer, recall = Node(), message(an_offer()), message(a_recall(), sequence=2)
    older_version_takes(monkeypatch, node, offer)
    assert node.take(recall) == [Early()]
    assert node.take(offer) == [Applied()]
    assert node.state is State.RELEASED


def test_what_was_held_early_still_waits_for_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    node, offer, recall = Node(), message(an_offer()), message(a_recall(), sequence=2)
    older_version_takes(monkeypatch, node, recall)
    assert node.take(recall) == [Early()]
    assert node.take(offer) == [Applied()]
    assert node.state is State.RELEASED


# Conflicts --------------------------------------------------------------------------------------------------


def test_a_known_id_with_other_content_is_never_applied_and_both_ends_are_told() -> None:
    node, id_ = Node(), uuid4()
    first, other = message(an_offer(), id=id_), message(an_offer(letter="另一函"), id=id_)
    node.take(first)
    before = node.room.content.cases
    assert [refusal_of(v) for v in node.take(other)] == [(RefusalCode.CONTENT_CONFLICT, False)]
    assert node.room.content.cases == before
    assert node.kept == [RefusalCode.CONTENT_CONFLICT]
    assert [r.digest for r in node.receipts] == [digest_of(first), digest_of(other)]
    assert node.take(first) == [Duplicate()]


def test_a_place_that_is_taken_is_not_given_again() -> None:
    node = Node()
    node.take(message(an_offer()))
    (verdict,) = node.take(message(a_recall()))
    assert refusal_of(verdict) == (RefusalCode.CONTENT_CONFLICT, False)
    assert node.state is State.OFFERED


def test_of_two_messages_that_would_wait_at_one_place_the_second_is_refused() -> None:
    node = Node()
    first, second = (message(a_recall(), sequence=2) for _ in range(2))
    assert node.take(first) == [Early()]
    (verdict,) = node.take(second)
    assert refusal_of(verdict) == (RefusalCode.CONTENT_CONFLICT, False)
    node.take(message(an_offer()))
    assert node.state is State.RELEASED
    assert all(one.outcome is ReceiptOutcome.APPLIED for one in node.room.content.inbox.values())


def test_nothing_passes_a_message_that_waits_for_another_source() -> None:
    node = Node()
    tenures = (a_tenure(), a_tenure(number=2, institution=GUANGDONG))
    waiting, other = (message(a_change_of_holder(tenures=tenures), source=GUANGDONG) for _ in range(2))
    assert node.take(waiting) == [Early()]
    assert refusal_of(node.take(other)[0]) == (RefusalCode.CONTENT_CONFLICT, False)


# Answers ----------------------------------------------------------------------------------------------------


def as_luxian(story: Story) -> Node:
    node = Node(region=LUXIAN)
    node.room.content = story.exchange.rooms[LUXIAN].content
    return node


def test_an_answer_to_what_was_never_sent_there_is_refused() -> None:
    """Guangdong names the offer that went to Zhongshan; Zhongshan names one that was never made."""
    story = Story().part().offer()
    (sent,) = story.exchange.rooms[LUXIAN].unsettled()
    offered = {"transfer": story.latest().id, "case": story.case}
    place = {"conversation": story.case, "recipient": LUXIAN}
    for source, answers in ((GUANGDONG, sent.digest), (ZHONGSHAN, digest_of(b"nothing"))):
        node = as_luxian(story)
        body = message(a_signature(**offered), source=source, answers=answers, **place)
        (verdict,) = node.take(body)
        assert refusal_of(verdict) == (RefusalCode.ILLEGAL_STEP, False)
        assert isinstance(verdict, Refused)
        assert "never sent" in verdict.refusal.detail
    right = message(a_signature(**offered), source=ZHONGSHAN, answers=sent.digest, **place)
    assert as_luxian(story).take(right) == [Applied()]


def test_a_step_that_the_table_forbids_is_refused_for_good_and_does_not_hold_up_what_follows() -> None:
    node = Node()
    node.take(message(an_offer()))
    again = message(an_offer(), sequence=2)
    assert [refusal_of(v) for v in node.take(again)] == [(RefusalCode.ILLEGAL_STEP, False)]
    assert node.take(message(a_recall(), sequence=3)) == [Applied()]
    assert node.applied() == 3


# Faults of this node ----------------------------------------------------------------------------------------


class Fault(Exception):
    """A fault with 李大山 in its text."""


def failing_handler() -> dispatch.Handler:
    def fail(*_: object) -> Decision:
        raise Fault("李大山")

    return fail


def crashing(monkeypatch: pytest.MonkeyPatch, node: Node, *bodies: bytes) -> list[Verdict]:
    """Take them in while every handler fails."""
    with monkeypatch.context() as fault:
        failing = dict.fromkeys(dispatch.HANDLERS, failing_handler())
        fault.setattr("transfer.handlers.receive.HANDLERS", failing)
        return node.take(*bodies)


def test_a_fault_of_this_node_asks_for_the_message_again(monkeypatch: pytest.MonkeyPatch) -> None:
    node, offer, recall = Node(), message(an_offer()), message(a_recall(), sequence=2)
    (verdict,) = crashing(monkeypatch, node, offer)
    assert refusal_of(verdict) == (RefusalCode.NODE_FAULT, True)
    assert isinstance(verdict, Refused)
    assert verdict.refusal.detail == "Fault"
    assert node.applied() == 0
    assert node.take(recall) == [Early()]
    assert node.take(offer) == [Applied()]
    assert node.state is State.RELEASED


def test_a_fault_is_logged_by_its_kind_and_place_and_never_with_what_the_message_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with capture_logs() as logs:
        crashing(monkeypatch, Node(), message(an_offer()))
    (fault,) = [entry for entry in logs if entry["event"] == "handler_failed"]
    assert fault["fault"] == "Fault"
    assert fault["at"][-1].startswith("fail:")
    assert "exc_info" not in fault
    assert "李大山" not in str(logs)


def test_a_message_that_fails_when_it_is_let_in_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    node, offer, recall = Node(), message(an_offer()), message(a_recall(), sequence=2)
    node.take(recall)
    with monkeypatch.context() as fault:
        handlers: dict[type[Frozen], dispatch.Handler] = {**dispatch.HANDLERS, RecallRequested: failing_handler()}
        fault.setattr("transfer.handlers.receive.HANDLERS", handlers)
        assert node.take(offer) == [Applied()]
    assert node.told[-1] == (ReceiptOutcome.REFUSED, RefusalCode.NODE_FAULT)
    assert (node.state, node.applied()) == (State.OFFERED, 1)
    assert node.take(recall) == [Applied()]
    assert (node.state, node.applied()) == (State.RELEASED, 2)


def test_a_message_that_the_database_refuses_is_set_aside_and_may_come_again() -> None:
    node, body = Node(), message(an_offer())

    async def aside() -> Verdict:
        async with node.room.work() as work:
            return await set_aside(work, opened([a_delivery(body)], node.context)[0], node.context, "IntegrityError")

    assert refusal_of(run(aside())) == (RefusalCode.NODE_FAULT, True)
    assert node.applied() == 0
    assert node.take(body) == [Applied()]


def test_a_replay_tries_again_what_was_refused_for_good_though_its_place_has_passed() -> None:
    story = Story().part().offer()
    (sent,) = story.exchange.rooms[LUXIAN].unsettled()
    place = {"conversation": story.case, "recipient": LUXIAN, "source": ZHONGSHAN, "answers": sent.digest}
    offered = {"transfer": story.latest().id, "case": story.case}
    acceptance = message(an_acceptance(tenure=2, institution=ZHONGSHAN, **offered), **place)
    node = as_luxian(story)
    assert refusal_of(node.take(acceptance)[0]) == (RefusalCode.ILLEGAL_STEP, False)
    assert node.take(acceptance) == [Duplicate()]
    assert node.take(message(a_signature(**offered), sequence=2, **place)) == [Applied()]
    assert node.take(acceptance, replay=True) == [Applied()]
    assert node.room.content.cases[story.case].holder_region == ZHONGSHAN
    assert node.applied(ZHONGSHAN, story.case) == 2


# What is said -----------------------------------------------------------------------------------------------


def test_what_is_said_of_a_refused_message_names_nobody() -> None:
    number, name, phone = a_resident_id(order=77), "阿依古丽·买买提", "13800000077"
    identity = IdentityDocument(kind=IdentityKind.RESIDENT_ID, number=number)
    person = an_applicant(name=name, identity=identity, phone=phone)
    offer = an_offer(file=changed(an_offer().file, applicants=(person,)))
    faults = [
        (number.encode(), number[:-1].encode() + (b"0" if number[-1] != "0" else b"1")),
        (name.encode(), b"\\u0007" + name.encode()),
        (phone.encode(), phone.encode() + b"x" * 20),
        (b'"RESIDENT_ID"', f'"{name}"'.encode()),
        (b'"attempt":1', f'"attempt":"{name}"'.encode()),
    ]
    node = Node()
    node.take(*(message(offer).replace(*fault) for fault in faults))
    node.take(message(offer), message(offer, sequence=2))
    said = [one.refusal.detail for one in node.room.content.quarantine.values()]
    assert len(said) == len(faults) + 1
    for detail in said:
        for secret in (number, number[:-1], name, phone):
            assert secret not in detail


def test_an_error_is_one_line_of_bounded_length() -> None:
    said = opening.refusal(RefusalCode.ILLEGAL_STEP, "a\n" * 500)
    assert "\n" not in said.detail
    assert len(said.detail) <= opening.DETAIL_LENGTH
    assert opening.refusal(RefusalCode.NODE_FAULT, "").detail


@pytest.mark.parametrize("sign", ["\x00", "\x1b", "\u202e", "\ud800", "\U000e0041"])
def test_a_refusal_can_quote_what_cannot_be_shown(sign: str) -> None:
    said = opening.refusal(RefusalCode.CANNOT_OPEN, f"no key {sign}x is known here")
    assert said.detail == "no key \N{REPLACEMENT CHARACTER}x is known here"
