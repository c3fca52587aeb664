"""A message that cannot be taken heads the inbox: it is set aside, all others pass, and its sender is told."""

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from tests.federation.checks import Expected
from tests.federation.ground import LUXIAN, OFFERED, ON_BOTH, ON_POSTGRES, SICHUAN, STAGE, ZHONGSHAN, Ground
from tests.federation.processes import NodeProcess
from transfer.messages.sealed import MAX_SEALED_BYTES

pytestmark = [pytest.mark.federation, pytest.mark.broker]

NONSENSE = {
    "empty": b"",
    "no_json": b"\x00\xff\xfe nonsense",
    "no_event": b"[]",
    "deep": b"[" * 100_000,
    "half": b'{"specversion": "1.0", "id": ',
    "surrogate": b'{"specversion": "1.0", "id": "\\ud800"}',
    "too_large": b" " * (MAX_SEALED_BYTES + 1),
    "endless_number": b'{"specversion": 1' + b"0" * 10_000 + b"}",
}


async def two(ground: Ground) -> tuple[NodeProcess, NodeProcess]:
    return await ground.node(ZHONGSHAN), await ground.node(LUXIAN)


async def offered(ground: Ground, zhongshan: NodeProcess, count: int) -> list[str]:
    cases: list[str] = await zhongshan.do("open", count=count)
    await zhongshan.do("offer", cases=cases, to=LUXIAN)
    return cases


async def followed(ground: Ground, zhongshan: NodeProcess, count: int = 2) -> list[str]:
    """Cases of Zhongshan that Luxian follows."""
    cases = await offered(ground, zhongshan, count)
    await ground.knows(LUXIAN, cases)
    await zhongshan.do("recall", cases=cases)
    await ground.knows(ZHONGSHAN, cases, state="released")
    await ground.agree()
    return cases


async def test_what_is_no_message_is_set_aside_and_all_others_pass(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    await luxian.stop()
    await ground.inject_raw(ZHONGSHAN, LUXIAN, *NONSENSE.values())
    await offered(ground, zhongshan, 5)
    luxian = await ground.node(LUXIAN)
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: len(NONSENSE)}))
    codes = sorted(row.code for row in views[LUXIAN].quarantine)
    assert codes == ["TOO_LARGE"] + ["UNREADABLE"] * (len(NONSENSE) - 1)
    assert {bytes(row.body) for row in views[LUXIAN].quarantine} == set(NONSENSE.values())
    assert {line["code"] for line in luxian.log("message_refused")} == {"TOO_LARGE", "UNREADABLE"}
    # Nobody can be trusted to be its sender, so nobody is told.
    assert not zhongshan.log("message_refused_there")


async def test_a_message_for_another_region_is_refused_for_good(ground: Ground) -> None:
    zhongshan, _ = await two(ground)
    tap = await ground.tap(ZHONGSHAN, SICHUAN)
    cases = await zhongshan.do("open")
    await zhongshan.do("offer", cases=cases, to=SICHUAN)
    [astray] = await tap.messages(1)
    await tap.close()
    await ground.inject(ZHONGSHAN, LUXIAN, astray)
    await ground.node(SICHUAN)
    await zhongshan.logs("receipt_for_other_content")
    views = await ground.agree(
        expected=Expected(quarantined={LUXIAN: 1}, refused=frozenset()),
    )
    assert [row.code for row in views[LUXIAN].quarantine] == ["WRONG_RECIPIENT"]


@pytest.mark.parametrize("why", ["an earlier release", "a fault of the handler"])
@ON_BOTH
async def test_what_is_not_understood_waits_with_its_successors_and_applies_in_order_after_the_cure(
    ground: Ground, why: str
) -> None:
    zhongshan, luxian = await two(ground)
    held, free = await followed(ground, zhongshan)
    fault = "forget_type" if why == "an earlier release" else "break_handler"
    await luxian.do(fault, message_type=STAGE)
    await zhongshan.do("chat", case=held, turns=4)
    view = await ground.shows(
        ZHONGSHAN, lambda view: any(row.outcome == "refused" for row in view.outbox), what="the sender is told"
    )
    refused = next(json.loads(row.refusal) for row in view.outbox if row.outcome == "refused")
    assert refused["hop"] == "recipient"
    assert refused["code"] == ("UNKNOWN_TYPE" if why == "an earlier release" else "NODE_FAULT")
    assert refused["resend"] is True
    [told, *_] = await zhongshan.logs("message_refused_there")
    assert (told["hop"], told["resend"], told["region"]) == ("recipient", True, LUXIAN)
    # Another conversation is not held up, and the sender goes on sending the one that is.
    others = await offered(ground, zhongshan, 3)
    await ground.knows(LUXIAN, [*others, free], seconds=5)
    await ground.shows(
        ZHONGSHAN, lambda view: max(row.attempts for row in view.outbox) >= 3, what="it is sent again and again"
    )
    view = await ground.see(LUXIAN)
    outcomes = [row.outcome for row in view.inbox if str(row.conversation) == held][-4:]
    # An earlier release understands none of the four; a fault of the handler is met by the first.
    set_aside = 4 if why == "an earlier release" else 1
    assert outcomes == ["refused"] * set_aside + ["parked"] * (4 - set_aside)
    assert len(view.quarantine) == set_aside, "one entry each, however often it came"
    await luxian.do("learn_types")
    await luxian.do("mend_handlers")
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: set_aside}))
    told_of = [row.message for row in views[LUXIAN].history if row.event == "stage_published"]
    assert told_of == [row.message for row in views[ZHONGSHAN].outbox if row.type == STAGE]
    assert all(row.applied_at for row in views[LUXIAN].quarantine)


