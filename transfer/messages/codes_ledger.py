"""The code lists of what regions say about their ledgers."""

from transfer.messages.codes import Code


class CheckpointFault(Code):
    """Why a region does not cosign a checkpoint of another."""

    UNKNOWN_SIZE = (
        "UNKNOWN_SIZE",
        "一致性证明不是从上次联署的大小开始",
        "The proof does not begin with the size that was cosigned last",
        "C2SP tlog-witness",
    )
    BAD_PROOF = (
        "BAD_PROOF",
        "一致性证明的哈希数目不对",
        "The proof has not as many hashes as it needs",
        "RFC 9162, 2.1.4",
    )
    FORK = (
        "FORK",
        "账本分叉：与已联署的历史不一致",
        "It does not go on from what was cosigned: the record was forked",
        "C2SP tlog-witness",
    )
