"""The trees of the ledger, against published vectors and against the definition and the checks of RFC 9162."""

import hashlib
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.ledger.proofs import NotProven, check_consistency, check_inclusion
from transfer.ledger.tree import EMPTY, Growing, Node, consistency, hash_of, head, inclusion, leaf_hash, node_hash

# The eight entries of the reference implementation of RFC 6962, and the root after each.
ENTRIES: Final = tuple(
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
ROOTS: Final = tuple(
    bytes.fromhex(one)
    for one in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
)
MOST: Final = 70
LEAVES: Final = tuple(leaf_hash(bytes([n])) for n in range(MOST))


def grown(leaves: Sequence[bytes]) -> tuple[Growing, dict[Node, bytes]]:
    tree, hashes = Growing(), dict[Node, bytes]()
    for leaf in leaves:
        hashes.update(tree.append(leaf))
    return tree, hashes


ALL: Final = grown(LEAVES)[1]


def root(size: int) -> bytes:
    return hash_of(head(size), ALL)


def by_definition(leaves: Sequence[bytes]) -> bytes:
    """Section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(by_definition(leaves[:half]), by_definition(leaves[half:]))


def included_by_the_rfc(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Section 2.1.3.2, step by step."""
    place, last, found = index, size - 1, leaf
    for one in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(one, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, one)
        place, last = place >> 1, last >> 1
    return last == 0 and found == expected


def consistent_by_the_rfc(old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Section 2.1.4.2, step by step."""
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    was = now = path[0]
    for one in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            was, now = node_hash(one, was), node_hash(one, now)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            now = node_hash(now, one)
        place, last = place >> 1, last >> 1
    return last == 0 and (was, now) == (old_root, new_root)


def inclusion_proof(index: int, size: int) -> list[bytes]:
    return [hash_of(one.part, ALL) for one in inclusion(index, size)]


def consistency_proof(old: int, new: int) -> list[bytes]:
    return [hash_of(part, ALL) for part in consistency(old, new).parts]


def test_roots_are_those_of_the_published_vectors() -> None:
    tree = Growing()
    assert tree.root == EMPTY == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    for entry, expected in zip(ENTRIES, ROOTS, strict=True):
        tree.append(leaf_hash(entry))
        assert tree.root == expected


def test_inclusion_proofs_are_those_of_the_published_vectors() -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    hashes = grown(leaves)[1]
    published = {
        (0, 8): [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
        (5, 8): [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
        (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    }
    for (index, size), expected in published.items():
        assert [hash_of(one.part, hashes).hex() for one in inclusion(index, size)] == expected
        check_inclusion(leaves[index], index, size, [bytes.fromhex(one) for one in expected], ROOTS[size - 1])


def test_consistency_proofs_are_those_of_the_published_vectors() -> None:
    hashes = grown([leaf_hash(entry) for entry in ENTRIES])[1]
    published = {
        (1, 8): [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
        (6, 8): [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
        (2, 5): [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    }
    for (old, new), expected in published.items():
        assert [hash_of(part, hashes).hex() for part in consistency(old, new).parts] == expected
        check_consistency(old, ROOTS[old - 1], new, ROOTS[new - 1], [bytes.fromhex(one) for one in expected])


@pytest.mark.parametrize("size", range(MOST + 1))
def test_a_root_is_what_the_definition_says_however_the_tree_grew(size: int) -> None:
    assert grown(LEAVES[:size])[0].root == root(size) == by_definition(LEAVES[:size])


@pytest.mark.parametrize("size", range(1, MOST + 1))
def test_every_inclusion_proof_of_every_tree_holds_here_and_by_the_rfc(size: int) -> None:
    for index in range(size):
        proof = inclusion_proof(index, size)
        check_inclusion(LEAVES[index], index, size, proof, root(size))
        assert included_by_the_rfc(LEAVES[index], index, size, proof, root(size))


@pytest.mark.parametrize("new", range(1, MOST + 1))
def test_every_consistency_proof_of_every_tree_holds_here_and_by_the_rfc(new: int) -> None:
    for old in range(1, new):
        proof = consistency_proof(old, new)
        check_consistency(old, root(old), new, root(new), proof)
        assert consistent_by_the_rfc(old, root(old), new, root(new), proof)
    check_consistency(new, root(new), new, root(new), [])
    check_consistency(0, EMPTY, new, root(new), [])


@given(st.data())
def test_an_inclusion_proof_shows_one_entry_at_one_place_in_one_tree(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, MOST))
    index = data.draw(st.integers(0, size - 1))
    proof, expected = inclusion_proof(index, size), root(size)
    wrong = [
        (leaf_hash(b"another"), index, size, proof, expected),
        (LEAVES[index], index, size, proof, leaf_hash(b"another")),
        (LEAVES[index], index, size, [*proof, EMPTY], expected),
        *((LEAVES[index], other, size, proof, expected) for other in range(size + 1) if other != index),
        *((LEAVES[index], index, size, proof[:n] + proof[n + 1 :], expected) for n in range(len(proof))),
        *((LEAVES[index], index, size, [*proof[:n], EMPTY, *proof[n + 1 :]], expected) for n in range(len(proof))),
    ]
    for one in wrong:
        with pytest.raises(NotProven):
            check_inclusion(*one)


@given(st.data())
def test_a_consistency_proof_shows_one_tree_that_grew_into_one_other(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, MOST))
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new)
    other = leaf_hash(b"another")
    wrong = [
        (old, other, new, root(new), proof),
        (old, root(old), new, other, proof),
        (old, root(old), new, root(new), [*proof, EMPTY]),
        (new, root(new), old, root(old), proof),
        *((old, root(old), new, root(new), proof[:n] + proof[n + 1 :]) for n in range(len(proof))),
        *((old, root(old), new, root(new), [*proof[:n], other, *proof[n + 1 :]]) for n in range(len(proof))),
    ]
    for one in wrong:
        with pytest.raises(NotProven):
            check_consistency(*one)


def test_two_trees_of_one_size_are_a_fork() -> None:
    with pytest.raises(NotProven, match="forked"):
        check_consistency(3, root(3), 3, leaf_hash(b"another"), [])


def test_a_tree_that_begins_with_nothing_begins_with_the_root_of_nothing() -> None:
    with pytest.raises(NotProven, match="root of no entries"):
        check_consistency(0, root(1), 3, root(3), [])


@pytest.mark.parametrize(("ask", "old"), [(inclusion, 5), (inclusion, -1), (consistency, 6), (consistency, -1)])
def test_what_is_not_in_a_tree_is_not_asked_of_it(ask: object, old: int) -> None:
    with pytest.raises(ValueError, match="a tree of 5 leaves"):
        ask(old, 5)  # type: ignore[operator]
