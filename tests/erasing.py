"""A case whose file need not be kept any more, on nodes without a broker."""

import json
from typing import Any, Final
from uuid import UUID

from tests.integration.api_node import LUXIAN, STATION, ZHONGSHAN, Answer, Api, today
from transfer.law.kept import KeptRules, Origin
from transfer.ledger.entry import Kind
from transfer.messages.envelope import digest_of
from transfer.node import Node
from transfer.ports.ledger import Happened
from transfer.storage.receipts import SqlReceiptsDue
from transfer.telemetry import clock

CLERK: Final = "刘文书"
HEAD: Final = "陈主任"
LONG_AGO: Final = f"{today(days=-300)}T09:00:00+08:00"
ENDED: Final = today(days=-200)
MARK: Final = "泄漏标记甲乙丙"
NUMBER: Final = "990000198504120010"
PHONE: Final = "8765-0909-8765"
TABLE: Final = {
    "code": "CASE_FILE",
    "zh": "案卷保管期限",
    "en": "Keep case files",
    "source": {"law": "本机构保管期限表", "confirmed": True},
    "valid_from": "2020-01-01",
    "length": 6,
    "unit": "MONTH",
    "begins": "archived",
}
PERSONS: Final = [
    {
        "id": str(UUID(int=1000 + number)),
        "name": f"{MARK}{number}",
        "identity": {"kind": "RESIDENT_ID", "number": NUMBER} if number == 0 else {"kind": "NONE"},
        "phone": f"{PHONE}-{number}",
        "finding": {"ground": "COMMITMENT", "proof": f"{MARK}承诺书", "signed_on": today(days=-300)},
    }
    for number in range(2)
]
FIRST, SECOND = (UUID(str(one["id"])) for one in PERSONS)


async def with_table(node: Node, **changes: Any) -> None:
    """The institution's own retention table is loaded."""
    content = json.dumps({"version": "2026-12-01", "note": "表", "retentions": [TABLE | changes]}).encode()
    rules = KeptRules(
        origin=Origin.LOADED,
        version="2026-12-01",
        digest=digest_of(content),
        content=content,
        by="管理员",
        at=clock.now(),
    )
    await node.rules.sets.keep(rules, after=await node.rules.sets.count())
    await node.rules.look_once()
    assert node.rules.book.version.endswith("+2026-12-01")


async def settle(sender: Api, receiver: Api) -> None:
    """What the receiver owes is told."""
    owed = SqlReceiptsDue(store=receiver.node.store)
    for due in await owed.due(limit=1000, without=()):
        if due.region == sender.region:
            async with sender.node.store.work() as work:
                work.record_receipts(receiver.region, due.receipts)
            await owed.told(due.rows)


async def met(one: Api, other: Api) -> None:
    """All that was sent between them arrives, and is receipted."""
    for _ in range(3):
        for sender, receiver in ((one, other), (other, one)):
            await sender.carry(receiver)
            await settle(sender, receiver)


async def archived(here: Api, there: Api | None = None, *, on: str = ENDED, **changes: Any) -> str:
    """The path of a case of ``here`` that was refused and archived long ago; its file was offered to ``there`` first,
    which let it go."""
    case = await here.opened(
        received_at=LONG_AGO,
        applicants=PERSONS,
        facts=f"{MARK}的事实",
        claim=f"{MARK}的请求",
        opponents=[{"name": f"{MARK}公司"}],
        number=f"{MARK}号",
        **changes,
    )
    path = f"/v1/cases/{case['id']}"
    await _asked_and_took_back(here, path)
    if there is not None:
        assert there.region == LUXIAN
        offer = {"receiver": STATION, "letter": f"{MARK}函", "reason": f"{MARK}理由", "despite": MARK}
        assert (await here.post(f"{path}/transfers", _by(here, CLERK) | offer)).status == 201
        await met(here, there)
        recalled = await here.step(case, "recall", reason="SENT_IN_ERROR", explanation=MARK)
        assert recalled.status == 200, recalled
        await met(here, there)
    for by, stage, part in (
        (CLERK, "under_review", None),
        (HEAD, "refused", {"kind": "decision", "refusals": [{"reason": "NOT_IN_HARDSHIP", "explanation": MARK}]}),
        (CLERK, "archived", {"kind": "archive", "number": f"{MARK}卷"}),
    ):
        told = {"stage": stage, "occurred_on": on, "part": part}
        given = _by(here, by) | told | ({"basis": "LAL_43_1", "note": MARK} if stage == "refused" else {})
        answer = await here.post(f"{path}/stages", {name: one for name, one in given.items() if one is not None})
        assert answer.status == 200, answer
    if there is not None:
        await met(here, there)
    return path


async def _asked_and_took_back(here: Api, path: str) -> None:
    """A request for evidence that was never sent."""
    item = {"kind": "DOCUMENT", "what": f"{MARK}考勤表", "fields": ["ATTENDANCE"], "form": "COPY"}
    period = {"period_from": "2025-05-01", "period_to": "2025-10-31"}
    said = dict.fromkeys(("letter", "purpose", "told"), MARK)
    other = LUXIAN if here.region != LUXIAN else ZHONGSHAN
    draft = {**_by(here, CLERK), **said, "requested": other, "lawyer": {"name": MARK}, "items": [item | period]}
    drafted = await here.post(f"{path}/requests", draft)
    assert drafted.status == 201, drafted
    request = drafted.body["requests"][0]["id"]
    cancelled = await here.post(f"{path}/requests/{request}/cancel", _by(here, CLERK) | {"reason": "NOT_NEEDED"})
    assert cancelled.status == 200, cancelled


async def exported(here: Api, path: str) -> None:
    """A bundle of the case was handed out."""
    case = UUID(path.rpartition("/")[2])
    facts = {"what": "bundle", "range": str(case), "digest": digest_of(b"bundle"), "size": 6}
    async with here.node.store.work() as work:
        work.note(Happened(kind=Kind.EXPORT, at=clock.now(), case=case, facts=facts, texts={"by": CLERK}))


async def proposed(here: Api, path: str, **changes: Any) -> Answer:
    """Somebody proposes to erase it."""
    return await here.post(f"{path}/erase/proposal", _by(here, CLERK) | {"basis": "TERM_OVER"} | changes)


async def erased(here: Api, path: str, *, by: str = HEAD, **changes: Any) -> Answer:
    """Another person carries it out."""
    return await here.post(f"{path}/erase", _by(here, by) | changes)


async def gone(here: Api, path: str, **changes: Any) -> dict[str, Any]:
    """Proposed, exported and erased."""
    answer = await proposed(here, path, **changes)
    assert answer.status == 200, answer
    await exported(here, path)
    changes.pop("basis", None)
    answer = await erased(here, path, **changes)
    assert answer.status == 200, answer
    return dict(answer.body)


def _by(api: Api, name: str) -> dict[str, Any]:
    return {"by": name, "institution": api.region}
