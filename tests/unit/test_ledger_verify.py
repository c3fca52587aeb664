"""Trees in tiles have the roots of RFC 9162, and a verification names the first thing that is false."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.ledger.tiles import WIDTH, Tiled, subtree, unfinished
from transfer.ledger.tree import EMPTY, Growing, Node, leaf_hash
from transfer.ledger.verify import Leaf, NotSound, Verification

SIZES: Final = (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 65_792, 70_000)


def leaves(size: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(size)]


@pytest.mark.parametrize("size", SIZES)
def test_a_tree_in_tiles_has_the_root_and_the_subtrees_of_one_that_grows_leaf_by_leaf(size: int) -> None:
    plain, whole = Growing(), dict[Node, bytes]()
    for leaf in leaves(size):
        whole.update((node, made) for node, made in plain.append(leaf) if node.level and node.level % 8 == 0)
    tree = Tiled()
    assert tree.extend(leaves(size)) == whole
    assert (tree.root, tree.size) == (plain.root, size)
    assert {level: len(row) for level, row in tree.rows.items() if row} == {
        level: len(places) for level, places in unfinished(size) if places
    }


@given(st.lists(st.integers(0, 700), max_size=5))
def test_it_does_not_matter_in_which_pieces_a_tree_grows(pieces: Sequence[int]) -> None:
    size = sum(pieces)
    tree, made, at = Tiled(), dict[Node, bytes](), 0
    for piece in pieces:
        made |= tree.extend(leaves(size)[at : at + piece])
        at += piece
    once = Tiled()
    assert made == once.extend(leaves(size))
    assert (tree.root, tree.size) == (once.root, size)


def test_a_subtree_is_the_root_of_its_leaves() -> None:
    tree = Tiled()
    tree.extend(leaves(WIDTH))
    assert subtree(leaves(WIDTH)) == tree.root
    assert Tiled().root == EMPTY


def bodies(size: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(size)]


def a_block(start: int, stop: int) -> list[Leaf]:
    made: list[Leaf] = [(place, leaf_hash(body), body) for place, body in enumerate(bodies(stop))]
    return made[start:]


def root_of(size: int) -> bytes:
    tree = Tiled()
    tree.extend([leaf_hash(body) for body in bodies(size)])
    return tree.root


def kept(stop: int, start: int = 0) -> Mapping[Node, bytes]:
    tree = Tiled()
    tree.extend([leaf_hash(body) for body in bodies(start)])
    return tree.extend([leaf for _, leaf, _ in a_block(start, stop)])


def test_a_sound_ledger_is_found_so_however_it_is_read() -> None:
    roots = {size: root_of(size) for size in (0, 1, 255, 256, 600, 700)}
    for step in (1, 7, 256, 700):
        verification = Verification(roots=roots)
        for start in range(0, 700, step):
            stop = min(700, start + step)
            verification.take(a_block(start, stop))
            verification.compare(kept(stop, start))
        verification.end()
        assert (verification.tree.size, verification.agreed) == (700, 700)


def test_entries_after_the_last_signed_root_are_not_said_to_be_signed() -> None:
    verification = Verification(roots={256: root_of(256)})
    verification.take(a_block(0, 300))
    verification.compare(kept(300))
    assert (verification.tree.size, verification.agreed) == (300, 256)


@pytest.mark.parametrize(
    ("block", "place", "said"),
    [
        ([*a_block(0, 9), *a_block(10, 20)], 9, "its leaf is gone"),
        ([*a_block(0, 9), *a_block(8, 20)], 9, "its leaf is gone"),
        (a_block(1, 20), 0, "its leaf is gone"),
        ([*a_block(0, 9), (9, leaf_hash(b"entry 9"), None), *a_block(10, 20)], 9, "the entry at place 9 is gone"),
        ([*a_block(0, 9), (9, leaf_hash(b"entry 9"), b"another"), *a_block(10, 20)], 9, "do not fit"),
        ([*a_block(0, 9), (9, leaf_hash(b"another"), b"entry 9"), *a_block(10, 20)], 9, "do not fit"),
        ([*a_block(0, 9), (9, leaf_hash(b"another"), b"another"), *a_block(10, 20)], 5, "entries 5 to 19"),
    ],
)
def test_the_first_place_where_something_is_false_is_named(block: Sequence[Leaf], place: int, said: str) -> None:
    verification = Verification(roots={5: root_of(5), 20: root_of(20)})
    with pytest.raises(NotSound, match=said) as error:
        verification.take(block)
    assert error.value.place == place


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({Node(8, 0): leaf_hash(b"")}, "entries 0 to 255 is not theirs"),
        ({}, "entries 0 to 255 is gone"),
        (dict(kept(300)) | {Node(8, 1): leaf_hash(b"")}, "entries 256 to 511 should not be there"),
    ],
)
def test_a_kept_hash_that_is_false_is_named_by_its_entries(given: Mapping[Node, bytes], said: str) -> None:
    verification = Verification(roots={})
    verification.take(a_block(0, 300))
    with pytest.raises(NotSound, match=said):
        verification.compare(given)


def test_what_was_signed_and_is_gone_is_missed() -> None:
    verification = Verification(roots={30: root_of(30)})
    verification.take(a_block(0, 20))
    with pytest.raises(NotSound, match="from 20 on are gone: 30 were signed"):
        verification.end()


def test_a_beginning_that_is_taken_for_granted_must_have_been_signed_so() -> None:
    tree = Tiled()
    tree.extend([leaf for _, leaf, _ in a_block(0, 10)])
    assert Verification(roots={10: root_of(10)}, tree=tree).agreed == 10
    with pytest.raises(NotSound, match="entries 0 to 9 "):
        Verification(roots={10: root_of(11)}, tree=tree)
