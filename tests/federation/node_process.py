"""A region's node as a process of its own: it obeys the test, and dies or stops exactly where the test says."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import event

from tests.asking import COLLECTOR, HEAD, LAWYER, a_piece, an_item
from tests.federation.fates import Fate, Point, seal
from transfer import node as composition
from transfer.actions.buttons import BUTTONS, EVIDENCE_BUTTONS, draft_order, offer_order, stage_order
from transfer.actions.commands import Accept, NewApplicant, Offer, OpenCase, PublishStage, Recall, SignFor
from transfer.actions.desk import Idempotency, Order
from transfer.actions.evidence_commands import DraftRequest
from transfer.actions.intake import open_case
from transfer.broker import connection as broker_connection
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
from transfer.domain.evidence import EvidenceRequest
from transfer.domain.evidence_table import RequestStep
from transfer.domain.lifecycle import Step
from transfer.handlers import dispatch, opening
from transfer.handlers import receive as door
from transfer.handlers.replay import replay
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import AidForm, IdentityKind, IntakeChannel, Matter, RecallReason, Stage
from transfer.messages.codes_evidence import ItemResult
from transfer.messages.envelope import (
    MESSAGE_TYPES,
    Attributes,
    UnknownType,
    decode,
    decode_attributes,
    digest_of,
)
from transfer.messages.evidence_items import ItemAnswer
from transfer.messages.values import Frozen
from transfer.node import Node, build
from transfer.ports.work import Answered, Cause
from transfer.settings import Settings
from transfer.storage.engine import reading
from transfer.storage.quarantine import SqlQuarantine
from transfer.storage.tables import quarantine
from transfer.storage.work import SqlWork
from transfer.telemetry import clock as system_clock
from transfer.telemetry.logs import set_up_logs

_RECORD: Final = SqlWork.record
_PAGES: Final = 2**30
_REQUEST: Final = digest_of(b"one request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How the process is to live, and how it ends."""

    settings: Mapping[str, Any]
    log: Path
    heartbeat: int = 2
    end_at: Point | None = None
    times: int = 1
    signal: int = signal.SIGKILL
    ahead: float = 0.0


@dataclass(slots=True, kw_only=True)
class Clock:
    """The system's clock, set ahead or back by the test."""

    ahead: timedelta

    def __call__(self) -> datetime:
        return system_clock.now() + self.ahead


# What a test can ask of the process ------------------------------------------------------------------------


