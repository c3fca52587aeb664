"""The product as a contender: decisions through its desk, its own outbox, relay, door, inbox and receipts."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Final
from uuid import UUID

from deploy.local.management import ManagedBroker
from tests.bench.bodies import CASES, TYPE, note
from tests.bench.role import Load, Place, Side, main
from tests.bench.times import Mark, Times
from transfer.actions.buttons import BUTTONS, offer_order, stage_order
from transfer.actions.commands import NewApplicant, Offer, OpenCase, PublishStage, Recall
from transfer.actions.desk import Order
from transfer.actions.intake import open_case
from transfer.broker.topology import Topology, all_pairs, definitions
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.lifecycle import State, Step
from transfer.messages.case import IdentityDocument
from transfer.messages.codes import (
    AidForm,
    IdentityKind,
    IntakeChannel,
    Matter,
    RecallReason,
    ReceiptOutcome,
    Stage,
)
from transfer.node import Node, build
from transfer.settings import Settings
from transfer.storage.migrate import migrate
from transfer.storage.store import Store
from transfer.storage.tables import outbox
from transfer.storage.work import SqlWork
from transfer.telemetry.clock import now
from transfer.telemetry.logs import set_up_logs

SENDING: Final = "442000"
RECEIVING: Final = "510500"
PASSWORD: Final = "bench"
CLERK: Final = {"by": "王芳", "institution": SENDING}
CLERKS: Final = 128
"""How many decisions are under way at once when the bench goes as fast as it can."""

_DIRECTORY: Final = {
    "regions": [
        {
            "code": code,
            "name_zh": name,
            "name_en": name,
            "institutions": [{"code": code, "name_zh": name, "name_en": name}],
        }
        for code, name in ((SENDING, "Zhongshan"), (RECEIVING, "Luzhou"))
    ]
}


class Watch:
    """Notes what each commit made true; the store itself is the product's own."""

    def __init__(self, times: Times) -> None:
        self.measuring = True
        work = Store.work

        @contextlib.asynccontextmanager
        async def watched(store: Store) -> AsyncIterator[SqlWork]:
            async with work(store) as done:
                yield done
            if self.measuring:
                _note(done, times)

        Store.work = watched  # type: ignore[method-assign] # the one seam of the bench


def _note(work: SqlWork, times: Times) -> None:
    applied = ReceiptOutcome.APPLIED
    entered = work._entered.values()
    told = (receipt for _, receipts in work._told for receipt in receipts)
    for mark, ids in (
        (Mark.COMMITTED, [row["message"] for row in work._rows[outbox] if row["type"] == TYPE]),
        (Mark.APPLIED, [entry.message for entry in entered if entry.type == TYPE and entry.outcome is applied]),
        (Mark.RECEIPTED, [receipt.message for receipt in told if receipt.outcome is applied]),
    ):
        if ids:
            times.note(mark, ids)


class ProductSender:
    """Clerks who publish stages of cases that the receiver follows."""

    def __init__(self, node: Node, watch: Watch) -> None:
        self._node = node
        self._watch = watch
        self._cases: list[UUID] = []

    async def prepare(self, load: Load) -> None:
        """Cases that the receiver was once offered, so that it follows them."""
        wanted = min(CASES, load.first + load.count)
        if len(self._cases) >= wanted:
            return
        self._watch.measuring = False
        opened = await self._all(Order(**CLERK, create=_application) for _ in range(wanted - len(self._cases)))
        offer = Offer(**CLERK, receiver=RECEIVING, letter="bench", reason="bench")
        offered = await self._all(offer_order(case.id, offer) for case in opened)
        recall = Recall(**CLERK, reason=RecallReason.SENT_IN_ERROR)
        button = BUTTONS[Step.RECALL]
        await self._all(button.order(case.id, case.transfers[-1].id, recall) for case in offered)
        self._cases += [case.id for case in opened]
        await self._until_released()
        self._watch.measuring = True

    async def send(self, load: Load) -> None:
        if load.rate is not None:
            async with asyncio.TaskGroup() as group:
                async for index in load.paced():
                    group.create_task(self._publish(index))
            return
        indexes = iter(range(load.first, load.first + load.count))

        async def clerk() -> None:
            for index in indexes:
                await self._publish(index)

        await asyncio.gather(*(clerk() for _ in range(CLERKS)))

    async def _publish(self, index: int) -> None:
        stage = Stage.UNDER_REVIEW if (index // CASES) % 2 == 0 else Stage.SUSPENDED
        command = PublishStage(**CLERK, stage=stage, occurred_on=legal_day(now()), note=note())
        await self._node.desk.carry_out(stage_order(self._cases[index % CASES], command))

    async def _all(self, orders: object) -> list[Case]:
        done = await asyncio.gather(*(self._node.desk.carry_out(order) for order in orders))  # type: ignore[attr-defined]
        return [case for case in done if isinstance(case, Case)]

    async def _until_released(self) -> None:
        while True:
            async with self._node.store.work() as work:
                cases = await work.load_cases(self._cases)
            if all(case.transfers[-1].state is State.RELEASED for case in cases.values()):
                return
            await asyncio.sleep(0.2)


def _application(context: object) -> object:
    command = OpenCase(
        **CLERK,
        matter=Matter.REMUNERATION,
        aid_form=AidForm.LABOUR_ARBITRATION,
        facts="The employer has paid no wages since March.",
        claim="Payment of 18,000 yuan.",
        channel=IntakeChannel.WINDOW,
        applicants=(NewApplicant(name="李强", identity=IdentityDocument(kind=IdentityKind.NONE)),),
    )
    return open_case(command, context)  # type: ignore[arg-type]


@contextlib.asynccontextmanager
async def _node(region: str, place: Place, times: Times) -> AsyncIterator[tuple[Node, Watch]]:
    set_up_logs(level="error", style="text")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(_DIRECTORY, file)
        file.flush()
        node = build(
            Settings.load(region=region, database_url=place.database, amqp_url=place.amqp, directory=Path(file.name))
        )
    await migrate(node.store.engine)
    watch = Watch(times)
    async with node.running():
        yield node, watch


@contextlib.asynccontextmanager
async def sends(place: Place, times: Times) -> AsyncIterator[ProductSender]:
    async with _node(SENDING, place, times) as (node, watch):
        yield ProductSender(node, watch)


@contextlib.asynccontextmanager
async def receives(place: Place, times: Times) -> AsyncIterator[None]:
    async with _node(RECEIVING, place, times):
        yield


def lay_out(broker: ManagedBroker, vhost: str) -> Mapping[Side, str]:
    """The product's own topology for two regions, each with its own user."""
    regions = (SENDING, RECEIVING)
    topology = Topology(regions=regions, allowed=all_pairs(regions))
    broker.load_definitions(definitions(topology, vhost=vhost, passwords=dict.fromkeys(regions, PASSWORD)))
    place = broker.amqp_url.rpartition("@")[2].rstrip("/")
    sender, receiver = (f"amqp://{region}:{PASSWORD}@{place}/{vhost}" for region in regions)
    return {"sender": sender, "receiver": receiver}


if __name__ == "__main__":
    main(sends=sends, receives=receives, last=Mark.RECEIPTED)
