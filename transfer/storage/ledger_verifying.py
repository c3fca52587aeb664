"""Verifies the ledger and the records, block by block, in as much memory as a block takes."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import bindparam, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.ledger.tiles import HEIGHT, Tiled, unfinished
from transfer.ledger.tree import Node
from transfer.ledger.verify import Fault, Leaf, NotSound, Verification
from transfer.storage.ledger_heads import SignedHeads
from transfer.storage.ledger_reading import hashes_at, size_of
from transfer.storage.ledger_records import Records
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves, ledger_nodes
from transfer.storage.types import RowId

BLOCK: Final = 1_024
_TILES: Final = 1 << 2 * HEIGHT
"""After so many entries the hashes that are kept of their tiles are looked at."""
MOST: Final = 100
"""Faults after which no more are looked for."""

_LEAVES: Final = (
    select(ledger_leaves.c.place, ledger_leaves.c.hash, ledger_entries.c.body)
    .join_from(ledger_leaves, ledger_entries, ledger_entries.c.id == ledger_leaves.c.entry, isouter=True)
    .where(
        ledger_leaves.c.place >= bindparam("start", type_=RowId),
        ledger_leaves.c.place < bindparam("stop", type_=RowId),
    )
    .order_by(ledger_leaves.c.place)
)
# Workers that start for each block cost more than they read.
_ONE_BACKEND: Final = text("SET LOCAL max_parallel_workers_per_gather = 0")
_COUNT: Final = select(func.count()).select_from(ledger_nodes)


@dataclass(slots=True, kw_only=True)
class Verified:
    """What was looked at and what is false. ``signed``: up to how many entries a signed root stands for them;
    ``erased``: of which persons and cases names and texts are gone, and why."""

    size: int = 0
    signed: int = 0
    erased: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


async def verify(connection: AsyncConnection, heads: SignedHeads, *, start: int = 0) -> Verified:
    """Everything: what was signed, the entries, the records against them. Stops after MOST faults, the first of each
    part first. Raises as ``verify_ledger``."""
    verified = Verified()
    verified.faults += [fault async for fault in heads.faults(connection)]
    try:
        verification = await verify_ledger(connection, heads.roots, start)
    except NotSound as error:
        verified.faults.append(Fault(f"place {error.place}", str(error)))
    else:
        verified.size, verified.signed = verification.tree.size, verification.agreed
    records = Records(connection)
    async for fault in records.faults():
        if len(verified.faults) >= MOST:
            break
        verified.faults.append(fault)
    verified.erased = {str(subject): str(why) for subject, why in records.held.erased.items()}
    return verified


async def verify_ledger(connection: AsyncConnection, roots: Mapping[int, bytes], start: int = 0) -> Verification:
    """The ledger that was found sound, from ``start`` entries on, whose root must be among the signed ``roots``.

    Raises NotSound for the first thing that is not, and ValueError where nothing was signed at ``start``.
    """
    if start and start not in roots:
        raise ValueError(f"no checkpoint of {start} entries is known to begin with")
    if connection.dialect.name == "postgresql":
        await connection.execute(_ONE_BACKEND)
    size = await size_of(connection)
    if start > size:
        raise NotSound(size, f"the entries from {size} on are gone: {start} were signed")
    verification = Verification(roots=roots, tree=await tree_at(connection, start))
    for first in range(start, size, _TILES):
        places = range(first, min(first + _TILES, size))
        async with aclosing(_blocks(connection, places)) as blocks:
            async for block in blocks:
                verification.take(block)
        verification.compare(await _kept(connection, places))
    verification.end()
    expected = sum(places.stop for level, places in unfinished(verification.tree.size) if level)
    if await connection.scalar(_COUNT) != expected:
        raise NotSound(verification.tree.size, "there are kept hashes over entries that there are not")
    return verification


async def tree_at(connection: AsyncConnection, size: int) -> Tiled:
    """The tree of the first ``size`` entries, by the hashes that are kept; raises NotSound where one is gone."""
    rows = {level: await hashes_at(connection, level, places) for level, places in unfinished(size)}
    for level, places in unfinished(size):
        if len(rows[level]) != len(places):
            raise NotSound(places.start << level, f"a hash that is kept at level {level} is gone")
    return Tiled(size, rows)


async def _blocks(connection: AsyncConnection, places: range) -> AsyncGenerator[Sequence[Leaf], None]:
    """Those at these places; while some are verified the database gets the next ready."""
    parts = (places[at : at + BLOCK] for at in range(0, len(places), BLOCK))
    ahead = asyncio.ensure_future(_block(connection, next(parts)))
    try:
        for part in parts:
            block = await ahead
            ahead = asyncio.ensure_future(_block(connection, part))
            await asyncio.sleep(0)  # until it has asked
            yield block
        yield await ahead
    finally:
        await asyncio.wait({ahead})


async def _block(connection: AsyncConnection, places: range) -> Sequence[Leaf]:
    # Of a million rows, making SQLAlchemy's takes longer than hashing them.
    found = await connection.execute(_LEAVES, {"start": places.start, "stop": places.stop})
    return found.cursor.fetchall()


async def _kept(connection: AsyncConnection, places: range) -> Mapping[Node, bytes]:
    """The hashes over tiles that end with one of these places."""
    start, stop = places.start, places.stop
    ended = [
        (ledger_nodes.c.level == level)
        & (ledger_nodes.c.place >= start >> level)
        & (ledger_nodes.c.place < stop >> level)
        for level in range(HEIGHT, stop.bit_length(), HEIGHT)
    ]
    if not ended:
        return {}
    rows = await connection.execute(select(ledger_nodes).where(or_(*ended)))
    return {Node(row.level, row.place): row.hash for row in rows}
