"""Scenarios of cases that cannot wait, with their dates, each told twice: in memory, and by real nodes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.asking import Asking, an_item
from tests.federation.dated import dated_nodes
from tests.federation.exchange import Exchange, a_worker
from tests.pki import Pki
from transfer.actions.commands import Occurred
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.messages.case import Clock, Material
from transfer.messages.codes import ApplicantCategory, LegalBasis, MaterialKind, Stage, Urgency
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_evidence import CancelReason, EvidenceField, EvidenceKind, ItemResult

Tell = Callable[[], Asking]

GUANGZHOU, HUANGCHUAN = "440100", "411526"
APPLIED = datetime(2026, 5, 11, 9, 0, tzinfo=CHINA)

pytestmark = [pytest.mark.federation, pytest.mark.timeout(180)]


@pytest.fixture(params=["memory", pytest.param("nodes", marks=pytest.mark.broker)])
def tell(request: pytest.FixtureRequest, pki: Pki, tmp_path: Path) -> Iterator[Tell]:
    """Begins the story of SC-08: a labour relation that ended on 15 May 2025, and an application a year later."""
    with ExitStack() as stack:

        def begin() -> Asking:
            regions = (GUANGZHOU, HUANGCHUAN)
            if request.param == "memory":
                place: Any = Exchange.of(*regions)
            else:
                broker = request.getfixturevalue("calm_broker")
                place = stack.enter_context(
                    dated_nodes(broker, pki, tmp_path, regions=regions, began=APPLIED, agreements=())
                )
            typed = {
                "events": (Occurred(event=CaseEvent.RIGHT_KNOWN, occurred_on=date(2025, 5, 15)),),
                "applicants": (a_worker(categories=(ApplicantCategory.MIGRANT_WORKER,)),),
            }
            return Asking(
                place=place, regions=regions, requester=GUANGZHOU, requested=HUANGCHUAN, began=APPLIED, typed=typed
            )

        yield begin


def clock(story: Asking, rule: str) -> Clock:
    """The latest clock of this rule."""
    return [one for one in story.known().basics.clocks if one.rule == rule][-1]


def proofs_asked(story: Asking) -> Asking:
    """Identity and category are to be proven by the home region."""
    asked = (EvidenceField.IDENTITY_CONFIRMED, EvidenceField.HOUSEHOLD_REGISTER)
    item = an_item(
        kind=EvidenceKind.IDENTITY_CHECK, fields=asked, about=story.applicants, period_from=None, period_to=None
    )
    return story.ask(item)


def test_four_days_to_limitation_aid_is_given_first_and_nothing_holds_the_case(tell: Tell) -> None:
    story = tell()
    basics = story.known().basics
    assert (basics.urgency, basics.limitation_on) == (Urgency.LIMITATION_LT_7_DAYS, date(2026, 5, 15))
    assert clock(story, "ARBITRATION_LIMITATION").due_strict == date(2026, 5, 15)

    proofs_asked(story)
    assert [one.due_on for one in story.both] == [date(2026, 5, 25)] * 2
    assert story.known(HUANGCHUAN).basics.urgency is Urgency.LIMITATION_LT_7_DAYS
    review = clock(story, "REVIEW")
    assert (review.pauses, review.due_strict) == ((), date(2026, 5, 18))

    story.reach(Stage.UNDER_REVIEW)
    with pytest.raises(errors.NotParked, match="give aid first today"):
        story.reach(Stage.SUSPENDED)
    story.reach(Stage.AID_FIRST, Stage.ASSIGNED)
    assert clock(story, "REVIEW").met_on == date(2026, 5, 11)
    story.own("events", event=CaseEvent.COMPLETION_ASKED, occurred_on=date(2026, 5, 11), until=date(2026, 5, 29))

    story.on(2026, 5, 14).own("events", event=CaseEvent.ARBITRATION_FILED, occurred_on=date(2026, 5, 14))
    assert clock(story, "ARBITRATION_LIMITATION").met_on == date(2026, 5, 14)
    assert story.record().state is RequestState.REQUESTED, "the home region has not even signed for the letter"

    story.on(2026, 5, 22).undertaken().found(ItemResult.OBTAINED).press(RequestStep.RETURN).press(RequestStep.CONFIRM)
    register = Material(kind=MaterialKind.IDENTITY, title="户籍登记复印件", applicant=story.applicants[0])
    story.on(2026, 5, 25).own("completion", occurred_on=date(2026, 5, 25), materials=(register,))
    assert clock(story, "AID_FIRST_COMPLETION").met_on == date(2026, 5, 25)
    with pytest.raises(errors.CompletionNotOverdue):
        story.on(2026, 6, 30).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)
    assert story.reach(Stage.AGREEMENT_SIGNED, Stage.HANDLING).known(HUANGCHUAN).stage.stage is Stage.HANDLING


def test_aid_given_first_ends_with_notice_and_remedy_when_formalities_are_not_completed(tell: Tell) -> None:
    story = proofs_asked(tell()).reach(Stage.AID_FIRST, Stage.ASSIGNED)
    story.own("events", event=CaseEvent.COMPLETION_ASKED, occurred_on=date(2026, 5, 11), until=date(2026, 5, 23))
    story.on(2026, 5, 14).own("events", event=CaseEvent.ARBITRATION_FILED, occurred_on=date(2026, 5, 14))
    with pytest.raises(errors.CompletionNotOverdue):
        story.on(2026, 5, 25).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)

    story.on(2026, 5, 26).reach(Stage.TERMINATED, basis=LegalBasis.AID_FIRST_NOT_COMPLETED)
    assert [story.known(region).stage.stage for region in story.regions] == [Stage.TERMINATED] * 2
    assert [one.cancelled for one in story.both] == [CancelReason.CASE_ENDED] * 2
    assert clock(story, "SEND_TERMINATION").due_strict == date(2026, 5, 29)

    story.on(2026, 5, 28).own("events", event=CaseEvent.DECISION_SERVED, occurred_on=date(2026, 5, 28))
    assert clock(story, "SEND_TERMINATION").met_on == date(2026, 5, 28)
    assert clock(story, "OBJECTION").due_strict == date(2026, 6, 12)
    story.on(2026, 6, 8).reach(Stage.OBJECTED)
    assert (clock(story, "OBJECTION_REVIEW").due_strict, clock(story, "OBJECTION_REVIEW").due_rolled) == (
        date(2026, 6, 13),
        date(2026, 6, 15),
    )
