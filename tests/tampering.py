"""A ledger of two regions that was played, and changes to one of them behind the service's back."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Column, Table, delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.integration.api_node import LUXIAN, ZHONGSHAN, Api, serving, today
from tests.integration.test_api_evidence import asked
from transfer.crypto.ledger_keys import ledger_signer, origin
from transfer.crypto.notes import sign
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind
from transfer.ledger.tree import hash_of, head
from transfer.ledger.verify import Fault
from transfer.messages.codes import Hop, ReceiptOutcome, RefusalCode
from transfer.messages.envelope import digest_of
from transfer.messages.receipts import Receipt, Refusal
from transfer.ports.ledger import Happened
from transfer.storage.engine import reading, writing
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_reading import SqlLedgerReading
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_entries, ledger_heads, ledger_seen
from transfer.storage.ledger_verifying import Verified, verify
from transfer.storage.sequencing import SqlSequencer
from transfer.storage.tables import directories, outbox, rule_sets
from transfer.telemetry import clock

Change = Callable[[AsyncConnection], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """Zhongshan's node, whose records are tampered with, and that of Luxian, which cosigned its checkpoint."""

    here: Api
    there: Api

    @property
    def heads(self) -> SignedHeads:
        return SignedHeads(region=ZHONGSHAN, regions=self.here.node.book.latest.by_code)

    async def verified(self, *changes: Change, start: int = 0) -> Verified:
        """What the audit says after these changes, which are undone again."""
        async with self.here.node.store.engine.connect() as connection:
            begun = await connection.begin()
            await unguarded(connection)
            for change in changes:
                await change(connection)
            found = await verify(connection, self.heads, start=start)
            await begun.rollback()
        return found

    async def faults(self, *changes: Change) -> Sequence[Fault]:
        return (await self.verified(*changes)).faults

    def signed(self, size: int, root: bytes) -> str:
        """A checkpoint that Zhongshan signs, whatever is in it."""
        return sign(Checkpoint(origin(ZHONGSHAN), size, root).text, ledger_signer(self.here.node.wire))

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        async with reading(self.here.node.store.engine) as connection:
            found = await connection.execute(select(table).order_by(*table.primary_key.columns))
            return [dict(row) for row in found.mappings()]


async def unguarded(connection: AsyncConnection) -> None:
    """As the owner of the database can, without the constraints that would stop somebody else."""
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        await connection.execute(text("PRAGMA ignore_check_constraints = ON"))
    else:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))


async def without_checks(connection: AsyncConnection, table: Table) -> None:
    """Until it is rolled back."""
    if connection.dialect.name != "sqlite":
        for check in table.constraints:
            if isinstance(check, CheckConstraint):
                await connection.execute(text(f"ALTER TABLE {table.name} DROP CONSTRAINT {check.name}"))


def at(table: Table, row: dict[str, Any]) -> Any:
    """The condition that finds this row."""
    found = [column == row[column.name] for column in table.primary_key.columns]
    return found[0] if len(found) == 1 else found[0] & at_more(found[1:])


def at_more(rest: list[Any]) -> Any:
    return rest[0] if len(rest) == 1 else rest[0] & at_more(rest[1:])


def changed(table: Table, row: dict[str, Any], **values: Any) -> Change:
    async def change(connection: AsyncConnection) -> None:
        await without_checks(connection, table)
        assert (await connection.execute(update(table).where(at(table, row)).values(values))).rowcount == 1

    return change


def deleted(table: Table, row: dict[str, Any]) -> Change:
    async def change(connection: AsyncConnection) -> None:
        assert (await connection.execute(delete(table).where(at(table, row)))).rowcount == 1

    return change


def inserted(table: Table, row: dict[str, Any]) -> Change:
    async def change(connection: AsyncConnection) -> None:
        await without_checks(connection, table)
        await connection.execute(insert(table).values(row))

    return change


def swapped(table: Table, first: dict[str, Any], second: dict[str, Any], *names: str) -> Sequence[Change]:
    """Two rows have each other's values in these columns; something third stands in between, since some are unique."""
    between = {name: other(table.c[name], first[name]) for name in names}
    return [
        changed(table, first, **between),
        changed(table, second, **{name: first[name] for name in names}),
        changed(table, {**first, **between}, **{name: second[name] for name in names}),
    ]


def other(column: Column[Any], value: Any) -> Any:
    """Another value that the column could hold."""
    if value is None:
        value = {bytes: b"", str: "", int: 0, UUID: UUID(int=0)}.get(column.type.python_type, clock.now())
        if column.type.python_type is date:
            value = date(2026, 1, 1)
    match value:
        case bool() | int():
            return value + 1
        case UUID():
            return uuid4()
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 1]) if value else b"x" * (getattr(column.type, "length", 0) or 1)
        case datetime():
            return value + timedelta(seconds=1)
        case date():
            return value + timedelta(days=1)
        case str() if value.startswith(("{", "[")):
            return '{"another": "document"}'
        case str():
            return value[:-1] + ("1" if value[-1:] != "1" else "2")
        case _:
            raise TypeError(column.name)


async def note(api: Api, *happened: Happened) -> None:
    async with writing(api.node.store.engine) as connection:
        await api.node.store.noting.write(connection, happened, now=clock.now())


