"""Gives the entries in a database their places and signs a checkpoint over them, as the duties of a node do."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.audits import signer
from transfer.crypto.ledger_keys import origin
from transfer.crypto.notes import sign
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.tree import Growing, leaf_hash
from transfer.storage.engine import writing
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_entries, ledger_heads, ledger_leaves, ledger_seen
from transfer.telemetry import clock


async def place(engine: AsyncEngine) -> int:
    """All entries that have no place yet get theirs, in the order of their ids; gives the size."""
    async with writing(engine) as connection:
        known = set(await connection.scalars(select(ledger_leaves.c.entry)))
        size = len(known)
        for row in await connection.execute(select(ledger_entries).order_by(ledger_entries.c.id)):
            if row.id not in known:
                leaf = {"place": size, "entry": row.id, "hash": leaf_hash(row.body)}
                await connection.execute(insert(ledger_leaves), leaf)
                size += 1
        return size


async def sign_head(engine: AsyncEngine, region: str, *witnesses: str, at: datetime | None = None) -> Checkpoint:
    """A checkpoint over all entries, which get their places, cosigned by these regions."""
    await place(engine)
    tree, now = Growing(), at or clock.now()
    async with writing(engine) as connection:
        for leaf in await connection.scalars(select(ledger_leaves.c.hash).order_by(ledger_leaves.c.place)):
            tree.append(leaf)
        made = Checkpoint(origin(region), tree.size, tree.root)
        note = sign(made.text, signer(region))
        head = {"size": made.size, "root": made.root, "note": note, "at": now}
        await connection.execute(insert(ledger_heads), head)
        for one in witnesses:
            line = signer(one).cosignature(made.text, now)
            await connection.execute(
                insert(ledger_cosignatures), {"size": made.size, "region": one, "line": line, "at": now}
            )
    return made


async def see(engine: AsyncEngine, region: str, checkpoint: Checkpoint) -> None:
    """The node has seen this checkpoint of that region and cosigned it."""
    note = sign(checkpoint.text, signer(region))
    seen = {"region": region, "size": checkpoint.size, "root": checkpoint.root, "note": note}
    async with writing(engine) as connection:
        await connection.execute(insert(ledger_seen), seen | {"verdict": "cosigned", "at": clock.now()})
