"""Messages that come twice, out of order, weeks late, or forged: each counts once, and no other content ever."""

import json
from uuid import UUID, uuid4

import pytest

from tests.federation.checks import Expected
from tests.federation.ground import LUXIAN, STAGE, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess

pytestmark = [pytest.mark.federation, pytest.mark.broker]

WEEKS = 21 * 24 * 3600.0


async def followed(ground: Ground, zhongshan: NodeProcess) -> str:
    """A case of Zhongshan that Luxian follows."""
    [case] = await zhongshan.do("open")
    await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.knows(LUXIAN, [case])
    await zhongshan.do("recall", cases=[case])
    await ground.knows(ZHONGSHAN, [case], state="released")
    return str(case)


def with_changes(body: bytes, **changes: object) -> bytes:
    """The same message with other attributes, or with another note under ``note``."""
    event = json.loads(body)
    if (note := changes.pop("note", None)) is not None:
        event["data"]["note"] = note
    return json.dumps(event | {name: str(value) if name == "id" else value for name, value in changes.items()}).encode()


async def test_what_was_heard_on_the_wire_and_played_again_after_weeks_changes_nothing(ground: Ground) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    there, back = await ground.tap(ZHONGSHAN, LUXIAN), await ground.tap(LUXIAN, ZHONGSHAN)
    case = await followed(ground, zhongshan)
    await zhongshan.do("chat", case=case, turns=6)
    before = await ground.agree()
    heard, answers = await there.bodies(), await back.bodies()
    assert len([body for body in heard if b"legalaid.receipt" not in body]) == 8
    await there.close()
    await back.close()
    for node in (zhongshan, luxian):
        await node.do("set_clock", ahead=WEEKS)
    # Twice each, messages and receipts, the newest first.
    await ground.inject_raw(ZHONGSHAN, LUXIAN, *reversed(heard), *reversed(heard))
    await ground.inject_raw(LUXIAN, ZHONGSHAN, *reversed(answers), *reversed(answers))
    await zhongshan.do("stage", cases=[case])
    after = await ground.agree()
    assert len(after[LUXIAN].history) == len(before[LUXIAN].history) + 1
    assert after[ZHONGSHAN].history[: len(before[ZHONGSHAN].history)] == before[ZHONGSHAN].history
    assert not zhongshan.log("receipt_for_other_content")


async def test_messages_in_any_order_are_applied_in_theirs(ground: Ground) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    case = await followed(ground, zhongshan)
    tap = await ground.tap(ZHONGSHAN, LUXIAN, instead=True)
    await zhongshan.do("chat", case=case, turns=7)
    messages = await tap.messages(7)
    ground.bind(ZHONGSHAN, LUXIAN)
    await tap.close()
    first, *rest = messages
    await luxian.stop()
    luxian = await ground.node(LUXIAN)
    await ground.inject(ZHONGSHAN, LUXIAN, *reversed(rest), *rest)
    await ground.shows(
        LUXIAN, lambda view: len([row for row in view.inbox if row.outcome == "parked"]) == 6, what="all but one wait"
    )
    await ground.inject(ZHONGSHAN, LUXIAN, first)
    views = await ground.agree()
    told = [row.message for row in views[LUXIAN].history if row.event == "stage_published"]
    assert told == [UUID(json.loads(body)["id"]) for body in messages]


async def test_a_known_id_with_other_content_is_never_applied_and_alarms_both_ends(ground: Ground) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    tap = await ground.tap(ZHONGSHAN, LUXIAN)
    case = await followed(ground, zhongshan)
    await zhongshan.do("stage", cases=[case])
    *_, last = await tap.messages(3)
    await tap.close()
    before = await ground.agree()
    await ground.inject(ZHONGSHAN, LUXIAN, with_changes(last, note="forged"))
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert views[LUXIAN].history == before[LUXIAN].history
    assert [row.code for row in views[LUXIAN].quarantine] == ["CONTENT_CONFLICT"]
    assert await luxian.logs("content_conflict")
    assert await zhongshan.logs("receipt_for_other_content")


@pytest.mark.parametrize("early", [False, True], ids=["taken", "taken_by_one_that_waits"])
async def test_a_taken_place_is_not_given_to_another_message(ground: Ground, early: bool) -> None:  # noqa: FBT001 - a parameter
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    case = await followed(ground, zhongshan)
    tap = await ground.tap(ZHONGSHAN, LUXIAN, instead=True)
    await zhongshan.do("chat", case=case, turns=2)
    first, second = await tap.messages(2)
    ground.bind(ZHONGSHAN, LUXIAN)
    await tap.close()
    forged = with_changes(second, id=uuid4(), note="forged")
    if early:
        await ground.inject(ZHONGSHAN, LUXIAN, second)
        await ground.shows(LUXIAN, lambda view: view.inbox[-1].outcome == "parked", what="the second waits")
        await ground.inject(ZHONGSHAN, LUXIAN, forged)
        await luxian.logs("content_conflict")
        await ground.inject(ZHONGSHAN, LUXIAN, first)
    else:
        await ground.inject(ZHONGSHAN, LUXIAN, first, second, forged)
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert [row.code for row in views[LUXIAN].quarantine] == ["CONTENT_CONFLICT"]
    assert b"forged" not in b"".join(row.body for row in views[LUXIAN].inbox)
    assert await zhongshan.logs("receipt_for_other_content")


async def test_a_region_cannot_speak_for_another(ground: Ground) -> None:
    zhongshan, luxian = await ground.node(ZHONGSHAN), await ground.node(LUXIAN)
    tap = await ground.tap(ZHONGSHAN, LUXIAN)
    case = await followed(ground, zhongshan)
    await zhongshan.do("stage", cases=[case])
    *_, last = await tap.messages(3)
    await tap.close()
    before = await ground.agree()
    # Sichuan's own exchange and user, Zhongshan's name: what the broker vouches for and what is said differ.
    await ground.inject("510000", LUXIAN, with_changes(last, id=uuid4(), sequence=4))
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert [row.code for row in views[LUXIAN].quarantine] == ["SENDER_MISMATCH"]
    assert views[LUXIAN].history == before[LUXIAN].history
    assert STAGE.encode() in last
    assert await luxian.logs("message_refused")
