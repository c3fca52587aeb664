"""The figures of pairs as the databases give them, and as both ends of a pair tell them over the API."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import LUXIAN, SICHUAN, STATION, ZHONGSHAN
from tests.integration.api_node import Api
from tests.integration.test_api_evidence import asked, taken
from tests.integration.test_storage import a_case, a_transfer
from transfer.domain.handling import ClosingDay, Conclusion, Decided, Entry, Handling, Refusal
from transfer.domain.reporting import OfferFate, RequestFate
from transfer.messages.codes import Stage
from transfer.messages.codes_clocks import CaseEvent
from transfer.messages.codes_handling import CaseResult, Procedure, RefusalReason
from transfer.storage import tables
from transfer.storage.engine import open_engine, writing
from transfer.storage.migrate import migrate
from transfer.storage.rows import NO_DAY
from transfer.storage.store import Store
from transfer.storage.views import SqlViews

JUNE = datetime(2026, 6, 1, 2, 0, tzinfo=UTC)
FIRST, LAST = date(2026, 6, 1), date(2026, 6, 30)


def at(day: int) -> datetime:
    """Ten in the morning in China, on that day of June."""
    return JUNE + timedelta(days=day - 1)


def june(day: int) -> date:
    return date(2026, 6, day)


@dataclass(slots=True)
class World:
    """Rows that a test puts into Zhongshan's database, and what is read of them."""

    engine: AsyncEngine
    positions: dict[UUID, int] = field(default_factory=dict)

    @property
    def views(self) -> SqlViews:
        return SqlViews(store=Store(engine=self.engine, region=ZHONGSHAN, clock=lambda: JUNE, new_id=uuid4))

    async def put(self, table: Any, *rows: dict[str, Any]) -> None:
        async with writing(self.engine) as connection:
            await connection.execute(insert(table), list(rows))

    async def case(self, handling: Handling | None = None) -> UUID:
        row = a_case(handling=handling.model_dump_json() if handling else None)
        await self.put(tables.cases, row)
        return UUID(str(row["id"]))

    async def transfer(self, case: UUID, state: str, *told: tuple[int, str], sent: int = 1, **changes: Any) -> UUID:
        """A transfer in that state that was sent on that day, and on which days what was told of it."""
        position = self.positions[case] = self.positions.get(case, -1) + 1
        open_ = int(state not in ("accepted", "released", "linked_as_duplicate"))
        row = a_transfer(case, position=position, state=state, is_open=open_, opened_at=at(sent)) | changes
        await self.put(tables.transfers, row)
        await self._tell(case, told, transfer_id=row["id"])
        return UUID(str(row["id"]))

    async def request(self, case: UUID, state: str, *told: tuple[int, str], **changes: Any) -> None:
        position = self.positions[case] = self.positions.get(case, -1) + 1
        row: dict[str, Any] = {
            "id": uuid4(),
            "case_id": case,
            "position": position,
            "side": "requester",
            "state": state,
            "is_open": int(state not in ("confirmed", "declined", "cancelled")),
            "peer": LUXIAN,
            "letter": "函",
            "lawyer": "周律师",
            "pressing": 0,
            "place": 2,
            "act_by": NO_DAY,
            "opened_at": at(1),
            "changed_at": at(1),
            "detail": "{}",
        } | changes
        await self.put(tables.evidence_requests, row)
        await self._tell(case, told, request_id=row["id"])

    async def _tell(self, case: UUID, told: Sequence[tuple[int, str]], **of: UUID) -> None:
        for day, event in told:
            name, _, detail = event.partition(" ")
            row = {"case_id": case, "at": at(day), "event": name, "by": "王芳", "tenure": 1, "detail": detail or "{}"}
            await self.put(tables.history, row | of)

    async def offered(self, since: date = FIRST, until: date = LAST, peer: str | None = None) -> list[OfferFate]:
        return sorted(await self.views.offered(since, until, peer), key=lambda one: (one.sent_on, one.receiver))

    async def asked(self, since: date = FIRST, until: date = LAST, peer: str | None = None) -> list[RequestFate]:
        return sorted(await self.views.asked(since, until, peer), key=lambda one: one.sent_on)


@pytest.fixture
async def world(url: str) -> AsyncIterator[World]:
    engine = open_engine(url)
    await migrate(engine)
    yield World(engine)
    await engine.dispose()


def _sent(on: int, changes: dict[str, Any]) -> dict[str, Any]:
    return {"sender": ZHONGSHAN, "receiver": LUXIAN, "sent_on": june(on)} | changes


def offer(sent: int, **changes: Any) -> OfferFate:
    return OfferFate(**_sent(sent, changes))


def request(sent: int, **changes: Any) -> RequestFate:
    return RequestFate(**_sent(sent, changes))


async def test_what_became_of_each_transfer(world: World) -> None:
    case = await world.case()
    await world.transfer(case, "released", sent=1)
    await world.transfer(case, "accepted", (2, "signed_for"), (5, "accepted"), (9, "stage_published"), sent=2)
    disputed = 'competence_disputed {"ground": "HOUSEHOLD", "proposed_region": "510000"}'
    await world.transfer(await world.case(), "accepted", (4, disputed), (15, "designated"), (20, "accepted"), sent=3)
    await world.transfer(await world.case(), "linked_as_duplicate", (7, "linked_as_duplicate"), sent=4)
    await world.transfer(await world.case(), "supplement_required", (6, "supplement_required"), sent=5, due_on=LAST)
    assert await world.offered() == [
        offer(1, recalled=True),
        offer(2, answered_on=june(5), accepted_on=june(5)),
        offer(3, answered_on=june(4), accepted_on=june(20), ground="HOUSEHOLD"),
        offer(4, answered_on=june(7)),
        offer(5),
    ]


