"""What reconciling needs of a node's records: the lines of both ways, its questions and answers, and the cures."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from transfer.messages.reconciling import Line, ReconcileAnswered, ReconcileAsked
from transfer.messages.values import Digest
from transfer.records import DifferenceLine, Direction

MOST_NAMED = 1000
"""Of one reconciliation; the others are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """The comparison of one period with one region, as far as it has come: what was found, and from which message id
    on is still to be compared. What is ``scheduled`` is begun once; else the same period can be begun anew."""

    region: str
    since: datetime
    until: datetime
    start: UUID
    scheduled: bool = False
    found: int = 0
    named: tuple[DifferenceLine, ...] = ()

    def with_found(self, found: Sequence[DifferenceLine]) -> Self:
        return replace(self, found=self.found + len(found), named=(*self.named, *found)[:MOST_NAMED])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What another region asked, and is owed an answer to."""

    region: str
    conversation: UUID
    digest: Digest
    asked: ReconcileAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What another region answered, and the comparison that it is for."""

    of: Reconciliation
    question: UUID
    stop: UUID
    answered: ReconcileAnswered = field(repr=False)


class Reconciling(Protocol):
    """The records of a node, and where its reconciliations stand. Each change is one transaction; of several
    processes that do the same at once, one does it."""

    async def due(self, until: datetime) -> Mapping[str, datetime]:
        """The regions that this node has written to and with which something before ``until`` was not compared yet,
        and from when on."""
        ...

    def lines(
        self, way: Direction, region: str, start: UUID, stop: UUID, ranges: Collection[int] | None = None
    ) -> AsyncIterator[Sequence[Line]]:
        """What was exchanged with the region, of these ids and ranges, by message id, page by page."""
        ...

    async def ask(self, of: Reconciliation, asked: ReconcileAsked, *, after: UUID | None = None) -> bool:
        """Send the question and note where the comparison stands; ``after`` is its question that was answered
        before. Gives whether no other process did it."""
        ...

    async def questions(self, *, limit: int) -> Sequence[Question]:
        """What others asked, oldest first, in whose conversation this node has said nothing yet."""
        ...

    async def answer(self, question: Question, answered: ReconcileAnswered) -> bool:
        """Send the answer; False, or StorageRefused, says that another process has."""
        ...

    async def answers(self, *, limit: int) -> Sequence[Answer]:
        """What others answered to the questions of this node that are open."""
        ...

    async def send_again(self, messages: Collection[UUID]) -> None:
        """Those of these messages that have no final receipt are due to be sent again at once."""
        ...

    async def tell_again(self, region: str, messages: Collection[UUID]) -> None:
        """The receipts for these messages of the region are due again."""
        ...

    async def close(self, of: Reconciliation, *, question: UUID) -> bool:
        """The comparison has come to its end; noted in the ledger. Gives whether no other process closed it."""
        ...