async def sequenced(api: Api) -> int:
    """Every entry has its place; gives how many there are."""
    sequencer = SqlSequencer(store=api.node.store, clock=clock.now)
    while await sequencer.place_once():
        pass
    return await SqlLedgerReading(store=api.node.store).size()


async def checkpoint(api: Api) -> str:
    """What the node would sign of its ledger now, signed."""
    ledger = SqlLedgerReading(store=api.node.store)
    size = await ledger.size()
    root = hash_of(head(size), await ledger.hashes(head(size)))
    return sign(Checkpoint(origin(api.region), size, root).text, ledger_signer(api.node.wire))


async def signed(api: Api, *witnesses: Api) -> int:
    """A checkpoint of all that has its place, kept, and cosigned by these; gives its size."""
    size, made = await sequenced(api), await checkpoint(api)
    content = Checkpoint.parse(made.rpartition("\n\n")[0] + "\n")
    async with writing(api.node.store.engine) as connection:
        row = {"size": content.size, "root": content.root, "note": made, "at": clock.now()}
        await connection.execute(insert(ledger_heads).values(row))
        for one in witnesses:
            line = ledger_signer(one.node.wire).cosignature(content.text, clock.now())
            row = {"size": size, "region": one.region, "line": line, "at": clock.now()}
            await connection.execute(insert(ledger_cosignatures).values(row))
    return size


async def seen(api: Api, of: Api) -> None:
    """The node keeps what the other one signed of its own ledger."""
    made = await checkpoint(of)
    content = Checkpoint.parse(made.rpartition("\n\n")[0] + "\n")
    row = {"region": of.region, "size": content.size, "root": content.root, "note": made, "at": clock.now()}
    async with writing(api.node.store.engine) as connection:
        await connection.execute(insert(ledger_seen).values(row | {"verdict": "cosigned"}))


READINGS: Final = 300
"""More than the leaves of a tile."""


def a_reading(number: int) -> Happened:
    facts = {"what": "case", "id": str(UUID(int=number)), "unmasked": False, "count": 1}
    return Happened(kind=Kind.READ, at=clock.now(), facts=facts, texts={"by": "审计员"})


@asynccontextmanager
async def played(folder: Path, urls: dict[str, str | None]) -> AsyncIterator[Played]:
    """Two cases, one handed over and one with an evidence request; messages applied, refused and set aside; entries
    enough for a whole tile, two checkpoints, and some entries after them."""
    async with (
        serving(folder, ZHONGSHAN, database_url=urls[ZHONGSHAN]) as here,
        serving(folder, LUXIAN, database_url=urls[LUXIAN]) as there,
    ):
        case = await here.offered(limitation_on=today(days=200))
        await here.carry(there)
        await there.done(case, "sign-for", materials_counted=0)
        await there.done(case, "accept")
        await there.carry(here)
        reached = {"by": "张伟", "institution": LUXIAN, "stage": "under_review", "occurred_on": today()}
        assert (await there.post(f"/v1/cases/{case['id']}/stages", reached)).status == 200
        await there.carry(here)
        await asked(here, there)
        await here.opened()
        await here.take_in(b"no message", b"nor this", source=LUXIAN)
        await _receipted(here)
        await _not_noted_yet(here)
        await note(here, *(a_reading(number) for number in range(READINGS)))
        await signed(here, there)
        await note(here, *(a_reading(number) for number in range(5)))
        await sequenced(there)
        await seen(here, there)
        await signed(here, there)
        await note(here, a_reading(0))
        await sequenced(here)
        yield Played(here=here, there=there)


async def _receipted(api: Api) -> None:
    """The first message was applied, the second one refused."""
    async with reading(api.node.store.engine) as connection:
        first, second, *_ = (await connection.execute(select(outbox).order_by(outbox.c.row))).all()
    said = Refusal(code=RefusalCode.ILLEGAL_STEP, hop=Hop.RECIPIENT, detail="no", resend=False)
    given: dict[str, Any] = {"at": clock.now()}
    async with api.node.store.work() as work:
        for row, outcome, refusal in (
            (first, ReceiptOutcome.APPLIED, None),
            (second, ReceiptOutcome.REFUSED, said),
        ):
            receipt = Receipt(message=row.message, digest=row.digest, outcome=outcome, refusal=refusal, **given)
            work.record_receipts(row.recipient, [receipt])


async def _not_noted_yet(api: Api) -> None:
    """Directories and rules, where the node does not note them itself."""
    async with reading(api.node.store.engine) as connection:
        kinds = set(await connection.scalars(select(ledger_entries.c.kind)))
        notes = (await connection.execute(select(directories))).all()
        sets = (await connection.execute(select(rule_sets))).all()
    told: list[tuple[Kind, dict[str, Any]]] = [
        *((Kind.DIRECTORY, {"version": one.version, "digest": digest_of(one.note.encode())}) for one in notes),
        *((Kind.RULES, {"origin": one.origin, "version": one.version, "digest": one.digest}) for one in sets),
    ]
    missing = [Happened(kind=kind, at=clock.now(), facts=one) for kind, one in told if kind.value not in kinds]
    if missing:
        await note(api, *missing)
