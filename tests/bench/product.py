"""The product as a contender: decisions through its desk, its own outbox, relay, door, inbox and receipts."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg

from deploy.local.external import AMQPS_URL
from deploy.local.management import ManagedBroker
from tests.bench.bodies import CASES, TYPE, body, note
from tests.bench.role import Load, Place, Side, main
from tests.bench.times import Mark, Times
from tests.trust import Trust, as_text
from transfer.actions.buttons import BUTTONS, offer_order, stage_order
from transfer.actions.commands import NewApplicant, Offer, OpenCase, PublishStage, Recall
from transfer.actions.desk import Order
from transfer.actions.intake import open_case
from transfer.broker.topology import Topology, all_pairs, definitions
from transfer.crypto.directory import Institution, Region
from transfer.crypto.keys import SuiteName
from transfer.crypto.pki import Authority, save
from transfer.domain.case import Case
from transfer.domain.clocks import legal_day
from transfer.domain.decision import Decision
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
from transfer.node import Node, build, tune_collector
from transfer.ports.work import Context
from transfer.settings import Role, Settings
from transfer.storage.migrate import migrate
from transfer.storage.store import Store
from transfer.storage.tables import outbox
from transfer.storage.work import SqlWork
from transfer.telemetry.clock import now
from transfer.telemetry.logs import set_up_logs

SENDING: Final = "442000"
RECEIVING: Final = "510500"
PKI: Final = "BENCH_PKI"
"""The variable that names the folder of the authority that the broker trusts."""
CLERK: Final = "王芳"
CLERKS: Final = 128
"""How many decisions are under way at once when the bench goes as fast as it can."""

_REGIONS: Final = tuple(
    Region(
        code=code,
        name_zh=name,
        name_en=name,
        institutions=(Institution(code=code, name_zh=name, name_en=name),),
        suites=(SuiteName.JOSE,),
    )
    for code, name in ((SENDING, "Zhongshan"), (RECEIVING, "Luzhou"))
)
_TRUST: Final = "trust.json"


class Watch:
    """Notes what each commit made true; the store itself is the product's own."""

    def __init__(self, times: Times) -> None:
        self.measuring = True
        self._times = times
        # The one seam of the bench: every unit of work of this process passes here.
        self._work = Store.work
        setattr(Store, "work", lambda store: self.watched(store))  # noqa: B010, PLW0108 - a function binds the store

    @contextlib.asynccontextmanager
    async def watched(self, store: Store) -> AsyncIterator[SqlWork]:
        async with self._work(store) as done:
            yield done
        if self.measuring:
            _note(done, self._times)


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
        missing = wanted - len(self._cases)
        opened = await self._all(Order(by=CLERK, institution=SENDING, create=_application) for _ in range(missing))
        offer = Offer(by=CLERK, institution=SENDING, receiver=RECEIVING, letter="bench", reason="bench")
        offered = await self._all(offer_order(case.id, offer) for case in opened)
        recall = Recall(by=CLERK, institution=SENDING, reason=RecallReason.SENT_IN_ERROR)
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
        command = PublishStage(by=CLERK, institution=SENDING, stage=stage, occurred_on=legal_day(now()), note=note())
        await self._node.desk.carry_out(stage_order(self._cases[index % CASES], command))

    async def _all(self, orders: Iterable[Order]) -> list[Case]:
        done = await asyncio.gather(*(self._node.desk.carry_out(order) for order in orders))
        return [case for case in done if isinstance(case, Case)]

    async def _until_released(self) -> None:
        while True:
            async with self._node.store.work() as work:
                cases = await work.load_cases(self._cases)
            if all(case.transfers[-1].state is State.RELEASED for case in cases.values()):
                return
            await asyncio.sleep(0.2)


def _application(context: Context) -> Decision:
    command = OpenCase(
        by=CLERK,
        institution=SENDING,
        matter=Matter.REMUNERATION,
        aid_form=AidForm.LABOUR_ARBITRATION,
        facts="The employer has paid no wages since March.",
        claim="Payment of 18,000 yuan.",
        channel=IntakeChannel.WINDOW,
        applicants=(NewApplicant(name="李强", identity=IdentityDocument(kind=IdentityKind.NONE)),),
    )
    return open_case(command, context)


