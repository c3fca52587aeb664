"""Verification of a whole ledger: every entry against its hash, every kept hash and every signed root against them.

The work for an entry is its hash and, on average, one more for the tree; so blocks are taken as columns, and no object
is made for an entry.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from transfer.ledger.tiles import Tiled
from transfer.ledger.tree import Node

Leaf = tuple[int, bytes, bytes | None]
"""The place of an entry, its hash as it was noted, and its bytes, None where the entry is gone."""

_LEAF: Final = b"\x00"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not what the ledger says: where, and in which way."""

    where: str
    said: str


class NotSound(Exception):
    """Something in the ledger is not what it was; it begins at ``place``."""

    def __init__(self, place: int, said: str) -> None:
        self.place = place
        super().__init__(said)


@dataclass(slots=True, kw_only=True)
class Verification:
    """A ledger that is read from one end to the other. ``roots`` are those that were signed, by the size at which;
    ``tree`` is what is taken for granted at the beginning."""

    roots: Mapping[int, bytes]
    tree: Tiled = field(default_factory=Tiled)
    agreed: int = 0
    """Up to here a signed root covers the entries."""
    _sizes: list[int] = field(init=False)
    _tiles: dict[Node, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sizes = sorted(self.roots)
        self._compare_root()

    def take(self, block: Sequence[Leaf]) -> None:
        """The next entries; raises NotSound."""
        if not block:
            return
        start = self.tree.size
        places, noted, bodies = zip(*block, strict=True)
        if places != tuple(range(start, start + len(block))):
            place = next(n for n, found in enumerate(places, start) if found != n)
            raise NotSound(place, f"no entry has place {place}: its leaf is gone")
        if None in bodies:
            place = start + bodies.index(None)
            raise NotSound(place, f"the entry at place {place} is gone")
        sha256 = hashlib.sha256
        leaves = [sha256(_LEAF + body).digest() for body in bodies]
        if leaves != list(noted):
            place = next(n for n, (is_, was) in enumerate(zip(leaves, noted, strict=True), start) if is_ != was)
            raise NotSound(place, f"the entry at place {place} and its leaf do not fit: one of them was changed")
        while leaves:
            ahead = bisect_right(self._sizes, self.tree.size)
            until = self._sizes[ahead] - self.tree.size if ahead < len(self._sizes) else len(leaves)
            self._tiles |= self.tree.extend(leaves[:until])
            leaves = leaves[until:]
            self._compare_root()

    def compare(self, kept: Mapping[Node, bytes]) -> None:
        """The hashes that are kept of all tiles that ended since the last comparison; raises NotSound."""
        tiles, self._tiles = self._tiles, {}
        if tiles != kept:
            self._name_tile(tiles, kept)

    def _compare_root(self) -> None:
        size = self.tree.size
        signed = self.roots.get(size)
        if signed is None:
            return
        if signed != self.tree.root:
            since = min(self.agreed, size)
            raise NotSound(
                since, f"of the entries {since} to {size - 1} one is not what it was when {size} were signed"
            )
        self.agreed = size

    def _name_tile(self, tiles: Mapping[Node, bytes], kept: Mapping[Node, bytes]) -> None:
        wrong = (node for node in tiles.keys() | kept.keys() if tiles.get(node) != kept.get(node))
        node = min(wrong, key=lambda one: (one.index << one.level, one.level))
        first, last = node.index << node.level, ((node.index + 1) << node.level) - 1
        what = "is gone" if node not in kept else "is not theirs" if node in tiles else "should not be there"
        raise NotSound(first, f"the kept hash over the entries {first} to {last} {what}")

    def end(self) -> None:
        """That nothing is missing at the end; raises NotSound."""
        size = self.tree.size
        if self._sizes and self._sizes[-1] > size:
            raise NotSound(size, f"the entries from {size} on are gone: {self._sizes[-1]} were signed")
