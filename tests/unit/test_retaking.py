"""What a region has told others it does again from its message alone, when its own record of it is lost."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from tests.asking import Asking
from tests.federation.exchange import Exchange, migrants
from transfer.actions.desk import Order
from transfer.actions.retaking import CannotRetake, retake
from transfer.actions.situation import Situation
from transfer.actions.watching import watch_case
from transfer.domain.case import Case
from transfer.domain.decision import Outgoing
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.messages.case_progress import CaseSplit, StagePublished
from transfer.messages.codes import HardshipGround, LegalBasis, Matter, Stage
from transfer.messages.codes_eligibility import RevocationReason
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_evidence import ItemResult
from transfer.messages.eligibility import AttestationIssued, AttestationRevoked
from transfer.messages.envelope import TYPE_NAMES, decode
from transfer.messages.erasure import ErasureOrdered
from transfer.messages.evidence import EvidenceCancelled, EvidenceMessage, Rework
from transfer.messages.values import Frozen

LOST = frozenset({"drafted_by", "opened_at", "recorded_by", "recorded"})
"""Of a request, told to nobody."""


@dataclass(slots=True, kw_only=True)
class Forgetful(Exchange):
    """After a command its region forgets it, and what it told nobody, and takes its messages again, in their order."""

    taken: list[type[Frozen]] = field(default_factory=list)

    def order(self, region: str, order: Order) -> Case:
        before, then = self.rooms[region].content, self.contexts[region]()
        result = Exchange.order(self, region, order)
        after = self.rooms[region].content
        known = {key: forgotten(case) for key, case in before.cases.items()}
        said: list[Outgoing] = []
        for sent in (one for key, one in after.outbox.items() if key not in before.outbox):
            attributes, message = decode(sent.body)
            self.taken.append(type(message))
            if (sent.recipient, message) in [(one.recipient, one.data) for one in said]:
                continue
            if isinstance(message, CaseSplit) and message.case == message.origin:
                with pytest.raises(CannotRetake):
                    retake(known[message.case], known, sent.recipient, message, then)
                continue
            assert attributes.conversation is not None
            decision = retake(known.get(attributes.conversation), known, sent.recipient, message, then)
            for one in (decision, *decision.also):
                known[one.case.id] = one.case
                said += one.messages
        if said:
            assert {key: shown(one) for key, one in known.items()} == {k: shown(one) for k, one in after.cases.items()}
        return result


def forgotten(case: Case) -> Case:
    requests = (
        one.changed(recorded=(), recorded_by=frozenset())
        for one in case.requests
        if one.state not in {RequestState.DRAFTED, RequestState.APPROVED}
    )
    return replace(case, requests=tuple(requests))


def shown(case: Case) -> dict[str, Any]:
    names = ("basics", "tenures", "stage", "followers", "applicants", "attestations", "transfers")
    requests = [one.model_dump(exclude=set(LOST)) for one in case.requests]
    return {name: getattr(case, name) for name in names} | {"requests": requests}


def a_story(**typed: Any) -> tuple[Asking, Forgetful]:
    world = Forgetful.of(*typed.pop("regions", ("210402", "640181")))
    assert isinstance(world, Forgetful)
    return Asking(place=world, **typed), world


def test_each_word_of_an_evidence_request_is_said_again_as_it_was() -> None:
    story, world = a_story(months=2)
    story.ask().signed().press(RequestStep.ASK_CLARIFICATION).press(RequestStep.CLARIFY).press(RequestStep.UNDERTAKE)
    story.press(RequestStep.CHANGE_LAWYER)
    story.found(ItemResult.OBTAINED).press(RequestStep.SUPPLY)
    until = story.record().due_on
    assert until is not None
    story.press(RequestStep.ASK_EXTENSION, until=until + timedelta(days=5), reason="厂方尚未答复。")
    story.press(RequestStep.REFUSE_EXTENSION)
    story.press(RequestStep.ASK_EXTENSION, until=until + timedelta(days=6), reason="厂方尚未答复。")
    story.press(RequestStep.GRANT_EXTENSION)
    first, second = (item.id for item in story.record().items)
    story.press(RequestStep.RECORD, answers=(story.an_answer(second, ItemResult.NOT_FOUND),)).press(RequestStep.RETURN)
    story.press(RequestStep.ASK_REWORK, items=(Rework(item=first, defect="看不清"),), working_days=3)
    story.press(RequestStep.RECORD, answers=(story.an_answer(first),)).press(RequestStep.RETURN, letter="复字第2号")
    story.press(RequestStep.CONFIRM)
    declined, other = a_story()
    declined.ask().signed().press(RequestStep.DECLINE)
    stopped, third = a_story()
    stopped.ask().press(RequestStep.CANCEL)
    told = {*world.taken, *other.taken, *third.taken}
    assert told == {kind for kind in TYPE_NAMES if issubclass(kind, EvidenceMessage)}


def test_a_stage_that_ends_the_case_takes_its_requests_back_again() -> None:
    story, world = a_story()
    story.ask().reach(Stage.UNDER_REVIEW)
    before, then = story.known(), world.contexts["210402"]()
    story.reach(Stage.REFUSED, basis=LegalBasis.LAL_43_1)
    assert world.taken[-2:] == [EvidenceCancelled, StagePublished]
    *_, notice, staged = [decode(one.body)[1] for one in world.rooms["210402"].content.outbox.values()]
    # Also where nobody else ever got the notice.
    again = retake(before, {}, "640181", staged, then)
    assert [one.data for one in again.messages] == [notice, staged]
    assert shown(again.case) == shown(story.known())


def test_a_group_that_was_split_is_split_again_under_its_number() -> None:
    story, world = a_story(persons=3)
    story.ask()
    story.press(RequestStep.CANCEL)
    story.own("split", applicants=story.applicants[1:], number="抚援字〔2026〕2号")
    assert world.taken[-1] is CaseSplit


def test_what_was_attested_is_said_again_with_the_signature_that_it_had() -> None:
    story, world = a_story(typed={"applicants": migrants(1, finding=None), "matter": Matter.TRAFFIC_ACCIDENT})
    story.find(HardshipGround.INFO_SHARING).offer("640181").meet()
    attestation = story.attest("210402", story.applicants[0])
    reason = RevocationReason.FOUND_WRONG
    story.own("attestations/revoke", attestation=attestation, reason=reason)
    assert world.taken[-2:] == [AttestationIssued, AttestationRevoked]


def test_the_superior_hears_again_what_is_overdue() -> None:
    story, world = a_story(regions=("510521", "510000", "442000"), requester="510521", requested="442000")
    world.now += timedelta(days=60)
    then, case = world.contexts["510521"](), story.known()
    told = watch_case(Situation(case=case, context=then))
    [sent] = told.messages
    again = retake(case, {}, sent.recipient, sent.data, then)
    assert (shown(again.case), again.messages) == (shown(told.case), told.messages)


def test_what_its_message_does_not_tell_is_not_taken_again() -> None:
    story, world = a_story()
    story.ask().signed()
    room, then = world.rooms["210402"].content, world.contexts["210402"]()
    [asked, *_] = [decode(one.body) for one in room.outbox.values()]
    with pytest.raises(CannotRetake, match="EvidenceRequested"):
        retake(None, {}, "640181", asked[1], then)
    order = ErasureOrdered(case=story.case, basis=ErasureBasis.TERM_OVER, receipt="a.b.c", at=then.now)
    with pytest.raises(CannotRetake, match="ErasureOrdered"):
        retake(story.known(), {}, "640181", order, then)
