"""The ledger as the rest of the node sees it: what is noted, and how it is read again."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from transfer.domain.decision import Outgoing
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind, Opened
from transfer.ledger.tree import Node
from transfer.messages.codes_ledger import CheckpointFault
from transfer.messages.ledger import CheckpointAnswered, CheckpointPublished
from transfer.messages.values import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something to be noted. ``facts`` are codes, ids, times and digests and no personal data; ``texts`` are names and
    free texts, which are kept outside the entry under the key of ``subject`` (a person, or else the case). ``id`` is
    that of the entry, where whoever notes it has to name it; else it gets one."""

    kind: Kind
    at: datetime
    case: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    texts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    subject: UUID | None = None
    id: UUID | None = None


class Ledger(Protocol):
    """Where what belongs to no other transaction is noted; what belongs to one goes through its Work."""

    async def note(self, *happened: Happened) -> None:
        """Written when this returns; raises StorageUnavailable, and then what was to be noted must not happen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An entry as it stands in the database; ``place`` is None until it has its order, ``texts`` are the bytes that
    its digest is of, None where there are none, or where their key was destroyed."""

    id: UUID
    body: bytes
    place: int | None
    hash: bytes | None
    texts: bytes | None = None


class LedgerReading(Protocol):
    """The ledger, read. Nothing of it is trusted here; who reads checks the hashes."""

    async def size(self) -> int:
        """How many entries have their place."""
        ...

    async def hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        """The hashes of these whole subtrees, made from the leaves and the kept subtrees that are under them."""
        ...

    def entries(self, start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
        """The entries from one place up to another, in their order, some hundred at once; without their texts."""
        ...

    async def of_case(self, case: UUID) -> Sequence[Written]:
        """All entries of a case with their texts, in the order of the tree, those without a place last."""
        ...

    async def at_place(self, place: int) -> Written | None:
        """The entry at one place with its texts, None where there is none."""
        ...

    async def place_of(self, entry: UUID) -> int | None:
        """Where the entry with this id stands; None for one that is not known or has no place yet."""
        ...

    async def between(self, first: UUID, last: UUID, *, kind: Kind | None = None, limit: int) -> Sequence[Written]:
        """Entries with ids from one to another, both included, with their texts, the newest first. Ids rise with the
        time at which an entry was written."""
        ...


class Verdict(StrEnum):
    """What this node says of another region's checkpoint."""

    COSIGNED = "cosigned"
    REFUSED = "refused"
    """It does not go on from the last one; nothing after it is cosigned until it was accepted."""
    ACCEPTED = "accepted"
    """It forked the ledger, and a person has taken it as what is known from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A checkpoint that this node signed, as the note that it is."""

    checkpoint: Checkpoint
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The line by which another region cosigned this node's checkpoint of that size."""

    size: int
    region: str
    line: str
    at: datetime


def cosigned_note(head: Head, cosigned: Sequence[Cosigned]) -> str:
    """A checkpoint with the cosignatures under it, as one note (C2SP tlog-cosignature)."""
    return head.note + "".join(one.line for one in cosigned)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of another region's ledger: its last checkpoint that was cosigned, or accepted, with its note, and
    the note that forks it."""

    known: Checkpoint
    note: str = ""
    fork: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A verdict on a region's checkpoint, to be kept."""

    region: str
    checkpoint: Checkpoint
    note: str
    verdict: Verdict
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerDecision:
    """What follows from a message about a ledger, or is said of one: it belongs to no case. ``alarm`` is the kind of
    alarm that is due."""

    messages: tuple[Outgoing, ...] = ()
    judged: Judged | None = None
    cosigned: Cosigned | None = None
    happened: tuple[Happened, ...] = ()
    alarm: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The last checkpoint that was sent to a region, the digest of the message, whether it has its receipt; and the
    last answer of that region, and what it answers."""

    sent: CheckpointPublished | None = None
    digest: Digest | None = None
    settled: bool = True
    heard: CheckpointAnswered | None = None
    answers: Digest | None = None

    def due(self, note: str) -> int | None:
        """The size from which this checkpoint is to be proven to the region now; None while one is on its way to it,
        or when all was said: the same one is sent again only where another size is known."""
        if not self.settled:
            return None
        refusal = self.heard.refusal if self.heard else None
        known = refusal.known if refusal else self.heard.size if self.heard else 0
        if self.sent is None or self.sent.note != note:
            return known
        asked = refusal is not None and refusal.code is CheckpointFault.UNKNOWN_SIZE and self.answers == self.digest
        return known if asked and known != self.sent.old else None


class HeadsDisagree(Exception):
    """Two records of this node's ledger exclude each other; docs/ledger.md says what to do."""


class CheckpointsRead(Protocol):
    """The checkpoints of this node and of others, read."""

    async def own(self, limit: int) -> Sequence[tuple[Head, Sequence[Cosigned]]]:
        """The last checkpoints of this node, the newest first, each with those who cosigned it."""
        ...

    async def seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        """What is known of these regions' ledgers, where anything is."""
        ...


class Checkpoints(CheckpointsRead, Protocol):
    """Where this node's own checkpoints are kept, too, and what was said with others about them."""

    async def newest(self) -> Head | None:
        """The last checkpoint of this node."""
        ...

    async def keep(self, head: Head) -> None:
        """A new one; nothing changes when it is kept already."""
        ...

    async def waiting_since(self) -> datetime | None:
        """When the first checkpoint was signed of those after the last that anybody cosigned."""
        ...

    async def words(self, region: str, peers: Collection[str]) -> Mapping[str, Words]:
        """What was said last with each of these about the ledger of this region."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHistory:
    """The entries of a case in their order, each shown to stand in the ledger of this region, with this root at this
    size, of which the first ``signed`` stand under a signed checkpoint. There are texts where persons are ``named``."""

    region: str
    case: UUID
    named: bool
    size: int
    root: bytes
    signed: int
    entries: tuple[Opened, ...]
