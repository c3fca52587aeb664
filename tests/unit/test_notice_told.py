"""The one notice: who was told of it, by whom and when, on both sides of a transfer (Legal Aid Law 43(2))."""

from datetime import date, datetime
from typing import Any, Final
from uuid import uuid4

import pytest

from tests.asking import CLERK, Asking, answers_of, defects_of
from tests.builders import LUXIAN, ZHONGSHAN, a_material
from tests.federation.exchange import an_application
from tests.story import MISSING, Story, signed
from transfer.domain import errors
from transfer.domain.clocks import CHINA
from transfer.domain.lifecycle import Step
from transfer.messages.codes import ApplicantStatus, Defect
from transfer.messages.transfer import ApplicantLeft, ApplicantTold, SupplementAnswer, SupplementItem

BEGAN: Final = datetime(2026, 6, 10, 9, 0, tzinfo=CHINA)
DEEMED: Final = ApplicantStatus.DEEMED_WITHDRAWN


def own_notice(**typed: Any) -> Asking:
    """Of two applicants the second lacks papers; the notice is of 10 June and ends on the 17th."""
    story = Asking(regions=("330681", "421181"), requester="330681", requested="421181", persons=2, began=BEGAN)
    fields: dict[str, Any] = {"items": defects_of(story.applicants[1]), "due_on": date(2026, 6, 17), "phoned": True}
    return story.own("notice", **(fields | typed))


def of_a_transfer(*items: SupplementItem) -> Story:
    story = signed()
    first = story.known().applicants[0].id
    missing = SupplementItem(applicant=first, defect=Defect.ID_MISSING, explanation="缺")
    return story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=items or (missing,))


def gone(story: Story, place: int = 0) -> tuple[ApplicantLeft, ...]:
    return (ApplicantLeft(applicant=story.known().applicants[place].id, status=DEEMED),)


def test_giving_the_own_notice_tells_each_whom_it_names_in_writing_and_by_telephone() -> None:
    story = own_notice()
    notice = story.known().notice
    assert notice is not None
    today = date(2026, 6, 10)
    assert notice.told == (ApplicantTold(applicant=story.applicants[1], by=CLERK, written_on=today, phoned_on=today),)


def test_who_could_not_be_reached_by_telephone_is_told_so_later() -> None:
    story = own_notice(phoned=False).on(2026, 6, 12)
    [told] = story.known().notice.told  # type: ignore[union-attr]
    assert told.phoned_on is None
    story.own("notice/told", by="李四", written_on=date(2026, 6, 10), phoned_on=date(2026, 6, 12))
    [told] = story.known().notice.told  # type: ignore[union-attr]
    assert (told.by, told.written_on, told.phoned_on) == ("李四", date(2026, 6, 10), date(2026, 6, 12))


def test_a_defect_of_the_case_as_a_whole_is_told_to_everybody() -> None:
    story = own_notice(items=(SupplementItem(defect=Defect.FACTS_UNCLEAR, explanation="请说明"),))
    assert [one.applicant for one in story.known().notice.told] == sorted(story.applicants)  # type: ignore[union-attr]


def test_only_whom_the_notice_concerns_is_told() -> None:
    story = own_notice()
    for person in (story.applicants[0], uuid4()):
        with pytest.raises(errors.UnknownApplicant):
            story.own("notice/told", applicants=(person,), written_on=date(2026, 6, 10))


@pytest.mark.parametrize("day", [date(2026, 6, 9), date(2026, 6, 13)], ids=["before the notice", "tomorrow"])
@pytest.mark.parametrize("how", ["written_on", "phoned_on"])
def test_nobody_is_told_before_the_notice_or_tomorrow(day: date, how: str) -> None:
    story = own_notice().on(2026, 6, 12)
    typed: dict[str, Any] = {"written_on": date(2026, 6, 10), how: day}
    with pytest.raises(errors.ImplausibleDate):
        story.own("notice/told", **typed)


def test_without_a_notice_that_waits_nobody_is_told() -> None:
    story = own_notice()
    story.own("notice/answer", answers=answers_of(story.applicants[1]))
    with pytest.raises(errors.NoticeMissing):
        story.own("notice/told", written_on=date(2026, 6, 10))
    with pytest.raises(errors.NoticeMissing):
        signed().tell()


def test_the_sender_tells_the_applicants_of_the_receivers_notice_and_both_sides_know_it() -> None:
    story = of_a_transfer(MISSING).tell(phoned_on=None).wait(1).tell()
    mine = story.latest().told
    assert [one.applicant for one in mine] == [one.id for one in story.known().applicants]
    assert {(one.by, one.written_on == one.phoned_on == story.today) for one in mine} == {("王芳", True)}
    story.press(Step.SUPPLEMENT, LUXIAN)
    assert story.latest(ZHONGSHAN).told == mine


def test_the_receiver_tells_nobody_itself() -> None:
    with pytest.raises(errors.NotTheHolder):
        of_a_transfer().tell(by=ZHONGSHAN)


def test_who_was_not_told_is_not_deemed_withdrawn() -> None:
    story = of_a_transfer().wait(6)
    with pytest.raises(errors.NotTold):
        story.press(Step.SUPPLEMENT, LUXIAN, answers=(), left=gone(story))
    story.tell().press(Step.SUPPLEMENT, LUXIAN, answers=(), left=gone(story))
    assert story.known(ZHONGSHAN).applicants[0].status is DEEMED


def test_who_lacks_nothing_is_not_deemed_withdrawn() -> None:
    story = of_a_transfer().tell().wait(6)
    with pytest.raises(errors.NotTold):
        story.press(Step.SUPPLEMENT, LUXIAN, answers=(), left=(*gone(story), *gone(story, 1)))
    own = own_notice().on(2026, 6, 18)
    with pytest.raises(errors.NotTold):
        own.own("notice/answer", left=(ApplicantLeft(applicant=own.applicants[0], status=DEEMED),))


def test_a_second_notice_is_told_anew() -> None:
    story = of_a_transfer().tell()
    first = story.known().applicants[0].id
    paper = a_material(applicant=None, title="户口簿", file=None)
    answer = SupplementAnswer(applicant=first, defect=Defect.ID_MISSING, answer="已补")
    story.press(Step.SUPPLEMENT, LUXIAN, answers=(answer,), materials=(paper,))
    again = SupplementItem(applicant=first, defect=Defect.EVIDENCE_ILLEGIBLE, explanation="模糊", paper="户口簿")
    story.press(Step.REQUIRE_SUPPLEMENT, ZHONGSHAN, items=(again,))
    assert [story.latest(region).told for region in (LUXIAN, ZHONGSHAN)] == [(), ()]


def test_who_was_deemed_withdrawn_may_apply_anew() -> None:
    story = own_notice().on(2026, 6, 18)
    story.own("notice/answer", left=(ApplicantLeft(applicant=story.applicants[1], status=DEEMED),))
    again = story.world.open("330681", an_application("330681", persons=1))
    assert again != story.case
    assert len(story.world.case("330681", again).active) == 1
