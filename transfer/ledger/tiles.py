"""Trees in tiles: whole subtrees of 256 hashes (C2SP tlog-tiles), each joined at once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from transfer.ledger.tree import Node, joined, whole

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT


def subtree(hashes: Sequence[bytes]) -> bytes:
    """The hash of the whole subtree over these, whose number is a power of two."""
    sha256, row = hashlib.sha256, hashes
    while len(row) > 1:
        row = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def unfinished(size: int) -> Iterable[tuple[int, range]]:
    """Where the hashes stand that are in no whole tile of a tree of that many leaves yet: their level, 0, 8, 16 …, and
    their places in it."""
    level = 0
    while size:
        yield level, range(size - size % WIDTH, size)
        size, level = size >> HEIGHT, level + HEIGHT


@dataclass(slots=True)
class Tiled:
    """A tree that grows at its end. ``rows`` are the hashes that are in no whole tile yet, by level."""

    size: int = 0
    rows: dict[int, list[bytes]] = field(default_factory=dict)

    def extend(self, leaves: Sequence[bytes]) -> Mapping[Node, bytes]:
        """Add leaves by their hashes; gives all tiles that are whole with them."""
        self.size += len(leaves)
        made: dict[Node, bytes] = {}
        level, fresh = 0, list(leaves)
        while fresh:
            row = self.rows.get(level, []) + fresh
            end = len(row) - len(row) % WIDTH
            self.rows[level] = row[end:]
            fresh = [subtree(row[start : start + WIDTH]) for start in range(0, end, WIDTH)]
            level += HEIGHT
            first = (self.size >> level) - len(fresh)
            made |= {Node(level, place): tile for place, tile in enumerate(fresh, first)}
        return made

    @property
    def root(self) -> bytes:
        return joined(
            [
                subtree(row[node.index << node.level : (node.index + 1) << node.level])
                for _, row in sorted(self.rows.items(), reverse=True)
                for node in whole(0, len(row))
            ]
        )
