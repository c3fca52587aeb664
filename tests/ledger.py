"""A ledger in memory: entries as bytes with their tree, and the history of a case told by them."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.builders import CASE_ID, LUXIAN, STATION, TRANSFER_ID, ZHONGSHAN
from transfer.ledger.entry import Entry, Kind
from transfer.ledger.tree import Growing, Node, leaf_hash
from transfer.ports.ledger import Written
from transfer.storage.engine import writing
from transfer.storage.ledger_tables import ledger_entries, ledger_leaves, ledger_nodes

START: Final = datetime(2026, 6, 15, 1, 0, tzinfo=UTC)
OFFER_ID: Final = UUID("01900000-0000-7000-8000-000000000001")


@dataclass(slots=True)
class MemoryLedger:
    """See ports.LedgerReading; ``block`` is how many entries are given at once."""

    block: int = 200
    written: list[Written] = field(default_factory=list)
    tree: Growing = field(default_factory=Growing)
    nodes: dict[Node, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, *entries: Entry) -> Self:
        made = cls()
        for entry in entries:
            made.add(entry)
        return made

    def add(self, entry: Entry) -> None:
        body = entry.body
        place, leaf = self.tree.size, leaf_hash(body)
        self.nodes.update(self.tree.append(leaf))
        self.written.append(Written(id=entry.id, body=body, place=place, hash=leaf))

    async def size(self) -> int:
        return self.tree.size

    async def hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        return {node: self.nodes[node] for node in nodes}

    async def entries(self, start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
        for at in range(start, stop, self.block):
            yield self.written[at : min(stop, at + self.block)]

    async def of_case(self, case: UUID) -> Sequence[Written]:
        return [one for one in self.written if Entry.parse(one.body).case == case]

    async def at_place(self, place: int) -> Written | None:
        return self.written[place] if place < self.tree.size else None

    async def place_of(self, entry: UUID) -> int | None:
        return next((one.place for one in self.written if one.id == entry), None)

    async def between(self, first: UUID, last: UUID, *, kind: Kind | None = None, limit: int) -> Sequence[Written]:
        found = [one for one in self.written if first <= one.id <= last]
        found = [one for one in found if kind in (None, Entry.parse(one.body).kind)]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]


async def place_all(engine: AsyncEngine) -> None:
    """Every entry gets its place, by its id."""
    tree, hashes = Growing(), dict[Node, bytes]()
    leaves: list[dict[str, Any]] = []
    async with writing(engine) as connection:
        for table in (ledger_leaves, ledger_nodes):
            await connection.execute(delete(table))
        rows = await connection.execute(
            select(ledger_entries.c.id, ledger_entries.c.body).order_by(ledger_entries.c.id)
        )
        for row in rows:
            leaves.append({"place": tree.size, "entry": row.id, "hash": leaf_hash(row.body)})
            hashes.update(tree.append(leaf_hash(row.body)))
        kept = [
            {"level": node.level, "place": node.index, "hash": hash_}
            for node, hash_ in hashes.items()
            if node.level and node.level % 8 == 0
        ]
        for table, made in ((ledger_leaves, leaves), (ledger_nodes, kept)):
            if made:
                await connection.execute(insert(table), made)


def an_entry(kind: Kind = Kind.STEP, /, **changes: Any) -> Entry:
    """One entry; a step unless another kind is said."""
    given: dict[str, Any] = {"id": uuid4(), "at": START, "kind": kind, "case": CASE_ID}
    return Entry(**(given | changes))


def a_step(event: str, at: datetime = START, /, *, case: UUID = CASE_ID, **facts: Any) -> Entry:
    """A step on a case."""
    said: dict[str, Any] = {
        "event": event,
        "transfer": str(TRANSFER_ID),
        "request": None,
        "detail": {},
        "institution": ZHONGSHAN,
        "source": None,
        "message": None,
        "tenure": 1,
        "holder": ZHONGSHAN,
        "version": 1,
        "rows": {"cases": "hmac:00"},
    }
    return an_entry(case=case, at=at, facts=said | facts)


def a_handed_over_case(case: UUID = CASE_ID, transfer: UUID = TRANSFER_ID, offer: UUID = OFFER_ID) -> list[Entry]:
    """As Zhongshan's ledger tells it: opened, offered to Luxian's station, signed for, accepted, read."""
    days = [START + timedelta(days=n) for n in range(5)]
    said: dict[str, Any] = {"transfer": str(transfer), "case": case}
    applicant = uuid4()
    there: dict[str, Any] = {"institution": STATION, "source": LUXIAN}
    return [
        a_step("case_opened", days[0], case=case, transfer=None),
        a_step("offered", days[1], detail={"receiver": STATION}, version=2, **said),
        an_entry(
            Kind.SENT,
            at=days[1],
            case=case,
            facts={
                "message": str(offer),
                "type": "legalaid.transfer.offered.v1",
                "recipient": LUXIAN,
                "conversation": str(case),
                "sequence": 1,
                "digest": "sha256:" + 64 * "0",
                "answers": None,
            },
        ),
        a_step("signed_for", days[2], version=3, **said, **there),
        a_step("accepted", days[3], version=4, holder=STATION, tenure=2, **said, **there),
        an_entry(
            Kind.READ,
            at=days[4],
            case=case,
            subject=applicant,
            facts={"what": "case", "id": str(case), "unmasked": True, "count": 1},
        ),
        an_entry(
            Kind.ATTEMPT,
            at=days[4],
            case=case,
            facts={
                "command": "Recall",
                "code": "TooLate",
                "case": str(case),
                "transfer": str(transfer),
                "request": None,
                "institution": ZHONGSHAN,
            },
        ),
    ]
