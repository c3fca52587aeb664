"""Notes in the ledger what belongs to no other transaction: above all, who read what."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from transfer.actions.turns import Turns
from transfer.ledger.entry import Kind
from transfer.ports.ledger import Happened
from transfer.ports.work import StorageRefused, StorageUnavailable, WorkRoom

AT_ONCE: Final = 256
"""How many share one transaction at most."""


def was_read(  # noqa: PLR0913 - one per fact
    what: str, about: str | None, *, by: str, at: datetime, case: UUID | None = None, count: int | None = None
) -> Happened:
    """That somebody read personal data: of which kind, of which case or thing, and how many lines of it."""
    facts = {"what": what, "id": about, "unmasked": True, "count": count}
    return Happened(kind=Kind.READ, at=at, case=case, facts=facts, texts={"by": by})


@dataclass(slots=True, kw_only=True)
class Notebook:
    """See ports.Ledger."""

    room: WorkRoom
    _turns: Turns[Sequence[Happened], None] = field(init=False)

    def __post_init__(self) -> None:
        self._turns = Turns(name="notebook", at_once=AT_ONCE, write=self._transact)

    async def note(self, *happened: Happened) -> None:
        try:
            await self._turns.take(happened)
        except StorageRefused as error:
            raise StorageUnavailable(str(error)) from error

    async def drain(self) -> None:
        """Wait until all is written; at the end of the node."""
        await self._turns.drain()

    async def _transact(self, given: Sequence[Sequence[Happened]]) -> Sequence[None]:
        async with self.room.work() as work:
            for happened in given:
                for one in happened:
                    work.note(one)
        return [None] * len(given)
