"""The quarantine over the API: looked at without its content, and tried again with every verdict."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.integration.api_node import LUXIAN, OFFER, ZHONGSHAN, Answer, Api
from tests.noted import noted
from transfer.domain.decision import Decision
from transfer.handlers import receive
from transfer.handlers.dispatch import HANDLERS, Handler
from transfer.handlers.receive import Applied, Duplicate, Early, Refused
from transfer.ledger.entry import Kind
from transfer.messages.transfer import Offered
from transfer.messages.values import Frozen
from transfer.storage.tables import outbox, receipts_due
from transfer.web.readings import UNNAMED


async def sent(api: Api) -> list[bytes]:
    """The bodies in the outbox, oldest first."""
    async with api.node.store.writing() as connection:
        return list((await connection.scalars(select(outbox.c.body).order_by(outbox.c.row))).all())


async def entry(api: Api) -> dict[str, Any]:
    """The one message in quarantine."""
    [line] = await api.items("/v1/quarantine?applied=false")
    return line


async def replay(api: Api, line: dict[str, Any], **options: str) -> Answer:
    return await api.post(f"/v1/quarantine/{line['id']}/replay", {}, etag=None, **options)


def broken(_arrival: object, _message: object) -> Decision:
    raise RuntimeError("a fault of this node")


async def refused_by_a_fault(here: Api, there: Api, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A good offer that Luxian's node could not take in, because of a fault that is mended by now."""
    case = await here.offered()
    with monkeypatch.context() as faulty:
        handlers: dict[type[Frozen], Handler] = dict(HANDLERS)
        handlers[Offered] = broken
        faulty.setattr(receive, "HANDLERS", handlers)
        assert isinstance((await here.carry(there))[0], Refused)
    return case


async def test_a_refused_message_is_shown_without_its_content(here: Api, there: Api) -> None:
    body = b'{"name":"\xe6\x9d\x8e\xe5\xa4\xa7\xe5\xb1\xb1"}'
    await there.take_in(body, source=ZHONGSHAN)
    line = await entry(there)
    assert (line["exchange"], line["user_id"], line["source"]) == ("out.442000", ZHONGSHAN, None)
    assert (line["size"], line["refusal"]["code"], line["applied_at"]) == (len(body), "UNREADABLE", None)
    one = await there.get(f"/v1/quarantine/{line['id']}")
    assert one.body == line | {"body": None}
    assert "李大山" not in one.text
    whole = await there.get(f"/v1/quarantine/{line['id']}?body=true")
    assert base64.b64decode(whole.body["body"]) == body
    assert await here.items("/v1/quarantine") == []


async def dismissed(api: Api, line: dict[str, Any], key: str = "", **body: str) -> Answer:
    options = {"key": key} if key else {}
    return await api.post(f"/v1/quarantine/{line['id']}/dismiss", body, etag=None, **options)


async def test_what_needs_nothing_more_is_put_away_once_with_who_and_why_in_the_ledger(there: Api) -> None:
    await there.take_in(b"no message at all", source=ZHONGSHAN)
    line, key = await entry(there), str(uuid4())
    for _ in range(2):
        answer = await dismissed(there, line, key, reason="NO_MESSAGE", remark="扫描程序发来的")
        assert (answer.status, answer.body) == (200, {"id": line["id"], "dismissal": "NO_MESSAGE"})
    assert await there.items("/v1/quarantine?applied=false") == []
    [kept] = await there.items("/v1/quarantine")
    assert (kept["dismissal"], kept["applied_at"], kept["dismissed_at"] is None) == ("NO_MESSAGE", None, False)
    [told] = await noted(there.node.store.engine, Kind.REPLAYED)
    assert told.facts == {"quarantine": line["id"], "verdict": "dismissed", "reason": "NO_MESSAGE"}
    assert told.texts == {"by": UNNAMED, "remark": "扫描程序发来的"}
    assert (await there.node.views.traffic()).quarantined == 0
    again = await dismissed(there, line, reason="FORGED")
    assert (again.status, again.body["title"]) == (
        409,
        "This message of the quarantine was applied since, or put away.",
    )
    assert (await dismissed(there, {"id": str(uuid4())}, reason="FORGED")).status == 404
    assert (await dismissed(there, line, reason="WHIM")).status == 422


