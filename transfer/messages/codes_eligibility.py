"""The code lists of attestations."""

from transfer.messages.codes import Code


class RevocationReason(Code):
    """Why a region takes an attestation back."""

    FOUND_WRONG = "FOUND_WRONG", "认定有误", "The finding was wrong"
    FINANCES_CHANGED = "FINANCES_CHANGED", "经济状况发生变化", "The finances changed", "LAL 48(4)"
    ISSUED_IN_ERROR = "ISSUED_IN_ERROR", "误签发", "Issued in error"
