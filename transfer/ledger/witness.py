"""The rule by which a region cosigns another's checkpoint (C2SP tlog-witness): only what goes on from the last one."""

from collections.abc import Sequence

from transfer.ledger.checkpoint import Checkpoint
from transfer.ledger.proofs import NotProven, check_consistency
from transfer.ledger.tree import consistency
from transfer.messages.codes_ledger import CheckpointFault


class CannotCosign(Exception):
    """The checkpoint does not go on from the one that was cosigned last."""

    def __init__(self, code: CheckpointFault) -> None:
        self.code = code
        super().__init__(code.en)


def check_growth(known: Checkpoint, new: Checkpoint, old: int, proof: Sequence[bytes]) -> None:
    """That ``new`` may be cosigned after ``known``, the last one, of size 0 where there is none; ``old`` is the size
    from which the proof is said to lead. Raises CannotCosign.

    Two roots of one size are a fork whatever else is said, since both are signed.
    """
    if new.size == known.size and new.root != known.root:
        raise CannotCosign(CheckpointFault.FORK)
    if old != known.size or new.size < known.size:
        raise CannotCosign(CheckpointFault.UNKNOWN_SIZE)
    if len(proof) != len(consistency(old, new.size).parts):
        raise CannotCosign(CheckpointFault.BAD_PROOF)
    try:
        check_consistency(old, known.root, new.size, new.root, proof)
    except NotProven as error:
        raise CannotCosign(CheckpointFault.FORK) from error