async def test_what_was_put_away_can_still_be_taken_in(here: Api, there: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    case = await refused_by_a_fault(here, there, monkeypatch)
    line = await entry(there)
    assert (await dismissed(there, line, reason="SETTLED")).status == 200
    assert (await replay(there, line)).body["verdict"] == "applied"
    assert (await there.get(f"/v1/cases/{case['id']}")).status == 200
    assert (await dismissed(there, line, reason="SETTLED")).status == 409


async def test_what_a_fault_kept_out_is_applied_by_a_replay(
    here: Api, there: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await refused_by_a_fault(here, there, monkeypatch)
    assert (await there.get(f"/v1/cases/{case['id']}")).status == 404
    line = await entry(there)
    assert (line["source"], line["case"], line["type"]) == (ZHONGSHAN, case["id"], "legalaid.transfer.offered.v1")
    answer = await replay(there, line)
    assert (answer.status, answer.body["verdict"], answer.body["refusal"]) == (200, "applied", None)
    assert (await there.get(f"/v1/cases/{case['id']}")).body["transfers"][0]["state"] == "offered"
    assert await there.items("/v1/quarantine?applied=false") == []
    [marked] = await there.items("/v1/quarantine?applied=true")
    assert marked["applied_at"] is not None
    again = await replay(there, line)
    assert again.body["verdict"] == "duplicate"


async def test_a_repeated_replay_gets_its_answer_and_is_carried_out_once(
    here: Api, there: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refused_by_a_fault(here, there, monkeypatch)
    line, key = await entry(there), str(uuid4())
    first, again = await replay(there, line, key=key), await replay(there, line, key=key)
    assert (first.body["verdict"], again.text) == ("applied", first.text)
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await there.post(f"/v1/quarantine/{uuid4()}/replay", {}, key=key)
    assert (other.status, other.kind) == (422, "key-reused")


async def test_what_is_refused_again_stays_once_with_its_new_reason(here: Api, there: Api) -> None:
    case = await here.offered()
    body = (await sent(here))[0].replace(b'"receiver":"510521-ZS"', b'"receiver":"510000"')
    assert isinstance((await there.take_in(body, source=ZHONGSHAN))[0], Refused)
    line = await entry(there)
    answer = await replay(there, line)
    assert answer.body["verdict"] == "refused"
    assert answer.body["refusal"]["code"] == line["refusal"]["code"] == "ILLEGAL_STEP"
    assert await entry(there) == line, "no second copy, and not marked as applied"
    assert (await there.get(f"/v1/cases/{case['id']}")).status == 404


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"transfer.offered.v1", b"transfer.offered.v2"), (b'"letter":', b'"letters":')],
    ids=["unknown type", "unknown form"],
)
async def test_what_is_still_not_understood_is_not_taken_for_known(
    here: Api, there: Api, old: bytes, new: bytes
) -> None:
    await here.offered()
    await there.take_in((await sent(here))[0].replace(old, new, 1), source=ZHONGSHAN)
    line = await entry(there)
    answer = await replay(there, line)
    assert answer.body["verdict"] == "refused"
    assert await entry(there) == line


async def test_an_unreadable_message_can_be_tried_for_ever(there: Api) -> None:
    await there.take_in(b"x", source=ZHONGSHAN)
    line = await entry(there)
    for _ in range(3):
        assert (await replay(there, line)).body["verdict"] == "refused"
    assert await entry(there) == line


async def test_what_comes_too_early_waits_and_is_applied_in_its_turn(here: Api, there: Api) -> None:
    case = await here.offered()
    await here.done(case, "recall", reason="SENT_IN_ERROR")
    offered, recalled = await sent(here)
    # Out of the wrong exchange, so it is refused though it is good.
    await there.take_in(recalled, source=LUXIAN)
    line = await entry(there)
    assert line["refusal"]["code"] == "SENDER_MISMATCH"
    assert (await replay(there, line)).body["verdict"] == "refused"
    assert await there.take_in(recalled, source=ZHONGSHAN) == [Early()]
    assert (await there.get("/v1/node")).body["traffic"]["parked"] == 1
    assert await there.take_in(offered, source=ZHONGSHAN) == [Applied()]
    assert (await there.get(f"/v1/cases/{case['id']}")).body["transfers"][0]["state"] == "released"
    assert (await there.get("/v1/node")).body["traffic"]["parked"] == 0


async def test_a_replay_tells_the_sender_its_new_verdict(
    here: Api, there: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await refused_by_a_fault(here, there, monkeypatch)
    await replay(there, await entry(there))
    async with there.node.store.writing() as connection:
        owed = (await connection.execute(select(receipts_due.c.outcome).order_by(receipts_due.c.row))).all()
    assert [row.outcome for row in owed] == ["refused", "applied"]


async def test_a_message_known_under_its_id_with_other_content_is_never_applied(here: Api, there: Api) -> None:
    case = await here.offered()
    [body] = await sent(here)
    assert await here.carry(there) == [Applied()]
    forged = body.replace(json.dumps(OFFER["reason"], ensure_ascii=False).encode(), '"另有理由"'.encode())
    assert forged != body
    assert isinstance((await there.take_in(forged, source=ZHONGSHAN))[0], Refused)
    answer = await replay(there, await entry(there))
    assert (answer.body["verdict"], answer.body["refusal"]["code"]) == ("refused", "CONTENT_CONFLICT")
    known = (await there.get(f"/v1/cases/{case['id']}")).body
    assert known["transfers"][0]["reason"] == OFFER["reason"]
    assert await there.take_in(body, source=ZHONGSHAN) == [Duplicate()]


async def test_the_quarantine_is_paged_newest_first(there: Api) -> None:
    for n in range(5):
        await there.take_in(b"x" * (n + 1), source=ZHONGSHAN)
    assert [line["size"] for line in await there.items("/v1/quarantine?limit=2")] == [5, 4, 3, 2, 1]
    assert (await there.get("/v1/node")).body["traffic"]["quarantined"] == 5
