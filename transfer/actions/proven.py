"""Entries of the ledger for those who hand them on: each is held against the tree before it counts."""

import json
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from transfer.ledger.entry import Entry, EntryMalformed, Opened, texts_digest
from transfer.ledger.proofs import NotProven, check_consistency, check_inclusion
from transfer.ledger.tree import EMPTY, Growing, consistency, hash_of, head, inclusion, leaf_hash
from transfer.ports.ledger import CaseHistory, LedgerReading, Written


class LedgerAltered(Exception):
    """The ledger is not as it was written; transfer audit verify says where."""

    def __init__(self, *, place: int | str = "", said: str = "") -> None:
        """``place`` is that of an entry, or names a checkpoint."""
        super().__init__(f"the ledger of this node does not hold at place {place}: {said}")


async def whole(reading: LedgerReading, signed: Mapping[int, bytes]) -> AsyncIterator[tuple[int, Entry]]:
    """All entries that have their place, in order, in flat memory; ``signed`` are the roots of checkpoints by their
    size. Raises LedgerAltered, also after the last entry: what was made of them then is not to be used."""
    size, tree = await reading.size(), Growing()
    async for block in reading.entries(0, size):
        for written in block:
            entry = opened(written, tree.size).entry
            tree.append(leaf_hash(written.body))
            if signed.get(tree.size, tree.root) != tree.root:
                raise LedgerAltered(place=tree.size, said="another root was signed")
            yield tree.size - 1, entry
    if max([tree.size, *signed]) != tree.size or tree.size != size:
        raise LedgerAltered(place=tree.size, said="the entry of this place is missing")
    if tree.root != hash_of(head(size), await reading.hashes(head(size))):
        raise LedgerAltered(place=size, said="the entries lead to another root")


async def of_case(
    reading: LedgerReading, case: UUID, *, region: str, signed: Mapping[int, bytes], named: bool = False
) -> CaseHistory:
    """What the region's ledger says of a case; ``signed`` as above. Entries without a place are left out, since nothing
    shows them yet. Raises LedgerAltered."""
    size, last = await reading.size(), max(signed, default=0)
    if last > size:
        raise LedgerAltered(place=size, said="the entry of this place is missing")
    found = {one.place: one for one in await reading.of_case(case) if one.place is not None and one.place < size}
    ways = {place: inclusion(place, size) for place in found}
    growth = consistency(last, size).parts
    parts = [head(size), *growth, *(beside.part for way in ways.values() for beside in way)]
    hashes = await reading.hashes({node for part in parts for node in part})
    root = hash_of(head(size), hashes)
    try:
        check_consistency(last, signed.get(last, EMPTY), size, root, [hash_of(part, hashes) for part in growth])
    except NotProven as error:
        raise LedgerAltered(place=last, said=str(error)) from None
    entries: list[Opened] = []
    for place, written in found.items():
        told = opened(written, place, case=case, texts=named)
        try:
            beside = [hash_of(one.part, hashes) for one in ways[place]]
            check_inclusion(leaf_hash(written.body), place, size, beside, root)
        except NotProven as error:
            raise LedgerAltered(place=place, said=str(error)) from None
        entries.append(told)
    return CaseHistory(region=region, case=case, named=named, size=size, root=root, signed=last, entries=tuple(entries))


def opened(written: Written, place: int | None, *, case: UUID | None = None, texts: bool = False) -> Opened:
    """An entry, with its names and texts where they are asked for. Raises LedgerAltered for what is not at this place
    or not as its leaf, its id, its digest or its case says."""
    where = place if place is not None else f"none yet, entry {written.id}"
    if written.place != place:
        raise LedgerAltered(place=where, said="the entry of this place is missing")
    if place is not None and written.hash != leaf_hash(written.body):
        raise LedgerAltered(place=where, said="the entry is not what its leaf says")
    try:
        entry = Entry.parse(written.body)
    except EntryMalformed as error:
        raise LedgerAltered(place=where, said=str(error)) from None
    if entry.id != written.id:
        raise LedgerAltered(place=where, said="the entry stands under another id")
    if case not in (None, entry.case):
        raise LedgerAltered(place=where, said="the entry is about another case")
    if written.texts is not None and texts_digest(written.texts) != entry.texts:
        raise LedgerAltered(place=where, said="its names and texts are others than those that were written")
    return Opened(entry, place, json.loads(written.texts) if texts and written.texts is not None else None)