async def test_the_period_and_the_peer_choose_and_a_superior_counts_none(world: World) -> None:
    for sent in (1, 10, 20):
        await world.transfer(await world.case(), "offered", sent=sent)
    await world.transfer(await world.case(), "offered", sent=11, receiver=SICHUAN)
    await world.transfer(await world.case(), "competence_disputed", sent=12, side="superior", sender="440100")
    assert [one.sent_on for one in await world.offered(june(10), june(19))] == [june(10), june(11)]
    assert [one.receiver for one in await world.offered(peer=SICHUAN)] == [SICHUAN]


async def test_a_day_begins_at_midnight_in_china(world: World) -> None:
    last_minute = datetime(2026, 6, 10, 15, 59, tzinfo=UTC)
    await world.transfer(await world.case(), "offered", opened_at=last_minute)
    await world.transfer(await world.case(), "offered", opened_at=last_minute + timedelta(minutes=1))
    assert [one.sent_on for one in await world.offered(june(10), june(10))] == [june(10)]
    assert [one.sent_on for one in await world.offered(june(11), june(11))] == [june(11)]


def handled(recovered: int) -> Handling:
    """Refused to one person, then concluded with that amount."""
    said: dict[str, Any] = {"by": "陈静", "institution": ZHONGSHAN, "at": JUNE, "occurred_on": june(3)}
    refused = Decided(refusals=(Refusal(reason=RefusalReason.NOT_IN_HARDSHIP, explanation="由"),))
    concluded = Conclusion(
        procedure=Procedure.LITIGATION,
        days=(ClosingDay(event=next(iter(CaseEvent)), on=june(3)),),
        result=CaseResult.WON,
        recovered_fen=recovered,
        summary="结",
    )
    return Handling(
        entries=(
            Entry(what=Stage.GRANTED, part=refused, **said),
            Entry(what=Stage.CONCLUDED, part=concluded, **said),
        )
    )


async def test_amount_and_refusals_belong_to_the_transfer_by_which_the_case_came_here_last(world: World) -> None:
    case, here = await world.case(handled(750_000)), {"sender": LUXIAN, "receiver": ZHONGSHAN}
    await world.transfer(case, "accepted", (2, "accepted"), sent=1, side="receiver", **here)
    await world.transfer(case, "accepted", (3, "accepted"), sent=2, side="sender")
    await world.transfer(case, "accepted", (9, "accepted"), sent=8, side="receiver", **here)
    first, away, last = await world.offered()
    assert (first.recovered, first.refusals, away.recovered, away.refusals) == (None, frozenset(), None, frozenset())
    assert (last.recovered, last.refusals) == (750_000, frozenset({"NOT_IN_HARDSHIP"}))


async def test_what_became_of_each_request(world: World) -> None:
    case = await world.case()
    sent = "evidence_requested"
    await world.request(case, "drafted")
    await world.request(case, "requested", (2, f'{sent} {{"by_post": true}}'))
    await world.request(case, "undertaken", (3, sent), (4, "evidence_signed_for"), due_on=june(13))
    declined = 'evidence_declined {"reason": "HOLDER_NOT_HERE"}'
    await world.request(case, "declined", (4, sent), (6, declined), due_on=june(14))
    reworked = ((8, "evidence_returned"), (9, "evidence_rework_asked"), (12, "evidence_returned"))
    await world.request(case, "confirmed", (5, sent), *reworked, due_on=june(10))
    await world.request(case, "rework_asked", (6, sent), *reworked[:2], side="requested")
    await world.request(case, "cancelled", (7, sent))
    assert await world.asked() == [
        request(3, due_on=june(13), waiting=True),
        request(4, answered_on=june(6), due_on=june(14), reason="HOLDER_NOT_HERE"),
        request(5, answered_on=june(8), due_on=june(10), reworks=1),
        request(6, answered_on=june(8), reworks=1, sender=LUXIAN, receiver=ZHONGSHAN),
        request(7),
    ]


async def test_a_request_counts_on_the_day_on_which_it_was_sent_and_not_drafted(world: World) -> None:
    await world.request(await world.case(), "requested", (12, "evidence_requested"))
    assert [one.sent_on for one in await world.asked(june(12), june(12))] == [june(12)]
    assert await world.asked(june(1), june(11)) == []
    assert await world.asked(peer=SICHUAN) == []


async def test_both_ends_tell_the_same_figures_over_the_api(here: Api, there: Api) -> None:
    case = await here.offered()
    await here.carry(there)
    await there.done(case, "sign-for", institution=STATION, materials_counted=0)
    await there.done(case, "accept", institution=STATION)
    await there.carry(here)
    asking = await asked(here, there)
    await taken(there, asking, "sign-for")
    await there.carry(here)
    found = [(await api.get("/v1/reports/pairs?since=2026-01-01")).body for api in (here, there)]
    assert found[0] == found[1]
    [pair] = found[0]["pairs"]
    assert (pair["sender"], pair["receiver"]) == (ZHONGSHAN, LUXIAN)
    assert {name: pair["offers"][name] for name in ("sent", "accepted", "answered", "days_median")} == {
        "sent": 1,
        "accepted": 1,
        "answered": 1,
        "days_median": 0.0,
    }
    assert (pair["requests"]["sent"], pair["requests"]["answered"]) == (1, 0)
    assert (await here.get(f"/v1/reports/pairs?since=2026-01-01&peer={SICHUAN}")).body["pairs"] == []
    assert (await here.get("/v1/reports/pairs")).status == 422
    assert (await here.get("/v1/reports/pairs?since=2026-02-01&until=2026-01-31")).status == 422
    assert "李大山" not in json.dumps(found, ensure_ascii=False)
