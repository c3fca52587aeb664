"""What a node that was restored from a backup needs of its records, and of those of others."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from transfer.messages.envelope import Attributes
from transfer.messages.recovery import RecoveryAnswered, RecoveryAsked
from transfer.messages.values import Digest, Frozen
from transfer.ports.work import InboxEntry, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """That the database came from a backup that was made then."""

    number: int
    made_at: datetime
    restored_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryQuestion:
    """What another region asked, and is owed an answer to."""

    region: str
    conversation: UUID
    digest: Digest
    asked: RecoveryAsked


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What one region has told since the restore, and whether a question to it is open."""

    answers: Sequence[RecoveryAnswered] = field(default_factory=tuple)
    waits: bool = False

    @property
    def complete(self) -> bool:
        """Whether it has told all."""
        return not self.waits and bool(self.answers) and self.answers[-1].through is None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMessage:
    """What this node sent, as it is kept elsewhere: the bytes that it signed."""

    attributes: Attributes
    data: Frozen
    body: bytes


class Again(Work, Protocol):
    """A transaction in which a forgotten step is taken again. A message that it makes and that is among those that
    are still ``said`` keeps the id, the place and the bytes that it had, and is none of them any more."""

    said: dict[tuple[str, str], tuple[Attributes, bytes]]

    def say_again(self, attributes: Attributes, body: bytes, data: Frozen) -> None:
        """Write a message that has its place."""
        ...

    def take_place(self, conversation: UUID, peer: str, sequence: int, *, sent: bool = True) -> None:
        """A message of this node, or one that it was sent and dealt with, has this place, whether or not anything else
        is left of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The transaction that ends a recovery, and the conversations in which something is parked still."""

    work: Again
    parked: Collection[UUID]


class Recovery(Protocol):
    """Where a recovery stands is told by the messages themselves, so a node that dies goes on where it was."""

    async def open(self) -> Restore | None:
        """The restore that has not come to its end."""
        ...

    async def talks(self, since: Restore) -> Mapping[str, Talk]:
        """By region, what was asked and answered."""
        ...

    async def branch(self, region: str) -> str | None:
        """The last own checkpoint that the region cosigned, with its cosignature."""
        ...

    async def ask(self, region: str, asked: RecoveryAsked) -> None:
        """Send the question, in a conversation of its own."""
        ...

    async def questions(self, *, limit: int) -> Sequence[RecoveryQuestion]:
        """What others asked, in whose conversation this node has said nothing yet."""
        ...

    async def told(self, region: str, since: datetime, after: UUID | None) -> RecoveryAnswered:
        """What was exchanged with the region since then, from behind that message on."""
        ...

    async def answer(self, question: RecoveryQuestion, answered: RecoveryAnswered) -> bool:
        """Send the answer; False says that another process has."""
        ...

    async def own(self, messages: Sequence[UUID]) -> Mapping[UUID, Digest]:
        """Those of these messages that this node knows to have sent."""
        ...

    async def known(self, messages: Sequence[tuple[str, UUID]]) -> Mapping[tuple[str, UUID], InboxEntry]:
        """Those of these messages that this node has received."""
        ...

    def step(self, waiting: Sequence[OwnMessage]) -> AbstractAsyncContextManager[Again]:
        """A transaction that commits at the end of the block, and rolls back when the block raises."""
        ...

    async def parked(self) -> Sequence[UUID]:
        """The conversations in which something waits."""
        ...

    def finish(self, restore: Restore, facts: Mapping[str, object]) -> AbstractAsyncContextManager[Ending | None]:
        """At the end of the block the node may decide again; noted in the ledger. None says that another process has
        ended it. What comes meanwhile waits, and is not parked any more."""
        ...
