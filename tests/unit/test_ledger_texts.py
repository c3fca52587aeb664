"""Checkpoints and proofs as texts: what is written is read, and every malformed field is named."""

import base64
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer.ledger.checkpoint import Checkpoint, CheckpointMalformed
from transfer.ledger.proof_file import MAX_PROOF, EntryProof, ProofMalformed
from transfer.ledger.tree import EMPTY, leaf_hash

ROOT: Final = base64.b64encode(EMPTY).decode()
CHECKPOINT: Final = Checkpoint("legalaid.example/442000", 20, EMPTY)
NOTE: Final = f"{CHECKPOINT.text}\n— legalaid.example/442000 AAAA\n"
PROOF: Final = EntryProof(b"entry", 3, (EMPTY, leaf_hash(b"x")), NOTE)

hashes = st.binary(min_size=32, max_size=32)


@given(st.integers(0, 2**63 - 1), hashes)
def test_a_checkpoint_that_is_written_is_read(size: int, root: bytes) -> None:
    made = Checkpoint("legalaid.example/510521", size, root)
    assert Checkpoint.parse(made.text) == made


@given(st.binary(max_size=200), st.integers(0, 2**63 - 1), st.lists(hashes, max_size=63))
def test_a_proof_that_is_written_is_read(entry: bytes, index: int, beside: list[bytes]) -> None:
    made = EntryProof(entry, index, tuple(beside), NOTE)
    assert EntryProof.parse(made.text) == made


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "3 lines"),
        (f"origin\n20\n{ROOT}", "3 lines"),
        (f"origin\n20\n{ROOT}\nextension\n", "3 lines"),
        ("origin\n20\n", "3 lines"),
        (f"\n20\n{ROOT}\n", "line 1"),
        (f"an origin\n20\n{ROOT}\n", "line 1"),
        (f"an+origin\n20\n{ROOT}\n", "line 1"),
        (f"origin\n\n{ROOT}\n", "line 2"),
        (f"origin\n020\n{ROOT}\n", "line 2"),
        (f"origin\n-1\n{ROOT}\n", "line 2"),
        (f"origin\n٣\n{ROOT}\n", "line 2"),
        (f"origin\n{2**63}\n{ROOT}\n", "line 2"),
        ("origin\n20\n\n", "line 3"),
        ("origin\n20\nAAAA\n", "line 3"),
        (f"origin\n20\n{ROOT}=\n", "line 3"),
        (f"origin\n20\n {ROOT}\n", "line 3"),
        (f"origin\n20\n{ROOT[:-2]}V=\n", "line 3"),
        ("origin\n20\né\n", "line 3"),
    ],
)
def test_a_checkpoint_names_the_line_that_is_wrong(text: str, said: str) -> None:
    with pytest.raises(CheckpointMalformed, match=said):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    ("was", "instead", "said"),
    [
        ("tlog-proof@v1", "tlog-proof@v2", "line 1"),
        ("extra ", "extras ", "line 2"),
        ("ZW50cnk=", "ZW50cnk", "line 2"),
        ("ZW50cnk=", "ZW50cnl=", "line 2"),
        ("ZW50cnk=", "é", "line 2"),
        ("extra ZW50cnk=\n", "", "line 2"),
        ("index 3", "index 03", "line 3"),
        ("index 3", f"index {2**63}", "line 3"),
        ("index 3\n", "", "line 3"),
        (f"\n{ROOT}\n", "\nAAAA\n", "line 4"),
        (f"\n{ROOT}\n", f"\n{ROOT}" * 70 + "\n", "more than 63"),
        (NOTE, "", "checkpoint"),
        ("\n\n", "\n", "checkpoint|line"),
    ],
)
def test_a_proof_names_the_line_that_is_wrong(was: str, instead: str, said: str) -> None:
    assert was in PROOF.text
    with pytest.raises(ProofMalformed, match=said):
        EntryProof.parse(PROOF.text.replace(was, instead))


def test_a_proof_without_an_end_is_not_read() -> None:
    with pytest.raises(ProofMalformed, match="longer"):
        EntryProof.parse("c" * (MAX_PROOF + 1))
