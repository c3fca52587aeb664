"""What an auditor asks of the ledger: each question is noted before it is answered."""

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

from transfer.actions.proven import LedgerAltered, of_case, opened
from transfer.crypto.book import Book
from transfer.crypto.errors import CannotBeOpened
from transfer.ledger.bundle import BundleHead, Shown, hidden_line
from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.entry import EntryMalformed, Kind, Opened
from transfer.ledger.proof_file import EntryProof
from transfer.ledger.proofs import NotProven, check_inclusion
from transfer.ledger.trace import Trace, trace_of
from transfer.ledger.tree import Growing, Node, hash_of, inclusion, leaf_hash, pruned
from transfer.ports.ledger import CaseHistory, CheckpointsRead, Happened, Ledger, LedgerReading, Written, cosigned_note

_BLOCK: Final = 256 * 1024
MOST_READ: Final = 5_000
MOST_FOUND: Final = 50
_Read = TypeVar("_Read")


class NotInTheLedger(LookupError):
    """The ledger has no such entry, or it has no place there yet."""


class NoCheckpointYet(LookupError):
    """No signed checkpoint covers this yet; the next one will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks, why, and whether names and texts are to be shown; ``look`` is the id under which it is noted, where it
    is to be named."""

    by: str
    reason: str | None = None
    unmask: bool = False
    look: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Entries that were written in a span of time: all, those of a kind, or those in whose texts somebody acts."""

    first: UUID
    last: UUID
    kind: Kind | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundEntries:
    """Entries, the newest first, without their texts; and from which id on the search goes on, None at its end."""

    entries: tuple[Opened, ...]
    on_from: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The ledger of one region, for auditors."""

    region: str
    ledger: Ledger
    reading: LedgerReading
    checkpoints: CheckpointsRead
    book: Book
    clock: Callable[[], datetime]

    async def trace(self, case: UUID, asked: Asked) -> Trace:
        """The history of a case. Raises NotInTheLedger, LedgerAltered, StorageUnavailable."""
        await self._note(Kind.AUDIT, asked, case, query="trace", about=str(case), unmasked=asked.unmask)
        told = [
            opened(one, one.place, case=case, texts=asked.unmask)
            for one in await _as_written(self.reading.of_case(case))
        ]
        if all(one.entry.kind is Kind.AUDIT for one in told):
            raise NotInTheLedger
        try:
            return trace_of(self.region, case, told)
        except EntryMalformed as error:
            raise LedgerAltered(place=f"unknown, of case {case}", said=str(error)) from error

    async def history(self, case: UUID, asked: Asked) -> CaseHistory:
        """The entries of a case, each shown to stand in the ledger, to be printed. Raises LedgerAltered,
        StorageUnavailable."""
        await self._note(Kind.AUDIT, asked, case, query="history", about=str(case), unmasked=asked.unmask)
        signed = {one.checkpoint.size: one.checkpoint.root for one, _ in await self.checkpoints.own(1)}
        return await of_case(self.reading, case, region=self.region, signed=signed, named=asked.unmask)

    async def search(self, sought: Sought, asked: Asked) -> FoundEntries:
        """What is sought, at most MOST_FOUND of it, out of the newest MOST_READ entries. Raises LedgerAltered,
        StorageUnavailable."""
        texts = {"person": sought.person} if sought.person else {}
        about = f"{sought.first}-{sought.last}"
        await self._note(Kind.AUDIT, asked, None, texts=texts, query="search", about=about, unmasked=False)
        return await self.entries(sought)

    async def entries(self, sought: Sought) -> FoundEntries:
        """The same without noting it, for what shows nothing of persons."""
        limit = MOST_READ if sought.person else MOST_FOUND
        read = await _as_written(self.reading.between(sought.first, sought.last, kind=sought.kind, limit=limit))
        told = [opened(one, one.place, texts=sought.person is not None) for one in read]
        fitting = [one for one in told if sought.person in (None, (one.texts or {}).get("by"))]
        found = fitting[:MOST_FOUND]
        last = found[-1].entry.id if len(fitting) > MOST_FOUND else read[-1].id if len(read) == limit else None
        return FoundEntries(
            entries=tuple(replace(one, texts=None) for one in found),
            on_from=UUID(int=last.int - 1) if last is not None else None,
        )

    async def note_search(self, about: str, asked: Asked) -> None:
        """That something was looked for by its number. Raises StorageUnavailable."""
        await self._note(Kind.AUDIT, asked, None, {"sought": about}, query="search", about="number", unmasked=False)

    async def has(self, entry: int | UUID) -> bool:
        """Whether there is an entry of this place or id. Raises LedgerAltered, StorageUnavailable."""
        return await self._written(entry) is not None

    async def entry(self, entry: int | UUID, asked: Asked) -> Opened:
        """One entry without its texts, by its place or its id. Raises NotInTheLedger, LedgerAltered,
        StorageUnavailable."""
        await self._note(Kind.AUDIT, asked, None, query="entry", about=str(entry), unmasked=False)
        written = await self._written(entry)
        if written is None:
            raise NotInTheLedger
        return opened(written, written.place)

    async def _written(self, entry: int | UUID) -> Written | None:
        if isinstance(entry, int):
            return await _as_written(self.reading.at_place(entry))
        return next(iter(await _as_written(self.reading.between(entry, entry, limit=1))), None)

    async def prove(self, entry: int | UUID, asked: Asked) -> EntryProof:
        """One entry, by its place or its id, and what shows that it stands there. Raises NotInTheLedger,
        NoCheckpointYet, LedgerAltered, StorageUnavailable."""
        await self._note(Kind.AUDIT, asked, None, query="proof", about=str(entry), unmasked=False)
        place = await self.reading.place_of(entry) if isinstance(entry, UUID) else entry
        written = None if place is None else await _as_written(self.reading.at_place(place))
        if place is None or written is None:
            raise NotInTheLedger
        note, checkpoint = await self._newest()
        if place >= checkpoint.size:
            raise NoCheckpointYet
        way = inclusion(place, checkpoint.size)
        hashes = await self._hashes({node for beside in way for node in beside.part})
        proof = EntryProof(written.body, place, tuple(hash_of(beside.part, hashes) for beside in way), note)
        try:
            check_inclusion(leaf_hash(written.body), place, checkpoint.size, proof.hashes, checkpoint.root)
        except NotProven as error:
            raise LedgerAltered(place=place, said=str(error)) from error
        return proof

    async def bundle_of_case(self, case: UUID, asked: Asked) -> AsyncIterator[bytes]:
        """All entries of a case under the newest checkpoint. Raises as ``prove``, NoCheckpointYet where it covers none
        of them; LedgerAltered may come at the end."""
        await self._note(Kind.AUDIT, asked, case, query="bundle", about=str(case), unmasked=asked.unmask)
        note, checkpoint = await self._newest()
        every = await _as_written(self.reading.of_case(case))
        if all(opened(one, one.place, case=case).entry.kind is Kind.AUDIT for one in every):
            raise NotInTheLedger
        written = {one.place: one for one in every if one.place is not None and one.place < checkpoint.size}
        if not written:
            raise NoCheckpointYet

        async def entries(start: int, stop: int) -> AsyncIterator[Sequence[Written]]:
            yield [written[place] for place in range(start, stop)]

        head = BundleHead(case=case, checkpoint=note, **await self._notes())
        lines = self._lines(head, checkpoint, sorted(written), entries, texts=asked.unmask)
        return self._exported(lines, asked, case, str(case))

    async def bundle_of_range(self, first: int, last: int, asked: Asked) -> AsyncIterator[bytes]:
        """All entries from one place to another, both included; names and texts never, since no one matter asks for
        them. Raises as ``bundle_of_case``."""
        about = f"{first}-{last}"
        await self._note(Kind.AUDIT, asked, None, query="bundle", about=about, unmasked=False)
        note, checkpoint = await self._newest()
        if last >= checkpoint.size:
            raise NoCheckpointYet
        shown = range(first, last + 1)
        head = BundleHead(first=first, last=last, checkpoint=note, **await self._notes())
        lines = self._lines(head, checkpoint, shown, self.reading.entries, texts=False)
        return self._exported(lines, asked, None, about)

    async def _newest(self) -> tuple[str, Checkpoint]:
        """This region's last checkpoint with the cosignatures under it."""
        for head, cosigned in await self.checkpoints.own(1):
            return cosigned_note(head, cosigned), head.checkpoint
        raise NoCheckpointYet

    async def _hashes(self, nodes: Collection[Node]) -> Mapping[Node, bytes]:
        found = await self.reading.hashes(nodes)
        if missing := min(nodes - found.keys(), default=None):
            raise LedgerAltered(place=missing.index << missing.level, said="the entry of this place is missing")
        return found

    async def _notes(self) -> dict[str, Any]:
        """The notes of a bundle beside its checkpoint."""
        seen = await self.checkpoints.seen(self.book.latest.known.keys() - {self.region})
        return {"directory": self.book.note, "seen": tuple(seen[one].note for one in sorted(seen) if seen[one].note)}

    async def _lines(
        self,
        head: BundleHead,
        checkpoint: Checkpoint,
        shown: Sequence[int],
        entries: Callable[[int, int], AsyncIterator[Sequence[Written]]],
        *,
        texts: bool,
    ) -> AsyncIterator[bytes]:
        """The bundle as it is written, with its own root made on the way."""
        parts = list(pruned(checkpoint.size, shown))
        hashes = await self._hashes([part for part in parts if isinstance(part, Node)])
        tree, block = Growing(), [head.line]
        for part in parts:
            if isinstance(part, Node):
                tree.append(hashes[part], part.level)
                block.append(hidden_line(part, hashes[part]))
                continue
            async for some in entries(part.start, part.stop):
                for one in some:
                    opened(one, tree.size, case=head.case, texts=texts)
                    block.append(Shown(tree.size, one.body, one.texts if texts else None).line)
                    tree.append(leaf_hash(one.body))
                if sum(map(len, block)) > _BLOCK:
                    yield b"".join(block)
                    block.clear()
        if (tree.size, tree.root) != (checkpoint.size, checkpoint.root):
            raise LedgerAltered(place=checkpoint.size, said="the entries lead to another root")
        if block:
            yield b"".join(block)

    async def _exported(
        self, lines: AsyncIterator[bytes], asked: Asked, case: UUID | None, about: str
    ) -> AsyncIterator[bytes]:
        """The same; that it left is noted before its end, which nobody gets otherwise."""
        digest, size, held = hashlib.sha256(), 0, b""
        async for block in lines:
            if held:
                yield held
            digest.update(block)
            size, held = size + len(block), block
        whole = f"sha256:{digest.hexdigest()}"
        told: dict[str, Any] = {"what": "bundle", "range": about, "digest": whole, "size": size}
        await self._note(Kind.EXPORT, asked, case, **told)
        yield held

    async def _note(
        self,
        kind: Kind,
        asked: Asked,
        case: UUID | None,
        texts: Mapping[str, str] = MappingProxyType({}),
        **facts: Any,  # noqa: ANN401 - what JSON can say
    ) -> None:
        told = {"by": asked.by} | ({"reason": asked.reason} if asked.reason else {}) | dict(texts)
        look = asked.look if kind is Kind.AUDIT else None
        await self.ledger.note(Happened(kind=kind, at=self.clock(), case=case, facts=facts, texts=told, id=look))


async def _as_written(reading: Awaitable[_Read]) -> _Read:
    try:
        return await reading
    except CannotBeOpened as error:
        raise LedgerAltered(place="unknown", said=str(error)) from error
