"""What another region may not tell of an evidence request: each handler keeps the rules itself, whoever speaks."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.asking import FUSHUN, LINGWU, Asking, an_item
from tests.builders import a_material, changed
from transfer.crypto.directory import Institution
from transfer.domain import errors
from transfer.domain.case import Case
from transfer.domain.evidence_table import RequestState, RequestStep
from transfer.handlers.arrival import Arrival
from transfer.handlers.dispatch import HANDLERS
from transfer.messages.codes import Stage
from transfer.messages.codes_evidence import EvidenceField, EvidenceKind, ItemResult, SubjectRole
from transfer.messages.envelope import decode
from transfer.messages.evidence import EvidenceMessage, Rework
from transfer.messages.evidence_items import Asked, Fact, Person

OTHER = "510521"


def last(story: Asking, region: str) -> EvidenceMessage:
    """The last message that the region sent."""
    sent = list(story.exchange.rooms[region].content.outbox.values())[-1]
    _, data = decode(sent.body)
    assert isinstance(data, EvidenceMessage)
    return data


def told(story: Asking, region: str, message: EvidenceMessage, *, source: str) -> Any:
    """What the region would record on hearing this; raises the rule that forbids it."""
    known = story.exchange.rooms[region].content.cases.get(story.case)
    context = story.exchange.contexts[region]()
    arrival = Arrival(case=known, source=source, digest="sha256:" + "0" * 64, context=context)
    return HANDLERS[type(message)](arrival, message)


def put(story: Asking, case: Case) -> None:
    """The requester's record of the case becomes this one."""
    room = story.exchange.rooms[FUSHUN]
    room.content = room.content.copy()
    room.content.cases[case.id] = case


def asked(**changes: Any) -> tuple[Asking, EvidenceMessage]:
    """A request that is on its way, with some fields other than an honest node would write them."""
    story = Asking(regions=(FUSHUN, LINGWU, OTHER)).draft().press(RequestStep.APPROVE).part().press(RequestStep.SEND)
    return story, changed(last(story, FUSHUN), **changes)


def test_a_region_asks_in_its_own_name() -> None:
    story, message = asked()
    with pytest.raises(errors.NotThisSide):
        told(story, LINGWU, message, source=OTHER)


def test_a_request_for_another_region_is_refused() -> None:
    story, message = asked(requested=OTHER)
    with pytest.raises(errors.WrongDestination):
        told(story, LINGWU, message, source=FUSHUN)


def test_a_request_for_an_institution_that_is_not_there_is_refused() -> None:
    story, message = asked(requested=f"{LINGWU}-X")
    with pytest.raises(errors.UnknownInstitution):
        told(story, LINGWU, message, source=FUSHUN)


def test_who_asks_beyond_least_data_is_refused_at_the_other_end_too() -> None:
    flows = Asked(id=uuid4(), kind=EvidenceKind.ECON_CHECK, what="全部流水", fields=(EvidenceField.BANK_FLOWS,))
    story, message = asked(items=(flows,), persons=())
    with pytest.raises(errors.BeyondLeastData):
        told(story, LINGWU, message, source=FUSHUN)


def test_a_request_is_made_once() -> None:
    story = Asking().ask()
    message = last(story, FUSHUN)
    with pytest.raises(errors.CaseExists):
        told(story, LINGWU, message, source=FUSHUN)


def test_the_stage_of_the_case_comes_with_the_request() -> None:
    story = Asking().reach(Stage.UNDER_REVIEW).ask()
    assert story.known(LINGWU).stage == story.known().stage


def test_the_clocks_of_the_case_do_not_travel_with_a_request() -> None:
    assert Asking().known().basics.clocks
    assert Asking().ask().known(LINGWU).basics.clocks == ()


def test_the_other_side_of_a_request_is_one_region() -> None:
    story = Asking(regions=(FUSHUN, LINGWU, OTHER)).ask().signed()
    with pytest.raises(errors.NotThisSide):
        told(story, FUSHUN, last(story, LINGWU), source=OTHER)


def test_the_requester_does_not_hear_answers_of_its_own() -> None:
    story = Asking().ask().signed()
    with pytest.raises(errors.NotThisSide):
        told(story, LINGWU, last(story, LINGWU), source=FUSHUN)


@pytest.mark.parametrize("unknown", [UUID(int=1), UUID(int=2)])
def test_a_message_on_a_request_that_is_not_there_is_refused(unknown: UUID) -> None:
    story = Asking().ask().signed()
    with pytest.raises(errors.UnknownRequest):
        told(story, FUSHUN, changed(last(story, LINGWU), request=unknown), source=LINGWU)


def returned() -> tuple[Asking, EvidenceMessage]:
    """A reply that is on its way."""
    story = Asking(months=2).ask().undertaken().found(ItemResult.OBTAINED, ItemResult.OBTAINED)
    story.part().press(RequestStep.RETURN)
    return story, last(story, LINGWU)


def test_a_reply_that_leaves_an_item_out_is_refused() -> None:
    story, message = returned()
    answers = message.answers  # type: ignore[attr-defined]
    with pytest.raises(errors.ItemsUnanswered):
        told(story, FUSHUN, changed(message, answers=answers[:1]), source=LINGWU)


def test_an_answer_to_what_was_not_asked_is_refused() -> None:
    story, message = returned()
    first, second = message.answers  # type: ignore[attr-defined]
    with pytest.raises(errors.UnknownItem):
        told(story, FUSHUN, changed(message, answers=(first, second, changed(second, item=uuid4()))), source=LINGWU)
    more = changed(second, facts=(Fact(field=EvidenceField.WAGE_LEDGER, value="x"),))
    with pytest.raises(errors.UnknownItem):
        told(story, FUSHUN, changed(message, answers=(first, more)), source=LINGWU)


