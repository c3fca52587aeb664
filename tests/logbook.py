"""Ledgers for tests: entries, the tree over them, and their rows, without a sequencer."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from tests.trust import shared
from transfer.crypto.ledger_keys import ledger_signer, origin
from transfer.crypto.notes import sign
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Entry, Kind
from transfer.ledger.tree import Growing, Node, Part, consistency, head, joined, leaf_hash
from transfer.messages.ledger import CheckpointPublished
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves
from transfer.storage.store import Store

LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)


def an_entry(number: int, told: str = "", at: datetime = LONG_AGO) -> Entry:
    """The entry of that number; ``told`` makes it another one."""
    when = at + timedelta(seconds=number)
    return Entry(id=UUID(int=number + 1), at=when, kind=Kind.EXPORT, facts={"what": f"no. {number}{told}"})


@dataclass(slots=True, kw_only=True)
class Log:
    """A ledger in memory that can be made to say another thing from one entry on."""

    region: str
    entries: list[Entry] = field(default_factory=list)

    @classmethod
    def of(cls, region: str, count: int, *, other_from: int | None = None) -> "Log":
        """So many entries, from one on other ones than usual."""
        told = ["" if other_from is None or n < other_from else ", rewritten" for n in range(count)]
        return cls(region=region, entries=[an_entry(n, one) for n, one in enumerate(told)])

    def _hash(self, node: Node) -> bytes:
        tree = Growing()
        for entry in self.entries[node.index << node.level :][: 1 << node.level]:
            tree.append(leaf_hash(entry.body))
        return tree.root

    def _joined(self, part: Part) -> bytes:
        return joined([self._hash(node) for node in part])

    def checkpoint(self, size: int) -> Checkpoint:
        return Checkpoint(origin(self.region), size, self._joined(head(size)))

    def note(self, size: int) -> str:
        """The checkpoint as the region signs it."""
        return sign(self.checkpoint(size).text, ledger_signer(shared().wire(self.region)))

    def proof(self, old: int, size: int) -> list[bytes]:
        return [self._joined(part) for part in consistency(old, size).parts]

    def published(self, size: int, old: int = 0, **changes: object) -> CheckpointPublished:
        """The message with the checkpoint of that size, proven from an older one."""
        proof = tuple(base64.b64encode(one).decode() for one in self.proof(old, size))
        fields = {"region": self.region, "old": old, "proof": proof, "note": self.note(size)}
        return CheckpointPublished.model_validate(fields | changes)


async def append(store: Store, *entries: Entry) -> None:
    """Into the database with the next places; what a node has written itself waits for its own sequencer."""
    rows = [{"id": e.id, "kind": e.kind.value, "case_id": e.case, "body": e.body} for e in entries]
    async with store.writing() as connection:
        placed = await connection.scalar(select(func.count()).select_from(ledger_leaves)) or 0
        leaves = [
            {"place": place, "entry": one.id, "hash": leaf_hash(one.body)} for place, one in enumerate(entries, placed)
        ]
        await connection.execute(ledger_entries.insert(), rows)
        await connection.execute(ledger_leaves.insert(), leaves)


async def rewrite(store: Store, number: int, told: str) -> None:
    """Another content for an entry that is there, with its leaf, as one would who owns the database."""
    body = an_entry(number, told).body
    key = an_entry(number).id
    async with store.writing() as connection:
        await connection.execute(ledger_entries.update().where(ledger_entries.c.id == key).values(body=body))
        await connection.execute(
            ledger_leaves.update().where(ledger_leaves.c.entry == key).values(hash=leaf_hash(body))
        )
