"""Merkle trees of hashes (RFC 9162, section 2.1; the trees of RFC 6962), as the whole subtrees that they are made of.

Nothing here reads a tree: a question about one names the subtrees whose hashes answer it; somebody else fetches them.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Final

HASH_SIZE: Final = 32
EMPTY: Final = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf, which is that of no node."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True, order=True)
class Node:
    """A whole subtree: as many leaves as 2 to the power of ``level``, from leaf ``index`` times that number on."""

    level: int
    index: int


Part = tuple[Node, ...]
"""Whole subtrees beside each other, each smaller than the one before, under one hash."""


def whole(start: int, stop: int) -> Iterator[Node]:
    """The greatest whole subtrees from leaf ``start``, where one begins, up to leaf ``stop``."""
    while start < stop:
        level = (stop - start).bit_length() - 1
        yield Node(level, start >> level)
        start += 1 << level


def head(size: int) -> Part:
    """What is under the root of a tree of that many leaves."""
    return tuple(whole(0, size))


def joined(hashes: Sequence[bytes]) -> bytes:
    """The hash of a part from those of its subtrees; EMPTY for none."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY


def hash_of(part: Part, hashes: Mapping[Node, bytes]) -> bytes:
    """The hash of a part; raises KeyError for a subtree that is not given."""
    return joined([hashes[node] for node in part])


def pruned(size: int, shown: Sequence[int]) -> Iterator[Node | range]:
    """A tree of that many leaves from left to right: those that are shown, given by their places in order, and
    between them the greatest whole subtrees of which nothing is shown."""
    waiting = list(reversed(head(size)))
    while waiting:
        node = waiting.pop()
        first, end = node.index << node.level, (node.index + 1) << node.level
        count = bisect_left(shown, end) - bisect_left(shown, first)
        if count == 0:
            yield node
        elif count == end - first:
            yield range(first, end)
        else:
            waiting += [Node(node.level - 1, 2 * node.index + 1), Node(node.level - 1, 2 * node.index)]


@dataclass(slots=True)
class Growing:
    """A tree that grows at its end. It holds the hashes of its greatest whole subtrees, the greatest first."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, added: bytes, level: int = 0) -> Iterator[tuple[Node, bytes]]:
        """Add a leaf by its hash, or a whole subtree where one of its level begins; gives all subtrees that are whole
        with it, itself first."""
        place, self.size = self.size >> level, self.size + (1 << level)
        grown: list[tuple[Node, bytes]] = [(Node(level, place), added)]
        while place & 1:
            place, level = place >> 1, level + 1
            added = node_hash(self.peaks.pop(), added)
            grown.append((Node(level, place), added))
        self.peaks.append(added)
        return iter(grown)

    @property
    def root(self) -> bytes:
        return joined(self.peaks)


@dataclass(frozen=True, slots=True)
class Sibling:
    """What stands beside a part on its way up to the root, and on which side."""

    is_left: bool
    part: Part


def _descent(leaf: int, size: int) -> Iterator[tuple[int, int, Sibling]]:
    """From the root down to a leaf: each half that is entered, and the one beside it."""
    start, stop = 0, size
    while stop - start > 1:
        middle = start + (1 << (stop - start - 1).bit_length() - 1)
        if leaf < middle:
            beside, stop = Sibling(is_left=False, part=tuple(whole(middle, stop))), middle
        else:
            beside, start = Sibling(is_left=True, part=tuple(whole(start, middle))), middle
        yield start, stop, beside


def inclusion(index: int, size: int) -> tuple[Sibling, ...]:
    """What stands beside leaf ``index`` up to the root of a tree of ``size`` leaves (section 2.1.3)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    return tuple(beside for _, _, beside in _descent(index, size))[::-1]


@dataclass(frozen=True, slots=True)
class Growth:
    """How a tree begins with an older one: what of the old one is whole in the new, unless it is all of it, and what
    stands beside that up to both roots."""

    end: Part
    beside: tuple[Sibling, ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """What the proof gives the hashes of, in its order."""
        return (*([self.end] if self.end else []), *(one.part for one in self.beside))


def consistency(old: int, new: int) -> Growth:
    """How a tree of ``new`` leaves begins with that of ``old`` (section 2.1.4). Nothing is to be shown where one of
    them is empty or both are alike."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves cannot begin with {old}")
    if old in (0, new):
        return Growth((), ())
    way = list(_descent(old - 1, new))
    last = next(n for n, (_, stop, _) in enumerate(way) if stop == old)
    start, stop, _ = way[last]
    return Growth(tuple(whole(start, stop)) if start else (), tuple(beside for _, _, beside in way[last::-1]))