async def test_the_quarantine_can_be_replayed_after_the_cure(ground: Ground) -> None:
    zhongshan = await ground.node(ZHONGSHAN, resend_first=600.0, resend_longest=600.0)
    luxian = await ground.node(LUXIAN)
    [held, _] = await followed(ground, zhongshan)
    await luxian.do("break_handler", message_type=STAGE)
    await zhongshan.do("chat", case=held, turns=4)
    await ground.shows(
        LUXIAN, lambda view: len([row for row in view.inbox if row.outcome == "parked"]) == 3, what="three wait"
    )
    assert await luxian.do("replay") == ["Refused"]
    await luxian.do("mend_handlers")
    # The sender would send it again in ten minutes; staff need not wait for that.
    assert await luxian.do("replay") == ["Applied"]
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert views[LUXIAN].quarantine[0].applied_at is not None


BARRED = {
    "sqlite": (
        """CREATE TRIGGER barred BEFORE INSERT ON history WHEN NEW.case_id = '{hex}'
        BEGIN SELECT RAISE(ABORT, 'barred'); END""",
        "DROP TRIGGER barred",
    ),
    "postgresql": (
        "ALTER TABLE history ADD CONSTRAINT barred CHECK (case_id <> '{uuid}') NOT VALID",
        "ALTER TABLE history DROP CONSTRAINT barred",
    ),
}
NO_VALUE = (
    "ALTER TABLE history ADD CONSTRAINT barred CHECK (case_id <> '{uuid}' OR 1 / (tenure - tenure) = 0) NOT VALID"
)


async def bar(ground: Ground, statement: str, case: str) -> None:
    named = {"uuid": case, "hex": UUID(case).hex}
    async with ground.engines[LUXIAN].begin() as connection:
        await connection.execute(text(statement.format(**named)))


@ON_BOTH
async def test_what_the_database_refuses_is_set_aside_and_all_others_pass(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    barred, let = BARRED[ground.engines[LUXIAN].dialect.name]
    await a_barred_case_is_set_aside_and_heals(ground, zhongshan, luxian, barred, let)


@ON_POSTGRES
async def test_a_value_that_postgresql_cannot_take_is_set_aside_and_all_others_pass(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    await a_barred_case_is_set_aside_and_heals(ground, zhongshan, luxian, NO_VALUE, BARRED["postgresql"][1])


async def a_barred_case_is_set_aside_and_heals(
    ground: Ground, zhongshan: NodeProcess, luxian: NodeProcess, barred: str, let: str
) -> None:
    await luxian.stop()
    [poison, *others] = await zhongshan.do("open", count=5)
    await bar(ground, barred, poison)
    for case in (poison, *others):
        await zhongshan.do("offer", cases=[case], to=LUXIAN)
    luxian = await ground.node(LUXIAN)
    await ground.knows(LUXIAN, others, seconds=10)
    view = await ground.shows(
        ZHONGSHAN, lambda view: any(row.outcome == "refused" for row in view.outbox), what="the sender is told"
    )
    [refused] = [json.loads(row.refusal) for row in view.outbox if row.outcome == "refused"]
    assert (refused["code"], refused["hop"], refused["resend"]) == ("NODE_FAULT", "recipient", True)
    assert await luxian.logs("delivery_set_aside")
    assert [row.code for row in (await ground.see(LUXIAN)).quarantine] == ["NODE_FAULT"]
    await bar(ground, let, poison)
    await ground.knows(LUXIAN, [poison])
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert views[LUXIAN].quarantine[0].applied_at is not None


async def test_a_fault_that_nobody_foresaw_is_set_aside_too(ground: Ground) -> None:
    zhongshan, luxian = await two(ground)
    [poison, *others] = await zhongshan.do("open", count=5)
    await luxian.do("break_recording", case=poison)
    for case in (poison, *others):
        await zhongshan.do("offer", cases=[case], to=LUXIAN)
    await ground.knows(LUXIAN, others, seconds=10)
    assert await luxian.logs("delivery_set_aside")
    assert await zhongshan.logs("message_refused_there")
    await luxian.do("mend_recording")
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert views[LUXIAN].quarantine[0].applied_at is not None


async def test_an_unknown_type_from_a_newer_release_is_kept_and_refused_for_now(ground: Ground) -> None:
    zhongshan, _ = await two(ground)
    tap = await ground.tap(ZHONGSHAN, LUXIAN)
    await offered(ground, zhongshan, 1)
    [message] = await tap.messages(1)
    await tap.close()
    case = str(uuid4())
    newer = json.loads(message) | {"type": "legalaid.transfer.pondered.v7", "id": str(uuid4()), "conversation": case}
    await ground.inject(ZHONGSHAN, LUXIAN, json.dumps(newer).encode())
    views = await ground.agree(expected=Expected(quarantined={LUXIAN: 1}))
    assert [row.code for row in views[LUXIAN].quarantine] == ["UNKNOWN_TYPE"]
    assert OFFERED.encode() in message
