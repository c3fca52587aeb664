"""Checkpoints on real databases: signed once, in a file before anybody hears of them, cosigned over restarts."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from errno import ENOSPC
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, update

from tests.builders import a_body
from tests.databases import BOTH, new_database
from tests.logbook import Log, an_entry, append, rewrite
from tests.plain import opened
from tests.trust import shared
from transfer.crypto.ledger_keys import verifiers, witnesses
from transfer.crypto.notes import verify, witnessed
from transfer.handlers.receive import receive
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Entry, Kind
from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.envelope import decode
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished
from transfer.node import Node, build
from transfer.ports.ledger import HeadsDisagree
from transfer.ports.work import Delivery
from transfer.settings import Settings
from transfer.storage.engine import reading
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_entries, ledger_heads, ledger_leaves, ledger_seen
from transfer.storage.migrate import migrate
from transfer.storage.receipts import SqlReceiptsDue
from transfer.storage.tables import inbox, outbox
from transfer.telemetry import clock
from transfer.telemetry.metrics import REGISTRY
from transfer.workers.checkpoints import CheckpointKeeper
from transfer.workers.head_file import HeadFile

ZHONGSHAN, LUXIAN = "442000", "510521"
MakeUrl = Callable[[], str]
LISTED: Final = [region.code for region in shared().directory().regions]


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> MakeUrl:
    """A new database each time."""
    return lambda: new_database(request, request.param, tmp_path, f"one_{uuid4().hex[:8]}")


@dataclass(slots=True, kw_only=True)
class Site:
    """A region's node without a broker, its database and its folder for state."""

    region: str
    url: str
    state: Path
    node: Node = field(init=False)

    def start(self) -> None:
        given = dict(shared().settings(self.region)) | {"state": self.state}
        settings = Settings.load(
            region=self.region,
            database_url=self.url,
            amqp_url="amqp://nobody:x@127.0.0.1:1/none",
            roles="relay,inbound",
            **given,
        )
        self.node = build(settings)

    async def restart(self) -> None:
        await self.node.store.engine.dispose()
        self.start()
        await self.node.ready()

    @property
    def keeper(self) -> CheckpointKeeper:
        assert self.node.keeper is not None
        return self.node.keeper

    async def grow(self, *entries: Entry) -> None:
        await append(self.node.store, *entries)

    async def rows(self, statement: Any) -> list[Any]:
        async with reading(self.node.store.engine) as connection:
            return list((await connection.execute(statement)).all())

    async def change(self, statement: Any) -> None:
        """Behind the service's back."""
        async with self.node.store.writing() as connection:
            await connection.execute(statement)

    async def heads(self) -> list[int]:
        return [row.size for row in await self.rows(select(ledger_heads.c.size).order_by(ledger_heads.c.size))]

    async def sent(self, recipient: str = LUXIAN) -> list[CheckpointPublished | CheckpointAnswered]:
        """What it said of ledgers to that region, in the order of sending."""
        found = await self.rows(select(outbox.c.body).where(outbox.c.recipient == recipient).order_by(outbox.c.row))
        return [
            data for row in found if isinstance(data := decode(row.body)[1], CheckpointPublished | CheckpointAnswered)
        ]

    async def take(self, *bodies: bytes) -> None:
        source = decode(bodies[0])[0].source
        deliveries = [Delivery(body=one, exchange=f"out.{source}", user_id=source) for one in bodies]
        context = self.node.context()
        async with self.node.store.work() as work:
            await receive(work, opened(deliveries, context), context)

    async def refused(self) -> int:
        [row] = await self.rows(select(func.count()).select_from(inbox).where(inbox.c.outcome != "applied"))
        return int(row[0])


async def carry(one: Site, other: Site) -> int:
    """All that one still has to say to the other, in its order, and the receipts back; gives how many."""
    due = select(outbox).where(outbox.c.recipient == other.region, outbox.c.settled_at.is_(None)).order_by(outbox.c.row)
    bodies = [row.body for row in await one.rows(due)]
    if not bodies:
        return 0
    await other.take(*bodies)
    receipts = SqlReceiptsDue(store=other.node.store)
    for owed in await receipts.due(limit=100, without=()):
        async with one.node.store.work() as work:
            work.record_receipts(other.region, owed.receipts)
        await receipts.told(owed.rows)
    return len(bodies)


