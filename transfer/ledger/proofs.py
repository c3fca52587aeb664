"""What hashes prove: that an entry is in a tree, and that a tree begins with an older one (RFC 9162, section 2.1)."""

from collections.abc import Sequence

from transfer.ledger.tree import EMPTY, consistency, inclusion, node_hash


class NotProven(Exception):
    """The hashes do not show what they are given for."""


def check_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """That the entry with this hash is leaf ``index`` of the tree of ``size`` with this root; raises NotProven."""
    if index >= size:
        raise NotProven(f"a tree of {size} entries has no entry {index}")
    way = inclusion(index, size)
    if len(proof) != len(way):
        raise NotProven(f"entry {index} of {size} has {len(way)} hashes beside it, not {len(proof)}")
    found = leaf
    for sibling, given in zip(way, proof, strict=True):
        found = node_hash(given, found) if sibling.is_left else node_hash(found, given)
    if found != root:
        raise NotProven("the hashes lead from the entry to another root")


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """That the tree of ``new`` leaves begins with all leaves of the one of ``old``; raises NotProven."""
    if old > new:
        raise NotProven(f"a tree of {new} entries cannot begin with {old}")
    if old == 0 and old_root != EMPTY:
        raise NotProven("the root of no entries is another one")
    growth = consistency(old, new)
    if len(proof) != len(growth.parts):
        raise NotProven(f"between {old} and {new} entries stand {len(growth.parts)} hashes, not {len(proof)}")
    if old == new and old_root != new_root:
        raise NotProven(f"two different trees of {old} entries: the record was forked")
    if old in (0, new):
        return
    first, rest = (proof[0], proof[1:]) if growth.end else (old_root, proof)
    was = now = first
    for sibling, given in zip(growth.beside, rest, strict=True):
        if sibling.is_left:
            was, now = node_hash(given, was), node_hash(given, now)
        else:
            now = node_hash(now, given)
    if was != old_root:
        raise NotProven(f"the hashes do not lead to the older root, of {old} entries")
    if now != new_root:
        raise NotProven(f"the hashes do not lead to the later root, of {new} entries")
