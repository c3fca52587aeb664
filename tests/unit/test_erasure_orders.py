"""A region is told to erase its copy: by whom, on what proof, and whom it tells in turn."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from tests.builders import LUXIAN, SICHUAN, ZHONGSHAN
from tests.story import Story
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.decision import Decision, Outgoing
from transfer.domain.erasing import ERASED
from transfer.domain.keeping import Erasure, Hold
from transfer.domain.lifecycle import Step
from transfer.handlers import erasure
from transfer.handlers.arrival import Arrival
from transfer.messages.case import Tenure
from transfer.messages.codes import RecallReason
from transfer.messages.codes_erasure import ErasureBasis
from transfer.messages.codes_handling import HoldReason
from transfer.messages.erasure import DestructionReceipt, ErasureAnswered, ErasureOrdered

BASIS: Final = ErasureBasis.TERM_OVER
FOR_EVER: Final = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def story() -> Story:
    """Luxian offered its case to Zhongshan and to Sichuan, and holds it still."""
    told = Story().offer().press(Step.RECALL, LUXIAN, reason=RecallReason.SENT_IN_ERROR)
    told.offer(SICHUAN).press(Step.RECALL, LUXIAN, reason=RecallReason.SENT_IN_ERROR)
    a_receipt(told)  # the first one makes the keys
    return told


def a_receipt(story: Story, *, by: str = LUXIAN, **changes: Any) -> str:
    said = DestructionReceipt(id=uuid4(), case=story.case, basis=BASIS, by=by, at=story.exchange.now)
    sign = story.exchange.contexts[by]().sign
    return sign(said.model_copy(update=changes), FOR_EVER)


def an_order(story: Story, **changes: Any) -> ErasureOrdered:
    given: dict[str, Any] = {"case": story.case, "basis": BASIS, "receipt": a_receipt(story), "at": story.exchange.now}
    return ErasureOrdered(**(given | changes))


def arrival(story: Story, *, source: str = LUXIAN, at: str = ZHONGSHAN, case: Case | None = None) -> Arrival:
    known = case or story.known(at)
    context = story.exchange.contexts[at]()
    return Arrival(case=known, source=source, digest="sha256:" + "0" * 64, context=context)


def ordered(story: Story, order: ErasureOrdered, **where: Any) -> Decision:
    return erasure.ordered(arrival(story, **where), order)


def said_in(message: Outgoing) -> str | None:
    """The receipt that the message brings."""
    assert isinstance(message.data, ErasureOrdered | ErasureAnswered)
    return message.data.receipt


def test_the_copy_goes_and_the_answer_is_signed_by_who_had_it(story: Story) -> None:
    done = ordered(story, an_order(story))
    [answer] = done.messages
    assert (answer.recipient, type(answer.data)) == (LUXIAN, ErasureAnswered)
    assert {one.name for one in done.case.applicants} == {ERASED}
    context = story.exchange.contexts[LUXIAN]()
    said = context.read(str(said_in(answer)), DestructionReceipt)
    assert (said.by, said.case, said.basis) == (ZHONGSHAN, story.case, BASIS)
    assert [one.ordered for one in done.erasing] == [True]


def test_only_the_holder_orders(story: Story) -> None:
    order = an_order(story, receipt=a_receipt(story, by=SICHUAN))
    with pytest.raises(errors.NotThisSide):
        ordered(story, order, source=SICHUAN)


@pytest.mark.parametrize(
    "changes", [{"case": UUID(int=1)}, {"applicant": UUID(int=2)}], ids=["another case", "one applicant of it"]
)
def test_a_receipt_of_something_else_is_no_order(story: Story, changes: dict[str, Any]) -> None:
    with pytest.raises(errors.OtherReceipt):
        ordered(story, an_order(story, receipt=a_receipt(story, **changes)))


def test_a_receipt_that_nobody_signed_is_no_order(story: Story) -> None:
    head, _, signature = a_receipt(story).split(".")
    _, other, _ = a_receipt(story, case=UUID(int=3)).split(".")
    with pytest.raises(errors.AlteredAttestation):
        ordered(story, an_order(story, receipt=f"{head}.{other}.{signature}"))
    with pytest.raises(errors.ForgedAttestation):
        ordered(story, an_order(story, receipt="e30.e30.e30"))


def test_an_order_for_what_is_not_known_here_or_not_in_it_is_refused(story: Story) -> None:
    unknown = replace(arrival(story), case=None)
    with pytest.raises(errors.UnknownCase):
        erasure.ordered(unknown, an_order(story))
    nobody = UUID(int=9)
    order = an_order(story, applicant=nobody, receipt=a_receipt(story, applicant=nobody))
    with pytest.raises(errors.UnknownApplicant):
        ordered(story, order)


def test_what_was_erased_already_is_answered_once_more_whoever_asks(story: Story) -> None:
    done = ordered(story, an_order(story)).case
    again = ordered(story, an_order(story), case=done, source=SICHUAN)
    [answer] = again.messages
    assert (answer.recipient, said_in(answer)) == (SICHUAN, done.handling.erasures[0].receipt)
    assert (again.case, again.erasing) == (done, ())


def test_who_has_the_case_from_this_region_is_told_by_it_and_nobody_twice(story: Story) -> None:
    # To Sichuan Luxian is a region that handed the case on.
    known = story.known()
    moved = replace(known, tenures=(*known.tenures, replace_holder(known)))
    order = an_order(story, receipt=a_receipt(story, by=ZHONGSHAN))
    done = ordered(story, order, at=LUXIAN, source=ZHONGSHAN, case=moved)
    assert [(one.recipient, type(one.data)) for one in done.messages] == [
        (SICHUAN, ErasureOrdered),
        (ZHONGSHAN, ErasureAnswered),
    ]
    assert said_in(done.messages[0]) == order.receipt, "the order of the holder, and not of who passes it on"
    done = ordered(story, order.model_copy(update={"told": (SICHUAN,)}), at=LUXIAN, source=ZHONGSHAN, case=moved)
    assert [one.recipient for one in done.messages] == [ZHONGSHAN]


def replace_holder(case: Case) -> Tenure:
    return case.holder.model_copy(update={"number": case.holder.number + 1, "institution": ZHONGSHAN})


def test_under_a_hold_the_copy_stays_and_the_holder_hears_of_that(story: Story) -> None:
    known = story.known(ZHONGSHAN)
    hold = Hold(reason=HoldReason.COMPLAINT, by="张伟", institution=ZHONGSHAN, at=story.exchange.now)
    held = replace(known, handling=known.handling.model_copy(update={"hold": hold}))
    done = ordered(story, an_order(story), case=held)
    assert (done.case.applicants, done.erasing) == (known.applicants, ())
    assert [said_in(one) for one in done.messages] == [None]
    assert done.case.handling.erasures[0].order is not None


def test_only_who_was_told_answers_and_only_for_itself(story: Story) -> None:
    holder = story.known()
    asked = replace(holder, handling=holder.handling.with_erasure(an_erasure(ZHONGSHAN)))
    own = ErasureAnswered(case=story.case, receipt=a_receipt(story, by=ZHONGSHAN), at=story.exchange.now)
    at = arrival(story, source=ZHONGSHAN, at=LUXIAN, case=asked)
    [word] = erasure.answered(at, own).case.handling.erasures[0].words
    assert (word.region, word.receipt) == (ZHONGSHAN, own.receipt)
    with pytest.raises(errors.NotThisSide):
        erasure.answered(arrival(story, source=SICHUAN, at=LUXIAN, case=asked), own)
    others = own.model_copy(update={"receipt": a_receipt(story, by=SICHUAN)})
    with pytest.raises(errors.OtherReceipt):
        erasure.answered(at, others)


def an_erasure(*told: str) -> Erasure:
    return Erasure(basis=BASIS, receipt="a.b.c", told=told)