@contextlib.asynccontextmanager
async def _node(region: str, place: Place, times: Times) -> AsyncIterator[tuple[Node, Watch]]:
    set_up_logs(level="error", style="text")
    tune_collector()
    pki = Path(os.environ[PKI])
    trust: dict[str, dict[str, str]] = json.loads((pki / _TRUST).read_text())
    node = build(
        Settings.load(
            region=region,
            database_url=place.database,
            amqp_url=place.amqp,
            tls_ca=pki / "ca.pem",
            tls_cert=pki / f"{region}.pem",
            tls_key=pki / f"{region}.key",
            roles=frozenset({Role.RELAY, Role.INBOUND}),
            **trust[region],
        )
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


def _lay_out_trust(folder: Path, regions: Sequence[str]) -> None:
    """Keys and a signed directory, made once; the sides find their settings in a file."""
    file = folder / _TRUST
    if file.exists():
        return
    trust = Trust(folder=folder / "trust")
    note = trust.file(trust.directory(_REGIONS))
    settings = {region: as_text(trust.settings(region, note)) for region in regions}
    file.write_text(json.dumps(settings))


def lay_out(broker: ManagedBroker, vhost: str) -> Mapping[Side, str]:
    """The product's own topology for two regions, each with its own certificate."""
    regions = (SENDING, RECEIVING)
    _lay_out_trust(Path(os.environ[PKI]), regions)
    topology = Topology(regions=regions, allowed=all_pairs(regions), inbox_limit=1_000_000)
    broker.load_definitions(definitions(topology, vhost=vhost))
    folder, place = Path(os.environ[PKI]), os.environ[AMQPS_URL].rpartition("//")[2].rstrip("/")
    authority = Authority.load(folder)
    for region in regions:
        save(authority.region(region, now=now()), folder, region, replace=True)
    sender, receiver = (f"amqps://{region}@{place}/{vhost}" for region in regions)
    return {"sender": sender, "receiver": receiver}


_STOCK: Final[Mapping[Side, tuple[str, ...]]] = {
    "sender": (
        """
        INSERT INTO outbox (message, conversation, recipient, sequence, shard, type, digest, body, created_at,
                            attempts, published_at, outcome, settled_at)
        SELECT gen_random_uuid(), gen_random_uuid(), $2, 1, n % 16, $3,
               'sha256:' || encode(sha256(n::text::bytea), 'hex'), $4, now(), 1, now(), 'applied', now()
        FROM generate_series(1, $1::int) n
        """,
    ),
    "receiver": (
        """
        INSERT INTO inbox (source, message, conversation, sequence, type, digest, body, outcome, received_at)
        SELECT $2, gen_random_uuid(), gen_random_uuid(), 1, $3,
               'sha256:' || encode(sha256(n::text::bytea), 'hex'), $4, 'applied', now()
        FROM generate_series(1, $1::int) n
        """,
    ),
}
_HISTORY: Final = """
    INSERT INTO history (case_id, at, event, by, tenure, detail)
    SELECT gen_random_uuid(), now(), 'stage_published', 'bench', 1, '{}' FROM generate_series(1, $1::int) n
"""


async def stock(places: Mapping[Side, Place], count: int) -> None:
    """So many messages that are over and done with, in the tables of both sides, with their history."""
    peers = {"sender": RECEIVING, "receiver": SENDING}
    for side, place in places.items():
        connection = await asyncpg.connect(place.database, command_timeout=1800)
        try:
            for statement in _STOCK[side]:
                await connection.execute(statement, count, peers[side], TYPE, body(0))
            await connection.execute(_HISTORY, count)
            await connection.execute("ANALYZE")
        finally:
            await connection.close()


if __name__ == "__main__":
    main(sends=sends, receives=receives, last=Mark.RECEIPTED)