@dataclass(slots=True, kw_only=True)
class Clerk:
    """Does what the test asks; each public method is one command. Cases are named by their ids as text."""

    node: Node
    clock: Clock
    api: str | None = None
    pages: int = _PAGES

    def __post_init__(self) -> None:
        if self.node.store.is_sqlite:
            event.listen(self.node.store.engine.sync_engine, "begin", self._limit)

    def _limit(self, connection: SqlConnection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count={self.pages}")

    @property
    def _who(self) -> dict[str, Any]:
        return {"by": "王芳", "institution": self.node.settings.region}

    async def ready(self) -> dict[str, object]:
        """What can be reached."""
        inbound = self.node.consumer
        publisher = self.node.publisher
        return {
            "publisher": publisher is None or publisher.connected,
            "consumer": inbound is None or inbound.connected,
            "failures": {duty.name: duty.failures for duty in self.node.duties},
        }

    async def address(self) -> str | None:
        """Of its API."""
        return self.api

    async def open(self, count: int = 1, facts: str = "欠薪") -> list[str]:
        command = OpenCase(
            **self._who,
            matter=Matter.REMUNERATION,
            aid_form=AidForm.LABOUR_ARBITRATION,
            facts=facts,
            claim="18000元",
            channel=IntakeChannel.WINDOW,
            applicants=(NewApplicant(name="李𠮷·强", identity=IdentityDocument(kind=IdentityKind.NONE)),),
        )
        order = Order(**self._who, create=lambda context: open_case(command, context))
        return [str(case.id) for case in await self._all([order] * count)]

    async def offer(self, cases: Sequence[str], to: str) -> None:
        await self._all([self._offer(case, to) for case in cases])

    async def offer_by_key(self, case: str, to: str, key: str) -> str:
        """Offer under an idempotency key; gives the body of the response."""
        asked = Idempotency(key=key, request=_REQUEST, respond=_response)
        answer = await self.node.desk.carry_out(replace(self._offer(case, to), idempotency=asked))
        return answer.body.decode() if isinstance(answer, Answered) else _response(answer).body.decode()

    async def sign_for(self, cases: Sequence[str]) -> None:
        await self._press(Step.SIGN_FOR, cases, SignFor(**self._who, materials_counted=0))

    async def accept(self, cases: Sequence[str]) -> None:
        await self._press(Step.ACCEPT, cases, Accept(**self._who))

    async def recall(self, cases: Sequence[str]) -> None:
        await self._press(Step.RECALL, cases, Recall(**self._who, reason=RecallReason.SENT_IN_ERROR))

    async def stage(self, cases: Sequence[str], stage: str = "under_review") -> None:
        today = legal_day(self.clock())
        command = PublishStage(**self._who, stage=Stage(stage), occurred_on=today)
        await self._all([stage_order(UUID(case), command) for case in cases])

    async def ask(self, case: str, to: str) -> None:
        """An evidence request, approved by another person and sent."""
        command = DraftRequest(
            **self._who,
            requested=to,
            letter="中援协字〔2026〕1号",
            purpose="追索劳动报酬",
            told="申请人在该厂工作六个月，工资未付。",
            lawyer=LAWYER,
            items=(an_item(),),
        )
        await self.node.desk.carry_out(draft_order(UUID(case), command))
        for step in (RequestStep.APPROVE, RequestStep.SEND):
            await self._take(case, step, by=HEAD)

    async def answer(self, case: str) -> None:
        """The last request on the case is signed for, undertaken, answered by one person and returned by another."""
        await self._take(case, RequestStep.SIGN_FOR)
        request = await self._take(case, RequestStep.UNDERTAKE, collector=COLLECTOR)
        found = [
            ItemAnswer(item=one.id, result=ItemResult.OBTAINED, pieces=(a_piece(self.clock()),))
            for one in request.items
        ]
        await self._take(case, RequestStep.RECORD, by=COLLECTOR, answers=tuple(found))
        await self._take(case, RequestStep.RETURN, letter="复字第1号")

    async def confirm(self, case: str) -> None:
        await self._take(case, RequestStep.CONFIRM)

    async def _take(self, case: str, step: RequestStep, **typed: Any) -> EvidenceRequest:
        async with self.node.store.work() as work:
            known = await work.load_cases([UUID(case)])
        button, request = EVIDENCE_BUTTONS[step], known[UUID(case)].requests[-1].id
        command = button.command(**(self._who | typed))
        [done] = await self._all([button.order(UUID(case), request, command)])
        return done.request(request)

    async def chat(self, case: str, turns: int) -> None:
        """Stages of one case, one after another: its conversation grows by as many messages."""
        for turn in range(turns):
            await self.stage([case], "suspended" if turn % 2 else "under_review")

    async def set_clock(self, ahead: float) -> None:
        """Seconds ahead of the real time."""
        self.clock.ahead = timedelta(seconds=ahead)

    async def break_handler(self, message_type: str) -> None:
        """From now on the handler of this type raises."""
        model = MESSAGE_TYPES[message_type]
        setattr(door, "HANDLERS", {**dispatch.HANDLERS, model: _broken})  # noqa: B010 - a constant of the product

    async def mend_handlers(self) -> None:
        setattr(door, "HANDLERS", dispatch.HANDLERS)  # noqa: B010 - as above

    async def forget_type(self, message_type: str) -> None:
        """Become an earlier release, which does not know this type yet."""

        def older(body: bytes) -> tuple[Attributes, Frozen]:
            if decode_attributes(body).type == message_type:
                raise UnknownType(message_type)
            return decode(body)

        setattr(opening, "decode", older)  # noqa: B010 - as above

    async def learn_types(self) -> None:
        setattr(opening, "decode", decode)  # noqa: B010 - as above

    async def break_recording(self, case: str) -> None:
        """Storage fails on this case in a way that no error of the ports names."""

        def broken(work: SqlWork, decision: Decision, cause: Cause) -> Case:
            if str(decision.case.id) == case:
                raise RuntimeError("nobody foresaw this")
            return _RECORD(work, decision, cause)

        setattr(SqlWork, "record", broken)  # noqa: B010 - as above

    async def mend_recording(self) -> None:
        setattr(SqlWork, "record", _RECORD)  # noqa: B010 - as above

    async def fill_disk(self) -> None:
        """From now on the database may not grow by a page."""
        self.pages = 1

    async def free_disk(self) -> None:
        self.pages = _PAGES

    async def replay(self) -> list[str]:
        """Try everything in quarantine that was not applied again, oldest first; gives the verdicts."""
        waiting = quarantine.select().where(quarantine.c.applied_at.is_(None))
        async with reading(self.node.store.engine) as connection:
            rows = (await connection.execute(waiting.order_by(quarantine.c.at, quarantine.c.id))).all()
        verdicts: list[str] = []
        for row in rows:
            async with SqlQuarantine(store=self.node.store).handling() as work:
                done = await replay(work, row.id, self.node.context(), self.node.wire, by="os:tests")
                verdicts.append(type(done.verdict).__name__)
        return verdicts

    def _offer(self, case: str, to: str) -> Order:
        offer = Offer(**self._who, receiver=to, letter="中援转〔2026〕1号", reason="合同履行地")
        return offer_order(UUID(case), offer)

    async def _press(self, step: Step, cases: Sequence[str], command: Any) -> None:
        async with self.node.store.work() as work:
            known = await work.load_cases([UUID(case) for case in cases])
        orders = [BUTTONS[step].order(case.id, case.transfers[-1].id, command) for case in known.values()]
        assert len(orders) == len(cases)
        await self._all(orders)

    async def _all(self, orders: Sequence[Order]) -> list[Case]:
        done = await asyncio.gather(*(self.node.desk.carry_out(order) for order in orders))
        return [case for case in done if isinstance(case, Case)]


def _response(case: Case) -> Answered:
    body = f"{case.id} {case.version}"
    return Answered(request=_REQUEST, status=201, body=body.encode())


def _broken(_arrival: object, _message: object) -> Decision:
    raise ZeroDivisionError


# The process ---------------------------------------------------------------------------------------------


def live(orders: Connection, plan: Plan) -> None:
    """The main function of the process: build the node, run it, and obey until told to stop."""
    output = os.open(plan.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    set_up_logs(level="info", style="json")
    # Constants of the product, shortened as the pauses among the settings are.
    setattr(broker_connection, "_HEARTBEAT", plan.heartbeat)  # noqa: B010 - as said
    setattr(broker_connection, "_PAUSE_AFTER_REFUSAL", (1.0, 2.0))  # noqa: B010 - as said
    setattr(composition, "CURE_SECONDS", 0.3)  # noqa: B010 - as said
    try:
        asyncio.run(_live(orders, plan))
    except (EOFError, BrokenPipeError):
        os._exit(1)  # the test has gone


async def _live(orders: Connection, plan: Plan) -> None:
    clock = Clock(ahead=timedelta(seconds=plan.ahead))
    node = build(Settings.load(**plan.settings), clock=clock)
    seal(node, Fate(point=plan.end_at, times=plan.times, signal=plan.signal))
    clerk = Clerk(node=node, clock=clock)
    coming: asyncio.Queue[tuple[int, str, dict[str, Any]]] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def take() -> None:
        try:
            coming.put_nowait(orders.recv())
        except (EOFError, OSError):
            os._exit(1)  # the test has gone

    async def obey(number: int, name: str, words: dict[str, Any]) -> None:
        try:
            given = await getattr(clerk, name)(**words)
        except Exception as error:  # noqa: BLE001 - told to the test
            orders.send((number, type(error).__name__, str(error)))
        else:
            orders.send((number, None, given))

    async with node.running() as clerk.api:
        loop.add_reader(orders.fileno(), take)
        at_work: set[asyncio.Task[None]] = set()
        while True:
            number, name, words = await coming.get()
            if name == "stop":
                break
            task = asyncio.create_task(obey(number, name, words))
            at_work.add(task)
            task.add_done_callback(at_work.discard)
