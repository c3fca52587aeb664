"""The checkpoints that were signed and cosigned, as they lie in the database, held against the keys that are known."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from transfer.crypto.directory import Region
from transfer.crypto.errors import CryptoError
from transfer.crypto.ledger_keys import origin, verifiers, witnesses
from transfer.crypto.notes import verify, witnessed
from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ledger.verify import Fault
from transfer.storage.ledger_tables import ledger_cosignatures, ledger_heads, ledger_seen

_HEADS: Final = select(ledger_heads).order_by(ledger_heads.c.size)
_COSIGNED: Final = (
    select(ledger_cosignatures, ledger_heads.c.note)
    .join(ledger_heads, ledger_heads.c.size == ledger_cosignatures.c.size, isouter=True)
    .order_by(ledger_cosignatures.c.size, ledger_cosignatures.c.region)
)
_SEEN: Final = select(ledger_seen).order_by(ledger_seen.c.region, ledger_seen.c.size)


@dataclass(slots=True, kw_only=True)
class SignedHeads:
    """What this node signed, and what others signed below it or of themselves. ``regions`` are those that the
    directory knows."""

    region: str
    regions: Mapping[str, Region]
    roots: dict[int, bytes] = field(default_factory=dict)
    """What was signed, by the size at which; also by a note whose row says something else."""

    async def faults(self, connection: AsyncConnection) -> AsyncIterator[Fault]:
        """Reads all of them."""
        for row in await connection.execute(_HEADS):
            for fault in self._head(row, self.region, f"checkpoint {row.size}"):
                yield fault
        for row in await connection.execute(_COSIGNED):
            where = f"cosignature {row.size} by {row.region}"
            if row.region not in self.regions:
                yield Fault(where, "no such region is listed")
                continue
            try:
                known = witnessed((row.note or "\n\n") + row.line, witnesses(self.regions[row.region]))
            except CryptoError as error:
                yield Fault(where, str(error))
                continue
            if not known:
                yield Fault(where, "no key that is listed made it for this checkpoint")
        for row in await connection.execute(_SEEN):
            for fault in self._head(row, row.region, f"checkpoint {row.size} of {row.region}"):
                yield fault

    def _head(self, row: Row[Any], region: str, where: str) -> Sequence[Fault]:
        if region not in self.regions:
            return [Fault(where, "no such region is listed")]
        try:
            found = Checkpoint.parse(verify(row.note, verifiers(self.regions[region])).text)
        except (CryptoError, CheckpointMalformed) as error:
            return [Fault(where, str(error) or "no key that is listed signed it")]
        if region == self.region and found.origin == origin(region):
            self.roots[found.size] = found.root
        if found != Checkpoint(origin(region), row.size, row.root):
            return [Fault(where, "origin, size and root are not those of the note that was signed")]
        return []
