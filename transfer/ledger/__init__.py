"""The ledger's proofs: Merkle trees, checkpoints and what they show. Pure."""
