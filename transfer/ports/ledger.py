"""The ledger as the rest of the node sees it: what is noted, and how it is read again."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import Kind
from transfer.ledger.tree import Node


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """Something to be noted. ``facts`` are codes, ids, times and digests and no personal data; ``texts`` are names and
    free texts, which are kept outside the entry under the key of ``subject`` (a person, or else the case)."""

    kind: Kind
    at: datetime
    case: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    texts: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    subject: UUID | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A checkpoint that this node signed, as the note that it is."""

    checkpoint: Checkpoint
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is known of another region's ledger: its last checkpoint that was cosigned, or accepted, with its note, and
    the note that forks it."""

    known: Checkpoint
    note: str = ""
    fork: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """The line by which another region cosigned this node's checkpoint of that size."""

    size: int
    region: str
    line: str
    at: datetime


class Checkpoints(Protocol):
    """The checkpoints of this node and of others, read."""

    async def own(self, limit: int) -> Sequence[tuple[Head, Sequence[Cosigned]]]:
        """The last checkpoints of this node, the newest first, each with those who cosigned it."""
        ...

    async def seen(self, regions: Collection[str]) -> Mapping[str, Seen]:
        """What is known of these regions' ledgers, where anything is."""
        ...