def test_an_answer_about_someone_else_is_refused() -> None:
    story, message = returned()
    first, second = message.answers  # type: ignore[attr-defined]
    other = changed(second, facts=(Fact(field=EvidenceField.ATTENDANCE, about=uuid4(), value="x"),))
    with pytest.raises(errors.UnknownItem):
        told(story, FUSHUN, changed(message, answers=(first, other)), source=LINGWU)


def test_the_day_that_counts_is_the_one_that_runs_at_the_requested_region() -> None:
    story = Asking().ask().part().press(RequestStep.SIGN_FOR)
    message = changed(last(story, LINGWU), received_on=date(2026, 2, 13), due_on=date(2026, 3, 5))
    request = told(story, FUSHUN, message, source=LINGWU).case.requests[0]
    assert (request.received_on, request.due_on) == (date(2026, 2, 13), date(2026, 3, 5))


def test_rework_has_a_time_limit_of_its_own() -> None:
    story = Asking().ask().undertaken().found(ItemResult.OBTAINED).press(RequestStep.RETURN)
    [item] = story.record().items
    story.on(2026, 3, 2).press(RequestStep.ASK_REWORK, items=(Rework(item=item.id, defect="x"),), working_days=3)
    assert [one.due_on for one in story.both] == [date(2026, 3, 5)] * 2


def test_rework_on_an_item_that_is_not_there_is_refused_at_both_ends() -> None:
    story = Asking().ask().undertaken().found(ItemResult.OBTAINED).press(RequestStep.RETURN)
    wrong = (Rework(item=uuid4(), defect="x"),)
    with pytest.raises(errors.UnknownItem):
        story.press(RequestStep.ASK_REWORK, items=wrong)
    [item] = story.record().items
    story.part().press(RequestStep.ASK_REWORK, items=(Rework(item=item.id, defect="x"),))
    with pytest.raises(errors.UnknownItem):
        told(story, LINGWU, changed(last(story, FUSHUN), items=wrong), source=FUSHUN)


# What an honest node refuses its own people -----------------------------------------------------------------


def test_time_is_not_extended_into_the_past() -> None:
    story = Asking().ask().undertaken().press(RequestStep.ASK_EXTENSION, until=date(2026, 3, 20), reason="x")
    with pytest.raises(errors.DueDatePassed):
        story.press(RequestStep.GRANT_EXTENSION, due_on=date(2026, 2, 10))


def test_a_lawyer_who_comes_after_the_end_is_no_news_for_the_other_region() -> None:
    story = Asking().ask().undertaken().found(ItemResult.OBTAINED).press(RequestStep.RETURN).press(RequestStep.CONFIRM)
    before = len(story.exchange.rooms[FUSHUN].content.outbox)
    story.press(RequestStep.CHANGE_LAWYER)
    assert len(story.exchange.rooms[FUSHUN].content.outbox) == before
    assert story.record().state is RequestState.CONFIRMED


def test_what_came_into_the_package_since_the_draft_is_not_asked_any_more() -> None:
    story = Asking(regions=(FUSHUN, LINGWU, OTHER))
    about = story.applicants
    story.draft(an_item(fields=(EvidenceField.IOU,), about=about)).press(RequestStep.APPROVE)
    put(story, story.known().with_materials((a_material(applicant=None),)))
    with pytest.raises(errors.AlreadyInPackage):
        story.press(RequestStep.SEND)


def test_another_applicants_paper_is_not_this_ones() -> None:
    story = Asking(persons=2)
    first, second = story.applicants
    put(story, story.known().with_materials((a_material(applicant=first),)))
    story.draft(an_item(fields=(EvidenceField.IOU,), about=(second,)))
    with pytest.raises(errors.AlreadyInPackage):
        story.draft(an_item(fields=(EvidenceField.IOU,), about=(first,)))


def test_who_no_longer_holds_the_case_sends_no_request() -> None:
    story = Asking().draft().press(RequestStep.APPROVE)
    held = story.known().tenures[-1]
    put(story, story.known().held_since((held, held.model_copy(update={"number": 2, "institution": LINGWU}))))
    with pytest.raises(errors.NotTheHolder):
        story.press(RequestStep.SEND)


def test_a_person_acts_for_the_institution_that_was_asked_or_its_workstation() -> None:
    story = Asking(requester=FUSHUN, requested=OTHER, regions=(FUSHUN, OTHER))
    second = Institution(code=f"{OTHER}-B", name_zh="乙", name_en="B")
    regions = [
        one.model_copy(update={"institutions": (*one.institutions, second)}) if one.code == OTHER else one
        for one in story.exchange.directory.regions
    ]
    story.exchange.directory = changed(story.exchange.directory, regions=tuple(regions))
    story.ask()
    with pytest.raises(errors.NotOfThisRegion):
        story.press(RequestStep.SIGN_FOR, institution=f"{OTHER}-B")
    assert story.press(RequestStep.SIGN_FOR, institution=f"{OTHER}-ZS").record().signed_by is not None


def test_persons_of_a_request_are_shown_as_they_are_known() -> None:
    story = Asking()
    witness = Person(id=uuid4(), role=SubjectRole.WITNESS, name="刘工友", phone="13800000003")
    story.ask(
        an_item(kind=EvidenceKind.WITNESS_STATEMENT, fields=(EvidenceField.STATEMENT,), about=(witness.id,)),
        persons=(witness,),
    )
    assert story.record(LINGWU).persons == (witness,)
