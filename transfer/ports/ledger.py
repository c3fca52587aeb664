"""The ledger as the rest of the node sees it: what is noted, and how it is read again."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from transfer.ledger.entry import Kind, Opened
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