@asynccontextmanager
async def a_site(region: str, url: str, state: Path) -> AsyncIterator[Site]:
    site = Site(region=region, url=url, state=state / region)
    site.start()
    await migrate(site.node.store.engine)
    await site.node.ready()
    yield site
    await site.node.store.engine.dispose()


@pytest.fixture
async def zhongshan(url: MakeUrl, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(ZHONGSHAN, url(), tmp_path) as site:
        yield site


@pytest.fixture
async def luxian(url: MakeUrl, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(LUXIAN, url(), tmp_path) as site:
        yield site


def entries(start: int, stop: int) -> list[Entry]:
    return [an_entry(number) for number in range(start, stop)]


# Signing ------------------------------------------------------------------------------------------------------


async def test_what_has_grown_is_signed_kept_filed_and_sent_to_every_other_region_once(zhongshan: Site) -> None:
    await zhongshan.grow(*entries(0, 13))
    assert await zhongshan.keeper.publish_once() == len(LISTED) - 1
    log = Log.of(ZHONGSHAN, 13)
    [head] = await zhongshan.rows(select(ledger_heads))
    assert (head.size, head.root, head.note) == (13, log.checkpoint(13).root, log.note(13))
    assert zhongshan.keeper.file.path.read_text() == head.note
    assert verify(head.note, verifiers(shared().directory().by_code[ZHONGSHAN])).text == log.checkpoint(13).text
    for region in LISTED:
        assert await zhongshan.sent(region) == ([] if region == ZHONGSHAN else [log.published(13)])
    assert await zhongshan.keeper.publish_once() == 0
    assert await zhongshan.heads() == [13]


async def test_nothing_is_signed_while_nothing_grew_or_no_entry_has_waited_long_enough(zhongshan: Site) -> None:
    assert await zhongshan.keeper.publish_once() == 0
    young = an_entry(0, at=clock.now() - zhongshan.keeper.every + timedelta(minutes=1))
    await zhongshan.grow(young)
    assert await zhongshan.keeper.publish_once() == 0
    assert await zhongshan.heads() == []
    assert not zhongshan.keeper.file.path.exists()


async def test_an_entry_of_a_clock_that_was_ahead_holds_no_signature_up(zhongshan: Site) -> None:
    await zhongshan.grow(an_entry(0, at=clock.now() + timedelta(days=150)), an_entry(1))
    await zhongshan.keeper.publish_once()
    assert await zhongshan.heads() == [2]


async def test_a_region_in_maintenance_is_not_written_to(zhongshan: Site) -> None:
    await zhongshan.grow(*entries(0, 3))
    listed = shared().directory()
    regions = [one.model_copy(update={"maintenance": "搬迁" if one.code == LUXIAN else None}) for one in listed.regions]
    resting = listed.model_copy(update={"regions": tuple(regions)})
    context = zhongshan.node.context
    keeper = replace(zhongshan.keeper, context=lambda: replace(context(), directory=resting))
    assert await keeper.publish_once() == len(LISTED) - 2
    assert await zhongshan.sent() == []


class Killed(Exception):
    """The node died."""


class Dying:
    """A room for work in a node that dies before it works."""

    def work(self) -> Any:
        raise Killed


async def test_what_was_signed_before_a_crash_is_published_after_it_as_it_was_signed(zhongshan: Site) -> None:
    await zhongshan.grow(*entries(0, 13))
    with pytest.raises(Killed):
        await replace(zhongshan.keeper, room=Dying()).publish_once()
    assert (await zhongshan.heads(), await zhongshan.sent()) == ([13], [])
    filed = zhongshan.keeper.file.path.read_text()
    await zhongshan.grow(an_entry(13, at=clock.now() - timedelta(seconds=13)))
    await zhongshan.restart()
    await zhongshan.keeper.check()
    assert await zhongshan.keeper.publish_once() == len(LISTED) - 1
    assert await zhongshan.sent() == [Log.of(ZHONGSHAN, 13).published(13)]
    assert zhongshan.keeper.file.path.read_text() == filed


class FullDisk(HeadFile):
    """A file on a disk that takes nothing any more."""

    async def write(self, note: str) -> None:
        raise OSError(ENOSPC, note)


async def test_nothing_is_published_that_is_not_in_the_file(zhongshan: Site) -> None:
    await zhongshan.grow(*entries(0, 13))
    with pytest.raises(OSError, match="legalaid"):
        await replace(zhongshan.keeper, file=FullDisk(folder=zhongshan.state)).publish_once()
    assert (await zhongshan.heads(), await zhongshan.sent()) == ([13], [])


async def test_two_processes_sign_one_checkpoint_and_send_it_once(zhongshan: Site) -> None:
    await zhongshan.grow(*entries(0, 13))
    other = Site(region=ZHONGSHAN, url=zhongshan.url, state=zhongshan.state)
    other.start()
    await other.node.ready()
    sent = await asyncio.gather(zhongshan.keeper.publish_once(), other.keeper.publish_once())
    assert sorted(sent) == [0, len(LISTED) - 1]
    assert await zhongshan.heads() == [13]
    await other.node.store.engine.dispose()


@pytest.mark.parametrize(
    ("changed", "says"),
    [("body", "entry 15"), ("leaf", "entry 15"), ("gap", "entry 15"), ("past", "first 13 entries")],
)
async def test_a_ledger_that_does_not_hold_together_is_not_signed(zhongshan: Site, changed: str, says: str) -> None:
    await zhongshan.grow(*entries(0, 13))
    await zhongshan.keeper.publish_once()
    await zhongshan.grow(*entries(13, 20))
    leaf = ledger_leaves.c.entry == an_entry(15).id
    match changed:
        case "body":
            body = an_entry(15, "!").body
            await zhongshan.change(
                update(ledger_entries).where(ledger_entries.c.id == an_entry(15).id).values(body=body)
            )
        case "leaf":
            await zhongshan.change(update(ledger_leaves).where(leaf).values(hash=bytes(32)))
        case "gap":
            await zhongshan.change(delete(ledger_leaves).where(leaf))
        case _:
            await rewrite(zhongshan.node.store, 4, ", rewritten")
    with pytest.raises(HeadsDisagree, match=says):
        await zhongshan.keeper.publish_once()
    assert await zhongshan.heads() == [13]


# Cosigning ----------------------------------------------------------------------------------------------------


async def test_regions_cosign_growth_over_restarts(zhongshan: Site, luxian: Site) -> None:
    known = witnesses(shared().directory().by_code[LUXIAN])
    for size, old in ((5, 0), (13, 5), (40, 13)):
        await zhongshan.grow(*entries(old, size))
        await zhongshan.keeper.publish_once()
        assert (await zhongshan.sent())[-1] == Log.of(ZHONGSHAN, size).published(size, old=old)
        assert await carry(zhongshan, luxian) == 1
        await luxian.restart()
        assert await carry(luxian, zhongshan) == 1
        await zhongshan.restart()
        [[head, [cosigned]], *_] = await zhongshan.node.checkpoints.own(3)
        assert (head.checkpoint.size, cosigned.region) == (size, LUXIAN)
        assert len(witnessed(head.note + cosigned.line, known)) == 1
    seen = await luxian.rows(select(ledger_seen.c.size, ledger_seen.c.verdict).order_by(ledger_seen.c.row))
    assert [tuple(row) for row in seen] == [(5, "cosigned"), (13, "cosigned"), (40, "cosigned")]
    noted = [Entry.parse(row.body) for row in await luxian.rows(select(ledger_entries).order_by(ledger_entries.c.id))]
    told = [(one.facts["size"], one.facts["verdict"]) for one in noted if one.kind.value == "witnessed"]
    assert told == [(5, "cosigned"), (13, "cosigned"), (40, "cosigned")]
    travelled = [one for one in noted if one.kind in (Kind.RECEIVED, Kind.SENT, Kind.SETTLED)]
    assert Counter(one.kind for one in travelled) == {Kind.RECEIVED: 3, Kind.SENT: 3, Kind.SETTLED: 3}
    assert {one.case for one in travelled} == {None}


async def test_while_one_checkpoint_is_on_its_way_no_other_is_sent(zhongshan: Site) -> None:
    for size in (5, 13):
        await zhongshan.grow(*entries(size - 5 if size == 5 else 5, size))
        await zhongshan.keeper.publish_once()
    assert await zhongshan.heads() == [5, 13]
    assert await zhongshan.sent() == [Log.of(ZHONGSHAN, 5).published(5)]


async def test_a_witness_that_lost_its_memory_is_proven_all_again(zhongshan: Site, luxian: Site) -> None:
    await zhongshan.grow(*entries(0, 5))
    await zhongshan.keeper.publish_once()
    await carry(zhongshan, luxian)
    await carry(luxian, zhongshan)
    await luxian.change(delete(ledger_seen))
    await zhongshan.grow(*entries(5, 13))
    for _ in range(2):
        await zhongshan.keeper.publish_once()
        await carry(zhongshan, luxian)
        await carry(luxian, zhongshan)
    answers = [one.refusal and one.refusal.code for one in await luxian.sent(ZHONGSHAN)]  # type: ignore[union-attr]
    assert answers == [None, CheckpointFault.UNKNOWN_SIZE, None]
    assert (await zhongshan.sent())[-1] == Log.of(ZHONGSHAN, 13).published(13)
    assert await zhongshan.rows(select(ledger_cosignatures).where(ledger_cosignatures.c.size == 13))


async def test_a_fork_is_remembered_over_restarts(zhongshan: Site, luxian: Site, tmp_path: Path) -> None:
    await zhongshan.grow(*entries(0, 13))
    await zhongshan.keeper.publish_once()
    await carry(zhongshan, luxian)
    await carry(luxian, zhongshan)
    await rewrite(zhongshan.node.store, 4, ", rewritten")
    await zhongshan.change(delete(ledger_cosignatures))
    await zhongshan.change(delete(ledger_heads))
    await zhongshan.grow(*entries(13, 20))
    forger = replace(zhongshan.keeper, file=HeadFile(folder=tmp_path / "elsewhere"))
    for size in (20, 26):
        await forger.publish_once()
        await carry(zhongshan, luxian)
        await luxian.restart()
        await carry(luxian, zhongshan)
        await zhongshan.grow(*entries(size, size + 6))
    answers = [one for one in await luxian.sent(ZHONGSHAN) if isinstance(one, CheckpointAnswered)]
    assert [one.refusal.code if one.refusal else None for one in answers] == [
        None,
        CheckpointFault.FORK,
        CheckpointFault.FORK,
    ]
    evidence = answers[-1].refusal.notes if answers[-1].refusal else ()
    honest, forged = (Checkpoint.of_note(note) for note in evidence)
    assert honest == Log.of(ZHONGSHAN, 13).checkpoint(13)
    assert forged.size == 20
    seen = (await luxian.node.checkpoints.seen([ZHONGSHAN]))[ZHONGSHAN]
    assert (seen.note, seen.fork) == evidence
    assert await zhongshan.rows(select(ledger_cosignatures)) == []


async def test_two_processes_that_take_in_one_regions_checkpoints_keep_their_order(luxian: Site) -> None:
    log, other = Log.of(ZHONGSHAN, 60), Site(region=LUXIAN, url=luxian.url, state=luxian.state)
    other.start()
    await other.node.ready()

    def body(size: int) -> bytes:
        message = log.published(size, old=size - 1)
        return a_body(message, id=uuid4(), source=ZHONGSHAN, recipient=LUXIAN, sequence=size)

    for size in range(1, 21, 2):
        await asyncio.gather(luxian.take(body(size)), other.take(body(size + 1)))
    assert await luxian.refused() == 0
    seen = [row.size for row in await luxian.rows(select(ledger_seen.c.size).order_by(ledger_seen.c.row))]
    assert seen == list(range(1, 21))
    await other.node.store.engine.dispose()


# The start ----------------------------------------------------------------------------------------------------


@pytest.fixture
async def signed(zhongshan: Site) -> Site:
    """With two checkpoints, the last one in the file."""
    for start, stop in ((0, 5), (5, 13)):
        await zhongshan.grow(*entries(start, stop))
        await zhongshan.keeper.publish_once()
    await zhongshan.restart()
    return zhongshan


async def test_a_node_whose_records_agree_starts(signed: Site) -> None:
    await signed.keeper.check()
    signed.keeper.file.path.write_text(Log.of(ZHONGSHAN, 5).note(5))
    await signed.keeper.check()
    signed.keeper.file.path.unlink()
    await signed.keeper.check()


async def refusal(site: Site) -> str:
    """Why the node does not start; it does not run then."""
    with pytest.raises(HeadsDisagree) as why:
        async with site.node.running():
            raise AssertionError
    return str(why.value)


async def test_another_root_at_the_same_size_is_no_start(signed: Site) -> None:
    signed.keeper.file.path.write_text(Log.of(ZHONGSHAN, 13, other_from=3).note(13))
    assert "ledger.head" in await refusal(signed)


async def test_a_database_that_is_smaller_than_the_file_says_is_no_start(signed: Site) -> None:
    signed.keeper.file.path.write_text(Log.of(ZHONGSHAN, 14).note(14))
    assert "holds 13 entries" in await refusal(signed)


async def test_leaves_that_are_not_those_that_were_signed_are_no_start(signed: Site) -> None:
    await rewrite(signed.node.store, 7, ", rewritten")
    assert "first 13 entries" in await refusal(signed)
    signed.keeper.file.path.unlink()
    await signed.restart()
    assert "its last checkpoint" in await refusal(signed)


async def test_a_checkpoint_that_was_altered_is_no_start(signed: Site) -> None:
    other = Log.of(ZHONGSHAN, 13, other_from=3)
    last = update(ledger_heads).where(ledger_heads.c.size == 13)
    await signed.change(last.values(note=other.note(13)))
    assert "was altered" in await refusal(signed)
    await signed.change(last.values(note=other.note(13), root=other.checkpoint(13).root))
    await signed.restart()
    assert "its last checkpoint" in await refusal(signed)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "3 lines"),
        (b"\xff\xfe", "codec"),
        (Log.of(ZHONGSHAN, 13).note(13).replace("13\n", "013\n").encode(), "line 2"),
        (Log.of(LUXIAN, 13).note(13).encode(), "not of legalaid/442000"),
    ],
)
async def test_a_file_that_cannot_be_read_is_no_start(signed: Site, content: bytes, says: str) -> None:
    signed.keeper.file.path.write_bytes(content)
    assert says in await refusal(signed)


async def test_what_was_changed_while_the_node_runs_is_not_covered_up(signed: Site) -> None:
    """Also when the checkpoint in the database was changed with the leaves."""
    other, filed = Log.of(ZHONGSHAN, 13, other_from=7), signed.keeper.file.path.read_text()
    for number in range(7, 13):
        await rewrite(signed.node.store, number, ", rewritten")
    await signed.change(delete(ledger_cosignatures))
    await signed.change(
        update(ledger_heads)
        .where(ledger_heads.c.size == 13)
        .values(note=other.note(13), root=other.checkpoint(13).root)
    )
    await signed.grow(*entries(13, 20))
    before = alarms()
    with pytest.raises(HeadsDisagree, match=r"ledger\.head"):
        await signed.keeper.publish_once()
    assert (await signed.heads(), signed.keeper.file.path.read_text()) == ([5, 13], filed)
    assert alarms() == before + 1


def alarms() -> float:
    return REGISTRY.get_sample_value("transfer_alarms_total", {"kind": "ledger_disagrees"}) or 0.0
